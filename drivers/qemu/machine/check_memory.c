/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

#define NVDIMM_LABEL_MIN 128 /* KiB */

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

static bool check_slot(const QemuCheck *check, const DomainMemoryDevice *memory)
{
	const DeviceAddress *address = &memory->info.address;

	if (address->type != ADDRESS_DIMM || !address->dimm.has_slot)
		return true;
	if (address->dimm.slot >= check->def->memory.max_slots)
		return refuse(check, _("memory module in slot %u, but <maxMemory> has %u slots"),
			      address->dimm.slot, check->def->memory.max_slots);
	for (guint i = 0; i < check->def->memories->len; i++) {
		const DomainMemoryDevice *other = list_get(check->def->memories, i);

		if (other != memory && other->info.address.type == ADDRESS_DIMM &&
		    other->info.address.dimm.has_slot &&
		    other->info.address.dimm.slot == address->dimm.slot)
			return refuse(check, _("there are two memory modules in slot %u"),
				      address->dimm.slot);
	}
	return true;
}

static bool check_node(const QemuCheck *check, const DomainMemoryDevice *memory)
{
	if (memory->model == MEMORY_MODEL_VIRTIO_PMEM)
		return !memory->has_node ||
		       refuse(check, _("virtio-pmem is on no NUMA node: leave <node> out"));
	if (memory->model == MEMORY_MODEL_SGX_EPC)
		return true;
	if (!memory->has_node && numa_cells(check->def) > 0)
		return refuse(check, _("a memory device needs a <node> in <target>"));
	return true;
}

static bool check_virtio_mem(const QemuCheck *check, const DomainMemoryDevice *memory)
{
	guint64 block = memory->block_kib;

	if (block & (block - 1))
		return fail(check->error, VIR_ERR_XML_DETAIL,
			    _("virtio-mem: the <block> size must be a power of two"));
	if (block && memory->requested_kib % block)
		return fail(check->error, VIR_ERR_XML_DETAIL,
			    _("virtio-mem: <requested> must be a multiple of <block>"));
	if (memory->requested_kib > memory->size_kib)
		return fail(check->error, VIR_ERR_XML_DETAIL,
			    _("virtio-mem: <requested> must not be more than <size>"));
	return true;
}

bool qemu_check_memory_device(const QemuCheck *check, const DomainMemoryDevice *memory)
{
	if (!check_node(check, memory) || !check_slot(check, memory))
		return false;
	switch (memory->model) {
	case MEMORY_MODEL_NVDIMM:
		if (memory->discard)
			return refuse(check, _("nvdimm: there is no 'discard'"));
		if (memory->label_size_kib && memory->label_size_kib < NVDIMM_LABEL_MIN)
			return reject(check, _("nvdimm: a <label> has at least %d KiB"),
				      NVDIMM_LABEL_MIN);
		return true;
	case MEMORY_MODEL_VIRTIO_MEM:
		return check_virtio_mem(check, memory);
	case MEMORY_MODEL_SGX_EPC:
		if (!check->caps->sgx)
			return refuse(check, _("this host gives guests no SGX memory"));
		return true;
	default:
		return true;
	}
}
