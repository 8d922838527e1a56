/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Display and keyboard of a domain. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "rpc/wire/wire.h"
#include "tools/object/domain_ref.h"
#include "tools/cli/download.h"
#include "tools/domain/keycodes.h"
#include "tools/cli/xmlfile.h"

static XmlView *running_view(Session *session, const Domain *domain, unsigned int flags, GError **error)
{
	bool active;
	const char *xml;

	if (!domain || !domain_active(session, domain, &active, error))
		return NULL;
	if (!active)
		return fail_null(error, VIR_ERR_OPERATION_INVALID, _("Domain is not running"));
	xml = domain_xml(session, domain, flags, error);
	return xml ? xml_view(session, xml, error) : NULL;
}

bool cmd_vncdisplay(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	XmlView *view = running_view(session, domain, 0, error);
	const char *port, *listen, *text;
	gint64 number;

	if (!view)
		return false;
	port = xml_text(session, view, NULL, "/domain/devices/graphics[@type='vnc']/@port");
	if (!port || !g_ascii_string_to_signed(port, 10, 0, 65535, &number, NULL))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("Failed to get VNC port. Is this domain using VNC?"));
	listen = xml_text(session, view, NULL, "/domain/devices/graphics[@type='vnc']/@listen");
	if (listen && (!listen[0] || !strcmp(listen, "0.0.0.0")))
		listen = NULL;
	text = session_printf(session, listen && strchr(listen, ':') ? "[%s]:%d" : "%s:%d",
			      listen ? listen : "", (int)number - 5900);
	out_text(session, "display", text);
	return true;
}

/* The host that remote viewers would use instead of 0.0.0.0; NULL for a local connection. */
static const char *connection_host(Session *session)
{
	g_autoptr(RpcUri) uri = session->uri ? rpc_uri_parse(session->uri, NULL) : NULL;

	return uri && uri->host ? session_printf(session, "%s", uri->host) : NULL;
}

static const char *listen_address(Session *session, XmlView *view, xmlNode *graphics)
{
	const char *listen = xml_text(session, view, graphics, "listen[@type='address' or @type='network']"
								"/@address | @listen");

	if (!listen || !strcmp(listen, "0.0.0.0") || !strcmp(listen, "::"))
		listen = connection_host(session);
	if (!listen)
		return "127.0.0.1";
	return strchr(listen, ':') ? session_printf(session, "[%s]", listen) : listen;
}

/* "vnc://:password@host:1"; NULL when the display has no address. */
static const char *display_uri(Session *session, const Args *args, XmlView *view, xmlNode *graphics)
{
	const char *type = xml_text(session, view, graphics, "@type");
	const char *port = xml_text(session, view, graphics, "@port");
	const char *tls = xml_text(session, view, graphics, "@tlsPort");
	const char *password = xml_text(session, view, graphics, "@passwd");
	const char *socket = xml_text(session, view, graphics, "listen[@type='socket']/@socket | @socket");
	gint64 number = 0;
	bool has_port = port && g_ascii_string_to_signed(port, 10, 1, 65535, &number, NULL);
	const char *secret = args_has(args, "include-password") && password ?
				     session_printf(session, ":%s@", password) : "";

	if (!type)
		return NULL;
	if (socket)
		return session_printf(session, "%s+unix://%s%s", type, secret, socket);
	if (!has_port && (!tls || !strcmp(tls, "-1")))
		return NULL;
	if (!strcmp(type, "vnc"))
		number -= 5900;
	if (strcmp(type, "spice") != 0)
		return session_printf(session, "%s://%s%s:%d", type, secret,
				      listen_address(session, view, graphics), (int)number);
	return session_printf(session, "spice://%s%s%s%s%s", listen_address(session, view, graphics),
			      has_port ? session_printf(session, ":%d", (int)number) : "",
			      tls && strcmp(tls, "-1") != 0 ?
				      session_printf(session, "?tls-port=%s", tls) : "",
			      secret[0] ? session_printf(session, "%cpassword=",
							 tls && strcmp(tls, "-1") != 0 ? '&' : '?') : "",
			      secret[0] ? password : "");
}

bool cmd_domdisplay(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	XmlView *view = running_view(session, domain,
				     args_has(args, "include-password") ? VIR_DOMAIN_XML_SECURE : 0, error);
	const char *wanted = args_text(args, "type");
	XmlNodes *list;
	json_t *array;

	if (!view)
		return false;
	list = xml_find(session, view, NULL, "/domain/devices/graphics");
	array = json_array();
	for (int i = 0; i < list->n; i++) {
		const char *type = xml_text(session, view, list->nodes[i], "@type");
		const char *uri = !wanted || (type && !strcmp(type, wanted)) ?
					  display_uri(session, args, view, list->nodes[i]) : NULL;

		if (!uri || (json_array_size(array) && !args_has(args, "all")))
			continue;
		out_print(session, "%s\n", uri);
		json_array_append_new(array, json_text(uri));
	}
	if (!json_array_size(array)) {
		json_decref(array);
		return wanted ? fail(error, VIR_ERR_OPERATION_INVALID,
				     _("No graphical display with type '%s' found"), wanted) :
				fail(error, VIR_ERR_OPERATION_INVALID, _("No graphical display found"));
	}
	out_value(session, array);
	return true;
}

static const char *picture_suffix(const char *mime)
{
	if (!strcmp(mime, "image/x-portable-pixmap"))
		return ".ppm";
	return !strcmp(mime, "image/png") ? ".png" : "";
}

static const char *picture_name(Session *session, const Domain *domain, const char *mime)
{
	time_t now = time(NULL);
	struct tm when;
	char text[32];

	localtime_r(&now, &when);
	strftime(text, sizeof(text), "%Y-%m-%d-%H:%M:%S", &when);
	return session_printf(session, "%s-%s%s", domain->name, text, picture_suffix(mime));
}

bool cmd_screenshot(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_screenshot_args call = { 0 };
	remote_domain_screenshot_ret ret = { 0 };
	Download download = { .proc = REMOTE(domain_screenshot), .args = &call, .ret = &ret };
	const char *mime, *file = args_text(args, "file");
	json_t *what;
	bool result;

	if (!domain || !args_uint(args, "screen", &call.screen, error))
		return false;
	call.dom = *domain;
	if (!download_open(session, &download, error))
		return failed(session, _("could not take a screenshot of %s"), domain->name);
	mime = session_printf(session, "%s", ret.mime ? *ret.mime : "");
	rpc_free(download.proc->ret_filter, &ret);
	if (!file)
		file = picture_name(session, domain, mime);
	result = download_finish(session, &download, file, error);
	if (!result)
		return false;
	what = domain_result(domain, "screenshot");
	json_object_set_new(what, "file", json_text(file));
	json_object_set_new(what, "type", json_text(mime));
	out_done(session, what, _("Screenshot saved to %s, with type of %s"), file, mime);
	return true;
}

bool cmd_send_key(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *const *words = args_rest(args, "keycode");
	const char *codeset = args_text(args, "codeset");
	remote_domain_send_key_args call = { 0 };
	guint codes[REMOTE_DOMAIN_SEND_KEY_MAX];
	guint n = g_strv_length((char **)words);

	if (!domain || !args_uint(args, "holdtime", &call.holdtime, error) ||
	    !keycode_set_find(codeset ? codeset : "linux", &call.codeset, error))
		return false;
	if (n > G_N_ELEMENTS(codes))
		return fail(error, VIR_ERR_INVALID_ARG, _("too many keycodes: at most %d at once"),
			    (int)G_N_ELEMENTS(codes));
	for (guint i = 0; i < n; i++)
		if (!keycode_find(call.codeset, words[i], &codes[i], error))
			return false;
	call.dom = *domain;
	call.keycodes.keycodes_len = n;
	call.keycodes.keycodes_val = codes;
	if (!TELL(session, domain_send_key, &call, error))
		return false;
	out_value(session, domain_result(domain, "send-key"));
	return true;
}
