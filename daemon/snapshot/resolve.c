/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/snapshot/snapshot.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/plain.h"
#include "daemon/host/priv_request.h"

#define IMAGES_USEC (30 * 60 * G_USEC_PER_SEC)

bool snapshot_is_external(const SnapshotDef *snapshot)
{
	if (snapshot->memory && snapshot->memory->snapshot == DISK_SNAPSHOT_EXTERNAL)
		return true;
	for (guint i = 0; i < list_length(snapshot->disks); i++)
		if (((const SnapshotDisk *)list_get(snapshot->disks, i))->snapshot == DISK_SNAPSHOT_EXTERNAL)
			return true;
	return false;
}

bool snapshot_disk_takes_part(const DomainDisk *disk)
{
	return !disk->readonly && (disk->device == DISK_DEVICE_DISK || disk->device == DISK_DEVICE_ABSENT) &&
	       disk->source.type != STORAGE_ABSENT && disk->snapshot != DISK_SNAPSHOT_NO;
}

static bool disk_can_hold(const DomainDef *def, const DomainDisk *disk, GError **error)
{
	if (disk->format != STORAGE_FORMAT_QCOW2)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("internal snapshot for disk '%s' of domain '%s' unsupported for storage type %s; convert "
			      "the image to qcow2"),
			    disk->target, def->name, disk->format ? storage_format_name(disk->format) : "raw");
	return (disk->source.path && (disk->source.type == STORAGE_FILE || disk->source.type == STORAGE_BLOCK)) ||
	       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("disk '%s' of domain '%s' is neither a file nor a block device, so it can hold no snapshot"),
		    disk->target, def->name);
}

static DomainDisk *disk_find(const DomainDef *def, const char *name)
{
	DomainDisk *disk = domain_def_disk_by_target(def, name);

	for (guint i = 0; !disk && i < list_length(def->disks); i++) {
		DomainDisk *other = list_get(def->disks, i);

		if (g_strcmp0(other->source.path, name) == 0)
			disk = other;
	}
	return disk;
}

static SnapshotDisk *mention_find(const SnapshotDef *snapshot, const char *target)
{
	for (guint i = 0; i < list_length(snapshot->disks); i++) {
		SnapshotDisk *mention = list_get(snapshot->disks, i);

		if (strcmp(mention->name, target) == 0)
			return mention;
	}
	return NULL;
}

/* Each disk that is mentioned is there, once, and from here on by its target. */
static bool mentions_check(const SnapshotDef *snapshot, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < list_length(snapshot->disks); i++) {
		SnapshotDisk *mention = list_get(snapshot->disks, i);
		const DomainDisk *disk = disk_find(snapshot->domain, mention->name);

		if (!disk)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("no disk named '%s'"), mention->name);
		if (!g_hash_table_add(seen, (gpointer)disk->target))
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("disk '%s' specified twice"), disk->target);
		g_free(mention->name);
		mention->name = g_strdup(disk->target);
	}
	return true;
}

static bool disk_resolve(SnapshotDef *snapshot, const DomainDisk *disk, GError **error)
{
	SnapshotDisk *mention = mention_find(snapshot, disk->target);

	if (!mention) {
		mention = g_new0(SnapshotDisk, 1);
		mention->name = g_strdup(disk->target);
		if (!snapshot->disks)
			snapshot->disks = g_ptr_array_new();
		g_ptr_array_add(snapshot->disks, mention);
	}
	if (mention->snapshot == DISK_SNAPSHOT_ABSENT)
		mention->snapshot = snapshot_disk_takes_part(disk) ? DISK_SNAPSHOT_INTERNAL : DISK_SNAPSHOT_NO;
	switch (mention->snapshot) {
	case DISK_SNAPSHOT_NO:
		/* What it held would be another than the memory remembers. */
		return !snapshot_disk_takes_part(disk) ||
		       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("disk '%s' must use snapshot mode 'internal': all disks are in a snapshot or none"),
			    disk->target);
	case DISK_SNAPSHOT_INTERNAL:
		return disk_can_hold(snapshot->domain, disk, error);
	default:
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("disk '%s': snapshots outside of the image are not supported yet"), disk->target);
	}
}

static bool disks_resolve(SnapshotDef *snapshot, GError **error)
{
	bool any = false;

	if (!mentions_check(snapshot, error))
		return false;
	for (guint i = 0; i < list_length(snapshot->domain->disks); i++) {
		const DomainDisk *disk = list_get(snapshot->domain->disks, i);

		if (!disk_resolve(snapshot, disk, error))
			return false;
		any |= snapshot_disk_takes_part(disk);
	}
	return any || fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			   _("domain '%s' has no disk that a snapshot could be kept in"), snapshot->domain->name);
}

static bool name_resolve(Domain *domain, SnapshotDef *snapshot, unsigned flags, GError **error)
{
	if (!snapshot->name)
		snapshot->name = g_strdup_printf("%" G_GINT64_FORMAT, snapshot->creation_time);
	if (strlen(snapshot->name) > LIMIT_NAME || !text_is_line(snapshot->name))
		return fail(error, VIR_ERR_XML_DETAIL, _("the name of a snapshot is one line of at most %d bytes"),
			    LIMIT_NAME);
	if (!(flags & VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA) &&
	    (strchr(snapshot->name, '/') || snapshot->name[0] == '.'))
		return fail(error, VIR_ERR_XML_DETAIL,
			    _("invalid snapshot name '%s': name can't contain '/' or start with '.'"), snapshot->name);
	return !object_find_name(domain->engine->objects, OBJECT_SNAPSHOT, domain->uuid_text, snapshot->name) ||
	       fail(error, VIR_ERR_OPERATION_FAILED, _("domain snapshot '%s' already exists"), snapshot->name);
}

static bool memory_resolve(const Domain *domain, SnapshotDef *snapshot, GError **error)
{
	const bool active = domain_is_active(domain);
	const SnapshotMemory *memory = snapshot->memory;

	if (memory && memory->snapshot == DISK_SNAPSHOT_EXTERNAL)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("snapshots with the memory in a file are not supported yet; 'save' writes it"));
	if (!active && memory && memory->snapshot == DISK_SNAPSHOT_INTERNAL)
		return fail(error, VIR_ERR_XML_ERROR, _("domain '%s' is off, so there is no memory for a snapshot"),
			    domain->name);
	if (active && memory && memory->snapshot == DISK_SNAPSHOT_NO)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("internal snapshots of a running VM must include the memory state"));
	if (!memory)
		snapshot->memory = g_new0(SnapshotMemory, 1);
	snapshot->memory->snapshot = active ? DISK_SNAPSHOT_INTERNAL : DISK_SNAPSHOT_NO;
	return true;
}

static bool state_resolve(const Domain *domain, SnapshotDef *snapshot, GError **error)
{
	switch (domain->state) {
	case VIR_DOMAIN_RUNNING:
		snapshot->state = SNAPSHOT_STATE_RUNNING;
		return true;
	case VIR_DOMAIN_PAUSED:
		snapshot->state = SNAPSHOT_STATE_PAUSED;
		return true;
	case VIR_DOMAIN_SHUTOFF:
		snapshot->state = SNAPSHOT_STATE_SHUTOFF;
		return true;
	default:
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("no snapshot can be taken of domain '%s' while it is %s"), domain->name,
			    domain_state_name(domain->state));
	}
}

/* The definition at this moment, and for a guest that runs that of its next start too. */
static bool definitions_take(Domain *domain, SnapshotDef *snapshot, GError **error)
{
	const bool active = domain_is_active(domain);
	const DomainDef *def = domain_def_get(domain, active ? DOMAIN_LIVE : DOMAIN_STORED, error);
	const DomainDef *inactive;

	if (!def)
		return false;
	g_clear_pointer(&snapshot->domain, domain_def_free);
	g_clear_pointer(&snapshot->inactive_domain, domain_def_free);
	snapshot->domain = domain_def_copy(def);
	if (!active || !domain->persistent)
		return true;
	inactive = domain_def_get(domain, DOMAIN_STORED, error);
	if (inactive)
		snapshot->inactive_domain = domain_def_copy(inactive);
	return inactive != NULL;
}

static bool firmware_check(const SnapshotDef *snapshot, GError **error)
{
	const OsLoader *loader = snapshot->domain->os.loader;

	/* Their variables lie in a file of its own, which an internal snapshot does not reach. */
	return !loader || loader->type != LOADER_TYPE_PFLASH ||
	       fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
		    _("internal snapshots of a VM with pflash based firmware are not supported"));
}

bool snapshot_resolve(Domain *domain, SnapshotDef *snapshot, unsigned flags, GError **error)
{
	if (flags & VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("snapshots of the disks only, in files of their own, are not supported yet"));
	snapshot->creation_time = g_get_real_time() / G_USEC_PER_SEC;
	snapshot->has_creation_time = true;
	return name_resolve(domain, snapshot, flags, error) && state_resolve(domain, snapshot, error) &&
	       memory_resolve(domain, snapshot, error) && definitions_take(domain, snapshot, error) &&
	       firmware_check(snapshot, error) && disks_resolve(snapshot, error);
}

bool snapshot_images_call(Domain *domain, const DomainDef *def, VmSnapshotWay way, const char *name, GError **error)
{
	static const priv_snapshot_way ways[] = {
		[VM_SNAPSHOT_SAVE] = PRIV_SNAPSHOT_SAVE,
		[VM_SNAPSHOT_LOAD] = PRIV_SNAPSHOT_LOAD,
		[VM_SNAPSHOT_DELETE] = PRIV_SNAPSHOT_DELETE,
	};
	g_autofree priv_snapshot_disk *disks = g_new0(priv_snapshot_disk, list_length(def->disks) + 1);
	priv_image_snapshot_args args = { .way = ways[way], .name = (char *)name };
	priv_nothing nothing = { 0 };
	const PrivRequest request = { .number = PRIV_REQUEST_image_snapshot, .args = &args, .ret = &nothing,
				      .send_fd = -1, .timeout_usec = IMAGES_USEC };

	for (guint i = 0; i < list_length(def->disks); i++) {
		const DomainDisk *disk = list_get(def->disks, i);

		if (!snapshot_disk_takes_part(disk))
			continue;
		if (!disk_can_hold(def, disk, error))
			return false;
		disks[args.disks.disks_len].path = disk->source.path;
		disks[args.disks.disks_len++].format = (char *)storage_format_name(disk->format);
	}
	args.disks.disks_val = disks;
	return priv_request_call(domain->engine, &request, error);
}
