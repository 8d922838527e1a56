/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a source of data cannot be: names, log-ins, encryption, formats, reservations, labels. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

static bool hosts_check(const StorageSource *source, const char *what, GError **error)
{
	for (guint i = 0; i < list_length(source->hosts); i++) {
		const StorageHost *host = list_get(source->hosts, i);
		bool local = host->transport == STORAGE_TRANSPORT_UNIX;

		if (local && !host->socket)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: a host with transport='unix' needs 'socket'"), what);
		if (!local && host->socket)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: a host has a 'socket' only with transport='unix'"), what);
		if (!local && !host->name)
			return fail(error, VIR_ERR_XML_ERROR, _("%s: a host has no 'name'"), what);
	}
	return true;
}

/* RFC 6265: what a name or value must not contain, as it goes into a header as it is. */
static bool cookie_valid(const char *text, const char *separators)
{
	for (; *text; text++)
		if ((guchar)*text <= 0x20 || (guchar)*text >= 0x7f || strchr(separators, *text))
			return false;
	return true;
}

/* A value may stand in quotes as a whole. */
static bool cookie_value_valid(const char *value)
{
	gsize length = strlen(value);
	bool quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"';
	g_autofree char *inner = quoted ? g_strndup(value + 1, length - 2) : g_strdup(value);

	return cookie_valid(inner, "\",;\\");
}

static bool cookies_check(const StorageSource *source, const char *what, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < list_length(source->cookies); i++) {
		const StorageCookie *cookie = list_get(source->cookies, i);

		if (!cookie_valid(cookie->name, "()<>@,;:\\\"/[]?={}"))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: the name of cookie '%s' has characters that no cookie has"),
				    what, cookie->name);
		if (!cookie_value_valid(cookie->value))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: the value of cookie '%s' has characters that no cookie has"),
				    what, cookie->name);
		if (!g_hash_table_add(seen, cookie->name))
			return fail(error, VIR_ERR_XML_ERROR, _("%s: cookie '%s' is given twice"),
				    what, cookie->name);
	}
	return true;
}

static bool network_check(const StorageSource *source, const char *what, GError **error)
{
	bool split = source->protocol == STORAGE_PROTOCOL_RBD ||
		     source->protocol == STORAGE_PROTOCOL_GLUSTER;

	if (!source->name && source->protocol != STORAGE_PROTOCOL_NBD)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: a source of protocol '%s' needs a 'name'"), what,
			    storage_protocol_name(source->protocol));
	if (split && !strchr(source->name, '/'))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: the name '%s' of protocol '%s' is a pool and an image with a '/' "
			      "between them"), what, source->name,
			    storage_protocol_name(source->protocol));
	return hosts_check(source, what, error) && cookies_check(source, what, error);
}

bool storage_auth_check(const StorageAuth *auth, StorageSecretType type, const char *what,
			GError **error)
{
	const StorageSecret *secret = &auth->secret;

	if (!secret->usage && uuid_is_absent(&secret->uuid))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: <auth> needs a <secret> with its 'uuid' or 'usage'"), what);
	if (secret->type && secret->type != type)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: <auth> needs a secret of type '%s', not '%s'"), what,
			    storage_secret_type_name(type), storage_secret_type_name(secret->type));
	return true;
}

static bool disk_auth_check(const DomainDisk *disk, const char *what, GError **error)
{
	const StorageSource *source = &disk->source;
	const StorageAuth *auth = source->auth ? source->auth : disk->auth;

	if (source->auth && disk->auth)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s has <auth> twice, in <source> and beside it; keep one"), what);
	if (!auth || source->type != STORAGE_NETWORK)
		return true;
	switch (source->protocol) {
	case STORAGE_PROTOCOL_RBD:
		return storage_auth_check(auth, STORAGE_SECRET_CEPH, what, error);
	case STORAGE_PROTOCOL_ISCSI:
		return storage_auth_check(auth, STORAGE_SECRET_ISCSI, what, error);
	case STORAGE_PROTOCOL_HTTP:
	case STORAGE_PROTOCOL_HTTPS:
	case STORAGE_PROTOCOL_FTP:
	case STORAGE_PROTOCOL_FTPS:
	case STORAGE_PROTOCOL_SSH:
		return storage_auth_check(auth, auth->secret.type, what, error);
	default:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: the protocol '%s' knows no log-in by <auth>"), what,
			    storage_protocol_name(source->protocol));
	}
}

static bool secrets_check(const StorageEncryption *encryption, const char *what, GError **error)
{
	for (guint i = 0; i < list_length(encryption->secrets); i++) {
		const StorageSecret *secret = list_get(encryption->secrets, i);

		if (secret->type && secret->type != STORAGE_SECRET_PASSPHRASE)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("%s: <encryption> takes secrets of type 'passphrase', not '%s'"),
				    what, storage_secret_type_name(secret->type));
	}
	return true;
}

static bool encryption_check(const DomainDisk *disk, const StorageEncryption *encryption,
			     const char *what, GError **error)
{
	const StorageSource *source = &disk->source;
	bool librbd = encryption->engine == ENCRYPTION_ENGINE_LIBRBD;

	if (!secrets_check(encryption, what, error))
		return false;
	if (disk->format && disk->format != STORAGE_FORMAT_RAW &&
	    disk->format != STORAGE_FORMAT_QCOW2)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: only images of format 'raw' and 'qcow2' can be encrypted, not '%s'"),
			    what, storage_format_name(disk->format));
	if (librbd && (source->type != STORAGE_NETWORK || source->protocol != STORAGE_PROTOCOL_RBD))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: the engine 'librbd' encrypts sources of protocol 'rbd' only"), what);
	if (!librbd && (encryption->format == ENCRYPTION_LUKS2 ||
			encryption->format == ENCRYPTION_LUKS_ANY))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: encryption of format '%s' needs engine='librbd'"), what,
			    encryption_format_name(encryption->format));
	if (encryption->cipher_name || encryption->cipher_size || encryption->ivgen_name)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: <cipher> and <ivgen> are chosen when a volume is made; the image "
			      "of a disk knows its own"), what);
	return true;
}

static bool disk_encryption_check(const DomainDisk *disk, const char *what, GError **error)
{
	const StorageEncryption *inner = disk->source.encryption, *outer = disk->encryption;

	if (inner && outer)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s has <encryption> twice, in <source> and beside it; keep one"), what);
	if (!inner && !outer)
		return true;
	return encryption_check(disk, inner ? inner : outer, what, error);
}

/* Formats that libvirt has names for and QEMU no driver. */
bool storage_format_check(StorageFormat format, StorageType type, bool readonly, const char *what,
			  GError **error)
{
	switch (format) {
	case STORAGE_FORMAT_DIR:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: 'dir' is no format of an image; a directory is a disk of "
			      "type='dir' with the format 'fat'"), what);
	case STORAGE_FORMAT_ISO:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: an image of a CD has the format 'raw', not 'iso'"), what);
	case STORAGE_FORMAT_COW:
	case STORAGE_FORMAT_LUKS:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: the format '%s' is not supported"), what,
			    storage_format_name(format));
	case STORAGE_FORMAT_FAT:
		if (type != STORAGE_DIR && type != STORAGE_VOLUME)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("%s: the format 'fat' is for disks of type='dir'"), what);
		if (!readonly && type == STORAGE_DIR)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("%s: a directory as a disk must be <readonly/>"), what);
		return true;
	default:
		return type != STORAGE_DIR ||
		       fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: a disk of type='dir' needs the format 'fat'"), what);
	}
}

static bool reservations_check(const StorageReservations *reservations, const char *what,
			       GError **error)
{
	if (!reservations)
		return true;
	if (reservations->managed == TRISTATE_NO && !reservations->source_path)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: <reservations managed='no'> needs a <source>"), what);
	if (reservations->source_type && strcmp(reservations->source_type, "unix") != 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: the <source> of <reservations> is of type 'unix', not '%s'"), what,
			    reservations->source_type);
	if (reservations->source_mode && strcmp(reservations->source_mode, "client") != 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: the <source> of <reservations> has mode 'client', not '%s'"), what,
			    reservations->source_mode);
	return true;
}

static bool labels_check(const StorageSource *source, const char *what, GError **error)
{
	for (guint i = 0; i < list_length(source->seclabels); i++) {
		const Seclabel *label = list_get(source->seclabels, i);

		if (label->label && label->relabel == TRISTATE_NO)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: a <seclabel> with relabel='no' has no <label>"), what);
		for (guint k = 0; k < i; k++)
			if (g_strcmp0(label->model,
				      ((Seclabel *)list_get(source->seclabels, k))->model) == 0)
				return fail(error, VIR_ERR_XML_DETAIL,
					    _("%s has two <seclabel> of model '%s'"), what,
					    label->model ? label->model : "");
	}
	return true;
}

bool storage_source_check(const StorageSource *source, const char *what, GError **error)
{
	if (source->type == STORAGE_NETWORK && source->protocol &&
	    !network_check(source, what, error))
		return false;
	if (source->type == STORAGE_NVME && g_strcmp0(source->vhost_type, "pci") != 0)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: the <source> of an NVMe disk is of type 'pci'"), what);
	return reservations_check(source->reservations, what, error) &&
	       labels_check(source, what, error);
}

static bool backing_check(const DomainBacking *backing, const char *what, GError **error)
{
	for (; backing && backing->source.type; backing = backing->backing) {
		if (!backing->format)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: a <backingStore> needs a <format>"), what);
		if (!storage_format_check(backing->format, backing->source.type, true, what, error) ||
		    !storage_source_check(&backing->source, what, error))
			return false;
	}
	return true;
}

bool disk_source_check(const DomainDisk *disk, const char *what, GError **error)
{
	return storage_source_check(&disk->source, what, error) &&
	       disk_auth_check(disk, what, error) && disk_encryption_check(disk, what, error) &&
	       storage_format_check(disk->format, disk->source.type, disk->readonly, what, error) &&
	       backing_check(disk->backing, what, error);
}
