/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"
#include "conf/def/complete.h"

/* A USB 2 controller of Intel's consists of up to four parts. */
static bool ich9_part(const DomainController *controller)
{
	return controller->type == CONTROLLER_USB &&
	       (controller->model == MODEL_ICH9_EHCI1 || controller->model == MODEL_ICH9_UHCI1 ||
		controller->model == MODEL_ICH9_UHCI2 || controller->model == MODEL_ICH9_UHCI3);
}

/* Its parts share an index: that of the last set, unless that has such a part; then -1. */
static int ich9_set_index(const DomainDef *def, ControllerModel model)
{
	int last = -1;

	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *part = list_get(def->controllers, i);

		if (ich9_part(part) && part->has_index)
			last = MAX(last, part->index);
	}
	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *part = list_get(def->controllers, i);

		if (ich9_part(part) && part->has_index && part->index == last &&
		    part->model == model)
			return -1;
	}
	return last;
}

/* @next: for each type, the lowest index that may be free; it only grows. */
static void controller_number(DomainDef *def, DomainController *controller, int *next)
{
	bool root = controller->model == MODEL_PCI_ROOT || controller->model == MODEL_PCIE_ROOT;
	int index = -1;

	if (controller->has_index)
		return;
	if (ich9_part(controller))
		index = ich9_set_index(def, controller->model);
	if (index < 0) {
		/* Index 0 of PCI belongs to the root, which may not be written down yet. */
		index = root ? 0 : MAX(next[controller->type], controller->type == CONTROLLER_PCI);
		while (domain_def_controller(def, controller->type, index))
			index++;
		if (!root)
			next[controller->type] = index;
	}
	controller->index = index;
	controller->has_index = true;
}

void controllers_number(DomainDef *def)
{
	int next[CONTROLLER_LAST] = { 0 };

	for (guint i = 0; i < list_length(def->controllers); i++)
		controller_number(def, list_get(def->controllers, i), next);
}

static const struct {
	const char *prefix; /* of the target's name */
	DiskBus bus;
} disk_buses[] = {
	{ "fd", DISK_BUS_FDC },	   { "hd", DISK_BUS_IDE },  { "sd", DISK_BUS_SCSI },
	{ "vd", DISK_BUS_VIRTIO }, { "xvd", DISK_BUS_XEN }, { "ubd", DISK_BUS_UML },
	{ "nvme", DISK_BUS_NVME },
};

static bool disk_complete(DomainDisk *disk, GError **error)
{
	if (!disk->target)
		return fail(error, VIR_ERR_NO_TARGET, _("a disk has no <target dev='...'/>"));
	if (disk->device == DISK_DEVICE_CDROM)
		disk->readonly = true;
	if (!disk->bus && disk->device == DISK_DEVICE_FLOPPY)
		disk->bus = DISK_BUS_FDC;
	for (guint i = 0; !disk->bus && i < G_N_ELEMENTS(disk_buses); i++)
		if (g_str_has_prefix(disk->target, disk_buses[i].prefix))
			disk->bus = disk_buses[i].bus;
	if (!disk->bus)
		disk->bus = DISK_BUS_IDE;
	if (disk->source.type == STORAGE_DIR && !disk->format)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s' of type='dir' needs <driver type='fat'/>"), disk->target);
	/* The place on its bus follows from its name. */
	if (!disk->info.address.type && !disk_target_known(disk))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the target '%s' is not the name of a disk, as vda or sdb, and there is "
			      "no <address>"), disk->target);
	/* An empty drive has no kind of source. */
	if ((disk->device == DISK_DEVICE_CDROM || disk->device == DISK_DEVICE_FLOPPY) &&
	    ((disk->source.type == STORAGE_NETWORK && !disk->source.protocol) ||
	     (disk->source.type == STORAGE_VOLUME && !disk->source.pool)))
		disk->source.type = STORAGE_FILE;
	return true;
}

static void interface_complete(DomainInterface *interface)
{
	Uuid random;

	if (interface->mac.set)
		return;
	uuid_generate(&random);
	interface->mac = (Mac){ .bytes = { 0x52, 0x54, 0x00, random.bytes[0], random.bytes[1],
					   random.bytes[2] },
				.set = true };
}

static void input_complete(const DomainDef *def, DomainInput *input)
{
	const char *arch = def->os.arch;
	bool x86 = !arch || g_str_equal(arch, "x86_64") || g_str_equal(arch, "i686");

	if (input->bus || def->os.type != OS_TYPE_HVM)
		return;
	if (input->type == INPUT_EVDEV)
		return;
	if (input->type == INPUT_PASSTHROUGH || (arch && g_str_has_prefix(arch, "s390")))
		input->bus = INPUT_BUS_VIRTIO;
	else if (input->type != INPUT_TABLET && x86)
		input->bus = INPUT_BUS_PS2;
	else
		input->bus = INPUT_BUS_USB;
}

static GraphicsListen *listen_add(DomainGraphics *graphics, ListenType type)
{
	GraphicsListen *listen = g_new0(GraphicsListen, 1);

	if (!graphics->listens)
		graphics->listens = g_ptr_array_new();
	g_ptr_array_add(graphics->listens, listen);
	listen->type = type;
	return listen;
}

/* The attribute is the old way to say what a <listen> says; a VNC socket rules out addresses. */
static bool listens_complete(DomainGraphics *graphics, GError **error)
{
	GraphicsListen *first = list_length(graphics->listens) > 0
					? list_get(graphics->listens, 0)
					: listen_add(graphics, graphics->socket ? LISTEN_SOCKET
										: LISTEN_ADDRESS);

	if (graphics->socket && first->type == LISTEN_ADDRESS) {
		first->type = LISTEN_SOCKET;
		g_clear_pointer(&first->address, g_free);
		g_clear_pointer(&graphics->listen, g_free);
	}
	if (first->type == LISTEN_SOCKET) {
		if (!first->socket)
			first->socket = g_strdup(graphics->socket);
		if (!graphics->socket && graphics->type == GRAPHICS_VNC)
			graphics->socket = g_strdup(first->socket);
		return true;
	}
	if (first->type != LISTEN_ADDRESS)
		return true;
	if (graphics->listen && first->address && strcmp(graphics->listen, first->address) != 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("attribute listen='%s' of <graphics> contradicts its first <listen "
			      "address='%s'>; leave one out"), graphics->listen, first->address);
	if (!first->address)
		first->address = g_strdup(graphics->listen);
	if (!graphics->listen)
		graphics->listen = g_strdup(first->address);
	return true;
}

static void vnc_ports_complete(DomainGraphics *graphics)
{
	if (!graphics->has_port || graphics->port == -1 || graphics->port == 0)
		graphics->autoport = TRISTATE_YES;
	if (graphics->autoport == TRISTATE_YES) {
		graphics->port = -1;
		graphics->has_port = true;
	} else {
		graphics->autoport = TRISTATE_NO;
	}
}

/* Without any port there is nothing to listen on: the display is for a client on the same host. */
static void spice_ports_complete(DomainGraphics *graphics, GraphicsListen *first)
{
	if (graphics->has_port && graphics->port == -1 && graphics->has_tls_port &&
	    graphics->tls_port == -1)
		graphics->autoport = TRISTATE_YES;
	if (graphics->autoport == TRISTATE_YES) {
		graphics->has_port = graphics->has_tls_port = false;
		graphics->port = graphics->tls_port = 0;
	} else if (graphics->port > 0 || graphics->tls_port > 0 || first->type == LISTEN_NETWORK ||
		   first->address) {
		graphics->autoport = TRISTATE_NO;
	} else {
		graphics->autoport = TRISTATE_ABSENT;
		first->type = LISTEN_NONE;
	}
}

/* -1 and nothing are the two old ways to say that a free port is to be chosen. */
static void ports_complete(DomainGraphics *graphics)
{
	GraphicsListen *first = list_get(graphics->listens, 0);

	if (first->type == LISTEN_SOCKET || first->type == LISTEN_NONE)
		return;
	if (graphics->type == GRAPHICS_VNC)
		vnc_ports_complete(graphics);
	else if (graphics->type == GRAPHICS_SPICE)
		spice_ports_complete(graphics, first);
}

static bool graphics_complete(DomainGraphics *graphics, GError **error)
{
	if (graphics->type != GRAPHICS_VNC && graphics->type != GRAPHICS_SPICE &&
	    graphics->type != GRAPHICS_RDP)
		return true;
	if (!listens_complete(graphics, error))
		return false;
	ports_complete(graphics);
	return true;
}

static void filesystem_complete(DomainFilesystem *fs)
{
	if (!fs->access)
		fs->access = FS_ACCESS_PASSTHROUGH;
	if (fs->type == FS_MOUNT && !fs->driver)
		fs->driver = FS_DRIVER_PATH;
}

static void hostdev_complete(DomainHostdev *hostdev)
{
	if (hostdev->mode == HOSTDEV_MODE_SUBSYSTEM && !hostdev->managed)
		hostdev->managed = TRISTATE_NO;
	if (hostdev->type == HOSTDEV_PCI)
		hostdev->host.type = ADDRESS_PCI;
	if (hostdev->type == HOSTDEV_USB)
		hostdev->host.type = ADDRESS_USB;
	if (hostdev->type == HOSTDEV_SCSI && hostdev->scsi_protocol == SCSI_PROTOCOL_ISCSI)
		hostdev->iscsi.type = STORAGE_NETWORK;
}

/* The socket that libvirt makes for a running guest lies below its own directory, by the channel's name. */
static bool channel_path_generated(const DomainChardev *channel)
{
	const char *path = channel->source.path;
	g_autofree char *end = NULL;

	if (channel->source.type != CHARDEV_UNIX || !path || !channel->name ||
	    channel->channel_target != CHANNEL_TARGET_VIRTIO)
		return false;
	end = g_strconcat("/", channel->name, NULL);
	return strstr(path, "/libvirt/qemu/channel/") && g_str_has_suffix(path, end);
}

static void channel_complete(DomainChardev *channel)
{
	if (channel_path_generated(channel))
		g_clear_pointer(&channel->source.path, g_free);
	/* Who listens on a path that is not known yet is not known either. */
	if (channel->source.type == CHARDEV_UNIX && !channel->source.path)
		channel->source.mode = CHARDEV_MODE_ABSENT;
}

bool domain_device_complete_generic(DomainDef *def, DomainDevice *device, GError **error)
{
	switch (device->kind) {
	case DEVICE_DISK:
		return disk_complete(device->disk, error);
	case DEVICE_CONTROLLER:
		controller_number(def, device->controller, (int[CONTROLLER_LAST]){ 0 });
		return true;
	case DEVICE_INTERFACE:
		interface_complete(device->interface);
		return true;
	case DEVICE_INPUT:
		input_complete(def, device->input);
		return true;
	case DEVICE_GRAPHICS:
		return graphics_complete(device->graphics, error);
	case DEVICE_FILESYSTEM:
		filesystem_complete(device->filesystem);
		return true;
	case DEVICE_HOSTDEV:
		hostdev_complete(device->hostdev);
		return true;
	case DEVICE_CHANNEL:
		channel_complete(device->chardev);
		return true;
	default:
		return true;
	}
}
