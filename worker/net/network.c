/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests about virtual networks. Each network has a directory below run/net, named by its UUID and root's:
 * `bridge` names its bridge before that is made, `process` its dnsmasq; so whatever happened in between, all
 * that is there can be found and completed, or removed. Requests of all networks of a daemon wait for each other.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/policy.h"
#include "worker/host/spawn.h"
#include "worker/net/bridge.h"
#include "worker/net/check.h"
#include "worker/net/dnsmasq.h"
#include "worker/net/rules.h"
#include "worker/priv/priv.h"
#include "worker/priv/user_end.h"

enum {
	FILE_MAX = 8 * 1024 * 1024, /* bytes of a file of ours */
	END_MS = 5000,		    /* for dnsmasq to end by itself */
};

static const char *const files_of_ours[] = { "bridge", "process", "conf", "hosts", "names", "leases" };

/* A network that is being changed. */
typedef struct Place {
	const PrivConfig *config;
	char uuid[37];
	int lock;
	int directory; /* -1: there is none */
	bool there;    /* its bridge, before the request */
} Place;

static void place_clear(Place *place)
{
	fd_clear(&place->directory);
	fd_clear(&place->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)
#define PLACE_INIT { .lock = -1, .directory = -1 }

/* Its engine may be gone while a request waited: what its successor asks for comes first then. */
static bool engine_check(const PrivConfig *config, GError **error)
{
	struct pollfd socket = { .fd = config->socket };

	return poll(&socket, 1, 0) == 0 || !(socket.revents & (POLLHUP | POLLERR)) ||
	       fail(error, VIR_ERR_OPERATION_ABORTED, _("reeved has ended"));
}

static bool place_open(const PrivConfig *config, const char *uuid, bool make, Place *ret,
		       GError **error)
{
	ret->config = config;
	priv_uuid_format((const unsigned char *)uuid, ret->uuid);
	if (config->net_dirs < 0)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("reeve-priv was started without a directory of networks"));
	ret->lock = openat(config->net_dirs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->lock < 0 || flock(ret->lock, LOCK_EX) < 0)
		return fail_errno(error, errno, _("cannot lock the directory of networks"));
	if (!engine_check(config, error))
		return false;
	if (make && mkdirat(config->net_dirs, ret->uuid, 0755) < 0 && errno != EEXIST)
		return fail_errno(error, errno, _("cannot make the directory of network %s"),
				  ret->uuid);
	ret->directory = openat(config->net_dirs, ret->uuid,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (ret->directory < 0 && (make || errno != ENOENT))
		return fail_errno(error, errno, _("cannot open the directory of network %s"),
				  ret->uuid);
	return !make || fchmod(ret->directory, 0755) == 0 ||
	       fail_errno(error, errno, _("cannot set up the directory of network %s"), ret->uuid);
}

/* ---- its files ----------------------------------------------------------------------------- */

/* NULL: there is none, or it cannot be read. */
static char *file_read(const Place *place, const char *name)
{
	g_autofd int fd = openat(place->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	g_autofree char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return NULL;
	text = g_malloc0((gsize)st.st_size + 1);
	n = read(fd, text, (size_t)st.st_size);
	return n == st.st_size ? g_steal_pointer(&text) : NULL;
}

static bool file_write(const Place *place, const char *name, const char *text, GError **error)
{
	g_autofree char *fresh = g_strconcat(name, ".new", NULL);
	g_autofd int fd = openat(place->directory, fresh,
				 O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	size_t length = strlen(text);

	if (fd < 0 || fchmod(fd, 0644) < 0 || write(fd, text, length) != (ssize_t)length ||
	    renameat(place->directory, fresh, place->directory, name) < 0)
		return fail_errno(error, errno ? errno : ENOSPC, _("cannot write '%s' of network %s"),
				  name, place->uuid);
	return true;
}

/* Only dnsmasq's own user writes it. */
static bool leases_make(const Place *place, GError **error)
{
	uid_t uid = priv_network_uid(place->config);
	g_autofd int fd = openat(place->directory, "leases",
				 O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

	return (fd >= 0 && fchown(fd, uid, uid) == 0 && fchmod(fd, 0644) == 0) ||
	       fail_errno(error, errno, _("cannot make the file of leases of network %s"), place->uuid);
}

/* *ret_changed is set when the file did not say that yet. */
static bool file_update(const Place *place, const char *name, const char *text, bool *ret_changed,
			GError **error)
{
	g_autofree char *before = file_read(place, name);

	if (g_strcmp0(before, text) == 0)
		return true;
	*ret_changed = true;
	return file_write(place, name, text, error);
}

/* ---- dnsmasq ------------------------------------------------------------------------------- */

/* When the process began, in the kernel's ticks: a pid with that is not another's later. 0: there is none. */
static unsigned long long process_began(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
	g_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	g_auto(GStrv) fields = NULL;
	char text[1024] = "";
	const char *rest;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	rest = n > 0 ? strrchr(text, ')') : NULL;
	fields = rest ? g_strsplit(rest + 2, " ", 0) : NULL;
	return fields && g_strv_length(fields) > 19 ? g_ascii_strtoull(fields[19], NULL, 10) : 0;
}

/* Its pidfd, or -1 where none runs. */
static int dnsmasq_find(const Place *place, pid_t *ret_pid)
{
	g_autofree char *text = file_read(place, "process");
	g_autofree char *pid_text = NULL;
	unsigned long long began;
	g_autofd int pidfd = -1;
	int pid;

	*ret_pid = 0;
	if (!text || sscanf(text, "%d %llu", &pid, &began) != 2 || pid <= 1)
		return -1;
	pidfd = pidfd_open_of(pid);
	pid_text = g_strdup_printf("%d", pid);
	if (pidfd < 0 || process_began(pid) != began ||
	    process_user(pid_text, priv_network_uid(place->config)) != USER_ALL)
		return -1;
	*ret_pid = pid;
	return take_fd(&pidfd);
}

static void dnsmasq_stop(const Place *place)
{
	pid_t pid;
	g_autofd int pidfd = dnsmasq_find(place, &pid);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	if (pidfd >= 0) {
		pidfd_signal(pidfd, SIGTERM);
		if (poll(&ended, 1, END_MS) == 0 && pidfd_signal(pidfd, SIGKILL) == 0)
			poll(&ended, 1, -1);
	}
	unlinkat(place->directory, "process", 0);
}

/* Starts it anew and notes it; -1 and an error where it does not serve. */
static int dnsmasq_spawn(const Place *place, pid_t *ret_pid, GError **error)
{
	uid_t uid = priv_network_uid(place->config);
	g_autofree char *path = policy_locate(place->directory, place->uuid, error);
	g_autofree char *note = NULL;
	g_autofd int pidfd = -1;

	if (!path || !leases_make(place, error))
		return -1;
	*ret_pid = dnsmasq_start(path, uid, uid, error);
	if (*ret_pid < 0)
		return -1;
	pidfd = pidfd_open_of(*ret_pid);
	note = g_strdup_printf("%d %llu\n", (int)*ret_pid, process_began(*ret_pid));
	if (pidfd >= 0 && file_write(place, "process", note, error))
		return take_fd(&pidfd);
	pidfd_signal(pidfd, SIGKILL);
	return -1;
}

/* As it shall be: left alone where nothing has changed, told to read its hosts anew, or started anew. */
static bool dnsmasq_apply(PrivCall *call, const Place *place, const priv_network *network,
			  priv_network_apply_ret *ret, GError **error)
{
	g_autofree char *path = policy_locate(place->directory, place->uuid, error);
	g_auto(DnsmasqFiles) files = { 0 };
	bool conf = false, hosts = false;
	int pidfd;
	pid_t pid;

	if (!path)
		return false;
	if (!network->dnsmasq) {
		dnsmasq_stop(place);
		return true;
	}
	files = dnsmasq_files(network, path);
	if (!file_update(place, "conf", files.conf, &conf, error) ||
	    !file_update(place, "hosts", files.hosts, &hosts, error) ||
	    !file_update(place, "names", files.names, &hosts, error))
		return false;
	if (conf)
		dnsmasq_stop(place);
	pidfd = dnsmasq_find(place, &pid);
	ret->respawned = pidfd < 0;
	if (pidfd >= 0 && hosts)
		pidfd_signal(pidfd, SIGHUP);
	if (pidfd < 0)
		pidfd = dnsmasq_spawn(place, &pid, error);
	if (pidfd < 0) {
		/* With this it does not serve: the next try is not to take it for unchanged. */
		unlinkat(place->directory, "conf", 0);
		return false;
	}
	ret->pid = pid;
	priv_fds_add(&call->out, pidfd);
	return true;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Everything of the network that is there, its directory last. */
static bool network_clear(const Place *place, GError **error)
{
	g_autofree char *bridge = file_read(place, "bridge");
	bool there;

	dnsmasq_stop(place);
	if (bridge && device_name_check(bridge, _("bridge"), NULL)) {
		if (!rules_remove(bridge, error))
			return false;
		/* One of that name which is somebody else's by now stays. */
		if (bridge_look(bridge, place->uuid, true, &there, NULL) && there &&
		    !bridge_remove(bridge, error))
			return false;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(files_of_ours); i++) {
		g_autofree char *fresh = g_strconcat(files_of_ours[i], ".new", NULL);

		unlinkat(place->directory, files_of_ours[i], 0);
		unlinkat(place->directory, fresh, 0);
	}
	return unlinkat(place->config->net_dirs, place->uuid, AT_REMOVEDIR) == 0 ||
	       fail_errno(error, errno, _("cannot remove the directory of network %s"), place->uuid);
}

/* The bridge under which the network is up by now; where it shall be another one, it is removed first. */
static bool claim(Place *place, const priv_network *network, GError **error)
{
	g_autofree char *bridge = file_read(place, "bridge");
	bool claimed = g_strcmp0(bridge, network->bridge) == 0;

	if (bridge && !claimed) {
		if (!network_clear(place, error))
			return false;
		fd_clear(&place->directory);
		if (mkdirat(place->config->net_dirs, place->uuid, 0755) < 0)
			return fail_errno(error, errno, _("cannot make the directory of network %s"),
					  place->uuid);
		place->directory = openat(place->config->net_dirs, place->uuid,
					  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return bridge_look(network->bridge, place->uuid, claimed, &place->there, error) &&
	       (claimed || file_write(place, "bridge", network->bridge, error));
}

/* The bridge has its rules before anything passes it. */
static bool network_apply(PrivCall *call, const Place *place, const priv_network *network,
			  priv_network_apply_ret *ret, GError **error)
{
	return bridge_make(network, place->uuid, place->there, error) && rules_apply(network, error) &&
	       bridge_start(network, error) && dnsmasq_apply(call, place, network, ret, error);
}

static bool network_read(int fd, unsigned size, priv_network *ret, GError **error)
{
	g_autofree char *bytes = NULL;
	bool good;
	XDR xdr;

	if (size > PRIV_NETWORK_SIZE_MAX)
		return fail(error, VIR_ERR_INVALID_ARG, _("a network of %u bytes is too large"), size);
	bytes = g_malloc0(size + 1);
	good = pread(fd, bytes, size, 0) == (ssize_t)size;
	xdrmem_create(&xdr, bytes, size, XDR_DECODE);
	good = good && xdr_priv_network(&xdr, ret);
	xdr_destroy(&xdr);
	return good || fail(error, VIR_ERR_INVALID_ARG, _("the description of a network is damaged"));
}

static bool apply(PrivCall *call, const priv_network_apply_args *args, const priv_network *network,
		  priv_network_apply_ret *ret, GError **error)
{
	g_auto(Place) place = PLACE_INIT;
	g_autoptr(GError) reason = NULL;

	if (!network_check(network, error) ||
	    !place_open(call->config, args->uuid, true, &place, error))
		return false;
	if (!claim(&place, network, error)) {
		unlinkat(call->config->net_dirs, place.uuid, AT_REMOVEDIR); /* where it is empty */
		return false;
	}
	if (network_apply(call, &place, network, ret, &reason))
		return true;
	/* What was up before stays up; a start that failed leaves nothing. */
	if (!place.there)
		network_clear(&place, NULL);
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

bool priv_network_apply(PrivCall *call, const priv_network_apply_args *args,
			priv_network_apply_ret *ret, GError **error)
{
	priv_network network = { 0 };
	bool done = network_read(call->in->fds[0], args->size, &network, error) &&
		    apply(call, args, &network, ret, error);

	xdr_free((xdrproc_t)xdr_priv_network, &network);
	return done;
}

bool priv_network_remove(PrivCall *call, const priv_network_remove_args *args,
			 G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	g_auto(Place) place = PLACE_INIT;

	return place_open(call->config, args->uuid, false, &place, error) &&
	       (place.directory < 0 || network_clear(&place, error));
}
