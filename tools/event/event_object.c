/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the events of networks, pools, host devices and secrets say. */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/i18n.h"
#include "tools/event/event.h"

static void lifecycle(EventText *ret, const char *const *names, int number)
{
	const char *word = event_word(names, number);

	g_string_assign(ret->text, _(word));
	json_object_set_new(ret->data, "lifecycle", json_string(word));
}

static void network_lifecycle(const void *data, EventText *ret)
{
	static const char *const names[] = { N_("Defined"), N_("Undefined"), N_("Started"), N_("Stopped"),
					     NULL };
	const remote_network_event_lifecycle_msg *msg = data;

	ret->object = msg->net.name;
	lifecycle(ret, names, msg->event);
}

static void pool_lifecycle(const void *data, EventText *ret)
{
	static const char *const names[] = { N_("Defined"), N_("Undefined"), N_("Started"), N_("Stopped"),
					     N_("Created"), N_("Deleted"),   NULL };
	const remote_storage_pool_event_lifecycle_msg *msg = data;

	ret->object = msg->pool.name;
	lifecycle(ret, names, msg->event);
}

static void pool_refresh(const void *data, EventText *ret)
{
	ret->object = ((const remote_storage_pool_event_refresh_msg *)data)->pool.name;
}

static void nodedev_lifecycle(const void *data, EventText *ret)
{
	static const char *const names[] = { N_("Created"), N_("Deleted"), N_("Defined"), N_("Undefined"),
					     NULL };
	const remote_node_device_event_lifecycle_msg *msg = data;

	ret->object = msg->dev.name;
	lifecycle(ret, names, msg->event);
}

static void nodedev_update(const void *data, EventText *ret)
{
	ret->object = ((const remote_node_device_event_update_msg *)data)->dev.name;
}

/* A secret has no name: its UUID stands for it. */
static void secret_name(const remote_nonnull_secret *secret, EventText *ret)
{
	static char uuid[37];

	ret->object = uuid_text(secret->uuid, uuid);
}

static void secret_lifecycle(const void *data, EventText *ret)
{
	static const char *const names[] = { N_("Defined"), N_("Undefined"), NULL };
	const remote_secret_event_lifecycle_msg *msg = data;

	secret_name(&msg->secret, ret);
	lifecycle(ret, names, msg->event);
}

static void secret_value_changed(const void *data, EventText *ret)
{
	secret_name(&((const remote_secret_event_value_changed_msg *)data)->secret, ret);
}

#define END { 0, NULL, 0, NULL }

const EventKind network_events[] = {
	{ VIR_NETWORK_EVENT_ID_LIFECYCLE, "lifecycle", REMOTE_PROC_network_event_lifecycle,
	  network_lifecycle },
	END,
};

const EventKind pool_events[] = {
	{ VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, "lifecycle", REMOTE_PROC_storage_pool_event_lifecycle,
	  pool_lifecycle },
	{ VIR_STORAGE_POOL_EVENT_ID_REFRESH, "refresh", REMOTE_PROC_storage_pool_event_refresh,
	  pool_refresh },
	END,
};

const EventKind nodedev_events[] = {
	{ VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, "lifecycle", REMOTE_PROC_node_device_event_lifecycle,
	  nodedev_lifecycle },
	{ VIR_NODE_DEVICE_EVENT_ID_UPDATE, "update", REMOTE_PROC_node_device_event_update, nodedev_update },
	END,
};

const EventKind secret_events[] = {
	{ VIR_SECRET_EVENT_ID_LIFECYCLE, "lifecycle", REMOTE_PROC_secret_event_lifecycle,
	  secret_lifecycle },
	{ VIR_SECRET_EVENT_ID_VALUE_CHANGED, "value-changed", REMOTE_PROC_secret_event_value_changed,
	  secret_value_changed },
	END,
};
