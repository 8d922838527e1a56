/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/object/class.h"

#include <string.h>

static const ObjectClass *const classes[OBJECT_KINDS] = {
	[OBJECT_NETWORK] = &network_class,   [OBJECT_POOL] = &pool_class,
	[OBJECT_NWFILTER] = &nwfilter_class, [OBJECT_SECRET] = &secret_class,
	[OBJECT_SNAPSHOT] = &snapshot_class, [OBJECT_CHECKPOINT] = &checkpoint_class,
};

const ObjectClass *object_class(ObjectKind kind)
{
	return classes[kind];
}

bool object_is_active(const Object *object)
{
	return object->active;
}

bool object_is_persistent(const Object *object)
{
	return object->persistent;
}

bool object_is_autostarted(const Object *object)
{
	return object->autostart;
}

/* The layout that these have in common; remote.x gives each a type of its own. */
typedef remote_nonnull_network NamedHandle;
G_STATIC_ASSERT(sizeof(NamedHandle) == sizeof(remote_nonnull_storage_pool));
G_STATIC_ASSERT(sizeof(NamedHandle) == sizeof(remote_nonnull_nwfilter));

void object_fill_named(const Object *object, void *handle)
{
	NamedHandle *named = handle;

	named->name = g_strdup(object->name);
	memcpy(named->uuid, object->uuid, sizeof(object->uuid));
}
