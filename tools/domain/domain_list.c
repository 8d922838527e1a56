/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `list`. Names come from one call and states from another, however many domains there are; what
 * needs a call for each domain (titles, managed saves) has many of them in flight at once.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/domain_ref.h"

typedef struct Item {
	Domain domain;
	int state;
	bool saved;
	const char *title;
} Item;

typedef struct List {
	Session *session;
	Item *items;
	gsize n;
	bool want_title, want_saved;
} List;

static const FlagOption filters[] = {
	{ "inactive", VIR_CONNECT_LIST_DOMAINS_INACTIVE },
	{ "all", VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE },
	{ "transient", VIR_CONNECT_LIST_DOMAINS_TRANSIENT },
	{ "persistent", VIR_CONNECT_LIST_DOMAINS_PERSISTENT },
	{ "with-snapshot", VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT },
	{ "without-snapshot", VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT },
	{ "with-checkpoint", VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT },
	{ "without-checkpoint", VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT },
	{ "state-running", VIR_CONNECT_LIST_DOMAINS_RUNNING },
	{ "state-paused", VIR_CONNECT_LIST_DOMAINS_PAUSED },
	{ "state-shutoff", VIR_CONNECT_LIST_DOMAINS_SHUTOFF },
	{ "state-other", VIR_CONNECT_LIST_DOMAINS_OTHER },
	{ "autostart", VIR_CONNECT_LIST_DOMAINS_AUTOSTART },
	{ "no-autostart", VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART },
	{ "with-managed-save", VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE },
	{ "without-managed-save", VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE },
	{ NULL, 0 },
};

static int item_compare(const void *a, const void *b)
{
	const Item *x = a, *y = b;

	if (x->domain.id != y->domain.id && x->domain.id >= 0 && y->domain.id >= 0)
		return x->domain.id < y->domain.id ? -1 : 1;
	if ((x->domain.id >= 0) != (y->domain.id >= 0))
		return x->domain.id >= 0 ? -1 : 1;
	return g_ascii_strcasecmp(x->domain.name, y->domain.name);
}

/* State of one domain; one that has vanished meanwhile counts as shut off. */
static bool item_state_ask(void *data, gsize i, GError **error)
{
	List *list = data;
	g_autoptr(GError) problem = NULL;

	if (list->items[i].state >= 0)
		return true;
	list->items[i].state = domain_state(list->session, &list->items[i].domain, NULL, &problem);
	if (list->items[i].state >= 0)
		return true;
	list->items[i].state = VIR_DOMAIN_SHUTOFF;
	if (error_code(problem) == VIR_ERR_NO_DOMAIN)
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static guint uuid_hash(const void *uuid)
{
	guint hash;

	memcpy(&hash, uuid, sizeof(hash));
	return hash;
}

static gboolean uuid_equal(const void *a, const void *b)
{
	return !memcmp(a, b, VIR_UUID_BUFLEN);
}

/* States of all domains from one call; where the server has no such call, one for each. */
static bool states_ask(List *list, GError **error)
{
	remote_connect_get_all_domain_stats_args args = { .stats = VIR_DOMAIN_STATS_STATE };
	remote_connect_get_all_domain_stats_ret *ret;
	g_autoptr(GHashTable) by_uuid = g_hash_table_new(uuid_hash, uuid_equal);

	ret = list->n > 1 ? ASK(list->session, connect_get_all_domain_stats, &args, NULL) : NULL;
	for (gsize i = 0; i < list->n; i++)
		g_hash_table_insert(by_uuid, list->items[i].domain.uuid, &list->items[i]);
	for (guint i = 0; ret && i < ret->retStats.retStats_len; i++) {
		remote_domain_stats_record *record = &ret->retStats.retStats_val[i];
		Item *item = g_hash_table_lookup(by_uuid, record->dom.uuid);
		const remote_typed_param *param =
			rpc_params_find(record->params.params_val, record->params.params_len, "state.state");
		gint64 state;

		if (item && param && rpc_param_as_int64(param, &state))
			item->state = (int)state;
	}
	return session_parallel(list->session, list->n, item_state_ask, list, error);
}

/* Title and managed save of one domain. */
static bool item_details_ask(void *data, gsize i, G_GNUC_UNUSED GError **error)
{
	List *list = data;
	Item *item = &list->items[i];

	if (list->want_title) {
		remote_domain_get_metadata_args args = { .dom = item->domain,
							 .type = VIR_DOMAIN_METADATA_TITLE };
		remote_domain_get_metadata_ret *ret =
			ASK(list->session, domain_get_metadata, &args, NULL);

		item->title = ret ? ret->metadata : "";
	}
	if (list->want_saved) {
		remote_domain_has_managed_save_image_args args = { .dom = item->domain };
		remote_domain_has_managed_save_image_ret *ret =
			ASK(list->session, domain_has_managed_save_image, &args, NULL);

		item->saved = ret && ret->result > 0;
	}
	return true;
}

static json_t *item_row(const List *list, const Item *item)
{
	bool saved = item->saved && item->state == VIR_DOMAIN_SHUTOFF;
	json_t *row = json_object();

	json_object_set_new(row, "id", item->domain.id < 0 ? json_null() : json_integer(item->domain.id));
	json_object_set_new(row, "name", json_text(item->domain.name));
	json_object_set_new(row, "uuid", json_uuid(item->domain.uuid));
	json_object_set_new(row, "state",
			    json_string(saved ? N_("saved") : domain_state_name(item->state)));
	if (list->want_title)
		json_object_set_new(row, "title", json_text(item->title));
	if (list->want_saved)
		json_object_set_new(row, "managed_save", json_boolean(item->saved));
	return row;
}

static void list_print_plain(const List *list, const Args *args)
{
	char uuid[37];

	for (gsize i = 0; i < list->n; i++) {
		const Item *item = &list->items[i];
		const char *gap = "";

		if (args_has(args, "id")) {
			if (item->domain.id >= 0)
				out_print(list->session, "%d", item->domain.id);
			else
				out_print(list->session, "-");
			gap = " ";
		}
		if (args_has(args, "uuid")) {
			out_print(list->session, "%s%s", gap, uuid_text(item->domain.uuid, uuid));
			gap = " ";
		}
		if (args_has(args, "name"))
			out_print(list->session, "%s%s", gap, item->domain.name);
		out_print(list->session, "\n");
	}
}

static const OutColumn columns[] = {
	{ "id", N_("Id"), OUT_PLAIN },
	{ "name", N_("Name"), OUT_PLAIN },
	{ "state", N_("State"), OUT_TRANSLATE },
	{ NULL, NULL, OUT_PLAIN },
};

static const OutColumn columns_title[] = {
	{ "id", N_("Id"), OUT_PLAIN },
	{ "name", N_("Name"), OUT_PLAIN },
	{ "state", N_("State"), OUT_TRANSLATE },
	{ "title", N_("Title"), OUT_PLAIN },
	{ NULL, NULL, OUT_PLAIN },
};

static bool list_ask(List *list, const Args *args, GError **error)
{
	remote_connect_list_all_domains_args call = { 1, args_flags(args, filters) };
	remote_connect_list_all_domains_ret *ret;

	if (!(call.flags & (VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE)) &&
	    !args_has(args, "state-shutoff") && !args_has(args, "state-other"))
		call.flags |= VIR_CONNECT_LIST_DOMAINS_ACTIVE;
	ret = ASK(list->session, connect_list_all_domains, &call, error);
	if (!ret)
		return failed(list->session, _("Failed to list domains"));
	list->n = ret->domains.domains_len;
	list->items = session_keep(list->session, g_new0(Item, list->n + 1), g_free);
	for (gsize i = 0; i < list->n; i++) {
		list->items[i].domain = ret->domains.domains_val[i];
		list->items[i].state = -1;
	}
	qsort(list->items, list->n, sizeof(Item), item_compare);
	return true;
}

bool cmd_list(Session *session, const Args *args, GError **error)
{
	List list = { .session = session,
		      .want_title = args_has(args, "title"),
		      .want_saved = args_has(args, "managed-save") };
	bool plain = args_has(args, "uuid") || args_has(args, "name") || args_has(args, "id");
	json_t *rows;

	if (args_has(args, "table") && plain)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("Only one argument from --table and --id, --name, --uuid may be specified."));
	if (!list_ask(&list, args, error))
		return false;
	if (plain && !session->json) {
		list_print_plain(&list, args);
		return true;
	}
	if (!states_ask(&list, error))
		return false;
	if ((list.want_title || list.want_saved) &&
	    !session_parallel(session, list.n, item_details_ask, &list, error))
		return false;
	rows = json_array();
	for (gsize i = 0; i < list.n; i++)
		json_array_append_new(rows, item_row(&list, &list.items[i]));
	out_table(session, list.want_title ? columns_title : columns, rows);
	return true;
}
