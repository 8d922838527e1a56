/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/machine/check.h"

bool qemu_memory_is_shared(const DomainDef *def)
{
	guint shared = 0, cells = def->cpu ? list_length(def->cpu->cells) : 0;

	if (def->memory.backing.access == MEM_ACCESS_SHARED && cells == 0)
		return true;
	for (guint i = 0; i < cells; i++) {
		const NumaCell *cell = list_get(def->cpu->cells, i);

		if (cell->access == MEM_ACCESS_SHARED ||
		    (!cell->access && def->memory.backing.access == MEM_ACCESS_SHARED))
			shared++;
	}
	return cells > 0 && shared == cells;
}

bool qemu_has_iothread(const DomainDef *def, unsigned id)
{
	for (guint i = 0; i < list_length(def->iothreads); i++)
		if (((DomainIothread *)list_get(def->iothreads, i))->id == id)
			return true;
	return list_length(def->iothreads) == 0 && id > 0 && id <= def->iothread_count;
}

bool qemu_has_graphics(const DomainDef *def, GraphicsType type)
{
	for (guint i = 0; i < list_length(def->graphics); i++)
		if (((DomainGraphics *)list_get(def->graphics, i))->type == type)
			return true;
	return false;
}

bool qemu_has_acpi(const DomainDef *def)
{
	return def->features.acpi;
}
