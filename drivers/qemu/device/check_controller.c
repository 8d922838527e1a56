/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/check.h"
#include "drivers/qemu/machine/machine.h"

#define XHCI_PORTS_MAX 15
#define CHASSIS_MAX 255

/* Members of <target> and <model> of a PCI controller, one bit each. */
typedef enum PciOption {
	PCI_OPTION_CHASSIS_NR = 1 << 0,
	PCI_OPTION_CHASSIS = 1 << 1,
	PCI_OPTION_PORT = 1 << 2,
	PCI_OPTION_BUS_NR = 1 << 3,
	PCI_OPTION_NODE = 1 << 4,
	PCI_OPTION_HOTPLUG = 1 << 5,
	PCI_OPTION_INDEX = 1 << 6,
} PciOption;

static const struct {
	ControllerModel model;
	unsigned options;      /* that it has */
	PciModelName names[2]; /* that it may be made of */
} pci_kinds[] = {
	{ MODEL_PCI_ROOT, PCI_OPTION_HOTPLUG, { 0, 0 } },
	{ MODEL_PCIE_ROOT, 0, { 0, 0 } },
	{ MODEL_PCI_BRIDGE, PCI_OPTION_CHASSIS_NR, { PCI_MODEL_NAME_PCI_BRIDGE, 0 } },
	{ MODEL_DMI_TO_PCI_BRIDGE, 0, { PCI_MODEL_NAME_I82801B11, 0 } },
	{ MODEL_PCIE_TO_PCI_BRIDGE, 0, { PCI_MODEL_NAME_PCIE_PCI_BRIDGE, 0 } },
	{ MODEL_PCIE_ROOT_PORT,
	  PCI_OPTION_CHASSIS | PCI_OPTION_PORT | PCI_OPTION_HOTPLUG,
	  { PCI_MODEL_NAME_PCIE_ROOT_PORT, PCI_MODEL_NAME_IOH3420 } },
	{ MODEL_PCIE_SWITCH_UPSTREAM_PORT, 0, { PCI_MODEL_NAME_X3130_UPSTREAM, 0 } },
	{ MODEL_PCIE_SWITCH_DOWNSTREAM_PORT,
	  PCI_OPTION_CHASSIS | PCI_OPTION_PORT | PCI_OPTION_HOTPLUG,
	  { PCI_MODEL_NAME_XIO3130_DOWNSTREAM, 0 } },
	{ MODEL_PCI_EXPANDER_BUS, PCI_OPTION_BUS_NR | PCI_OPTION_NODE, { PCI_MODEL_NAME_PXB, 0 } },
	{ MODEL_PCIE_EXPANDER_BUS,
	  PCI_OPTION_BUS_NR | PCI_OPTION_NODE,
	  { PCI_MODEL_NAME_PXB_PCIE, 0 } },
};

static unsigned pci_options_used(const DomainController *controller)
{
	unsigned used = 0;

	used |= controller->has_chassis_nr ? PCI_OPTION_CHASSIS_NR : 0;
	used |= controller->has_chassis ? PCI_OPTION_CHASSIS : 0;
	used |= controller->has_port ? PCI_OPTION_PORT : 0;
	used |= controller->has_bus_nr ? PCI_OPTION_BUS_NR : 0;
	used |= controller->has_numa_node ? PCI_OPTION_NODE : 0;
	used |= controller->hotplug ? PCI_OPTION_HOTPLUG : 0;
	used |= controller->has_target_index ? PCI_OPTION_INDEX : 0;
	return used;
}

static bool numa_cell_exists(const DomainDef *def, guint id)
{
	for (guint i = 0; def->cpu && i < list_length(def->cpu->cells); i++)
		if (((NumaCell *)list_get(def->cpu->cells, i))->id == id)
			return true;
	return false;
}

static bool check_pci_numbers(const QemuCheck *check, const DomainController *controller)
{
	const char *model = controller_model_name(controller->model);

	if (controller->has_numa_node && !numa_cell_exists(check->def, controller->numa_node))
		return reject(check, _("%s %d is on NUMA node %u, which <cpu><numa> does not have"),
			      model, controller->index, controller->numa_node);
	if (controller->has_chassis_nr &&
	    (controller->chassis_nr < 1 || controller->chassis_nr > CHASSIS_MAX))
		return refuse(check, _("%s %d: chassisNr must be from 1 to %d"), model,
			      controller->index, CHASSIS_MAX);
	if (controller->has_chassis &&
	    (controller->chassis < 0 || controller->chassis > CHASSIS_MAX))
		return refuse(check, _("%s %d: chassis must be from 0 to %d"), model,
			      controller->index, CHASSIS_MAX);
	if (controller->has_port && (controller->port < 0 || controller->port > 255))
		return refuse(check, _("%s %d: port must be from 0 to 0xff"), model,
			      controller->index);
	if (controller->has_bus_nr && (controller->bus_nr < 1 || controller->bus_nr > 254))
		return refuse(check, _("%s %d: busNr must be from 1 to 254"), model,
			      controller->index);
	return true;
}

static bool check_pci_place(const QemuCheck *check, const DomainController *controller)
{
	const char *model = controller_model_name(controller->model);
	bool root = controller->model == MODEL_PCI_ROOT || controller->model == MODEL_PCIE_ROOT;
	MachineFamily family = machine_family(check->def);

	if (controller->index > CHASSIS_MAX)
		return refuse(check, _("%s %d: indexes of PCI controllers end at %d"), model,
			      controller->index, CHASSIS_MAX);
	if (root && controller->index != 0 && family != MACHINE_PSERIES)
		return reject(check, _("%s %d: a root of PCI has index 0"), model,
			      controller->index);
	if (root && controller->info.address.type && family != MACHINE_PSERIES)
		return reject(check, _("%s has an <address>, but it is on no other bus"), model);
	return true;
}

static bool check_pci(const QemuCheck *check, const DomainController *controller)
{
	static const char *const option_names[] = { "chassisNr", "chassis", "port", "busNr",
						    "node",      "hotplug", "index" };
	const char *model = controller_model_name(controller->model);
	unsigned used = pci_options_used(controller);
	PciModelName name = controller->model_name;

	if (!check_pci_place(check, controller) || !check_pci_numbers(check, controller))
		return false;
	if (machine_family(check->def) == MACHINE_PSERIES && controller->model == MODEL_PCI_ROOT)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(pci_kinds); i++) {
		unsigned odd = used & ~pci_kinds[i].options;

		if (pci_kinds[i].model != controller->model)
			continue;
		if (name && name != pci_kinds[i].names[0] && name != pci_kinds[i].names[1])
			return refuse(check, _("%s %d: it cannot be made of a '%s'"), model,
				      controller->index, pci_model_name_name(name));
		for (size_t j = 0; j < G_N_ELEMENTS(option_names); j++)
			if (odd & (1u << j))
				return refuse(check, _("%s %d: it has no '%s'"), model,
					      controller->index, option_names[j]);
	}
	return true;
}

static bool check_scsi(const QemuCheck *check, const DomainController *controller)
{
	if (controller->model == MODEL_BUSLOGIC)
		return refuse(check, _("SCSI controller %d: QEMU has no model '%s'"),
			      controller->index, controller_model_name(controller->model));
	if (controller->model == MODEL_NCR53C90)
		return refuse(check,
			      _("SCSI controller %d: model '%s' is not on machine type '%s'"),
			      controller->index, controller_model_name(controller->model),
			      check->def->os.machine);
	if (controller->iothread && !qemu_has_iothread(check->def, controller->iothread))
		return refuse(check,
			      _("SCSI controller %d: there is no I/O thread %u in <iothreadids>"),
			      controller->index, controller->iothread);
	return true;
}

/* Options in <driver> that only virtio-scsi has. */
static bool check_driver(const QemuCheck *check, const DomainController *controller)
{
	const struct {
		bool used;
		const char *name;
	} options[] = {
		{ controller->queues > 0, "queues" },
		{ controller->cmd_per_lun > 0, "cmd_per_lun" },
		{ controller->max_sectors > 0, "max_sectors" },
		{ controller->ioeventfd != TRISTATE_ABSENT, "ioeventfd" },
		{ controller->iothread > 0, "iothread" },
	};
	bool virtio_scsi = controller->type == CONTROLLER_SCSI &&
			   (controller->model == MODEL_VIRTIO_SCSI ||
			    controller->model == MODEL_VIRTIO_TRANSITIONAL ||
			    controller->model == MODEL_VIRTIO_NON_TRANSITIONAL);

	if (controller->iothread && !virtio_scsi && controller->type != CONTROLLER_USB)
		return reject(check,
			      _("%s controller %d: only model 'virtio-scsi' has an iothread"),
			      controller_type_name(controller->type), controller->index);
	for (size_t i = 0; !virtio_scsi && i < G_N_ELEMENTS(options); i++)
		if (options[i].used)
			return refuse(check,
				      _("%s controller %d: only model 'virtio-scsi' has '%s'"),
				      controller_type_name(controller->type), controller->index,
				      options[i].name);
	return true;
}

static guint usb_none_count(const DomainDef *def, guint *ret_all)
{
	guint none = 0;

	*ret_all = 0;
	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *controller = list_get(def->controllers, i);

		if (controller->type != CONTROLLER_USB)
			continue;
		(*ret_all)++;
		none += controller->model == MODEL_USB_NONE;
	}
	return none;
}

static bool usb_has_master(const DomainDef *def, int index)
{
	for (guint i = 0; i < list_length(def->controllers); i++) {
		const DomainController *controller = list_get(def->controllers, i);

		if (controller->type == CONTROLLER_USB && controller->index == index &&
		    !controller->info.has_master)
			return true;
	}
	return false;
}

static bool check_usb(const QemuCheck *check, const DomainController *controller)
{
	bool xhci = controller->model == MODEL_QEMU_XHCI || controller->model == MODEL_NEC_XHCI;
	guint all;

	if (controller->model == MODEL_QUSB1 || controller->model == MODEL_QUSB2)
		return refuse(check, _("USB controller %d: QEMU has no model '%s'"),
			      controller->index, controller_model_name(controller->model));
	if (xhci && controller->has_ports && controller->ports > XHCI_PORTS_MAX)
		return refuse(check, _("USB controller %d: model '%s' has at most %d ports"),
			      controller->index, controller_model_name(controller->model),
			      XHCI_PORTS_MAX);
	if (usb_none_count(check->def, &all) > 0 && all > 1)
		return fail(
			check->error, VIR_ERR_XML_DETAIL,
			_("there are USB controllers beside one of model 'none', which stands for "
			  "no USB at all"));
	if (controller->info.has_master && !usb_has_master(check->def, controller->index))
		return fail(check->error, VIR_ERR_XML_DETAIL,
			    _("USB controller %d: there are only companions of model '%s', and no "
			      "ich9-ehci1 with that index"),
			    controller->index, controller_model_name(controller->model));
	return true;
}

static bool check_ide(const QemuCheck *check, const DomainController *controller)
{
	if (!machine_has_ide(check->def))
		return refuse(check, _("machine type '%s' has no IDE controller; use SATA"),
			      check->def->os.machine);
	if (controller->index > 0)
		return refuse(check,
			      _("machine type '%s' has one IDE controller, so there is no %d"),
			      check->def->os.machine, controller->index);
	return true;
}

bool qemu_check_controller(const QemuCheck *check, const DomainController *controller)
{
	if (!check_driver(check, controller))
		return false;
	switch (controller->type) {
	case CONTROLLER_PCI:
		return check_pci(check, controller);
	case CONTROLLER_SCSI:
		return check_scsi(check, controller);
	case CONTROLLER_USB:
		return check_usb(check, controller);
	case CONTROLLER_IDE:
		return check_ide(check, controller);
	case CONTROLLER_XENBUS:
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("a xenbus controller is for guests of Xen only"));
	case CONTROLLER_ISA:
		return fail(check->error, VIR_ERR_INTERNAL_ERROR,
			    _("an ISA controller is on other architectures' boards only"));
	default:
		return true;
	}
}
