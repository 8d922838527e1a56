/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/qemu/monitor/json_peer.h"

enum {
	READ_CHUNK = 64 * 1024,
	KEEP_BUFFER = 256 * 1024, /* a larger buffer is given back after its line */
	UNSENT_MAX = 4 * 1024 * 1024,
	DEPTH_MAX = 512,
	VALUES_MAX = 1000 * 1000,
	DELIMITER = 0xff,
	DIGITS_MAX = 19, /* of an integer that fits 64 bits with sign */
	WORDS_MAX = 1000, /* bytes of a peer's own words in a message */
};

typedef struct Outgoing {
	gsize length, sent;
	int fd;
	char text[];
} Outgoing;

struct JsonPeer {
	JsonPeerOptions options;
	const JsonPeerHandler *handler;
	void *data;
	int read_fd, write_fd;
	sd_event_source *reader, *writer; /* of a socket, the reader serves both directions */
	GByteArray *input;
	gsize taken;   /* bytes of input that are done with */
	gsize scanned; /* bytes of input that hold no end of a line; at least taken */
	bool skipping; /* the rest of a line that was too long */
	GQueue outgoing;
	gsize unsent;
	int64_t heard;
	int refs; /* one of the owner, one of a callback in progress */
	bool closed;
};

/*
 * Bounds what jansson will allocate, and how deep it (and whoever frees the result, perhaps on the
 * small stack of a fiber) will recurse, before it is let loose on the text.
 */
static const char *bounds_exceeded(const char *text, gsize length)
{
	unsigned depth = 0, values = 0;
	bool quoted = false;

	for (gsize i = 0; i < length; i++) {
		char c = text[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
			continue;
		}
		if (c == '"')
			quoted = true;
		else if (c == ']' || c == '}')
			depth -= depth > 0;
		else if (c == ',' || c == '[' || c == '{' || c == ':')
			values++;
		if ((c == '[' || c == '{') && ++depth > DEPTH_MAX)
			return N_("nested too deeply");
		if (values > VALUES_MAX)
			return N_("too many values");
	}
	return NULL;
}

/* Whether the digits at @text are an integer beyond 64 bits with sign, which jansson refuses. */
static bool is_wide(const char *text, gsize digits, gsize length)
{
	if (digits < DIGITS_MAX || (digits < length && strchr(".eE", text[digits])))
		return false;
	return digits > DIGITS_MAX || strncmp(text, "9223372036854775807", DIGITS_MAX) > 0;
}

/* QEMU says 2^64 - 1 where it does not know: written as reals, such numbers do no harm. */
static GString *widen(const char *text, gsize length)
{
	GString *out = NULL;
	bool quoted = false;
	gsize done = 0;

	for (gsize i = 0; i < length; i++) {
		gsize digits = 0;

		if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		while (!quoted && i + digits < length && g_ascii_isdigit(text[i + digits]))
			digits++;
		if (digits == 0)
			continue;
		if (is_wide(text + i, digits, length - i)) {
			out = out ? out : g_string_sized_new(length + 16);
			g_string_append_len(out, text + done, (gssize)(i + digits - done));
			g_string_append(out, ".0");
			done = i + digits;
		}
		i += digits - 1;
	}
	if (out)
		g_string_append_len(out, text + done, (gssize)(length - done));
	return out;
}

char *json_peer_words(const char *text)
{
	g_autofree char *cut = g_strndup(text ? text : "", WORDS_MAX);
	char *words = g_utf8_make_valid(cut, -1);

	for (char *c = words; *c; c++)
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	return g_strchomp(words);
}

json_t *json_parse_bounded(const char *text, gsize length, GError **error)
{
	const char *why = bounds_exceeded(text, length);
	g_autoptr(GString) wide = NULL;
	g_autofree char *what = NULL;
	json_error_t bad;
	json_t *value;

	if (why)
		return fail_null(error, VIR_ERR_INVALID_ARG, _("JSON text is not accepted: %s"),
				 _(why));
	wide = widen(text, length);
	value = wide ? json_loadb(wide->str, wide->len, JSON_DECODE_ANY, &bad)
		     : json_loadb(text, length, JSON_DECODE_ANY, &bad);
	if (value)
		return value;
	what = json_peer_words(bad.text); /* it quotes the text */
	return fail_null(error, VIR_ERR_INVALID_ARG, _("not JSON: %s at byte %d"), what,
			 bad.position);
}

static void outgoing_free(Outgoing *outgoing)
{
	fd_clear(&outgoing->fd);
	g_free(outgoing);
}

static void peer_unref(JsonPeer *peer)
{
	if (--peer->refs > 0)
		return;
	g_queue_clear_full(&peer->outgoing, (GDestroyNotify)outgoing_free);
	g_byte_array_unref(peer->input);
	g_free(peer);
}

static void peer_disconnect(JsonPeer *peer)
{
	peer->closed = true;
	g_clear_pointer(&peer->reader, sd_event_source_disable_unref);
	g_clear_pointer(&peer->writer, sd_event_source_disable_unref);
	if (peer->write_fd != peer->read_fd)
		fd_clear(&peer->write_fd);
	fd_clear(&peer->read_fd);
	peer->write_fd = -1;
}

static void peer_end(JsonPeer *peer, const GError *why)
{
	if (peer->closed)
		return;
	peer_disconnect(peer);
	if (peer->handler && peer->handler->closed)
		peer->handler->closed(why, peer->data);
}

void json_peer_free(JsonPeer *peer)
{
	if (!peer)
		return;
	peer->handler = NULL;
	peer_disconnect(peer);
	peer_unref(peer);
}

static void peer_garbage(JsonPeer *peer, const GError *why)
{
	if (peer->handler && !peer->handler->garbage(why, peer->data))
		peer_end(peer, why);
}

static void peer_line(JsonPeer *peer, const char *line, gsize length)
{
	g_autoptr(GError) error = NULL;
	json_t *message;

	while (length > 0 && g_ascii_isspace(line[length - 1]))
		length--;
	while (length > 0 && g_ascii_isspace(*line))
		line++, length--;
	if (length == 0)
		return;
	message = json_parse_bounded(line, length, &error);
	if (!message) {
		peer_garbage(peer, error);
		return;
	}
	peer->handler->message(message, peer->data);
	json_decref(message);
}

/* Drops what is done with; a buffer that one large message made grow is given back. */
static void input_compact(JsonPeer *peer)
{
	bool large = peer->input->len > KEEP_BUFFER;

	g_byte_array_remove_range(peer->input, 0, peer->taken);
	peer->scanned -= peer->taken;
	peer->taken = 0;
	if (!large || peer->input->len > 0)
		return;
	g_byte_array_unref(peer->input);
	peer->input = g_byte_array_new();
}

static void peer_too_long(JsonPeer *peer)
{
	g_autoptr(GError) error = NULL;

	peer->skipping = true;
	fail(&error, VIR_ERR_OPERATION_FAILED,
	     _("the %s sent a line of more than %zu bytes, which is not accepted"),
	     peer->options.what, peer->options.line_max);
	peer_garbage(peer, error);
}

/* Where the next line ends, or a delimiter that voids what came before; NULL when neither is in. */
static guint8 *find_end(const JsonPeer *peer)
{
	guint8 *start = peer->input->data + peer->scanned;
	gsize length = peer->input->len - peer->scanned;
	guint8 *newline = memchr(start, '\n', length);
	guint8 *delimiter;

	if (!peer->options.delimited)
		return newline;
	delimiter = memchr(start, DELIMITER, newline ? (gsize)(newline - start) : length);
	return delimiter ? delimiter : newline;
}

static void peer_process(JsonPeer *peer)
{
	while (!peer->closed && peer->input->len > peer->scanned) {
		guint8 *start = peer->input->data + peer->taken;
		guint8 *end = find_end(peer);

		if (!end) {
			peer->scanned = peer->input->len;
			break;
		}
		if (*end == '\n' && !peer->skipping)
			peer_line(peer, (const char *)start, (gsize)(end - start));
		peer->skipping = false;
		peer->taken = peer->scanned = (gsize)(end - peer->input->data) + 1;
	}
	if (!peer->closed && peer->scanned - peer->taken > peer->options.line_max &&
	    !peer->skipping)
		peer_too_long(peer);
	if (peer->skipping)
		peer->taken = peer->scanned;
	input_compact(peer);
}

/* One bounded read, so that a peer that never stops does not starve the loop. */
static void peer_read(JsonPeer *peer)
{
	guint before = peer->input->len;
	g_autoptr(GError) error = NULL;
	ssize_t n;

	g_byte_array_set_size(peer->input, before + READ_CHUNK);
	n = read(peer->read_fd, peer->input->data + before, READ_CHUNK);
	g_byte_array_set_size(peer->input, before + (n > 0 ? (guint)n : 0));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 && errno != ECONNRESET && errno != EIO) {
		fail_errno(&error, errno, _("cannot read from the %s"), peer->options.what);
		peer_end(peer, error);
		return;
	}
	if (n <= 0) {
		peer_end(peer, NULL);
		return;
	}
	peer->heard = g_get_monotonic_time();
	peer_process(peer);
}

static ssize_t write_with_fd(int socket, const Outgoing *item)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (char *)item->text, .iov_len = item->length };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &item->fd, sizeof(int));
	return sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t write_item(JsonPeer *peer, const Outgoing *item)
{
	const char *text = item->text + item->sent;
	gsize length = item->length - item->sent;
	ssize_t n;

	if (item->fd >= 0)
		return write_with_fd(peer->write_fd, item);
	n = send(peer->write_fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && errno == ENOTSOCK)
		n = write(peer->write_fd, text, length);
	return n;
}

/* Writes what fits. An error here is seen by the reading side as the end of the connection. */
static void peer_write(JsonPeer *peer)
{
	Outgoing *item;

	while ((item = g_queue_peek_head(&peer->outgoing))) {
		ssize_t n = write_item(peer, item);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		fd_clear(&item->fd);
		item->sent += (gsize)n;
		peer->unsent -= (gsize)n;
		if (item->sent == item->length)
			outgoing_free(g_queue_pop_head(&peer->outgoing));
	}
	if (peer->writer)
		sd_event_source_set_enabled(peer->writer, item ? SD_EVENT_ON : SD_EVENT_OFF);
	else if (peer->reader)
		sd_event_source_set_io_events(peer->reader, item ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static int on_readable(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
		       uint32_t revents, void *data)
{
	JsonPeer *peer = data;

	peer->refs++;
	if (revents & EPOLLOUT)
		peer_write(peer);
	/* An end or an error is what reading tells. */
	if (revents & ~(uint32_t)EPOLLOUT)
		peer_read(peer);
	peer_unref(peer);
	return 0;
}

static int on_writable(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED int fd,
		       G_GNUC_UNUSED uint32_t revents, void *data)
{
	peer_write(data);
	return 0;
}

static bool peer_attach(JsonPeer *peer, sd_event *loop, GError **error)
{
	int r = sd_event_add_io(loop, &peer->reader, peer->read_fd, EPOLLIN, on_readable, peer);

	/* epoll takes a descriptor once. */
	if (r >= 0 && peer->write_fd != peer->read_fd)
		r = sd_event_add_io(loop, &peer->writer, peer->write_fd, EPOLLOUT, on_writable,
				    peer);
	if (r < 0)
		return fail_errno(error, -r, _("cannot watch the %s"), peer->options.what);
	if (peer->writer)
		sd_event_source_set_enabled(peer->writer, SD_EVENT_OFF);
	return true;
}

JsonPeer *json_peer_new(const int fds[2], const JsonPeerOptions *options,
			const JsonPeerHandler *handler, void *data, GError **error)
{
	JsonPeer *peer = g_new0(JsonPeer, 1);

	peer->options = *options;
	peer->handler = handler;
	peer->data = data;
	peer->read_fd = fds[0];
	peer->write_fd = fds[1];
	peer->input = g_byte_array_new();
	peer->heard = g_get_monotonic_time();
	peer->refs = 1;
	g_queue_init(&peer->outgoing);
	if (!fd_set_nonblocking(fds[0], error) || !fd_set_nonblocking(fds[1], error) ||
	    (options->loop && !peer_attach(peer, options->loop, error))) {
		json_peer_free(peer);
		return NULL;
	}
	return peer;
}

bool json_peer_send(JsonPeer *peer, const char *text, gsize length, int fd, GError **error)
{
	g_autofd int copy = -1;
	Outgoing *item;

	if (peer->closed)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the %s is closed"),
			    peer->options.what);
	if (length > UNSENT_MAX || peer->unsent > UNSENT_MAX - length)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the %s does not read what it is sent (%zu bytes wait)"),
			    peer->options.what, peer->unsent);
	if (fd >= 0 && (copy = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
		return fail_errno(error, errno, _("cannot hand a descriptor to the %s"),
				  peer->options.what);
	item = g_malloc(sizeof(*item) + length);
	item->length = length;
	item->sent = 0;
	item->fd = take_fd(&copy);
	memcpy(item->text, text, length);
	g_queue_push_tail(&peer->outgoing, item);
	peer->unsent += length;
	peer_write(peer);
	return true;
}

gsize json_peer_unsent(const JsonPeer *peer)
{
	return peer->unsent;
}

int64_t json_peer_heard(const JsonPeer *peer)
{
	return peer->heard;
}

bool json_peer_turn(JsonPeer *peer, int64_t deadline, GError **error)
{
	int64_t left = deadline - g_get_monotonic_time();
	struct pollfd fds[2] = {
		{ .fd = peer->read_fd, .events = POLLIN },
		{ .fd = peer->write_fd, .events = POLLOUT },
	};
	int n;

	if (peer->closed)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the %s is closed"),
			    peer->options.what);
	n = left > 0 ? poll(fds, peer->unsent ? 2 : 1, (int)MIN(left / 1000 + 1, G_MAXINT)) : 0;
	if (n < 0 && errno != EINTR)
		return fail_errno(error, errno, _("cannot wait for the %s"), peer->options.what);
	if (n == 0)
		return fail(error, VIR_ERR_OPERATION_TIMEOUT, _("the %s did not answer in time"),
			    peer->options.what);
	peer->refs++;
	if (n > 0 && fds[1].revents)
		peer_write(peer);
	if (n > 0 && fds[0].revents)
		peer_read(peer);
	peer_unref(peer);
	return true;
}
