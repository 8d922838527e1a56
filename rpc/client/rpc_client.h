/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The calling side of a connection: pairs replies with calls, hands out events and streams. Used by
 * reeve(1), by the engine towards its workers, by tests and benchmarks.
 *
 * Functions named ..._call park on a fiber; elsewhere they turn the event loop. Each has a
 * deadline. When the connection ends, all calls that wait fail with the reason.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "rpc/client/uri.h"
#include "rpc/wire/conn.h"
#include "rpc/wire/message.h"
#include "rpc/wire/procs.h"

typedef struct RpcClient RpcClient;
typedef struct RpcPending RpcPending;

/* The row of a call: REMOTE(domain_get_info). */
#define REMOTE(name) rpc_proc_find(REMOTE_PROGRAM, REMOTE_PROC_##name)
#define QEMU(name) rpc_proc_find(QEMU_PROGRAM, QEMU_PROC_##name)
#define CONTROL(name) rpc_proc_find(CONTROL_PROGRAM_NUMBER, CONTROL_PROC_##name)
#define REEVE(name) rpc_proc_find(REEVE_PROGRAM_NUMBER, REEVE_PROC_##name)

/* @transport is taken. */
RpcClient *rpc_client_new(sd_event *loop, RpcTransport *transport);
/* A connected UNIX socket (taken, also on failure). */
RpcClient *rpc_client_new_fd(sd_event *loop, int fd, GError **error);
/* Connects to a UNIX socket. VIR_ERR_SYSTEM_ERROR with the errno. Does not park. */
RpcClient *rpc_client_new_unix(sd_event *loop, const char *path, GError **error);
/* Calls that wait fail; nobody is told on_closed. */
void rpc_client_free(RpcClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpcClient, rpc_client_free)

bool rpc_client_is_open(const RpcClient *client);
RpcConn *rpc_client_conn(RpcClient *client);
/* Deadline of calls that do not have their own; 0: none but the connection's end. 30 s at first. */
void rpc_client_set_timeout(RpcClient *client, uint64_t usec);

/* Called for each event and other message of the server; @message is borrowed. */
void rpc_client_on_message(RpcClient *client, void (*handler)(RpcMessage *message, void *data),
			   void *data);
/* Called once when the connection ends by itself; @reason is NULL when the server just left. */
void rpc_client_on_closed(RpcClient *client, void (*handler)(const GError *reason, void *data),
			  void *data);

/*
 * Calls @proc and fills the zeroed @ret, which is the caller's to rpc_free() by proc->ret_filter.
 * @args and @ret may be NULL where the row has NOTHING. An error of the server comes as it is.
 */
bool rpc_client_call(RpcClient *client, const RpcProc *proc, const void *args, void *ret,
		     GError **error);

/* One call with all that can go with it; zero what is not used. */
typedef struct RpcExchange {
	const RpcProc *proc;
	const void *args;
	void *ret;
	uint64_t timeout_usec; /* 0: the client's */
	const int *fds;        /* sent along; stay the caller's */
	unsigned n_fds;
	RpcMessage **reply; /* where the caller wants the reply itself, for its descriptors */
} RpcExchange;
bool rpc_client_exchange_call(RpcClient *client, const RpcExchange *exchange, GError **error);

/* In two parts, to have several under way: begin each, then finish each. Parts of no fiber. */
RpcPending *rpc_client_begin(RpcClient *client, const RpcProc *proc, const void *args,
			     GError **error);
/* Ends @pending, whatever comes. */
bool rpc_client_finish_call(RpcPending *pending, void *ret, GError **error);
/* Does not wait for the reply. */
void rpc_client_forget(RpcPending *pending);

/*
 * Sends the payload and the descriptors of @request unchanged, under a serial of this connection.
 * The reply comes back with the request's serial, whatever its status: the caller passes it on.
 */
bool rpc_client_forward_call(RpcClient *client, RpcMessage *request, uint64_t timeout_usec,
			     RpcMessage **ret_reply, GError **error);

/* Sends a message that has no reply. */
bool rpc_client_post(RpcClient *client, const RpcProc *proc, const void *msg, GError **error);

/* --- towards a libvirt-like server --- */

typedef struct RpcOpen {
	const char *uri; /* NULL: rpc_uri_default() */
	bool read_only;
	int keepalive_interval; /* seconds; 0: none of our own */
	unsigned keepalive_count;
	uint64_t timeout_usec; /* for all of it; 0: 30 s */
} RpcOpen;

/* Parses the URI, connects, logs in, asks for features, opens. NULL with an error for people. */
RpcClient *rpc_client_open_call(sd_event *loop, const RpcOpen *open, GError **error);
/* Says goodbye, waits a little for the answer, frees. */
void rpc_client_close_call(RpcClient *client);

/* The URI as the server calls it. Borrowed. */
const char *rpc_client_uri(const RpcClient *client);
bool rpc_client_is_read_only(const RpcClient *client);
/* One of FRAMING's features (9: string parameters, 14: events with ids ...); asked once. */
bool rpc_client_has_feature_call(RpcClient *client, int feature);
