/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices that come to a running guest, and go. What a device is made of comes from the same
 * function as at a start; here it is told over the monitor, and taken back when a part fails.
 */
#include "config.h"

#include <libvirt/virterror.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/device/kind.h"
#include "drivers/qemu/live/live.h"

enum { UNPLUG_SECONDS = 5 }; /* that a guest has to give a device up before we say "not yet" */

/* Somebody who waits for the guest to give up a device. */
typedef struct Unplug {
	const char *alias;
	FiberEvent done;
	bool gone, refused;
} Unplug;

/* ---- Names */

static bool alias_settle(QemuLive *live, const DomainDevice *device, GError **error)
{
	const DomainDef *def = live->guest->def;
	DomainDevice other;

	if (!device->info->alias)
		device->info->alias = qemu_device_alias_new(def, device, live->retired);
	else if (qemu_device_find(def, device->info->alias, &other) ||
		 g_hash_table_contains(live->retired, device->info->alias))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("domain '%s' has, or had since its start, a device with the alias "
			      "'%s'"),
			    def->name, device->info->alias);
	return device->info->alias ||
	       fail(error, VIR_ERR_OPERATION_UNSUPPORTED, _("a <%s> has no alias to go by"),
		    domain_device_kinds[device->kind].name);
}

/* ---- Parts */

/* The highest number of a set of descriptors that QEMU has. */
static bool fdsets_count(Guest *guest, unsigned *ret, GError **error)
{
	json_t *sets, *set;
	size_t index;

	*ret = 0;
	if (!live_call(guest, "query-fdsets", NULL, &sets, error))
		return false;
	json_array_foreach(sets, index, set) *ret =
		MAX(*ret, (unsigned)MAX(live_number(set, "fdset-id"), 0));
	json_decref(sets);
	return true;
}

GPtrArray *live_parts(Guest *guest, const DomainDevice *device, GHashTable *resources,
		      GError **error)
{
	Qmp *qmp = live_monitor(guest, error);
	QemuCommandContext context = { .resources = resources,
				       .run_dir = guest->run_dir,
				       .monitor_fd = -1 };
	unsigned fdsets;

	if (!qmp || !fdsets_count(guest, &fdsets, error))
		return NULL;
	context.version = qmp_version(qmp);
	return qemu_device_parts(guest->def, device, &context, fdsets, error);
}

static bool part_plug(Guest *guest, const CommandPart *part, GError **error)
{
	const char *command;
	json_t *arguments, *reply;
	Qmp *qmp = live_monitor(guest, error);

	if (!qmp || !command_part_plug(part, &command, &arguments, error))
		return false;
	reply = part->fd >= 0 ? qmp_fd_call(qmp, command, arguments, part->fd, error)
			      : qmp_call(qmp, command, arguments, 0, error);
	json_decref(reply);
	return reply != NULL;
}

void live_parts_unplug(Guest *guest, const GPtrArray *parts, guint count)
{
	while (count-- > 0) {
		g_autoptr(GError) error = NULL;
		json_t *arguments;
		const char *command =
			command_part_unplug(g_ptr_array_index(parts, count), &arguments);

		if (command && !live_call(guest, command, arguments, NULL, &error))
			log_debug("%s", error->message);
	}
}

bool live_parts_plug(Guest *guest, const GPtrArray *parts, GError **error)
{
	for (guint i = 0; i < parts->len; i++)
		if (!part_plug(guest, g_ptr_array_index(parts, i), error)) {
			live_parts_unplug(guest, parts, i);
			return false;
		}
	return true;
}

/* ---- Plugging in */

/* What was opened for the device belongs to the guest until QEMU has it. */
static void resources_take(Guest *guest, GHashTable *resources)
{
	GHashTableIter iter;
	gpointer key, layers;

	if (!resources)
		return;
	g_hash_table_iter_init(&iter, resources);
	while (g_hash_table_iter_next(&iter, &key, &layers))
		g_hash_table_replace(guest->resources, g_strdup(key), g_ptr_array_ref(layers));
}

static void resources_drop(Guest *guest, GHashTable *resources)
{
	GHashTableIter iter;
	gpointer key;

	if (!resources)
		return;
	g_hash_table_iter_init(&iter, resources);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		g_hash_table_remove(guest->resources, key);
}

static bool device_plug(Guest *guest, const DomainDevice *device, GError **error)
{
	g_autoptr(GPtrArray) parts = live_parts(guest, device, guest->resources, error);

	return parts && live_parts_plug(guest, parts, error);
}

static void device_added(Guest *guest, DomainDevice *device)
{
	const char *alias = device->info->alias;
	g_autoptr(GError) error = NULL;

	g_ptr_array_add(domain_def_devices(guest->def, device->kind), device->any);
	live_files_describe(guest);
	if (!live_learn_chardevs(live_of(guest), &error))
		log_warning("%s", error->message);
	guest->host->changed(guest);
	guest->host->event(guest, &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
						 .device = { .alias = alias } });
}

bool live_plug(Guest *guest, DomainDevice *device, GHashTable *resources, GError **error)
{
	QemuLive *live = live_of(guest);
	DomainDevice plugged = *device;
	bool done;

	if (!live_monitor(guest, error) || !qemu_device_hotplug(device, error) ||
	    !alias_settle(live, device, error))
		return false;
	resources_take(guest, resources);
	done = device_plug(guest, device, error);
	if (done) {
		device->any = NULL;
		device_added(guest, &plugged);
	}
	live_files_close(guest);
	if (!done)
		resources_drop(guest, resources);
	if (!done || live_tune_device(live, &plugged, error))
		return done;
	/* It is there without the limits that were asked for: it has to go again. */
	live_unplug(guest, plugged.info->alias, false, NULL);
	return false;
}

/* ---- Out again */

/* Whether the set of descriptors that is called @opaque belongs to one of @parts, or to @alias. */
static bool fdset_belongs(const char *opaque, const GPtrArray *parts, const char *alias)
{
	g_autofree char *log = g_strconcat(alias, "-log", NULL);

	if (strcmp(opaque, alias) == 0 || strcmp(opaque, log) == 0)
		return true;
	for (guint i = 0; i < parts->len; i++) {
		const CommandPart *part = g_ptr_array_index(parts, i);
		json_t *name = json_object_get(part->node, "node-name");

		if (g_strcmp0(opaque, json_string_value(name)) == 0)
			return true;
	}
	return false;
}

/* QEMU keeps descriptors that nothing uses any more for as long as it is not told otherwise. */
static void fdsets_remove(Guest *guest, const GPtrArray *parts, const char *alias)
{
	json_t *sets, *set;
	size_t index;

	if (!live_call(guest, "query-fdsets", NULL, &sets, NULL))
		return;
	json_array_foreach(sets, index, set)
	{
		json_t *first = json_array_get(json_object_get(set, "fds"), 0);
		const char *opaque = json_string_value(json_object_get(first, "opaque"));

		if (opaque && fdset_belongs(opaque, parts, alias))
			live_call(guest, "remove-fd",
				  json_pack("{s:O}", "fdset-id", json_object_get(set, "fdset-id")),
				  NULL, NULL);
	}
	json_decref(sets);
}

void live_parts_forget(Guest *guest, const GPtrArray *parts, const char *alias)
{
	live_parts_unplug(guest, parts, parts->len);
	fdsets_remove(guest, parts, alias);
}

/*
 * Back ends stay behind when the guest has given up the device. What was opened for it is no longer
 * known after a restart of the worker, and not needed: they go by their names.
 */
static void backends_remove(Guest *guest, const DomainDevice *device)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) parts = live_parts(guest, device, NULL, &error);

	if (parts)
		live_parts_forget(guest, parts, device->info->alias);
	else
		log_warning("%s", error->message);
}

/* The keys of what was opened for @device: its alias, its name on the host or in the guest. */
static void resources_forget(Guest *guest, const DomainDevice *device)
{
	const char *alias = device->info->alias;
	g_autofree char *log = g_strconcat(alias, "-log", NULL);
	g_autofree char *disk = device->kind == DEVICE_DISK ?
					g_strconcat("disk:", device->disk->target, NULL) :
					NULL;
	g_autofree char *net = device->kind == DEVICE_INTERFACE && device->interface->target ?
				       g_strconcat("net:", device->interface->target, NULL) :
				       NULL;
	g_autofree char *vhost = net ? g_strconcat("vhost:", device->interface->target, NULL) : NULL;
	const char *const keys[] = { alias, log, disk, net, vhost };

	for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++)
		if (keys[i])
			g_hash_table_remove(guest->resources, keys[i]);
}

static Unplug *find_unplug(QemuLive *live, const char *alias)
{
	for (guint i = 0; i < live->unplugs->len; i++) {
		Unplug *unplug = g_ptr_array_index(live->unplugs, i);

		if (strcmp(unplug->alias, alias) == 0)
			return unplug;
	}
	return NULL;
}

void live_device_free(void *data)
{
	DomainDevice *device = data;

	bind_free(domain_device_kinds[device->kind].element, device->any);
	g_free(device);
}

/*
 * QEMU no longer has the device: neither has the definition. It is not freed before the guest ends,
 * as another fiber may be parked with a pointer to it. Parks.
 */
static void device_gone(Guest *guest, const char *alias)
{
	QemuLive *live = live_of(guest);
	g_autoptr(GError) error = NULL;
	DomainDevice device;
	Unplug *unplug;

	if (!live || !qemu_device_find(guest->def, alias, &device))
		return;
	g_ptr_array_remove(domain_def_devices(guest->def, device.kind), device.any);
	g_ptr_array_add(live->past, g_memdup2(&device, sizeof(device)));
	g_hash_table_add(live->retired, g_strdup(alias));
	if (!live_save(live, &error))
		log_warning("%s", error->message);
	backends_remove(guest, &device);
	resources_forget(guest, &device);
	if (live_of(guest) == live) {
		guest->host->changed(guest);
		guest->host->event(guest, &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
							 .device = { .alias = alias } });
		unplug = find_unplug(live, alias);
		if (unplug) {
			unplug->gone = true;
			fiber_event_set(&unplug->done);
		}
	}
}

typedef struct Gone {
	Guest *guest;
	char alias[];
} Gone;

static void gone_main(void *data)
{
	Gone *gone = data;

	device_gone(gone->guest, gone->alias);
	g_free(gone);
}

bool live_unplugged(QemuLive *live, const char *alias)
{
	g_autoptr(GError) error = NULL;
	DomainDevice device;
	Gone *gone;

	if (!qemu_device_find(live->guest->def, alias, &device))
		return false;
	gone = g_malloc0(sizeof(*gone) + strlen(alias) + 1);
	gone->guest = live->guest;
	strcpy(gone->alias, alias);
	if (fiber_spawn("unplugged", gone_main, gone, &error))
		return true;
	log_error("%s", error->message);
	g_free(gone);
	return false;
}

void live_unplug_refused(QemuLive *live, const char *alias)
{
	Unplug *unplug = find_unplug(live, alias);

	if (!unplug)
		return;
	unplug->refused = true;
	fiber_event_set(&unplug->done);
}

void live_unplugs_wake(QemuLive *live)
{
	fiber_queue_wake_all(&live->trays);
	live_vcpu_wake(live);
	for (guint i = 0; i < live->unplugs->len; i++)
		fiber_event_set(&((Unplug *)g_ptr_array_index(live->unplugs, i))->done);
	g_ptr_array_set_size(live->unplugs, 0);
}

/* Asks QEMU to ask the guest. 1: there was nothing to ask for; -1 and an error. */
static int unplug_ask(Guest *guest, const char *alias, GError **error)
{
	QemuLive *live = live_of(guest);
	g_autoptr(GError) reason = NULL;

	if (live_call(guest, "device_del", json_pack("{s:s}", "id", alias), NULL, &reason))
		return 0;
	if (error_code(reason) == VIR_ERR_DEVICE_MISSING && live_of(guest) == live) {
		device_gone(guest, alias);
		return 1;
	}
	/* Asked a moment ago, which QEMU takes for an error. */
	if (strstr(reason->message, "in the process of unplug"))
		return 0;
	g_propagate_error(error, g_steal_pointer(&reason));
	return -1;
}

/* 1: it is gone, 0: not yet, -1: it stays, or who knows. */
static int unplug_wait(Unplug *unplug, GError **error)
{
	g_autoptr(GError) reason = NULL;
	bool told = fiber_event_wait(&unplug->done, _("the guest, which must give up a device"),
				     UNPLUG_SECONDS * G_USEC_PER_SEC, &reason);

	if (unplug->gone)
		return 1;
	if (unplug->refused)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the guest refused to give up device '%s'"), unplug->alias),
		       -1;
	if (!told && error_code(reason) == VIR_ERR_OPERATION_TIMEOUT)
		return 0;
	return fail(error, VIR_ERR_OPERATION_INVALID,
		    _("the hypervisor ended before device '%s' was unplugged"), unplug->alias),
	       -1;
}

/* ---- What others sit on */

typedef struct Users {
	const DomainDevice *device; /* a controller */
	const DomainDevice *other;  /* NULL: none of the guest's devices is on it */
	DomainDevice found;
} Users;

static bool sits_on(const DomainController *controller, const DomainDevice *device)
{
	const DeviceAddress *address = &device->info->address;
	unsigned index = (unsigned)controller->index;

	switch (controller->type) {
	case CONTROLLER_SCSI:
		return address->type == ADDRESS_DRIVE && address->drive.controller == index &&
		       (device->kind == DEVICE_HOSTDEV ||
			(device->kind == DEVICE_DISK && device->disk->bus == DISK_BUS_SCSI));
	case CONTROLLER_VIRTIO_SERIAL:
		return address->type == ADDRESS_VIRTIO_SERIAL &&
		       address->serial.controller == index;
	case CONTROLLER_USB:
		return address->type == ADDRESS_USB && address->usb.bus == index;
	case CONTROLLER_CCID:
		return address->type == ADDRESS_CCID && address->ccid.controller == index;
	default:
		return false;
	}
}

static bool note_user(G_GNUC_UNUSED DomainDef *def, const DomainDevice *device, void *data)
{
	Users *users = data;

	if (device->any == users->device->any || !sits_on(users->device->controller, device))
		return true;
	users->found = *device;
	users->other = &users->found;
	return false;
}

static bool is_unused(Guest *guest, const DomainDevice *device, GError **error)
{
	Users users = { .device = device };

	if (device->kind != DEVICE_CONTROLLER)
		return true;
	domain_def_each_device(guest->def, note_user, &users);
	return !users.other ||
	       fail(error, VIR_ERR_OPERATION_FAILED,
		    _("device cannot be detached: device is busy: <%s> '%s' is on controller '%s'"),
		    domain_device_kinds[users.other->kind].name, users.other->info->alias,
		    device->info->alias);
}

/* ---- The request */

GPtrArray *live_retired(Guest *guest)
{
	GPtrArray *names = g_ptr_array_new();
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, live_of(guest)->retired);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		g_ptr_array_add(names, name);
	return names;
}

int live_unplug(Guest *guest, const char *alias, bool wait, GError **error)
{
	QemuLive *live = live_of(guest);
	g_autofree char *name = g_strdup(alias); /* that of the device goes with it */
	Unplug unplug = { .alias = name };
	DomainDevice device;
	int result;

	if (!live_monitor(guest, error))
		return -1;
	if (!qemu_device_find(guest->def, name, &device))
		return fail(error, VIR_ERR_DEVICE_MISSING,
			    _("domain '%s' has no device with the alias '%s'"), guest->def->name,
			    name),
		       -1;
	if (!qemu_device_hotplug(&device, error) || !is_unused(guest, &device, error))
		return -1;
	if (find_unplug(live, name))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("device '%s' is being unplugged already"), name),
		       -1;
	g_ptr_array_add(live->unplugs, &unplug);
	result = unplug_ask(guest, name, error);
	if (result == 0 && (wait || unplug.done.set))
		result = unplug_wait(&unplug, error);
	if (live_of(guest) == live)
		g_ptr_array_remove(live->unplugs, &unplug);
	return result;
}

/* ---- After a time without a worker */

static bool is_in(json_t *list, const char *alias)
{
	size_t index;
	json_t *item;

	json_array_foreach(list, index,
			   item) if (g_strcmp0(json_string_value(json_object_get(item, "name")),
					       alias) == 0) return true;
	return false;
}

typedef struct Missing {
	json_t *there;
	GPtrArray *aliases;
} Missing;

static bool note_missing(G_GNUC_UNUSED DomainDef *def, const DomainDevice *device, void *data)
{
	const QemuDeviceKind *kind = qemu_device_kinds[device->kind];
	Missing *missing = data;

	if (kind && kind->hotplug && kind->hotplug(device) && device->info->alias &&
	    !is_in(missing->there, device->info->alias))
		g_ptr_array_add(missing->aliases, g_strdup(device->info->alias));
	return true;
}

bool live_plug_reconcile(QemuLive *live, GError **error)
{
	g_autoptr(GPtrArray) aliases = g_ptr_array_new_with_free_func(g_free);
	Missing missing = { .aliases = aliases };

	if (!live_call(live->guest, "qom-list", json_pack("{s:s}", "path", "/machine/peripheral"),
		       &missing.there, error))
		return false;
	domain_def_each_device(live->guest->def, note_missing, &missing);
	json_decref(missing.there);
	for (guint i = 0; i < aliases->len; i++)
		device_gone(live->guest, g_ptr_array_index(aliases, i));
	return true;
}
