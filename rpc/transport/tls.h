/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TLS with certificates on both sides. A context holds keys and trust of one side and can be
 * reloaded while connections use what they began with. A session is a transport in the making: it
 * shakes hands without blocking, checks the peer's certificate, and is then a transport.
 *
 * The server's last word in the making is one byte, 0x01, that says the certificate was accepted;
 * a refusal is a close without it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "rpc/transport/transport.h"

/* Names of PEM files. */
typedef struct RpcTlsFiles {
	const char *ca;   /* certificates that are trusted to sign the peer's */
	const char *crl;  /* revoked ones; may be NULL or not exist */
	const char *cert; /* own; a client may do without (NULL) */
	const char *key;
	bool no_sanity;       /* do not look whether the own certificate is valid */
	const char *priority; /* a gnutls priority string, NULL: "NORMAL" with TLS 1.2 at least */
} RpcTlsFiles;

typedef struct RpcTlsContext RpcTlsContext;

/* VIR_ERR_GNUTLS_ERROR names the file and what is wrong, expiry of the own certificate included. */
RpcTlsContext *rpc_tls_context_new(const RpcTlsFiles *files, bool server, GError **error);
/* Reads the files again; on failure the context stays as it was. */
bool rpc_tls_context_reload(RpcTlsContext *context, GError **error);
RpcTlsContext *rpc_tls_context_ref(RpcTlsContext *context);
void rpc_tls_context_unref(RpcTlsContext *context);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcTlsContext, rpc_tls_context_unref)
/* When the own certificate ends, seconds of CLOCK_REALTIME; -1 without one. */
int64_t rpc_tls_context_expires(const RpcTlsContext *context);

typedef struct RpcTlsSession RpcTlsSession;

typedef struct RpcTlsRules {
	const char *hostname; /* client: that the certificate must be for; NULL: do not check */
	bool no_verify;       /* client: accept any certificate of the server */
	/* server: what a verified DN must be besides; NULL: nothing. Called once. */
	bool (*admit)(const RpcPeer *peer, void *data, GError **error);
	void *data;
} RpcTlsRules;

/* Takes @fd, also on failure. @rules is copied, its strings too. */
RpcTlsSession *rpc_tls_session_new(RpcTlsContext *context, int fd, const RpcTlsRules *rules,
				   GError **error);
void rpc_tls_session_free(RpcTlsSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcTlsSession, rpc_tls_session_free)

/*
 * Does what can be done now, up to and including the byte of acceptance. Returns 1 when done, 0
 * when the descriptor must first be ready for rpc_tls_session_events(), -1 with
 * VIR_ERR_GNUTLS_ERROR, VIR_ERR_AUTH_FAILED or VIR_ERR_SYSTEM_ERROR.
 */
int rpc_tls_session_step(RpcTlsSession *session, GError **error);
const RpcPeer *rpc_tls_session_peer(const RpcTlsSession *session);
int rpc_tls_session_fd(const RpcTlsSession *session);
uint32_t rpc_tls_session_events(const RpcTlsSession *session); /* EPOLLIN or EPOLLOUT */

/* After step() returned 1; the session is used up. */
RpcTransport *rpc_tls_session_finish(RpcTlsSession *session);
