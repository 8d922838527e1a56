/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(storage_type, STORAGE)
CONF_ENUM_DEFINE(storage_protocol, STORAGE_PROTOCOL)
CONF_ENUM_DEFINE(storage_format, STORAGE_FORMAT)
CONF_ENUM_DEFINE(storage_transport, STORAGE_TRANSPORT)
CONF_ENUM_DEFINE(storage_secret_type, STORAGE_SECRET)
CONF_ENUM_DEFINE(storage_auth_type, STORAGE_AUTH)
CONF_ENUM_DEFINE(encryption_format, ENCRYPTION)
CONF_ENUM_DEFINE(encryption_engine, ENCRYPTION_ENGINE)
CONF_ENUM_DEFINE(startup_policy, STARTUP)
CONF_ENUM_DEFINE(storage_pool_mode, STORAGE_POOL_MODE)

static const BindRow host_rows[] = {
	ATTR(StorageHost, "name", name, str, 0),
	ATTR(StorageHost, "port", port, uint, 0, HAS(StorageHost, has_port)),
	ATTR(StorageHost, "transport", transport, storage_transport, 0),
	ATTR(StorageHost, "socket", socket, str, 0),
	END_ROWS
};
ELEMENT(storage_host, NULL, StorageHost, host_rows);

static bool secret_parsed(BindReader *reader, void *object, GError **error)
{
	const StorageSecret *secret = object;

	if (uuid_is_absent(&secret->uuid) == !secret->usage)
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("a secret is named by either 'uuid' or 'usage'"));
	return true;
}

static const BindRow secret_rows[] = {
	ATTR(StorageSecret, "type", type, storage_secret_type, 0),
	ATTR(StorageSecret, "uuid", uuid, uuid, 0),
	ATTR(StorageSecret, "usage", usage, str, 0),
	END_ROWS
};
static ELEMENT(storage_secret, NULL, StorageSecret, secret_rows, .parsed = secret_parsed);

static const BindRow auth_rows[] = {
	ATTR(StorageAuth, "type", type, storage_auth_type, 0),
	ATTR(StorageAuth, "username", username, str, BIND_REQUIRED),
	CHILD_IN(StorageAuth, "secret", secret, storage_secret, 0),
	END_ROWS
};
ELEMENT(storage_auth, NULL, StorageAuth, auth_rows);

static const BindRow cipher_rows[] = {
	ATTR(StorageEncryption, "name", cipher_name, str, 0),
	ATTR(StorageEncryption, "size", cipher_size, uint, 0),
	ATTR(StorageEncryption, "mode", cipher_mode, str, 0),
	ATTR(StorageEncryption, "hash", cipher_hash, str, 0),
	END_ROWS
};
static ELEMENT(cipher, NULL, StorageEncryption, cipher_rows);
static const BindRow ivgen_rows[] = {
	ATTR(StorageEncryption, "name", ivgen_name, str, 0),
	ATTR(StorageEncryption, "hash", ivgen_hash, str, 0),
	END_ROWS
};
static ELEMENT(ivgen, NULL, StorageEncryption, ivgen_rows);
static const BindRow encryption_rows[] = {
	ATTR(StorageEncryption, "format", format, encryption_format, BIND_REQUIRED),
	ATTR(StorageEncryption, "engine", engine, encryption_engine, 0),
	LIST(StorageEncryption, "secret", secrets, storage_secret, 0),
	CHILD("cipher", cipher, 0),
	CHILD("ivgen", ivgen, 0),
	END_ROWS
};
ELEMENT(storage_encryption, NULL, StorageEncryption, encryption_rows);

static const BindRow reconnect_rows[] = {
	ATTR(Reconnect, "enabled", enabled, yes_no, 0),
	ATTR(Reconnect, "timeout", timeout, uint, 0),
	ATTR(Reconnect, "delay", delay_ms, uint, 0),
	END_ROWS
};
ELEMENT(reconnect, NULL, Reconnect, reconnect_rows);

static const BindRow cookie_rows[] = {
	ATTR(StorageCookie, "name", name, str, BIND_REQUIRED),
	TEXT(StorageCookie, value, str, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(cookie, NULL, StorageCookie, cookie_rows);
static const BindRow cookies_rows[] = {
	LIST(StorageSource, "cookie", cookies, cookie, BIND_SECRET),
	END_ROWS
};
static ELEMENT(cookies, NULL, StorageSource, cookies_rows);

static const BindRow slice_rows[] = {
	ATTR(StorageSlice, "offset", offset, uint64, BIND_REQUIRED),
	ATTR(StorageSlice, "size", size, uint64, BIND_REQUIRED | BIND_NONZERO),
	END_ROWS
};
static ELEMENT(slice, NULL, StorageSlice, slice_rows);
static const BindRow slices_rows[] = {
	POINTER(StorageSource, "slice", slice, slice, 0, SELECT("type", "storage")),
	END_ROWS
};
static ELEMENT(slices, NULL, StorageSource, slices_rows);

static const BindRow initiator_rows[] = {
	VALUE(StorageSource, "iqn", "name", initiator_iqn, str, 0),
	END_ROWS
};
static ELEMENT(initiator, NULL, StorageSource, initiator_rows);
static const BindRow identity_rows[] = {
	ATTR(StorageSource, "user", nfs_user, str, 0),
	ATTR(StorageSource, "group", nfs_group, str, 0),
	ATTR(StorageSource, "username", ssh_username, str, 0),
	ATTR(StorageSource, "keyfile", ssh_keyfile, str, 0),
	ATTR(StorageSource, "agentsock", ssh_agentsock, str, 0),
	END_ROWS
};
static ELEMENT(identity, NULL, StorageSource, identity_rows);

static const BindRow reservations_source_rows[] = {
	ATTR(StorageReservations, "type", source_type, str, BIND_REQUIRED),
	ATTR(StorageReservations, "path", source_path, str, BIND_REQUIRED),
	ATTR(StorageReservations, "mode", source_mode, str, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(reservations_source, NULL, StorageReservations, reservations_source_rows);
static const BindRow reservations_rows[] = {
	ATTR(StorageReservations, "managed", managed, yes_no, BIND_REQUIRED),
	CHILD("source", reservations_source, 0),
	END_ROWS
};
static ELEMENT(reservations, NULL, StorageReservations, reservations_rows);

#define OF(type_name) WHEN(StorageSource, type, BIT(STORAGE_##type_name))
static const BindRow source_rows[] = {
	ATTR(StorageSource, "file", path, str, 0, OF(FILE)),
	ATTR(StorageSource, "fdgroup", fdgroup, str, 0, OF(FILE)),
	ATTR(StorageSource, "dev", path, str, 0,
	     WHEN(StorageSource, type, BIT(STORAGE_BLOCK) | BIT(STORAGE_VHOST_VDPA))),
	ATTR(StorageSource, "dir", path, str, 0, OF(DIR)),
	ATTR(StorageSource, "protocol", protocol, storage_protocol, BIND_REQUIRED, OF(NETWORK)),
	ATTR(StorageSource, "name", name, str, 0, OF(NETWORK)),
	ATTR(StorageSource, "query", query, str, 0, OF(NETWORK)),
	ATTR(StorageSource, "tls", tls, yes_no, 0, OF(NETWORK)),
	ATTR(StorageSource, "tlsHostname", tls_hostname, str, 0, OF(NETWORK)),
	ATTR(StorageSource, "pool", pool, str, BIND_REQUIRED, OF(VOLUME)),
	ATTR(StorageSource, "volume", volume, str, BIND_REQUIRED, OF(VOLUME)),
	ATTR(StorageSource, "mode", pool_mode, storage_pool_mode, 0, OF(VOLUME)),
	ATTR(StorageSource, "type", vhost_type, str, 0,
	     WHEN(StorageSource, type, BIT(STORAGE_NVME) | BIT(STORAGE_VHOST_USER))),
	ATTR(StorageSource, "managed", nvme_managed, yes_no, 0, OF(NVME)),
	ATTR(StorageSource, "namespace", nvme_namespace, uint64, BIND_REQUIRED | BIND_NONZERO,
	     OF(NVME)),
	ATTR(StorageSource, "path", path, str, BIND_REQUIRED, OF(VHOST_USER)),
	ATTR(StorageSource, "startupPolicy", startup_policy, startup_policy, 0),
	CHILD_IN(StorageSource, "address", nvme_address, pci_address, 0, OF(NVME)),
	LIST(StorageSource, "host", hosts, storage_host, 0, OF(NETWORK)),
	VALUE(StorageSource, "snapshot", "name", snapshot, str, 0, OF(NETWORK)),
	VALUE(StorageSource, "config", "file", config_file, str, 0, OF(NETWORK)),
	POINTER(StorageSource, "auth", auth, storage_auth, 0, OF(NETWORK)),
	CHILD("initiator", initiator, 0, OF(NETWORK)),
	CHILD("slices", slices, 0),
	VALUE(StorageSource, "ssl", "verify", ssl_verify, yes_no, 0, OF(NETWORK)),
	CHILD("cookies", cookies, BIND_SECRET, OF(NETWORK)),
	VALUE(StorageSource, "readahead", "size", readahead_size, uint64, 0,
	     OF(NETWORK)),
	VALUE(StorageSource, "timeout", "seconds", timeout, uint64, 0, OF(NETWORK)),
	CHILD("identity", identity, 0, OF(NETWORK)),
	VALUE(StorageSource, "knownHosts", "path", ssh_known_hosts, str, 0, OF(NETWORK)),
	CHILD_IN(StorageSource, "reconnect", reconnect, reconnect, 0,
		 WHEN(StorageSource, type, BIT(STORAGE_NETWORK) | BIT(STORAGE_VHOST_USER))),
	POINTER(StorageSource, "reservations", reservations, reservations, 0),
	LIST(StorageSource, "seclabel", seclabels, source_seclabel, 0),
	POINTER(StorageSource, "encryption", encryption, storage_encryption, 0),
	END_ROWS
};
ELEMENT(storage_source_plain, NULL, StorageSource, source_rows,
	.doc = N_("Where the data is; which attributes count depends on the type."));

static const BindRow source_index_rows[] = {
	INCLUDE(storage_source_plain),
	ATTR(StorageSource, "index", index, uint, BIND_LIVE),
	END_ROWS
};
ELEMENT(storage_source, NULL, StorageSource, source_index_rows);

bool storage_source_is_empty(const StorageSource *source)
{
	switch (source->type) {
	case STORAGE_FILE:
	case STORAGE_BLOCK:
	case STORAGE_DIR:
		return !source->path || !*source->path;
	case STORAGE_NETWORK:
		return !source->protocol;
	default:
		return false;
	}
}
