/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/storage/use.h"

#include "base/error.h"
#include "base/i18n.h"

typedef struct Users {
	unsigned readers;
	bool written;
	const char *why; /* of the last who came */
} Users;

static GHashTable *used; /* path -> Users */

static Users *users_of(const char *path)
{
	return used ? g_hash_table_lookup(used, path) : NULL;
}

static bool fail_in_use(const char *path, const Users *users, GError **error)
{
	return fail(error, VIR_ERR_OPERATION_INVALID, _("the volume '%s' %s; try again when that has ended"),
		    path, _(users->why));
}

bool volume_use_none(const char *path, GError **error)
{
	const Users *users = users_of(path);

	return !users || fail_in_use(path, users, error);
}

bool volume_use_begin(const char *path, VolumeUse use, const char *why, GError **error)
{
	Users *users = users_of(path);

	if (users && (use == VOLUME_WRITE || users->written))
		return fail_in_use(path, users, error);
	if (!used)
		used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (!users) {
		users = g_new0(Users, 1);
		g_hash_table_insert(used, g_strdup(path), users);
	}
	users->readers += use == VOLUME_READ;
	users->written = use == VOLUME_WRITE;
	users->why = why;
	return true;
}

void volume_use_end(const char *path, VolumeUse use)
{
	Users *users = users_of(path);

	if (!users)
		return;
	users->readers -= use == VOLUME_READ;
	if (users->readers == 0)
		g_hash_table_remove(used, path);
}
