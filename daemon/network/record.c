/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/network/record.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"

static char *directory_path(const Engine *engine)
{
	return g_build_filename(engine->run_dir, "networks", NULL);
}

static char *record_path(const Object *object)
{
	g_autofree char *directory = directory_path(object->engine);

	return g_build_filename(directory, object->key, NULL);
}

bool record_write(const Object *object, const NetworkDef *def, GError **error)
{
	g_autofree char *directory = directory_path(object->engine);
	g_autofree char *path = record_path(object);
	g_autofree char *xml = network_def_format(def, CONF_SECURE);
	json_t *record = json_pack("{s:s,s:s}", "boot", object->engine->boot_id, "xml", xml);
	char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
	bool done;

	json_decref(record);
	if (!text)
		return fail(error, VIR_ERR_INTERNAL_ERROR, _("network '%s' cannot be written down"),
			    object->name);
	if (g_mkdir_with_parents(directory, 0700) < 0)
		fail_errno(error, errno, _("cannot make directory '%s'"), directory);
	done = g_file_test(directory, G_FILE_TEST_IS_DIR) &&
	       file_replace(path, text, strlen(text), 0600, error);
	free(text);
	return done;
}

void record_remove(const Object *object)
{
	g_autofree char *path = record_path(object);

	if (unlink(path) < 0 && errno != ENOENT)
		log_warning(_("cannot remove '%s': %s"), path, g_strerror(errno));
}

/* What the record at @path says; NULL for one of another boot, or none. */
static NetworkDef *record_read(const Engine *engine, const char *path)
{
	json_t *record = json_load_file(path, 0, NULL);
	const char *boot = record ? json_string_value(json_object_get(record, "boot")) : NULL;
	const char *xml = record ? json_string_value(json_object_get(record, "xml")) : NULL;
	NetworkDef *def = NULL;

	if (xml && g_strcmp0(boot, engine->boot_id) == 0)
		def = network_def_parse(xml, strlen(xml), 0, NULL, NULL);
	json_decref(record);
	return def;
}

void records_each(Engine *engine, void (*take)(Engine *engine, NetworkDef *def))
{
	g_autofree char *directory = directory_path(engine);
	GDir *list = g_dir_open(directory, 0, NULL);
	const char *name;

	while (list && (name = g_dir_read_name(list))) {
		g_autofree char *path = g_build_filename(directory, name, NULL);
		Uuid uuid;
		/* Else it was about to become one, or to be replaced. */
		NetworkDef *def = uuid_parse(name, &uuid) ? record_read(engine, path) : NULL;

		if (def)
			take(engine, def);
		else
			unlink(path);
	}
	if (list)
		g_dir_close(list);
}
