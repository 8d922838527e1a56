/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "worker/host/spawn.h"
#include "worker/net/dnsmasq.h"

#define PROGRAM "/usr/sbin/dnsmasq"

enum {
	START_MS = 20000, /* for it to begin to serve */
	SETTLE_MS = 100,  /* what it finds out only then ends it within this time */
	SAID_MAX = 2000,  /* bytes of its complaint */
};

/* Answers to clients that have no address yet, pings before an address is lent, and ports 53, 67, 547. */
static const unsigned kept[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE };

static bool is_kept(unsigned capability)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++)
		if (kept[i] == capability)
			return true;
	return false;
}

/* It becomes @uid, and keeps those capabilities beyond the execution of its program. */
static bool become(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	uint32_t mask = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++)
		mask |= 1u << kept[i];
	for (unsigned c = 0; prctl(PR_CAPBSET_READ, c) >= 0; c++)
		if (!is_kept(c) && prctl(PR_CAPBSET_DROP, c) < 0)
			return false;
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return false;
	data[0].effective = data[0].permitted = data[0].inheritable = mask;
	if (syscall(SYS_capset, &header, data) < 0)
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0)
			return false;
	return true;
}

/* Guests talk to it: whoever takes it over shall execute nothing and change no rules. */
static bool confine(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -ENOMEM;

	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(execve), 0);
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2,
				     SCMP_A0(SCMP_CMP_EQ, AF_NETLINK),
				     SCMP_A2(SCMP_CMP_EQ, NETLINK_NETFILTER));
	if (r == 0)
		r = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	errno = -r;
	return r == 0;
}

/* In the new process. By descriptor, as its filter allows; does not return. */
static void run(int program, int errors, const char *conf, uid_t uid, gid_t gid)
{
	char *argv[] = { (char *)"dnsmasq", (char *)"--keep-in-foreground", (char *)conf, NULL };
	char *environment[] = { (char *)"LC_ALL=C", NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	umask(022);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(errors, 2) < 0)
		_exit(126);
	if (become(uid, gid) && confine())
		syscall(SYS_execveat, program, "", argv, environment, AT_EMPTY_PATH);
	dprintf(2, "%s", g_strerror(errno));
	_exit(127);
}

/* What it says until it closes its standard error, which it does when it serves. */
static bool said_read(int errors, char *said, GError **error)
{
	gint64 until = g_get_monotonic_time() + START_MS * 1000;
	size_t length = 0;

	for (;;) {
		struct pollfd ready = { .fd = errors, .events = POLLIN };
		gint64 left = (until - g_get_monotonic_time()) / 1000;
		char rest[256];
		ssize_t n;

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			return fail(error, VIR_ERR_OPERATION_TIMEOUT,
				    _("dnsmasq did not begin to serve within %d s"), START_MS / 1000);
		n = length < SAID_MAX ? read(errors, said + length, SAID_MAX - length) :
					read(errors, rest, sizeof(rest));
		if (n <= 0)
			break;
		length += length < SAID_MAX ? (size_t)n : 0;
		said[length] = '\0';
	}
	return true;
}

/* Its last line, without its own name. */
static const char *complaint(char *said)
{
	const char *words;

	g_strstrip(said);
	words = strrchr(said, '\n');
	words = words ? words + 1 : said;
	if (g_str_has_prefix(words, "dnsmasq: "))
		words += strlen("dnsmasq: ");
	return text_is_line(words) ? words : "";
}

static bool serves(pid_t pid, int errors, GError **error)
{
	char said[SAID_MAX + 1] = "";
	g_autofd int pidfd = pidfd_open_of(pid);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	if (said_read(errors, said, error) && poll(&ended, 1, SETTLE_MS) == 0)
		return true;
	pidfd_signal(pidfd, SIGKILL);
	waitpid(pid, NULL, 0);
	if (error && *error)
		return false;
	return fail(error, VIR_ERR_OPERATION_FAILED, _("dnsmasq cannot serve this network: %s"),
		    *said ? complaint(said) : _("the host's journal may say why"));
}

pid_t dnsmasq_start(const char *directory, uid_t uid, gid_t gid, GError **error)
{
	g_autofree char *conf = g_strdup_printf("--conf-file=%s/conf", directory);
	g_autofd int program = open(PROGRAM, O_PATH | O_CLOEXEC);
	g_autofd int ours = -1, theirs = -1;
	int pair[2];
	pid_t pid;

	if (program < 0)
		return fail_errno(error, errno,
				  _("networks need dnsmasq, which is not at '%s' (package dnsmasq-base)"),
				  PROGRAM),
		       -1;
	if (pipe2(pair, O_CLOEXEC) < 0)
		return fail_errno(error, errno, _("cannot make a pipe")), -1;
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0)
		return fail_errno(error, errno, _("cannot start dnsmasq")), -1;
	if (pid == 0)
		run(program, theirs, conf, uid, gid);
	fd_clear(&theirs);
	return serves(pid, ours, error) ? pid : -1;
}
