/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool input_complete(const QemuCompletion *completion, const DomainDevice *device)
{
	DomainInput *input = device->input;

	if (input->bus)
		return true;
	if (input->type == INPUT_EVDEV)
		return true;
	if (input->type == INPUT_PASSTHROUGH || qemu_arch_is_s390(completion->def->os.arch))
		input->bus = INPUT_BUS_VIRTIO;
	else if (input->type != INPUT_TABLET && machine_has_ps2(completion->def) &&
		 input->info.address.type != ADDRESS_USB)
		input->bus = INPUT_BUS_PS2;
	else
		input->bus = INPUT_BUS_USB;
	return true;
}

static bool input_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainInput *input = device->input;
	const char *type = input_type_name(input->type);

	if (input->bus == INPUT_BUS_USB && !qemu_usb_address_check(check, device))
		return false;
	if (input->bus == INPUT_BUS_PS2 && input->type != INPUT_MOUSE &&
	    input->type != INPUT_KEYBOARD)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR, _("there is no PS/2 %s"), type);
	if (input->bus == INPUT_BUS_XEN || input->bus == INPUT_BUS_PARALLELS)
		return fail(check->error, VIR_ERR_INTERNAL_ERROR, _("QEMU has no input bus '%s'"),
			    input_bus_name(input->bus));
	if (input->bus == INPUT_BUS_PS2 && !machine_has_ps2(check->def))
		return refuse(check, _("machine type '%s' has no PS/2 bus for a %s"),
			      check->def->os.machine, type);
	if (input->type == INPUT_PASSTHROUGH && input->bus != INPUT_BUS_VIRTIO)
		return refuse(check, _("input of type 'passthrough' needs bus 'virtio'"));
	if (input->model && input->bus != INPUT_BUS_VIRTIO)
		return refuse(check, _("a %s on bus '%s' has no model of virtio"), type,
			      input_bus_name(input->bus) ?: "");
	if (input->model && input->model != VIRTIO_MODEL_VIRTIO && input->type != INPUT_PASSTHROUGH)
		return refuse(check, _("a %s has no (non-)transitional models of virtio"), type);
	return true;
}

static void input_resources(const QemuResources *all, const DomainDevice *device)
{
	if (device->input->evdev)
		qemu_node_add(all, device->info->alias, device->input->evdev);
}

static void build_evdev(QemuCommand *cmd, const DomainInput *input)
{
	static const char *const toggles[GRAB_TOGGLE_LAST] = {
		[GRAB_TOGGLE_CTRL_CTRL] = "ctrl-ctrl",
		[GRAB_TOGGLE_ALT_ALT] = "alt-alt",
		[GRAB_TOGGLE_SHIFT_SHIFT] = "shift-shift",
		[GRAB_TOGGLE_META_META] = "meta-meta",
		[GRAB_TOGGLE_SCROLLLOCK] = "scrolllock",
		[GRAB_TOGGLE_CTRL_SCROLLLOCK] = "ctrl-scrolllock",
	};
	g_autofree char *node = command_path(cmd, input->info.alias, input->evdev);
	Props *opts = props_new("input-linux");

	props_str(opts, "id", input->info.alias);
	props_str(opts, "evdev", node);
	if (input->grab == GRAB_ALL)
		props_bool(opts, "grab_all", true);
	props_tristate(opts, "repeat", input->repeat);
	props_str(opts, "grab-toggle", toggles[input->grab_toggle]);
	command_opts(cmd, "-object", opts);
}

static const char *input_driver(const DomainInput *input)
{
	static const char *const usb[INPUT_LAST] = {
		[INPUT_MOUSE] = "usb-mouse",
		[INPUT_TABLET] = "usb-tablet",
		[INPUT_KEYBOARD] = "usb-kbd",
	};
	static const char *const virtio[INPUT_LAST] = {
		[INPUT_MOUSE] = "virtio-mouse",
		[INPUT_TABLET] = "virtio-tablet",
		[INPUT_KEYBOARD] = "virtio-keyboard",
		[INPUT_PASSTHROUGH] = "virtio-input-host",
	};

	if (input->bus == INPUT_BUS_USB)
		return usb[input->type];
	return input->bus == INPUT_BUS_VIRTIO ? virtio[input->type] : NULL;
}

static bool input_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainInput *input = device->input;
	const char *driver = input_driver(input);
	g_autofree char *virtio = NULL, *node = NULL;
	Props *opts;

	if (input->type == INPUT_EVDEV) {
		build_evdev(cmd, input);
		return true;
	}
	if (input->bus == INPUT_BUS_PS2 || input->bus == INPUT_BUS_ABSENT)
		return true; /* part of the machine */
	if (!driver)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("input device '%s' on bus '%s' is not supported"),
			    input_type_name(input->type), input_bus_name(input->bus));
	if (input->bus == INPUT_BUS_USB)
		return command_device(cmd, props_new(driver), &input->info, error);
	virtio = virtio_device(driver, input->model, &input->info);
	opts = props_new(virtio);
	virtio_opts(opts, &input->virtio);
	if (input->type == INPUT_PASSTHROUGH) {
		node = command_path(cmd, input->info.alias, input->evdev);
		props_str(opts, "evdev", node);
	}
	return command_device(cmd, opts, &input->info, error);
}

static PciConnect input_pci(const DomainDevice *device)
{
	return device->input->bus == INPUT_BUS_VIRTIO ? PCI_CONNECT_EXPRESS : 0;
}

static bool input_ccw(const DomainDevice *device)
{
	return device->input->bus == INPUT_BUS_VIRTIO;
}

static bool input_hotplug(const DomainDevice *device)
{
	return device->input->bus == INPUT_BUS_USB || device->input->bus == INPUT_BUS_VIRTIO;
}

const QemuDeviceKind qemu_input = {
	.prefix = "input",
	.complete = input_complete,
	.check = input_check,
	.resources = input_resources,
	.pci = input_pci,
	.ccw = input_ccw,
	.hotplug = input_hotplug,
	.build = input_build,
};
