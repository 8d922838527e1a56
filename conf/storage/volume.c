/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/storage/volume.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "conf/def/tables.h"

CONF_ENUM_DEFINE(volume_type, VOLUME_TYPE)

static const BindRow extent_rows[] = {
	ATTR(PoolExtent, "start", start, uint64, BIND_ALWAYS, .doc = N_("First byte.")),
	ATTR(PoolExtent, "end", end, uint64, BIND_ALWAYS, .doc = N_("Byte behind the last.")),
	END_ROWS
};
static ELEMENT(volume_extent, "extent", PoolExtent, extent_rows);

static const BindRow device_rows[] = {
	ATTR(VolumeDevice, "path", path, str, BIND_REQUIRED, .doc = N_("Path of the device.")),
	LIST(VolumeDevice, "extent", extents, volume_extent, 0, .doc = N_("Part of the device.")),
	END_ROWS
};
static ELEMENT(volume_device, "device", VolumeDevice, device_rows);

static const BindRow source_rows[] = {
	LIST(VolumeDef, "device", devices, volume_device, 0,
	     .doc = N_("Device that the volume lies on.")),
	END_ROWS
};
static ELEMENT(volume_source, "source", VolumeDef, source_rows);

static const BindRow timestamp_rows[] = {
	LEAF(VolumeTimestamps, "atime", atime, token, 0, .doc = N_("Last read.")),
	LEAF(VolumeTimestamps, "mtime", mtime, token, 0, .doc = N_("Last written.")),
	LEAF(VolumeTimestamps, "ctime", ctime, token, 0, .doc = N_("Last changed.")),
	LEAF(VolumeTimestamps, "btime", btime, token, 0, .doc = N_("Made.")),
	END_ROWS
};
static ELEMENT(volume_timestamps, "timestamps", VolumeTimestamps, timestamp_rows);

static const BindRow feature_rows[] = {
	FLAG(VolumeFeatures, "lazy_refcounts", lazy_refcounts, 0,
	     .doc = N_("Reference counts of qcow2 are written late.")),
	FLAG(VolumeFeatures, "extended_l2", extended_l2, 0,
	     .doc = N_("Subclusters of qcow2.")),
	END_ROWS
};
static ELEMENT(volume_features, "features", VolumeFeatures, feature_rows);

static const BindRow target_rows[] = {
	LEAF(VolumeTarget, "path", path, str, 0, .doc = N_("Path on the host.")),
	VALUE(VolumeTarget, "format", "type", format, str, 0, .doc = N_("Format of the data.")),
	POINTER(VolumeTarget, "permissions", permissions, pool_permissions, 0,
		.doc = N_("Owner and mode.")),
	POINTER(VolumeTarget, "timestamps", timestamps, volume_timestamps, 0,
		.doc = N_("When it was used.")),
	POINTER(VolumeTarget, "encryption", encryption, storage_encryption, 0,
		.doc = N_("How the data is encrypted.")),
	LEAF(VolumeTarget, "compat", compat, token, 0, .doc = N_("Version of qcow2.")),
	FLAG(VolumeTarget, "nocow", nocow, 0, .doc = N_("No copy on write below the file.")),
	SIZE_LEAF(VolumeTarget, "clusterSize", cluster_size_bytes, 1, 0, .unit = "B",
		  .doc = N_("Cluster size of qcow2.")),
	POINTER(VolumeTarget, "features", features, volume_features, 0,
		.doc = N_("Features of qcow2.")),
	END_ROWS
};
static ELEMENT(volume_target, "target", VolumeTarget, target_rows);

static const BindRow volume_rows[] = {
	ATTR(VolumeDef, "type", type, volume_type, 0, .doc = N_("Kind of volume; told by the pool.")),
	LEAF(VolumeDef, "name", name, str, 0, .doc = N_("Name, unique in its pool.")),
	LEAF(VolumeDef, "key", key, str, 0, .doc = N_("Identity; told by the pool.")),
	CHILD("source", volume_source, 0, .doc = N_("What the volume lies on.")),
	SIZE_LEAF(VolumeDef, "capacity", capacity_bytes, 1, 0, HAS(VolumeDef, has_capacity),
		  .unit = "bytes", .doc = N_("Size that a guest sees.")),
	SIZE_LEAF(VolumeDef, "allocation", allocation_bytes, 1, 0, HAS(VolumeDef, has_allocation),
		  .unit = "bytes", .doc = N_("Size that it takes up.")),
	SIZE_LEAF(VolumeDef, "physical", physical_bytes, 1, 0, HAS(VolumeDef, has_physical),
		  .unit = "bytes", .doc = N_("Size of its file or device.")),
	CHILD_IN(VolumeDef, "target", target, volume_target, BIND_BARE,
		 .doc = N_("How it appears on the host.")),
	POINTER(VolumeDef, "backingStore", backing, volume_target, 0,
		.doc = N_("What it is an overlay of.")),
	END_ROWS
};
ELEMENT(volume, "volume", VolumeDef, volume_rows, .doc = N_("A storage volume."));

static bool check_encryption(const VolumeDef *def, GError **error)
{
	const StorageEncryption *encryption = def->target.encryption;

	if (!encryption)
		return true;
	if (encryption->format == ENCRYPTION_DEFAULT || encryption->format == ENCRYPTION_QCOW)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("volume '%s': the encryption format '%s' is no longer supported; use 'luks'"),
			    def->name, encryption_format_name(encryption->format));
	return true;
}

VolumeDef *volume_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			    GError **error)
{
	g_autoptr(VolumeDef) def =
		bind_parse(&bind_el_volume, bind_reader_open(xml, length, flags, diags, error),
			   error);

	if (!def)
		return NULL;
	if (!def->name || !*def->name)
		return fail_null(error, VIR_ERR_XML_ERROR, _("a volume needs <name>"));
	if (strchr(def->name, '/') || strcmp(def->name, ".") == 0 || strcmp(def->name, "..") == 0 ||
	    strlen(def->name) > LIMIT_NAME)
		return fail_null(error, VIR_ERR_XML_ERROR,
				 _("'%s' cannot be the name of a volume: it becomes a file's name"),
				 def->name);
	if (!check_encryption(def, error))
		return NULL;
	return g_steal_pointer(&def);
}

char *volume_def_format(const VolumeDef *def, unsigned flags)
{
	return bind_format(&bind_el_volume, def, flags);
}

void volume_def_free(VolumeDef *def)
{
	bind_free(&bind_el_volume, def);
}
