/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/object.h"

static const char *const usages[] = {
	[VIR_SECRET_USAGE_TYPE_NONE] = "none",	 [VIR_SECRET_USAGE_TYPE_VOLUME] = "volume",
	[VIR_SECRET_USAGE_TYPE_CEPH] = "ceph",	 [VIR_SECRET_USAGE_TYPE_ISCSI] = "iscsi",
	[VIR_SECRET_USAGE_TYPE_TLS] = "tls",	 [VIR_SECRET_USAGE_TYPE_VTPM] = "vtpm",
};

static json_t *result(const remote_nonnull_secret *secret, const char *what)
{
	json_t *object = json_object();

	json_object_set_new(object, "secret", json_uuid(secret->uuid));
	json_object_set_new(object, "done", json_string(what));
	return object;
}

bool cmd_secret_list(Session *session, const Args *args, GError **error)
{
	static const OutColumn columns[] = { { "uuid", N_("UUID"), OUT_PLAIN },
					     { "use", N_("Usage"), OUT_PLAIN },
					     { NULL, NULL, OUT_PLAIN } };
	static const FlagOption filters[] = {
		{ "ephemeral", VIR_CONNECT_LIST_SECRETS_EPHEMERAL },
		{ "no-ephemeral", VIR_CONNECT_LIST_SECRETS_NO_EPHEMERAL },
		{ "private", VIR_CONNECT_LIST_SECRETS_PRIVATE },
		{ "no-private", VIR_CONNECT_LIST_SECRETS_NO_PRIVATE },
		{ NULL, 0 },
	};
	remote_connect_list_all_secrets_args call = { 1, args_flags(args, filters) };
	remote_connect_list_all_secrets_ret *ret = ASK(session, connect_list_all_secrets, &call, error);
	json_t *array;

	if (!ret)
		return failed(session, _("Failed to list secrets"));
	array = json_array();
	for (guint i = 0; i < ret->secrets.secrets_len; i++) {
		const remote_nonnull_secret *secret = &ret->secrets.secrets_val[i];
		bool known = secret->usageType >= 0 && (gsize)secret->usageType < G_N_ELEMENTS(usages);
		const char *type = usages[known ? secret->usageType : 0];
		json_t *row = json_object();

		json_object_set_new(row, "uuid", json_uuid(secret->uuid));
		json_object_set_new(row, "usage_type", json_string(type));
		json_object_set_new(row, "usage_id", json_text(secret->usageID));
		if (!session->json)
			json_object_set_new(row, "use",
					    json_text(secret->usageType ?
							      session_printf(session, "%s %s", type,
									     secret->usageID) :
							      _("Unused")));
		json_array_append_new(array, row);
	}
	out_table(session, columns, array);
	return true;
}

void show_secret(Session *session, const ActionReply *reply)
{
	const remote_secret_get_value_ret *ret = reply->ret;
	g_autofree char *encoded = NULL;

	encoded = g_base64_encode((const guchar *)ret->value.value_val, ret->value.value_len);
	if (!args_has(reply->args, "plain")) {
		out_print(session, "%s", encoded);
	} else if (!session->json) {
		fwrite(ret->value.value_val, 1, ret->value.value_len, stdout);
	}
	out_value(session, json_pack("{s:s}", "base64", encoded));
	memset(ret->value.value_val, 0, ret->value.value_len);
}

/* What is typed without being shown; NULL with an error. */
static char *password_read(Session *session, GError **error)
{
	struct termios shown, hidden;
	g_autofree char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return fail_null(error, VIR_ERR_OPERATION_INVALID,
				 _("no terminal to read the secret from; use --file"));
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fputs(_("Enter new value for secret:"), stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	n = getline(&line, &size, stdin);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	putchar('\n');
	if (n <= 0)
		return fail_null(error, VIR_ERR_OPERATION_ABORTED, _("no secret was typed"));
	if (line[n - 1] == '\n')
		line[n - 1] = 0;
	return session_printf(session, "%s", line);
}

static bool value_read(Session *session, const Args *args, char **ret_bytes, gsize *ret_length,
		       GError **error)
{
	g_autofree char *bytes = NULL;
	const char *text = args_text(args, "base64");
	gsize length;

	if (args_has(args, "interactive")) {
		*ret_bytes = password_read(session, error);
		*ret_length = *ret_bytes ? strlen(*ret_bytes) : 0;
		return *ret_bytes;
	}
	if (args_has(args, "file")) {
		if (!g_file_get_contents(args_text(args, "file"), &bytes, &length, error))
			return false;
		session_keep(session, bytes, g_free);
		text = *ret_bytes = g_steal_pointer(&bytes);
		*ret_length = length;
		if (args_has(args, "plain"))
			return true;
	}
	if (!text)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("Input secret value is missing: give --file, --interactive or --base64"));
	*ret_bytes = session_keep(session, g_base64_decode(text, ret_length), g_free);
	return true;
}

bool cmd_secret_set_value(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_secret *secret;
	remote_secret_set_value_args call = { 0 };
	char *bytes = NULL;
	gsize length = 0;

	if (!args_exclusive(args, "file", "base64", error) || !args_exclusive(args, "plain", "base64", error) ||
	    !args_exclusive(args, "interactive", "base64", error) ||
	    !args_exclusive(args, "interactive", "file", error))
		return false;
	secret = secret_arg(session, args, error);
	if (!secret || !value_read(session, args, &bytes, &length, error))
		return false;
	call.secret = *secret;
	call.value.value_len = (u_int)length;
	call.value.value_val = bytes;
	if (!TELL(session, secret_set_value, &call, error))
		return failed(session, _("Failed to set secret value"));
	memset(bytes, 0, length);
	out_done(session, result(secret, "set-value"), _("Secret value set\n"));
	return true;
}
