/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block nodes of disks: for each image of the chain one node that reads the file or the network and
 * one that understands the format, all named and spelled out, so that QEMU opens nothing by itself.
 */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <jansson.h>

#include "drivers/qemu/device/kind.h"

/* One image of a chain; strings borrowed. */
typedef struct Layer {
	const StorageSource *source; /* NULL when only what was opened is known */
	const char *path;
	const char *format; /* block driver of QEMU */
	bool read_only;
	bool below; /* a backing image: may become writable during a commit */
	int fd;     /* -1: QEMU opens it by path */
	guint64 cache_size;
} Layer;

static const char *const format_drivers[STORAGE_FORMAT_LAST] = {
	[STORAGE_FORMAT_RAW] = "raw",         [STORAGE_FORMAT_ISO] = "raw",
	[STORAGE_FORMAT_BOCHS] = "bochs",     [STORAGE_FORMAT_CLOOP] = "cloop",
	[STORAGE_FORMAT_DMG] = "dmg",         [STORAGE_FORMAT_VPC] = "vpc",
	[STORAGE_FORMAT_VHD] = "vpc",         [STORAGE_FORMAT_VDI] = "vdi",
	[STORAGE_FORMAT_PLOOP] = "parallels", [STORAGE_FORMAT_QCOW] = "qcow",
	[STORAGE_FORMAT_QCOW2] = "qcow2",     [STORAGE_FORMAT_QED] = "qed",
	[STORAGE_FORMAT_VMDK] = "vmdk",
};

char *qemu_node_name(const char *target, unsigned layer)
{
	return g_strdup_printf("%s.%u", target, layer);
}

char *qemu_node_target(const char *name)
{
	const char *dot = strchr(name, '.');

	if (!dot || dot == name || !g_ascii_isdigit(dot[1]))
		return NULL;
	return g_strndup(name, (gsize)(dot - name));
}

static bool format_has_backing(const char *format)
{
	static const char *const with[] = { "qcow", "qcow2", "qed", "vmdk", NULL };

	return g_strv_contains(with, format);
}

static const char *format_driver(StorageFormat format, const char *target, GError **error)
{
	const char *driver = format == STORAGE_FORMAT_ABSENT ? "raw" : format_drivers[format];

	if (!driver)
		fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		     _("disk '%s': images of format '%s' are not supported"), target,
		     storage_format_name(format));
	return driver;
}

static void set_string(json_t *node, const char *key, const char *value)
{
	if (value)
		json_object_set_new(node, key, json_string(value));
}

/* A UNIX or TCP address as QEMU's SocketAddress. */
static json_t *socket_address(const StorageHost *host, guint port)
{
	json_t *address = json_object();

	if (host->transport == STORAGE_TRANSPORT_UNIX) {
		set_string(address, "type", "unix");
		set_string(address, "path", host->socket);
		return address;
	}
	set_string(address, "type", "inet");
	set_string(address, "host", host->name);
	json_object_set_new(address, "port",
			    json_sprintf("%u", host->has_port ? host->port : port));
	return address;
}

static json_t *protocol_nbd(const StorageSource *source, const StorageHost *host)
{
	json_t *node =
		json_pack("{s:s,s:o}", "driver", "nbd", "server", socket_address(host, 10809));

	set_string(node, "export", source->name);
	set_string(node, "tls-hostname", source->tls_hostname);
	return node;
}

static json_t *protocol_url(const StorageSource *source, const StorageHost *host)
{
	const char *scheme = storage_protocol_name(source->protocol);
	const char *name = source->name ? source->name : "";
	g_autofree char *port = host->has_port ? g_strdup_printf(":%u", host->port) : g_strdup("");
	json_t *node = json_pack("{s:s}", "driver", scheme);

	json_object_set_new(node, "url",
			    json_sprintf("%s://%s%s/%s%s%s", scheme, host->name, port, name,
					 source->query ? "?" : "",
					 source->query ? source->query : ""));
	if (source->ssl_verify != TRISTATE_ABSENT)
		json_object_set_new(node, "sslverify",
				    json_boolean(source->ssl_verify == TRISTATE_YES));
	if (source->readahead_size > 0)
		json_object_set_new(node, "readahead",
				    json_integer((json_int_t)source->readahead_size));
	if (source->timeout > 0)
		json_object_set_new(node, "timeout", json_integer((json_int_t)source->timeout));
	return node;
}

/* The name is "iqn.../LUN". */
static json_t *protocol_iscsi(const StorageSource *source, const StorageHost *host)
{
	const char *slash = source->name ? strrchr(source->name, '/') : NULL;
	g_autofree char *target = slash ? g_strndup(source->name, (gsize)(slash - source->name))
					: g_strdup(source->name);
	json_t *node = json_pack("{s:s,s:s}", "driver", "iscsi", "transport",
				 host->transport == STORAGE_TRANSPORT_RDMA ? "iser" : "tcp");

	json_object_set_new(node, "portal",
			    json_sprintf("%s:%u", host->name, host->has_port ? host->port : 3260));
	set_string(node, "target", target);
	json_object_set_new(
		node, "lun",
		json_integer(slash ? (json_int_t)g_ascii_strtoull(slash + 1, NULL, 10) : 0));
	set_string(node, "initiator-name", source->initiator_iqn);
	return node;
}

/* The name is "pool/[namespace/]image". */
static json_t *protocol_rbd(const StorageSource *source, G_GNUC_UNUSED const StorageHost *host)
{
	g_auto(GStrv) words = g_strsplit(source->name ? source->name : "", "/", 3);
	guint n = g_strv_length(words);
	json_t *node = json_pack("{s:s}", "driver", "rbd");
	json_t *servers = json_array();

	set_string(node, "pool", n > 0 ? words[0] : "");
	if (n == 3)
		set_string(node, "namespace", words[1]);
	set_string(node, "image", n > 1 ? words[n - 1] : "");
	set_string(node, "snapshot", source->snapshot);
	set_string(node, "conf", source->config_file);
	for (guint i = 0; i < list_length(source->hosts); i++) {
		const StorageHost *server = list_get(source->hosts, i);

		json_array_append_new(
			servers,
			json_pack("{s:s,s:o}", "host", server->name, "port",
				  json_sprintf("%u", server->has_port ? server->port : 6789)));
	}
	if (json_array_size(servers) > 0)
		json_object_set(node, "server", servers);
	json_decref(servers);
	return node;
}

static json_t *protocol_ssh(const StorageSource *source, const StorageHost *host)
{
	json_t *node = json_pack("{s:s,s:{s:s,s:o}}", "driver", "ssh", "server", "host", host->name,
				 "port", json_sprintf("%u", host->has_port ? host->port : 22));

	set_string(node, "path", source->name);
	set_string(node, "user", source->ssh_username);
	return node;
}

static json_t *protocol_nfs(const StorageSource *source, const StorageHost *host)
{
	json_t *node = json_pack("{s:s,s:{s:s,s:s}}", "driver", "nfs", "server", "type", "inet",
				 "host", host->name);

	json_object_set_new(node, "path", json_sprintf("/%s", source->name ? source->name : ""));
	return node;
}

/* The name is "volume/path". */
static json_t *protocol_gluster(const StorageSource *source, G_GNUC_UNUSED const StorageHost *host)
{
	const char *name = source->name ? source->name : "";
	const char *slash = strchr(name, '/');
	g_autofree char *volume = slash ? g_strndup(name, (gsize)(slash - name)) : g_strdup(name);
	json_t *node = json_pack("{s:s,s:s,s:s}", "driver", "gluster", "volume", volume, "path",
				 slash ? slash + 1 : "");
	json_t *servers = json_array();

	for (guint i = 0; i < list_length(source->hosts); i++)
		json_array_append_new(servers, socket_address(list_get(source->hosts, i), 24007));
	json_object_set_new(node, "server", servers);
	return node;
}

static const struct {
	StorageProtocol protocol;
	json_t *(*build)(const StorageSource *source, const StorageHost *host);
} protocols[] = {
	{ STORAGE_PROTOCOL_NBD, protocol_nbd },   { STORAGE_PROTOCOL_HTTP, protocol_url },
	{ STORAGE_PROTOCOL_HTTPS, protocol_url }, { STORAGE_PROTOCOL_FTP, protocol_url },
	{ STORAGE_PROTOCOL_FTPS, protocol_url },  { STORAGE_PROTOCOL_ISCSI, protocol_iscsi },
	{ STORAGE_PROTOCOL_RBD, protocol_rbd },   { STORAGE_PROTOCOL_SSH, protocol_ssh },
	{ STORAGE_PROTOCOL_NFS, protocol_nfs },   { STORAGE_PROTOCOL_GLUSTER, protocol_gluster },
};

/* What needs a secret or a helper that is not there. */
static bool network_check(const StorageSource *source, GError **error)
{
	if (source->auth)
		return command_refuse(error, "auth",
				      _("secrets of network disks are not supported"));
	if (list_length(source->cookies) > 0)
		return command_refuse(error, "cookies", _("HTTP cookies are not supported"));
	if (source->tls == TRISTATE_YES)
		return command_refuse(error, "source tls='yes'",
				      _("TLS of network disks is not supported"));
	if (source->ssh_keyfile || source->ssh_agentsock || source->ssh_known_hosts)
		return command_refuse(error, "identity", _("SSH keys are not supported"));
	if (source->nfs_user || source->nfs_group)
		return command_refuse(error, "identity", _("NFS identities are not supported"));
	return true;
}

json_t *command_network_node(const StorageSource *source, GError **error)
{
	static const StorageHost nowhere = { .name = (char *)"localhost" };
	const StorageHost *host =
		list_length(source->hosts) > 0 ? list_get(source->hosts, 0) : &nowhere;

	if (!network_check(source, error))
		return NULL;
	for (unsigned i = 0; i < G_N_ELEMENTS(protocols); i++)
		if (protocols[i].protocol == source->protocol)
			return protocols[i].build(source, host);
	fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
	     _("<source protocol='%s'> cannot be honoured: QEMU has no such protocol"),
	     storage_protocol_name(source->protocol));
	return NULL;
}

static bool layer_is_device(const Layer *layer)
{
	struct stat st;

	if (layer->fd >= 0 && fstat(layer->fd, &st) == 0)
		return S_ISBLK(st.st_mode);
	if (layer->source && layer->source->type != STORAGE_ABSENT)
		return layer->source->type == STORAGE_BLOCK;
	return layer->path && g_str_has_prefix(layer->path, "/dev/");
}

static json_t *file_node(QemuCommand *cmd, const Layer *layer, const char *name)
{
	json_t *node =
		json_pack("{s:s}", "driver", layer_is_device(layer) ? "host_device" : "file");
	g_autofree char *set = NULL;

	if (layer->fd >= 0)
		set = command_fdset(cmd, layer->fd, name);
	set_string(node, "filename", set ? set : layer->path);
	return node;
}

static json_t *directory_node(const DomainDisk *disk, const Layer *layer)
{
	return json_pack("{s:s,s:s,s:b,s:b}", "driver", "vvfat", "dir", layer->path, "floppy",
			 disk->device == DISK_DEVICE_FLOPPY, "rw", !layer->read_only);
}

static json_t *protocol_node(QemuCommand *cmd, const DomainDisk *disk, const Layer *layer,
			     const char *name, GError **error)
{
	StorageType type = layer->source ? layer->source->type : STORAGE_FILE;

	if (layer->source && (layer->source->encryption || disk->encryption)) {
		command_refuse(error, "encryption", _("secrets of disks are not supported"));
		return NULL;
	}
	switch (type) {
	case STORAGE_FILE:
	case STORAGE_BLOCK:
	case STORAGE_VOLUME:
	case STORAGE_ABSENT:
		if (layer->path || layer->fd >= 0)
			return file_node(cmd, layer, name);
		fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		     _("disk '%s': its source was not turned into a file"), disk->target);
		return NULL;
	case STORAGE_DIR:
		return directory_node(disk, layer);
	case STORAGE_NETWORK:
		return command_network_node(layer->source, error);
	default:
		fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		     _("disk '%s': sources of type '%s' are not supported"), disk->target,
		     storage_type_name(type));
		return NULL;
	}
}

static void cache_options(json_t *node, DiskCache cache)
{
	bool direct = cache == DISK_CACHE_NONE || cache == DISK_CACHE_DIRECTSYNC;

	if (cache == DISK_CACHE_ABSENT || cache == DISK_CACHE_DEFAULT)
		return;
	json_object_set_new(
		node, "cache",
		json_pack("{s:b,s:b}", "direct", direct, "no-flush", cache == DISK_CACHE_UNSAFE));
}

static void common_options(json_t *node, const DomainDisk *disk, bool top_format)
{
	bool zeroes = top_format && disk->detect_zeroes > DISK_ZEROES_DEFAULT;

	cache_options(node, disk->cache);
	if (disk->discard > DISK_DISCARD_DEFAULT)
		set_string(node, "discard", disk_discard_name(disk->discard));
	if (zeroes)
		set_string(node, "detect-zeroes", disk_detect_zeroes_name(disk->detect_zeroes));
}

static void add_protocol(QemuCommand *cmd, const DomainDisk *disk, const Layer *layer, json_t *node)
{
	bool file = !layer->source || layer->source->type != STORAGE_NETWORK;

	if (file && disk->io > DISK_IO_DEFAULT &&
	    (!layer->source || layer->source->type != STORAGE_DIR))
		set_string(node, "aio", disk_io_name(disk->io));
	/*
	 * "auto" opens for reading first and for writing when somebody writes: it needs a
	 * descriptor for each, of which a backing image gets the second when a commit wants it.
	 */
	if (layer->read_only)
		json_object_set_new(node, layer->below ? "auto-read-only" : "read-only",
				    json_true());
	common_options(node, disk, false);
	command_node(cmd, node);
}

static void add_format(QemuCommand *cmd, const DomainDisk *disk, const Layer *layer,
		       const char *const names[3])
{
	json_t *node = json_pack("{s:s,s:s,s:s}", "node-name", names[0], "driver", layer->format,
				 "file", names[1]);

	if (layer->read_only)
		json_object_set_new(node, "read-only", json_true());
	common_options(node, disk, !layer->below);
	if (layer->cache_size > 0 && strcmp(layer->format, "qcow2") == 0)
		json_object_set_new(node, "cache-size",
				    json_integer((json_int_t)layer->cache_size));
	if (disk->discard_no_unref != TRISTATE_ABSENT && strcmp(layer->format, "qcow2") == 0)
		json_object_set_new(node, "discard-no-unref",
				    json_boolean(disk->discard_no_unref == TRISTATE_YES));
	if (layer->source && layer->source->slice) {
		json_object_set_new(node, "offset",
				    json_integer((json_int_t)layer->source->slice->offset));
		json_object_set_new(node, "size",
				    json_integer((json_int_t)layer->source->slice->size));
	}
	if (names[2])
		set_string(node, "backing", names[2]);
	else if (format_has_backing(layer->format))
		json_object_set_new(node, "backing", json_null());
	command_node(cmd, node);
}

/* GArray of Layer for what was opened. */
static GArray *opened_chain(const DomainDisk *disk, const GPtrArray *opened)
{
	GArray *chain = g_array_new(FALSE, TRUE, sizeof(Layer));

	for (guint i = 0; i < opened->len; i++) {
		const GuestLayer *image = list_get(opened, i);
		Layer layer = {
			.source = i == 0 ? &disk->source : NULL,
			.path = image->path,
			.format = image->format && *image->format ? image->format : "raw",
			.read_only = image->read_only || i > 0 || disk->readonly,
			.below = i > 0,
			.fd = image->fd,
			.cache_size = i == 0 ? disk->metadata_cache_max_size : 0,
		};

		g_array_append_val(chain, layer);
	}
	return chain;
}

/* GArray of Layer for what the definition says. */
static GArray *declared_chain(const DomainDisk *disk, GError **error)
{
	g_autoptr(GArray) chain = g_array_new(FALSE, TRUE, sizeof(Layer));
	const DomainBacking *backing = disk->backing ? disk->backing : disk->detected_backing;
	Layer layer = {
		.source = &disk->source,
		.path = disk->source.path,
		.format = format_driver(disk->format, disk->target, error),
		.read_only = disk->readonly || disk->device == DISK_DEVICE_CDROM,
		.fd = -1,
		.cache_size = disk->metadata_cache_max_size,
	};

	while (layer.format) {
		g_array_append_val(chain, layer);
		if (!backing || backing->source.type == STORAGE_ABSENT)
			return g_steal_pointer(&chain);
		layer = (Layer){
			.source = &backing->source,
			.path = backing->source.path,
			.format = format_driver(backing->format, disk->target, error),
			.read_only = true,
			.below = true,
			.fd = -1,
			.cache_size = backing->metadata_cache_max_size,
		};
		backing = backing->backing;
	}
	return NULL;
}

static bool add_chain(QemuCommand *cmd, const DomainDisk *disk, const GArray *chain, GError **error)
{
	g_autofree char *below = NULL;

	/* From the bottom up: a node may only name those that are there. */
	for (guint i = chain->len; i-- > 0;) {
		const Layer *layer = &g_array_index(chain, Layer, i);
		g_autofree char *name = qemu_node_name(disk->target, i);
		g_autofree char *file = g_strconcat(name, ".file", NULL);
		json_t *node = protocol_node(cmd, disk, layer, file, error);
		const char *const names[] = { name, file, below };

		if (!node)
			return false;
		set_string(node, "node-name", file);
		add_protocol(cmd, disk, layer, node);
		add_format(cmd, disk, layer, names);
		g_free(below);
		below = g_steal_pointer(&name);
	}
	return true;
}

bool command_blockdevs(QemuCommand *cmd, const DomainDisk *disk, char **ret_node, GError **error)
{
	g_autofree char *key = g_strconcat("disk:", disk->target, NULL);
	const GPtrArray *opened = command_layers(cmd, key);
	g_autoptr(GArray) chain = NULL;

	*ret_node = NULL;
	if (list_length(opened) > 0)
		chain = opened_chain(disk, opened);
	else if (!disk->source.path && disk->source.type != STORAGE_NETWORK)
		return true;
	else if (cmd->context->resources && disk->source.type != STORAGE_NETWORK &&
		 disk->source.type != STORAGE_DIR)
		return true; /* optional, and not there: the drive is empty */
	else
		chain = declared_chain(disk, error);
	if (!chain || !add_chain(cmd, disk, chain, error))
		return false;
	*ret_node = qemu_node_name(disk->target, 0);
	if (disk->copy_on_read == TRISTATE_YES) {
		json_t *filter =
			json_pack("{s:s,s:s}", "driver", "copy-on-read", "file", *ret_node);

		g_free(*ret_node);
		*ret_node = g_strconcat(disk->target, ".0.cor", NULL);
		set_string(filter, "node-name", *ret_node);
		command_node(cmd, filter);
	}
	return true;
}

static guint protocol_port(StorageProtocol protocol)
{
	switch (protocol) {
	case STORAGE_PROTOCOL_NBD:
		return 10809;
	case STORAGE_PROTOCOL_GLUSTER:
		return 24007;
	case STORAGE_PROTOCOL_ISCSI:
		return 3260;
	case STORAGE_PROTOCOL_SSH:
		return 22;
	case STORAGE_PROTOCOL_HTTP:
		return 80;
	case STORAGE_PROTOCOL_HTTPS:
		return 443;
	case STORAGE_PROTOCOL_FTP:
		return 21;
	case STORAGE_PROTOCOL_FTPS:
		return 990;
	case STORAGE_PROTOCOL_TFTP:
		return 69;
	case STORAGE_PROTOCOL_SHEEPDOG:
		return 7000;
	case STORAGE_PROTOCOL_VXHS:
		return 9999;
	default:
		return 0;
	}
}

void qemu_storage_source_complete(StorageSource *source)
{
	if (source->encryption && !source->encryption->engine)
		source->encryption->engine = ENCRYPTION_ENGINE_QEMU;
	/* An iSCSI target without a unit means its first. */
	if (source->protocol == STORAGE_PROTOCOL_ISCSI && source->name &&
	    !strchr(source->name, '/')) {
		char *name = g_strdup_printf("%s/0", source->name);

		g_free(source->name);
		source->name = name;
	}
	for (guint i = 0; i < list_length(source->hosts); i++) {
		StorageHost *host = list_get(source->hosts, i);

		if (host->has_port || host->transport == STORAGE_TRANSPORT_UNIX || host->socket)
			continue;
		host->port = protocol_port(source->protocol);
		host->has_port = host->port > 0;
	}
}
