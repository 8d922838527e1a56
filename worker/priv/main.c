/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "worker/host/policy.h"
#include "worker/priv/cgroup.h"
#include "worker/priv/priv.h"

#define PRIVATE "--private=" /* a path below which requests have no business */

enum {
	CHILDREN_MAX = 256, /* requests in flight; one guest has a few */
};

/* Requests that run in a child. */
typedef struct Child {
	pid_t pid;
	unsigned serial;
	bool removes; /* the directory of a guest: nothing else happens to that meanwhile */
	char uuid[16];
} Child;

static Child children[CHILDREN_MAX];

static Child *child_find(pid_t pid)
{
	for (unsigned i = 0; i < CHILDREN_MAX; i++)
		if (children[i].pid == pid)
			return &children[i];
	return NULL;
}

/* Is the directory of the guest that @packet is about being removed? */
static bool is_being_removed(const PrivConfig *config, const char *packet, size_t length)
{
	for (unsigned i = 0; i < CHILDREN_MAX; i++)
		if (children[i].pid > 0 && children[i].removes && !config->finished[i] &&
		    priv_packet_is_about(packet, length, children[i].uuid))
			return true;
	return false;
}

/* Fills in the child that works on @packet. */
static void child_note(Child *child, pid_t pid, const char *packet, size_t length)
{
	const char *uuid = priv_packet_removes(packet, length);

	*child = (Child){ .pid = pid, .serial = priv_packet_serial(packet, length) };
	child->removes = uuid != NULL;
	if (uuid)
		memcpy(child->uuid, uuid, sizeof(child->uuid));
}

/* Workers come to us too when their starter has ended (PR_SET_CHILD_SUBREAPER). */
static void children_reap(const PrivConfig *config)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		Child *child = child_find(pid);

		if (!child)
			continue;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			priv_answer_lost(config, child->serial, status);
		child->pid = 0;
	}
}

/* Takes the descriptors out of @msg. */
static void fds_collect(struct msghdr *msg, PrivFds *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (ret->n < PRIV_FDS_MAX)
				priv_fds_add(ret, fd);
			else
				close(fd);
		}
	}
}

/* Serves one packet. False at the end of the connection. */
static bool packet_receive(PrivConfig *config, char *buffer)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * PRIV_FDS_MAX)];
	} control = { 0 };
	struct iovec iov = { .iov_base = buffer, .iov_len = PRIV_REQUEST_MAX };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	PrivFds in = { .n = 0 };
	Child *child = child_find(0);
	ssize_t n;
	pid_t pid;

	n = recvmsg(config->socket, &msg, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	fds_collect(&msg, &in);
	if (is_being_removed(config, buffer, (size_t)n)) {
		priv_answer_busy(config, buffer, (size_t)n);
		priv_fds_clear(&in);
		return true;
	}
	config->slot = (unsigned)(child - children);
	config->finished[config->slot] = false;
	pid = priv_packet_serve(config, buffer, (size_t)n, &in);
	if (pid > 0)
		child_note(child, pid, buffer, (size_t)n);
	return true;
}

static void serve(PrivConfig *config, int signals)
{
	g_autofree char *buffer = g_malloc(PRIV_REQUEST_MAX);
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = config->socket, .events = POLLIN },
	};

	for (;;) {
		struct signalfd_siginfo info;

		/* All places taken: what comes waits in the socket until one is free. */
		fds[1].fd = child_find(0) ? config->socket : -1;
		if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents && read(signals, &info, sizeof(info)) > 0)
			children_reap(config);
		if (fds[1].revents && !packet_receive(config, buffer))
			return;
	}
}

static bool number_parse(const char *text, uint64_t max, uint64_t *ret)
{
	return g_ascii_string_to_unsigned(text, 10, 0, max, ret, NULL);
}

/* "name=value" of the command line; false where it is none of ours. */
static bool option_take(PrivConfig *config, const char *option)
{
	const char *value = strchr(option, '=');
	size_t length = value ? (size_t)(value - option) : 0;
	const struct {
		const char *name;
		int *fd;
		int flags;
	} files[] = {
		{ "--vm-dirs", &config->vm_dirs, O_RDONLY | O_DIRECTORY },
		{ "--log-dir", &config->log_dir, O_RDONLY | O_DIRECTORY },
		{ "--net-dirs", &config->net_dirs, O_RDONLY | O_DIRECTORY },
		{ "--vm-binary", &config->vm_binary, O_PATH },
	};
	const struct {
		const char *name;
		const char **text;
	} texts[] = {
		{ "--policy", &config->policy },
		{ "--state-dir", &config->state_dir },
	};
	const struct {
		const char *name;
		unsigned *number;
	} numbers[] = {
		{ "--engine-uid", &config->engine_uid },
		{ "--engine-gid", &config->engine_gid },
		{ "--guest-uid-base", &config->uid_base },
		{ "--guest-uid-count", &config->uid_count },
		{ "--guest-gid", &config->gid },
	};
	uint64_t number;

	if (!value++)
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++)
		if (strlen(files[i].name) == length && !strncmp(files[i].name, option, length)) {
			*files[i].fd = open(value, files[i].flags | O_CLOEXEC);
			if (*files[i].fd < 0)
				log_error(_("cannot open '%s': %s"), value, g_strerror(errno));
			return *files[i].fd >= 0;
		}
	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		if (strlen(texts[i].name) == length && !strncmp(texts[i].name, option, length)) {
			*texts[i].text = value;
			return true;
		}
	for (unsigned i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (strlen(numbers[i].name) == length && !strncmp(numbers[i].name, option, length)) {
			config->has_gid |= numbers[i].number == &config->gid;
			if (!number_parse(value, UINT32_MAX - 1, &number))
				return false;
			*numbers[i].number = (unsigned)number;
			return true;
		}
	return false;
}

static bool options_take(PrivConfig *config, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (g_str_has_prefix(argv[i], PRIVATE)) {
			policy_add(argv[i] + strlen(PRIVATE), 0);
		} else if (!option_take(config, argv[i])) {
			log_error(_("cannot use the option '%s'"), argv[i]);
			return false;
		}
	if (config->vm_dirs >= 0 && config->vm_binary >= 0 && config->log_dir >= 0 &&
	    config->policy && config->state_dir &&
	    config->uid_base >= 1000 && config->uid_count > 4 && config->engine_uid > 0)
		return true;
	log_error(_("reeve-priv is started by reeved, with all of its options"));
	return false;
}

/* What the file says, and what the daemon's own directories are for. */
static bool rules_make(const PrivConfig *config, GError **error)
{
	g_autofree char *nvram = g_build_filename(config->state_dir, "nvram", NULL);
	g_autofree char *save = g_build_filename(config->state_dir, "save", NULL);
	g_autofree char *vms = policy_locate(config->vm_dirs, "--vm-dirs", error);
	g_autofree char *logs = vms ? policy_locate(config->log_dir, "--log-dir", error) : NULL;

	if (!logs || !policy_load(config->policy, error))
		return false;
	policy_add(config->state_dir, 0);
	policy_add(nvram, POLICY_NVRAM);
	policy_add(save, POLICY_SAVE);
	policy_add(logs, POLICY_CREATE);
	policy_add(vms, POLICY_SOCKET); /* listen_open() makes them in a guest's own directory only */
	return true;
}

static int signals_open(void)
{
	sigset_t set;

	/* Ctrl-C of a terminal and the stop of a service go to reeved, whose end is ours. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	PrivConfig config = { .vm_dirs = -1, .vm_binary = -1, .log_dir = -1, .net_dirs = -1, .socket = 3 };
	g_autoptr(GError) error = NULL;
	g_autofd int signals = -1;
	int size = PRIV_ANSWER_MAX + 65536;

	i18n_init();
	log_init("reeve-priv", LOG_LEVEL_INFO);
	umask(0077);
	policy_enforce();
	if (!options_take(&config, argc, argv))
		return EXIT_FAILURE;
	if (!rules_make(&config, &error)) {
		log_error("%s", error->message);
		return EXIT_FAILURE;
	}
	fcntl(config.socket, F_SETFD, FD_CLOEXEC);
	if (setsockopt(config.socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0) {
		log_error(_("reeve-priv is started by reeved, as root: %s"), g_strerror(errno));
		return EXIT_FAILURE;
	}
	config.finished = mmap(NULL, CHILDREN_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			       0);
	if (config.finished == MAP_FAILED) {
		log_error(_("cannot set up memory for requests: %s"), g_strerror(errno));
		return EXIT_FAILURE;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signals = signals_open();
	if (!priv_sandbox(&error)) {
		log_error("%s", error->message);
		return EXIT_FAILURE;
	}
	cgroup_sweep(config.uid_base, config.uid_count);
	/* One byte: all is as it must be, requests may come. Whoever started us reads it or our end. */
	if (send(config.socket, "", 1, MSG_NOSIGNAL) != 1)
		return EXIT_FAILURE;
	serve(&config, signals);
	return EXIT_SUCCESS;
}
