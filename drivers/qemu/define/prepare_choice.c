/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ports and names that a start chooses, and which others may choose at the same moment. A port is
 * bound, though not listened on, from the choice to the end of the start: so other daemons like us do
 * not choose it, while QEMU, which allows that, can bind it too. Whoever is faster nevertheless is
 * noticed when the start has failed; the next one chooses anew.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/define/prepare.h"

typedef struct Choice {
	const DomainDef *live; /* whose start it is */
	char *name;	       /* of a tap device, or else: */
	struct sockaddr_storage address;
	int fd; /* bound to it */
} Choice;

static GPtrArray *choices; /* of starts in progress */

static void choice_free(void *data)
{
	Choice *choice = data;

	fd_clear(&choice->fd);
	g_free(choice->name);
	g_free(choice);
}

static Choice *choice_add(const DomainDef *live)
{
	Choice *choice = g_new0(Choice, 1);

	choice->live = live;
	choice->fd = -1;
	if (!choices)
		choices = g_ptr_array_new_with_free_func(choice_free);
	g_ptr_array_add(choices, choice);
	return choice;
}

/* ---- Ports --------------------------------------------------------------------------------- */

/* A name is left to QEMU; its port is looked for on all addresses. */
static socklen_t address_fill(const char *text, int port, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		memcpy(ret, &v6, sizeof(v6));
		return sizeof(v6);
	}
	if (inet_pton(AF_INET, text, &v4.sin_addr) != 1)
		v4.sin_addr.s_addr = INADDR_ANY;
	memcpy(ret, &v4, sizeof(v4));
	return sizeof(v4);
}

/* Binds a new socket; with @shared beside others that nobody listens on. -errno on failure. */
static int address_bind(const struct sockaddr_storage *address, bool shared)
{
	g_autofd int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = shared;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	return take_fd(&fd);
}

bool prepare_port_choose(const DomainDef *live, const PortRange *range, int *ret, GError **error)
{
	const int on = 1;

	for (int port = range->first; port <= range->last; port++) {
		struct sockaddr_storage address;
		Choice *choice;
		int fd;

		address_fill(range->address, port, &address);
		fd = address_bind(&address, false);
		if (fd == -EADDRINUSE)
			continue;
		if (fd < 0)
			return fail_errno(error, -fd,
					  _("a display cannot listen on address '%s'"),
					  range->address);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		choice = choice_add(live);
		choice->address = address;
		choice->fd = fd;
		*ret = port;
		return true;
	}
	return fail(error, VIR_ERR_OPERATION_FAILED,
		    _("no port from %d to %d is free on address '%s' for a display"), range->first,
		    range->last, range->address);
}

bool prepare_port_check(const char *text, int port, GError **error)
{
	struct sockaddr_storage address;
	g_autofd int fd = -1;

	address_fill(text, port, &address);
	fd = address_bind(&address, true);
	if (fd != -EADDRINUSE)
		return true; /* other reasons are told by QEMU */
	return fail(error, VIR_ERR_OPERATION_FAILED,
		    _("port %d of address '%s', which a display is to listen on, is in use; choose "
		      "another one or autoport='yes'"),
		    port, text);
}

/* ---- Names --------------------------------------------------------------------------------- */

char *prepare_tap_choose(const DomainDef *live)
{
	static guint next; /* keeps two starts of ours apart */

	for (;;) {
		g_autofree char *name = g_strdup_printf("vnet%u", next++);

		if (next > 1000000)
			next = 0;
		/* /sys may be that of another network namespace. */
		if (if_nametoindex(name))
			continue;
		choice_add(live)->name = g_strdup(name);
		return g_steal_pointer(&name);
	}
}

/* ---- The end of a start -------------------------------------------------------------------- */

/* Does somebody else have it now? What our start had is gone already. */
static bool choice_is_lost(Choice *choice)
{
	g_autofd int fd = -1;

	if (choice->name)
		return if_nametoindex(choice->name) != 0;
	fd_clear(&choice->fd);
	fd = address_bind(&choice->address, true);
	return fd == -EADDRINUSE;
}

bool qemu_settle(const DomainDef *live, bool started)
{
	bool again = false;

	for (guint i = choices ? choices->len : 0; i-- > 0;) {
		Choice *choice = g_ptr_array_index(choices, i);

		if (choice->live != live)
			continue;
		again |= !started && choice_is_lost(choice);
		g_ptr_array_remove_index_fast(choices, i);
	}
	return again;
}
