/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contradictions in a definition that no hypervisor could make sense of. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "conf/def/check.h"

static bool firmware_auto_check(const DomainOs *os, GError **error)
{
	const OsLoader *loader = os->loader;
	Tristate keys = TRISTATE_ABSENT, secure = TRISTATE_ABSENT;
	const char *attribute = NULL;

	for (guint i = 0; i < list_length(os->firmware_features); i++) {
		const FirmwareFeature *feature = list_get(os->firmware_features, i);

		if (feature->name == FIRMWARE_FEATURE_ENROLLED_KEYS)
			keys = feature->enabled;
		else
			secure = feature->enabled;
	}
	if (keys == TRISTATE_YES && secure == TRISTATE_NO)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("firmware with 'enrolled-keys' cannot be without 'secure-boot'"));
	if (loader && loader->readonly)
		attribute = "readonly";
	else if (loader && loader->type)
		attribute = "type";
	if (attribute)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("with <os firmware='...'> the firmware is chosen automatically: leave out "
			      "the loader's attribute '%s'"), attribute);
	if (loader && loader->path)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("with <os firmware='...'> the firmware is chosen automatically: leave out "
			      "the path of <loader>"));
	if (os->nvram && os->nvram->template)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("with <os firmware='...'> the firmware is chosen automatically: leave out "
			      "the template of <nvram>"));
	return true;
}

static bool firmware_check(const DomainOs *os, GError **error)
{
	const OsLoader *loader = os->loader;

	if (os->firmware) {
		if (!firmware_auto_check(os, error))
			return false;
	} else {
		if (list_length(os->firmware_features) > 0)
			return fail(error, VIR_ERR_XML_DETAIL,
				    _("features of a firmware need <os firmware='...'>, by which it is "
				      "chosen"));
		if ((loader || os->nvram) && !(loader && loader->path))
			return fail(error, VIR_ERR_XML_DETAIL,
				    _("there is neither the path of a <loader> nor <os firmware='...'>"));
	}
	if (!loader)
		return true;
	if (loader->stateless == TRISTATE_YES && os->nvram)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("a stateless <loader> has no <nvram>"));
	if (loader->stateless == TRISTATE_NO && !os->firmware && loader->type != LOADER_TYPE_PFLASH)
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("only a <loader type='pflash'> keeps state"));
	if (loader->stateless == TRISTATE_NO && os->firmware == OS_FIRMWARE_BIOS)
		return fail(error, VIR_ERR_XML_DETAIL, _("only EFI firmware keeps state"));
	return true;
}

static bool date_valid(const char *date)
{
	unsigned month, day, year;
	int used = 0;

	if (sscanf(date, "%2u/%2u/%4u%n", &month, &day, &year, &used) != 3 || date[used])
		return false;
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
	       (year <= 99 || (year >= 1900 && year <= 9999));
}

static bool sysinfo_check(const DomainDef *def, const DomainSysinfo *info, GError **error)
{
	const SysinfoStrings *strings = &info->strings;
	Uuid uuid;

	if (strings->bios_date && !date_valid(strings->bios_date))
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("the BIOS date '%s' in <sysinfo> is not written mm/dd/yyyy"),
			    strings->bios_date);
	if (strings->system_uuid && !uuid_parse(strings->system_uuid, &uuid))
		return fail(error, VIR_ERR_XML_DETAIL,
			_("the uuid '%s' in <sysinfo> is not a UUID"),
			    strings->system_uuid);
	if (strings->system_uuid && !uuid_equal(&uuid, &def->uuid))
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("the uuid '%s' in <sysinfo> is not that of the domain"),
			    strings->system_uuid);
	for (guint i = 0; i < list_length(info->fwcfgs); i++) {
		const SysinfoFwcfg *entry = list_get(info->fwcfgs, i);

		if (!entry->file == !entry->value)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("the firmware entry '%s' has either a value or a file"),
				    entry->name);
	}
	return true;
}

static bool loadparm_valid(const char *text)
{
	return strlen(text) <= 8 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789. ") ==
		       strlen(text);
}

bool os_check_generic(const DomainDef *def, GError **error)
{
	const DomainOs *os = &def->os;

	if (os->has_bootmenu_timeout && os->bootmenu_timeout > 65535)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the timeout of the boot menu is at most 65535 ms"));
	if (os->has_bios_reboot_timeout &&
	    (os->bios_reboot_timeout < -1 || os->bios_reboot_timeout > 65535))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the rebootTimeout of <bios> is between -1 and 65535 ms"));
	if (list_length(os->acpi_tables) > 1)
		return fail(error, VIR_ERR_XML_ERROR, _("there can be one ACPI <table>"));
	for (guint i = 0; i < list_length(def->sysinfos); i++)
		if (!sysinfo_check(def, list_get(def->sysinfos, i), error))
			return false;
	return firmware_check(os, error);
}

static bool name_check(const DomainDef *def, GError **error)
{
	if (!def->name || !*def->name)
		return fail(error, VIR_ERR_NO_NAME, _("a domain needs a <name>"));
	if (strlen(def->name) > LIMIT_NAME)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the name of a domain has at most %d bytes"), LIMIT_NAME);
	if (strchr(def->name, '/') || strchr(def->name, '\n') || !strcmp(def->name, ".") ||
	    !strcmp(def->name, ".."))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the name '%s' cannot be used: no '/', line breaks, '.' or '..'"),
			    def->name);
	if (strspn(def->name, " \t") == strlen(def->name))
		return fail(error, VIR_ERR_XML_ERROR, _("the name of a domain is not blank"));
	if (def->title && strchr(def->title, '\n'))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the title of domain '%s' must be one line"), def->name);
	return true;
}

static bool features_check(const DomainFeatures *features, GError **error)
{
	const FeaturesHyperv *hyperv = &features->hyperv;
	guint ring = features->kvm_dirty_ring_size;

	if (hyperv->spinlocks == TRISTATE_YES && hyperv->spinlock_retries &&
	    hyperv->spinlock_retries < 0xfff)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the retries of <spinlocks> are at least 4095"));
	if (hyperv->spinlocks == TRISTATE_YES && !hyperv->spinlock_retries)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("<spinlocks state='on'> needs the number of 'retries'"));
	if (hyperv->vendor_id == TRISTATE_YES &&
	    (!hyperv->vendor_id_value || strlen(hyperv->vendor_id_value) > 12 ||
	     strchr(hyperv->vendor_id_value, ',')))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the value of <vendor_id> is 1 to 12 characters without comma"));
	if (features->kvm_dirty_ring == TRISTATE_YES &&
	    (ring < 1024 || ring > 65536 || (ring & (ring - 1))))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the size of <dirty-ring> is a power of 2 between 1024 and 65536"));
	return true;
}

static bool singles_check(const DomainDef *def, GError **error)
{
	for (int kind = DEVICE_NONE + 1; kind < DEVICE_LAST; kind++) {
		const DeviceKindRow *row = &domain_device_kinds[kind];
		const GPtrArray *list = *(GPtrArray *const *)(const void *)((const guint8 *)def +
									    row->list);

		if (row->single && list_length(list) > 1)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("domain '%s' has %u <%s>; at most one is supported"),
					def->name,
				    list->len, row->name);
	}
	return true;
}

/* What needs USB when the domain has it switched off. */
static bool usb_check(const DomainDef *def, GError **error)
{
	const DomainController *none = domain_def_controller(def, CONTROLLER_USB, 0);
	const char *what = NULL;

	if (!none || none->model != MODEL_USB_NONE)
		return true;
	for (guint i = 0; i < list_length(def->inputs); i++)
		if (((DomainInput *)list_get(def->inputs, i))->bus == INPUT_BUS_USB)
			what = "input";
	for (guint i = 0; i < list_length(def->hostdevs); i++)
		if (((DomainHostdev *)list_get(def->hostdevs, i))->type == HOSTDEV_USB)
			what = "hostdev";
	if (list_length(def->hubs) > 0)
		what = "hub";
	if (list_length(def->redirdevs) > 0)
		what = "redirdev";
	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *other = list_get(def->controllers, i);

		if (other->type == CONTROLLER_USB && other->model != MODEL_USB_NONE)
			what = "controller";
	}
	return !what || fail(error, VIR_ERR_XML_DETAIL,
			     _("domain '%s' has USB switched off by model='none', but a <%s> that needs "
			       "it"), def->name, what);
}

static bool memory_device_check(const DomainDef *def, const DomainMemoryDevice *memory,
				GError **error)
{
	guint cells = def->cpu ? list_length(def->cpu->cells) : 0;

	if (memory->has_node && memory->node >= MAX(1, cells))
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("a memory device is for NUMA cell %u, but the guest has %u"),
			    memory->node, cells);
	if ((memory->model == MEMORY_MODEL_NVDIMM || memory->model == MEMORY_MODEL_VIRTIO_PMEM) &&
	    !memory->path)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("a memory device of model '%s' needs the path of its source"),
			    memory_model_name(memory->model));
	if (memory->label_size_kib && memory->label_size_kib >= memory->size_kib)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the label of an NVDIMM is smaller than the NVDIMM"));
	return true;
}

static bool graphics_check(const DomainDef *def, const DomainGraphics *graphics, GError **error)
{
	bool other = false;

	const GraphicsListen *first =
		list_length(graphics->listens) > 0 ? list_get(graphics->listens, 0) : NULL;

	if (graphics->socket && first && first->type == LISTEN_SOCKET && first->socket &&
	    strcmp(graphics->socket, first->socket) != 0)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("attribute socket='%s' of <graphics> contradicts its first <listen "
			      "socket='%s'>; leave one out"), graphics->socket, first->socket);
	if (graphics->type != GRAPHICS_EGL_HEADLESS)
		return true;
	for (guint i = 0; i < list_length(def->graphics); i++) {
		GraphicsType type = ((DomainGraphics *)list_get(def->graphics, i))->type;

		other |= type == GRAPHICS_VNC || type == GRAPHICS_SPICE || type == GRAPHICS_DBUS;
	}
	return other || def->graphics->len == 1 ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("graphics of type 'egl-headless' go with type 'vnc' or 'spice' only"));
}

static bool channel_check(const DomainChardev *channel, GError **error)
{
	unsigned char address[16];

	if (!channel->channel_target)
		return fail(error, VIR_ERR_XML_ERROR, _("a <channel> needs a <target type='...'>"));
	if (channel->channel_target == CHANNEL_TARGET_GUESTFWD &&
	    inet_pton(AF_INET, channel->guestfwd_address, address) != 1 &&
	    inet_pton(AF_INET6, channel->guestfwd_address, address) != 1)
		return fail(error, VIR_ERR_SYSTEM_ERROR,
			    _("'%s' of a <channel> of type 'guestfwd' is no IP address"),
			    channel->guestfwd_address);
	return chardev_source_check(&channel->source, true, error);
}

bool domain_device_check_generic(const DomainDef *def, const DomainDevice *device, GError **error)
{
	if (device->info->loadparm && !loadparm_valid(device->info->loadparm))
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("the loadparm '%s' is not up to 8 letters, digits, dots and blanks"),
			    device->info->loadparm);
	switch (device->kind) {
	case DEVICE_DISK:
		return disk_check(def, device->disk, error);
	case DEVICE_INTERFACE:
		return interface_check(device->interface, error);
	case DEVICE_SERIAL:
	case DEVICE_PARALLEL:
	case DEVICE_CONSOLE:
		return chardev_source_check(&device->chardev->source, false, error);
	case DEVICE_CHANNEL:
		return channel_check(device->chardev, error);
	case DEVICE_HOSTDEV:
		return hostdev_check(def, device->hostdev, error);
	case DEVICE_GRAPHICS:
		return graphics_check(def, device->graphics, error);
	case DEVICE_REDIRDEV:
		return redirdev_check(device->redirdev, error);
	case DEVICE_SMARTCARD:
		return smartcard_check(device->smartcard, error);
	case DEVICE_INPUT:
		return input_check(device->input, error);
	case DEVICE_IOMMU:
		return iommu_check(device->iommu, error);
	case DEVICE_PANIC:
		return panic_check(device->panic, error);
	case DEVICE_RNG:
		return device->rng->backend != RNG_BACKEND_EGD ||
		       chardev_source_check(&device->rng->source, false, error);
	case DEVICE_MEMORY:
		return memory_device_check(def, device->memory, error);
	case DEVICE_TPM:
		return tpm_check(device->tpm, error);
	case DEVICE_FILESYSTEM:
		return filesystem_check(device->filesystem, error);
	case DEVICE_SHMEM:
		return shmem_check(device->shmem, error);
	default:
		return true;
	}
}

static bool device_visit(DomainDef *def, const DomainDevice *device, void *data)
{
	return domain_device_check_generic(def, device, data);
}

static bool seclabels_check(const DomainDef *def, GError **error)
{
	for (guint i = 0; i < list_length(def->seclabels); i++) {
		const Seclabel *label = list_get(def->seclabels, i);

		if (label->type == SECLABEL_NONE && label->relabel == TRISTATE_YES)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("a <seclabel type='none'> relabels nothing; leave relabel='yes' "
				      "out"));
	}
	return true;
}

static bool lifecycle_check(const DomainDef *def, GError **error)
{
	/* A restart is a reset of QEMU or a new QEMU; it cannot tell which of the two came about. */
	return def->on_reboot != LIFECYCLE_DESTROY || def->on_poweroff != LIFECYCLE_RESTART ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("on_reboot 'destroy' and on_poweroff 'restart' do not go together"));
}

bool domain_def_check_generic(const DomainDef *def, GError **error)
{
	/* Walking does not change it; only the callback's type is shared with completion. */
	DomainDef *walked = (DomainDef *)def;

	if (!name_check(def, error) || !os_check_generic(def, error))
		return false;
	if (def->memory.max_kib && (!def->cpu || list_length(def->cpu->cells) == 0) &&
	    !(def->os.arch && g_str_has_prefix(def->os.arch, "ppc64")))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("memory hotplug by <maxMemory> needs at least one NUMA cell"));
	if (!features_check(&def->features, error) || !cpu_check_generic(def, error) ||
	    !tune_check_generic(def, error) || !threads_check(def, error) ||
	    !clock_check(&def->clock, error) || !seclabels_check(def, error) ||
	    !lifecycle_check(def, error) || !qemu_ns_check(&def->qemu, error))
		return false;
	if (!videos_check(def, error) || !audios_check(def, error) || !opengl_check(def, error) ||
	    !redirfilter_check(def->redirfilter, error))
		return false;
	if (!singles_check(def, error) || !usb_check(def, error))
		return false;
	return domain_def_each_device(walked, device_visit, error) &&
	       devices_check_unique(walked, error);
}
