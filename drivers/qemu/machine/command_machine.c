/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* -machine, -accel, power management, clock and boot order. */
#include <string.h>

#include "drivers/qemu/argv/command_build.h"
#include "drivers/qemu/caps/caps.h"

static const ClockTimer *find_timer(const DomainDef *def, TimerName name)
{
	for (guint i = 0; i < list_length(def->clock.timers); i++) {
		const ClockTimer *timer = list_get(def->clock.timers, i);

		if (timer->name == name)
			return timer;
	}
	return NULL;
}

/* ---- Features of the machine */

static bool x86_features(QemuCommand *cmd, Props *opts, GError **error)
{
	const DomainFeatures *features = &cmd->def->features;
	const ClockTimer *hpet = find_timer(cmd->def, TIMER_HPET);

	props_tristate(opts, "vmport", features->vmport_state);
	if (features->smm)
		props_bool(opts, "smm", features->smm_state != TRISTATE_NO);
	if (!features->acpi)
		props_bool(opts, "acpi", false);
	if (hpet && hpet->present != TRISTATE_ABSENT)
		props_bool(opts, "hpet", hpet->present == TRISTATE_YES);
	if (features->ioapic_driver != IOAPIC_ABSENT)
		props_str(opts, "kernel_irqchip",
			 features->ioapic_driver == IOAPIC_QEMU ? "split" : "on");
	props_tristate(opts, "i8042", features->ps2);
	if (cmd->def->os.bios_useserial == TRISTATE_YES)
		props_bool(opts, "graphics", false);
	if (features->has_tseg_size && !command_is_q35(cmd))
		return command_refuse(error, "tseg", _("only machine q35 has it"));
	return true;
}

static bool ppc_features(Props *opts, const DomainFeatures *features)
{
	if (features->hpt_resizing != HPT_ABSENT)
		props_str(opts, "resize-hpt", hpt_resizing_name(features->hpt_resizing));
	if (features->hpt_maxpagesize_kib > 0)
		props_printf(opts, "cap-hpt-max-page-size", "%" G_GUINT64_FORMAT "k",
			    features->hpt_maxpagesize_kib);
	props_tristate(opts, "cap-htm", features->htm);
	props_tristate(opts, "cap-nested-hv", features->nested_hv);
	props_tristate(opts, "cap-ccf-assist", features->ccf_assist);
	props_str(opts, "cap-cfpc", cfpc_name(features->cfpc));
	props_str(opts, "cap-sbbc", sbbc_name(features->sbbc));
	props_str(opts, "cap-ibs", ibs_name(features->ibs));
	return true;
}

/* Features that only some architectures have, and no other may be asked for. */
static bool features_check(QemuCommand *cmd, GError **error)
{
	const DomainFeatures *f = &cmd->def->features;
	bool ppc = f->hpt_resizing || f->hpt_maxpagesize_kib || f->htm || f->nested_hv ||
		   f->ccf_assist || f->cfpc || f->sbbc || f->ibs;

	if (ppc && !command_is_ppc64(cmd))
		return command_refuse(error, "features",
				      _("hpt, htm, nested-hv, ccf-assist, cfpc, "
					"sbbc and ibs belong to pSeries"));
	if (f->xen)
		return command_refuse(error, "features/xen", _("this is not Xen"));
	if (f->viridian || f->hap || f->privnet || f->capabilities)
		return command_refuse(error, "features",
				      _("viridian, hap, privnet and capabilities belong to other "
					"hypervisors"));
	if (f->msrs_unknown != MSRS_ABSENT)
		return command_refuse(error, "features/msrs", _("it is not supported"));
	if (f->async_teardown == TRISTATE_YES)
		return command_refuse(error, "features/async-teardown", _("it is not supported"));
	if (f->aia && !qemu_arch_is_riscv(cmd->def->os.arch))
		return command_refuse(error, "features/aia", _("only RISC-V machines have it"));
	if (f->hyperv.mode == HYPERV_MODE_HOST_MODEL)
		return command_refuse(error, "hyperv mode='host-model'",
				      _("use mode 'passthrough', or 'custom' with each of them"));
	if (f->gic && !command_is_arm(cmd))
		return command_refuse(error, "features/gic", _("only ARM machines have it"));
	return true;
}

static const DomainIommu *find_iommu(const DomainDef *def)
{
	return list_length(def->iommus) > 0 ? list_get(def->iommus, 0) : NULL;
}

static bool architecture_features(QemuCommand *cmd, Props *opts, GError **error)
{
	const DomainFeatures *features = &cmd->def->features;
	const DomainIommu *iommu = find_iommu(cmd->def);

	if (!features_check(cmd, error))
		return false;
	if (command_is_x86(cmd) && !x86_features(cmd, opts, error))
		return false;
	if (command_is_ppc64(cmd) && !ppc_features(opts, features))
		return false;
	if (features->gic && command_is_arm(cmd))
		props_str(opts, "gic-version",
			 features->gic_version ? gic_version_name(features->gic_version) : NULL);
	props_str(opts, "aia", aia_kind_name(features->aia));
	props_tristate(opts, "ras", features->ras);
	if (command_is_arm(cmd) && !features->acpi && command_machine_is(cmd, "virt"))
		props_bool(opts, "acpi", false);
	props_tristate(opts, "aes-key-wrap", cmd->def->keywrap.aes);
	props_tristate(opts, "dea-key-wrap", cmd->def->keywrap.dea);
	if (iommu && iommu->model == IOMMU_SMMUV3)
		props_str(opts, "iommu", "smmuv3");
	return true;
}

static void command_accel(QemuCommand *cmd)
{
	const DomainFeatures *features = &cmd->def->features;
	Props *opts = props_new(command_is_kvm(cmd) ? "kvm" : "tcg");

	if (command_is_kvm(cmd) && features->kvm_dirty_ring == TRISTATE_YES)
		props_num(opts, "dirty-ring-size", features->kvm_dirty_ring_size);
	if (!command_is_kvm(cmd) && features->tcg_tb_cache_kib > 0)
		props_num(opts, "tb-size", features->tcg_tb_cache_kib / 1024);
	command_opts(cmd, "-accel", opts);
}

static bool has_nvdimm(const DomainDef *def)
{
	for (guint i = 0; i < list_length(def->memories); i++)
		if (((DomainMemoryDevice *)list_get(def->memories, i))->model ==
		    MEMORY_MODEL_NVDIMM)
			return true;
	return false;
}

bool command_has_hmat(const DomainDef *def)
{
	if (!def->cpu)
		return false;
	if (list_length(def->cpu->latencies) > 0 || list_length(def->cpu->bandwidths) > 0)
		return true;
	for (guint i = 0; i < list_length(def->cpu->cells); i++)
		if (list_length(((NumaCell *)list_get(def->cpu->cells, i))->caches) > 0)
			return true;
	return false;
}

bool command_machine(QemuCommand *cmd, GError **error)
{
	const DomainDef *def = cmd->def;
	Props *opts = props_new(def->os.machine ? def->os.machine : "none");

	if (command_is_x86(cmd) || command_is_arm(cmd))
		props_bool(opts, "usb", false);
	props_bool(opts, "dump-guest-core", def->memory.dump_core == TRISTATE_YES);
	if (def->memory.backing.nosharepages)
		props_bool(opts, "mem-merge", false);
	if (has_nvdimm(def))
		props_bool(opts, "nvdimm", true);
	if (command_has_hmat(def))
		props_bool(opts, "hmat", true);
	props_str(opts, "memory-backend", command_ram_id(cmd));
	if (!architecture_features(cmd, opts, error) || !command_firmware(cmd, opts, error)) {
		props_free(opts);
		return false;
	}
	command_opts(cmd, "-machine", opts);
	command_accel(cmd);
	return true;
}

/* ---- Time */

static void rtc_base(Props *opts, const DomainClock *clock)
{
	g_autoptr(GDateTime) date = NULL;
	g_autofree char *text = NULL;
	gint64 base = 0;

	/* In a time zone, QEMU's environment says which one is the local time. */
	if (clock->offset == CLOCK_OFFSET_LOCALTIME || clock->offset == CLOCK_OFFSET_TIMEZONE) {
		props_str(opts, "base", "localtime");
		return;
	}
	if (clock->offset == CLOCK_OFFSET_ABSOLUTE)
		base = (gint64)clock->start;
	else if (clock->offset == CLOCK_OFFSET_VARIABLE && clock->adjustment)
		base = g_get_real_time() / G_USEC_PER_SEC +
		       g_ascii_strtoll(clock->adjustment, NULL, 10);
	if (clock->offset != CLOCK_OFFSET_ABSOLUTE &&
	    (clock->offset != CLOCK_OFFSET_VARIABLE || !clock->adjustment ||
	     g_ascii_strtoll(clock->adjustment, NULL, 10) == 0)) {
		props_str(opts, "base", clock->basis == CLOCK_BASIS_LOCALTIME ? "localtime" : "utc");
		return;
	}
	date = g_date_time_new_from_unix_utc(base);
	text = g_date_time_format(date, "%Y-%m-%dT%H:%M:%S");
	props_str(opts, "base", text);
}

/* TCG's PIT has no policy; QEMU says in its log that it leaves the word unused. */
static bool pit_policy(QemuCommand *cmd, const ClockTimer *pit, GError **error)
{
	const char *policy = pit->tickpolicy == TICK_DISCARD ? "discard" : "delay";

	if (pit->tickpolicy == TICK_ABSENT || pit->tickpolicy == TICK_CATCHUP)
		return true;
	if (pit->tickpolicy == TICK_MERGE)
		return command_refuse(error, "timer name='pit'",
				      _("QEMU's PIT cannot do that tick policy"));
	command_arg(cmd, "-global");
	g_ptr_array_add(cmd->line->argv, g_strconcat("kvm-pit.lost_tick_policy=", policy, NULL));
	return true;
}

static bool timer_check(const ClockTimer *timer, GError **error)
{
	if (timer->name == TIMER_PLATFORM)
		return command_refuse(error, "timer name='platform'", _("QEMU has none"));
	if (timer->mode != TIMER_MODE_ABSENT)
		return command_refuse(error, "timer mode", _("QEMU's timers have no modes"));
	if (timer->frequency > 0 && timer->name != TIMER_TSC)
		return command_refuse(error, "timer frequency", _("only timer 'tsc' has one"));
	if (timer->catchup_threshold || timer->catchup_slew || timer->catchup_limit)
		return command_refuse(error, "catchup", _("QEMU decides how it catches up"));
	if (timer->name == TIMER_RTC &&
	    (timer->tickpolicy == TICK_MERGE || timer->tickpolicy == TICK_DISCARD))
		return command_refuse(error, "timer name='rtc'",
				      _("QEMU's RTC cannot do that tick policy"));
	if (timer->name == TIMER_HPET && timer->tickpolicy > TICK_DELAY)
		return command_refuse(error, "timer name='hpet'",
				      _("QEMU's HPET cannot do that tick policy"));
	return true;
}

bool command_clock(QemuCommand *cmd, GError **error)
{
	const DomainClock *clock = &cmd->def->clock;
	const ClockTimer *rtc = find_timer(cmd->def, TIMER_RTC);
	const ClockTimer *pit = find_timer(cmd->def, TIMER_PIT);
	Props *opts = props_new(NULL);

	rtc_base(opts, clock);
	if (rtc && rtc->track == TIMER_TRACK_GUEST)
		props_str(opts, "clock", "vm");
	else if (rtc && rtc->track == TIMER_TRACK_WALL)
		props_str(opts, "clock", "host");
	else if (rtc && rtc->track == TIMER_TRACK_REALTIME)
		props_str(opts, "clock", "rt");
	if (rtc && rtc->tickpolicy == TICK_CATCHUP)
		props_str(opts, "driftfix", "slew");
	command_opts(cmd, "-rtc", opts);
	if (clock->offset == CLOCK_OFFSET_TIMEZONE) {
		g_ptr_array_add(cmd->line->env, g_strconcat("TZ=", clock->timezone, NULL));
	}
	for (guint i = 0; i < list_length(clock->timers); i++)
		if (!timer_check(list_get(clock->timers, i), error))
			return false;
	return !pit || pit_policy(cmd, pit, error);
}

/* ---- Ends and boot */

static const char *const watchdog_words[WATCHDOG_ACTION_LAST] = {
	[WATCHDOG_ACTION_RESET] = "reset",       [WATCHDOG_ACTION_SHUTDOWN] = "shutdown",
	[WATCHDOG_ACTION_POWEROFF] = "poweroff", [WATCHDOG_ACTION_PAUSE] = "pause",
	[WATCHDOG_ACTION_NONE] = "none",         [WATCHDOG_ACTION_INJECT_NMI] = "inject-nmi",
};

static bool command_actions(QemuCommand *cmd, GError **error)
{
	const DomainDef *def = cmd->def;
	Props *opts = props_new(NULL);
	WatchdogAction action = WATCHDOG_ACTION_ABSENT;

	if (list_length(def->watchdogs) > 0)
		action = ((DomainWatchdog *)list_get(def->watchdogs, 0))->action;
	/* The end of a guest is ours to decide on: QEMU waits with the guest stopped. */
	props_str(opts, "shutdown", "pause");
	if (def->on_reboot != LIFECYCLE_RESTART && def->on_reboot != LIFECYCLE_ABSENT)
		props_str(opts, "reboot", "shutdown");
	props_str(opts, "panic", "pause");
	if (action != WATCHDOG_ACTION_ABSENT && !watchdog_words[action]) {
		props_free(opts);
		return command_refuse(error, "watchdog action='dump'",
				      _("core dumps are not supported"));
	}
	if (action != WATCHDOG_ACTION_ABSENT)
		props_str(opts, "watchdog", watchdog_words[action]);
	command_opts(cmd, "-action", opts);
	return true;
}

static bool command_sleep_states(QemuCommand *cmd, GError **error)
{
	const DomainPm *pm = &cmd->def->pm;
	const char *device = command_is_q35(cmd) ? "ICH9-LPC" : "PIIX4_PM";
	const struct {
		Tristate value;
		const char *property;
	} states[] = { { pm->suspend_to_mem, "disable_s3" },
		       { pm->suspend_to_disk, "disable_s4" } };

	for (unsigned i = 0; i < G_N_ELEMENTS(states); i++) {
		if (states[i].value == TRISTATE_ABSENT)
			continue;
		if (!command_is_x86(cmd))
			return command_refuse(error, "pm", _("only PC machines have sleep states"));
		command_arg(cmd, "-global");
		g_ptr_array_add(cmd->line->argv,
				g_strdup_printf("%s.%s=%d", device, states[i].property,
						states[i].value == TRISTATE_NO));
	}
	return true;
}

/* Whether the slots of the root bus take devices while the guest runs: said to the ACPI of a PIIX. */
static bool command_root_hotplug(QemuCommand *cmd, GError **error)
{
	const DomainController *root = domain_def_controller(cmd->def, CONTROLLER_PCI, 0);

	if (!root || root->model != MODEL_PCI_ROOT || root->hotplug == TRISTATE_ABSENT)
		return true;
	if (!command_is_i440fx(cmd))
		return command_refuse(error, "target hotplug",
				      _("the root bus of this machine type has no such switch"));
	command_arg(cmd, "-global");
	g_ptr_array_add(cmd->line->argv, g_strdup_printf("PIIX4_PM.acpi-root-pci-hotplug=%s",
							 root->hotplug == TRISTATE_YES ? "on"
										       : "off"));
	return true;
}

bool command_boot(QemuCommand *cmd, GError **error)
{
	const DomainOs *os = &cmd->def->os;
	Props *opts = props_new(NULL);

	if (os->bootmenu_enable != TRISTATE_ABSENT) {
		props_bool(opts, "menu", os->bootmenu_enable == TRISTATE_YES);
		if (os->has_bootmenu_timeout)
			props_num(opts, "splash-time", os->bootmenu_timeout);
	}
	if (os->has_bios_reboot_timeout)
		props_printf(opts, "reboot-timeout", "%d", os->bios_reboot_timeout);
	props_bool(opts, "strict", true);
	command_opts(cmd, "-boot", opts);
	if (os->bios_useserial == TRISTATE_YES && !command_is_x86(cmd))
		return command_refuse(error, "bios useserial='yes'", _("only PC machines have it"));
	if (cmd->def->features.has_tseg_size) {
		command_arg(cmd, "-global");
		g_ptr_array_add(cmd->line->argv,
				g_strdup_printf("mch.extended-tseg-mbytes=%" G_GUINT64_FORMAT,
						cmd->def->features.tseg_size / (1024 * 1024)));
	}
	return command_actions(cmd, error) && command_sleep_states(cmd, error) &&
	       command_root_hotplug(cmd, error);
}
