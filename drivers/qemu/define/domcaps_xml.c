/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest on one emulator and machine type can have, as a document. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/bind.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/machine/firmware.h"
#include "drivers/qemu/machine/machine.h"

typedef struct Domcaps {
	GString *out;
	const QemuCaps *caps;
	const QemuMachine *machine;
	const char *arch;
	bool kvm;
	DomainDef *def; /* with arch and machine only, for questions about them */
} Domcaps;

static void enum_begin(Domcaps *domcaps, int indent, const char *name)
{
	g_string_append_printf(domcaps->out, "%*s<enum name='%s'>\n", indent, "", name);
}

static void enum_value(Domcaps *domcaps, int indent, const char *value)
{
	g_string_append_printf(domcaps->out, "%*s  <value>", indent, "");
	bind_escape(domcaps->out, value, false);
	g_string_append(domcaps->out, "</value>\n");
}

static void enum_end(Domcaps *domcaps, int indent)
{
	g_string_append_printf(domcaps->out, "%*s</enum>\n", indent, "");
}

/* @values ends with NULL. */
static void enum_list(Domcaps *domcaps, int indent, const char *name, const char *const *values)
{
	if (!*values) {
		g_string_append_printf(domcaps->out, "%*s<enum name='%s'/>\n", indent, "", name);
		return;
	}
	enum_begin(domcaps, indent, name);
	for (; *values; values++)
		enum_value(domcaps, indent, *values);
	enum_end(domcaps, indent);
}
#define ENUM(domcaps, indent, name, ...)                                                           \
	enum_list(domcaps, indent, name, (const char *const[]){ __VA_ARGS__, NULL })

/* Values that depend on what the binary has: pairs of device and value, ending with NULL. */
static void enum_devices(Domcaps *domcaps, const char *name, const char *const (*pairs)[2])
{
	enum_begin(domcaps, 6, name);
	for (; (*pairs)[1]; pairs++)
		if (!(*pairs)[0] || qemu_caps_has_device(domcaps->caps, (*pairs)[0]))
			enum_value(domcaps, 6, (*pairs)[1]);
	enum_end(domcaps, 6);
}

static const char *yes_no(bool value)
{
	return value ? "yes" : "no";
}

/* ---- Firmware ---- */

static void os_format(Domcaps *domcaps)
{
	g_autoptr(GPtrArray) list = firmware_list();
	bool uefi = false, bios = false, secure = false;

	for (guint i = 0; i < list->len; i++) {
		const Firmware *firmware = g_ptr_array_index(list, i);

		if (!firmware_fits(firmware, domcaps->arch, domcaps->machine->name))
			continue;
		uefi = uefi || firmware->uefi;
		bios = bios || !firmware->uefi;
		secure = secure || firmware_has(firmware, "requires-smm");
	}
	g_string_append(domcaps->out, "  <os supported='yes'>\n");
	enum_list(domcaps, 4, "firmware",
		  (const char *const[]){ bios   ? "bios"
					 : uefi ? "efi"
						: NULL,
					 bios && uefi ? "efi" : NULL, NULL });
	g_string_append(domcaps->out, "    <loader supported='yes'>\n");
	for (guint i = 0; i < list->len; i++) {
		const Firmware *firmware = g_ptr_array_index(list, i);

		if (firmware->flash &&
		    firmware_fits(firmware, domcaps->arch, domcaps->machine->name))
			enum_value(domcaps, 4, firmware->executable);
	}
	ENUM(domcaps, 6, "type", "rom", "pflash");
	ENUM(domcaps, 6, "readonly", "yes", "no");
	enum_list(domcaps, 6, "secure",
		  (const char *const[]){ secure ? "yes" : "no", secure ? "no" : NULL, NULL });
	g_string_append(domcaps->out, "    </loader>\n  </os>\n");
}

/* ---- Processors ---- */

static const char *vendor_name(const QemuCpuModel *model)
{
	static const char *const generic[] = { "qemu", "kvm", "pentium", "486", NULL };

	for (const char *const *prefix = generic; *prefix; prefix++)
		if (g_str_has_prefix(model->name, *prefix))
			return "unknown";
	if (g_strcmp0(model->vendor, "GenuineIntel") == 0)
		return "Intel";
	if (g_strcmp0(model->vendor, "AuthenticAMD") == 0)
		return "AMD";
	if (g_strcmp0(model->vendor, "HygonGenuine") == 0)
		return "Hygon";
	return "unknown";
}

bool qemu_cpu_model_is_named(const char *name)
{
	return strcmp(name, "max") != 0 && strcmp(name, "host") != 0 && strcmp(name, "base") != 0;
}

static void host_model_format(Domcaps *domcaps, const QemuAccel *accel)
{
	const QemuHostCpu *host = accel ? accel->host_model : NULL;
	const char *vendor = host ? host->vendor : NULL;

	if (!host) {
		g_string_append(domcaps->out, "    <mode name='host-model' supported='no'/>\n");
		return;
	}
	g_string_append_printf(domcaps->out,
			       "    <mode name='host-model' supported='yes'>\n"
			       "      <model fallback='forbid'>%s</model>\n",
			       host->model);
	if (g_strcmp0(vendor, "AuthenticAMD") == 0 || g_strcmp0(vendor, "GenuineIntel") == 0)
		g_string_append_printf(domcaps->out, "      <vendor>%s</vendor>\n",
				       vendor[0] == 'A' ? "AMD" : "Intel");
	for (guint i = 0; i < host->features->len; i++) {
		const QemuCpuFeature *feature = g_ptr_array_index(host->features, i);

		g_string_append_printf(domcaps->out, "      <feature policy='%s' name='%s'/>\n",
				       feature->wanted ? "require" : "disable", feature->name);
	}
	g_string_append(domcaps->out, "    </mode>\n");
}

static void custom_format(Domcaps *domcaps, const QemuAccel *accel)
{
	if (!accel || accel->models->len == 0) {
		g_string_append(domcaps->out, "    <mode name='custom' supported='no'/>\n");
		return;
	}
	g_string_append(domcaps->out, "    <mode name='custom' supported='yes'>\n");
	for (guint i = 0; i < accel->models->len; i++) {
		const QemuCpuModel *model = g_ptr_array_index(accel->models, i);

		if (!qemu_cpu_model_is_named(model->name))
			continue;
		g_string_append_printf(domcaps->out,
				       "      <model usable='%s' vendor='%s'%s>%s</model>\n",
				       model->usability_known ? yes_no(model->usable) : "unknown",
				       vendor_name(model),
				       model->deprecated ? " deprecated='yes'" : "", model->name);
	}
	g_string_append(domcaps->out, "    </mode>\n");
}

static void cpu_format(Domcaps *domcaps)
{
	const QemuAccel *accel = domcaps->kvm ? domcaps->caps->kvm : domcaps->caps->tcg;

	g_string_append(domcaps->out, "  <cpu>\n");
	if (domcaps->kvm) {
		g_string_append(domcaps->out,
				"    <mode name='host-passthrough' supported='yes'>\n");
		ENUM(domcaps, 6, "hostPassthroughMigratable", "on", "off");
		g_string_append(domcaps->out, "    </mode>\n");
	} else {
		g_string_append(domcaps->out,
				"    <mode name='host-passthrough' supported='no'/>\n");
	}
	g_string_append(domcaps->out, "    <mode name='maximum' supported='yes'>\n");
	ENUM(domcaps, 6, "maximumMigratable", "on", "off");
	g_string_append(domcaps->out, "    </mode>\n");
	host_model_format(domcaps, accel);
	custom_format(domcaps, accel);
	g_string_append(domcaps->out, "  </cpu>\n");
}

/* ---- Devices ---- */

static void device_begin(Domcaps *domcaps, const char *name, bool supported)
{
	g_string_append_printf(domcaps->out, "    <%s supported='%s'%s>\n", name, yes_no(supported),
			       supported ? "" : "/");
}

static void device_end(Domcaps *domcaps, const char *name)
{
	g_string_append_printf(domcaps->out, "    </%s>\n", name);
}

static void disk_format(Domcaps *domcaps)
{
	static const char *const models[][2] = {
		{ "virtio-blk-pci", "virtio" },
		{ "virtio-blk-pci-transitional", "virtio-transitional" },
		{ "virtio-blk-pci-non-transitional", "virtio-non-transitional" },
		{ NULL, NULL },
	};

	device_begin(domcaps, "disk", true);
	ENUM(domcaps, 6, "diskDevice", "disk", "cdrom", "floppy", "lun");
	enum_begin(domcaps, 6, "bus");
	if (machine_has_ide(domcaps->def))
		enum_value(domcaps, 6, "ide");
	if (qemu_arch_is_x86(domcaps->arch))
		enum_value(domcaps, 6, "fdc");
	enum_value(domcaps, 6, "scsi");
	enum_value(domcaps, 6, "virtio");
	if (qemu_caps_has_device(domcaps->caps, "usb-storage"))
		enum_value(domcaps, 6, "usb");
	if (qemu_caps_has_device(domcaps->caps, "ich9-ahci"))
		enum_value(domcaps, 6, "sata");
	enum_end(domcaps, 6);
	enum_devices(domcaps, "model", models);
	device_end(domcaps, "disk");
}

static void graphics_format(Domcaps *domcaps)
{
	static const char *const displays[] = { "sdl", "egl-headless", "dbus", NULL };

	device_begin(domcaps, "graphics", true);
	enum_begin(domcaps, 6, "type");
	if (qemu_caps_has_command(domcaps->caps, "query-vnc"))
		enum_value(domcaps, 6, "vnc");
	if (qemu_caps_has_command(domcaps->caps, "query-spice"))
		enum_value(domcaps, 6, "spice");
	for (const char *const *display = displays; *display; display++)
		if (qemu_caps_has_display(domcaps->caps, *display))
			enum_value(domcaps, 6, *display);
	enum_end(domcaps, 6);
	device_end(domcaps, "graphics");
}

static void video_format(Domcaps *domcaps)
{
	static const char *const models[][2] = {
		{ "VGA", "vga" },
		{ "cirrus-vga", "cirrus" },
		{ "vmware-svga", "vmvga" },
		{ "qxl", "qxl" },
		{ "virtio-gpu-pci", "virtio" },
		{ NULL, "none" },
		{ "bochs-display", "bochs" },
		{ "ramfb", "ramfb" },
		{ NULL, NULL },
	};

	device_begin(domcaps, "video", true);
	enum_devices(domcaps, "modelType", models);
	device_end(domcaps, "video");
}

static void hostdev_format(Domcaps *domcaps)
{
	device_begin(domcaps, "hostdev", true);
	ENUM(domcaps, 6, "mode", "subsystem");
	ENUM(domcaps, 6, "startupPolicy", "default", "mandatory", "requisite", "optional");
	ENUM(domcaps, 6, "subsysType", "usb", "pci", "scsi");
	g_string_append(domcaps->out,
			"      <enum name='capsType'/>\n      <enum name='pciBackend'/>\n");
	device_end(domcaps, "hostdev");
}

static void tpm_format(Domcaps *domcaps)
{
	static const char *const models[][2] = {
		{ "tpm-tis", "tpm-tis" },
		{ "tpm-crb", "tpm-crb" },
		{ "tpm-spapr", "tpm-spapr" },
		{ NULL, NULL },
	};
	bool supported = qemu_caps_has_device(domcaps->caps, "tpm-tis") ||
			 qemu_caps_has_device(domcaps->caps, "tpm-crb");

	device_begin(domcaps, "tpm", supported);
	if (!supported)
		return;
	enum_devices(domcaps, "model", models);
	ENUM(domcaps, 6, "backendModel", "passthrough");
	device_end(domcaps, "tpm");
}

static void small_format(Domcaps *domcaps)
{
	static const char *const rngs[][2] = {
		{ "virtio-rng-pci", "virtio" },
		{ "virtio-rng-pci-transitional", "virtio-transitional" },
		{ "virtio-rng-pci-non-transitional", "virtio-non-transitional" },
		{ NULL, NULL },
	};

	device_begin(domcaps, "rng", true);
	enum_devices(domcaps, "model", rngs);
	ENUM(domcaps, 6, "backendModel", "random", "egd", "builtin");
	device_end(domcaps, "rng");
	device_begin(domcaps, "filesystem", true);
	ENUM(domcaps, 6, "driverType", "path");
	device_end(domcaps, "filesystem");
	tpm_format(domcaps);
	device_begin(domcaps, "redirdev", true);
	ENUM(domcaps, 6, "bus", "usb");
	device_end(domcaps, "redirdev");
	device_begin(domcaps, "channel", true);
	ENUM(domcaps, 6, "type", "pty", "unix", "spicevmc");
	device_end(domcaps, "channel");
}

static void devices_format(Domcaps *domcaps)
{
	g_string_append(domcaps->out, "  <memoryBacking supported='yes'>\n");
	enum_begin(domcaps, 4, "sourceType");
	enum_value(domcaps, 4, "file");
	enum_value(domcaps, 4, "anonymous");
	if (qemu_caps_has_object(domcaps->caps, "memory-backend-memfd"))
		enum_value(domcaps, 4, "memfd");
	enum_end(domcaps, 4);
	g_string_append(domcaps->out, "  </memoryBacking>\n  <devices>\n");
	disk_format(domcaps);
	graphics_format(domcaps);
	video_format(domcaps);
	hostdev_format(domcaps);
	small_format(domcaps);
	g_string_append(domcaps->out, "  </devices>\n");
}

/* ---- Features ---- */

static void sev_format(Domcaps *domcaps)
{
	json_t *sev = domcaps->kvm ? domcaps->caps->sev : NULL;

	if (!sev) {
		g_string_append(domcaps->out, "    <sev supported='no'/>\n");
		return;
	}
	g_string_append_printf(domcaps->out,
			       "    <sev supported='yes'>\n      <cbitpos>%d</cbitpos>\n"
			       "      <reducedPhysBits>%d</reducedPhysBits>\n    </sev>\n",
			       (int)json_integer_value(json_object_get(sev, "cbitpos")),
			       (int)json_integer_value(json_object_get(sev, "reduced-phys-bits")));
}

static void features_format(Domcaps *domcaps)
{
	bool x86 = qemu_arch_is_x86(domcaps->arch);

	g_string_append_printf(domcaps->out,
			       "  <features>\n    <gic supported='no'/>\n"
			       "    <vmcoreinfo supported='%s'/>\n    <genid supported='%s'/>\n"
			       "    <backingStoreInput supported='yes'/>\n"
			       "    <backup supported='no'/>\n",
			       yes_no(qemu_caps_has_device(domcaps->caps, "vmcoreinfo")),
			       yes_no(qemu_caps_has_device(domcaps->caps, "vmgenid")));
	sev_format(domcaps);
	g_string_append(domcaps->out, "    <sgx supported='no'/>\n");
	if (x86) {
		g_string_append(domcaps->out, "    <hyperv supported='yes'>\n");
		if (domcaps->kvm)
			ENUM(domcaps, 6, "features", "relaxed", "vapic", "spinlocks", "vpindex",
			     "runtime", "synic", "stimer", "reset", "vendor_id", "frequencies",
			     "reenlightenment", "tlbflush", "ipi");
		else
			ENUM(domcaps, 6, "features", "spinlocks", "vendor_id");
		g_string_append(domcaps->out, "    </hyperv>\n");
	}
	g_string_append(domcaps->out, "  </features>\n");
}

/* ---- The document ---- */

static char *domcaps_format(Domcaps *domcaps)
{
	g_string_append(domcaps->out, "<domainCapabilities>\n  <path>");
	bind_escape(domcaps->out, domcaps->caps->path, false);
	g_string_append_printf(domcaps->out,
			       "</path>\n  <domain>%s</domain>\n  <machine>%s</machine>\n"
			       "  <arch>%s</arch>\n  <vcpu max='%u'/>\n"
			       "  <iothreads supported='%s'/>\n",
			       domcaps->kvm ? "kvm" : "qemu", domcaps->machine->name, domcaps->arch,
			       domcaps->machine->max_cpus,
			       yes_no(qemu_caps_has_object(domcaps->caps, "iothread")));
	os_format(domcaps);
	cpu_format(domcaps);
	devices_format(domcaps);
	features_format(domcaps);
	g_string_append(domcaps->out, "</domainCapabilities>\n");
	return g_string_free(g_steal_pointer(&domcaps->out), FALSE);
}

/* "kvm", "qemu" or NULL: the best there is. */
static bool virt_choose(const QemuCaps *caps, const char *virt_type, bool *ret_kvm, GError **error)
{
	const char *reason = NULL;

	*ret_kvm = virt_type ? strcmp(virt_type, "kvm") == 0 : caps->kvm != NULL;
	if (virt_type && !*ret_kvm && strcmp(virt_type, "qemu") != 0)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("there is no type of domain '%s' here: use 'kvm' or 'qemu'"),
			    virt_type);
	if (!*ret_kvm || caps->kvm)
		return true;
	if (qemu_caps_kvm_wait(&reason))
		reason = _("the emulator was built without it, or is of another architecture");
	return fail(error, VIR_ERR_INVALID_ARG, _("'%s' cannot use KVM on this host: %s"),
		    caps->path, reason);
}

char *qemu_domain_capabilities(const char *emulator, const char *arch, const char *machine,
			       const char *virt_type, GError **error)
{
	g_autoptr(DomainDef) def = NULL;
	Domcaps domcaps = { 0 };

	if (arch && !qemu_arch_find(arch))
		return fail_null(error, VIR_ERR_INVALID_ARG, _("there is no architecture '%s'"),
				 arch);
	def = domain_def_new();
	def->os.arch = g_strdup(arch);
	def->emulator = g_strdup(emulator);
	domcaps.caps = qemu_caps_of_def_wait(def, error);
	if (!domcaps.caps)
		return NULL;
	if (!def->os.arch)
		def->os.arch = g_strdup(emulator ? domcaps.caps->arch : qemu_arch_host());
	domcaps.arch = def->os.arch;
	domcaps.machine = machine ? qemu_caps_machine(domcaps.caps, machine)
				  : qemu_caps_default_machine(domcaps.caps, domcaps.arch);
	if (!domcaps.machine)
		return fail_null(error, VIR_ERR_INVALID_ARG, _("'%s' has no machine type '%s'"),
				 domcaps.caps->path, machine ? machine : "");
	if (!virt_choose(domcaps.caps, virt_type, &domcaps.kvm, error))
		return NULL;
	def->os.machine = g_strdup(domcaps.machine->name);
	domcaps.def = def;
	domcaps.out = g_string_new(NULL);
	return domcaps_format(&domcaps);
}
