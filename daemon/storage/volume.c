/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/storage/volume.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/object/secret_value.h"

/* ---- from disk ----------------------------------------------------------------------------- */

static char *time_text(priv_volume_time time)
{
	return g_strdup_printf("%" G_GINT64_FORMAT ".%09u", (gint64)time.seconds, time.nanoseconds);
}

static PoolPermissions *permissions_new(const priv_volume *facts)
{
	PoolPermissions *permissions = g_new0(PoolPermissions, 1);

	permissions->mode = facts->mode;
	permissions->owner = facts->owner;
	permissions->group = facts->group;
	permissions->has_mode = permissions->has_owner = permissions->has_group = true;
	return permissions;
}

static VolumeTimestamps *timestamps_new(const priv_volume *facts)
{
	VolumeTimestamps *timestamps = g_new0(VolumeTimestamps, 1);

	timestamps->atime = time_text(facts->atime);
	timestamps->mtime = time_text(facts->mtime);
	timestamps->ctime = time_text(facts->ctime);
	return timestamps;
}

/* What the disk cannot tell: which secret opens the volume, what its overlay was said to be. */
static void remember(VolumeDef *def, const VolumeDef *created)
{
	g_autoptr(VolumeDef) copy = created ? bind_copy(&bind_el_volume, created) : NULL;

	if (!copy)
		return;
	def->target.encryption = g_steal_pointer(&copy->target.encryption);
	if (copy->backing && def->backing && g_strcmp0(copy->backing->path, def->backing->path) == 0) {
		def->backing->permissions = g_steal_pointer(&copy->backing->permissions);
		def->backing->timestamps = g_steal_pointer(&copy->backing->timestamps);
	}
	if (copy->target.format && strcmp(copy->target.format, "iso") == 0 &&
	    strcmp(def->target.format, "raw") == 0) {
		g_free(def->target.format);
		def->target.format = g_strdup("iso");
	}
	/* A client that did not ask for a version is not told of one, as others do it. */
	if (!copy->target.compat && !copy->target.features &&
	    g_strcmp0(copy->target.format, "qcow2") == 0) {
		g_clear_pointer(&def->target.compat, g_free);
		g_clear_pointer(&def->target.features, g_free);
	}
}

static void describe_image(VolumeDef *def, const priv_volume *facts)
{
	const char *format = facts->encrypted && strcmp(facts->format, "luks") == 0 ? "raw" :
										      facts->format;

	def->target.format = g_strdup(format);
	if (*facts->compat) {
		def->target.compat = g_strdup(facts->compat);
		def->target.features = g_new0(VolumeFeatures, 1);
		def->target.features->lazy_refcounts = facts->lazy_refcounts;
		def->target.features->extended_l2 = facts->extended_l2;
	}
	if (facts->encrypted) {
		def->target.encryption = g_new0(StorageEncryption, 1);
		def->target.encryption->format = ENCRYPTION_LUKS;
	}
	if (facts->backing_path) {
		def->backing = g_new0(VolumeTarget, 1);
		def->backing->path = g_strdup(*facts->backing_path);
		def->backing->format = g_strdup(facts->backing_format ? *facts->backing_format : NULL);
	}
}

Volume *volume_new(const char *directory, const priv_volume *facts, const VolumeDef *created)
{
	Volume *volume = g_new0(Volume, 1);
	VolumeDef *def = bind_new(&bind_el_volume);

	volume->name = g_strdup(facts->name);
	volume->path = g_build_filename(directory, facts->name, NULL);
	volume->def = def;
	def->type = facts->directory ? VOLUME_TYPE_DIR : VOLUME_TYPE_FILE;
	def->name = g_strdup(facts->name);
	def->key = g_strdup(volume->path);
	def->target.path = g_strdup(volume->path);
	def->capacity_bytes = facts->capacity;
	def->allocation_bytes = facts->allocation;
	def->physical_bytes = facts->physical;
	def->has_capacity = def->has_allocation = true;
	def->has_physical = !facts->directory;
	def->target.permissions = permissions_new(facts);
	def->target.timestamps = timestamps_new(facts);
	describe_image(def, facts);
	if (created) {
		StorageEncryption *found = g_steal_pointer(&def->target.encryption);

		remember(def, created);
		if (def->target.encryption)
			g_free(found);
		else
			def->target.encryption = found;
	}
	return volume;
}

void volume_free(Volume *volume)
{
	if (!volume)
		return;
	volume_def_free(volume->def);
	g_free(volume->name);
	g_free(volume->path);
	g_free(volume);
}

/* ---- to disk ------------------------------------------------------------------------------- */

/* A passphrase, which the caller wipes. */
typedef struct Passphrase {
	char *bytes;
	u_int length;
} Passphrase;

/* That of the volume's encryption. */
static bool load_secret(Engine *engine, const VolumeDef *def, Passphrase *ret, GError **error)
{
	const StorageEncryption *encryption = def->target.encryption;
	const StorageSecret *secret;
	Object *object;
	gsize length;

	if (!encryption->secrets || encryption->secrets->len != 1)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("volume '%s': encryption needs exactly one <secret>"), def->name);
	secret = encryption->secrets->pdata[0];
	object = object_get_uuid(engine->objects, OBJECT_SECRET, secret->uuid.bytes, error);
	if (!object)
		return false;
	if (!*object->extra)
		return fail(error, VIR_ERR_NO_SECRET, _("secret '%s' has no value yet"), object->key);
	ret->bytes = secret_value_open(engine, object->uuid, object->extra, &length, error);
	ret->length = (u_int)length;
	return ret->bytes != NULL;
}

static bool check_features(const VolumeDef *def, GError **error)
{
	const VolumeFeatures *features = def->target.features;

	if (features && features->lazy_refcounts && g_strcmp0(def->target.compat, "0.10") == 0)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': lazy_refcounts takes <compat>1.1</compat>"), def->name);
	if (features && features->extended_l2 && g_strcmp0(def->target.compat, "0.10") == 0)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': extended_l2 takes <compat>1.1</compat>"), def->name);
	if (!def->has_capacity && !(def->target.format && strcmp(def->target.format, "dir") == 0))
		return fail(error, VIR_ERR_XML_ERROR, _("volume '%s' needs <capacity>"), def->name);
	return true;
}

/* <features/> that stand alone ask for what is new enough to have them. */
static void fill_features(VolumeDef *def, priv_volume_create_args *ret)
{
	if (!def->target.features)
		return;
	if (!def->target.compat)
		def->target.compat = g_strdup("1.1");
	ret->lazy_refcounts = def->target.features->lazy_refcounts;
	ret->extended_l2 = def->target.features->extended_l2;
}

bool volume_create_args(Engine *engine, VolumeDef *def, priv_volume_create_args *ret,
			GError **error)
{
	Passphrase passphrase = { 0 };

	if (!check_features(def, error))
		return false;
	if (!def->target.format)
		def->target.format = g_strdup("raw");
	ret->name = def->name;
	ret->format = def->target.format;
	ret->capacity = def->capacity_bytes;
	ret->allocation = def->has_allocation ? def->allocation_bytes : def->capacity_bytes;
	ret->cluster_size = def->target.cluster_size_bytes;
	fill_features(def, ret);
	if (def->target.compat)
		ret->compat = &def->target.compat;
	if (def->backing && def->backing->path) {
		ret->backing_path = &def->backing->path;
		ret->backing_format = def->backing->format ? &def->backing->format : NULL;
	}
	if (!def->target.encryption)
		return true;
	if (strcmp(def->target.format, "raw") == 0)
		ret->format = (char *)"luks";
	if (!load_secret(engine, def, &passphrase, error))
		return false;
	ret->secret.secret_val = passphrase.bytes;
	ret->secret.secret_len = passphrase.length;
	return true;
}

bool volume_source_args(Engine *engine, const VolumeDef *def, priv_volume_clone_args *ret, GError **error)
{
	Passphrase passphrase = { 0 };

	ret->name = def->name;
	ret->format = def->target.format;
	if (!def->target.encryption)
		return true;
	if (strcmp(def->target.format, "raw") == 0)
		ret->format = (char *)"luks";
	if (!load_secret(engine, def, &passphrase, error))
		return false;
	ret->secret.secret_val = passphrase.bytes;
	ret->secret.secret_len = passphrase.length;
	return true;
}

void volume_source_args_clear(priv_volume_clone_args *args)
{
	secret_value_free(args->secret.secret_val, args->secret.secret_len);
	args->secret.secret_val = NULL;
}

void volume_create_args_clear(priv_volume_create_args *args)
{
	secret_value_free(args->secret.secret_val, args->secret.secret_len);
	args->secret.secret_val = NULL;
}
