/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A volume read or written for a client: by this process, which may block on its disk as long as it likes. It has
 * the open file and a socket to the engine, and no right to anything else.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "rpc/wire/record.h"
#include "worker/host/path.h"
#include "worker/host/image_mark.h"
#include "worker/host/volume.h"
#include "worker/priv/priv.h"
#include "worker/priv/volume.h"

enum {
	SOCKET_BUFFER = 2 * 1024 * 1024,
	ZEROS_SIZE = 1024 * 1024,
};

typedef struct Pump {
	const PrivConfig *config;
	int file, socket;
	bool write, sparse;
	bool is_block;
	uint64_t offset;
	uint64_t left; /* UINT64_MAX: no bound */
	char *buffer; /* a header and RECORD_DATA_MAX bytes */
} Pump;

/* ---- the socket ---------------------------------------------------------------------------- */

static bool send_all(int socket, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(socket, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			return false;
		bytes += MAX(n, 0);
		length -= (size_t)MAX(n, 0);
	}
	return true;
}

static bool receive_all(int socket, char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = recv(socket, bytes, length, 0);

		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		bytes += MAX(n, 0);
		length -= (size_t)MAX(n, 0);
	}
	return true;
}

/* What follows the header stands behind it in the buffer. */
static bool send_record(Pump *pump, RecordKind kind, int code, uint64_t length)
{
	const RecordHeader header = { .kind = kind, .code = code, .length = length };
	const bool has_bytes = kind == RECORD_DATA || kind == RECORD_ERROR;

	memcpy(pump->buffer, &header, sizeof(header));
	return send_all(pump->socket, pump->buffer, sizeof(header) + (has_bytes ? length : 0));
}

/* Whatever the engine still sends is read and forgotten: else the reason would be lost with the socket. */
static void send_error(Pump *pump, const GError *error)
{
	char *text = pump->buffer + sizeof(RecordHeader);

	g_strlcpy(text, error->message, RECORD_ERROR_MAX);
	if (!send_record(pump, RECORD_ERROR, error->code, strlen(text)))
		return;
	shutdown(pump->socket, SHUT_WR);
	while (recv(pump->socket, pump->buffer, RECORD_DATA_MAX, 0) > 0)
		;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* How far what is at the offset reaches: a hole, or data. 0 at the end of the file. */
static bool find_extent(const Pump *pump, bool *ret_hole, uint64_t *ret_length, GError **error)
{
	const off_t here = (off_t)pump->offset;
	struct stat st;
	off_t data, end;

	*ret_hole = false;
	*ret_length = UINT64_MAX;
	if (!pump->sparse || pump->is_block)
		return true;
	if (fstat(pump->file, &st) < 0)
		return fail_errno(error, errno, _("cannot look at the volume"));
	data = lseek(pump->file, here, SEEK_DATA);
	if (data < 0 && errno != ENXIO)
		return errno == EINVAL || fail_errno(error, errno, _("cannot find the holes of the volume"));
	if (data < 0)
		data = MAX(st.st_size, here);
	*ret_hole = data > here || here >= st.st_size;
	end = *ret_hole ? data : lseek(pump->file, here, SEEK_HOLE);
	if (end < here)
		return fail_errno(error, errno, _("cannot find the holes of the volume"));
	*ret_length = (uint64_t)(end - here);
	return true;
}

/* As much as one record takes; *ret_ended at the end of the volume. False and no error: the engine has gone. */
static bool read_piece(Pump *pump, uint64_t length, bool *ret_ended, GError **error)
{
	char *to = pump->buffer + sizeof(RecordHeader);
	ssize_t n;

	do {
		n = pread(pump->file, to, MIN(length, RECORD_DATA_MAX), (off_t)pump->offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_errno(error, errno, _("cannot read the volume"));
	*ret_ended = n == 0;
	if (n > 0 && !send_record(pump, RECORD_DATA, 0, (uint64_t)n))
		return false;
	pump->offset += (uint64_t)n;
	pump->left -= pump->left == UINT64_MAX ? 0 : (uint64_t)n;
	return true;
}

static bool read_volume(Pump *pump, GError **error)
{
	bool ended = false;

	while (!ended && pump->left > 0) {
		uint64_t length, until;
		bool hole;

		if (!find_extent(pump, &hole, &length, error))
			return false;
		length = MIN(length, pump->left);
		if (length == 0)
			break;
		if (hole && !send_record(pump, RECORD_HOLE, 0, length))
			return false;
		if (hole) {
			pump->offset += length;
			pump->left -= pump->left == UINT64_MAX ? 0 : length;
			continue;
		}
		until = length > UINT64_MAX - pump->offset ? UINT64_MAX : pump->offset + length;
		while (!ended && pump->offset < until)
			if (!read_piece(pump, until - pump->offset, &ended, error))
				return false;
	}
	send_record(pump, RECORD_END, 0, 0);
	return true;
}

/* ---- writing ------------------------------------------------------------------------------- */

static bool write_bytes(Pump *pump, const char *bytes, uint64_t length, GError **error)
{
	while (length > 0) {
		ssize_t n = pwrite(pump->file, bytes, length, (off_t)pump->offset);

		if (n < 0 && errno != EINTR)
			return fail_errno(error, errno, _("cannot write to the volume"));
		bytes += MAX(n, 0);
		length -= (uint64_t)MAX(n, 0);
		pump->offset += (uint64_t)MAX(n, 0);
	}
	return true;
}

/* How much of @length is written: those who told how much would come keep to it. */
static uint64_t take_length(Pump *pump, uint64_t length)
{
	length = MIN(length, MIN(pump->left, (uint64_t)INT64_MAX - pump->offset));
	pump->left -= pump->left == UINT64_MAX ? 0 : length;
	return length;
}

static bool write_data(Pump *pump, uint64_t length, GError **error)
{
	uint64_t fits = take_length(pump, length);
	const bool too_much = fits < length;

	while (fits > 0) {
		const size_t piece = MIN(fits, RECORD_DATA_MAX);

		if (!receive_all(pump->socket, pump->buffer, piece) ||
		    !write_bytes(pump, pump->buffer, piece, error))
			return false;
		fits -= piece;
	}
	return !too_much ||
	       fail_errno(error, ENOSPC, _("cannot write to the volume more than was announced"));
}

static bool write_zeros(Pump *pump, uint64_t length, GError **error)
{
	g_autofree char *zeros = g_malloc0(ZEROS_SIZE);

	for (uint64_t piece; length > 0; length -= piece) {
		piece = MIN(length, ZEROS_SIZE);
		if (!write_bytes(pump, zeros, piece, error))
			return false;
	}
	return true;
}

/* What was there reads as zeros, and takes no room where that can be had. Nothing behind it is lost. */
static bool write_hole(Pump *pump, uint64_t length, GError **error)
{
	struct stat st;
	off_t end;

	length = take_length(pump, length);
	end = (off_t)(pump->offset + length);
	if (length == 0)
		return true;
	if (fallocate(pump->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)pump->offset,
		      (off_t)length) < 0)
		return write_zeros(pump, length, error);
	pump->offset += length;
	if (pump->is_block)
		return true;
	if (fstat(pump->file, &st) < 0 || (st.st_size < end && ftruncate(pump->file, end) < 0))
		return fail_errno(error, errno, _("cannot make the volume longer"));
	return true;
}

/* False and no error when the engine has gone: what came until then is there. */
static bool write_volume(Pump *pump, GError **error)
{
	RecordHeader header;

	while (receive_all(pump->socket, (char *)&header, sizeof(header)))
		switch (header.kind) {
		case RECORD_DATA:
			if (!write_data(pump, header.length, error))
				return false;
			break;
		case RECORD_HOLE:
			if (!write_hole(pump, header.length, error))
				return false;
			break;
		case RECORD_END:
			if (fdatasync(pump->file) < 0)
				return fail_errno(error, errno, _("cannot write to the volume"));
			send_record(pump, RECORD_END, 0, 0);
			return true;
		default:
			return fail(error, VIR_ERR_RPC, _("there is no record of kind %u"), header.kind);
		}
	return false;
}

/* ---- the request --------------------------------------------------------------------------- */

static void pump_run(void *data)
{
	Pump *pump = data;
	const uid_t uid = priv_tool_uid(pump->config);
	g_autoptr(GError) error = NULL;

	close(pump->config->socket);
	if (priv_confine(uid, uid, false, &error)) {
		if (pump->write)
			write_volume(pump, &error);
		else
			read_volume(pump, &error);
	}
	if (error)
		send_error(pump, error);
	close(pump->socket);
}

/* Enough for a record at a time; the engine does not wait for each. */
static int sockets_make(PrivFds *out, GError **error)
{
	const int size = SOCKET_BUFFER;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(error, errno, _("cannot make a pair of sockets")), -1;
	for (unsigned i = 0; i < G_N_ELEMENTS(pair); i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	priv_fds_add(out, pair[0]);
	return pair[1];
}

bool priv_volume_stream(PrivCall *call, const priv_volume_stream_args *args,
			G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	g_autofd int directory = volume_name_check(args->name, error) ? pool_open(args->pool, error) : -1;
	g_autofd int file = -1;
	struct stat st;
	Pump *pump;

	if (directory < 0)
		return false;
	if (args->offset > INT64_MAX || args->length > INT64_MAX)
		return fail(error, VIR_ERR_INVALID_ARG, _("volume '%s': the offset or length is too large"),
			    args->name);
	file = path_open_at(directory, args->name, args->write ? O_RDWR : O_RDONLY, _("volume"), error);
	if (file < 0)
		return false;
	if (fstat(file, &st) < 0)
		return fail_errno(error, errno, _("cannot look at the volume '%s'"), args->name);
	if (args->write && args->offset == 0)
		image_mark_forget(file);
	pump = g_new0(Pump, 1);
	*pump = (Pump){ .config = call->config, .write = args->write, .sparse = args->sparse,
			.is_block = S_ISBLK(st.st_mode), .offset = args->offset,
			.left = args->length ? args->length : UINT64_MAX };
	pump->socket = sockets_make(&call->out, error);
	if (pump->socket < 0)
		return g_free(pump), false;
	pump->file = take_fd(&file);
	pump->buffer = g_malloc(sizeof(RecordHeader) + RECORD_DATA_MAX);
	call->after = pump_run;
	call->data = pump;
	return true;
}
