/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where threads of a guest may run, its I/O threads, and what its ends lead to. */
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/tune/private.h"

/* ---- Pinning ------------------------------------------------------------------------------- */

/* The bits of a client's map; NULL and an error when there is none. */
static Cpuset *map_read(const char *bytes, unsigned length, GError **error)
{
	Cpuset *set = NULL;

	for (unsigned cpu = 0; cpu < length * 8 && cpu < CPUSET_MAX; cpu++)
		if ((unsigned char)bytes[cpu / 8] & 1u << cpu % 8)
			set = cpuset_add(set, cpu);
	if (!set)
		fail(error, VIR_ERR_INVALID_ARG, _("the list of CPUs for pinning is empty"));
	return set;
}

static CpuPin *pin_find(const GPtrArray *pins, unsigned id)
{
	for (guint i = 0; i < list_length(pins); i++) {
		CpuPin *pin = list_get(pins, i);

		if (pin->id == id)
			return pin;
	}
	return NULL;
}

static int pin_order(gconstpointer a, gconstpointer b)
{
	const CpuPin *one = *(CpuPin *const *)a, *other = *(CpuPin *const *)b;

	return (one->id > other->id) - (one->id < other->id);
}

/* Takes @set. */
static void pin_put(GPtrArray **pins, unsigned id, Cpuset *set)
{
	CpuPin *pin = pin_find(*pins, id);

	if (!*pins)
		*pins = g_ptr_array_new();
	if (!pin) {
		pin = g_new0(CpuPin, 1);
		pin->id = id;
		g_ptr_array_add(*pins, pin);
		g_ptr_array_sort(*pins, pin_order);
	}
	cpuset_free(pin->cpuset);
	pin->cpuset = set;
}

static void pin_remove(GPtrArray *pins, unsigned id)
{
	CpuPin *pin = pin_find(pins, id);

	if (!pin)
		return;
	g_ptr_array_remove(pins, pin);
	cpuset_free(pin->cpuset);
	g_free(pin);
}

static bool vcpu_pin(DomainDef *def, unsigned vcpu, Cpuset *set, GError **error)
{
	if (!set)
		return false;
	if (vcpu >= def->vcpus.count) {
		cpuset_free(set);
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("vCPU %u is not one of the %u of domain '%s'"), vcpu, def->vcpus.count,
			    def->name);
	}
	pin_put(&def->cputune.vcpupins, vcpu, set);
	return true;
}

bool tune_edit_pin_vcpu(DomainDef *def, const remote_domain_pin_vcpu_args *args, GError **error)
{
	return vcpu_pin(def, args->vcpu, map_read(args->cpumap.cpumap_val, args->cpumap.cpumap_len,
						  error), error);
}

bool tune_edit_pin_vcpu_flags(DomainDef *def, const remote_domain_pin_vcpu_flags_args *args,
			      GError **error)
{
	return vcpu_pin(def, args->vcpu, map_read(args->cpumap.cpumap_val, args->cpumap.cpumap_len,
						  error), error);
}

bool tune_edit_pin_emulator(DomainDef *def, const remote_domain_pin_emulator_args *args,
			    GError **error)
{
	Cpuset *set = map_read(args->cpumap.cpumap_val, args->cpumap.cpumap_len, error);

	if (!set)
		return false;
	cpuset_free(def->cputune.emulatorpin);
	def->cputune.emulatorpin = set;
	return true;
}

bool tune_edit_pin_iothread(DomainDef *def, const remote_domain_pin_iothread_args *args,
			    GError **error)
{
	const TuneTarget target = { .group = TUNE_IOTHREAD, .id = args->iothreads_id };
	Cpuset *set;

	tune_iothreads_expand(def);
	if (!tune_base(def, &target, error))
		return false;
	set = map_read(args->cpumap.cpumap_val, args->cpumap.cpumap_len, error);
	if (set)
		pin_put(&def->cputune.iothreadpins, args->iothreads_id, set);
	return set != NULL;
}

const Cpuset *tune_pin(const DomainDef *def, TuneGroup group, unsigned id)
{
	const DomainCpuTune *tune = &def->cputune;
	const GPtrArray *pins = group == TUNE_VCPU_PIN ? tune->vcpupins : tune->iothreadpins;
	const CpuPin *pin = group == TUNE_EMULATOR_PIN ? NULL : pin_find(pins, id);

	if (pin)
		return pin->cpuset;
	return group != TUNE_VCPU_PIN && tune->emulatorpin ? tune->emulatorpin : def->vcpus.cpuset;
}

/* ---- I/O threads --------------------------------------------------------------------------- */

void tune_iothreads_expand(DomainDef *def)
{
	guint n = MAX(def->iothread_count, list_length(def->iothreads));

	if (!def->iothreads)
		def->iothreads = g_ptr_array_new();
	while (def->iothreads->len < n) {
		DomainIothread *thread = g_new0(DomainIothread, 1);

		thread->id = domain_def_iothread_id(def, def->iothreads->len);
		g_ptr_array_add(def->iothreads, thread);
	}
}

bool tune_edit_add_iothread(DomainDef *def, const remote_domain_add_iothread_args *args,
			    GError **error)
{
	const TuneTarget target = { .group = TUNE_IOTHREAD, .id = args->iothread_id };
	DomainIothread *thread;

	if (args->iothread_id == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("invalid value of 0 for iothread_id"));
	tune_iothreads_expand(def);
	if (tune_base(def, &target, NULL))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("an I/O thread of domain '%s' has the id %u already"), def->name,
			    args->iothread_id);
	thread = g_new0(DomainIothread, 1);
	thread->id = args->iothread_id;
	g_ptr_array_add(def->iothreads, thread);
	def->iothread_count = def->iothreads->len;
	return true;
}

static const char *user_of_thread(const DomainDef *def, unsigned id)
{
	for (guint i = 0; i < list_length(def->disks); i++) {
		const DomainDisk *disk = list_get(def->disks, i);

		if (disk->iothread == id)
			return disk->target;
		for (guint k = 0; k < list_length(disk->iothreads); k++)
			if (((DiskIothread *)list_get(disk->iothreads, k))->id == id)
				return disk->target;
	}
	for (guint i = 0; i < list_length(def->controllers); i++)
		if (((DomainController *)list_get(def->controllers, i))->iothread == id)
			return _("a controller");
	return NULL;
}

bool tune_edit_del_iothread(DomainDef *def, const remote_domain_del_iothread_args *args,
			    GError **error)
{
	const TuneTarget target = { .group = TUNE_IOTHREAD, .id = args->iothread_id };
	DomainIothread *thread;
	const char *user;

	if (args->iothread_id == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("invalid value of 0 for iothread_id"));
	tune_iothreads_expand(def);
	thread = tune_base(def, &target, error);
	if (!thread)
		return false;
	user = user_of_thread(def, args->iothread_id);
	if (user)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("I/O thread %u is used by '%s'"), args->iothread_id, user);
	g_ptr_array_remove(def->iothreads, thread);
	g_free(thread);
	def->iothread_count = def->iothreads->len;
	pin_remove(def->cputune.iothreadpins, args->iothread_id);
	return true;
}

bool tune_edit_iothread(DomainDef *def, const remote_domain_set_iothread_params_args *args,
			GError **error)
{
	const TuneTarget target = { .group = TUNE_IOTHREAD, .id = args->iothread_id };

	if (args->iothread_id == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("invalid value of 0 for iothread_id"));
	tune_iothreads_expand(def);
	for (unsigned i = 0; i < args->params.params_len && !def->has_id; i++)
		if (g_str_has_prefix(args->params.params_val[i].field, "poll_"))
			return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
				    _("how an I/O thread polls can be set of a running domain only"));
	return tune_write(def, &target, args->params.params_val, args->params.params_len, error);
}

/* ---- Parameters ---------------------------------------------------------------------------- */

#define EDIT(name, args_type, ...)                                                                 \
	bool name(DomainDef *def, const args_type *args, GError **error)                           \
	{                                                                                          \
		const TuneTarget target = { __VA_ARGS__ };                                         \
                                                                                                   \
		return tune_write(def, &target, args->params.params_val, args->params.params_len,  \
				  error);                                                          \
	}

EDIT(tune_edit_scheduler, remote_domain_set_scheduler_parameters_args, .group = TUNE_SCHEDULER)
EDIT(tune_edit_scheduler_flags, remote_domain_set_scheduler_parameters_flags_args,
     .group = TUNE_SCHEDULER)
EDIT(tune_edit_memory, remote_domain_set_memory_parameters_args, .group = TUNE_MEMORY)
EDIT(tune_edit_blkio, remote_domain_set_blkio_parameters_args, .group = TUNE_BLKIO)
EDIT(tune_edit_numa, remote_domain_set_numa_parameters_args, .group = TUNE_NUMA)
EDIT(tune_edit_disk, remote_domain_set_block_io_tune_args, .group = TUNE_DISK, .name = args->disk)
EDIT(tune_edit_interface, remote_domain_set_interface_parameters_args, .group = TUNE_INTERFACE,
     .name = args->device)

/* ---- What ends lead to --------------------------------------------------------------------- */

bool tune_edit_lifecycle(DomainDef *def, const remote_domain_set_lifecycle_action_args *args,
			 GError **error)
{
	LifecycleAction *actions[] = {
		[VIR_DOMAIN_LIFECYCLE_POWEROFF] = &def->on_poweroff,
		[VIR_DOMAIN_LIFECYCLE_REBOOT] = &def->on_reboot,
		[VIR_DOMAIN_LIFECYCLE_CRASH] = &def->on_crash,
	};
	bool dump = args->action == VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_DESTROY ||
		    args->action == VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART;

	if (args->type >= G_N_ELEMENTS(actions) || args->action >= LIFECYCLE_LAST - 1)
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no lifecycle event %u with action %u"),
			    args->type, args->action);
	if (args->action == VIR_DOMAIN_LIFECYCLE_ACTION_RESTART_RENAME ||
	    (dump && args->type != VIR_DOMAIN_LIFECYCLE_CRASH))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("lifecycle action '%s' is not supported for this event"),
			    lifecycle_action_name((LifecycleAction)(args->action + 1)));
	*actions[args->type] = (LifecycleAction)(args->action + 1);
	return true;
}
