/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logging in, opening and closing a connection, and what a connection can tell about itself. */
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libxml/uri.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/admit.h"
#include "daemon/client/client_private.h"
#include "daemon/client/serve.h"
#include "daemon/core/settings.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/ready.h"
#include "daemon/registry/domain_call.h"

/* The version of libvirt whose protocol this is: what clients compare with. */
#define PROTOCOL_LIB_VERSION 9000000

/* ---- Logging in ---------------------------------------------------------------------------- */

/*
 * The question itself logs in who needs nothing more, as clients that are told "none" go on
 * without another word.
 */
bool serve_auth_list(Call *call, G_GNUC_UNUSED NOTHING *args, remote_auth_list_ret *ret,
		     G_GNUC_UNUSED GError **error)
{
	Client *client = call->client;
	bool in = client->authenticated || access_login(client, NULL);

	ret->types.types_val = g_new0(remote_auth_type, 1);
	ret->types.types_len = 1;
	ret->types.types_val[0] = in ? REMOTE_AUTH_NONE : REMOTE_AUTH_POLKIT;
	return true;
}

bool serve_auth_polkit(Call *call, G_GNUC_UNUSED NOTHING *args, remote_auth_polkit_ret *ret,
		       GError **error)
{
	if (call->client->auth != CLIENT_AUTH_POLKIT)
		return fail(error, VIR_ERR_AUTH_FAILED,
			    _("this connection needs no authentication by user"));
	ret->complete = call->client->authenticated || access_login(call->client, error);
	return ret->complete;
}

/* ---- Opening ------------------------------------------------------------------------------- */

/* One place that a driver is reached at. */
typedef struct Place {
	const char *driver, *path;
	bool privileged, session; /* offered by a daemon of that kind */
} Place;

static const Place places[] = {
	{ "qemu", "/system", true, false },
	{ "qemu", "/session", false, true },
	{ "test", "/default", true, true },
};

static char *place_uri(const Place *place)
{
	return g_strdup_printf("%s://%s", place->driver, place->path);
}

static bool place_offered(const Place *place, bool privileged)
{
	return privileged ? place->privileged : place->session;
}

static bool refuse_uri(const Engine *engine, const char *name, GError **error)
{
	g_autoptr(GString) offered = g_string_new(NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *uri = place_uri(&places[i]);

		if (place_offered(&places[i], engine->privileged))
			g_string_append_printf(offered, "%s%s", offered->len ? ", " : "", uri);
	}
	return fail(error, VIR_ERR_NO_CONNECT,
		    _("no connection driver available for '%s'; this daemon offers %s"), name,
		    offered->str);
}

/* The scheme without a transport that the client has dealt with: "qemu+unix" is "qemu". */
static const Place *place_find(const Engine *engine, const char *name, GError **error)
{
	xmlURIPtr uri = xmlParseURI(name);
	const Place *found = NULL;

	if (!uri || !uri->scheme || (uri->server && *uri->server)) {
		xmlFreeURI(uri);
		refuse_uri(engine, name, error);
		return NULL;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(places) && !found; i++) {
		gsize length = strlen(places[i].driver);

		if (place_offered(&places[i], engine->privileged) &&
		    g_ascii_strncasecmp(uri->scheme, places[i].driver, length) == 0 &&
		    (uri->scheme[length] == '\0' || uri->scheme[length] == '+') &&
		    g_strcmp0(uri->path, places[i].path) == 0)
			found = &places[i];
	}
	xmlFreeURI(uri);
	if (!found)
		refuse_uri(engine, name, error);
	return found;
}

bool serve_connect_open(Call *call, remote_connect_open_args *args, G_GNUC_UNUSED NOTHING *ret,
			GError **error)
{
	Client *client = call->client;
	const char *name = args->name ? *args->name : "";
	const Place *place;

	if (client->driver)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("the connection is open already"));
	if (!args->name)
		return fail(error, VIR_ERR_NO_CONNECT,
			    _("connection not open: the call has no name, not even an empty one"));
	place = *name ? place_find(call->engine, name, error) :
			&places[call->engine->privileged ? 0 : 1];
	if (!place)
		return false;
	call->driver = driver_find(place->driver);
	if (!call->driver)
		return fail(error, VIR_ERR_NO_CONNECT, _("driver '%s' is not built in"),
			    place->driver);
	if (!ready_domains_call(call, error))
		return false;
	if (client->driver)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("the connection is open already"));
	client->driver = call->driver;
	client->uri = place_uri(place);
	client_opened(client);
	if (args->flags & VIR_CONNECT_RO)
		client->read_only = true;
	return true;
}

bool serve_connect_close(Call *call, G_GNUC_UNUSED NOTHING *args, G_GNUC_UNUSED NOTHING *ret,
			 G_GNUC_UNUSED GError **error)
{
	call->client->closing = true;
	return true;
}

/* ---- What the connection can tell ---------------------------------------------------------- */

/* Features that all connections have; migration asks the driver, which has none yet. */
static bool has_feature(int feature)
{
	static const int features[] = {
		8,  /* descriptors */
		9,  /* typed parameters with strings */
		10, /* keepalive */
		14, /* events with callback ids */
		15, /* close callback */
		16, /* network_update has its words in the documented order */
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(features); i++)
		if (features[i] == feature)
			return true;
	return false;
}

bool serve_connect_supports_feature(Call *call, remote_connect_supports_feature_args *args,
				    remote_connect_supports_feature_ret *ret, GError **error)
{
	const Settings *settings = call->engine->settings;
	const int keepalive = 10;

	if (!call->driver && args->feature != keepalive)
		return fail(error, VIR_ERR_INTERNAL_ERROR,
			    _("hypervisor connection not open: ask for feature %d after "
			      "connect_open"),
			    args->feature);
	ret->supported = has_feature(args->feature);
	/* Only who asks can answer pings. */
	if (args->feature == keepalive && call->client->conn)
		rpc_conn_keepalive(call->client->conn, (int)settings->keepalive_interval,
				   (unsigned)settings->keepalive_count);
	return true;
}

bool serve_connect_get_type(Call *call, G_GNUC_UNUSED NOTHING *args,
			    remote_connect_get_type_ret *ret, G_GNUC_UNUSED GError **error)
{
	ret->type = g_strdup(call->driver->title);
	return true;
}

bool serve_connect_get_version(Call *call, G_GNUC_UNUSED NOTHING *args,
			       remote_connect_get_version_ret *ret, GError **error)
{
	ret->hv_ver = call->driver->version(error);
	return ret->hv_ver != 0;
}

bool serve_connect_get_lib_version(G_GNUC_UNUSED Call *call, G_GNUC_UNUSED NOTHING *args,
				   remote_connect_get_lib_version_ret *ret,
				   G_GNUC_UNUSED GError **error)
{
	ret->lib_ver = PROTOCOL_LIB_VERSION;
	return true;
}

bool serve_connect_get_uri(Call *call, G_GNUC_UNUSED NOTHING *args, remote_connect_get_uri_ret *ret,
			   G_GNUC_UNUSED GError **error)
{
	ret->uri = g_strdup(call->client->uri);
	return true;
}

bool serve_connect_get_hostname(G_GNUC_UNUSED Call *call, G_GNUC_UNUSED NOTHING *args,
				remote_connect_get_hostname_ret *ret,
				G_GNUC_UNUSED GError **error)
{
	ret->hostname = g_strdup(g_get_host_name());
	return true;
}

bool serve_connect_is_secure(Call *call, G_GNUC_UNUSED NOTHING *args,
			     remote_connect_is_secure_ret *ret, G_GNUC_UNUSED GError **error)
{
	ret->secure = call->client->secure;
	return true;
}

bool serve_connect_register_close_callback(Call *call, G_GNUC_UNUSED NOTHING *args,
					   G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (call->client->wants_close_event)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("a close callback is registered already"));
	call->client->wants_close_event = true;
	return true;
}

bool serve_connect_unregister_close_callback(Call *call, G_GNUC_UNUSED NOTHING *args,
					     G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (!call->client->wants_close_event)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("no close callback is registered"));
	call->client->wants_close_event = false;
	return true;
}

/* ---- What the driver knows of the hypervisor ----------------------------------------------- */

static bool not_supported(const Call *call, GError **error)
{
	return fail(error, VIR_ERR_NO_SUPPORT,
		    _("this function is not supported by the connection driver: %s"),
		    call->proc->name);
}

bool serve_connect_get_capabilities(Call *call, G_GNUC_UNUSED NOTHING *args,
				    remote_connect_get_capabilities_ret *ret, GError **error)
{
	if (!call->driver->capabilities)
		return not_supported(call, error);
	ret->capabilities = call->driver->capabilities(error);
	return ret->capabilities != NULL;
}

static const char *optional(char **string)
{
	return string ? *string : NULL;
}

bool serve_connect_get_domain_capabilities(Call *call,
					   remote_connect_get_domain_capabilities_args *args,
					   remote_connect_get_domain_capabilities_ret *ret,
					   GError **error)
{
	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (!call->driver->domain_capabilities)
		return not_supported(call, error);
	ret->capabilities = call->driver->domain_capabilities(
		optional(args->emulatorbin), optional(args->arch), optional(args->machine),
		optional(args->virttype), error);
	return ret->capabilities != NULL;
}

bool serve_connect_get_max_vcpus(Call *call, remote_connect_get_max_vcpus_args *args,
				 remote_connect_get_max_vcpus_ret *ret, GError **error)
{
	if (!call->driver->max_vcpus)
		return not_supported(call, error);
	ret->max_vcpus = call->driver->max_vcpus(optional(args->type), error);
	return ret->max_vcpus > 0;
}

bool serve_connect_get_cpu_model_names(Call *call, remote_connect_get_cpu_model_names_args *args,
				       remote_connect_get_cpu_model_names_ret *ret, GError **error)
{
	g_auto(GStrv) models = NULL;

	*ret = (remote_connect_get_cpu_model_names_ret){ .ret = 0 };
	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (!call->driver->cpu_models)
		return not_supported(call, error);
	models = call->driver->cpu_models(args->arch, error);
	if (!models)
		return false;
	ret->ret = (int)MIN(g_strv_length(models), REMOTE_CONNECT_CPU_MODELS_MAX);
	if (!args->need_results)
		return true;
	ret->models.models_len = (u_int)ret->ret;
	ret->models.models_val = g_new0(char *, MAX(ret->ret, 1));
	for (int i = 0; i < ret->ret; i++)
		ret->models.models_val[i] = g_strdup(models[i]);
	return true;
}

bool serve_connect_domain_xml_to_native(Call *call, remote_connect_domain_xml_to_native_args *args,
					remote_connect_domain_xml_to_native_ret *ret,
					GError **error)
{
	g_autoptr(DomainDef) def = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (!call->driver->to_native)
		return not_supported(call, error);
	def = definition_read(call, args->domainXml, 0, error);
	if (!def)
		return false;
	ret->nativeConfig = call->driver->to_native(def, args->nativeFormat, error);
	return ret->nativeConfig != NULL;
}

bool serve_connect_domain_xml_from_native(Call *call,
					  remote_connect_domain_xml_from_native_args *args,
					  remote_connect_domain_xml_from_native_ret *ret,
					  GError **error)
{
	g_autoptr(DomainDef) def = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	if (!call->driver->from_native)
		return not_supported(call, error);
	def = call->driver->from_native(args->nativeFormat, args->nativeConfig, error);
	if (!def)
		return false;
	ret->domainXml = domain_def_format(def, CONF_INACTIVE);
	return true;
}
