/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reeve-priv over its socket, with this program in the place of reeve-vm. Needs root, as reeve-priv
 * does; skipped otherwise.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <rpc/rpc.h>

#include "base/error.h"
#include "base/fd.h"
#include "worker/priv/priv.h"

/* Each run has its own: what runs as a guest's user is ended with the guest. */
static unsigned uid_base;
#define UID_BASE uid_base
#define ENGINE 2147099u

static char *self; /* this program */
static char *directory;
static char *vm_dirs;
static char *log_dir;
static int engine = -1; /* our end of the socket */
static pid_t helper = -1;
static unsigned serial;

static const char uuid[16] = "0123456789abcdef";
#define UUID_TEXT "30313233-3435-3637-3839-616263646566"

/* What an answer holds; args and results are at most this large here. */
typedef struct Answer {
	int code;
	char message[1024];
	PrivFds fds;
} Answer;

static void request_send(unsigned number, xdrproc_t filter, void *args, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	priv_request request = { .serial = ++serial, .number = number };
	char buffer[8192];
	struct iovec iov = { .iov_base = buffer };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	XDR xdr;

	xdrmem_create(&xdr, buffer, sizeof(buffer), XDR_ENCODE);
	assert_true(xdr_priv_request(&xdr, &request));
	assert_true(!args || filter(&xdr, args));
	iov.iov_len = xdr_getpos(&xdr);
	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	}
	assert_int_equal(sendmsg(engine, &msg, 0), iov.iov_len);
}

/* Waits for the answer; @ret gets the results. */
static int answer_receive(xdrproc_t filter, void *ret, Answer *answer)
{
	g_autofree char *buffer = g_malloc(PRIV_ANSWER_MAX);
	static char control[CMSG_SPACE(sizeof(int) * PRIV_FDS_MAX)];
	struct iovec iov = { .iov_base = buffer, .iov_len = PRIV_ANSWER_MAX };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct pollfd waiting = { .fd = engine, .events = POLLIN };
	priv_answer wire = { 0 };
	ssize_t n;
	XDR xdr;

	assert_int_equal(poll(&waiting, 1, 10000), 1);
	n = recvmsg(engine, &msg, MSG_CMSG_CLOEXEC);
	assert_true(n > 0);
	answer->fds.n = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		answer->fds.n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(answer->fds.fds, CMSG_DATA(c), answer->fds.n * sizeof(int));
	}
	xdrmem_create(&xdr, buffer, (unsigned)n, XDR_DECODE);
	assert_true(xdr_priv_answer(&xdr, &wire));
	assert_int_equal(wire.serial, serial);
	answer->code = wire.code & 0xffff;
	g_strlcpy(answer->message, wire.message, sizeof(answer->message));
	if (wire.code == 0 && ret)
		assert_true(filter(&xdr, ret));
	xdr_free((xdrproc_t)xdr_priv_answer, &wire);
	if (answer->code)
		print_message("%s\n", answer->message);
	return answer->code;
}

#define CALL(name, args, fd, ret_type, ret, answer)                                                \
	(request_send(PRIV_REQUEST_##name, (xdrproc_t)xdr_priv_##name##_args, args, fd),           \
	 answer_receive((xdrproc_t)xdr_##ret_type, ret, answer))

static int open_call(priv_kind kind, const char *path, priv_open_ret *ret, Answer *answer)
{
	char what[] = "disk image";
	priv_open_args args = {
		.kind = kind, .key = what, .what = what, .path = (char *)path, .uid = UID_BASE + 1
	};

	return CALL(open, &args, -1, priv_open_ret, ret, answer);
}

static void test_images_of_root_are_opened(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = g_build_filename(directory, "disk", NULL);
	priv_open_ret ret = { 0 };
	char content[4];
	Answer answer;

	assert_true(g_file_set_contents_full(path, "disk", 4, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	assert_int_equal(open_call(PRIV_KIND_IMAGE, path, &ret, &answer), 0);
	assert_int_equal(ret.layers.layers_len, 1);
	assert_string_equal(ret.layers.layers_val[0].path, path);
	assert_int_equal(answer.fds.n, 1);
	assert_int_equal(pread(answer.fds.fds[0], content, 4, 0), 4);
	assert_memory_equal(content, "disk", 4);
	priv_fds_clear(&answer.fds);
	xdr_free((xdrproc_t)xdr_priv_open_ret, &ret);
}

static void test_secrets_of_the_host_are_not(G_GNUC_UNUSED void **state)
{
	Answer answer;

	assert_int_equal(open_call(PRIV_KIND_IMAGE, "/etc/shadow", NULL, &answer),
			 VIR_ERR_OPERATION_DENIED);
	assert_int_equal(open_call(PRIV_KIND_FILE_READ, "/etc/shadow", NULL, &answer),
			 VIR_ERR_OPERATION_DENIED);
	assert_int_equal(open_call(PRIV_KIND_FILE_WRITE, "/usr/bin/reeve-test", NULL, &answer),
			 VIR_ERR_OPERATION_DENIED);
	assert_int_equal(open_call(PRIV_KIND_UNIX_LISTEN, "/etc/reeve-test", NULL, &answer),
			 VIR_ERR_OPERATION_DENIED);
	assert_int_equal(access("/usr/bin/reeve-test", F_OK), -1);
}

static void test_logs_belong_to_the_engine(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = g_build_filename(log_dir, "guest.log", NULL);
	priv_open_ret ret = { 0 };
	struct stat st;
	Answer answer;

	assert_int_equal(open_call(PRIV_KIND_FILE_APPEND, path, &ret, &answer), 0);
	priv_fds_clear(&answer.fds);
	xdr_free((xdrproc_t)xdr_priv_open_ret, &ret);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, ENGINE);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static uid_t make_vm_dir(const char *id)
{
	priv_make_vm_dir_args args;
	priv_make_vm_dir_ret ret = { 0 };
	Answer answer;

	memcpy(args.uuid, id, sizeof(args.uuid));
	assert_int_equal(CALL(make_vm_dir, &args, -1, priv_make_vm_dir_ret, &ret, &answer), 0);
	return ret.uid;
}

static void remove_vm_dir(const char *id)
{
	priv_remove_vm_dir_args args;
	Answer answer;

	memcpy(args.uuid, id, sizeof(args.uuid));
	assert_int_equal(CALL(remove_vm_dir, &args, -1, priv_nothing, NULL, &answer), 0);
}

static void test_each_guest_has_its_own_user(G_GNUC_UNUSED void **state)
{
	g_autofree char *path = g_build_filename(vm_dirs, UUID_TEXT, NULL);
	static const char other[16] = "fedcba9876543210";
	struct stat st;

	assert_int_equal(make_vm_dir(uuid), UID_BASE + 1);
	assert_int_equal(make_vm_dir(other), UID_BASE + 2);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, UID_BASE + 1);
	assert_int_equal(st.st_gid, ENGINE);
	assert_int_equal(st.st_mode & 07777, 02750);
	remove_vm_dir(uuid);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(make_vm_dir(uuid), UID_BASE + 1);
	remove_vm_dir(uuid);
	remove_vm_dir(other);
}

static void test_worker_has_no_privileges(G_GNUC_UNUSED void **state)
{
	g_autofree char *report = g_build_filename(vm_dirs, UUID_TEXT, "report", NULL);
	g_autofree char *text = NULL;
	static const char *const ids[] = { "Uid", "Gid" };
	char name[] = "guest";
	unsigned uid;
	priv_spawn_vm_args args = { .name = name };
	priv_spawn_vm_ret ret = { 0 };
	priv_kill_args death = { .signal = SIGKILL };
	struct pollfd end = { .events = POLLIN };
	int pipe_fds[2];
	char byte;
	Answer answer;

	uid = make_vm_dir(uuid);
	memcpy(args.uuid, uuid, sizeof(args.uuid));
	memcpy(death.uuid, uuid, sizeof(death.uuid));
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(CALL(spawn_vm, &args, pipe_fds[1], priv_spawn_vm_ret, &ret, &answer), 0);
	assert_int_equal(answer.fds.n, 1);
	end.fd = answer.fds.fds[0];
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1); /* it has written its report */
	assert_true(g_file_get_contents(report, &text, NULL, NULL));
	for (unsigned i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autofree char *line = g_strdup_printf("\n%s:\t%u\t%u\t%u\t%u\n", ids[i], uid, uid,
							uid, uid);

		assert_non_null(strstr(text, line));
	}
	assert_non_null(strstr(text, "\nCapPrm:\t0000000000000000\n"));
	assert_non_null(strstr(text, "\nCapEff:\t0000000000000000\n"));
	assert_non_null(strstr(text, "\nCapBnd:\t0000000000000000\n"));
	assert_non_null(strstr(text, "\nNoNewPrivs:\t1\n"));
	assert_non_null(strstr(text, "\nSeccomp:\t2\n"));
	assert_non_null(strstr(text, "\nDescriptors: 0 1 2 3\n"));
	assert_int_equal(CALL(kill, &death, end.fd, priv_nothing, NULL, &answer), 0);
	assert_int_equal(poll(&end, 1, 10000), 1);
	close(end.fd);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	remove_vm_dir(uuid);
}

static void test_only_guests_are_signalled(G_GNUC_UNUSED void **state)
{
	priv_kill_args args = { .signal = SIGKILL };
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	Answer answer;

	make_vm_dir(uuid);
	memcpy(args.uuid, uuid, sizeof(args.uuid));
	assert_int_equal(CALL(kill, &args, pidfd, priv_nothing, NULL, &answer),
			 VIR_ERR_OPERATION_DENIED);
	close(pidfd);
	remove_vm_dir(uuid);
}

static void test_nonsense_is_refused(G_GNUC_UNUSED void **state)
{
	priv_kill_args args = { .signal = 0 };
	Answer answer;

	request_send(99, NULL, NULL, -1);
	assert_int_equal(answer_receive(NULL, NULL, &answer), VIR_ERR_NO_SUPPORT);
	request_send(PRIV_REQUEST_open, NULL, NULL, -1);
	assert_int_equal(answer_receive(NULL, NULL, &answer), VIR_ERR_INVALID_ARG);
	request_send(PRIV_REQUEST_kill, (xdrproc_t)xdr_priv_kill_args, &args, -1);
	assert_int_equal(answer_receive(NULL, NULL, &answer), VIR_ERR_INVALID_ARG);
	for (int kind = -2; kind < 100; kind += 7)
		if (kind < 0 || kind > PRIV_KIND_UNIX_LISTEN)
			assert_int_not_equal(open_call((priv_kind)kind, "/tmp/x", NULL, &answer), 0);
}

static void policy_write(void)
{
	g_autofree char *path = g_build_filename(directory, "priv.conf", NULL);
	g_autofree char *text = g_strdup_printf("image_dir = %s\n", directory);

	assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* In mounts of our own: what a broken policy would read is made up, what it would write is not there to write. */
static void host_shield(void)
{
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", "/etc", "tmpfs", 0, NULL), 0);
	assert_true(g_file_set_contents("/etc/shadow", "root:secret", -1, NULL));
	assert_int_equal(mount("/usr/bin", "/usr/bin", NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount(NULL, "/usr/bin", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), 0);
}

static void helper_start(void)
{
	g_autofree char *program = g_build_filename(g_getenv("REEVE_PRIV"), NULL);
	g_autofree char *dirs = g_strdup_printf("--vm-dirs=%s", vm_dirs);
	g_autofree char *logs = g_strdup_printf("--log-dir=%s", log_dir);
	g_autofree char *binary = g_strdup_printf("--vm-binary=%s", self);
	g_autofree char *uid = g_strdup_printf("--engine-uid=%u", ENGINE);
	g_autofree char *gid = g_strdup_printf("--engine-gid=%u", ENGINE);
	g_autofree char *base = g_strdup_printf("--guest-uid-base=%u", UID_BASE);
	g_autofree char *state = g_strdup_printf("--state-dir=%s/state", directory);
	g_autofree char *rules = g_strdup_printf("--policy=%s/priv.conf", directory);
	char *argv[] = { program, dirs,	 logs,	binary,			 uid, gid,
			 base,	  state, rules, "--guest-uid-count=100", NULL };
	int pair[2];
	char ready;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	engine = pair[0];
	helper = fork();
	if (helper == 0) {
		if (pair[1] == 3)
			fcntl(3, F_SETFD, 0);
		else
			dup2(pair[1], 3);
		execv(program, argv);
		_exit(127);
	}
	close(pair[1]);
	assert_int_equal(recv(engine, &ready, 1, 0), 1);
}

static int set_up(G_GNUC_UNUSED void **state)
{
	host_shield();
	directory = g_dir_make_tmp("reeve-test-XXXXXX", NULL);
	uid_base = 1500000000 + (unsigned)getpid() % 4000000 * 100;
	vm_dirs = g_build_filename(directory, "vm", NULL);
	log_dir = g_build_filename(directory, "log", NULL);
	policy_write();
	mkdir(vm_dirs, 0711);
	mkdir(log_dir, 0755);
	helper_start();
	return 0;
}

static int tear_down(G_GNUC_UNUSED void **state)
{
	g_autofree char *command = g_strdup_printf("rm -r '%s'", directory);
	int status;

	/* Its end is that of the socket. */
	close(engine);
	waitpid(helper, &status, 0);
	g_free(vm_dirs);
	g_free(log_dir);
	g_free(directory);
	return system(command) || status;
}

/* In the place of reeve-vm: says what it is, then waits to be killed. */
static int play_worker(void)
{
	g_autoptr(GString) text = g_string_new("\nDescriptors:");
	g_autofree char *status = NULL;

	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			g_string_append_printf(text, " %d", fd);
	g_file_get_contents("/proc/self/status", &status, NULL, NULL);
	g_string_append_printf(text, "\n\n%s", status);
	if (!g_file_set_contents("report", text->str, (gssize)text->len, NULL))
		return 1;
	if (write(2, "!", 1) != 1)
		return 1;
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_images_of_root_are_opened),
		cmocka_unit_test(test_secrets_of_the_host_are_not),
		cmocka_unit_test(test_logs_belong_to_the_engine),
		cmocka_unit_test(test_each_guest_has_its_own_user),
		cmocka_unit_test(test_worker_has_no_privileges),
		cmocka_unit_test(test_only_guests_are_signalled),
		cmocka_unit_test(test_nonsense_is_refused),
	};

	if (argc > 1 && g_str_equal(argv[0], "reeve-vm"))
		return play_worker();
	if (geteuid() != 0) {
		puts("needs root");
		return 77;
	}
	self = g_file_read_link("/proc/self/exe", NULL);
	if (!g_getenv("REEVE_PRIV")) {
		g_autofree char *folder = g_path_get_dirname(self);
		g_autofree char *path =
			g_build_filename(folder, "..", "..", "worker", "reeve-priv", NULL);

		g_setenv("REEVE_PRIV", path, TRUE);
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
