/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/record.h"
#include "worker/priv/work.h"

bool work_is_wanted(int socket)
{
	struct pollfd end = { .fd = socket };

	return socket < 0 || poll(&end, 1, 0) == 0;
}

static bool fail_unwanted(GError **error)
{
	return fail(error, VIR_ERR_OPERATION_ABORTED, _("it was given up"));
}

bool work_goes_on(int socket, GError **error)
{
	static time_t last;
	struct timespec now;
	const char word = WORK_GOES_ON;

	if (!work_is_wanted(socket))
		return fail_unwanted(error);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (socket < 0 || now.tv_sec == last)
		return true;
	last = now.tv_sec;
	/* A full socket means that the engine has other things to do; it will find the words before. */
	if (send(socket, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
		return fail_unwanted(error);
	return true;
}

bool work_may_finish(int socket, GError **error)
{
	const char word = WORK_ASKS;
	char answer = 0;
	ssize_t n;

	if (socket < 0)
		return true;
	if (send(socket, &word, 1, MSG_NOSIGNAL) < 0)
		return fail_unwanted(error);
	do {
		n = recv(socket, &answer, 1, 0);
	} while (n < 0 && errno == EINTR);
	return (n == 1 && answer == WORK_LEAVE) || fail_unwanted(error);
}
