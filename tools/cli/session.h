/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of reeve: what was asked for on its command line, the connection (made when the first
 * command needs it, and made anew when it was lost), and the memory of the command that runs.
 * Replies and texts that a command gets from here live until it ends, so that commands need not
 * free them. Process: reeve.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>
#include <systemd/sd-event.h>

#include "rpc/client/rpc_client.h"
#include "rpc/wire/params.h"
#include "rpc/wire/procs.h"

typedef struct Session {
	sd_event *loop;
	RpcClient *client;
	char *uri; /* NULL: the default */
	bool read_only, quiet, timing, json, interactive;
	bool json_always; /* --json before the command */
	bool leave;	  /* quit was asked for */
	int keepalive_interval, keepalive_count;
	unsigned char escape; /* leaves a console */
	GSList *kept;	      /* what ends with the command */
	json_t *result;	      /* see output.h */
	char *context;	      /* what could not be done, see failed() */
	bool unconnected;     /* the command got no connection */
	bool failed;	      /* the last command did */
} Session;

bool session_init(Session *session, GError **error);
void session_done(Session *session);

/* The connection; opens it when there is none. NULL on failure. */
RpcClient *session_client(Session *session, GError **error);
void session_disconnect(Session *session);

/* Ends the memory of the command that has run. */
void session_forget(Session *session);
/* Texts and blocks of the running command. */
char *session_printf(Session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Takes ownership; @free_it may be any function of one pointer. Returns @data. */
void *session_keep(Session *session, void *data, GDestroyNotify free_it);

/* Blocks on the loop until @fd has something to read, or *@stop is set. */
bool session_wait_input(Session *session, int fd, const bool *stop, GError **error);
/* Runs a program with our terminal and waits for its end; fails unless it exits with 0. */
bool session_run(Session *session, char **argv, GError **error);

/*
 * A call and its reply. Parks on a fiber, else turns the loop. The reply is the session's; for a
 * procedure without one it is a static empty block. NULL on failure.
 */
void *session_call(Session *session, guint32 program, gint32 number, const void *args,
		   GError **error);

#define ARGS_OF(name, args) ({ const remote_##name##_args *a_ = (args); a_; })
#define REPLY_OF(name, reply) ((remote_##name##_ret *)(reply))

/* ASK: arguments and reply; GET: reply only; TELL: arguments only; POKE: neither. */
#define ASK(session, name, args, error) \
	REPLY_OF(name, session_call(session, REMOTE_PROGRAM, REMOTE_PROC_##name, ARGS_OF(name, args), error))
#define GET(session, name, error) \
	REPLY_OF(name, session_call(session, REMOTE_PROGRAM, REMOTE_PROC_##name, NULL, error))
#define TELL(session, name, args, error) \
	(session_call(session, REMOTE_PROGRAM, REMOTE_PROC_##name, ARGS_OF(name, args), error) != NULL)
#define POKE(session, name, error) \
	(session_call(session, REMOTE_PROGRAM, REMOTE_PROC_##name, NULL, error) != NULL)

/* Runs @each(@data, i) for 0..n-1 with many calls in flight at once. False if one returned false. */
bool session_parallel(Session *session, gsize n, bool (*each)(void *data, gsize i, GError **error),
		      void *data, GError **error);

/* As session_call() of the remote program, with an array of int descriptors sent along. */
void *session_call_fds(Session *session, gint32 number, const void *args, const GArray *fds,
		       GError **error);
