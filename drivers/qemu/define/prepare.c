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

/* ---- The CPU ---- */

static CpuFeature *cpu_feature_find(const DomainCpu *cpu, const char *name)
{
	for (guint i = 0; i < list_length(cpu->features); i++) {
		CpuFeature *feature = list_get(cpu->features, i);

		if (strcmp(feature->name, name) == 0)
			return feature;
	}
	return NULL;
}

/* "host-model" is spelled out, so that the guest finds the same CPU after a migration. */
static bool host_model_prepare(DomainDef *live, const QemuCaps *caps, GError **error)
{
	const QemuAccel *accel = live->virt == VIRT_KVM ? caps->kvm : caps->tcg;
	const QemuHostCpu *host = accel ? accel->host_model : NULL;
	DomainCpu *cpu = live->cpu;

	if (!host)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': there is no named CPU model like this host's for "
			      "mode 'host-model'; use 'host-passthrough' or 'maximum'"),
			    live->name);
	cpu->mode = CPU_MODE_CUSTOM;
	cpu->match = CPU_MATCH_EXACT;
	cpu->check = CPU_CHECK_PARTIAL;
	cpu->fallback = CPU_FALLBACK_FORBID;
	g_free(cpu->model);
	cpu->model = g_strdup(host->model);
	if (!cpu->features)
		cpu->features = g_ptr_array_new();
	for (guint i = 0; i < host->features->len; i++) {
		const QemuCpuFeature *wanted = g_ptr_array_index(host->features, i);
		CpuFeature *feature;

		if (cpu_feature_find(cpu, wanted->name))
			continue; /* what the definition says counts */
		feature = g_new0(CpuFeature, 1);
		feature->name = g_strdup(wanted->name);
		feature->policy = wanted->wanted ? CPU_POLICY_REQUIRE : CPU_POLICY_DISABLE;
		g_ptr_array_add(cpu->features, feature);
	}
	return true;
}

static bool cpu_prepare(DomainDef *live, GError **error)
{
	const QemuCaps *caps;

	if (!live->cpu || live->cpu->mode != CPU_MODE_HOST_MODEL)
		return true;
	caps = qemu_caps_of_def_wait(live, error);
	return caps && host_model_prepare(live, caps, error);
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

static bool devices_prepare(DomainDef *live, GError **error)
{
	QemuPrepare prepare = {
		.live = live,
		.settings = qemu_settings(),
		.port_choose = prepare_port_choose,
		.port_check = prepare_port_check,
		.tap_choose = prepare_tap_choose,
		.error = error,
	};

	return domain_def_each_device(live, device_prepare, &prepare);
}

bool qemu_prepare(DomainDef *live, int id, GError **error)
{
	live->id = id;
	live->has_id = true;
	if (!virt_prepare(live, error) || !cpu_prepare(live, error) ||
	    !firmware_choose(live, error))
		return false;
	prepare_aliases(live);
	if (live->genid_present && uuid_is_absent(&live->genid))
		uuid_generate(&live->genid);
	return devices_prepare(live, error);
}
