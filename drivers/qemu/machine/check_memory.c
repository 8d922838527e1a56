/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

static guint numa_cells(const DomainDef *def)
{
	return def->cpu ? list_length(def->cpu->cells) : 0;
}

static bool check_backing(const QemuCheck *check)
{
	const DomainMemoryBacking *backing = &check->def->memory.backing;
	bool masters = false;
	guint64 master = 0;

	if (backing->hugepages && backing->source == MEM_SOURCE_ANONYMOUS)
		return refuse(check, _("huge pages are not for an anonymous memory source"));
	if (backing->hugepages && backing->allocation == MEM_ALLOCATION_ONDEMAND)
		return refuse(check, _("huge pages are not allocated on demand"));
	for (guint i = 0; i < list_length(backing->pages); i++) {
		const HugePage *page = list_get(backing->pages, i);

		if (page->nodeset)
			continue;
		if (masters && page->size_kib != master)
			return fail(check->error, VIR_ERR_XML_DETAIL,
				    _("there are two sizes of huge pages without a nodeset"));
		masters = true;
		master = page->size_kib;
	}
	return true;
}

bool qemu_check_memory(const QemuCheck *check)
{
	const DomainDef *def = check->def;

	if (def->memory.max_kib > 0 && def->memory.max_kib < def->memory.total_kib)
		return refuse(check, _("<maxMemory> is less than <memory>"));
	if (def->memory.max_slots > 0 && numa_cells(def) == 0 &&
	    (qemu_arch_is_x86(def->os.arch) || qemu_arch_is_arm(def->os.arch)))
		return refuse(check, _("plugging in memory needs a NUMA cell to put it into: add "
				       "<cpu><numa><cell .../></numa></cpu>"));
	if (def->memory.max_slots > 255)
		return refuse(check, _("there are at most 255 slots of memory"));
	if (list_length(def->memories) > 0 && def->memory.max_kib == 0 &&
	    ((DomainMemoryDevice *)list_get(def->memories, 0))->model != MEMORY_MODEL_SGX_EPC)
		return refuse(check, _("memory devices need <maxMemory slots=...>"));
	return check_backing(check);
}
