/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controllers. Which a guest has of itself is decided in define/. */
#include "config.h"

#include "drivers/qemu/device/kind.h"

#define XHCI_PORTS_MAX 15
#define CHASSIS_MAX 255

static char *controller_alias(const DomainDef *def, const DomainDevice *device,
			      G_GNUC_UNUSED unsigned number)
{
	const DomainController *controller = device->controller;
	MachineFamily family = machine_family(def);
	const char *type = controller_type_name(controller->type);

	switch (controller->type) {
	case CONTROLLER_PCI:
		if (controller->model == MODEL_PCIE_ROOT)
			return g_strdup_printf("pcie.%d", controller->index);
		return g_strdup_printf("pci.%d", controller->index);
	case CONTROLLER_IDE:
		/* The one on the board has QEMU's own name. */
		if (controller->index == 0 && family == MACHINE_I440FX)
			return g_strdup("ide");
		break;
	case CONTROLLER_SATA:
		if (controller->index == 0 && family == MACHINE_Q35)
			return g_strdup("ide");
		break;
	case CONTROLLER_USB:
		/* The first USB bus has always been called just so. */
		if (controller->index == 0)
			return g_strdup("usb");
		break;
	default:
		break;
	}
	return g_strdup_printf("%s%d", type, controller->index);
}

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

static bool controller_check(const QemuCheck *check, const DomainDevice *device)
{
	const DomainController *controller = device->controller;

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

static bool build_pci(QemuCommand *cmd, const DomainController *controller, GError **error)
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

static bool build_pci_holes(QemuCommand *cmd, const DomainController *controller)
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
static bool build_usb_companion(QemuCommand *cmd, const DomainController *controller, Props *opts,
				GError **error)
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

static bool build_usb(QemuCommand *cmd, const DomainController *controller, GError **error)
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
		return build_usb_companion(cmd, controller, opts, error);
	return command_device(cmd, opts, &controller->info, error);
}

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

static bool build_scsi(QemuCommand *cmd, const DomainController *controller, GError **error)
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

static bool build_sata(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	if (controller->index == 0 && command_is_q35(cmd))
		return true; /* built in */
	return command_device(cmd, props_new("ahci"), &controller->info, error);
}

static bool build_ide(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	if (controller->index == 0 && command_is_i440fx(cmd))
		return true; /* built in */
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("machine '%s' takes no IDE controller %d; use SATA or SCSI"),
		    cmd->def->os.machine, controller->index);
}

static bool build_virtio_serial(QemuCommand *cmd, const DomainController *controller,
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

static bool build_nvme(QemuCommand *cmd, const DomainController *controller, GError **error)
{
	Props *opts = props_new("nvme");

	props_str(opts, "serial", controller->nvme_serial);
	return command_device(cmd, opts, &controller->info, error);
}

static bool controller_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainController *controller = device->controller;

	switch (controller->type) {
	case CONTROLLER_PCI:
		return build_pci_holes(cmd, controller) && build_pci(cmd, controller, error);
	case CONTROLLER_USB:
		return build_usb(cmd, controller, error);
	case CONTROLLER_SCSI:
		return build_scsi(cmd, controller, error);
	case CONTROLLER_SATA:
		return build_sata(cmd, controller, error);
	case CONTROLLER_IDE:
		return build_ide(cmd, controller, error);
	case CONTROLLER_VIRTIO_SERIAL:
		return build_virtio_serial(cmd, controller, error);
	case CONTROLLER_CCID:
		return command_device(cmd, props_new("usb-ccid"), &controller->info, error);
	case CONTROLLER_NVME:
		return build_nvme(cmd, controller, error);
	case CONTROLLER_FDC:
	case CONTROLLER_ISA:
		return true; /* part of the machine, or added with its first floppy */
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("controllers of type '%s' are not supported"),
			    controller_type_name(controller->type));
	}
}

/* PCI first, whatever the order of the document: the others sit on it; CCID sits on USB. */
static unsigned controller_turn(const DomainDevice *device)
{
	ControllerType type = device->controller->type;

	return type == CONTROLLER_PCI ? 0 : type == CONTROLLER_CCID ? 2 : 1;
}

static PciConnect connect_controller_pci(ControllerModel model)
{
	switch (model) {
	case MODEL_PCI_BRIDGE:
		return PCI_CONNECT_BRIDGE;
	case MODEL_PCIE_ROOT_PORT:
		return PCI_CONNECT_ROOT_PORT;
	case MODEL_PCIE_SWITCH_UPSTREAM_PORT:
		return PCI_CONNECT_UPSTREAM;
	case MODEL_PCIE_SWITCH_DOWNSTREAM_PORT:
		return PCI_CONNECT_DOWNSTREAM;
	case MODEL_DMI_TO_PCI_BRIDGE:
		return PCI_CONNECT_DMI_BRIDGE;
	case MODEL_PCI_EXPANDER_BUS:
		return PCI_CONNECT_EXPANDER;
	case MODEL_PCIE_EXPANDER_BUS:
		return PCI_CONNECT_EXPRESS_EXPANDER;
	case MODEL_PCIE_TO_PCI_BRIDGE:
		return PCI_CONNECT_EXPRESS_BRIDGE;
	default:
		return 0;
	}
}

static PciConnect controller_pci(const DomainDevice *device)
{
	const DomainController *controller = device->controller;

	switch (controller->type) {
	case CONTROLLER_PCI:
		return connect_controller_pci(controller->model);
	case CONTROLLER_IDE:
	case CONTROLLER_SATA:
		return PCI_CONNECT_DEVICE;
	case CONTROLLER_NVME:
		return PCI_CONNECT_EXPRESS;
	case CONTROLLER_SCSI:
		if (controller->model == MODEL_IBMVSCSI || controller->model == MODEL_NCR53C90)
			return 0;
		return controller->model == MODEL_VIRTIO_SCSI ||
				       controller->model == MODEL_VIRTIO_NON_TRANSITIONAL
			       ? PCI_CONNECT_EXPRESS
			       : PCI_CONNECT_DEVICE;
	case CONTROLLER_VIRTIO_SERIAL:
		return controller->model == MODEL_VIRTIO_TRANSITIONAL ? PCI_CONNECT_DEVICE
								      : PCI_CONNECT_EXPRESS;
	case CONTROLLER_USB:
		if (controller->model == MODEL_USB_NONE || controller->model == MODEL_QUSB1 ||
		    controller->model == MODEL_QUSB2)
			return 0;
		return controller->model == MODEL_QEMU_XHCI || controller->model == MODEL_NEC_XHCI
			       ? PCI_CONNECT_EXPRESS
			       : PCI_CONNECT_DEVICE;
	default:
		return 0;
	}
}

static bool controller_ccw(const DomainDevice *device)
{
	return device->controller->type == CONTROLLER_VIRTIO_SERIAL ||
	       (device->controller->type == CONTROLLER_SCSI &&
		device->controller->model == MODEL_VIRTIO_SCSI);
}

static bool controller_hotplug(const DomainDevice *device)
{
	switch (device->controller->type) {
	case CONTROLLER_SCSI:
	case CONTROLLER_VIRTIO_SERIAL:
	case CONTROLLER_USB:
	case CONTROLLER_CCID:
		return device->controller->model != MODEL_USB_NONE;
	default:
		return false;
	}
}

const QemuDeviceKind qemu_controller = {
	.alias = controller_alias,
	.check = controller_check,
	.pci = controller_pci,
	.ccw = controller_ccw,
	.hotplug = controller_hotplug,
	.turn = controller_turn,
	.turns = 3,
	.build = controller_build,
};
