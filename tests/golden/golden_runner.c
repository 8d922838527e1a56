/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * golden_runner CAPS-DIR FILE.xml...: reads each definition, completes and checks it as the engine
 * would, and prints what would be stored, or the error with its code. Without a daemon, without
 * QEMU: what emulators can do comes from the documents CAPS-DIR/qemu-system-*.json.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/domain.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/machine/complete.h"

static bool caps_load(const char *directory, GError **error)
{
	GDir *dir = g_dir_open(directory, 0, error);
	bool loaded = dir != NULL;
	const char *name;

	while (loaded && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(directory, name, NULL);
		g_autofree char *emulator = NULL;
		json_t *probe;

		if (!g_str_has_suffix(name, ".json"))
			continue;
		emulator = g_strdup_printf("/usr/bin/%.*s", (int)strlen(name) - 5, name);
		probe = json_load_file(path, 0, NULL);
		loaded = qemu_caps_preload(emulator, probe, error);
		json_decref(probe);
	}
	if (dir)
		g_dir_close(dir);
	return loaded;
}

static char *define(const char *xml, gsize length, GError **error)
{
	g_autoptr(DomainDef) def = domain_def_parse(xml, length, CONF_INACTIVE, NULL, error);

	if (!def || !domain_def_complete_generic(def, error) || !qemu_complete(def, error) ||
	    !domain_def_check_generic(def, error) || !qemu_check(def, error))
		return NULL;
	return domain_def_format(def, CONF_INACTIVE | CONF_SECURE);
}

static void file_print(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *xml = NULL;
	g_autofree char *result = NULL;
	gsize length;

	if (g_file_get_contents(path, &xml, &length, &error))
		result = define(xml, length, &error);
	if (result)
		fputs(result, stdout);
	else
		printf("error %d: %s\n", error_code(error), error->message);
}

int main(int argc, char **argv)
{
	static const DriverSettings settings = { .state_dir = "/var/lib/reeve",
						 .run_dir = "/run/reeve",
						 .log_dir = "/var/log/reeve",
						 .privileged = true };
	g_autoptr(GError) error = NULL;

	if (argc < 2 || !qemu_caps_init(&settings, &error) || !caps_load(argv[1], &error)) {
		fprintf(stderr, "%s\n",
			error ? error->message : "usage: golden_runner CAPS-DIR FILE...");
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		if (argc > 3)
			printf("==== %s\n", argv[i]);
		file_print(argv[i]);
	}
	qemu_caps_done();
	return 0;
}
