/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What server, access and the login calls do with clients. */
#pragma once

#include "daemon/client/client.h"
#include "rpc/transport/transport.h"

/* Takes @transport. The reference belongs to the server until the connection ends. */
Client *client_new(Engine *engine, RpcTransport *transport, bool read_only,
		   const ClientHandler *handler);
/* It may now do more than log in. */
void client_logged_in(Client *client);
/* It has opened something, which is what connections are for. */
void client_opened(Client *client);
/* Account name of @uid as /etc/passwd has it, or NULL. The caller frees. */
char *client_user_name(int64_t uid);
