/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Completion of a definition as far as it follows from the definition alone. */
#include <inttypes.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/complete.h"

static bool memory_complete(DomainDef *def, GError **error)
{
	DomainMemory *memory = &def->memory;
	guint64 cells = 0, modules = 0;

	for (guint i = 0; def->cpu && i < list_length(def->cpu->cells); i++)
		cells += ((NumaCell *)list_get(def->cpu->cells, i))->memory_kib;
	for (guint i = 0; i < list_length(def->memories); i++)
		modules += ((DomainMemoryDevice *)list_get(def->memories, i))->size_kib;
	if (cells)
		memory->total_kib = cells + modules;
	else if (modules && modules >= memory->total_kib)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the memory devices have %" PRIu64 " KiB, but <memory> only %"
			      PRIu64 " KiB in all; raise <memory>"),
			    modules, memory->total_kib);
	if (!memory->total_kib)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("domain '%s' has no memory; give <memory> or <numa> cells with memory"),
			    def->name);
	if (!memory->has_current || !memory->current_kib || memory->current_kib > memory->total_kib)
		memory->current_kib = memory->total_kib;
	memory->has_current = true;
	if (!memory->max_kib != !memory->max_slots)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("<maxMemory> needs both a size and a number of slots"));
	if (memory->max_kib && memory->max_kib < memory->total_kib)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("<maxMemory> is less than <memory>: raise it"));
	return true;
}

static int cell_order(gconstpointer a, gconstpointer b)
{
	const NumaCell *x = *(const NumaCell *const *)a, *y = *(const NumaCell *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Numbers the cells, puts them in order, and gives vCPUs of no cell to the first one. */
static bool cells_complete(DomainDef *def, GError **error)
{
	GPtrArray *cells = def->cpu ? def->cpu->cells : NULL;
	g_autoptr(Cpuset) all = NULL;
	guint with_cpus = 0;

	for (guint i = 0; i < list_length(cells); i++) {
		NumaCell *cell = list_get(cells, i);

		if (!cell->has_id)
			cell->id = i;
		cell->has_id = true;
		with_cpus += cell->cpus != NULL;
	}
	if (list_length(cells) == 0)
		return true;
	g_ptr_array_sort(cells, cell_order);
	for (guint i = 0; i < cells->len; i++) {
		NumaCell *cell = list_get(cells, i);

		if (cell->id != i)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("NUMA cells are numbered from 0 without gaps or doubles; there "
				      "is a cell %u where %u was expected"), cell->id, i);
		for (int cpu = 0; cpu <= cpuset_last(cell->cpus); cpu++)
			if (cpuset_has(cell->cpus, (guint)cpu))
				all = cpuset_add(all, (guint)cpu);
	}
	for (guint cpu = 0; with_cpus && cpu < MIN(def->vcpus.count, CPUSET_MAX); cpu++) {
		NumaCell *first = list_get(cells, 0);

		if (!cpuset_has(all, cpu))
			first->cpus = cpuset_add(first->cpus, cpu);
	}
	return true;
}

/* Where <vcpus> tells one by one which are there, the number follows from it. */
static void vcpus_count(DomainVcpus *vcpus)
{
	guint n = 0, told = 0;

	for (guint i = 0; i < list_length(vcpus->entries); i++) {
		const VcpuEntry *entry = list_get(vcpus->entries, i);

		told += entry->enabled != 0;
		n += entry->enabled == TRISTATE_YES;
	}
	if (told == vcpus->count && told > 0)
		vcpus->current = n;
}

static bool vcpus_complete(DomainDef *def, GError **error)
{
	DomainVcpus *vcpus = &def->vcpus;

	if (!vcpus->count)
		vcpus->count = 1;
	vcpus_count(vcpus);
	if (vcpus->current > vcpus->count)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("domain '%s' is to start with %u vCPUs, but has at most %u"),
				def->name,
			    vcpus->current, vcpus->count);
	if (vcpus->current == vcpus->count)
		vcpus->current = 0;
	if (!vcpus->placement)
		vcpus->placement = PLACEMENT_STATIC;
	return true;
}

static bool cpu_complete(DomainCpu *cpu, GError **error)
{
	if (!cpu)
		return true;
	if (!cpu->model && (!cpu->mode || cpu->mode == CPU_MODE_CUSTOM) &&
	    list_length(cpu->features) > 0)
		return fail(error, VIR_ERR_XML_ERROR, _("<cpu> has features, but no model"));
	if (!cpu->mode && cpu->model)
		cpu->mode = CPU_MODE_CUSTOM;
	if (cpu->mode == CPU_MODE_CUSTOM && cpu->model) {
		if (!cpu->match)
			cpu->match = CPU_MATCH_EXACT;
		if (!cpu->fallback)
			cpu->fallback = CPU_FALLBACK_ALLOW;
	}
	if (cpu->sockets && !cpu->dies)
		cpu->dies = 1;
	return true;
}

static bool boot_order_noted(DomainDef *def G_GNUC_UNUSED, const DomainDevice *device, void *data)
{
	bool *any = data;

	if (device->info->boot_order)
		*any = true;
	return true;
}

static void boot_complete(DomainDef *def)
{
	bool any = false;
	OsBoot *boot;

	if (def->os.type != OS_TYPE_HVM || list_length(def->os.boots) > 0)
		return;
	domain_def_each_device(def, boot_order_noted, &any);
	if (any)
		return;
	boot = g_new0(OsBoot, 1);
	boot->device = BOOT_DEVICE_HD;
	if (!def->os.boots)
		def->os.boots = g_ptr_array_new();
	g_ptr_array_add(def->os.boots, boot);
}

static void lifecycle_complete(DomainDef *def)
{
	if (!def->on_poweroff)
		def->on_poweroff = LIFECYCLE_DESTROY;
	if (!def->on_reboot)
		def->on_reboot = LIFECYCLE_RESTART;
	if (!def->on_crash)
		def->on_crash = LIFECYCLE_DESTROY;
	if (!def->clock.offset)
		def->clock.offset = CLOCK_OFFSET_UTC;
}

static void tune_complete(DomainDef *def)
{
	DomainNumaTune *tune = &def->numatune;

	if (tune->memory) {
		if (!tune->mode)
			tune->mode = NUMA_MODE_STRICT;
		if (!tune->placement && !tune->nodeset)
			tune->placement = def->vcpus.placement;
	}
	for (guint i = 0; i < list_length(def->memory.backing.pages); i++) {
		HugePage *page = list_get(def->memory.backing.pages, i);

		page->has_size = page->size_kib > 0;
	}
	if (def->iothread_count < list_length(def->iothreads))
		def->iothread_count = list_length(def->iothreads);
	for (guint i = 0; i < list_length(def->seclabels); i++) {
		Seclabel *label = list_get(def->seclabels, i);

		if (label->type == SECLABEL_NONE && label->relabel == TRISTATE_NO)
			label->relabel = TRISTATE_ABSENT;
		else if (label->type != SECLABEL_NONE && !label->relabel)
			label->relabel = TRISTATE_YES;
	}
}

/* The first primary video device leads; when none is marked, the first one is it. */
static void videos_complete(DomainDef *def)
{
	for (guint i = 0; i < list_length(def->videos); i++) {
		DomainVideo *video = list_get(def->videos, i);

		if (video->primary == TRISTATE_YES) {
			g_ptr_array_steal_index(def->videos, i);
			g_ptr_array_insert(def->videos, 0, video);
			return;
		}
	}
	if (list_length(def->videos) > 0)
		((DomainVideo *)list_get(def->videos, 0))->primary = TRISTATE_YES;
}

static bool device_visit(DomainDef *def, const DomainDevice *device, void *data)
{
	DomainDevice copy = *device;

	return domain_device_complete_generic(def, &copy, data);
}

/* A guest shows its UUID by SMBIOS; one that is given there only is the domain's. */
void domain_def_adopt_uuid(DomainDef *def)
{
	for (guint i = 0; i < list_length(def->sysinfos) && uuid_is_absent(&def->uuid); i++) {
		const DomainSysinfo *info = list_get(def->sysinfos, i);

		if (info->strings.system_uuid)
			uuid_parse(info->strings.system_uuid, &def->uuid);
	}
}

static void identity_complete(DomainDef *def)
{
	domain_def_adopt_uuid(def);
	if (uuid_is_absent(&def->uuid))
		uuid_generate(&def->uuid);
	if (def->genid_present && uuid_is_absent(&def->genid))
		uuid_generate(&def->genid);
}

bool domain_def_complete_generic(DomainDef *def, GError **error)
{
	if (!def->name)
		return fail(error, VIR_ERR_NO_NAME, _("a domain needs a <name>"));
	if (!def->os.type && def->bootloader)
		def->os.type = OS_TYPE_XEN;
	if (!def->os.type)
		return fail(error, VIR_ERR_OS_TYPE, _("domain '%s' does not say its <os> <type>"),
			    def->name);
	identity_complete(def);
	if (!vcpus_complete(def, error) || !cells_complete(def, error) ||
	    !memory_complete(def, error))
		return false;
	if (!cpu_complete(def->cpu, error))
		return false;
	lifecycle_complete(def);
	tune_complete(def);
	controllers_number(def);
	consoles_pair(def);
	chardevs_number(def);
	videos_complete(def);
	if ((def->virt == VIRT_QEMU || def->virt == VIRT_KVM) && list_length(def->memballoons) == 0) {
		DomainMemballoon *balloon = domain_def_add(def, DEVICE_MEMBALLOON);

		balloon->model = MEMBALLOON_VIRTIO;
	}
	if (!domain_def_each_device(def, device_visit, error))
		return false;
	boot_complete(def);
	return true;
}
