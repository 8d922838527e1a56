/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/test/live_private.h"

enum {
	WIDTH = 64,
	HEIGHT = 48,
};

/* One open console: our end of a pair of sockets. What cannot be sent back at once waits. */
typedef struct TestConsole {
	TestGuest *own;
	int fd;
	sd_event_source *source;
	char waiting[4096];
	size_t length;
} TestConsole;

static void console_free(TestConsole *console)
{
	sd_event_source_disable_unref(console->source);
	fd_clear(&console->fd);
	g_free(console);
}

static void console_close(TestConsole *console)
{
	console->own->consoles = g_list_remove(console->own->consoles, console);
	console_free(console);
}

void test_consoles_close(TestGuest *own)
{
	while (own->consoles)
		console_close(own->consoles->data);
}

/* False when the other end has gone. */
static bool console_write(TestConsole *console)
{
	ssize_t n = 0;

	if (console->length > 0)
		n = send(console->fd, console->waiting, console->length,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	console->length -= (size_t)n;
	memmove(console->waiting, console->waiting + n, console->length);
	return true;
}

static bool console_read(TestConsole *console)
{
	size_t room = sizeof(console->waiting) - console->length;
	ssize_t n;

	if (room == 0)
		return true;
	n = recv(console->fd, console->waiting + console->length, room, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	console->length += (size_t)n;
	return n > 0;
}

static int on_console(sd_event_source *source, G_GNUC_UNUSED int fd, G_GNUC_UNUSED uint32_t events,
		      void *data)
{
	TestConsole *console = data;

	if (!console_read(console) || !console_write(console)) {
		console_close(console);
		return 0;
	}
	/* Nothing more is taken while a reader is slow. */
	sd_event_source_set_io_events(source, console->length > 0 ? EPOLLOUT : EPOLLIN);
	return 0;
}

static bool has_console(const Guest *guest, const char *alias)
{
	GPtrArray *const lists[] = { guest->def->consoles, guest->def->serials,
				     guest->def->parallels };

	for (unsigned l = 0; l < G_N_ELEMENTS(lists); l++)
		for (unsigned i = 0; i < list_length(lists[l]); i++) {
			const DomainChardev *device = list_get(lists[l], i);

			if (!alias || g_strcmp0(device->info.alias, alias) == 0)
				return true;
		}
	return false;
}

int test_console_open(Guest *guest, const char *alias, GError **error)
{
	TestGuest *own = guest->driver_data;
	TestConsole *console;
	int pair[2];
	int r;

	if (!test_behave(guest, "open_console", error))
		return -1;
	if (!has_console(guest, alias))
		return fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no console%s%s"),
			    guest->def->name, alias ? " " : "", alias ? alias : ""),
		       -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return fail_errno(error, errno, _("cannot make a pair of sockets")), -1;
	console = g_new0(TestConsole, 1);
	console->own = own;
	console->fd = pair[0];
	r = sd_event_add_io(guest->loop, &console->source, pair[0], EPOLLOUT, on_console, console);
	if (r < 0) {
		console_free(console);
		close(pair[1]);
		return fail_errno(error, -r, _("cannot serve a console")), -1;
	}
	console->length = (size_t)snprintf(console->waiting, sizeof(console->waiting),
					   "test guest %.200s\r\n", guest->def->name);
	own->consoles = g_list_prepend(own->consoles, console);
	return pair[1];
}

int test_screenshot(Guest *guest, unsigned screen, const char **ret_mime, GError **error)
{
	char picture[WIDTH * HEIGHT * 3 + 32];
	g_autofd int fd = -1;
	int head;

	if (!test_behave(guest, "screenshot", error))
		return -1;
	if (screen >= MAX(list_length(guest->def->videos), 1))
		return fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no screen %u"),
			    guest->def->name, screen),
		       -1;
	head = snprintf(picture, sizeof(picture), "P6\n%d %d\n255\n", WIDTH, HEIGHT);
	for (int i = 0; i < WIDTH * HEIGHT * 3; i++)
		picture[head + i] = (char)(i / 3 % WIDTH * 4);
	fd = memfd_create("screenshot", MFD_CLOEXEC);
	if (fd < 0 || pwrite(fd, picture, (size_t)(head + WIDTH * HEIGHT * 3), 0) < 0)
		return fail_errno(error, errno, _("cannot keep a picture in memory")), -1;
	*ret_mime = "image/x-portable-pixmap";
	return take_fd(&fd);
}
