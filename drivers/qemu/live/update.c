/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can change of a device while it stays: the medium of a drive, the link of a card, the
 * password of a display, the size of virtio-mem. What a document says beyond that must be as it is.
 */
#include "config.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/device/kind.h"
#include "drivers/qemu/live/live.h"

typedef struct Update {
	Guest *guest;
	DomainDevice present; /* of the guest's definition */
	DomainDevice *wanted;
	GHashTable *resources;
	unsigned flags; /* virDomainDeviceModifyFlags */
} Update;

/* ---- What may differ ----------------------------------------------------------------------- */

static bool present_find(const DomainDef *def, const DomainDevice *wanted, DomainDevice *ret)
{
	const GPtrArray *list = domain_def_devices((DomainDef *)def, wanted->kind);

	if (wanted->info->alias)
		return qemu_device_find(def, wanted->info->alias, ret) && ret->kind == wanted->kind;
	/* A display has none. */
	for (guint i = 0; wanted->kind == DEVICE_GRAPHICS && i < list_length(list); i++) {
		DomainDevice device = { .kind = DEVICE_GRAPHICS, .any = list_get(list, i) };

		*ret = device;
		if (device.graphics->type == wanted->graphics->type)
			return true;
	}
	return false;
}

#define SWAP(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) swapped = a;                                                         \
		a = b;                                                                             \
		b = swapped;                                                                       \
	} while (0)

static void medium_swap(DomainDisk *a, DomainDisk *b)
{
	SWAP(a->source, b->source);
	SWAP(a->format, b->format);
	SWAP(a->encryption, b->encryption);
	SWAP(a->backing, b->backing);
	SWAP(a->detected_backing, b->detected_backing);
}

/* Exchanges what can change; twice changes nothing. */
static void changeable_swap(const DomainDevice *a, const DomainDevice *b)
{
	switch (a->kind) {
	case DEVICE_DISK:
		medium_swap(a->disk, b->disk);
		break;
	case DEVICE_INTERFACE:
		SWAP(a->interface->link, b->interface->link);
		break;
	case DEVICE_GRAPHICS:
		SWAP(a->graphics->passwd, b->graphics->passwd);
		SWAP(a->graphics->passwd_valid_to, b->graphics->passwd_valid_to);
		SWAP(a->graphics->connected, b->graphics->connected);
		break;
	default:
		SWAP(a->memory->requested_kib, b->memory->requested_kib);
		break;
	}
}

/* What a document leaves to us, or QEMU tells, is as it is. */
static void chosen_keep(const DomainDevice *wanted, const DomainDevice *present)
{
	DomainGraphics *graphics = wanted->graphics;
	const DomainGraphics *before = present->graphics;

	if (wanted->kind == DEVICE_DISK)
		wanted->disk->tray = present->disk->tray;
	if (wanted->kind != DEVICE_GRAPHICS)
		return;
	if (graphics->autoport == TRISTATE_YES && before->autoport == TRISTATE_YES) {
		graphics->port = before->port;
		graphics->has_port = before->has_port;
		graphics->tls_port = before->tls_port;
		graphics->has_tls_port = before->has_tls_port;
	}
	if (graphics->websocket == -1)
		graphics->websocket = before->websocket;
}

/* The word of @text at @at, for messages; the caller frees. */
static char *word_at(const char *text, gsize at)
{
	gsize begin = at;

	while (begin > 0 && !strchr(" \n<", text[begin - 1]))
		begin--;
	return g_strndup(text + begin, strcspn(text + begin, " \n>"));
}

/* Is @wanted what there is, but for @what, which can change? */
static bool rest_check(const Update *update, const char *what, GError **error)
{
	g_autoptr(DomainDevice) like = domain_device_copy(&update->present);
	g_autofree char *before = NULL, *after = NULL, *had = NULL, *asked = NULL;
	gsize at = 0;

	chosen_keep(update->wanted, like);
	changeable_swap(like, update->wanted);
	before = domain_device_format(&update->present, CONF_INACTIVE | CONF_SECURE);
	after = domain_device_format(update->wanted, CONF_INACTIVE | CONF_SECURE);
	changeable_swap(like, update->wanted);
	if (strcmp(before, after) == 0)
		return true;
	while (before[at] == after[at])
		at++;
	had = word_at(before, at);
	asked = word_at(after, at);
	return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
		    _("domain '%s': of this <%s> only %s can change while the guest runs: it has "
		      "\"%s\", "
		      "not \"%s\""),
		    update->guest->def->name, domain_device_kinds[like->kind].name, what, had,
		    asked);
}

/* ---- Media --------------------------------------------------------------------------------- */

#define TRAY_USEC (5 * G_USEC_PER_SEC) /* that a guest has to let go of its medium */

static bool drive_call(const Update *update, const char *command, json_t *arguments, GError **error)
{
	json_object_set_new(arguments, "id", json_string(update->present.info->alias));
	return live_call(update->guest, command, arguments, NULL, error);
}

/* The guest was asked to let go of it, and may do so in a moment. */
static bool tray_wait(const Update *update, GError **error)
{
	QemuLive *live = live_of(update->guest);
	const DomainDisk *disk = update->present.disk;
	const int64_t until = g_get_monotonic_time() + (int64_t)TRAY_USEC;

	while (disk->tray != DISK_TRAY_OPEN) {
		const int64_t left = until - g_get_monotonic_time();

		if (left <= 0 ||
		    !fiber_queue_wait(&live->trays, "the tray of a drive", (uint64_t)left, NULL) ||
		    live_of(update->guest) != live)
			return fail(
				error, VIR_ERR_OPERATION_FAILED,
				_("the guest holds the medium of disk '%s' and has not let go of "
				  "it; --force takes it away"),
				disk->target);
	}
	return true;
}

static bool tray_open(const Update *update, GError **error)
{
	const bool force = update->flags & VIR_DOMAIN_DEVICE_MODIFY_FORCE;
	g_autoptr(GError) reason = NULL;

	if (drive_call(update, "blockdev-open-tray", json_pack("{s:b}", "force", force), &reason))
		return true;
	/* What has no tray, a floppy, is open. */
	if (strstr(reason->message, "does not have a tray") ||
	    update->present.disk->device == DISK_DEVICE_FLOPPY)
		return true;
	if (!force && strstr(reason->message, "locked"))
		return tray_wait(update, error);
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

/* The nodes of @disk, without the drive that they go into. */
static GPtrArray *nodes_of(Guest *guest, DomainDisk *disk, GHashTable *resources, GError **error)
{
	DomainDevice device = { .kind = DEVICE_DISK, .disk = disk };
	GPtrArray *parts = live_parts(guest, &device, resources, error);

	if (parts)
		g_ptr_array_set_size(parts, (gint)parts->len - 1);
	return parts;
}

/* Can QEMU read the new medium? Asked under another name, while the old one is still there. */
static bool medium_try(const Update *update, GError **error)
{
	g_autofree char *target = g_strconcat(update->wanted->disk->target, "-next", NULL);
	g_autofree char *from = g_strconcat("disk:", update->wanted->disk->target, NULL);
	g_autofree char *key = g_strconcat("disk:", target, NULL);
	g_autoptr(GHashTable) resources = g_hash_table_new(g_str_hash, g_str_equal);
	DomainDisk disk = *update->wanted->disk;
	g_autoptr(GPtrArray) parts = NULL;

	disk.target = target;
	if (update->resources && g_hash_table_contains(update->resources, from))
		g_hash_table_insert(resources, key, g_hash_table_lookup(update->resources, from));
	parts = nodes_of(update->guest, &disk, resources, error);
	if (!parts || !live_parts_plug(update->guest, parts, error))
		return false;
	live_parts_unplug(update->guest, parts, parts->len);
	return true;
}

static void medium_remove(const Update *update)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) parts =
		nodes_of(update->guest, update->present.disk, update->guest->resources, &error);

	if (!parts) {
		log_warning("%s", error->message);
		return;
	}
	live_parts_forget(update->guest, parts, update->present.info->alias);
}

static bool medium_insert(const Update *update, GError **error)
{
	DomainDisk *disk = update->wanted->disk;
	g_autoptr(GPtrArray) parts = NULL;
	g_autofree char *node = qemu_node_name(disk->target, 0);

	if (storage_source_is_empty(&disk->source))
		return true;
	parts = nodes_of(update->guest, disk, update->resources, error);
	if (!parts || !live_parts_plug(update->guest, parts, error))
		return false;
	if (drive_call(update, "blockdev-insert-medium", json_pack("{s:s}", "node-name", node),
		       error) &&
	    (drive_call(update, "blockdev-close-tray", json_object(), error)))
		return true;
	live_parts_unplug(update->guest, parts, parts->len);
	return false;
}

/* The definition has the new medium or, without @inserted, an empty drive. */
static void medium_note(const Update *update, bool inserted)
{
	g_autofree char *key = g_strconcat("disk:", update->present.disk->target, NULL);
	GPtrArray *layers = update->resources ? g_hash_table_lookup(update->resources, key) : NULL;
	DomainDisk *disk = update->present.disk;

	if (inserted) {
		medium_swap(disk, update->wanted->disk);
	} else {
		DomainDevice *empty = g_new0(DomainDevice, 1);

		empty->kind = DEVICE_DISK;
		empty->disk = g_new0(DomainDisk, 1);
		medium_swap(disk, empty->disk);
		disk->source.type = STORAGE_FILE;
		live_device_free(empty);
	}
	g_hash_table_remove(update->guest->resources, key);
	if (layers && inserted)
		g_hash_table_insert(update->guest->resources, g_strdup(key),
				    g_ptr_array_ref(layers));
	live_files_describe(update->guest);
}

static bool disk_update(const Update *update, GError **error)
{
	const DomainDisk *disk = update->present.disk;
	const DomainDisk *wanted = update->wanted->disk;
	bool empty = storage_source_is_empty(&wanted->source), inserted;

	if (disk->device != DISK_DEVICE_CDROM && disk->device != DISK_DEVICE_FLOPPY)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("disk '%s' is no drive for media: its source cannot change while the "
			      "guest runs"),
			    disk->target);
	if (!empty && g_strcmp0(disk->source.path, wanted->source.path) != 0 &&
	    !medium_try(update, error))
		return false;
	if (!tray_open(update, error) ||
	    !drive_call(update, "blockdev-remove-medium", json_object(), error))
		return false;
	medium_remove(update);
	inserted = medium_insert(update, error);
	medium_note(update, inserted);
	return inserted;
}

/* ---- Cards, displays, memory --------------------------------------------------------------- */

static bool interface_update(const Update *update, GError **error)
{
	DomainInterface *interface = update->present.interface;
	bool up = update->wanted->interface->link != LINK_STATE_DOWN;

	if (!live_call(update->guest, "set_link",
		       json_pack("{s:s,s:b}", "name", interface->info.alias, "up", up), NULL,
		       error))
		return false;
	changeable_swap(&update->present, update->wanted);
	return true;
}

static bool graphics_update(const Update *update, GError **error)
{
	DomainGraphics *wanted = update->wanted->graphics;

	/* A password that is taken away lets nobody in, rather than everybody. */
	if (!wanted->passwd && update->present.graphics->passwd)
		wanted->passwd = g_strdup("");
	if (!live_password_set(live_of(update->guest), wanted, error))
		return false;
	changeable_swap(&update->present, update->wanted);
	return true;
}

static bool memory_update(const Update *update, GError **error)
{
	const DomainMemoryDevice *memory = update->present.memory;
	g_autofree char *path = g_strconcat("/machine/peripheral/", memory->info.alias, NULL);

	if (memory->model != MEMORY_MODEL_VIRTIO_MEM)
		return fail(
			error, VIR_ERR_CONFIG_UNSUPPORTED,
			_("the size of a memory device of model '%s' cannot change while the guest "
			  "runs"),
			memory_model_name(memory->model));
	if (!live_call(update->guest, "qom-set",
		       json_pack("{s:s,s:s,s:I}", "path", path, "property", "requested-size",
				 "value", (json_int_t)update->wanted->memory->requested_kib * 1024),
		       NULL, error))
		return false;
	changeable_swap(&update->present, update->wanted);
	return true;
}

/* ---- All ----------------------------------------------------------------------------------- */

static const struct {
	DeviceKind kind;
	const char *what; /* may change; for messages */
	bool (*update)(const Update *update, GError **error);
} rows[] = {
	{ DEVICE_DISK, N_("the medium"), disk_update },
	{ DEVICE_INTERFACE, N_("the link state"), interface_update },
	{ DEVICE_GRAPHICS, N_("the password"), graphics_update },
	{ DEVICE_MEMORY, N_("the requested size"), memory_update },
};

bool live_update(Guest *guest, DomainDevice *device, GHashTable *resources, unsigned flags,
		 GError **error)
{
	const char *name = domain_device_kinds[device->kind].name;
	Update update = {
		.guest = guest, .wanted = device, .resources = resources, .flags = flags
	};

	if (!live_monitor(guest, error))
		return false;
	if (!present_find(guest->def, device, &update.present))
		return fail(error, VIR_ERR_DEVICE_MISSING, _("domain '%s' has no such <%s>"),
			    guest->def->name, name);
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		bool done;

		if (rows[i].kind != device->kind)
			continue;
		if (!rest_check(&update, _(rows[i].what), error))
			return false;
		done = rows[i].update(&update, error);
		live_files_close(guest);
		guest->host->changed(guest);
		return done;
	}
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("a <%s> cannot change while the guest runs"), name);
}
