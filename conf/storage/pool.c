/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/storage/pool.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/rows.h"

CONF_ENUM_DEFINE(pool_type, POOL_TYPE)
CONF_ENUM_DEFINE(pool_format, POOL_FORMAT)
CONF_ENUM_DEFINE(pool_adapter_type, POOL_ADAPTER)
CONF_ENUM_DEFINE(pool_refresh, POOL_REFRESH)

const BindNamespace bind_ns_pool_fs = { "fs", "http://libvirt.org/schemas/storagepool/fs/1.0" };
const BindNamespace bind_ns_pool_rbd = { "rbd", "http://libvirt.org/schemas/storagepool/rbd/1.0" };

/* ---- permissions, shared with volumes ------------------------------------------------------ */

static const BindRow permission_rows[] = {
	LEAF(PoolPermissions, "mode", mode, octal, 0, HAS(PoolPermissions, has_mode),
	     .doc = N_("Permission bits, octal.")),
	LEAF(PoolPermissions, "owner", owner, int64, 0, HAS(PoolPermissions, has_owner),
	     .doc = N_("Numeric user; -1 for whoever creates it.")),
	LEAF(PoolPermissions, "group", group, int64, 0, HAS(PoolPermissions, has_group),
	     .doc = N_("Numeric group; -1 for whoever creates it.")),
	LEAF(PoolPermissions, "label", label, str, 0, .doc = N_("SELinux label.")),
	END_ROWS
};
ELEMENT(pool_permissions, "permissions", PoolPermissions, permission_rows);

/* ---- source -------------------------------------------------------------------------------- */

static const BindRow host_rows[] = {
	ATTR(StorageHost, "name", name, str, BIND_REQUIRED, .doc = N_("Name or address.")),
	ATTR(StorageHost, "port", port, uint, 0, HAS(StorageHost, has_port),
	     .doc = N_("Port; the protocol's own when absent.")),
	END_ROWS
};
static ELEMENT(pool_host, "host", StorageHost, host_rows);

static const BindRow extent_rows[] = {
	ATTR(PoolExtent, "start", start, uint64, BIND_ALWAYS, .doc = N_("First byte.")),
	ATTR(PoolExtent, "end", end, uint64, BIND_ALWAYS, .doc = N_("Byte behind the last.")),
	END_ROWS
};
static ELEMENT(pool_extent, "freeExtent", PoolExtent, extent_rows);

static const BindRow device_rows[] = {
	ATTR(PoolDevice, "path", path, str, BIND_REQUIRED,
	     .doc = N_("Path of a block device, or an iSCSI qualified name.")),
	ATTR(PoolDevice, "part_separator", part_separator, yes_no, 0,
	     .doc = N_("Put \"p\" before the number of a partition.")),
	LIST(PoolDevice, "freeExtent", free_extents, pool_extent, 0,
	     .doc = N_("Unused part of a disk.")),
	END_ROWS
};
static ELEMENT(pool_device, "device", PoolDevice, device_rows);

static const BindRow parent_pci_rows[] = {
	ATTR(PciAddress, "domain", domain, hex4, BIND_ALWAYS, .doc = N_("PCI domain.")),
	ATTR(PciAddress, "bus", bus, hex2, BIND_ALWAYS, .doc = N_("PCI bus.")),
	ATTR(PciAddress, "slot", slot, hex2, BIND_ALWAYS, .doc = N_("PCI slot.")),
	ATTR(PciAddress, "function", function, hex1, BIND_ALWAYS, .doc = N_("PCI function.")),
	END_ROWS
};
static ELEMENT(pool_parent_pci, "address", PciAddress, parent_pci_rows);

static const BindRow parent_rows[] = {
	ATTR(PoolParentAddress, "unique_id", unique_id, uint, 0,
	     HAS(PoolParentAddress, has_unique_id),
	     .doc = N_("Tells hosts of the same PCI device apart.")),
	CHILD_IN(PoolParentAddress, "address", pci, pool_parent_pci, BIND_BARE,
		 .doc = N_("PCI address of the parent.")),
	END_ROWS
};
static ELEMENT(pool_parent, "parentaddr", PoolParentAddress, parent_rows);

static const BindRow adapter_rows[] = {
	ATTR(PoolAdapter, "type", type, pool_adapter_type, 0, .doc = N_("Kind of adapter.")),
	ATTR(PoolAdapter, "name", name, str, 0, .doc = N_("Name of the host: \"host0\".")),
	ATTR(PoolAdapter, "parent", parent, str, 0, .doc = N_("Parent of a virtual adapter.")),
	ATTR(PoolAdapter, "parent_wwnn", parent_wwnn, str, 0, .doc = N_("Parent's node name.")),
	ATTR(PoolAdapter, "parent_wwpn", parent_wwpn, str, 0, .doc = N_("Parent's port name.")),
	ATTR(PoolAdapter, "parent_fabric_wwn", parent_fabric_wwn, str, 0,
	     .doc = N_("Parent's fabric name.")),
	ATTR(PoolAdapter, "managed", managed, yes_no, 0,
	     .doc = N_("Remove the virtual adapter with the pool.")),
	ATTR(PoolAdapter, "wwnn", wwnn, str, 0, .doc = N_("Node name.")),
	ATTR(PoolAdapter, "wwpn", wwpn, str, 0, .doc = N_("Port name.")),
	POINTER(PoolAdapter, "parentaddr", parent_address, pool_parent, 0,
		.doc = N_("The parent by its place, which is stable.")),
	END_ROWS
};

static bool adapter_parsed(BindReader *reader, void *object, GError **error)
{
	PoolAdapter *adapter = object;

	if (adapter->type == POOL_ADAPTER_ABSENT)
		adapter->type = adapter->wwnn && adapter->wwpn ? POOL_ADAPTER_FC_HOST :
								 POOL_ADAPTER_SCSI_HOST;
	if (adapter->type == POOL_ADAPTER_FC_HOST && (!adapter->wwnn || !adapter->wwpn))
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("an adapter of type 'fc_host' needs 'wwnn' and 'wwpn'"));
	if (adapter->type == POOL_ADAPTER_SCSI_HOST && !adapter->name && !adapter->parent_address)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("an adapter of type 'scsi_host' needs a name or a parent address"));
	return true;
}
static ELEMENT(pool_adapter, "adapter", PoolAdapter, adapter_rows, .parsed = adapter_parsed);

static const BindRow auth_secret_rows[] = {
	ATTR(StorageSecret, "uuid", uuid, uuid, 0, .doc = N_("UUID of the secret.")),
	ATTR(StorageSecret, "usage", usage, str, 0, .doc = N_("Usage of the secret.")),
	END_ROWS
};
static ELEMENT(pool_auth_secret, "secret", StorageSecret, auth_secret_rows);

static const BindRow auth_rows[] = {
	ATTR(StorageAuth, "type", type, storage_auth_type, BIND_REQUIRED,
	     .doc = N_("How to log in.")),
	ATTR(StorageAuth, "username", username, str, BIND_REQUIRED, .doc = N_("Who logs in.")),
	CHILD_IN(StorageAuth, "secret", secret, pool_auth_secret, 0,
		 .doc = N_("Where the password is.")),
	END_ROWS
};
static ELEMENT(pool_auth, "auth", StorageAuth, auth_rows);

static const BindRow initiator_rows[] = {
	VALUE(PoolSource, "iqn", "name", initiator_iqn, str, 0,
	      .doc = N_("Name by which the host presents itself.")),
	END_ROWS
};
static ELEMENT(pool_initiator, "initiator", PoolSource, initiator_rows);

static const BindRow source_rows[] = {
	LIST(PoolSource, "host", hosts, pool_host, 0, .doc = N_("Server of the storage.")),
	LIST(PoolSource, "device", devices, pool_device, 0, .doc = N_("Device of the storage.")),
	VALUE(PoolSource, "dir", "path", dir, str, 0, .doc = N_("Directory on the server.")),
	POINTER(PoolSource, "adapter", adapter, pool_adapter, 0, .doc = N_("SCSI adapter.")),
	LEAF(PoolSource, "name", name, str, 0,
	     .doc = N_("Name of the volume group, Ceph pool, ... .")),
	CHILD("initiator", pool_initiator, 0, .doc = N_("The host's side of iSCSI.")),
	POINTER(PoolSource, "auth", auth, pool_auth, 0, .doc = N_("How to log in.")),
	VALUE(PoolSource, "format", "type", format, pool_format, 0,
	      .doc = N_("Format of the source.")),
	VALUE(PoolSource, "protocol", "ver", protocol_version, str, 0,
	      .doc = N_("Version of the NFS protocol.")),
	VALUE(PoolSource, "vendor", "name", vendor, str, 0, .doc = N_("Maker of the device.")),
	VALUE(PoolSource, "product", "name", product, str, 0, .doc = N_("Name of the product.")),
	END_ROWS
};
static ELEMENT(pool_source, "source", PoolSource, source_rows);

/* ---- the pool ------------------------------------------------------------------------------ */

static const BindRow target_rows[] = {
	LEAF(PoolTarget, "path", path, str, 0, .doc = N_("Where volumes appear on the host.")),
	POINTER(PoolTarget, "permissions", permissions, pool_permissions, 0,
		.doc = N_("Of the directory, when it is made.")),
	END_ROWS
};
static ELEMENT(pool_target, "target", PoolTarget, target_rows);

static const BindRow feature_rows[] = {
	VALUE(PoolDef, "cow", "state", cow, yes_no, 0, .doc = N_("Copy on write in the directory.")),
	END_ROWS
};
static ELEMENT(pool_features, "features", PoolDef, feature_rows);

static const BindRow refresh_rows[] = {
	VALUE(PoolDef, "volume", "allocation", refresh, pool_refresh, 0,
	      .doc = N_("How the allocation of a volume is found.")),
	END_ROWS
};
static ELEMENT(pool_refresh_element, "refresh", PoolDef, refresh_rows);

static const BindRow option_rows[] = {
	ATTR(PoolOption, "name", name, str, BIND_REQUIRED, .doc = N_("Name of the option.")),
	ATTR(PoolOption, "value", value, str, 0, .doc = N_("Its value.")),
	END_ROWS
};
static ELEMENT(pool_option, "option", PoolOption, option_rows);

static const BindRow mount_rows[] = {
	LIST(PoolDef, "option", mount_options, pool_option, 0, .ns = &bind_ns_pool_fs,
	     .doc = N_("Option of mount(8).")),
	END_ROWS
};
static ELEMENT(pool_mount, "mount_opts", PoolDef, mount_rows);

static const BindRow config_rows[] = {
	LIST(PoolDef, "option", config_options, pool_option, 0, .ns = &bind_ns_pool_rbd,
	     .doc = N_("Option of librados.")),
	END_ROWS
};
static ELEMENT(pool_config, "config_opts", PoolDef, config_rows);

static const BindRow pool_rows[] = {
	ATTR(PoolDef, "type", type, pool_type, BIND_REQUIRED, .doc = N_("Kind of storage.")),
	LEAF(PoolDef, "name", name, str, 0, .doc = N_("Unique name.")),
	LEAF(PoolDef, "uuid", uuid, uuid, 0, .doc = N_("Identity; made when absent.")),
	SIZE_LEAF(PoolDef, "capacity", capacity_bytes, 1, BIND_ALWAYS, .unit = "bytes",
		  .doc = N_("Size; of a running pool.")),
	SIZE_LEAF(PoolDef, "allocation", allocation_bytes, 1, BIND_ALWAYS, .unit = "bytes",
		  .doc = N_("Used; of a running pool.")),
	SIZE_LEAF(PoolDef, "available", available_bytes, 1, BIND_ALWAYS, .unit = "bytes",
		  .doc = N_("Free; of a running pool.")),
	CHILD("features", pool_features, 0, .doc = N_("Choices of the file system.")),
	CHILD_IN(PoolDef, "source", source, pool_source, BIND_BARE,
		 .doc = N_("Where the storage comes from.")),
	CHILD_IN(PoolDef, "target", target, pool_target, BIND_MERGE,
		 .doc = N_("Where the storage appears on the host.")),
	CHILD("refresh", pool_refresh_element, 0, .doc = N_("How volumes are looked at.")),
	CHILD("mount_opts", pool_mount, BIND_MERGE, .ns = &bind_ns_pool_fs,
	      .doc = N_("Options of mount(8); taints the pool.")),
	CHILD("config_opts", pool_config, BIND_MERGE, .ns = &bind_ns_pool_rbd,
	      .doc = N_("Options of librados; taints the pool.")),
	END_ROWS
};
ELEMENT(pool, "pool", PoolDef, pool_rows, .doc = N_("A storage pool."));

/* ---- completion and checks ----------------------------------------------------------------- */

/* What each type needs, and what it is given when the document does not say. */
typedef struct PoolRule {
	bool host, device, dir, adapter, source_name, target, target_permissions;
	bool name_from_source; /* the pool's name may stand in <source><name> */
	PoolFormat format;     /* the default */
	guint64 formats;       /* allowed ones */
} PoolRule;

#define FS_FORMATS \
	(BIT(POOL_FORMAT_AUTO) | BIT(POOL_FORMAT_EXT2) | BIT(POOL_FORMAT_EXT3) | \
	 BIT(POOL_FORMAT_EXT4) | BIT(POOL_FORMAT_UFS) | BIT(POOL_FORMAT_ISO9660) | \
	 BIT(POOL_FORMAT_UDF) | BIT(POOL_FORMAT_GFS) | BIT(POOL_FORMAT_GFS2) | \
	 BIT(POOL_FORMAT_VFAT) | BIT(POOL_FORMAT_HFSPLUS) | BIT(POOL_FORMAT_XFS) | \
	 BIT(POOL_FORMAT_OCFS2) | BIT(POOL_FORMAT_VMFS))
#define NETFS_FORMATS \
	(BIT(POOL_FORMAT_AUTO) | BIT(POOL_FORMAT_NFS) | BIT(POOL_FORMAT_GLUSTERFS) | \
	 BIT(POOL_FORMAT_CIFS))
#define DISK_FORMATS \
	(BIT(POOL_FORMAT_UNKNOWN) | BIT(POOL_FORMAT_DOS) | BIT(POOL_FORMAT_DVH) | \
	 BIT(POOL_FORMAT_GPT) | BIT(POOL_FORMAT_MAC) | BIT(POOL_FORMAT_BSD) | \
	 BIT(POOL_FORMAT_PC98) | BIT(POOL_FORMAT_SUN) | BIT(POOL_FORMAT_LVM2))

static const PoolRule pool_rules[POOL_TYPE_LAST] = {
	[POOL_TYPE_DIR] = { .target = true, .target_permissions = true },
	[POOL_TYPE_FS] = { .device = true, .target = true, .target_permissions = true,
			   .format = POOL_FORMAT_AUTO, .formats = FS_FORMATS },
	[POOL_TYPE_NETFS] = { .host = true, .dir = true, .target = true, .target_permissions = true,
			      .format = POOL_FORMAT_AUTO, .formats = NETFS_FORMATS },
	[POOL_TYPE_LOGICAL] = { .source_name = true, .name_from_source = true,
				.format = POOL_FORMAT_LVM2,
				.formats = BIT(POOL_FORMAT_UNKNOWN) | BIT(POOL_FORMAT_LVM2) },
	[POOL_TYPE_DISK] = { .device = true, .target = true, .target_permissions = true,
			     .format = POOL_FORMAT_UNKNOWN, .formats = DISK_FORMATS },
	[POOL_TYPE_ISCSI] = { .host = true, .device = true, .target = true,
			      .target_permissions = true },
	[POOL_TYPE_SCSI] = { .adapter = true, .target = true, .target_permissions = true },
	[POOL_TYPE_MPATH] = { .target_permissions = true },
	[POOL_TYPE_RBD] = { .host = true, .source_name = true, .name_from_source = true },
	[POOL_TYPE_SHEEPDOG] = { .host = true, .source_name = true, .name_from_source = true },
	[POOL_TYPE_GLUSTER] = { .host = true, .source_name = true, .name_from_source = true },
	[POOL_TYPE_ZFS] = { .source_name = true, .name_from_source = true },
	[POOL_TYPE_VSTORAGE] = { .source_name = true, .name_from_source = true, .target = true,
				 .target_permissions = true },
	[POOL_TYPE_ISCSI_DIRECT] = { .host = true, .device = true },
};

static bool missing(const PoolDef *def, const char *what, GError **error)
{
	return fail(error, VIR_ERR_XML_ERROR, _("storage pool '%s' of type '%s' needs %s"),
		    def->name ? def->name : "?", pool_type_name(def->type), what);
}

static bool pool_has_adapter(const PoolDef *def)
{
	return def->source.adapter != NULL;
}

static bool auth_missing(const StorageSecret *secret)
{
	return !secret->usage && uuid_is_absent(&secret->uuid);
}

static bool check_owner(const PoolDef *def, gint64 id, GError **error)
{
	return (id >= -1 && id <= G_MAXUINT32) ||
	       fail(error, VIR_ERR_XML_ERROR,
		    _("storage pool '%s': %" PRId64 " cannot be an owner or group; use -1 for whoever "
		      "makes the pool"),
		    def->name, id);
}

static bool check_rest(const PoolDef *def, GError **error)
{
	const StorageAuth *auth = def->source.auth;
	const PoolPermissions *permissions = def->target.permissions;

	if (auth && auth_missing(&auth->secret))
		return missing(def, "<auth><secret usage='...'/>", error);
	if (auth && auth->secret.usage && !uuid_is_absent(&auth->secret.uuid))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("storage pool '%s': a <secret> is named by 'uuid' or by 'usage', not by "
			      "both"), def->name);
	if (def->cow && def->type != POOL_TYPE_FS && def->type != POOL_TYPE_DIR)
		return fail(error, VIR_ERR_NO_SUPPORT,
			    _("storage pool '%s': <cow> is for pools of type 'fs' and 'dir'"),
			    def->name);
	if (permissions && permissions->has_mode && permissions->mode > 0777)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("storage pool '%s': the <mode> is permission bits, at most 0777"),
			    def->name);
	return !permissions || (check_owner(def, permissions->owner, error) &&
				check_owner(def, permissions->group, error));
}

static bool check_sources(const PoolDef *def, const PoolRule *rule, GError **error)
{
	const PoolSource *source = &def->source;

	if (!def->name)
		return missing(def, "<name>", error);
	if (strchr(def->name, '/'))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("the name '%s' of a storage pool cannot contain '/'"), def->name);
	if (rule->host && (!source->hosts || source->hosts->len == 0))
		return missing(def, "<source><host name='...'/>", error);
	if (rule->device && (!source->devices || source->devices->len == 0))
		return missing(def, "<source><device path='...'/>", error);
	if (rule->dir && !source->dir)
		return missing(def, "<source><dir path='...'/>", error);
	if (rule->adapter && !pool_has_adapter(def))
		return missing(def, "<source><adapter/>", error);
	if (rule->target && !def->target.path)
		return missing(def, "<target><path>", error);
	if (def->type == POOL_TYPE_ISCSI_DIRECT && !source->initiator_iqn)
		return missing(def, "<source><initiator><iqn name='...'/>", error);
	if (source->format && !(rule->formats & BIT(source->format)))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("storage pool '%s' of type '%s' cannot have the source format '%s'"),
			    def->name, pool_type_name(def->type), pool_format_name(source->format));
	if (source->protocol_version && source->format != POOL_FORMAT_NFS)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("storage pool '%s': a protocol version goes with the format 'nfs' only"),
			    def->name);
	return true;
}

/* "/a//b/" becomes "/a/b". */
static void clean_path(char *path)
{
	char *to = path;

	for (const char *from = path; *from; from++)
		if (*from != '/' || from[1] != '/')
			*to++ = *from;
	*to = '\0';
	if (to > path + 1 && to[-1] == '/')
		to[-1] = '\0';
}

static void complete_permissions(PoolTarget *target)
{
	PoolPermissions *permissions = target->permissions;

	if (!permissions)
		return;
	if (!permissions->has_owner)
		permissions->owner = -1;
	if (!permissions->has_group)
		permissions->group = -1;
}

static void complete(PoolDef *def, const PoolRule *rule)
{
	PoolSource *source = &def->source;

	if (uuid_is_absent(&def->uuid))
		uuid_generate(&def->uuid);
	if (!def->name && rule->name_from_source)
		def->name = g_strdup(source->name);
	if (!source->name && rule->source_name)
		source->name = g_strdup(def->name);
	if (rule->formats && source->format == POOL_FORMAT_ABSENT)
		source->format = rule->format;
	if (def->type == POOL_TYPE_LOGICAL && source->name) {
		g_free(def->target.path);
		def->target.path = g_strconcat("/dev/", source->name, NULL);
	} else if (def->type == POOL_TYPE_ZFS && source->name) {
		g_free(def->target.path);
		def->target.path = g_strconcat("/dev/zvol/", source->name, NULL);
	} else if (def->type == POOL_TYPE_MPATH && !def->target.path) {
		def->target.path = g_strdup("/dev/mapper");
	}
	if (def->target.path)
		clean_path(def->target.path);
	if (source->dir && source->format != POOL_FORMAT_GLUSTERFS)
		clean_path(source->dir);
	complete_permissions(&def->target);
}

PoolDef *pool_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			GError **error)
{
	g_autoptr(PoolDef) def =
		bind_parse(&bind_el_pool, bind_reader_open(xml, length, flags, diags, error),
			   error);

	if (!def)
		return NULL;
	complete(def, &pool_rules[def->type]);
	if (!check_sources(def, &pool_rules[def->type], error) || !check_rest(def, error))
		return NULL;
	return g_steal_pointer(&def);
}

char *pool_def_format(const PoolDef *def, unsigned flags)
{
	return bind_format(&bind_el_pool, def, flags);
}

PoolDef *pool_def_copy(const PoolDef *def)
{
	return bind_copy(&bind_el_pool, def);
}

void pool_def_free(PoolDef *def)
{
	bind_free(&bind_el_pool, def);
}
