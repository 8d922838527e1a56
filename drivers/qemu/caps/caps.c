/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/caps/caps.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "drivers/qemu/caps/probe.h"

#define PROBE_WAIT_USEC (60 * G_USEC_PER_SEC)
#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"
#define KVM_PATH "/dev/kvm" /* key of the answer about KVM */

/* One answer of the probe process, or the waiting for it. */
typedef struct Entry {
	char *path;
	int64_t size, mtime_ns;
	bool pending, preloaded;
	QemuCaps *caps;  /* of a binary; NULL until it was read */
	bool kvm_usable; /* of KVM_PATH */
	char *kvm_reason;
	GError *failure;    /* of the last probe */
	GPtrArray *waiters; /* FiberEvent, in their fibers' memory */
} Entry;

static struct {
	DriverSettings copy; /* the caller's struct need not outlive the call */
	const DriverSettings *settings; /* that copy, NULL before init */
	char *boot_id;
	GHashTable *entries;   /* path -> Entry */
	GPtrArray *retired;    /* QemuCaps that somebody may still hold */
	GHashTable *emulators; /* binary name -> path */
	unsigned pending;
} registry;

static void entry_free(void *data)
{
	Entry *entry = data;

	qemu_caps_free(entry->caps);
	g_free(entry->path);
	g_free(entry->kvm_reason);
	g_clear_error(&entry->failure);
	g_ptr_array_unref(entry->waiters);
	g_free(entry);
}

static Entry *entry_get(const char *path)
{
	Entry *entry;

	if (!registry.entries) {
		registry.entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
		registry.emulators = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		registry.retired = g_ptr_array_new_with_free_func((GDestroyNotify)qemu_caps_free);
	}
	entry = g_hash_table_lookup(registry.entries, path);
	if (!entry) {
		entry = g_new0(Entry, 1);
		entry->path = g_strdup(path);
		entry->waiters = g_ptr_array_new();
		g_hash_table_insert(registry.entries, entry->path, entry);
	}
	return entry;
}

static char *cache_path(const Entry *entry)
{
	g_autofree char *name = g_compute_checksum_for_string(G_CHECKSUM_SHA256, entry->path, -1);

	return g_strdup_printf("%s/cache/qemu-%.16s.json", registry.settings->state_dir, name);
}

/* Takes what the probe said. False when it cannot be used. */
static bool entry_take(Entry *entry, json_t *probe, GError **error)
{
	QemuCaps *caps;

	if (strcmp(entry->path, KVM_PATH) == 0) {
		if (!json_is_object(probe))
			return fail(error, VIR_ERR_OPERATION_FAILED,
				    _("the probe of KVM gave no answer that can be read"));
		entry->kvm_usable = json_is_true(json_object_get(probe, "usable"));
		g_free(entry->kvm_reason);
		entry->kvm_reason =
			g_strdup(json_string_value(json_object_get(probe, "reason")) ?: "");
		return true;
	}
	caps = qemu_caps_read(entry->path, probe, error);
	if (!caps)
		return false;
	if (entry->caps)
		g_ptr_array_add(registry.retired, entry->caps);
	entry->caps = caps;
	return true;
}

/* The cached answer, when it is about this very file and this boot. */
static bool entry_load(Entry *entry)
{
	g_autofree char *path = cache_path(entry);
	json_t *cache = json_load_file(path, 0, NULL);
	bool fits =
		json_integer_value(json_object_get(cache, "size")) == entry->size &&
		json_integer_value(json_object_get(cache, "mtime_ns")) == entry->mtime_ns &&
		g_strcmp0(json_string_value(json_object_get(cache, "path")), entry->path) == 0 &&
		g_strcmp0(json_string_value(json_object_get(cache, "boot_id")), registry.boot_id) ==
			0 &&
		entry_take(entry, json_object_get(cache, "probe"), NULL);

	json_decref(cache);
	return fits;
}

/* A cache that cannot be written costs a probe at the next start and nothing else. */
static void entry_save(const Entry *entry, json_t *probe)
{
	g_autofree char *path = cache_path(entry);
	g_autofree char *directory = g_path_get_dirname(path);
	g_autoptr(GError) error = NULL;
	json_t *cache = json_pack("{s:s, s:I, s:I, s:s, s:O}", "path", entry->path, "size",
				  (json_int_t)entry->size, "mtime_ns", (json_int_t)entry->mtime_ns,
				  "boot_id", registry.boot_id, "probe", probe);
	char *text = json_dumps(cache, JSON_COMPACT | JSON_SORT_KEYS);

	(void)!g_mkdir_with_parents(directory, 0750);
	if (!file_replace(path, text, strlen(text), 0640, &error))
		log_warning("cannot keep what '%s' can do: %s", entry->path, error->message);
	free(text);
	json_decref(cache);
}

static void entry_wake(Entry *entry)
{
	entry->pending = false;
	registry.pending--;
	for (guint i = 0; i < entry->waiters->len; i++)
		fiber_event_set(g_ptr_array_index(entry->waiters, i));
	g_ptr_array_set_size(entry->waiters, 0);
}

static void probe_done(const char *output, const GError *why, void *data)
{
	Entry *entry = data;
	json_t *probe = output ? json_loads(output, 0, NULL) : NULL;

	g_clear_error(&entry->failure);
	if (why)
		entry->failure = g_error_copy(why);
	else if (entry_take(entry, probe, &entry->failure))
		entry_save(entry, probe);
	if (entry->failure && error_code(entry->failure) != VIR_ERR_OPERATION_ABORTED)
		log_warning("probe of '%s' failed: %s", entry->path, entry->failure->message);
	json_decref(probe);
	entry_wake(entry);
}

static bool entry_probe(Entry *entry, GError **error)
{
	const char *what = strcmp(entry->path, KVM_PATH) == 0 ? "kvm" : entry->path;

	if (!registry.settings || !registry.settings->probe)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED, _("'%s' cannot be probed here"),
			    entry->path);
	entry->pending = true;
	registry.pending++;
	if (registry.settings->probe("qemu", what, probe_done, entry, error))
		return true;
	entry_wake(entry);
	return false;
}

/* Notices a replaced binary. Starts the probe unless memory or cache have the answer. */
static bool entry_refresh(Entry *entry, GError **error)
{
	struct stat info;
	int64_t mtime_ns;

	if (entry->preloaded || entry->pending)
		return true;
	if (stat(entry->path, &info) < 0)
		return fail_errno(error, errno, _("cannot use the emulator '%s'"), entry->path);
	mtime_ns = info.st_mtim.tv_sec * G_GINT64_CONSTANT(1000000000) + info.st_mtim.tv_nsec;
	if (strcmp(entry->path, KVM_PATH) == 0)
		mtime_ns = 0; /* a device's time changes with every use */
	else if (!S_ISREG(info.st_mode))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("the emulator '%s' is not a file"),
			    entry->path);
	if ((entry->caps || entry->kvm_reason) && entry->size == info.st_size &&
	    entry->mtime_ns == mtime_ns)
		return true;
	entry->size = info.st_size;
	entry->mtime_ns = mtime_ns;
	return entry_load(entry) || entry_probe(entry, error);
}

static bool entry_wait(Entry *entry, GError **error)
{
	FiberEvent event = { 0 };

	if (!entry_refresh(entry, error))
		return false;
	if (!entry->pending)
		return true;
	g_ptr_array_add(entry->waiters, &event);
	if (!fiber_event_wait(&event, "probe of an emulator", PROBE_WAIT_USEC, error)) {
		g_ptr_array_remove(entry->waiters, &event);
		return false;
	}
	if (!entry->failure)
		return true;
	if (error)
		*error = g_error_copy(entry->failure);
	/* The next call tries again. */
	entry->mtime_ns = -1;
	return false;
}

/* In the order of preference. */
static const char *const emulator_directories[] = { "/usr/bin", "/usr/local/bin", "/usr/libexec",
						    NULL };

static void emulators_find(void)
{
	for (const QemuArch *arch = qemu_arches; arch->name; arch++) {
		if (g_hash_table_contains(registry.emulators, arch->binary))
			continue;
		for (const char *const *at = emulator_directories; *at; at++) {
			g_autofree char *path = g_build_filename(*at, arch->binary, NULL);

			if (!g_file_test(path, G_FILE_TEST_IS_EXECUTABLE))
				continue;
			g_hash_table_insert(registry.emulators, g_strdup(arch->binary),
					    g_steal_pointer(&path));
			break;
		}
	}
}

bool qemu_caps_init(const DriverSettings *settings, GError **error)
{
	g_autofree char *boot_id = NULL;
	GHashTableIter iter;
	gpointer path;

	(void)error;
	registry.copy = *settings;
	registry.settings = &registry.copy;
	if (!g_file_get_contents(BOOT_ID_PATH, &boot_id, NULL, NULL))
		boot_id = g_strdup("none");
	g_free(registry.boot_id);
	registry.boot_id = g_strdup(g_strstrip(boot_id));
	entry_get(KVM_PATH);
	if (!settings->probe)
		return true;
	entry_refresh(entry_get(KVM_PATH), NULL);
	emulators_find();
	g_hash_table_iter_init(&iter, registry.emulators);
	while (g_hash_table_iter_next(&iter, NULL, &path)) {
		g_autoptr(GError) why = NULL;

		if (!entry_refresh(entry_get(path), &why))
			log_warning("%s", why->message);
	}
	return true;
}

void qemu_caps_done(void)
{
	g_clear_pointer(&registry.entries, g_hash_table_unref);
	g_clear_pointer(&registry.emulators, g_hash_table_unref);
	g_clear_pointer(&registry.retired, g_ptr_array_unref);
	g_clear_pointer(&registry.boot_id, g_free);
	registry.settings = NULL;
	registry.pending = 0;
}

const DriverSettings *qemu_settings(void)
{
	return registry.settings;
}

bool qemu_caps_ready(void)
{
	return registry.pending == 0;
}

const char *qemu_caps_emulator(const char *name)
{
	const QemuArch *arch = qemu_arch_find(name);

	return arch && registry.emulators ? g_hash_table_lookup(registry.emulators, arch->binary)
					  : NULL;
}

const QemuCaps *qemu_caps_get_wait(const char *path, GError **error)
{
	Entry *entry = entry_get(path);

	return entry_wait(entry, error) ? entry->caps : NULL;
}

const QemuCaps *qemu_caps_of_def_wait(const DomainDef *def, GError **error)
{
	const char *arch = def->os.arch ?: qemu_arch_host();
	const char *path = def->emulator ?: qemu_caps_emulator(arch);

	if (!path)
		return fail_null(
			error, VIR_ERR_CONFIG_UNSUPPORTED,
			_("no emulator for the architecture '%s' is installed: install the "
			  "package that has %s"),
			arch, qemu_arch_find(arch) ? qemu_arch_find(arch)->binary : "it");
	return qemu_caps_get_wait(path, error);
}

bool qemu_caps_kvm_wait(const char **ret_reason)
{
	static char *failure;
	g_autoptr(GError) error = NULL;
	Entry *entry = entry_get(KVM_PATH);

	if (entry_wait(entry, &error)) {
		if (ret_reason)
			*ret_reason = entry->kvm_reason;
		return entry->kvm_usable;
	}
	g_free(failure);
	failure = g_strdup(error_errno(error) == ENOENT ? _("this host has no /dev/kvm")
							: error->message);
	if (ret_reason)
		*ret_reason = failure;
	return false;
}

bool qemu_caps_preload(const char *path, json_t *probe, GError **error)
{
	Entry *entry = entry_get(path);
	const char *binary;

	if (!entry_take(entry, probe, error))
		return false;
	entry->preloaded = true;
	binary = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	g_hash_table_insert(registry.emulators, g_strdup(binary), g_strdup(path));
	return true;
}
