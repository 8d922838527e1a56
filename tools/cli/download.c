/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "tools/cli/download.h"
#include "tools/cli/output.h"

#define CHUNK 262120
#define QUEUE_HIGH (1024 * 1024) /* bytes on their way before we stop reading the file */

/* --- how far it is --- */

enum {
	BAR = 40,
	EVERY_USEC = 100 * 1000,
};

static void progress_begin(Progress *progress, uint64_t total)
{
	*progress = (Progress){ .shown = isatty(STDERR_FILENO), .total = total };
}

static void draw(const Progress *progress)
{
	const uint64_t done = MIN(progress->done, progress->total);
	const char *unit;
	double amount = bytes_pretty(progress->done, &unit);
	int full = progress->total ? (int)((double)done / (double)progress->total * BAR) : 0;

	if (progress->total)
		fprintf(stderr, "\r[%.*s%*s] %3d %%  %.1f %s\033[K", full,
			"########################################", BAR - full, "", full * 100 / BAR, amount, unit);
	else
		fprintf(stderr, "\r%.1f %s\033[K", amount, unit);
	fflush(stderr);
}

static void progress_add(Progress *progress, uint64_t bytes)
{
	int64_t now;

	progress->done += bytes;
	if (!progress->shown)
		return;
	now = g_get_monotonic_time();
	if (now - progress->drawn_usec < EVERY_USEC && progress->done < progress->total)
		return;
	progress->drawn_usec = now;
	draw(progress);
}

static void progress_end(Progress *progress)
{
	if (progress->shown && progress->drawn_usec)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

/* --- downloads --- */

static bool write_all(int fd, const void *bytes, gsize length, GError **error)
{
	const char *from = bytes;

	while (length) {
		ssize_t n = write(fd, from, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(error, errno, _("cannot write the file"));
		from += n;
		length -= (gsize)n;
	}
	return true;
}

/* A hole that came before the file was open, and before how much of what came so. */
typedef struct EarlyHole {
	guint at;
	gint64 length;
} EarlyHole;

static void on_received(G_GNUC_UNUSED RpcClientStream *stream, const void *bytes, gsize length, void *data)
{
	Download *download = data;

	progress_add(&download->progress, length);
	if (!length) {
		download->over = true;
	} else if (download->fd < 0) {
		g_byte_array_append(download->early, bytes, (guint)length);
	} else if (!download->error && !write_all(download->fd, bytes, length, &download->error)) {
		download->over = true;
	}
}

static bool hole_make(int fd, gint64 length, GError **error)
{
	off_t end = lseek(fd, length, SEEK_CUR);

	return (end >= 0 && ftruncate(fd, end) == 0) ||
	       fail_errno(error, errno, _("cannot make a hole in the file"));
}

static void on_hole(G_GNUC_UNUSED RpcClientStream *stream, gint64 length, void *data)
{
	Download *download = data;

	progress_add(&download->progress, (uint64_t)length);
	if (download->fd < 0) {
		const EarlyHole hole = { download->early->len, length };

		g_array_append_val(download->early_holes, hole);
	} else if (!download->error && !hole_make(download->fd, length, &download->error)) {
		download->over = true;
	}
}

/* What came before the file was open. */
static bool early_write(const Download *download, GError **error)
{
	guint at = 0;

	for (guint i = 0; i < download->early_holes->len; i++) {
		const EarlyHole *hole = &g_array_index(download->early_holes, EarlyHole, i);

		if (!write_all(download->fd, download->early->data + at, hole->at - at, error) ||
		    !hole_make(download->fd, hole->length, error))
			return false;
		at = hole->at;
	}
	return write_all(download->fd, download->early->data + at, download->early->len - at, error);
}

static void on_ended(G_GNUC_UNUSED RpcClientStream *stream, const GError *error, void *data)
{
	Download *download = data;

	download->over = download->ended = true;
	if (error && !download->error)
		download->error = g_error_copy(error);
}

static const RpcClientStreamHandler download_handler = {
	.received = on_received,
	.hole = on_hole,
	.ended = on_ended,
};

static void download_clear(Download *download)
{
	fd_clear(&download->fd);
	progress_end(&download->progress);
	g_clear_pointer(&download->early, g_byte_array_unref);
	g_clear_pointer(&download->early_holes, g_array_unref);
	g_clear_pointer(&download->stream, rpc_client_stream_free);
	g_clear_error(&download->error);
}

bool download_open(Session *session, Download *download, GError **error)
{
	RpcClientStreamSpec spec = { .proc = download->proc,
				     .args = download->args,
				     .ret = download->ret,
				     .handler = &download_handler,
				     .data = download };

	if (!session_client(session, error))
		return false;
	download->fd = -1;
	download->early = g_byte_array_new();
	download->early_holes = g_array_new(FALSE, FALSE, sizeof(EarlyHole));
	progress_begin(&download->progress, download->total);
	download->stream = rpc_client_stream_open_call(session->client, &spec, error);
	if (!download->stream)
		download_clear(download);
	return download->stream;
}

static bool loop_turn(Session *session, const bool *stop, GError **error)
{
	while (!*stop) {
		int r = sd_event_run(session->loop, UINT64_MAX);

		if (r < 0)
			return fail_errno(error, -r, _("the event loop failed"));
	}
	return true;
}

static bool file_fill(Session *session, Download *download, const char *file, GError **error)
{
	download->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (download->fd < 0)
		return fail_errno(error, errno, _("cannot create file '%s'"), file);
	if (!early_write(download, error) ||
	    !loop_turn(session, &download->over, error))
		return false;
	if (download->error) {
		g_propagate_error(error, g_steal_pointer(&download->error));
		return false;
	}
	return true;
}

bool download_finish(Session *session, Download *download, const char *file, GError **error)
{
	bool result = file_fill(session, download, file, error);
	int fd = take_fd(&download->fd);

	if (result)
		result = rpc_client_stream_finish_call(download->stream, error);
	else if (!download->ended)
		rpc_client_stream_abort_call(download->stream, NULL);
	if (fd >= 0 && close(fd) < 0 && result)
		result = fail_errno(error, errno, _("cannot write file '%s'"), file);
	download_clear(download);
	return result;
}

/* --- uploads --- */

typedef struct Sending {
	RpcClientStream *stream;
	int fd;
	bool sparse;
	off_t data_end; /* up to here is data; what follows was not looked at */
	bool writable, ended;
	Progress progress;
	GError *error;
} Sending;

static void upload_writable(G_GNUC_UNUSED RpcClientStream *stream, void *data)
{
	((Sending *)data)->writable = true;
}

static void upload_ended(G_GNUC_UNUSED RpcClientStream *stream, const GError *error, void *data)
{
	Sending *sending = data;

	sending->ended = sending->writable = true;
	if (error && !sending->error)
		sending->error = g_error_copy(error);
}

static const RpcClientStreamHandler upload_handler = {
	.writable = upload_writable,
	.ended = upload_ended,
};

/* Sends the hole at the present place, if there is one. */
static bool hole_send(Sending *sending, GError **error)
{
	off_t here = lseek(sending->fd, 0, SEEK_CUR), data, end;

	if (!sending->sparse || here < sending->data_end)
		return true;
	data = lseek(sending->fd, here, SEEK_DATA);
	if (data < 0 && errno == ENXIO)
		data = lseek(sending->fd, 0, SEEK_END);
	if (data < 0)
		return fail_errno(error, errno, _("cannot find the holes of the file"));
	end = lseek(sending->fd, data, SEEK_HOLE);
	sending->data_end = end < 0 ? data : end;
	lseek(sending->fd, data, SEEK_SET);
	progress_add(&sending->progress, (uint64_t)(data - here));
	return data == here || rpc_client_stream_send_hole(sending->stream, data - here, error);
}

/* *ret_end: nothing is left. */
static bool chunk_send(Sending *sending, bool *ret_end, GError **error)
{
	g_autofree char *buffer = g_malloc(CHUNK);
	gsize most = CHUNK;
	off_t here;
	ssize_t n;

	if (!hole_send(sending, error))
		return false;
	here = lseek(sending->fd, 0, SEEK_CUR);
	if (sending->sparse && sending->data_end > here)
		most = (gsize)MIN((off_t)most, sending->data_end - here);
	n = read(sending->fd, buffer, most);
	if (n < 0)
		return fail_errno(error, errno, _("cannot read the file"));
	*ret_end = n == 0;
	progress_add(&sending->progress, (uint64_t)n);
	return !n || rpc_client_stream_send(sending->stream, buffer, (gsize)n, error);
}

static bool sending_run(Session *session, Sending *sending, GError **error)
{
	bool end = false;

	while (!end && !sending->ended) {
		sending->writable = rpc_client_stream_queued(sending->stream) < QUEUE_HIGH;
		if (!loop_turn(session, &sending->writable, error))
			return false;
		if (!sending->ended && !chunk_send(sending, &end, error))
			return false;
	}
	if (!sending->ended)
		return rpc_client_stream_finish_call(sending->stream, error);
	if (sending->error)
		g_propagate_error(error, g_steal_pointer(&sending->error));
	else
		fail(error, VIR_ERR_OPERATION_FAILED, _("the server ended the stream before all was sent"));
	return false;
}

bool upload_run(Session *session, const Upload *upload, GError **error)
{
	Sending sending = { .fd = -1, .sparse = upload->sparse };
	RpcClientStreamSpec spec = { .proc = upload->proc,
				     .args = upload->args,
				     .handler = &upload_handler,
				     .data = &sending };
	g_autofd int fd = open(upload->file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool result;

	if (fd < 0)
		return fail_errno(error, errno, _("cannot read '%s'"), upload->file);
	if (!session_client(session, error))
		return false;
	sending.fd = fd;
	progress_begin(&sending.progress, fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0);
	sending.stream = rpc_client_stream_open_call(session->client, &spec, error);
	if (!sending.stream)
		return false;
	result = sending_run(session, &sending, error);
	progress_end(&sending.progress);
	if (!result && !sending.ended)
		rpc_client_stream_abort_call(sending.stream, NULL);
	rpc_client_stream_free(sending.stream);
	g_clear_error(&sending.error);
	return result;
}
