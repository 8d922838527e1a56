/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The server listens (UNIX read-write and read-only, TLS, TCP), admits clients up to the limits of
 * the settings, and knows them all. Owned by the engine.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "daemon/client/client.h"

/* Takes over sockets of the service manager, or makes those of the settings. While still root. */
Server *server_new(Engine *engine, GError **error);
/* Starts accepting; the listening sockets exist already. */
bool server_begin(Server *server, GError **error);
/* Stops accepting, closes all connections, removes the sockets' files. */
void server_free(Server *server);
/* Reads TLS keys again (SIGHUP). */
bool server_reload(Server *server, GError **error);
/* Stops and starts accepting as the number of clients wants it. */
void server_balance(Server *server);
/* All connected clients; link in Client. */
GQueue *server_clients(Server *server);
/* Port that TLS (or TCP) listens on, 0: none. */
unsigned server_port(const Server *server, bool tls);
