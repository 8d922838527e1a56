/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/storage/disk.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/registry/registry.h"
#include "daemon/storage/pool.h"

/* ---- at the start of a guest --------------------------------------------------------------- */

/* Borrowed; NULL and an error that names the disk. */
static const Volume *find_volume(Engine *engine, const DomainDef *live, const DomainDisk *disk, GError **error)
{
	const StorageSource *source = &disk->source;
	const Object *object = object_get_name(engine->objects, OBJECT_POOL, NULL, source->pool, error);
	const ActivePool *pool;
	const Volume *volume;

	if (!object)
		return NULL;
	pool = pool_active(object, NULL);
	if (!pool)
		return fail_null(error, VIR_ERR_OPERATION_INVALID,
				 _("domain '%s': disk '%s' is a volume of the storage pool '%s', which is not active"),
				 live->name, disk->target, source->pool);
	volume = pool_find_volume(pool, source->volume);
	if (volume)
		return volume;
	return fail_null(error, VIR_ERR_NO_STORAGE_VOL,
			 _("domain '%s': disk '%s' is the volume '%s', which the storage pool '%s' does not have; "
			   "refresh it if it was made by others"),
			 live->name, disk->target, source->volume, source->pool);
}

/* The format is not guessed: it is what the disk or the pool says. */
static void take_format(DomainDisk *disk, const VolumeDef *def)
{
	if (!disk->format)
		disk->format = storage_format_parse(def->target.format);
	if (!disk->format)
		disk->format = STORAGE_FORMAT_RAW;
}

static void take_encryption(DomainDisk *disk, const VolumeDef *def)
{
	g_autoptr(VolumeDef) copy = NULL;

	if (disk->source.encryption || !def->target.encryption)
		return;
	copy = bind_copy(&bind_el_volume, def);
	disk->source.encryption = g_steal_pointer(&copy->target.encryption);
}

static bool disk_resolve(Engine *engine, const DomainDef *live, DomainDisk *disk, GError **error)
{
	StorageSource *source = &disk->source;
	const Volume *volume = find_volume(engine, live, disk, error);

	if (!volume)
		return false;
	if (volume->def->type != VOLUME_TYPE_FILE && volume->def->type != VOLUME_TYPE_BLOCK)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s': disk '%s' is the volume '%s' of pool '%s', which is neither a file nor a "
			      "block device"),
			    live->name, disk->target, source->volume, source->pool);
	take_format(disk, volume->def);
	take_encryption(disk, volume->def);
	source->type = volume->def->type == VOLUME_TYPE_FILE ? STORAGE_FILE : STORAGE_BLOCK;
	source->path = g_strdup(volume->path);
	source->pool_mode = 0;
	g_clear_pointer(&source->pool, g_free);
	g_clear_pointer(&source->volume, g_free);
	return true;
}

/* A disk that need not be there is an empty drive without its volume. */
static void disk_empty(DomainDisk *disk)
{
	disk->source.type = STORAGE_FILE;
	g_clear_pointer(&disk->source.pool, g_free);
	g_clear_pointer(&disk->source.volume, g_free);
}

bool disks_resolve(Engine *engine, DomainDef *live, GError **error)
{
	GPtrArray *disks = domain_def_devices(live, DEVICE_DISK);

	for (guint i = 0; i < list_length(disks); i++) {
		DomainDisk *disk = g_ptr_array_index(disks, i);
		g_autoptr(GError) reason = NULL;

		if (disk->source.type != STORAGE_VOLUME || disk_resolve(engine, live, disk, &reason))
			continue;
		if (disk->source.startup_policy != STARTUP_OPTIONAL ||
		    error_code(reason) == VIR_ERR_CONFIG_UNSUPPORTED) {
			g_propagate_error(error, g_steal_pointer(&reason));
			return false;
		}
		disk_empty(disk);
	}
	return true;
}

/* ---- while it runs ------------------------------------------------------------------------- */

/* Does the definition of what runs name the file, as a disk's or as what backs one? Values stand in quotes. */
static bool runs_on(const Domain *domain, const char *quoted)
{
	g_autofree char *xml = domain_is_active(domain) ? domain_xml_dup(domain, DOMAIN_LIVE) : NULL;

	return xml && strstr(xml, quoted);
}

bool disk_is_unused(Engine *engine, const char *path, GError **error)
{
	g_autoptr(GPtrArray) domains = registry_list(engine->registry, NULL);
	g_autofree char *safe = g_markup_escape_text(path, -1);
	g_autofree char *quoted = g_strdup_printf("'%s'", safe);

	for (guint i = 0; i < domains->len; i++) {
		const Domain *domain = g_ptr_array_index(domains, i);

		if (runs_on(domain, quoted))
			return fail(error, VIR_ERR_OPERATION_INVALID,
				    _("the volume '%s' is in use by domain '%s', which is running"), path,
				    domain->name);
	}
	return true;
}
