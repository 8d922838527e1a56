/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/network/network.h"

#include <net/if.h>
#include <string.h>
#include <sys/epoll.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/network/address.h"
#include "daemon/network/host.h"
#include "daemon/network/record.h"
#include "daemon/object/class.h"

#define RESTART_USEC (10 * G_USEC_PER_SEC) /* between two restarts of one dnsmasq */

/* ---- memory -------------------------------------------------------------------------------- */

static void watch_end(ActiveNetwork *network)
{
	g_clear_pointer(&network->watch, sd_event_source_disable_unref);
	fd_clear(&network->pidfd);
	network->dnsmasq = 0;
}

static void active_network_free(void *data)
{
	ActiveNetwork *network = data;

	if (!network)
		return;
	watch_end(network);
	network_def_free(network->def);
	g_free(network);
}

NetworkDef *network_def_of(const Object *object, GError **error)
{
	return network_def_parse(object->xml, strlen(object->xml), CONF_INACTIVE, NULL, error);
}

ActiveNetwork *network_active(const Object *object, GError **error)
{
	if (object->active && object->data)
		return object->data;
	return fail_null(error, VIR_ERR_OPERATION_INVALID, _("network '%s' is not active"), object->name);
}

NetworkDef *network_def_now(const Object *object, GError **error)
{
	const ActiveNetwork *network = network_active(object, NULL);

	return network ? network_def_copy(network->def) : network_def_of(object, error);
}

void network_adopt(Object *object, NetworkDef *def)
{
	ActiveNetwork *network = g_new0(ActiveNetwork, 1);

	network->def = def;
	network->pidfd = -1;
	object->data = network;
	object->data_free = active_network_free;
	object_set_active(object, true);
}

static void set_inactive(Object *object)
{
	g_clear_pointer(&object->data, active_network_free);
	object_set_active(object, false);
}

char *network_show(const Object *object, unsigned flags, G_GNUC_UNUSED GError **error)
{
	const ActiveNetwork *network =
		flags & VIR_NETWORK_XML_INACTIVE ? NULL : network_active(object, NULL);

	return network ? network_def_format(network->def, CONF_SECURE) : g_strdup(object->xml);
}

/* ---- dnsmasq ------------------------------------------------------------------------------- */

/* It ended by itself: the same request as ever starts it again. */
static void restart_on_fiber(void *data)
{
	g_autoptr(Object) object = data;
	g_autoptr(GError) error = NULL;
	const ActiveNetwork *network = network_active(object, NULL);
	gint64 due = network ? network->restarted + RESTART_USEC : 0;
	gint64 now = g_get_monotonic_time();

	if (network && network->restarts > 1 && due > now && !fiber_sleep_wait((uint64_t)(due - now), NULL))
		return;
	{
		g_auto(ObjectHold) held = object_hold_wait(object, "a restart of dnsmasq", &error);
		ActiveNetwork *again = held ? network_active(object, NULL) : NULL;

		if (!again || again->dnsmasq)
			return;
		again->restarted = g_get_monotonic_time();
		if (network_apply_call(object, &error))
			return;
		log_error(_("network '%s': dnsmasq has ended and could not be started again: %s"),
			  object->name, error->message);
	}
	/* What is in its way may go. */
	if (!object->engine->stopping && network_active(object, NULL))
		fiber_spawn("restart of dnsmasq", restart_on_fiber, object_ref(object), NULL);
}

static void note_restart(const Object *object)
{
	ActiveNetwork *network = object->data;

	log_warning(_("network '%s': dnsmasq has ended; it is started again (restart %u)"), object->name,
		    ++network->restarts);
}

static int on_dnsmasq_end(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
			  G_GNUC_UNUSED uint32_t events, void *data)
{
	Object *object = data;
	ActiveNetwork *network = object->data;

	watch_end(network);
	note_restart(object);
	if (!object->engine->stopping &&
	    !fiber_spawn("restart of dnsmasq", restart_on_fiber, object_ref(object), NULL))
		object_unref(object);
	return 0;
}

static void watch_begin(Object *object, const NetworkHost *host)
{
	ActiveNetwork *network = object->data;

	watch_end(network);
	network->dnsmasq = host->dnsmasq;
	network->pidfd = host->pidfd;
	if (host->pidfd >= 0)
		sd_event_add_io(object->engine->loop, &network->watch, host->pidfd, EPOLLIN,
				on_dnsmasq_end, object);
}

/* ---- the host follows ---------------------------------------------------------------------- */

static bool apply_call(Object *object, NetworkHost *ret, GError **error)
{
	const ActiveNetwork *network = object->data;

	if (!network_def_has_own_bridge(network->def))
		return true;
	if (!network_host_apply_call(object->engine, network->def, ret, error))
		return false;
	watch_begin(object, ret);
	return true;
}

bool network_apply_call(Object *object, GError **error)
{
	NetworkHost host = { .pidfd = -1 };

	return apply_call(object, &host, error);
}

bool network_complete_call(Object *object, GError **error)
{
	NetworkHost host = { .pidfd = -1 };

	if (!apply_call(object, &host, error))
		return false;
	/* It ended while nobody watched. */
	if (host.respawned)
		note_restart(object);
	return true;
}

static bool unsupported(const NetworkDef *def, const char *what, GError **error)
{
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("network '%s' cannot be started: %s is not supported"), def->name, what);
}

/* What a definition may say and nobody does yet is refused, not forgotten. */
static bool start_check(const NetworkDef *def, GError **error)
{
	ForwardMode mode = def->forward ? def->forward->mode : FORWARD_NONE;

	if (mode == FORWARD_HOSTDEV)
		return unsupported(def, "<forward mode='hostdev'>", error);
	if (def->bridge && def->bridge->zone)
		return unsupported(def, "<bridge zone=...>", error);
	if (def->bridge && def->bridge->mac_table_manager == MAC_TABLE_LIBVIRT)
		return unsupported(def, "macTableManager='libvirt'", error);
	if (def->domain && def->domain->register_ == TRISTATE_YES)
		return unsupported(def, "<domain register='yes'>", error);
	if (def->bandwidth)
		return unsupported(def, "<bandwidth>", error);
	if (def->virtualport && def->virtualport->type)
		return unsupported(def, "<virtualport>", error);
	return !network_def_has_own_bridge(def) || network_addresses_check(def, error);
}

/* The bridge of a definition of before names were written down. */
static NetworkDef *start_def(const Object *object, const char *xml, GError **error)
{
	g_autoptr(NetworkDef) def = network_def_parse(xml ? xml : object->xml,
						      strlen(xml ? xml : object->xml), CONF_INACTIVE,
						      NULL, error);

	if (!def || !network_settle(object->engine->objects, def, object, error) ||
	    !start_check(def, error))
		return NULL;
	return g_steal_pointer(&def);
}

bool network_start_call(Object *object, const char *xml, G_GNUC_UNUSED unsigned flags, GError **error)
{
	g_autoptr(NetworkDef) def = NULL;

	if (object->active)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("network '%s' is active already"),
			    object->name);
	def = start_def(object, xml, error);
	if (!def || !record_write(object, def, error))
		return false;
	network_adopt(object, g_steal_pointer(&def));
	if (network_apply_call(object, error))
		return true;
	record_remove(object);
	set_inactive(object);
	return false;
}

bool network_stop_call(Object *object, GError **error)
{
	ActiveNetwork *network = network_active(object, error);
	Uuid uuid;

	if (!network)
		return false;
	/* That dnsmasq ends is wanted. */
	g_clear_pointer(&network->watch, sd_event_source_disable_unref);
	memcpy(uuid.bytes, object->uuid, sizeof(uuid.bytes));
	if (network_def_has_own_bridge(network->def) &&
	    !network_host_remove_call(object->engine, &uuid, error)) {
		network->dnsmasq = 0;
		restart_on_fiber(object_ref(object));
		return false;
	}
	record_remove(object);
	set_inactive(object);
	return true;
}

bool network_change_call(Object *object, NetworkDef *def, GError **error)
{
	ActiveNetwork *network = network_active(object, NULL);
	NetworkDef *before = network->def;
	g_autoptr(GError) reason = NULL;

	network->def = def;
	if (record_write(object, def, error) && network_apply_call(object, error)) {
		network_def_free(before);
		return true;
	}
	network->def = before;
	network_def_free(def);
	if (!record_write(object, before, &reason) || !network_apply_call(object, &reason))
		log_error(_("network '%s' is not as it was before a change that failed: %s"), object->name,
			  reason->message);
	return false;
}

/* ---- names of bridges ---------------------------------------------------------------------- */

static bool names_bridge(const Object *object, const char *name)
{
	const ActiveNetwork *network = network_active(object, NULL);
	g_autoptr(NetworkDef) def = network_def_of(object, NULL);

	return (def && def->bridge && g_strcmp0(def->bridge->name, name) == 0) ||
	       (network && network->def->bridge && g_strcmp0(network->def->bridge->name, name) == 0);
}

/* Another network than @self that has a bridge of that name, borrowed. */
static const Object *bridge_owner(Objects *objects, const char *name, const Object *self)
{
	g_autoptr(GPtrArray) list = objects_list(objects, OBJECT_NETWORK, "");

	for (guint i = 0; i < list->len; i++)
		if (list->pdata[i] != self && names_bridge(list->pdata[i], name))
			return list->pdata[i];
	return NULL;
}

static char *bridge_choose(Objects *objects, const char *pattern, const Object *self)
{
	enum { BRIDGES_MAX = 256 };
	g_auto(GStrv) parts = g_strsplit(pattern, "%d", 2);

	for (unsigned i = 0; i <= BRIDGES_MAX; i++) {
		g_autofree char *name = g_strdup_printf("%s%u%s", parts[0], i, parts[1]);

		if (strlen(name) < IFNAMSIZ && !bridge_owner(objects, name, self) &&
		    !if_nametoindex(name))
			return g_steal_pointer(&name);
	}
	return NULL;
}

bool network_settle(Objects *objects, void *data, const Object *self, GError **error)
{
	NetworkDef *def = data;
	g_autoptr(NetworkDef) before = NULL;
	const char *pattern;
	const Object *owner;

	if (!network_def_has_own_bridge(def))
		return true;
	/* A definition again without a name is the same network. */
	before = def->bridge->name || !self->xml ? NULL : network_def_of(self, NULL);
	if (before && before->bridge && before->bridge->name && network_def_has_own_bridge(before))
		def->bridge->name = g_strdup(before->bridge->name);
	pattern = def->bridge->name ? def->bridge->name : "virbr%d";
	if (strstr(pattern, "%d")) {
		char *name = bridge_choose(objects, pattern, self);

		if (!name)
			return fail(error, VIR_ERR_INTERNAL_ERROR,
				    _("network '%s': no bridge of the form '%s' is free"), def->name,
				    pattern);
		g_free(def->bridge->name);
		def->bridge->name = name;
	}
	owner = bridge_owner(objects, def->bridge->name, self);
	return !owner || fail(error, VIR_ERR_INTERNAL_ERROR,
			      _("network '%s': the bridge '%s' belongs to network '%s' already"),
			      def->name, def->bridge->name, owner->name);
}
