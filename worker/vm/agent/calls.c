/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that the agent inside the guest answers: its clock, file systems, users, addresses. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/vm/agent/ask.h"

enum { HOSTNAME_MAX = 1024, KEYS_MAX = 2048, NAME_LONGEST = 1024 };

#define NANOSECONDS G_GINT64_CONSTANT(1000000000)

bool vm_domain_get_hostname(VmCall *call, remote_domain_get_hostname_args *args,
			    remote_domain_get_hostname_ret *ret, GError **error)
{
	const unsigned known =
		VIR_DOMAIN_GET_HOSTNAME_LEASE | VIR_DOMAIN_GET_HOSTNAME_AGENT;
	json_t *value;

	if (!vm_call_flags(call, args->flags, known, error))
		return false;
	if (args->flags & VIR_DOMAIN_GET_HOSTNAME_LEASE)
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("the name of a guest cannot be taken from DHCP leases: no network is "
			      "managed here; ask its agent"));
	value = agent_ask(call, "guest-get-host-name", NULL, error);
	if (!value)
		return false;
	ret->hostname = agent_text(value, "host-name");
	json_decref(value);
	if (ret->hostname && *ret->hostname && strlen(ret->hostname) <= HOSTNAME_MAX)
		return true;
	g_clear_pointer(&ret->hostname, g_free);
	return fail(error, VIR_ERR_NO_HOSTNAME, _("the agent of domain '%s' told no host name"),
		    call->worker->name);
}

bool vm_domain_agent_set_response_timeout(VmCall *call,
					  remote_domain_agent_set_response_timeout_args *args,
					  remote_domain_agent_set_response_timeout_ret *ret,
					  GError **error)
{
	if (!vm_call_flags(call, args->flags, 0, error) || !vm_call_check_active(call, error))
		return false;
	if (args->timeout < VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("%d is no number of seconds to wait for the guest agent"),
			    args->timeout);
	call->worker->agent_timeout = args->timeout;
	ret->result = 0;
	return true;
}

/* ---- The clock ----------------------------------------------------------------------------- */

bool vm_domain_get_time(VmCall *call, remote_domain_get_time_args *args,
			remote_domain_get_time_ret *ret, GError **error)
{
	int64_t now = 0;

	if (!vm_call_flags(call, args->flags, 0, error) ||
	    !agent_ask_number(call, "guest-get-time", NULL, &now, error))
		return false;
	if (now < 0)
		return agent_fail_nonsense(call, "guest-get-time", error);
	ret->seconds = now / NANOSECONDS;
	ret->nseconds = (unsigned)(now % NANOSECONDS);
	return true;
}

/* With the flag the guest's clock is set from its hardware's, which QEMU keeps. */
bool vm_domain_set_time(VmCall *call, remote_domain_set_time_args *args,
			G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	bool sync = args->flags & VIR_DOMAIN_TIME_SYNC;
	json_t *arguments = NULL;

	if (!vm_call_flags(call, args->flags, VIR_DOMAIN_TIME_SYNC, error))
		return false;
	if (!sync && (args->seconds < 0 || args->seconds >= G_MAXINT64 / NANOSECONDS ||
		      args->nseconds >= NANOSECONDS))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("%" PRId64 " seconds and %u nanoseconds are no time that the "
			      "guest agent can be told"), (gint64)args->seconds, args->nseconds);
	if (!sync)
		arguments = json_pack("{s:I}", "time",
				      (json_int_t)(args->seconds * NANOSECONDS + args->nseconds));
	return agent_do(call, "guest-set-time", arguments, error);
}

/* ---- File systems -------------------------------------------------------------------------- */

static bool count_check(VmCall *call, const char *name, int64_t count, int *ret, GError **error)
{
	if (count < 0 || count > G_MAXINT)
		return agent_fail_nonsense(call, name, error);
	*ret = (int)count;
	return true;
}

bool vm_domain_fsfreeze(VmCall *call, remote_domain_fsfreeze_args *args,
			remote_domain_fsfreeze_ret *ret, GError **error)
{
	bool some = args->mountpoints.mountpoints_len > 0;
	const char *name = some ? "guest-fsfreeze-freeze-list" : "guest-fsfreeze-freeze";
	json_t *arguments = NULL;
	json_t *list;
	int64_t count = 0;

	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	if (some) {
		list = json_array();
		for (unsigned i = 0; i < args->mountpoints.mountpoints_len; i++)
			json_array_append_new(list,
					      json_string(args->mountpoints.mountpoints_val[i]));
		arguments = json_pack("{s:o}", "mountpoints", list);
	}
	return agent_ask_number(call, name, arguments, &count, error) &&
	       count_check(call, name, count, &ret->filesystems, error);
}

bool vm_domain_fsthaw(VmCall *call, remote_domain_fsthaw_args *args,
		      remote_domain_fsthaw_ret *ret, GError **error)
{
	static const char name[] = "guest-fsfreeze-thaw";
	int64_t count = 0;

	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	if (args->mountpoints.mountpoints_len > 0)
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("the guest agent thaws all file systems together; name none"));
	return agent_ask_number(call, name, NULL, &count, error) &&
	       count_check(call, name, count, &ret->filesystems, error);
}

bool vm_domain_fstrim(VmCall *call, remote_domain_fstrim_args *args,
		      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	if (args->mountPoint)
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("the guest agent trims all file systems together; name none"));
	if (args->minimum > G_MAXINT64)
		return fail(error, VIR_ERR_INVALID_ARG, _("the least length is too large"));
	return agent_do(call, "guest-fstrim",
			json_pack("{s:I}", "minimum", (json_int_t)args->minimum), error);
}

/* ---- Users --------------------------------------------------------------------------------- */

bool vm_domain_set_user_password(VmCall *call, remote_domain_set_user_password_args *args,
				 G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	bool crypted = args->flags & VIR_DOMAIN_PASSWORD_ENCRYPTED;
	g_autofree char *password = NULL;

	if (!vm_call_flags(call, args->flags, VIR_DOMAIN_PASSWORD_ENCRYPTED, error))
		return false;
	if (!args->user || !**args->user || !args->password)
		return fail(error, VIR_ERR_INVALID_ARG, _("a user and a password must be given"));
	password = g_base64_encode((const guchar *)*args->password, strlen(*args->password));
	return agent_do(call, "guest-set-user-password",
			json_pack("{s:s,s:s,s:b}", "username", *args->user, "password", password,
				  "crypted", crypted),
			error);
}

bool vm_domain_authorized_ssh_keys_get(VmCall *call, remote_domain_authorized_ssh_keys_get_args *args,
				       remote_domain_authorized_ssh_keys_get_ret *ret, GError **error)
{
	static const char name[] = "guest-ssh-get-authorized-keys";
	json_t *value, *keys, *key;
	size_t index;
	bool good;

	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	value = agent_ask(call, name, json_pack("{s:s}", "username", args->user), error);
	if (!value)
		return false;
	keys = json_object_get(value, "keys");
	ret->keys.keys_len = 0;
	good = json_is_array(keys) && json_array_size(keys) <= KEYS_MAX;
	ret->keys.keys_val = g_new0(remote_string, good ? json_array_size(keys) + 1 : 1);
	json_array_foreach(keys, index, key)
	{
		json_t *holder = good ? json_pack("{s:O}", "key", key) : NULL;

		good = good && json_is_string(key);
		if (good)
			ret->keys.keys_val[ret->keys.keys_len++] = agent_text(holder, "key");
		json_decref(holder);
	}
	json_decref(value);
	return good || agent_fail_nonsense(call, name, error);
}

bool vm_domain_authorized_ssh_keys_set(VmCall *call, remote_domain_authorized_ssh_keys_set_args *args,
				       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	const unsigned append = VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
	const unsigned discard = VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE;
	json_t *arguments, *keys;

	if (!vm_call_flags(call, args->flags, append | discard, error))
		return false;
	if ((args->flags & append) && (args->flags & discard))
		return fail(error, VIR_ERR_INVALID_ARG, _("keys are appended or removed, not both"));
	if (args->flags && args->keys.keys_len == 0)
		return fail(error, VIR_ERR_INVALID_ARG, _("no key was given"));
	keys = json_array();
	for (unsigned i = 0; i < args->keys.keys_len; i++)
		json_array_append_new(keys, json_string(args->keys.keys_val[i]));
	arguments = json_pack("{s:s,s:o}", "username", args->user, "keys", keys);
	if (args->flags & discard)
		return agent_do(call, "guest-ssh-remove-authorized-keys", arguments, error);
	json_object_set_new(arguments, "reset", json_boolean(!(args->flags & append)));
	return agent_do(call, "guest-ssh-add-authorized-keys", arguments, error);
}

/* ---- Sleep --------------------------------------------------------------------------------- */

/* A guest that sleeps answers nothing: that it does is told by the hypervisor. */
bool vm_domain_pm_suspend_for_duration(VmCall *call, remote_domain_pm_suspend_for_duration_args *args,
				       G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	static const char *const commands[] = {
		[VIR_NODE_SUSPEND_TARGET_MEM] = "guest-suspend-ram",
		[VIR_NODE_SUSPEND_TARGET_DISK] = "guest-suspend-disk",
		[VIR_NODE_SUSPEND_TARGET_HYBRID] = "guest-suspend-hybrid",
	};
	g_autoptr(GError) reason = NULL;

	if (!vm_call_flags(call, args->flags, 0, error))
		return false;
	if (args->duration)
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("a guest sleeps until it is woken up; give no duration"));
	if (args->target >= G_N_ELEMENTS(commands))
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no way %u to sleep"),
			    args->target);
	if (agent_do(call, commands[args->target], NULL, &reason))
		return true;
	if (error_code(reason) == VIR_ERR_AGENT_UNRESPONSIVE &&
	    (!call->worker->active || call->guest->state == VIR_DOMAIN_PMSUSPENDED))
		return true;
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}
