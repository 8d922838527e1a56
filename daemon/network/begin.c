/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks at the engine's start: those that ran on, what is left of others, those of a fresh start. */
#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/core/settings.h"
#include "daemon/network/address.h"
#include "daemon/network/host.h"
#include "daemon/network/network.h"
#include "daemon/network/record.h"
#include "daemon/object/class.h"

#define META_DEFAULT "default_network"

/* ---- what ran on --------------------------------------------------------------------------- */

/* The host is made to agree with the record: nothing has to be done where nothing was interrupted. */
static void complete_on_fiber(void *data)
{
	g_autoptr(Object) object = data;
	g_autoptr(GError) error = NULL;
	g_auto(ObjectHold) held = object_hold_wait(object, "a start", &error);

	if (!held || !object->active || network_complete_call(object, &error))
		return;
	log_error(_("network '%s' was active and cannot be so again: %s"), object->name, error->message);
	if (network_stop_call(object, NULL))
		object_class(OBJECT_NETWORK)->emit(object, VIR_NETWORK_EVENT_STOPPED);
}

/* Parks. Takes @def. Of a network without a definition there is nothing but the record. */
static void take_call(Engine *engine, NetworkDef *def)
{
	g_autofree char *xml = network_def_format(def, CONF_SECURE);
	const ObjectSpec spec = { .kind = OBJECT_NETWORK, .uuid = def->uuid.bytes, .name = def->name };
	g_autoptr(GError) error = NULL;
	g_auto(ObjectHold) object = object_claim_wait(engine->objects, &spec, "a start", &error);

	if (!object) {
		log_warning(_("network '%s' is active and cannot be taken over: %s"), def->name,
			    error->message);
		network_def_free(def);
		return;
	}
	if (object->pending)
		object_set_xml(object, xml);
	network_adopt(object, def);
	object_publish(object);
	if (!fiber_spawn("start of a network", complete_on_fiber, object_ref(object), NULL))
		object_unref(object);
}

/* Directories of reeve-priv's without a record: a start or a stop was interrupted. */
static void leftovers_call(Engine *engine)
{
	g_autofree char *path = g_build_filename(engine->run_dir, "net", NULL);
	GDir *list = g_dir_open(path, 0, NULL);
	const char *name;

	while (list && (name = g_dir_read_name(list))) {
		g_autoptr(GError) error = NULL;
		const Object *object;
		Uuid uuid;

		if (!uuid_parse(name, &uuid))
			continue;
		object = object_find_uuid(engine->objects, OBJECT_NETWORK, uuid.bytes);
		if (object && object->active)
			continue;
		if (!network_host_remove_call(engine, &uuid, &error))
			log_warning(_("cannot remove what is left of network %s: %s"), name,
				    error->message);
	}
	if (list)
		g_dir_close(list);
}

void networks_take_over_call(Engine *engine)
{
	records_each(engine, take_call);
	if (engine->priv)
		leftovers_call(engine);
}

/* ---- the start of the host ----------------------------------------------------------------- */

static void autostart_call(Object *object)
{
	g_autoptr(GError) error = NULL;
	g_auto(ObjectHold) held = object_hold_wait(object, "autostart", &error);

	if (held && (object->active || network_start_call(object, NULL, 0, &error)))
		return;
	log_error(_("cannot autostart network '%s': %s"), object->name, error->message);
}

void networks_autostart_call(Engine *engine)
{
	g_autoptr(GPtrArray) list = objects_list(engine->objects, OBJECT_NETWORK, "");

	for (guint i = 0; i < list->len; i++)
		object_ref(list->pdata[i]);
	g_ptr_array_set_free_func(list, (GDestroyNotify)object_unref);
	for (guint i = 0; i < list->len && !engine->stopping; i++)
		if (((const Object *)list->pdata[i])->autostart)
			autostart_call(list->pdata[i]);
}

void networks_leave_all(Engine *engine)
{
	g_autoptr(GPtrArray) list = objects_list(engine->objects, OBJECT_NETWORK, "");

	for (guint i = 0; i < list->len; i++) {
		ActiveNetwork *network = network_active(list->pdata[i], NULL);

		if (network)
			g_clear_pointer(&network->watch, sd_event_source_disable_unref);
	}
}

/* ---- the network of fresh installations ---------------------------------------------------- */

static bool default_known;

void network_default_note(const char *key)
{
	default_known |= strcmp(key, META_DEFAULT) == 0;
}

/* The third byte of 192.168.x.0/24: 122 as everybody expects, else one that the host does not use; 0: none. */
static unsigned default_subnet(void)
{
	for (unsigned i = 0; i < 254; i++) {
		unsigned byte = (122 - 1 + i) % 254 + 1;
		g_autofree char *dev = subnet_in_use(
			(Subnet4){ 192u << 24 | 168u << 16 | byte << 8 | 1, 0xffffff00u }, NULL);

		if (!dev)
			return byte;
	}
	return 0;
}

static char *default_xml(Engine *engine, Uuid *ret_uuid, GError **error)
{
	unsigned byte = default_subnet();
	g_autofree char *xml = g_strdup_printf(
		"<network><name>default</name><forward mode='nat'/><bridge name='virbr%%d'/>"
		"<ip address='192.168.%u.1' netmask='255.255.255.0'><dhcp>"
		"<range start='192.168.%u.2' end='192.168.%u.254'/></dhcp></ip></network>",
		byte, byte, byte);
	const Object nobody = { .kind = OBJECT_NETWORK };
	g_autoptr(NetworkDef) def = NULL;

	if (byte == 0)
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("all subnets of 192.168.0.0/16 are in use"));
	def = network_def_parse(xml, strlen(xml), CONF_INACTIVE, NULL, error);
	if (!def || !network_settle(engine->objects, def, &nobody, error))
		return NULL;
	*ret_uuid = def->uuid;
	return network_def_format(def, CONF_INACTIVE | CONF_SECURE);
}

/* Object and mark in one transaction: it comes once, also if it was undefined since. */
static bool default_commit(Engine *engine, Object *object, const char *xml, GError **error)
{
	const StoreOrigin origin = { .uid = -1, .origin = "reeved", .action = "define" };
	g_autoptr(StoreBatch) batch = store_batch_new();
	StoreObject row;

	object_set_xml(object, xml);
	row = object_row(object);
	row.autostart = true;
	store_batch_object(batch, &row, &origin);
	store_batch_meta(batch, META_DEFAULT, "1");
	if (!store_commit(engine->store, batch, error))
		return false;
	object_follow(object, &row);
	object_publish(object);
	return true;
}

void network_default_call(Engine *engine)
{
	g_autoptr(GPtrArray) list = objects_list(engine->objects, OBJECT_NETWORK, "");
	ObjectSpec spec = { .kind = OBJECT_NETWORK, .name = "default" };
	g_autoptr(GError) error = NULL;
	g_auto(ObjectHold) object = NULL;
	g_autofree char *xml = NULL;
	Uuid uuid;

	if (strcmp(engine->settings->default_network, "yes") != 0 || !engine->priv || default_known || list->len > 0)
		return;
	xml = default_xml(engine, &uuid, &error);
	spec.uuid = uuid.bytes;
	object = xml ? object_claim_wait(engine->objects, &spec, "a definition", &error) : NULL;
	if (!object || !default_commit(engine, object, xml, &error))
		log_warning(_("there is no network 'default': %s"), error->message);
}
