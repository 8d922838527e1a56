/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/domain/undefine.h"
#include "tools/cli/xmlfile.h"

typedef struct Removal {
	const char *target, *source;
	remote_nonnull_storage_vol volume;
} Removal;

struct UndefineStorage {
	GArray *list; /* of Removal */
};

static void storage_free(void *data)
{
	UndefineStorage *storage = data;

	g_array_unref(storage->list);
	g_free(storage);
}

/* Whether a disk is named in --storage, by target or source. */
static bool disk_wanted(const Args *args, const char *target, const char *source)
{
	g_auto(GStrv) words = NULL;

	if (args_has(args, "remove-all-storage"))
		return true;
	words = g_strsplit(args_text(args, "storage"), ",", -1);
	return g_strv_contains((const char *const *)words, target) ||
	       g_strv_contains((const char *const *)words, source);
}

static bool volume_find(Session *session, XmlView *view, xmlNode *disk, Removal *removal)
{
	const char *pool = xml_text(session, view, disk, "source/@pool");
	const char *name = xml_text(session, view, disk, "source/@volume");
	remote_storage_vol_lookup_by_path_args args = { .path = (char *)removal->source };
	remote_storage_vol_lookup_by_path_ret *ret;

	if (pool && name) {
		remote_storage_pool_lookup_by_name_args pool_args = { (char *)pool };
		remote_storage_pool_lookup_by_name_ret *pool_ret =
			ASK(session, storage_pool_lookup_by_name, &pool_args, NULL);
		remote_storage_vol_lookup_by_name_args vol_args = { .name = (char *)name };
		remote_storage_vol_lookup_by_name_ret *vol_ret;

		if (!pool_ret)
			return false;
		vol_args.pool = pool_ret->pool;
		vol_ret = ASK(session, storage_vol_lookup_by_name, &vol_args, NULL);
		if (vol_ret)
			removal->volume = vol_ret->vol;
		return vol_ret;
	}
	ret = ASK(session, storage_vol_lookup_by_path, &args, NULL);
	if (ret)
		removal->volume = ret->vol;
	return ret;
}

static bool disk_add(Session *session, const Args *args, XmlView *view, xmlNode *disk,
		     UndefineStorage *storage)
{
	Removal removal = {
		.target = xml_text(session, view, disk, "target/@dev"),
		.source = xml_text(session, view, disk, "source/@file | source/@dev | source/@volume"),
	};

	if (!removal.source || !removal.target || !disk_wanted(args, removal.target, removal.source))
		return true;
	if (volume_find(session, view, disk, &removal))
		g_array_append_val(storage->list, removal);
	else
		out_print(session, _("Storage volume '%s'(%s) is not managed by libvirt. "
				     "Remove it manually.\n"), removal.target, removal.source);
	return true;
}

UndefineStorage *undefine_storage_find(Session *session, const Args *args, const Domain *domain,
				       GError **error)
{
	UndefineStorage *storage = g_new0(UndefineStorage, 1);
	const char *xml;
	XmlView *view;
	XmlNodes *disks;

	storage->list = g_array_new(FALSE, FALSE, sizeof(Removal));
	session_keep(session, storage, storage_free);
	if (!args_has(args, "storage") && !args_has(args, "remove-all-storage"))
		return storage;
	if (domain->id >= 0)
		return fail_null(error, VIR_ERR_OPERATION_INVALID,
				 _("Storage volume deletion is supported only on stopped domains"));
	xml = domain_xml(session, domain, 0, error);
	view = xml ? xml_view(session, xml, error) : NULL;
	if (!view)
		return NULL;
	disks = xml_find(session, view, NULL, "/domain/devices/disk");
	for (int i = 0; i < disks->n; i++)
		disk_add(session, args, view, disks->nodes[i], storage);
	return storage;
}

bool undefine_storage_remove(Session *session, const Args *args, UndefineStorage *storage,
			     GError **error)
{
	bool result = true;

	for (guint i = 0; i < storage->list->len; i++) {
		const Removal *removal = &g_array_index(storage->list, Removal, i);
		remote_storage_vol_wipe_args wipe = { removal->volume, 0 };
		remote_storage_vol_delete_args call = {
			removal->volume,
			args_has(args, "delete-storage-volume-snapshots") ?
				VIR_STORAGE_VOL_DELETE_WITH_SNAPSHOTS :
				0,
		};
		g_autoptr(GError) problem = NULL;

		if ((!args_has(args, "wipe-storage") || TELL(session, storage_vol_wipe, &wipe, &problem)) &&
		    TELL(session, storage_vol_delete, &call, &problem)) {
			out_extra(session, _("Volume '%s'(%s) removed.\n"), removal->target, removal->source);
			continue;
		}
		failed(session, _("Failed to remove storage volume '%s'(%s)"), removal->target, removal->source);
		if (result)
			g_propagate_error(error, g_steal_pointer(&problem));
		else
			shell_report(session, problem);
		result = false;
	}
	return result;
}
