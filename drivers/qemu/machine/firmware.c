/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/machine/firmware.h"

#include <fnmatch.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/machine/complete.h"

/* A descriptor hides those of the same name in later directories; an empty one is no firmware. */
static const char *const directories[] = { "/etc/qemu/firmware", "/usr/share/qemu/firmware", NULL };

static void firmware_free(void *data)
{
	Firmware *firmware = data;

	g_free(firmware->name);
	g_free(firmware->executable);
	g_free(firmware->executable_format);
	g_free(firmware->nvram_template);
	g_free(firmware->nvram_format);
	g_ptr_array_unref(firmware->features);
	g_ptr_array_unref(firmware->targets);
	g_free(firmware);
}

static char *text_of(json_t *object, const char *key)
{
	return g_strdup(json_string_value(json_object_get(object, key)));
}

static GPtrArray *strings_of(json_t *list)
{
	GPtrArray *strings = g_ptr_array_new_with_free_func(g_free);
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) if (json_is_string(item))
		g_ptr_array_add(strings, g_strdup(json_string_value(item)));
	return strings;
}

/* "i386" in descriptors is "i686" in definitions. */
static GPtrArray *targets_of(json_t *list)
{
	GPtrArray *targets = g_ptr_array_new_with_free_func(g_free);
	json_t *target, *machine;
	size_t i, j;

	json_array_foreach(list, i, target)
	{
		const char *arch = json_string_value(json_object_get(target, "architecture"));

		json_array_foreach(json_object_get(target, "machines"), j, machine) g_ptr_array_add(
			targets, g_strdup_printf("%s/%s",
						 g_strcmp0(arch, "i386") == 0  ? "i686"
						 : g_strcmp0(arch, "arm") == 0 ? "armv7l"
									       : arch,
						 json_string_value(machine) ?: ""));
	}
	return targets;
}

static void mapping_read(Firmware *firmware, json_t *mapping)
{
	const char *device = json_string_value(json_object_get(mapping, "device"));
	json_t *executable = json_object_get(mapping, "executable");
	json_t *nvram = json_object_get(mapping, "nvram-template");

	firmware->flash = g_strcmp0(device, "flash") == 0;
	if (firmware->flash) {
		firmware->executable = text_of(executable, "filename");
		firmware->executable_format = text_of(executable, "format");
		firmware->nvram_template = text_of(nvram, "filename");
		firmware->nvram_format = text_of(nvram, "format");
	} else if (g_strcmp0(device, "memory") == 0) {
		firmware->executable = text_of(mapping, "filename");
	}
}

static Firmware *firmware_read(const char *path, const char *name)
{
	json_t *document = json_load_file(path, 0, NULL);
	json_t *interfaces = json_object_get(document, "interface-types");
	Firmware *firmware = g_new0(Firmware, 1);
	json_t *type;
	size_t i;

	firmware->name = g_strdup(name);
	json_array_foreach(interfaces, i, type) if (g_strcmp0(json_string_value(type), "uefi") == 0)
		firmware->uefi = true;
	mapping_read(firmware, json_object_get(document, "mapping"));
	firmware->features = strings_of(json_object_get(document, "features"));
	firmware->targets = targets_of(json_object_get(document, "targets"));
	json_decref(document);
	if (firmware->executable)
		return firmware;
	firmware_free(firmware);
	return NULL;
}

static int firmware_order(gconstpointer a, gconstpointer b)
{
	const Firmware *first = *(Firmware *const *)a;
	const Firmware *second = *(Firmware *const *)b;

	return strcmp(first->name, second->name);
}

GPtrArray *firmware_list(void)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(firmware_free);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (const char *const *directory = directories; *directory; directory++) {
		GDir *dir = g_dir_open(*directory, 0, NULL);
		const char *name;

		while (dir && (name = g_dir_read_name(dir))) {
			g_autofree char *path = g_build_filename(*directory, name, NULL);
			Firmware *firmware;

			if (!g_str_has_suffix(name, ".json") ||
			    !g_hash_table_add(seen, g_strdup(name)))
				continue;
			firmware = firmware_read(path, name);
			if (firmware)
				g_ptr_array_add(list, firmware);
		}
		if (dir)
			g_dir_close(dir);
	}
	g_ptr_array_sort(list, firmware_order);
	return list;
}

bool firmware_fits(const Firmware *firmware, const char *arch, const char *machine)
{
	g_autofree char *wanted = g_strdup_printf("%s/%s", arch, machine);

	for (guint i = 0; i < firmware->targets->len; i++)
		if (fnmatch(g_ptr_array_index(firmware->targets, i), wanted, 0) == 0)
			return true;
	return false;
}

bool firmware_has(const Firmware *firmware, const char *feature)
{
	for (guint i = 0; i < firmware->features->len; i++)
		if (strcmp(g_ptr_array_index(firmware->features, i), feature) == 0)
			return true;
	return false;
}

/* What <firmware><feature> asks for; ABSENT when it says nothing. */
static Tristate feature_wanted(const DomainOs *os, FirmwareFeatureName name)
{
	for (guint i = 0; i < list_length(os->firmware_features); i++) {
		const FirmwareFeature *feature = list_get(os->firmware_features, i);

		if (feature->name == name)
			return feature->enabled;
	}
	return TRISTATE_ABSENT;
}

static bool wish_is_met(Tristate wish, bool there)
{
	return wish == TRISTATE_ABSENT || (wish == TRISTATE_YES) == there;
}

static bool firmware_suits(const Firmware *firmware, const DomainDef *def)
{
	const DomainOs *os = &def->os;
	Tristate secure = feature_wanted(os, FIRMWARE_FEATURE_SECURE_BOOT);
	bool no_smm = def->features.smm && def->features.smm_state == TRISTATE_NO;

	if (firmware->uefi != (os->firmware == OS_FIRMWARE_EFI) ||
	    !firmware_fits(firmware, os->arch, os->machine))
		return false;
	if (os->loader && os->loader->secure)
		secure = os->loader->secure;
	if (os->loader && os->loader->stateless == TRISTATE_YES && firmware->nvram_template)
		return false;
	if (!wish_is_met(secure, firmware_has(firmware, "secure-boot")) ||
	    !wish_is_met(feature_wanted(os, FIRMWARE_FEATURE_ENROLLED_KEYS),
			 firmware_has(firmware, "enrolled-keys")))
		return false;
	/* The order of the descriptors decides what a guest gets that asks for nothing. */
	return !firmware_has(firmware, "requires-smm") || !no_smm;
}

static StorageFormat format_of(const char *name)
{
	return name ? storage_format_parse(name) : STORAGE_FORMAT_RAW;
}

static void firmware_take(DomainDef *live, const Firmware *firmware)
{
	DomainOs *os = &live->os;

	if (!os->loader)
		os->loader = g_new0(OsLoader, 1);
	g_free(os->loader->path);
	os->loader->path = g_strdup(firmware->executable);
	os->loader->type = firmware->flash ? LOADER_TYPE_PFLASH : LOADER_TYPE_ROM;
	os->loader->format = format_of(firmware->executable_format);
	if (firmware->flash)
		os->loader->readonly = TRISTATE_YES;
	if (firmware_has(firmware, "requires-smm")) {
		os->loader->secure = TRISTATE_YES;
		live->features.smm = true;
		live->features.smm_state = TRISTATE_YES;
	}
	if (!firmware->nvram_template)
		return;
	if (!os->nvram)
		os->nvram = g_new0(OsNvram, 1);
	if (!os->nvram->template)
		os->nvram->template = g_strdup(firmware->nvram_template);
	if (!os->nvram->format)
		os->nvram->format = format_of(firmware->nvram_format);
	if (!os->nvram->path && !os->nvram->source.type)
		os->nvram->path = qemu_nvram_default_path(live);
}

/* What is known of a loader that the definition names: its template; that guests do not write to it. */
static void loader_recognise(DomainDef *live, GPtrArray *list)
{
	OsLoader *loader = live->os.loader;
	OsNvram *nvram = live->os.nvram;

	for (guint i = 0; i < list->len; i++) {
		const Firmware *firmware = g_ptr_array_index(list, i);

		if (!firmware->flash || strcmp(firmware->executable, loader->path) != 0)
			continue;
		if (!loader->readonly)
			loader->readonly = TRISTATE_YES;
		if (nvram && !nvram->template)
			nvram->template = g_strdup(firmware->nvram_template);
	}
}

bool firmware_choose(DomainDef *live, GError **error)
{
	g_autoptr(GPtrArray) list = NULL;

	bool named = live->os.loader && live->os.loader->path &&
		     live->os.loader->type == LOADER_TYPE_PFLASH;

	if (!live->os.firmware && !named)
		return true;
	list = firmware_list();
	if (!live->os.firmware) {
		loader_recognise(live, list);
		return true;
	}
	for (guint i = 0; i < list->len; i++) {
		const Firmware *firmware = g_ptr_array_index(list, i);

		if (!firmware_suits(firmware, live))
			continue;
		firmware_take(live, firmware);
		return true;
	}
	/* QEMU brings its own BIOS. */
	if (live->os.firmware == OS_FIRMWARE_BIOS)
		return true;
	return fail(
		error, VIR_ERR_OPERATION_FAILED,
		_("no firmware '%s' for machine type '%s' of %s with what domain '%s' asks for is "
		  "installed: see the descriptors in %s, or install a package like ovmf"),
		os_firmware_name(live->os.firmware), live->os.machine, live->os.arch, live->name,
		directories[1]);
}
