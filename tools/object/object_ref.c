/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/domain_ref.h"
#include "tools/object/object.h"

/* By UUID where the text is one, else by name. @member is the handle's in the reply. */
#define FIND(function, noun, handle, member, absent, missing) \
	static const handle *function(Session *session, const char *name, GError **error) \
	{ \
		remote_##noun##_lookup_by_name_args args = { .name = (char *)name }; \
		remote_##noun##_lookup_by_name_ret *ret; \
		remote_##noun##_lookup_by_uuid_args uuid_args; \
		remote_##noun##_lookup_by_uuid_ret *uuid_ret; \
		g_autoptr(GError) problem = NULL; \
\
		if (!session_client(session, error)) \
			return NULL; \
		if (uuid_read(name, (unsigned char *)uuid_args.uuid)) { \
			uuid_ret = ASK(session, noun##_lookup_by_uuid, &uuid_args, NULL); \
			if (uuid_ret) \
				return &uuid_ret->member; \
		} \
		ret = ASK(session, noun##_lookup_by_name, &args, &problem); \
		if (ret) \
			return &ret->member; \
		if (error_code(problem) == absent) \
			return fail_null(error, absent, _(missing), name); \
		failed(session, _(missing), name); \
		g_propagate_error(error, g_steal_pointer(&problem)); \
		return NULL; \
	}

FIND(network_find, network, remote_nonnull_network, net, VIR_ERR_NO_NETWORK,
     N_("failed to get network '%s'"))
FIND(nwfilter_find, nwfilter, remote_nonnull_nwfilter, nwfilter, VIR_ERR_NO_NWFILTER,
     N_("failed to get nwfilter '%s'"))
FIND(pool_find_any, storage_pool, remote_nonnull_storage_pool, pool, VIR_ERR_NO_STORAGE_POOL,
     N_("failed to get pool '%s'"))

const remote_nonnull_network *network_arg(Session *session, const Args *args, GError **error)
{
	return network_find(session, args_text(args, "network"), error);
}

const remote_nonnull_nwfilter *nwfilter_arg(Session *session, const Args *args, GError **error)
{
	return nwfilter_find(session, args_text(args, "nwfilter"), error);
}

const remote_nonnull_storage_pool *pool_find(Session *session, const char *name, GError **error)
{
	return pool_find_any(session, name, error);
}

const remote_nonnull_storage_pool *pool_arg(Session *session, const Args *args, GError **error)
{
	return pool_find_any(session, args_text(args, "pool"), error);
}

const remote_nonnull_interface *iface_arg(Session *session, const Args *args, GError **error)
{
	char *name = (char *)args_text(args, "interface");
	remote_interface_lookup_by_name_args args_name = { name };
	remote_interface_lookup_by_mac_string_args args_mac = { name };
	remote_interface_lookup_by_name_ret *ret = ASK(session, interface_lookup_by_name, &args_name, error);
	remote_interface_lookup_by_mac_string_ret *mac;

	if (ret)
		return &ret->iface;
	mac = strchr(name, ':') ? ASK(session, interface_lookup_by_mac_string, &args_mac, NULL) : NULL;
	if (mac) {
		g_clear_error(error);
		return &mac->iface;
	}
	failed(session, _("failed to get interface '%s'"), name);
	return NULL;
}

/* "wwnn,wwpn" names a SCSI host. */
const remote_nonnull_node_device *nodedev_arg(Session *session, const Args *args, GError **error)
{
	const char *name = args_text(args, "device");
	remote_node_device_lookup_by_name_args by_name = { (char *)name };
	remote_node_device_lookup_by_name_ret *ret;
	g_auto(GStrv) parts = g_strsplit(name, ",", 2);

	if (parts[0] && parts[1]) {
		remote_node_device_lookup_scsi_host_by_wwn_args args_wwn = { parts[0], parts[1], 0 };
		remote_node_device_lookup_scsi_host_by_wwn_ret *wwn =
			ASK(session, node_device_lookup_scsi_host_by_wwn, &args_wwn, error);

		return wwn ? &wwn->dev : NULL;
	}
	ret = ASK(session, node_device_lookup_by_name, &by_name, error);
	if (ret)
		return &ret->dev;
	failed(session, _("Could not find matching device '%s'"), name);
	return NULL;
}

const remote_nonnull_secret *secret_arg(Session *session, const Args *args, GError **error)
{
	const char *text = args_text(args, "secret");
	remote_secret_lookup_by_uuid_args by_uuid;
	remote_secret_lookup_by_uuid_ret *ret;

	if (!uuid_read(text, (unsigned char *)by_uuid.uuid))
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("failed to get secret '%s': secrets are named by their UUID"), text);
	ret = ASK(session, secret_lookup_by_uuid, &by_uuid, error);
	if (ret)
		return &ret->secret;
	failed(session, _("failed to get secret '%s'"), text);
	return NULL;
}

const remote_nonnull_storage_vol *volume_find(Session *session, const char *name, const char *pool,
					      GError **error)
{
	remote_storage_vol_lookup_by_name_args by_name = { .name = (char *)name };
	remote_storage_vol_lookup_by_key_args by_key = { (char *)name };
	remote_storage_vol_lookup_by_path_args by_path = { (char *)name };
	const remote_nonnull_storage_pool *found = pool ? pool_find_any(session, pool, error) : NULL;
	remote_storage_vol_lookup_by_name_ret *name_ret;
	remote_storage_vol_lookup_by_key_ret *key_ret;
	remote_storage_vol_lookup_by_path_ret *path_ret;

	if (pool && !found)
		return NULL;
	if (found) {
		by_name.pool = *found;
		name_ret = ASK(session, storage_vol_lookup_by_name, &by_name, NULL);
		if (name_ret)
			return &name_ret->vol;
	}
	key_ret = ASK(session, storage_vol_lookup_by_key, &by_key, NULL);
	if (key_ret)
		return &key_ret->vol;
	path_ret = ASK(session, storage_vol_lookup_by_path, &by_path, error);
	if (path_ret)
		return &path_ret->vol;
	if (pool)
		failed(session, _("failed to get vol '%s'"), name);
	else
		failed(session, _("failed to get vol '%s', specifying --pool might help"), name);
	return NULL;
}

const remote_nonnull_storage_vol *volume_arg(Session *session, const Args *args, GError **error)
{
	return volume_find(session, args_text(args, "vol"), args_text(args, "pool"), error);
}

json_t *object_result(const char *what, const char *name, const void *uuid, const char *result)
{
	json_t *object = json_object();

	json_object_set_new(object, what, json_text(name));
	if (uuid)
		json_object_set_new(object, "uuid", json_uuid(uuid));
	json_object_set_new(object, "done", json_string(result));
	return object;
}

const remote_nonnull_nwfilter_binding *binding_arg(Session *session, const Args *args, GError **error)
{
	remote_nwfilter_binding_lookup_by_port_dev_args call = { (char *)args_text(args, "binding") };
	remote_nwfilter_binding_lookup_by_port_dev_ret *ret =
		ASK(session, nwfilter_binding_lookup_by_port_dev, &call, error);

	if (ret)
		return &ret->nwfilter;
	failed(session, _("failed to get nwfilter binding '%s'"), call.name);
	return NULL;
}

const remote_nonnull_network_port *port_arg(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_network *net = network_arg(session, args, error);
	remote_network_port_lookup_by_uuid_args call;
	remote_network_port_lookup_by_uuid_ret *ret;

	if (!net)
		return NULL;
	if (!uuid_read(args_text(args, "port"), (unsigned char *)call.uuid))
		return fail_null(error, VIR_ERR_INVALID_ARG, _("'%s' is not a UUID: ports are named by theirs"),
				 args_text(args, "port"));
	call.network = *net;
	ret = ASK(session, network_port_lookup_by_uuid, &call, error);
	return ret ? &ret->port : NULL;
}

const Snapshot *snapshot_current(Session *session, const Domain *domain, GError **error)
{
	remote_domain_snapshot_current_args call = { *domain, 0 };
	remote_domain_snapshot_current_ret *ret = ASK(session, domain_snapshot_current, &call, error);

	return ret ? &ret->snap : NULL;
}

const Snapshot *snapshot_find(Session *session, const Domain *domain, const char *name, GError **error)
{
	remote_domain_snapshot_lookup_by_name_args call = { *domain, (char *)name, 0 };
	remote_domain_snapshot_lookup_by_name_ret *ret =
		ASK(session, domain_snapshot_lookup_by_name, &call, error);

	return ret ? &ret->snap : NULL;
}

/* By --snapshotname, or --current. */
const Snapshot *snapshot_arg(Session *session, const Args *args, GError **error)
{
	const Domain *domain;

	if (!args_exclusive(args, "current", "snapshotname", error))
		return NULL;
	domain = domain_arg(session, args, error);
	if (!domain)
		return NULL;
	if (args_has(args, "snapshotname"))
		return snapshot_find(session, domain, args_text(args, "snapshotname"), error);
	if (args_has(args, "current"))
		return snapshot_current(session, domain, error);
	return fail_null(error, VIR_ERR_INVALID_ARG, _("--snapshotname or --current is required"));
}

const Checkpoint *checkpoint_find(Session *session, const Domain *domain, const char *name,
					 GError **error)
{
	remote_domain_checkpoint_lookup_by_name_args call = { *domain, (char *)name, 0 };
	remote_domain_checkpoint_lookup_by_name_ret *ret =
		ASK(session, domain_checkpoint_lookup_by_name, &call, error);

	return ret ? &ret->checkpoint : NULL;
}

const Checkpoint *checkpoint_arg(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);

	if (!domain)
		return NULL;
	if (!args_has(args, "checkpointname"))
		return fail_null(error, VIR_ERR_INVALID_ARG, _("--checkpointname is required"));
	return checkpoint_find(session, domain, args_text(args, "checkpointname"), error);
}

json_t *json_yes_no(int answer)
{
	return answer < 0 ? json_null() : json_boolean(answer);
}

static const char *item_name(const ObjectList *list, const void *item)
{
	return *(char *const *)((const char *)item + list->name);
}

static int item_compare(const void *a, const void *b, void *data)
{
	return strcmp(item_name(data, a), item_name(data, b));
}

typedef struct Rows {
	Session *session;
	const ObjectList *list;
	json_t **rows;
} Rows;

static bool row_make(void *data, gsize i, G_GNUC_UNUSED GError **error)
{
	Rows *rows = data;

	rows->rows[i] = rows->list->row(rows->session, (const char *)rows->list->items + i * rows->list->size);
	return true;
}

json_t *objects_rows(Session *session, ObjectList *list, GError **error)
{
	g_autofree json_t **made = g_new0(json_t *, list->n + 1);
	Rows rows = { session, list, made };
	json_t *array = NULL;

	if (list->n)
		g_qsort_with_data(list->items, (int)list->n, list->size, item_compare, list);
	if (session_parallel(session, list->n, row_make, &rows, error))
		array = json_array();
	for (guint i = 0; i < list->n; i++)
		if (array)
			json_array_append_new(array, made[i]);
		else
			json_decref(made[i]);
	return array;
}
