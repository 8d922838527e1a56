/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage volumes. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/cli/download.h"
#include "tools/object/object.h"

static json_t *result(const remote_nonnull_storage_vol *vol, const char *what)
{
	json_t *object = object_result("volume", vol->name, NULL, what);

	json_object_set_new(object, "pool", json_text(vol->pool));
	json_object_set_new(object, "key", json_text(vol->key));
	return object;
}

bool cmd_vol_key(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_storage_vol *vol = volume_arg(session, args, error);

	if (vol)
		out_text(session, "key", vol->key);
	return vol;
}

static const char *volume_path(Session *session, const remote_nonnull_storage_vol *vol, GError **error)
{
	remote_storage_vol_get_path_args call = { *vol };
	remote_storage_vol_get_path_ret *ret = ASK(session, storage_vol_get_path, &call, error);

	return ret ? ret->name : NULL;
}

bool cmd_vol_pool(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_storage_vol *vol = volume_arg(session, args, error);
	remote_storage_pool_lookup_by_volume_args call;
	remote_storage_pool_lookup_by_volume_ret *ret;
	char uuid[37];

	if (!vol)
		return false;
	call.vol = *vol;
	ret = ASK(session, storage_pool_lookup_by_volume, &call, error);
	if (!ret)
		return failed(session, _("failed to get parent pool"));
	out_text(session, args_has(args, "uuid") ? "uuid" : "pool",
		 args_has(args, "uuid") ? uuid_text(ret->pool.uuid, uuid) : ret->pool.name);
	return true;
}

static const char *const types[] = {
	[VIR_STORAGE_VOL_FILE] = N_("file"),	     [VIR_STORAGE_VOL_BLOCK] = N_("block"),
	[VIR_STORAGE_VOL_DIR] = N_("dir"),	     [VIR_STORAGE_VOL_NETWORK] = N_("net"),
	[VIR_STORAGE_VOL_NETDIR] = N_("netdir"),     [VIR_STORAGE_VOL_PLOOP] = N_("ploop"),
};

static json_t *volume_facts(Session *session, const remote_nonnull_storage_vol *vol, bool physical,
			    GError **error)
{
	remote_storage_vol_get_info_args call = { *vol };
	remote_storage_vol_get_info_flags_args flags_call = { *vol, VIR_STORAGE_VOL_GET_PHYSICAL };
	remote_storage_vol_get_info_ret *ret = NULL;
	remote_storage_vol_get_info_flags_ret *flags_ret = NULL;
	int type;
	json_t *row;

	if (physical)
		flags_ret = ASK(session, storage_vol_get_info_flags, &flags_call, error);
	else
		ret = ASK(session, storage_vol_get_info, &call, error);
	if (!ret && !flags_ret)
		return NULL;
	type = ret ? ret->type : flags_ret->type;
	row = json_object();
	json_object_set_new(row, "name", json_text(vol->name));
	json_object_set_new(row, "type",
			    json_string(type >= 0 && (gsize)type < G_N_ELEMENTS(types) ? types[type] :
											 types[0]));
	json_object_set_new(row, "capacity",
			    json_integer((json_int_t)(ret ? ret->capacity : flags_ret->capacity)));
	json_object_set_new(row, physical ? "physical" : "allocation",
			    json_integer((json_int_t)(ret ? ret->allocation : flags_ret->allocation)));
	return row;
}

bool cmd_vol_info(Session *session, const Args *args, GError **error)
{
	static const OutColumn lines[] = {
		{ "name", N_("Name:"), OUT_PLAIN },	   { "type", N_("Type:"), OUT_TRANSLATE },
		{ "capacity", N_("Capacity:"), OUT_BYTES }, { "allocation", N_("Allocation:"), OUT_BYTES },
		{ "physical", N_("Physical:"), OUT_BYTES }, { NULL, NULL, OUT_PLAIN },
	};
	const remote_nonnull_storage_vol *vol = volume_arg(session, args, error);
	bool physical = args_has(args, "physical");
	const char *last = physical ? "physical" : "allocation";
	json_t *object = vol ? volume_facts(session, vol, physical, error) : NULL;

	if (!object)
		return false;
	if (!args_has(args, "bytes")) {
		out_record(session, lines, 15, object);
		return true;
	}
	out_print(session, "%s %s\n%s %s\n", out_pad(session, _("Name:"), 15), vol->name,
		  out_pad(session, _("Type:"), 15), _(json_string_value(json_object_get(object, "type"))));
	out_print(session, _("%s %lld bytes\n"), out_pad(session, _("Capacity:"), 15),
		  (long long)json_integer_value(json_object_get(object, "capacity")));
	out_print(session, _("%s %lld bytes\n"),
		  out_pad(session, physical ? _("Physical:") : _("Allocation:"), 15),
		  (long long)json_integer_value(json_object_get(object, last)));
	out_value(session, object);
	return true;
}

static json_t *list_row(Session *session, const void *vol)
{
	return json_pack("{s:o,s:o}", "name", json_text(((const remote_nonnull_storage_vol *)vol)->name), "path",
			 json_text(volume_path(session, vol, NULL)));
}

static json_t *list_details(Session *session, const void *vol)
{
	json_t *row = volume_facts(session, vol, false, NULL);

	if (!row)
		return list_row(session, vol);
	json_object_set_new(row, "path", json_text(volume_path(session, vol, NULL)));
	return row;
}

bool cmd_vol_list(Session *session, const Args *args, GError **error)
{
	static const OutColumn columns[] = { { "name", N_("Name"), OUT_PLAIN },
					     { "path", N_("Path"), OUT_PLAIN },
					     { NULL, NULL, OUT_PLAIN } };
	static const OutColumn details[] = {
		{ "name", N_("Name"), OUT_PLAIN },	   { "path", N_("Path"), OUT_PLAIN },
		{ "type", N_("Type"), OUT_TRANSLATE },	   { "capacity", N_("Capacity"), OUT_BYTES },
		{ "allocation", N_("Allocation"), OUT_BYTES }, { NULL, NULL, OUT_PLAIN },
	};
	const remote_nonnull_storage_pool *pool = pool_arg(session, args, error);
	remote_storage_pool_list_all_volumes_args call = { .need_results = 1 };
	remote_storage_pool_list_all_volumes_ret *ret;
	bool full = args_has(args, "details");
	json_t *array;

	if (!pool)
		return false;
	call.pool = *pool;
	ret = ASK(session, storage_pool_list_all_volumes, &call, error);
	if (!ret)
		return failed(session, _("Failed to list volumes"));
	array = objects_rows(session, &(ObjectList)OBJECT_LIST(ret->vols.vols_val, ret->vols.vols_len,
							       full ? list_details : list_row), error);
	if (!array)
		return false;
	out_table(session, full ? details : columns, array);
	return true;
}

/* --- making --- */

static const FlagOption create_flags[] = {
	{ "prealloc-metadata", VIR_STORAGE_VOL_CREATE_PREALLOC_METADATA },
	{ "reflink", VIR_STORAGE_VOL_CREATE_REFLINK },
	{ "validate", VIR_STORAGE_VOL_CREATE_VALIDATE },
	{ NULL, 0 },
};

static const remote_nonnull_storage_vol *volume_create(Session *session, const Args *args,
						       const remote_nonnull_storage_pool *pool,
						       const char *xml, GError **error)
{
	remote_storage_vol_create_xml_args call = { *pool, (char *)xml, args_flags(args, create_flags) };
	remote_storage_vol_create_xml_ret *ret = ASK(session, storage_vol_create_xml, &call, error);

	return ret ? &ret->vol : NULL;
}

static void leaf(GString *xml, const char *text, const char *element, const char *indent)
{
	g_autofree char *safe = g_markup_escape_text(text, -1);

	g_string_append_printf(xml, "%s<%s>%s</%s>\n", indent, element, safe, element);
}

static bool backing_append(Session *session, const Args *args, GString *xml, GError **error)
{
	const char *name = args_text(args, "backing-vol"), *format = args_text(args, "backing-vol-format");
	const remote_nonnull_storage_vol *backing;
	const char *path;

	if (!name)
		return true;
	backing = volume_find(session, name, args_text(args, "pool"), error);
	path = backing ? volume_path(session, backing, error) : NULL;
	if (!path)
		return false;
	g_string_append(xml, "  <backingStore>\n");
	leaf(xml, path, "path", "    ");
	if (format)
		g_string_append_printf(xml, "    <format type='%s'/>\n", xml_escape(session, format));
	g_string_append(xml, "  </backingStore>\n");
	return true;
}

bool cmd_vol_create_as(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_storage_pool *pool = pool_arg(session, args, error);
	uint64_t capacity = 0, allocation = 0;
	g_autoptr(GString) xml = g_string_new("<volume>\n");
	const remote_nonnull_storage_vol *vol;

	if (!pool || !args_size(args, "capacity", 1, &capacity, error) ||
	    !args_size(args, "allocation", 1, &allocation, error))
		return false;
	leaf(xml, args_text(args, "name"), "name", "  ");
	g_string_append_printf(xml, "  <capacity>%" G_GUINT64_FORMAT "</capacity>\n", capacity);
	if (args_has(args, "allocation"))
		g_string_append_printf(xml, "  <allocation>%" G_GUINT64_FORMAT "</allocation>\n", allocation);
	if (args_has(args, "format"))
		g_string_append_printf(xml, "  <target>\n    <format type='%s'/>\n  </target>\n",
				       xml_escape(session, args_text(args, "format")));
	if (!backing_append(session, args, xml, error))
		return false;
	g_string_append(xml, "</volume>\n");
	if (args_has(args, "print-xml")) {
		out_text(session, "xml", xml->str);
		return true;
	}
	vol = volume_create(session, args, pool, xml->str, error);
	if (!vol)
		return failed(session, _("Failed to create vol %s"), args_text(args, "name"));
	out_done(session, result(vol, "create"), _("Vol %s created\n"), vol->name);
	return true;
}

static const remote_nonnull_storage_vol *
volume_copy(Session *session, const Args *args, remote_storage_vol_create_xml_from_args *call, GError **error)
{
	remote_storage_vol_create_xml_from_ret *ret;

	call->flags = args_flags(args, create_flags);
	ret = ASK(session, storage_vol_create_xml_from, call, error);
	return ret ? &ret->vol : NULL;
}

bool cmd_vol_create_from(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_storage_pool *pool = pool_arg(session, args, error);
	const char *xml = pool ? xmlfile_read(session, args, "file", error) : NULL;
	const char *from_pool = args_has(args, "inputpool") ? args_text(args, "inputpool") :
							      args_text(args, "pool");
	const remote_nonnull_storage_vol *source =
		xml ? volume_find(session, args_text(args, "vol"), from_pool, error) : NULL;
	remote_storage_vol_create_xml_from_args call = { .xml = (char *)xml };
	const remote_nonnull_storage_vol *vol = NULL;

	if (source) {
		call.pool = *pool;
		call.clonevol = *source;
		vol = volume_copy(session, args, &call, error);
	}
	if (!vol)
		return source ? failed(session, _("Failed to create vol from %s"), args_text(args, "file")) :
				false;
	out_done(session, result(vol, "create"), _("Vol %s created from input vol %s\n"), vol->name,
		 source->name);
	return true;
}

/* The definition of a volume with another name, and nothing that belongs to the original alone. */
static const char *clone_xml(Session *session, const remote_nonnull_storage_vol *vol, const char *name,
			     GError **error)
{
	static const char *const drop[] = { "/volume/key", "/volume/target/path",
					    "/volume/target/timestamps", "/volume/allocation[.='']" };
	remote_storage_vol_get_xml_desc_args call = { *vol, 0 };
	remote_storage_vol_get_xml_desc_ret *ret = ASK(session, storage_vol_get_xml_desc, &call, error);
	XmlView *view = ret ? xml_view(session, ret->xml, error) : NULL;
	XmlNodes *names;

	if (!view)
		return NULL;
	names = xml_find(session, view, NULL, "/volume/name");
	if (names->n)
		xmlNodeSetContent(names->nodes[0], (const xmlChar *)xml_escape(session, name));
	for (gsize i = 0; i < G_N_ELEMENTS(drop); i++) {
		XmlNodes *nodes = xml_find(session, view, NULL, drop[i]);

		for (int j = 0; j < nodes->n; j++) {
			xmlUnlinkNode(nodes->nodes[j]);
			xmlFreeNode(nodes->nodes[j]);
		}
	}
	return xml_node_text(session, view, xmlDocGetRootElement(view->doc));
}

bool cmd_vol_clone(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_storage_vol *vol = volume_arg(session, args, error), *copy;
	const char *name = args_text(args, "newname");
	const char *xml = vol ? clone_xml(session, vol, name, error) : NULL;
	remote_storage_pool_lookup_by_volume_args call;
	remote_storage_pool_lookup_by_volume_ret *pool;
	remote_storage_vol_create_xml_from_args create = { .xml = (char *)xml };

	if (!xml)
		return false;
	if (args_has(args, "print-xml")) {
		out_text(session, "xml", xml);
		return true;
	}
	call.vol = *vol;
	pool = ASK(session, storage_pool_lookup_by_volume, &call, error);
	if (pool) {
		create.pool = pool->pool;
		create.clonevol = *vol;
	}
	copy = pool ? volume_copy(session, args, &create, error) : NULL;
	if (!copy)
		return failed(session, _("Failed to clone vol from %s"), vol->name);
	out_done(session, result(copy, "clone"), _("Vol %s cloned from %s\n"), copy->name, vol->name);
	return true;
}

/* --- changing --- */

bool cmd_vol_resize(Session *session, const Args *args, GError **error)
{
	static const FlagOption table[] = {
		{ "allocate", VIR_STORAGE_VOL_RESIZE_ALLOCATE },
		{ "delta", VIR_STORAGE_VOL_RESIZE_DELTA },
		{ "shrink", VIR_STORAGE_VOL_RESIZE_SHRINK },
		{ NULL, 0 },
	};
	const remote_nonnull_storage_vol *vol = volume_arg(session, args, error);
	remote_storage_vol_resize_args call = { .flags = args_flags(args, table) };
	const char *text = args_text(args, "capacity"), *size = text;

	if (!vol)
		return false;
	/* "-1G" takes away, with or without --shrink saying so. */
	if (text[0] == '-') {
		if (!args_has(args, "shrink"))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("a negative size needs --shrink, and --delta to count from the present"));
		size++;
	}
	if (!size_parse(size, 1, &call.capacity, error))
		return false;
	call.vol = *vol;
	if (!TELL(session, storage_vol_resize, &call, error))
		return failed(session, args_has(args, "delta") ?
					       _("Failed to change size of volume '%s' by %s") :
					       _("Failed to change size of volume '%s' to %s"), vol->name, text);
	out_done(session, result(vol, "resize"),
		 args_has(args, "delta") ? _("Size of volume '%s' successfully changed by %s\n") :
					   _("Size of volume '%s' successfully changed to %s\n"),
		 vol->name, text);
	return true;
}

bool cmd_vol_upload(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_storage_vol *vol = volume_arg(session, args, error);
	remote_storage_vol_upload_args call = { 0 };
	Upload upload = { REMOTE(storage_vol_upload), &call, args_text(args, "file"), args_has(args, "sparse") };

	if (!vol || !args_size(args, "offset", 1, &call.offset, error) ||
	    !args_size(args, "length", 1, &call.length, error))
		return false;
	call.vol = *vol;
	call.flags = upload.sparse ? VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM : 0;
	if (!upload_run(session, &upload, error))
		return failed(session, _("cannot upload to volume %s"), vol->name);
	out_value(session, result(vol, "upload"));
	return true;
}

/* How much will come, for those who watch; 0 when that cannot be told. */
static uint64_t download_size(Session *session, const remote_storage_vol_download_args *call)
{
	remote_storage_vol_get_info_flags_args ask = { call->vol, VIR_STORAGE_VOL_GET_PHYSICAL };
	const remote_storage_vol_get_info_flags_ret *ret = ASK(session, storage_vol_get_info_flags, &ask, NULL);
	uint64_t rest = ret && ret->allocation > call->offset ? ret->allocation - call->offset : 0;

	return call->length ? MIN(call->length, rest) : rest;
}

bool cmd_vol_download(Session *session, const Args *args, GError **error)
{
	const remote_nonnull_storage_vol *vol = volume_arg(session, args, error);
	remote_storage_vol_download_args call = { 0 };
	Download download = { .proc = REMOTE(storage_vol_download), .args = &call };

	if (!vol || !args_size(args, "offset", 1, &call.offset, error) ||
	    !args_size(args, "length", 1, &call.length, error))
		return false;
	call.vol = *vol;
	call.flags = args_has(args, "sparse") ? VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM : 0;
	download.total = download_size(session, &call);
	if (!download_open(session, &download, error) ||
	    !download_finish(session, &download, args_text(args, "file"), error))
		return failed(session, _("cannot download from volume %s"), vol->name);
	out_value(session, result(vol, "download"));
	return true;
}
