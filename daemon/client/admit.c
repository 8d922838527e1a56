/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "daemon/client/admit.h"
#include "daemon/client/client_private.h"
#include "daemon/core/settings.h"

static bool list_matches(char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (g_pattern_match_simple(*patterns, name))
			return true;
	return false;
}

bool access_admit_dn(const Engine *engine, const char *dn, GError **error)
{
	const Settings *settings = engine->settings;

	if (!settings->tls_allowed_dn[0] && !settings->tls_read_only_dn[0])
		return true;
	if (dn && (list_matches(settings->tls_allowed_dn, dn) ||
		   list_matches(settings->tls_read_only_dn, dn)))
		return true;
	return fail(error, VIR_ERR_AUTH_FAILED,
		    _("'%s' is neither in tls_allowed_dn nor in tls_read_only_dn"), dn ? dn : "");
}

/* A process of a guest, or of a probe: it is confined so as not to see the others. */
static bool is_guest(const Client *client)
{
	const int64_t base = client->engine->settings->guest_uid_base;

	return client->engine->privileged && client->uid >= base &&
	       client->uid < base + GUEST_UIDS;
}

void access_admit(Client *client)
{
	const Settings *settings = client->engine->settings;
	const char *choice = client->read_only_socket ? settings->auth_unix_ro :
							settings->auth_unix_rw;

	client->auth = CLIENT_AUTH_NONE;
	if (client->uid >= 0 && (strcmp(choice, "uid") == 0 || is_guest(client)))
		client->auth = CLIENT_AUTH_POLKIT;
	client->authenticated = client->auth == CLIENT_AUTH_NONE;
	if (client->user && list_matches(settings->tls_read_only_dn, client->user) &&
	    !list_matches(settings->tls_allowed_dn, client->user))
		client->read_only = true;
}

bool access_login(Client *client, GError **error)
{
	const Settings *settings = client->engine->settings;
	g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, client->uid);

	if (!client->user)
		client->user = client_user_name(client->uid);
	if (client->uid == 0 || client->uid == (int64_t)getuid() ||
	    g_strv_contains((const char *const *)settings->unix_users, number) ||
	    (client->user &&
	     g_strv_contains((const char *const *)settings->unix_users, client->user))) {
		client_logged_in(client);
		return true;
	}
	return fail(error, VIR_ERR_AUTH_FAILED,
		    _("user %s (uid %s) may not use this socket; setting 'unix_users' names those "
		      "who may"),
		    client->user ? client->user : "?", number);
}
