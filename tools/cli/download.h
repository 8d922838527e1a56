/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams to and from files: screenshots and the contents of volumes. Process: reeve. */
#pragma once

#include "rpc/client/stream.h"
#include "tools/cli/session.h"

/* How far it is, on a terminal only: a line on standard error that is drawn anew, and gone at the end. */
typedef struct Progress {
	bool shown; /* standard error is a terminal */
	uint64_t done, total; /* bytes; total 0: not known */
	int64_t drawn_usec;
} Progress;

/*
 * Set proc, args and ret (zeroed, or NULL) before download_open(), and total as far as it is known; the rest is
 * private.
 */
typedef struct Download {
	const RpcProc *proc;
	const void *args;
	void *ret;
	uint64_t total; /* bytes */
	RpcClientStream *stream;
	GByteArray *early; /* what came before the file was there */
	GArray *early_holes; /* and of holes, where between */
	Progress progress;
	int fd;
	bool over, ended;
	GError *error;
} Download;

/* Calls; on failure nothing is left to free. The reply is the caller's to rpc_free(). */
bool download_open(Session *session, Download *download, GError **error);
/* Writes all that comes to @file, which is created or emptied; ends the stream. */
bool download_finish(Session *session, Download *download, const char *file, GError **error);

/* Sends the contents of @file by the stream that @proc opens; holes as such when @sparse. */
typedef struct Upload {
	const RpcProc *proc;
	const void *args;
	const char *file;
	bool sparse;
} Upload;
bool upload_run(Session *session, const Upload *upload, GError **error);
