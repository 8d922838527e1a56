/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(controller_type, CONTROLLER)
CONF_ENUM_DEFINE(controller_model, CONTROLLER_MODEL)
CONF_ENUM_DEFINE(pci_model_name, PCI_MODEL_NAME)

bool controller_model_fits(ControllerType type, ControllerModel model)
{
	bool virtio = model >= MODEL_VIRTIO_TRANSITIONAL && model <= MODEL_VIRTIO_NON_TRANSITIONAL;

	switch (type) {
	case CONTROLLER_PCI:
		return model >= MODEL_PCI_ROOT && model <= MODEL_PCIE_EXPANDER_BUS;
	case CONTROLLER_SCSI:
		return (model >= MODEL_AUTO && model <= MODEL_AM53C974) || virtio;
	case CONTROLLER_VIRTIO_SERIAL:
		return model == MODEL_VIRTIO || virtio;
	case CONTROLLER_USB:
		return model >= MODEL_PIIX3_UHCI && model <= MODEL_USB_NONE;
	case CONTROLLER_IDE:
		return model >= MODEL_PIIX3 && model <= MODEL_ICH6;
	default:
		return false;
	}
}

static bool controller_parsed(BindReader *reader, void *object, GError **error)
{
	const DomainController *controller = object;

	if (controller->index < 0)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("the index of a controller must not be negative: %d"),
					controller->index);
	if (controller->model && !controller_model_fits(controller->type, controller->model))
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("'%s' is no model of controllers of type '%s'"),
					controller_model_name(controller->model),
					controller_type_name(controller->type));
	return true;
}

static const BindRow driver_iothreads_rows[] = {
	LIST(DomainController, "iothread", iothreads, disk_iothreads, 0), END_ROWS
};
static ELEMENT(controller_iothreads, NULL, DomainController, driver_iothreads_rows);
static const BindRow driver_rows[] = {
	ATTR(DomainController, "queues", queues, uint, G),
	ATTR(DomainController, "cmd_per_lun", cmd_per_lun, uint, G),
	ATTR(DomainController, "max_sectors", max_sectors, uint, G),
	ATTR(DomainController, "ioeventfd", ioeventfd, on_off, G),
	ATTR(DomainController, "iothread", iothread, uint, 0),
	INCLUDE_IN(DomainController, virtio, virtio_options),
	CHILD("iothreads", controller_iothreads, 0),
	END_ROWS
};
static ELEMENT(controller_driver, NULL, DomainController, driver_rows);

static const BindRow target_rows[] = {
	ATTR(DomainController, "chassisNr", chassis_nr, int, G, HAS(DomainController,
	     has_chassis_nr)),
	ATTR(DomainController, "chassis", chassis, int, G, HAS(DomainController, has_chassis)),
	ATTR(DomainController, "port", port, hex1, G, HAS(DomainController, has_port)),
	ATTR(DomainController, "busNr", bus_nr, int, G, HAS(DomainController, has_bus_nr)),
	ATTR(DomainController, "index", target_index, int, G, HAS(DomainController,
	     has_target_index)),
	ATTR(DomainController, "hotplug", hotplug, on_off, G),
	LEAF(DomainController, "node", numa_node, uint, G, HAS(DomainController, has_numa_node)),
	END_ROWS
};
static ELEMENT(pci_target, NULL, DomainController, target_rows);

static const BindRow master_rows[] = {
	ATTR(DeviceInfo, "startport", master_startport, uint, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(usb_master, NULL, DeviceInfo, master_rows);

#define OF(type_name) WHEN(DomainController, type, BIT(CONTROLLER_##type_name))
static const BindRow controller_rows[] = {
	ATTR(DomainController, "type", type, controller_type, BIND_REQUIRED | G),
	ATTR(DomainController, "index", index, int, G, HAS(DomainController, has_index)),
	ATTR(DomainController, "model", model, controller_model, G),
	ATTR(DomainController, "ports", ports, uint, G, HAS(DomainController, has_ports),
	     WHEN(DomainController, type, BIT(CONTROLLER_VIRTIO_SERIAL) | BIT(CONTROLLER_USB))),
	ATTR(DomainController, "vectors", vectors, uint, G, HAS(DomainController, has_vectors),
	     OF(VIRTIO_SERIAL)),
	ATTR(DomainController, "maxGrantFrames", max_grant_frames, uint, G,
	     HAS(DomainController, has_max_grant_frames), OF(XENBUS)),
	ATTR(DomainController, "maxEventChannels", max_event_channels, uint, G,
	     HAS(DomainController, has_max_event_channels), OF(XENBUS)),
	VALUE(DomainController, "model", "name", model_name, pci_model_name, G | BIND_ONCE, OF(PCI)),
	CHILD("target", pci_target, BIND_ONCE, OF(PCI)),
	LEAF(DomainController, "serial", nvme_serial, str, G, OF(NVME)),
	CHILD("driver", controller_driver, 0),
	SIZE_LEAF(DomainController, "pcihole64", pcihole64_kib, 1024, G,
		  HAS(DomainController, has_pcihole64), OF(PCI)),
	INCLUDE_IN(DomainController, info, device_alias),
	CHILD_IN(DomainController, "master", info, usb_master, G, HAS(DomainController,
	     info.has_master)),
	INCLUDE_IN(DomainController, info, device_place),
	END_ROWS
};
ELEMENT(domain_controller, "controller", DomainController, controller_rows,
	.parsed = controller_parsed, .doc = N_("A bus, and what it hangs on."));
