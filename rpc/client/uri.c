/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/client/uri.h"

void rpc_uri_free(RpcUri *uri)
{
	if (!uri)
		return;
	g_free(uri->driver);
	g_free(uri->user);
	g_free(uri->host);
	g_free(uri->path);
	g_free(uri->name);
	g_free(uri->command);
	g_free(uri->socket);
	g_free(uri->auth);
	g_free(uri->authfile);
	g_free(uri->netcat);
	g_free(uri->keyfile);
	g_free(uri->pkipath);
	g_free(uri->known_hosts);
	g_free(uri->known_hosts_verify);
	g_free(uri->sshauth);
	g_free(uri->tls_priority);
	g_free(uri->mode);
	g_free(uri);
}

const char *rpc_uri_default(void)
{
	static const char *const variables[] = { "REEVE_URI", "LIBVIRT_DEFAULT_URI" };

	for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
		const char *value = g_getenv(variables[i]);

		if (value && *value)
			return value;
	}
	return geteuid() == 0 ? "qemu:///system" : "qemu:///session";
}

static const struct {
	const char *name;
	RpcUriTransport transport;
} transports[] = {
	{ "unix", RPC_URI_UNIX }, { "tls", RPC_URI_TLS },    { "tcp", RPC_URI_TCP },
	{ "ssh", RPC_URI_SSH },   { "libssh", RPC_URI_SSH }, { "libssh2", RPC_URI_SSH },
	{ "ext", RPC_URI_EXT },
};

static bool set_transport(RpcUri *uri, const char *text, const char *name, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(transports); i++) {
		if (g_ascii_strcasecmp(transports[i].name, name) != 0)
			continue;
		uri->transport = transports[i].transport;
		return true;
	}
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("URI '%s' has the transport '%s'; there are unix, tls, tcp, ssh and ext"),
		    text, name);
}

/* "qemu+ssh" */
static bool parse_scheme(RpcUri *uri, const char *text, const char *scheme, GError **error)
{
	const char *plus = strchr(scheme, '+');

	uri->transport = uri->host ? RPC_URI_TLS : RPC_URI_UNIX;
	if (!plus) {
		uri->driver = g_strdup(scheme);
		return true;
	}
	uri->driver = g_strndup(scheme, (gsize)(plus - scheme));
	return set_transport(uri, text, plus + 1, error);
}

static bool parse_boolean(const char *name, const char *value, bool *ret, GError **error)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("parameter '%s' of the URI is '%s', expected 0 or 1"), name, value);
	*ret = *value == '1';
	return true;
}

static bool parse_proxy(RpcUri *uri, const char *value, GError **error)
{
	static const char *const names[] = {
		[RPC_URI_PROXY_AUTO] = "auto",
		[RPC_URI_PROXY_NETCAT] = "netcat",
		[RPC_URI_PROXY_NATIVE] = "native",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i], value) != 0)
			continue;
		uri->proxy = (RpcUriProxy)i;
		return true;
	}
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("parameter 'proxy' of the URI is '%s'; there are auto, netcat and native"),
		    value);
}

/* True when @name concerns us and not the server. */
static bool take_string(RpcUri *uri, const char *name, const char *value)
{
	const struct {
		const char *name;
		char **place;
	} known[] = {
		{ "name", &uri->name },
		{ "command", &uri->command },
		{ "socket", &uri->socket },
		{ "auth", &uri->auth },
		{ "authfile", &uri->authfile },
		{ "netcat", &uri->netcat },
		{ "keyfile", &uri->keyfile },
		{ "pkipath", &uri->pkipath },
		{ "known_hosts", &uri->known_hosts },
		{ "known_hosts_verify", &uri->known_hosts_verify },
		{ "sshauth", &uri->sshauth },
		{ "tls_priority", &uri->tls_priority },
		{ "mode", &uri->mode },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		if (g_ascii_strcasecmp(known[i].name, name) != 0)
			continue;
		g_free(*known[i].place);
		*known[i].place = g_strdup(value);
		return true;
	}
	return false;
}

/* One parameter; what is the server's is added to @rest. */
static bool parse_parameter(RpcUri *uri, const char *name, const char *value, GString *rest,
			    GError **error)
{
	const struct {
		const char *name;
		bool *place;
	} switches[] = {
		{ "no_sanity", &uri->no_sanity },
		{ "no_verify", &uri->no_verify },
		{ "no_tty", &uri->no_tty },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(switches); i++)
		if (g_ascii_strcasecmp(switches[i].name, name) == 0)
			return parse_boolean(name, value, switches[i].place, error);
	if (g_ascii_strcasecmp("proxy", name) == 0)
		return parse_proxy(uri, value, error);
	if (take_string(uri, name, value))
		return true;
	g_string_append_c(rest, rest->len ? '&' : '?');
	g_string_append_uri_escaped(rest, name, NULL, FALSE);
	g_string_append_c(rest, '=');
	g_string_append_uri_escaped(rest, value, NULL, FALSE);
	return true;
}

static bool parse_query(RpcUri *uri, const char *query, GString *rest, GError **error)
{
	GUriParamsIter iter;
	char *name, *value;

	if (!query)
		return true;
	g_uri_params_iter_init(&iter, query, -1, "&;", G_URI_PARAMS_NONE);
	for (;;) {
		g_autoptr(GError) reason = NULL;
		bool more = g_uri_params_iter_next(&iter, &name, &value, &reason), ok;

		if (reason)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("the parameters '%s' of the URI cannot be read: %s"), query,
				    reason->message);
		if (!more)
			return true;
		ok = parse_parameter(uri, name, value, rest, error);
		g_free(name);
		g_free(value);
		if (!ok)
			return false;
	}
}

/* What does not go together. */
static bool check(const RpcUri *uri, const char *text, GError **error)
{
	if (uri->transport == RPC_URI_UNIX && uri->host)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("URI '%s' has a host, which the transport unix cannot reach; use "
			      "%s+ssh or %s+tls"),
			    text, uri->driver, uri->driver);
	if ((uri->transport == RPC_URI_TLS || uri->transport == RPC_URI_TCP ||
	     uri->transport == RPC_URI_SSH) &&
	    !uri->host)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("URI '%s' names no host; expected %s+...://HOST%s"), text,
			    uri->driver, uri->path);
	if (uri->transport == RPC_URI_EXT && !uri->command)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("URI '%s' needs the parameter 'command' for the transport ext"),
			    text);
	if (uri->authfile)
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("parameter 'authfile' of the URI is not supported: logging in with a "
			      "password is not"));
	if (uri->mode && strcmp(uri->mode, "auto") != 0 && strcmp(uri->mode, "legacy") != 0 &&
	    strcmp(uri->mode, "direct") != 0)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("parameter 'mode' of the URI is '%s'; there are auto, legacy and "
			      "direct"),
			    uri->mode);
	return true;
}

RpcUri *rpc_uri_parse(const char *text, GError **error)
{
	g_autoptr(RpcUri) uri = g_new0(RpcUri, 1);
	g_autoptr(GString) rest = g_string_new(NULL);
	g_autoptr(GError) reason = NULL;
	g_autofree char *scheme = NULL, *query = NULL;
	int port = -1;

	if (!g_uri_split_with_user(text, G_URI_FLAGS_ENCODED_QUERY, &scheme, &uri->user, NULL, NULL,
				   &uri->host, &port, &uri->path, &query, NULL, &reason) ||
	    !scheme)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("'%s' is not a URI%s%s; one looks like qemu:///system or "
				   "qemu+ssh://root@host/system"),
				 text, reason ? ": " : "", reason ? reason->message : "");
	uri->port = port > 0 ? (unsigned)port : 0;
	if (uri->host && !*uri->host)
		g_clear_pointer(&uri->host, g_free);
	if (!parse_scheme(uri, text, scheme, error) || !parse_query(uri, query, rest, error) ||
	    !check(uri, text, error))
		return NULL;
	uri->session = strcmp(uri->path, "/session") == 0;
	if (!uri->name)
		uri->name =
			strcmp(uri->driver, "remote") == 0
				? g_strdup("")
				: g_strdup_printf("%s://%s%s", uri->driver, uri->path, rest->str);
	return g_steal_pointer(&uri);
}

/* --- sockets --- */

static void add_socket(GPtrArray *sockets, const char *folder, const char *name, bool read_only)
{
	g_ptr_array_add(sockets, g_strdup_printf("%s/%s%s", folder, name, read_only ? "-ro" : ""));
}

/* The driver's own daemon of libvirt, where there is one. */
static const char *split_socket(const RpcUri *uri)
{
	if (uri->mode && strcmp(uri->mode, "legacy") == 0)
		return NULL;
	return strcmp(uri->driver, "qemu") == 0 ? "virtqemud-sock" : NULL;
}

char **rpc_uri_sockets(const RpcUri *uri, bool read_only)
{
	g_autoptr(GPtrArray) sockets = g_ptr_array_new();
	bool direct = uri->mode && strcmp(uri->mode, "direct") == 0;
	bool session = uri->session || (strlen(uri->path) < 2 && geteuid() != 0);
	const char *base = session ? g_get_user_runtime_dir() : "/run";
	g_autofree char *ours = g_strdup_printf("%s/reeve", session ? base : RUNSTATEDIR);
	g_autofree char *theirs = g_strdup_printf("%s/libvirt", base);

	if (uri->socket) {
		g_ptr_array_add(sockets, g_strdup(uri->socket));
	} else {
		read_only = read_only && !session; /* a session has only one socket */
		add_socket(sockets, ours, "reeve-sock", read_only);
		if (!session && strcmp(RUNSTATEDIR, "/run") != 0)
			add_socket(sockets, "/run/reeve", "reeve-sock", read_only);
		if (split_socket(uri))
			add_socket(sockets, theirs, split_socket(uri), read_only);
		if (!direct)
			add_socket(sockets, theirs, "libvirt-sock", read_only);
	}
	g_ptr_array_add(sockets, NULL);
	return (char **)g_ptr_array_steal(sockets, NULL);
}

/* --- commands --- */

static void add(GPtrArray *words, const char *word)
{
	g_ptr_array_add(words, g_strdup(word));
}

/* What the far shell runs: connects its input and output to the server there. */
static char *far_script(const RpcUri *uri, bool read_only)
{
	const char *nc = uri->netcat ? uri->netcat : "nc";
	g_autofree char *netcat = g_shell_quote(nc);
	g_autofree char *name = g_shell_quote(uri->name);
	const char *option = read_only ? "-r " : "";
	const char *suffix = read_only ? "-ro" : "";
	g_autoptr(GString) script = g_string_new(NULL);

	if (uri->socket) {
		g_autofree char *socket = g_shell_quote(uri->socket);

		return g_strdup_printf("exec %s -U %s", netcat, socket);
	}
	if (uri->proxy != RPC_URI_PROXY_NATIVE)
		g_string_append_printf(script,
				       "s=/run/reeve/reeve-sock%s; test -S $s && exec %s -U $s; ",
				       suffix, netcat);
	if (uri->proxy != RPC_URI_PROXY_NETCAT)
		g_string_append_printf(script, "%sexec virt-ssh-helper %s%s; ",
				       uri->proxy == RPC_URI_PROXY_NATIVE
					       ? ""
					       : "command -v virt-ssh-helper >/dev/null && ",
				       option, name);
	if (uri->proxy != RPC_URI_PROXY_NATIVE)
		g_string_append_printf(script,
				       "for s in /run/libvirt/virtqemud-sock%s "
				       "/run/libvirt/libvirt-sock%s; do "
				       "test -S $s && exec %s -U $s; done; "
				       "echo 'no socket of reeved or libvirtd here' >&2; exit 1",
				       suffix, suffix, netcat);
	return g_string_free(g_steal_pointer(&script), FALSE);
}

static bool add_host_checks(GPtrArray *words, const RpcUri *uri, GError **error)
{
	const char *verify = uri->known_hosts_verify ? uri->known_hosts_verify : "normal";

	if (uri->no_verify || strcmp(verify, "ignore") == 0) {
		add(words, "-oStrictHostKeyChecking=no");
	} else if (strcmp(verify, "auto") == 0) {
		add(words, "-oStrictHostKeyChecking=accept-new");
	} else if (strcmp(verify, "normal") != 0) {
		return fail(
			error, VIR_ERR_INVALID_ARG,
			_("parameter 'known_hosts_verify' of the URI is '%s'; there are normal, "
			  "auto and ignore"),
			verify);
	}
	if (uri->known_hosts)
		g_ptr_array_add(words,
				g_strdup_printf("-oUserKnownHostsFile=%s", uri->known_hosts));
	return true;
}

/* "agent,privkey,password" in ssh's own words. */
static bool add_methods(GPtrArray *words, const RpcUri *uri, GError **error)
{
	g_auto(GStrv) methods = g_strsplit(uri->sshauth ? uri->sshauth : "", ",", -1);
	g_autoptr(GString) list = g_string_new(NULL);

	for (char **m = methods; *m; m++) {
		const char *method = NULL;

		if (strcmp(*m, "agent") == 0 || strcmp(*m, "privkey") == 0)
			method = "publickey";
		else if (strcmp(*m, "password") == 0 || strcmp(*m, "keyboard-interactive") == 0)
			method = *m;
		else
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("parameter 'sshauth' of the URI names '%s'; there are agent, "
				      "privkey, password and keyboard-interactive"),
				    *m);
		if (!strstr(list->str, method))
			g_string_append_printf(list, "%s%s", list->len ? "," : "", method);
	}
	if (list->len)
		g_ptr_array_add(words, g_strdup_printf("-oPreferredAuthentications=%s", list->str));
	return true;
}

char **rpc_uri_proxy_command(const RpcUri *uri, bool read_only, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *script = NULL, *quoted = NULL;

	add(words, uri->command ? uri->command : "ssh");
	if (uri->transport == RPC_URI_SSH) {
		add(words, "-T");
		add(words, "-enone");
		if (uri->port)
			g_ptr_array_add(words, g_strdup_printf("-p%u", uri->port));
		if (uri->user)
			g_ptr_array_add(words, g_strdup_printf("-l%s", uri->user));
		if (uri->keyfile)
			g_ptr_array_add(words, g_strdup_printf("-i%s", uri->keyfile));
		if (uri->no_tty)
			add(words, "-oBatchMode=yes");
		if (!add_host_checks(words, uri, error) || !add_methods(words, uri, error))
			return NULL;
		script = far_script(uri, read_only);
		quoted = g_shell_quote(script);
		add(words, "--"); /* a host that begins with a dash is a host */
		add(words, uri->host);
		g_ptr_array_add(words, g_strdup_printf("sh -c %s", quoted));
	}
	g_ptr_array_add(words, NULL);
	g_ptr_array_set_free_func(words, NULL);
	return (char **)g_ptr_array_steal(words, NULL);
}
