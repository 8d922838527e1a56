/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which controllers a guest has of itself, and the models of those that do not say. */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/address/address.h"
#include "drivers/qemu/machine/complete.h"
#include "drivers/qemu/machine/machine.h"

static bool model_is_companion(ControllerModel model)
{
	return model == MODEL_ICH9_UHCI1 || model == MODEL_ICH9_UHCI2 || model == MODEL_ICH9_UHCI3;
}

static ControllerModel usb_default_model(const DomainDef *def, const QemuCaps *caps)
{
	if (qemu_arch_is_x86(def->os.arch))
		return MODEL_PIIX3_UHCI;
	if (qemu_arch_is_ppc64(def->os.arch))
		return qemu_caps_has_device(caps, "qemu-xhci") ? MODEL_QEMU_XHCI : MODEL_PCI_OHCI;
	if (qemu_arch_is_arm(def->os.arch) || qemu_arch_is_riscv(def->os.arch))
		return MODEL_QEMU_XHCI;
	return MODEL_PIIX3_UHCI;
}

static ControllerModel scsi_default_model(const DomainDef *def, const QemuCaps *caps)
{
	if (machine_family(def) == MACHINE_PSERIES)
		return MODEL_IBMVSCSI;
	if (qemu_arch_is_x86(def->os.arch) && qemu_caps_has_device(caps, "lsi53c895a"))
		return MODEL_LSILOGIC;
	return MODEL_VIRTIO_SCSI;
}

static ControllerModel pci_default_model(const DomainDef *def, const DomainController *controller)
{
	if (controller->index == 0)
		return machine_has_pcie_root(def) ? MODEL_PCIE_ROOT : MODEL_PCI_ROOT;
	return machine_has_pcie_root(def) ? MODEL_PCIE_ROOT_PORT : MODEL_PCI_BRIDGE;
}

static void controller_model(const DomainDef *def, const QemuCaps *caps,
			     DomainController *controller)
{
	if (controller->model && controller->model != MODEL_AUTO)
		return;
	switch (controller->type) {
	case CONTROLLER_USB:
		controller->model = usb_default_model(def, caps);
		break;
	case CONTROLLER_SCSI:
		controller->model = scsi_default_model(def, caps);
		break;
	case CONTROLLER_PCI:
		controller->model = pci_default_model(def, controller);
		break;
	default:
		break;
	}
}

static bool model_is_ich9(ControllerModel model)
{
	return model == MODEL_ICH9_EHCI1 || model_is_companion(model);
}

static bool set_has_model(const DomainDef *def, int index, ControllerModel model)
{
	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *controller = list_get(def->controllers, i);

		if (controller->type == CONTROLLER_USB && controller->index == index &&
		    controller->model == model)
			return true;
	}
	return false;
}

/* The parts of a USB 2 controller share an index: the one of the last set that lacks such a part.
 */
static int controller_index(const DomainDef *def, guint position)
{
	const DomainController *controller = list_get(def->controllers, position);
	int set = -1;

	for (guint i = 0; i < position && model_is_ich9(controller->model); i++) {
		const DomainController *part = list_get(def->controllers, i);

		if (part->type == CONTROLLER_USB && model_is_ich9(part->model))
			set = MAX(set, part->index);
	}
	if (set >= 0 && !set_has_model(def, set, controller->model))
		return set;
	return controller_free_index(def, controller->type);
}

bool complete_controllers(DomainDef *def, const QemuCaps *caps, GError **error)
{
	(void)error;
	for (guint i = 0; i < list_length(def->controllers); i++) {
		DomainController *controller = list_get(def->controllers, i);

		if (!controller->has_index)
			controller->index = -1;
	}
	for (guint i = 0; i < list_length(def->controllers); i++) {
		DomainController *controller = list_get(def->controllers, i);

		if (!controller->has_index) {
			controller->index = controller_index(def, i);
			controller->has_index = true;
		}
		controller_model(def, caps, controller);
		/* Companions of a USB 2 controller serve a range of its ports. */
		if (model_is_companion(controller->model) && !controller->info.has_master) {
			controller->info.master_startport =
				(guint)(controller->model - MODEL_ICH9_UHCI1) * 2;
			controller->info.has_master = true;
		}
	}
	return true;
}

static bool controllers_have(const DomainDef *def, ControllerType type)
{
	for (guint i = 0; i < list_length(def->controllers); i++)
		if (((DomainController *)list_get(def->controllers, i))->type == type)
			return true;
	return false;
}

static DomainController *controller_add(DomainDef *def, ControllerType type, ControllerModel model)
{
	DomainController *controller = domain_def_add(def, DEVICE_CONTROLLER);

	controller->type = type;
	controller->model = model;
	controller->has_index = true;
	return controller;
}

/* A guest gets a USB controller, where its machine types have always had one or it needs one. */
static void implicit_usb(DomainDef *def, const QemuCaps *caps)
{
	bool xhci = qemu_caps_has_device(caps, "qemu-xhci");

	if (controllers_have(def, CONTROLLER_USB) && domain_def_controller(def, CONTROLLER_USB, 0))
		return;
	switch (machine_family(def)) {
	case MACHINE_I440FX:
		controller_add(def, CONTROLLER_USB, MODEL_PIIX3_UHCI);
		break;
	case MACHINE_Q35:
		if (controllers_have(def, CONTROLLER_USB))
			break;
		if (xhci)
			controller_add(def, CONTROLLER_USB, MODEL_QEMU_XHCI);
		break;
	case MACHINE_PSERIES:
		controller_add(def, CONTROLLER_USB, xhci ? MODEL_QEMU_XHCI : MODEL_PCI_OHCI);
		break;
	case MACHINE_VIRT:
		if (usb_is_wanted(def) && xhci)
			controller_add(def, CONTROLLER_USB, MODEL_QEMU_XHCI);
		break;
	default:
		break;
	}
}

static void implicit_controllers(DomainDef *def, const QemuCaps *caps)
{
	implicit_usb(def, caps);
	if (machine_has_sata(def) && !domain_def_controller(def, CONTROLLER_SATA, 0))
		controller_add(def, CONTROLLER_SATA, CONTROLLER_MODEL_ABSENT);
	if (machine_has_pci(def) && machine_family(def) != MACHINE_S390 &&
	    !domain_def_controller(def, CONTROLLER_PCI, 0))
		controller_add(def, CONTROLLER_PCI,
			       machine_has_pcie_root(def) ? MODEL_PCIE_ROOT : MODEL_PCI_ROOT);
}

static bool inputs_have_ps2(const DomainDef *def, InputType type)
{
	for (guint i = 0; i < list_length(def->inputs); i++) {
		const DomainInput *input = list_get(def->inputs, i);

		if (input->type == type && input->bus == INPUT_BUS_PS2)
			return true;
	}
	return false;
}

static void implicit_ps2(DomainDef *def, InputType type)
{
	DomainInput *input;

	if (def->features.ps2 == TRISTATE_NO || inputs_have_ps2(def, type))
		return;
	input = domain_def_add(def, DEVICE_INPUT);
	input->type = type;
	input->bus = INPUT_BUS_PS2;
}

/* Without any display there may be sound, but not with one that has no way for it. */
static bool audio_is_possible(const DomainDef *def)
{
	for (guint i = 0; i < list_length(def->graphics); i++) {
		const DomainGraphics *graphics = list_get(def->graphics, i);

		if (graphics->type != GRAPHICS_DBUS && graphics->type != GRAPHICS_EGL_HEADLESS)
			return true;
	}
	return list_length(def->graphics) == 0;
}

/* A display needs a screen; a local one (SDL, spice) brings its own sound. */
static AudioType audio_default(const DomainDef *def)
{
	for (guint i = 0; i < list_length(def->graphics); i++) {
		const DomainGraphics *graphics = list_get(def->graphics, i);

		if (graphics->type == GRAPHICS_SPICE)
			return AUDIO_SPICE;
		if (graphics->type == GRAPHICS_SDL)
			return AUDIO_SDL;
	}
	return AUDIO_NONE;
}

bool complete_implicit(DomainDef *def, const QemuCaps *caps, GError **error)
{
	(void)error;
	if (list_length(def->graphics) > 0 && list_length(def->videos) == 0) {
		domain_def_add(def, DEVICE_VIDEO);
		if (!complete_devices(def, caps, error))
			return false;
	}
	if (machine_has_ps2(def)) {
		implicit_ps2(def, INPUT_MOUSE);
		implicit_ps2(def, INPUT_KEYBOARD);
	}
	if (list_length(def->audios) == 0 && audio_is_possible(def)) {
		DomainAudio *audio = domain_def_add(def, DEVICE_AUDIO);

		audio->id = 1;
		audio->type = audio_default(def);
	}
	implicit_controllers(def, caps);
	if (list_length(def->memballoons) == 0) {
		DomainMemballoon *balloon = domain_def_add(def, DEVICE_MEMBALLOON);

		balloon->model = machine_has_pci(def) ? MEMBALLOON_VIRTIO : MEMBALLOON_NONE;
	}
	return true;
}
