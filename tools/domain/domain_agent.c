/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the guest or its hypervisor is asked or told directly: guest agent, monitor. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>
#include <libvirt/libvirt-qemu.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/tune.h"
#include "tools/cli/xmlfile.h"

/* The words of a command in one line, indented where it was asked for. */
static const char *json_pretty(Session *session, const Args *args, const char *text)
{
	json_t *value = args_has(args, "pretty") ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
	char *pretty = value ? json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY) : NULL;
	const char *result = pretty ? session_printf(session, "%s\n", pretty) : text;

	free(pretty);
	json_decref(value);
	return result;
}

/* JSON: the answer itself where it is JSON. */
static void answer_out(Session *session, const Args *args, const char *text)
{
	json_t *value = session->json ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	out_print(session, "%s\n", json_pretty(session, args, text));
	out_value(session, json_pack("{s:o}", "result", value ? value : json_text(text)));
}

static const char *return_value(Session *session, const Args *args, const char *text, GError **error)
{
	json_auto_t *value = NULL;
	json_t *part;
	char *dumped;

	if (!args_has(args, "return-value"))
		return text;
	value = json_loads(text, 0, NULL);
	part = value ? json_object_get(value, "return") : NULL;
	if (!part)
		return fail_null(error, VIR_ERR_OPERATION_FAILED, _("the answer has no value to return: %s"),
				 text);
	dumped = json_dumps(part, JSON_ENCODE_ANY | JSON_COMPACT);
	text = session_printf(session, "%s", dumped);
	free(dumped);
	return text;
}

bool cmd_qemu_monitor_command(Session *session, const Args *args, GError **error)
{
	const Domain *domain;
	g_autofree char *text = g_strjoinv(" ", (char **)args_rest(args, "cmd"));
	qemu_domain_monitor_command_args call = { .cmd = text };
	qemu_domain_monitor_command_ret *ret;
	const char *answer;

	if (!args_exclusive(args, "hmp", "pretty", error) || !args_exclusive(args, "hmp", "return-value", error))
		return false;
	if (args_has(args, "pass-fds"))
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("qemu-monitor-command: --pass-fds is not supported"));
	domain = domain_arg(session, args, error);
	if (!domain)
		return false;
	call.dom = *domain;
	call.flags = args_has(args, "hmp") ? VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP : 0;
	ret = session_call(session, QEMU_PROGRAM, QEMU_PROC_domain_monitor_command, &call, error);
	answer = ret ? return_value(session, args, ret->result, error) : NULL;
	if (answer)
		answer_out(session, args, answer);
	return answer;
}

bool cmd_qemu_agent_command(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	g_autofree char *text = g_strjoinv(" ", (char **)args_rest(args, "cmd"));
	qemu_domain_agent_command_args call = { .cmd = text,
						.timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT };
	qemu_domain_agent_command_ret *ret;

	if (!domain || !args_exclusive(args, "async", "block", error) ||
	    !args_exclusive(args, "timeout", "block", error) ||
	    !args_exclusive(args, "timeout", "async", error) ||
	    !args_int(args, "timeout", &call.timeout, error))
		return false;
	if (args_has(args, "async"))
		call.timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT;
	if (args_has(args, "block"))
		call.timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK;
	call.dom = *domain;
	ret = session_call(session, QEMU_PROGRAM, QEMU_PROC_domain_agent_command, &call, error);
	if (ret && ret->result)
		answer_out(session, args, *ret->result);
	return ret;
}

bool cmd_qemu_attach(Session *session, const Args *args, GError **error)
{
	qemu_domain_attach_args call = { 0 };
	qemu_domain_attach_ret *ret;

	if (!args_uint(args, "pid", &call.pid_value, error))
		return false;
	ret = session_call(session, QEMU_PROGRAM, QEMU_PROC_domain_attach, &call, error);
	if (!ret)
		return failed(session, _("Failed to attach to pid %u"), call.pid_value);
	out_done(session, domain_result((const Domain *)&ret->dom, "attach"),
		 _("Domain '%s' attached to pid %u\n"), ret->dom.name, call.pid_value);
	return true;
}

/* --- what the agent knows --- */

void show_guest(Session *session, const ActionReply *reply)
{
	const remote_domain_get_guest_info_ret *ret = reply->ret;

	for (guint i = 0; i < ret->params.params_len; i++)
		out_print(session, "%-20s: %s\n", ret->params.params_val[i].field,
			  param_text(session, &ret->params.params_val[i]));
	out_value(session, params_json(ret->params.params_val, ret->params.params_len));
}

void show_filesystems(Session *session, const ActionReply *reply)
{
	static const OutColumn columns[] = {
		{ "mountpoint", N_("Mountpoint"), OUT_PLAIN }, { "name", N_("Name"), OUT_PLAIN },
		{ "type", N_("Type"), OUT_PLAIN },	       { "target", N_("Target"), OUT_PLAIN },
		{ NULL, NULL, OUT_PLAIN },
	};
	const remote_domain_get_fsinfo_ret *ret = reply->ret;
	json_t *rows = json_array();

	for (guint i = 0; i < ret->info.info_len; i++) {
		const remote_domain_fsinfo *info = &ret->info.info_val[i];
		g_autoptr(GString) targets = g_string_new(NULL);
		json_t *row = json_object();

		for (guint j = 0; j < info->dev_aliases.dev_aliases_len; j++)
			g_string_append_printf(targets, "%s%s", j ? "," : "",
					       info->dev_aliases.dev_aliases_val[j]);
		json_object_set_new(row, "mountpoint", json_text(info->mountpoint));
		json_object_set_new(row, "name", json_text(info->name));
		json_object_set_new(row, "type", json_text(info->fstype));
		json_object_set_new(row, "target", json_text(targets->str));
		json_array_append_new(rows, row);
	}
	if (ret->info.info_len)
		out_table(session, columns, rows);
	else
		out_done(session, rows, _("No filesystems are mounted in the domain"));
}

#define FREEZE_COMMAND(function, proc, result, good, bad) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		const Domain *domain = domain_arg(session, args, error); \
		const char *const *mounts = args_rest(args, "mountpoint"); \
		remote_##proc##_args call = { 0 }; \
		remote_##proc##_ret *ret; \
		json_t *value; \
\
		if (!domain) \
			return false; \
		call.dom = *domain; \
		call.mountpoints.mountpoints_len = g_strv_length((char **)mounts); \
		call.mountpoints.mountpoints_val = (char **)mounts; \
		ret = ASK(session, proc, &call, error); \
		if (!ret) \
			return failed(session, _(bad)); \
		value = domain_result(domain, result); \
		json_object_set_new(value, "filesystems", json_integer(ret->filesystems)); \
		out_done(session, value, _(good), ret->filesystems); \
		return true; \
	}
FREEZE_COMMAND(cmd_domfsfreeze, domain_fsfreeze, "freeze", N_("Froze %d filesystem(s)\n"),
	       N_("Unable to freeze filesystems"))
FREEZE_COMMAND(cmd_domfsthaw, domain_fsthaw, "thaw", N_("Thawed %d filesystem(s)\n"),
	       N_("Unable to thaw filesystems"))

static bool time_set(Session *session, const Args *args, const Domain *domain, GError **error)
{
	remote_domain_set_time_args call = { .dom = *domain };
	uint64_t seconds = 0;

	if (!args_ulong(args, "time", &seconds, error))
		return false;
	call.seconds = args_has(args, "time") ? (int64_t)seconds : args_has(args, "now") ? time(NULL) : 0;
	call.flags = args_has(args, "sync") ? VIR_DOMAIN_TIME_SYNC : 0;
	if (!TELL(session, domain_set_time, &call, error))
		return false;
	out_value(session, domain_result(domain, "set-time"));
	return true;
}

bool cmd_domtime(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_get_time_args call = { 0 };
	remote_domain_get_time_ret *ret;
	const char *end;

	if (!domain || !args_exclusive(args, "time", "now", error) || !args_exclusive(args, "time", "sync", error) ||
	    !args_exclusive(args, "now", "sync", error))
		return false;
	if (args_has(args, "time") || args_has(args, "now") || args_has(args, "sync"))
		return time_set(session, args, domain, error);
	call.dom = *domain;
	ret = ASK(session, domain_get_time, &call, error);
	if (!ret)
		return false;
	end = session->quiet ? "\n" : "";
	if (args_has(args, "pretty")) {
		time_t when = (time_t)ret->seconds;
		struct tm tm;
		char text[64];

		gmtime_r(&when, &tm);
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
		out_print(session, _("Time: %s%s"), text, end);
	} else {
		out_print(session, _("Time: %lld%s"), (long long)ret->seconds, end);
	}
	out_value(session, json_pack("{s:I,s:I}", "seconds", (json_int_t)ret->seconds, "nanoseconds",
				     (json_int_t)ret->nseconds));
	return true;
}

/* --- accounts --- */

bool cmd_set_user_password(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	char *user = (char *)args_text(args, "user"), *password = (char *)args_text(args, "password");
	remote_domain_set_user_password_args call = { .user = &user, .password = &password };

	if (!domain)
		return false;
	call.dom = *domain;
	call.flags = args_has(args, "encrypted") ? VIR_DOMAIN_PASSWORD_ENCRYPTED : 0;
	if (!TELL(session, domain_set_user_password, &call, error))
		return false;
	out_done(session, domain_result(domain, "set-user-password"),
		 _("Password set successfully for %s in %s\n"), user, domain->name);
	return true;
}

void show_keys(Session *session, const ActionReply *reply)
{
	const remote_domain_authorized_ssh_keys_get_ret *ret = reply->ret;
	json_t *array = json_array();

	for (guint i = 0; i < ret->keys.keys_len; i++) {
		out_print(session, "%s", ret->keys.keys_val[i]);
		json_array_append_new(array, json_text(ret->keys.keys_val[i]));
	}
	out_value(session, array);
}

bool cmd_set_user_sshkeys(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_authorized_ssh_keys_set_args call = { .user = (char *)args_text(args, "user") };
	g_auto(GStrv) lines = NULL;
	const char *text;

	if (!domain || !args_exclusive(args, "reset", "remove", error))
		return false;
	call.dom = *domain;
	if (args_has(args, "file")) {
		text = xmlfile_read(session, args, "file", error);
		if (!text)
			return false;
		lines = g_strsplit(g_strchomp(session_printf(session, "%s", text)), "\n", -1);
		call.keys.keys_len = g_strv_length(lines);
		call.keys.keys_val = lines;
	} else if (!args_has(args, "reset")) {
		return fail(error, VIR_ERR_INVALID_ARG, _("Option --file is required"));
	}
	call.flags = (args_has(args, "reset") ? 0 : VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND) |
		     (args_has(args, "remove") ? VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE : 0);
	if (args_has(args, "remove"))
		call.flags &= ~(unsigned int)VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
	if (!TELL(session, domain_authorized_ssh_keys_set, &call, error))
		return false;
	out_value(session, domain_result(domain, "set-user-sshkeys"));
	return true;
}
