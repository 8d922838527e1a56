/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/define/prepare.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/machine/complete.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/machine/firmware.h"

static bool virt_prepare(const DomainDef *live, GError **error)
{
	const char *reason;

	if (live->virt != VIRT_KVM || qemu_caps_kvm_wait(&reason))
		return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("domain '%s' is of type 'kvm', but KVM cannot be used here: %s. Use "
		      "<domain type='qemu'> for emulation"),
		    live->name, reason);
}

/* ---- Devices ---- */

void prepare_aliases(DomainDef *live)
{
	for (DeviceKind kind = DEVICE_NONE + 1; kind < DEVICE_LAST; kind++) {
		GPtrArray *list = domain_def_devices(live, kind);

		for (guint i = 0; i < list_length(list); i++) {
			DomainDevice device = { .kind = kind, .any = list_get(list, i) };

			if (!device.info->alias)
				device.info->alias = qemu_device_alias(live, &device, i);
		}
	}
}

static bool device_prepare(G_GNUC_UNUSED DomainDef *live, const DomainDevice *device, void *data)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];

	return !kind || !kind->prepare || kind->prepare(data, device);
}

static QemuPrepare prepare_of(DomainDef *live, GError **error)
{
	return (QemuPrepare){
		.live = live,
		.settings = qemu_settings(),
		.port_choose = prepare_port_choose,
		.port_check = prepare_port_check,
		.tap_choose = prepare_tap_choose,
		.error = error,
	};
}

bool qemu_prepare_device(DomainDef *live, const DomainDevice *device, GError **error)
{
	QemuPrepare prepare = prepare_of(live, error);

	return device_prepare(live, device, &prepare);
}

static bool devices_prepare(DomainDef *live, GError **error)
{
	QemuPrepare prepare = prepare_of(live, error);

	return domain_def_each_device(live, device_prepare, &prepare);
}

bool qemu_prepare(DomainDef *live, int id, GError **error)
{
	live->id = id;
	live->has_id = true;
	if (!virt_prepare(live, error) || !prepare_cpu_wait(live, error) ||
	    !firmware_choose(live, error) || !prepare_memory(live, error))
		return false;
	prepare_aliases(live);
	if (live->genid_present && uuid_is_absent(&live->genid))
		uuid_generate(&live->genid);
	return devices_prepare(live, error);
}
