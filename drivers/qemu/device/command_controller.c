/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/argv/command_build.h"

/* ---- PCI */

typedef struct PciBridge {
	ControllerModel model;
	PciModelName name;
	const char *driver;
} PciBridge;

/* The first row of a model is what it means when no name is given. */
static const PciBridge bridges[] = {
	{ MODEL_PCI_BRIDGE, PCI_MODEL_NAME_PCI_BRIDGE, "pci-bridge" },
	{ MODEL_DMI_TO_PCI_BRIDGE, PCI_MODEL_NAME_I82801B11, "i82801b11-bridge" },
	{ MODEL_PCIE_TO_PCI_BRIDGE, PCI_MODEL_NAME_PCIE_PCI_BRIDGE, "pcie-pci-bridge" },
	{ MODEL_PCIE_ROOT_PORT, PCI_MODEL_NAME_PCIE_ROOT_PORT, "pcie-root-port" },
	{ MODEL_PCIE_ROOT_PORT, PCI_MODEL_NAME_IOH3420, "ioh3420" },
	{ MODEL_PCIE_SWITCH_UPSTREAM_PORT, PCI_MODEL_NAME_X3130_UPSTREAM, "x3130-upstream" },
	{ MODEL_PCIE_SWITCH_DOWNSTREAM_PORT, PCI_MODEL_NAME_XIO3130_DOWNSTREAM,
	  "xio3130-downstream" },
	{ MODEL_PCI_EXPANDER_BUS, PCI_MODEL_NAME_PXB, "pxb" },
	{ MODEL_PCIE_EXPANDER_BUS, PCI_MODEL_NAME_PXB_PCIE, "pxb-pcie" },
	{ MODEL_PCI_ROOT, PCI_MODEL_NAME_SPAPR_PHB, "spapr-pci-host-bridge" },
};

static const char *bridge_driver(const DomainController *controller)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(bridges); i++)
		if (bridges[i].model == controller->model &&
		    (controller->model_name == PCI_MODEL_NAME_ABSENT ||
		     controller->model_name == bridges[i].name))
			return bridges[i].driver;
	return NULL;
}

static void bridge_opts(Props *opts, const DomainController *controller)
{
	if (controller->has_port)
		props_num(opts, "port", (guint64)controller->port);
	if (controller->has_chassis_nr)
		props_num(opts, "chassis_nr", (guint64)controller->chassis_nr);
	if (controller->has_chassis)
		props_num(opts, "chassis", (guint64)controller->chassis);
	if (controller->has_bus_nr)
		props_num(opts, "bus_nr", (guint64)controller->bus_nr);
	if (controller->has_target_index)
		props_num(opts, "index", (guint64)controller->target_index);
	if (controller->has_numa_node)
		props_num(opts, "numa_node", controller->numa_node);
	if (controller->model == MODEL_PCIE_ROOT_PORT ||
	    controller->model == MODEL_PCIE_SWITCH_DOWNSTREAM_PORT)
		props_tristate(opts, "hotplug", controller->hotplug);
	if (controller->model == MODEL_PCI_BRIDGE)
		props_onoff_tristate(opts, "shpc", controller->hotplug);
}

static bool command_pci(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	const char *driver;
	Props *opts;

	/* The root buses come with the machine. */
	if (controller->model == MODEL_PCIE_ROOT ||
	    (controller->model == MODEL_PCI_ROOT && controller->index == 0))
		return true;
	driver = bridge_driver(controller);
	if (!driver)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("PCI controller %d: model '%s' is not supported by this machine"),
			    controller->index, controller_model_name(controller->model));
	opts = props_new(driver);
	bridge_opts(opts, controller);
	return command_device(cmd, opts, &controller->info, error);
}

static bool command_pci_holes(QemuCommand *cmd, const DomainController *controller)
{
	if (controller->has_pcihole64) {
		Props *opts = props_new(NULL);
		const char *host = command_is_q35(cmd) ? "q35-pcihost" : "i440FX-pcihost";
		g_autofree char *key = g_strconcat(host, ".pci-hole64-size", NULL);

		props_printf(opts, key, "%" G_GUINT64_FORMAT "K", controller->pcihole64_kib);
		command_opts(cmd, "-global", opts);
	}
	return true;
}

/* ---- USB */

static const struct {
	ControllerModel model;
	const char *driver;
} usb_drivers[] = {
	{ MODEL_PIIX3_UHCI, "piix3-usb-uhci" },
	{ MODEL_PIIX4_UHCI, "piix4-usb-uhci" },
	{ MODEL_EHCI, "usb-ehci" },
	{ MODEL_ICH9_EHCI1, "ich9-usb-ehci1" },
	{ MODEL_ICH9_UHCI1, "ich9-usb-uhci1" },
	{ MODEL_ICH9_UHCI2, "ich9-usb-uhci2" },
	{ MODEL_ICH9_UHCI3, "ich9-usb-uhci3" },
	{ MODEL_VT82C686B_UHCI, "vt82c686b-usb-uhci" },
	{ MODEL_PCI_OHCI, "pci-ohci" },
	{ MODEL_NEC_XHCI, "nec-usb-xhci" },
	{ MODEL_QEMU_XHCI, "qemu-xhci" },
};

/* A companion has its master's alias in the definition, so none on the command line. */
static bool command_usb_companion(QemuCommand *cmd, const DomainController *controller,
				  Props *opts, GError **error)
{
	g_autofree char *master = controller_id(cmd, CONTROLLER_USB, controller->index);

	props_printf(opts, "masterbus", "%s.0", master);
	props_num(opts, "firstport", controller->info.master_startport);
	if (!address_opts(cmd, opts, &controller->info, error)) {
		props_free(opts);
		return false;
	}
	command_opts(cmd, "-device", opts);
	return true;
}

static bool command_usb(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	const char *driver = NULL;
	Props *opts;

	if (controller->model == MODEL_USB_NONE)
		return true;
	for (unsigned i = 0; i < G_N_ELEMENTS(usb_drivers); i++)
		if (usb_drivers[i].model == controller->model)
			driver = usb_drivers[i].driver;
	if (!driver && controller->model == CONTROLLER_MODEL_ABSENT && command_is_i440fx(cmd))
		driver = "piix3-usb-uhci";
	if (!driver)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("USB controller %d: model '%s' is not supported"), controller->index,
			    controller_model_name(controller->model));
	opts = props_new(driver);
	if (controller->has_ports) {
		props_num(opts, "p2", controller->ports);
		props_num(opts, "p3", controller->ports);
	}
	if (controller->info.has_master)
		return command_usb_companion(cmd, controller, opts, error);
	return command_device(cmd, opts, &controller->info, error);
}

/* ---- SCSI and the rest */

static const struct {
	ControllerModel model;
	const char *driver;
} scsi_drivers[] = {
	{ MODEL_LSILOGIC, "lsi" },         { MODEL_LSISAS1068, "mptsas1068" },
	{ MODEL_LSISAS1078, "megasas" },   { MODEL_VMPVSCSI, "pvscsi" },
	{ MODEL_IBMVSCSI, "spapr-vscsi" }, { MODEL_DC390, "dc-390" },
	{ MODEL_AM53C974, "am53c974" },
};

static void virtio_scsi_opts(Props *opts, const DomainController *controller)
{
	virtio_opts(opts, &controller->virtio);
	if (controller->iothread > 0)
		props_printf(opts, "iothread", "iothread%u", controller->iothread);
	if (controller->queues > 0)
		props_num(opts, "num_queues", controller->queues);
	if (controller->cmd_per_lun > 0)
		props_num(opts, "cmd_per_lun", controller->cmd_per_lun);
	if (controller->max_sectors > 0)
		props_num(opts, "max_sectors", controller->max_sectors);
	props_tristate(opts, "ioeventfd", controller->ioeventfd);
}

static VirtioModel virtio_model_of(const DomainController *controller)
{
	if (controller->model == MODEL_VIRTIO_TRANSITIONAL)
		return VIRTIO_MODEL_TRANSITIONAL;
	if (controller->model == MODEL_VIRTIO_NON_TRANSITIONAL)
		return VIRTIO_MODEL_NON_TRANSITIONAL;
	return VIRTIO_MODEL_VIRTIO;
}

static bool command_scsi(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	ControllerModel model = controller->model;
	g_autofree char *virtio = NULL;
	const char *driver = NULL;
	Props *opts;

	if (list_length(controller->iothreads) > 0)
		return command_refuse(
			error, "iothreads",
			_("several I/O threads for one controller are not supported"));
	if (model == MODEL_VIRTIO_SCSI || model == MODEL_VIRTIO_TRANSITIONAL ||
	    model == MODEL_VIRTIO_NON_TRANSITIONAL || model == MODEL_VIRTIO)
		driver = virtio = virtio_device("virtio-scsi", virtio_model_of(controller),
						&controller->info);
	for (unsigned i = 0; i < G_N_ELEMENTS(scsi_drivers) && !driver; i++)
		if (scsi_drivers[i].model == model)
			driver = scsi_drivers[i].driver;
	if (!driver)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("SCSI controller %d: model '%s' is not supported"), controller->index,
			    model ? controller_model_name(model) : _("none given"));
	opts = props_new(driver);
	if (virtio)
		virtio_scsi_opts(opts, controller);
	return command_device(cmd, opts, &controller->info, error);
}

static bool command_sata(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	if (controller->index == 0 && command_is_q35(cmd))
		return true; /* built in */
	return command_device(cmd, props_new("ahci"), &controller->info, error);
}

static bool command_ide(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	if (controller->index == 0 && command_is_i440fx(cmd))
		return true; /* built in */
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("machine '%s' takes no IDE controller %d; use SATA or SCSI"),
		    cmd->def->os.machine, controller->index);
}

static bool command_virtio_serial(QemuCommand *cmd, const DomainController *controller,
				  GError **error)
{
	g_autofree char *driver =
		virtio_device("virtio-serial", virtio_model_of(controller), &controller->info);
	Props *opts = props_new(driver);

	virtio_opts(opts, &controller->virtio);
	if (controller->has_ports)
		props_num(opts, "max_ports", controller->ports);
	if (controller->has_vectors)
		props_num(opts, "vectors", controller->vectors);
	return command_device(cmd, opts, &controller->info, error);
}

static bool command_nvme(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	Props *opts = props_new("nvme");

	props_str(opts, "serial", controller->nvme_serial);
	return command_device(cmd, opts, &controller->info, error);
}

static bool command_controller(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	switch (controller->type) {
	case CONTROLLER_PCI:
		return command_pci_holes(cmd, controller) && command_pci(cmd, controller, error);
	case CONTROLLER_USB:
		return command_usb(cmd, controller, error);
	case CONTROLLER_SCSI:
		return command_scsi(cmd, controller, error);
	case CONTROLLER_SATA:
		return command_sata(cmd, controller, error);
	case CONTROLLER_IDE:
		return command_ide(cmd, controller, error);
	case CONTROLLER_VIRTIO_SERIAL:
		return command_virtio_serial(cmd, controller, error);
	case CONTROLLER_CCID:
		return command_device(cmd, props_new("usb-ccid"), &controller->info, error);
	case CONTROLLER_NVME:
		return command_nvme(cmd, controller, error);
	case CONTROLLER_FDC:
	case CONTROLLER_ISA:
		return true; /* part of the machine, or added with its first floppy */
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("controllers of type '%s' are not supported"),
			    controller_type_name(controller->type));
	}
}

bool command_controllers(QemuCommand *cmd, GError **error)
{
	/* PCI first, whatever the order of the document: the others sit on it. */
	for (unsigned pass = 0; pass < 3; pass++) {
		for (guint i = 0; i < list_length(cmd->def->controllers); i++) {
			const DomainController *controller = list_get(cmd->def->controllers, i);
			unsigned turn = controller->type == CONTROLLER_PCI    ? 0
					: controller->type == CONTROLLER_CCID ? 2
									      : 1;

			if (turn == pass && !command_controller(cmd, controller, error))
				return false;
		}
	}
	return true;
}
