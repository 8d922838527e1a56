/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is let in, and what for: by the socket, the uid, or the name in the certificate. Engine only. */
#pragma once

#include <stdbool.h>

#include "daemon/client/client.h"

/* What the peer's socket and identity allow: sets ->auth, ->authenticated, ->read_only. */
void access_admit(Client *client);
/* May this peer log in by its uid (the call auth_polkit)? VIR_ERR_AUTH_FAILED else. */
bool access_login(Client *client, GError **error);
/* TLS: is the verified name of the peer on the list? */
bool access_admit_dn(const Engine *engine, const char *dn, GError **error);
