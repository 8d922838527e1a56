/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams to and from files: screenshots and the contents of volumes. Process: reeve. */
#pragma once

#include "rpc/client/stream.h"
#include "tools/cli/session.h"

/* Set proc, args and ret (zeroed, or NULL) before download_open(); the rest is private. */
typedef struct Download {
	const RpcProc *proc;
	const void *args;
	void *ret;
	RpcClientStream *stream;
	GByteArray *early; /* what came before the file was there */
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
