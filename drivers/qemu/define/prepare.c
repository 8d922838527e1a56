/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/define/prepare.h"

#include <string.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/machine/complete.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/machine/firmware.h"

#define AGENT_NAME "org.qemu.guest_agent.0"
#define SPICE_AGENT_NAME "com.redhat.spice.0"

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

/* ---- Backends ---- */

static bool channel_prepare(DomainDef *live, DomainChardev *channel, GError **error)
{
	char uuid[UUID_TEXT];
	g_autofree char *file = NULL;

	if (channel->source.type == CHARDEV_SPICEVMC && !channel->name &&
	    channel->channel_target == CHANNEL_TARGET_VIRTIO)
		channel->name = g_strdup(SPICE_AGENT_NAME);
	if (channel->source.type != CHARDEV_UNIX || channel->source.path)
		return true;
	if (channel->source.mode == CHARDEV_MODE_CONNECT)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': channel '%s' connects to a socket without a path"),
			    live->name, channel->name ?: "");
	uuid_format(&live->uuid, uuid);
	file = g_strcmp0(channel->name, AGENT_NAME) == 0
		       ? g_strdup("agent")
		       : g_strdup_printf("%s.sock", channel->info.alias);
	channel->source.mode = CHARDEV_MODE_BIND;
	channel->source.path = g_strdup_printf("%s/vm/%s/%s", qemu_settings()->run_dir, uuid, file);
	if (strlen(channel->source.path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' is too long for a socket: choose a shorter run directory"),
			    channel->source.path);
	return true;
}

static bool interface_prepare(DomainDef *live, DomainInterface *interface, GError **error)
{
	switch (interface->type) {
	case INTERFACE_NETWORK:
		return fail(
			error, VIR_ERR_CONFIG_UNSUPPORTED,
			_("domain '%s': its interface is on network '%s', but networks cannot be "
			  "run yet; use type 'bridge' or 'user'"),
			live->name, interface->network ?: "");
	case INTERFACE_DIRECT:
	case INTERFACE_INTERNAL:
	case INTERFACE_VDS:
	case INTERFACE_NULL:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': interfaces of type '%s' are not supported"), live->name,
			    interface_type_name(interface->type));
	case INTERFACE_BRIDGE:
	case INTERFACE_ETHERNET:
		if (interface->target_managed == TRISTATE_NO)
			return true;
		if (!qemu_settings()->privileged)
			return fail(
				error, VIR_ERR_CONFIG_UNSUPPORTED,
				_("domain '%s': an interface of type '%s' needs root's help, which "
				  "a session has not; use type 'user'"),
				live->name, interface_type_name(interface->type));
		if (!interface->target)
			interface->target = prepare_tap_choose(live);
		return true;
	default:
		return true;
	}
}

static bool disk_prepare(const DomainDef *live, const DomainDisk *disk, GError **error)
{
	if (disk->source.type == STORAGE_VOLUME)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': disk '%s' is a volume of pool '%s', but pools cannot "
			      "be run "
			      "yet; use type 'file' or 'block'"),
			    live->name, disk->target, disk->source.pool ?: "");
	return true;
}

bool prepare_backends(DomainDef *live, GError **error)
{
	for (guint i = 0; i < list_length(live->disks); i++)
		if (!disk_prepare(live, list_get(live->disks, i), error))
			return false;
	for (guint i = 0; i < list_length(live->channels); i++)
		if (!channel_prepare(live, list_get(live->channels, i), error))
			return false;
	for (guint i = 0; i < list_length(live->interfaces); i++)
		if (!interface_prepare(live, list_get(live->interfaces, i), error))
			return false;
	return true;
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
	return prepare_backends(live, error) && prepare_displays(live, error);
}
