/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(virt_type, VIRT)

static const BindRow genid_rows[] = { TEXT(DomainDef, genid, uuid, G), END_ROWS };
static ELEMENT(genid, NULL, DomainDef, genid_rows);

static const BindRow memory_rows[] = {
	SIZE_TEXT(DomainDef, memory.total_kib, 1024, G),
	ATTR(DomainDef, "dumpCore", memory.dump_core, on_off, 0),
	END_ROWS
};
static ELEMENT(domain_memory, NULL, DomainDef, memory_rows);
static const BindRow max_memory_rows[] = {
	ATTR(DomainDef, "slots", memory.max_slots, uint, BIND_REQUIRED | G),
	SIZE_TEXT(DomainDef, memory.max_kib, 1024, G),
	END_ROWS
};
static ELEMENT(max_memory, NULL, DomainDef, max_memory_rows);

static const BindRow iothreadids_rows[] = {
	LIST(DomainDef, "iothread", iothreads, domain_iothread, 0), END_ROWS
};
static ELEMENT(iothreadids, NULL, DomainDef, iothreadids_rows);
static const BindRow throttlegroup_rows[] = { INCLUDE(disk_iotune), END_ROWS };
static ELEMENT(throttlegroup, NULL, DiskIoTune, throttlegroup_rows);
static const BindRow throttlegroups_rows[] = {
	LIST(DomainDef, "throttlegroup", throttle_groups, throttlegroup, 0), END_ROWS
};
static ELEMENT(throttlegroups, NULL, DomainDef, throttlegroups_rows);
static const BindRow perf_rows[] = { LIST(DomainDef, "event", perf_events, perf_event, 0),
     END_ROWS };
static ELEMENT(domain_perf, NULL, DomainDef, perf_rows);

#define DEVICES(name, member, element) LIST(DomainDef, name, member, element, G)
static const BindRow devices_rows[] = {
	LEAF(DomainDef, "emulator", emulator, str, 0),
	DEVICES("disk", disks, domain_disk),
	DEVICES("controller", controllers, domain_controller),
	LIST(DomainDef, "lease", leases, domain_lease, 0),
	DEVICES("filesystem", filesystems, domain_filesystem),
	DEVICES("interface", interfaces, domain_interface),
	DEVICES("smartcard", smartcards, domain_smartcard),
	DEVICES("serial", serials, domain_serial),
	DEVICES("parallel", parallels, domain_parallel),
	DEVICES("console", consoles, domain_console),
	DEVICES("channel", channels, domain_channel),
	DEVICES("input", inputs, domain_input),
	DEVICES("tpm", tpms, domain_tpm),
	LIST(DomainDef, "graphics", graphics, domain_graphics, 0),
	DEVICES("sound", sounds, domain_sound),
	LIST(DomainDef, "audio", audios, domain_audio, 0),
	DEVICES("video", videos, domain_video),
	DEVICES("hostdev", hostdevs, domain_hostdev),
	DEVICES("redirdev", redirdevs, domain_redirdev),
	POINTER(DomainDef, "redirfilter", redirfilter, domain_redirfilter, BIND_ONCE),
	DEVICES("hub", hubs, domain_hub),
	DEVICES("watchdog", watchdogs, domain_watchdog),
	DEVICES("memballoon", memballoons, domain_memballoon),
	DEVICES("rng", rngs, domain_rng),
	DEVICES("nvram", nvrams, domain_nvram),
	DEVICES("panic", panics, domain_panic),
	DEVICES("shmem", shmems, domain_shmem),
	DEVICES("memory", memories, domain_memory_device),
	DEVICES("iommu", iommus, domain_iommu),
	DEVICES("vsock", vsocks, domain_vsock),
	DEVICES("crypto", cryptos, domain_crypto),
	DEVICES("pstore", pstores, domain_pstore),
	END_ROWS
};
static ELEMENT(domain_devices, NULL, DomainDef, devices_rows);

static const BindRow domain_rows[] = {
	ATTR(DomainDef, "type", virt, virt_type, BIND_REQUIRED | G),
	ATTR(DomainDef, "id", id, int, BIND_LIVE, HAS(DomainDef, has_id)),
	LEAF(DomainDef, "name", name, str, G),
	LEAF(DomainDef, "uuid", uuid, uuid, G, .code = VIR_ERR_INTERNAL_ERROR),
	CHILD("genid", genid, G | BIND_ONCE, HAS(DomainDef, genid_present)),
	LEAF(DomainDef, "title", title, str, 0),
	LEAF(DomainDef, "description", description, str, 0),
	RAW(DomainDef, "metadata", metadata, 0),
	CHILD("maxMemory", max_memory, 0),
	CHILD("memory", domain_memory, 0),
	SIZE_LEAF(DomainDef, "currentMemory", memory.current_kib, 1024, 0, HAS(DomainDef,
	     memory.has_current)),
	CHILD_IN(DomainDef, "blkiotune", blkiotune, domain_blkiotune, BIND_MERGE),
	CHILD_IN(DomainDef, "memoryBacking", memory.backing, domain_memory_backing, BIND_MERGE),
	CHILD_IN(DomainDef, "memtune", memtune, domain_memtune, BIND_MERGE),
	CHILD_IN(DomainDef, "vcpu", vcpus, domain_vcpu, 0),
	CHILD_IN(DomainDef, "vcpus", vcpus, domain_vcpus, BIND_MERGE),
	LEAF(DomainDef, "iothreads", iothread_count, uint, 0),
	CHILD("iothreadids", iothreadids, BIND_MERGE),
	POINTER(DomainDef, "defaultiothread", default_iothread, domain_iothread, 0),
	CHILD("throttlegroups", throttlegroups, BIND_MERGE),
	CHILD_IN(DomainDef, "cputune", cputune, domain_cputune, BIND_MERGE),
	CHILD_IN(DomainDef, "numatune", numatune, domain_numatune, BIND_ONCE),
	CHILD_IN(DomainDef, "resource", resource, domain_resource, BIND_ONCE),
	LIST(DomainDef, "sysinfo", sysinfos, domain_sysinfo, G),
	LEAF(DomainDef, "bootloader", bootloader, str, 0),
	LEAF(DomainDef, "bootloader_args", bootloader_args, str, 0),
	CHILD_IN(DomainDef, "os", os, domain_os, BIND_MERGE),
	CHILD_IN(DomainDef, "idmap", idmap, domain_idmap, BIND_MERGE),
	CHILD_IN(DomainDef, "features", features, domain_features, BIND_MERGE),
	POINTER(DomainDef, "cpu", cpu, cpu, G),
	CHILD_IN(DomainDef, "clock", clock, domain_clock, BIND_MERGE),
	LEAF(DomainDef, "on_poweroff", on_poweroff, lifecycle_action, 0),
	LEAF(DomainDef, "on_reboot", on_reboot, lifecycle_action, 0),
	LEAF(DomainDef, "on_crash", on_crash, lifecycle_action, 0),
	LEAF(DomainDef, "on_lockfailure", on_lockfailure, lock_failure_action, 0),
	CHILD_IN(DomainDef, "pm", pm, domain_pm, BIND_MERGE),
	CHILD("perf", domain_perf, BIND_MERGE),
	CHILD("devices", domain_devices, BIND_MERGE),
	LIST(DomainDef, "seclabel", seclabels, seclabel, 0),
	CHILD_IN(DomainDef, "keywrap", keywrap, domain_keywrap, BIND_MERGE),
	POINTER(DomainDef, "launchSecurity", launch_security, domain_launch_security, G),
	INCLUDE_IN(DomainDef, qemu, domain_qemu_ns),
	INCLUDE_IN(DomainDef, foreign, domain_foreign_ns),
	END_ROWS
};
ELEMENT(domain, "domain", DomainDef, domain_rows, .doc = N_("A virtual machine."));

DomainDef *domain_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			    GError **error)
{
	return bind_parse(&bind_el_domain, bind_reader_open(xml, length, flags, diags, error),
			  error);
}

char *domain_def_format(const DomainDef *def, unsigned flags)
{
	return bind_format(&bind_el_domain, def, flags);
}

char *domain_def_format_secure(const DomainDef *def, unsigned flags, bool *ret_secret)
{
	return bind_format_secure(&bind_el_domain, def, flags, ret_secret);
}

DomainDef *domain_def_new(void)
{
	return bind_new(&bind_el_domain);
}

DomainDef *domain_def_copy(const DomainDef *def)
{
	return bind_copy(&bind_el_domain, def);
}

void domain_def_free(DomainDef *def)
{
	bind_free(&bind_el_domain, def);
}

bool domain_def_compare(const DomainDef *a, const DomainDef *b, BindCompare what,
			char **difference)
{
	return bind_equal(&bind_el_domain, a, b, what, difference);
}

bool domain_def_is_custom(const DomainDef *def)
{
	const DomainQemuNs *qemu = &def->qemu;

	return list_length(qemu->args) || list_length(qemu->envs) ||
	       list_length(qemu->capabilities_add) || list_length(qemu->capabilities_del) ||
	       list_length(qemu->overrides) || qemu->deprecation;
}

guint domain_def_vcpus_current(const DomainDef *def)
{
	return def->vcpus.current ? def->vcpus.current : def->vcpus.count;
}

guint domain_def_vcpus_cold(const DomainDef *def)
{
	guint n = domain_def_vcpus_current(def);

	for (guint i = 0; i < list_length(def->vcpus.entries); i++) {
		const VcpuEntry *entry = list_get(def->vcpus.entries, i);

		n -= entry->enabled == TRISTATE_YES && entry->hotpluggable == TRISTATE_YES;
	}
	return n;
}

DomainDisk *domain_def_disk_by_target(const DomainDef *def, const char *target)
{
	for (guint i = 0; i < list_length(def->disks); i++) {
		DomainDisk *disk = list_get(def->disks, i);

		if (g_strcmp0(disk->target, target) == 0)
			return disk;
	}
	return NULL;
}

DomainController *domain_def_controller(const DomainDef *def, ControllerType type, int index)
{
	for (guint i = 0; i < list_length(def->controllers); i++) {
		DomainController *controller = list_get(def->controllers, i);

		if (controller->type == type && controller->has_index && controller->index == index)
			return controller;
	}
	return NULL;
}
