/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "tools/object/domain_ref.h"
#include "tools/object/kind.h"
#include "tools/object/object_ref.h"

/* One function for each kind: what it finds, and what it says of one. */
#define FIND(kind) \
	static const void *kind##_find_any(Session *session, const Args *args, GError **error) \
	{ \
		return kind##_arg(session, args, error); \
	}
#define RESULT(kind, type, key, name) \
	static json_t *kind##_result_any(const void *object, const char *done) \
	{ \
		return object_result(key, ((const type *)object)->name, NULL, done); \
	}
#define LABEL(kind, type, name) \
	static const char *kind##_label(G_GNUC_UNUSED Session *session, const void *object) \
	{ \
		return ((const type *)object)->name; \
	}
#define UUID(kind, type) \
	static const void *kind##_uuid(const void *object) \
	{ \
		return ((const type *)object)->uuid; \
	}
#define NAMED_KIND(kind, type, key, name) FIND(kind) RESULT(kind, type, key, name) LABEL(kind, type, name)

FIND(domain)
LABEL(domain, remote_nonnull_domain, name)
UUID(domain, remote_nonnull_domain)
NAMED_KIND(network, remote_nonnull_network, "network", name)
UUID(network, remote_nonnull_network)
NAMED_KIND(pool, remote_nonnull_storage_pool, "pool", name)
UUID(pool, remote_nonnull_storage_pool)
NAMED_KIND(iface, remote_nonnull_interface, "interface", name)
NAMED_KIND(nwfilter, remote_nonnull_nwfilter, "nwfilter", name)
NAMED_KIND(binding, remote_nonnull_nwfilter_binding, "binding", portdev)
NAMED_KIND(nodedev, remote_nonnull_node_device, "device", name)
FIND(secret)
FIND(port)
FIND(volume)
LABEL(volume, remote_nonnull_storage_vol, name)
FIND(snapshot)
LABEL(snapshot, remote_nonnull_domain_snapshot, name)
FIND(checkpoint)
LABEL(checkpoint, remote_nonnull_domain_checkpoint, name)

static json_t *domain_result_any(const void *object, const char *done)
{
	return domain_result(object, done);
}

static json_t *volume_result(const void *object, const char *done)
{
	const remote_nonnull_storage_vol *vol = object;
	json_t *result = object_result("volume", vol->name, NULL, done);

	json_object_set_new(result, "pool", json_text(vol->pool));
	json_object_set_new(result, "key", json_text(vol->key));
	return result;
}

static json_t *snapshot_result(const void *object, const char *done)
{
	const remote_nonnull_domain_snapshot *snapshot = object;
	json_t *result = domain_result(&snapshot->dom, done);

	json_object_set_new(result, "snapshot", json_text(snapshot->name));
	return result;
}

static json_t *checkpoint_result(const void *object, const char *done)
{
	const remote_nonnull_domain_checkpoint *checkpoint = object;
	json_t *result = domain_result(&checkpoint->dom, done);

	json_object_set_new(result, "checkpoint", json_text(checkpoint->name));
	return result;
}

/* What has no name goes by its UUID. */
static const char *uuid_label(Session *session, const void *uuid)
{
	char text[37];

	return session_printf(session, "%s", uuid_text(uuid, text));
}

static const char *secret_label(Session *session, const void *object)
{
	return uuid_label(session, ((const remote_nonnull_secret *)object)->uuid);
}

static json_t *secret_result(const void *object, const char *done)
{
	char text[37];

	return object_result("secret", uuid_text(((const remote_nonnull_secret *)object)->uuid, text), NULL, done);
}

static const char *port_label(Session *session, const void *object)
{
	return uuid_label(session, ((const remote_nonnull_network_port *)object)->uuid);
}

static json_t *port_result(const void *object, const char *done)
{
	char text[37];

	return object_result("port", uuid_text(((const remote_nonnull_network_port *)object)->uuid, text), NULL,
			     done);
}

#define KIND(type, option, kind, result, uuid) \
	{ #type, option, sizeof(type), kind##_find_any, result, kind##_label, uuid }

static const ObjectKind kinds[] = {
	KIND(remote_nonnull_domain, "domain", domain, domain_result_any, domain_uuid),
	KIND(remote_nonnull_network, "network", network, network_result_any, network_uuid),
	KIND(remote_nonnull_network_port, "port", port, port_result, NULL),
	KIND(remote_nonnull_storage_pool, "pool", pool, pool_result_any, pool_uuid),
	KIND(remote_nonnull_storage_vol, "vol", volume, volume_result, NULL),
	KIND(remote_nonnull_interface, "interface", iface, iface_result_any, NULL),
	KIND(remote_nonnull_nwfilter, "nwfilter", nwfilter, nwfilter_result_any, NULL),
	KIND(remote_nonnull_nwfilter_binding, "binding", binding, binding_result_any, NULL),
	KIND(remote_nonnull_secret, "secret", secret, secret_result, NULL),
	KIND(remote_nonnull_domain_snapshot, "snapshotname", snapshot, snapshot_result, NULL),
	KIND(remote_nonnull_domain_checkpoint, "checkpointname", checkpoint, checkpoint_result, NULL),
};

const ObjectKind object_kind_nodedev =
	KIND(remote_nonnull_node_device, "device", nodedev, nodedev_result_any, NULL);

const ObjectKind *object_kind(const char *handle)
{
	if (!strcmp(handle, object_kind_nodedev.handle))
		return &object_kind_nodedev;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (!strcmp(kinds[i].handle, handle))
			return &kinds[i];
	return NULL;
}

const ObjectKind *object_kind_named(const Args *args)
{
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (args_text(args, kinds[i].option))
			return &kinds[i];
	return NULL;
}
