/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/client/stream.h"
#include "tools/domain/console.h"

#define QUEUE_HIGH 65536 /* bytes towards the guest before we stop reading keys */

typedef struct Console {
	Session *session;
	RpcClientStream *stream;
	sd_event_source *input;
	bool over;  /* by the user or by the guest */
	bool ended; /* the stream is gone */
	GError *error;
	struct termios saved;
	bool raw;
} Console;

static bool output_write(Console *console, const char *bytes, gsize length)
{
	while (length) {
		ssize_t n = write(STDOUT_FILENO, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail_errno(&console->error, errno, _("cannot write to the terminal"));
			return false;
		}
		bytes += n;
		length -= (gsize)n;
	}
	return true;
}

static void on_received(G_GNUC_UNUSED RpcClientStream *stream, const void *bytes, gsize length, void *data)
{
	Console *console = data;

	if (!length || !output_write(console, bytes, length))
		console->over = true;
}

static void on_writable(G_GNUC_UNUSED RpcClientStream *stream, void *data)
{
	Console *console = data;

	if (console->input && !console->over)
		sd_event_source_set_enabled(console->input, SD_EVENT_ON);
}

static void on_ended(G_GNUC_UNUSED RpcClientStream *stream, const GError *error, void *data)
{
	Console *console = data;

	console->over = console->ended = true;
	if (error && !console->error)
		console->error = g_error_copy(error);
}

static const RpcClientStreamHandler handler = {
	.received = on_received,
	.writable = on_writable,
	.ended = on_ended,
};

/* Sends what was typed; what follows the escape character is dropped. */
static void keys_send(Console *console, const char *keys, gsize length)
{
	const char *escape = memchr(keys, console->session->escape, length);

	if (escape) {
		console->over = true;
		length = (gsize)(escape - keys);
	}
	if (!length || console->ended)
		return;
	if (!rpc_client_stream_send(console->stream, keys, length, &console->error))
		console->over = true;
	if (rpc_client_stream_queued(console->stream) > QUEUE_HIGH)
		sd_event_source_set_enabled(console->input, SD_EVENT_OFF);
}

static int on_input(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t events,
		    void *data)
{
	Console *console = data;
	char keys[1024];
	ssize_t n = read(fd, keys, sizeof(keys));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n <= 0)
		console->over = true;
	else
		keys_send(console, keys, (gsize)n);
	return 0;
}

static bool terminal_raw(Console *console, GError **error)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &console->saved) < 0)
		return fail_errno(error, errno, _("unable to get tty attributes"));
	raw = console->saved;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0)
		return fail_errno(error, errno, _("unable to set tty attributes"));
	return console->raw = true;
}

static bool stream_open(Console *console, const Domain *domain, const char *device, unsigned int flags,
			GError **error)
{
	char *name = (char *)device;
	remote_domain_open_console_args args = { *domain, device ? &name : NULL, flags };
	RpcClientStreamSpec spec = {
		.proc = REMOTE(domain_open_console),
		.args = &args,
		.handler = &handler,
		.data = console,
	};

	console->stream = rpc_client_stream_open_call(console->session->client, &spec, error);
	return console->stream;
}

static void console_close(Console *console)
{
	if (console->raw)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &console->saved);
	sd_event_source_disable_unref(console->input);
	if (console->stream && !console->ended && rpc_client_is_open(console->session->client))
		rpc_client_stream_abort_call(console->stream, NULL);
	rpc_client_stream_free(console->stream);
}

static bool console_turn(Console *console, GError **error)
{
	int r = sd_event_add_io(console->session->loop, &console->input, STDIN_FILENO, EPOLLIN, on_input,
				console);

	if (r < 0)
		return fail_errno(error, -r, _("cannot read from the terminal"));
	while (!console->over) {
		r = sd_event_run(console->session->loop, UINT64_MAX);
		if (r < 0)
			return fail_errno(error, -r, _("the event loop failed"));
	}
	return true;
}

static char *escape_text(Session *session)
{
	unsigned char escape = session->escape;

	return escape < 0x20 ? session_printf(session, "^%c", escape ^ 0x40) :
			       session_printf(session, "%c", escape);
}

bool console_run(Session *session, const Domain *domain, const char *device, unsigned int flags,
		 GError **error)
{
	Console console = { .session = session };
	bool result;

	if (!isatty(STDIN_FILENO))
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("Cannot run interactive console without a controlling TTY"));
	if (!session_client(session, error))
		return false;
	out_print(session, _("Connected to domain '%s'\n"), domain->name);
	out_print(session, _("Escape character is %s (Ctrl + %c)\n"), escape_text(session),
		  (session->escape ^ 0x40) & 0x7f);
	fflush(stdout);
	result = stream_open(&console, domain, device, flags, error) && terminal_raw(&console, error) &&
		 console_turn(&console, error);
	console_close(&console);
	if (result && console.error) {
		g_propagate_error(error, g_steal_pointer(&console.error));
		result = false;
	}
	g_clear_error(&console.error);
	if (result)
		out_done(session, domain_result(domain, "console"), "\n");
	return result;
}

bool cmd_console(Session *session, const Args *args, GError **error)
{
	static const FlagOption table[] = {
		{ "force", VIR_DOMAIN_CONSOLE_FORCE },
		{ "safe", VIR_DOMAIN_CONSOLE_SAFE },
		{ NULL, 0 },
	};
	const Domain *domain = domain_arg(session, args, error);
	int state = domain ? domain_state(session, domain, NULL, error) : -1;

	if (state < 0)
		return false;
	if (state == VIR_DOMAIN_SHUTOFF)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("The domain is not running"));
	return console_run(session, domain, args_text(args, "devname"), args_flags(args, table), error);
}
