/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory devices: modules, virtio-mem, persistent memory. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

#define NVDIMM_LABEL_MIN 128 /* KiB */

static char *memory_alias(G_GNUC_UNUSED const DomainDef *def, const DomainDevice *device,
			  unsigned number)
{
	const DomainMemoryDevice *memory = device->memory;

	if (memory->info.address.type == ADDRESS_DIMM && memory->info.address.dimm.has_slot)
		number = memory->info.address.dimm.slot;
	switch (memory->model) {
	case MEMORY_MODEL_NVDIMM:
		return g_strdup_printf("nvdimm%u", number);
	case MEMORY_MODEL_VIRTIO_PMEM:
		return g_strdup_printf("virtiopmem%u", number);
	case MEMORY_MODEL_VIRTIO_MEM:
		return g_strdup_printf("virtiomem%u", number);
	case MEMORY_MODEL_SGX_EPC:
		return g_strdup_printf("epc%u", number);
	default:
		return g_strdup_printf("dimm%u", number);
	}
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
	if (!memory->has_node && check->def->cpu && list_length(check->def->cpu->cells) > 0)
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

static bool memory_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainMemoryDevice *memory = device->memory;

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

static Props *memory_device(const DomainMemoryDevice *memory, GError **error)
{
	const char *name = memory->model == MEMORY_MODEL_DIMM          ? "pc-dimm"
			   : memory->model == MEMORY_MODEL_NVDIMM      ? "nvdimm"
			   : memory->model == MEMORY_MODEL_VIRTIO_MEM  ? "virtio-mem-pci"
			   : memory->model == MEMORY_MODEL_VIRTIO_PMEM ? "virtio-pmem-pci"
								       : NULL;
	Props *opts;

	if (!name) {
		fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		     _("memory devices of model '%s' are not supported"),
		     memory_model_name(memory->model));
		return NULL;
	}
	opts = props_new(name);
	if (memory->has_node && memory->model != MEMORY_MODEL_VIRTIO_PMEM)
		props_num(opts, "node", memory->node);
	if (memory->model == MEMORY_MODEL_NVDIMM && memory->label_size_kib > 0)
		props_num(opts, "label-size", memory->label_size_kib * 1024);
	if (memory->model == MEMORY_MODEL_NVDIMM && memory->readonly)
		props_bool(opts, "unarmed", true);
	if (memory->model == MEMORY_MODEL_VIRTIO_MEM) {
		props_num(opts, "block-size", memory->block_kib * 1024);
		props_num(opts, "requested-size", memory->requested_kib * 1024);
		props_tristate(opts, "dynamic-memslots", memory->dynamic_memslots);
	}
	if (memory->has_address_base)
		props_num(opts, "memaddr", memory->address_base);
	return opts;
}

static bool memory_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainMemoryDevice *memory = device->memory;
	g_autofree char *id = g_strconcat("mem", memory->info.alias, NULL);
	Props *opts = memory_device(memory, error);

	if (!opts)
		return false;
	command_memory_backend(cmd, &(MemoryBackend){ .id = id,
						      .size_kib = memory->size_kib,
						      .node = memory->node,
						      .has_node = memory->has_node,
						      .access = memory->access,
						      .discard = memory->discard,
						      .path = memory->path,
						      .page_kib = memory->pagesize_kib,
						      .host_nodes = memory->nodemask,
						      .align_kib = memory->alignsize_kib,
						      .pmem = memory->pmem,
						      .read_only = memory->readonly });
	props_str(opts, "memdev", id);
	if (!uuid_is_absent(&memory->uuid)) {
		char text[UUID_TEXT];

		uuid_format(&memory->uuid, text);
		props_str(opts, "uuid", text);
	}
	return command_device(cmd, opts, &memory->info, error);
}

static PciConnect memory_pci(const DomainDevice *device)
{
	MemoryModel model = device->memory->model;

	return model == MEMORY_MODEL_VIRTIO_PMEM || model == MEMORY_MODEL_VIRTIO_MEM
		       ? PCI_CONNECT_EXPRESS
		       : 0;
}

static bool memory_hotplug(const DomainDevice *device)
{
	return device->memory->model != MEMORY_MODEL_SGX_EPC;
}

const QemuDeviceKind qemu_memory = {
	.alias = memory_alias,
	.check = memory_check,
	.pci = memory_pci,
	.hotplug = memory_hotplug,
	.build = memory_build,
};
