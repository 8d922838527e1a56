/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/object/secret_value.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"

enum {
	KEY_SIZE = 32,
	NONCE_SIZE = 12,
	TAG_SIZE = 16,
};

static bool seal_failed(GError **error, int r)
{
	return fail(error, VIR_ERR_OPERATION_FAILED, _("cannot encrypt the value of a secret: %s"),
		    gnutls_strerror(r));
}

static bool key_make(const char *path, GError **error)
{
	unsigned char key[KEY_SIZE];
	int r = gnutls_rnd(GNUTLS_RND_KEY, key, sizeof(key));
	bool ok;

	if (r < 0)
		return seal_failed(error, r);
	ok = file_replace(path, (const char *)key, sizeof(key), 0600, error);
	gnutls_memset(key, 0, sizeof(key));
	return ok;
}

static bool key_load(Engine *engine, bool make, unsigned char key[KEY_SIZE], GError **error)
{
	g_autofree char *path = g_strconcat(engine->state_dir, "/secret.key", NULL);
	g_autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT && make) {
		if (!key_make(path, error))
			return false;
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd < 0)
		return fail_errno(error, errno, _("cannot open '%s', the key of stored secrets"), path);
	if (read(fd, key, KEY_SIZE) != KEY_SIZE)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("'%s' is not a key; restore it from a backup, or remove it and set all secrets anew"),
			    path);
	return true;
}

static bool cipher_open(Engine *engine, bool make, gnutls_aead_cipher_hd_t *ret, GError **error)
{
	unsigned char key[KEY_SIZE];
	gnutls_datum_t datum = { .data = key, .size = sizeof(key) };
	int r;

	if (!key_load(engine, make, key, error))
		return false;
	r = gnutls_aead_cipher_init(ret, GNUTLS_CIPHER_AES_256_GCM, &datum);
	gnutls_memset(key, 0, sizeof(key));
	return r == 0 || fail(error, VIR_ERR_OPERATION_FAILED,
			      _("cannot set up the cipher of stored secrets: %s"),
			      gnutls_strerror(r));
}

char *secret_value_seal(Engine *engine, const uint8_t uuid[16], const void *value, gsize length,
			GError **error)
{
	gsize size = NONCE_SIZE + length + TAG_SIZE, sealed = length + TAG_SIZE;
	g_autofree unsigned char *blob = g_malloc(size);
	gnutls_aead_cipher_hd_t cipher;
	int r;

	if (!cipher_open(engine, true, &cipher, error))
		return NULL;
	r = gnutls_rnd(GNUTLS_RND_NONCE, blob, NONCE_SIZE);
	if (r == 0)
		r = gnutls_aead_cipher_encrypt(cipher, blob, NONCE_SIZE, uuid, 16, TAG_SIZE, value,
					       length, blob + NONCE_SIZE, &sealed);
	gnutls_aead_cipher_deinit(cipher);
	if (r < 0)
		return seal_failed(error, r), NULL;
	return g_base64_encode(blob, size);
}

void *secret_value_open(Engine *engine, const uint8_t uuid[16], const char *sealed,
			gsize *ret_length, GError **error)
{
	gsize size, length;
	g_autofree unsigned char *blob = g_base64_decode(sealed, &size);
	gnutls_aead_cipher_hd_t cipher;
	void *value;
	int r;

	if (!blob || size < NONCE_SIZE + TAG_SIZE)
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("the stored value of a secret is damaged; set it anew"));
	if (!cipher_open(engine, false, &cipher, error))
		return NULL;
	length = size - NONCE_SIZE;
	value = g_malloc(length);
	r = gnutls_aead_cipher_decrypt(cipher, blob, NONCE_SIZE, uuid, 16, TAG_SIZE,
				       blob + NONCE_SIZE, length, value, &length);
	gnutls_aead_cipher_deinit(cipher);
	if (r < 0) {
		g_free(value);
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("cannot decrypt the value of a secret: %s; restore 'secret.key' "
				   "from a backup, or set the secret anew"),
				 gnutls_strerror(r));
	}
	*ret_length = length;
	return value;
}

void secret_value_free(void *value, gsize length)
{
	if (value)
		gnutls_memset(value, 0, length);
	g_free(value);
}
