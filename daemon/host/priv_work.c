/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that take long: they last as long as the helper's process gets on, see worker/priv/work.h. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daemon/host/priv_request.h"
#include "rpc/wire/record.h"

typedef struct Work {
	int fd;
	sd_event_source *source;
	unsigned beats;
} Work;

/* Whoever asks gets leave: that a caller still waits is why the socket is open. */
static int on_word(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t events, void *data)
{
	Work *work = data;
	const char leave = WORK_LEAVE;
	char words[64];
	ssize_t n = recv(fd, words, sizeof(words), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		work->source = sd_event_source_disable_unref(work->source);
		return 0;
	}
	work->beats++;
	for (ssize_t i = 0; i < n; i++)
		if (words[i] == WORK_ASKS)
			send(fd, &leave, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	return 0;
}

bool priv_work_call(Engine *engine, PrivRequest request, GError **error)
{
	g_autofd int theirs = -1;
	Work work = { .fd = -1 };
	int pair[2], r;
	bool done;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(error, errno, _("cannot make a pair of sockets"));
	work.fd = pair[0];
	theirs = pair[1];
	r = sd_event_add_io(engine->loop, &work.source, work.fd, EPOLLIN, on_word, &work);
	request.send_fd = theirs;
	request.beats = &work.beats;
	done = r < 0 ? fail_errno(error, -r, _("cannot watch a socket")) :
		       priv_request_call(engine, &request, error);
	sd_event_source_disable_unref(work.source);
	fd_clear(&work.fd);
	return done;
}
