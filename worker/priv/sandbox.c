/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/priv/priv.h"

/* All that reeve-priv may still do; the rest of root is given up at start. */
static const unsigned kept[] = {
	CAP_CHOWN,	  /* directories and sockets made for a guest */
	CAP_DAC_OVERRIDE, /* images of whatever owner and mode */
	CAP_FOWNER,
	CAP_FSETID, /* directories that hand their group down */
	CAP_KILL,      /* a guest's processes */
	CAP_NET_ADMIN, /* taps, bridges, rules */
	CAP_NET_BIND_SERVICE, /* for dnsmasq, as the next */
	CAP_NET_RAW,
	CAP_SETGID,    /* to become a guest's user */
	CAP_SETPCAP,   /* to give up the rest */
	CAP_SETUID,
};

/* Nobody below us has a use for these; a filter lasts through exec, so it binds the guests too. */
static const int denied[] = {
	SCMP_SYS(acct),
	SCMP_SYS(add_key),
	SCMP_SYS(bpf),
	SCMP_SYS(chroot),
	SCMP_SYS(delete_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(fsopen),
	SCMP_SYS(init_module),
	SCMP_SYS(ioperm),
	SCMP_SYS(iopl),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(kexec_load),
	SCMP_SYS(keyctl),
	SCMP_SYS(mount),
	SCMP_SYS(mount_setattr),
	SCMP_SYS(move_mount),
	SCMP_SYS(nfsservctl),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(open_tree),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(pivot_root),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(quotactl),
	SCMP_SYS(reboot),
	SCMP_SYS(request_key),
	SCMP_SYS(sethostname),
	SCMP_SYS(setns),
	SCMP_SYS(settimeofday),
	SCMP_SYS(swapoff),
	SCMP_SYS(swapon),
	SCMP_SYS(umount2),
	SCMP_SYS(unshare),
#ifndef __SANITIZE_ADDRESS__ /* the leak checker traces its own process */
	SCMP_SYS(ptrace),
#endif
};

static bool is_kept(unsigned capability)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++)
		if (kept[i] == capability)
			return true;
	return false;
}

static bool capabilities_set(uint64_t mask)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)mask, .permitted = (uint32_t)mask },
		{ .effective = (uint32_t)(mask >> 32), .permitted = (uint32_t)(mask >> 32) },
	};

	return syscall(SYS_capset, &header, data) == 0;
}

static bool capabilities_bound(GError **error)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++)
		mask |= UINT64_C(1) << kept[i];
	for (unsigned c = 0; prctl(PR_CAPBSET_READ, c) >= 0; c++)
		if (!is_kept(c) && prctl(PR_CAPBSET_DROP, c) < 0)
			return fail_errno(error, errno, _("cannot give up capability %u"), c);
	if (!capabilities_set(mask))
		return fail_errno(error, errno, _("cannot give up capabilities"));
	return true;
}

static bool system_calls_deny(const int *calls, unsigned count, GError **error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -ENOMEM;

	for (unsigned i = 0; i < count && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);
	if (r == 0)
		r = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	if (r < 0)
		return fail_errno(error, -r, _("cannot set up the filter of system calls"));
	return true;
}

bool priv_capabilities_drop(void)
{
	return capabilities_set(0);
}

bool priv_sandbox(GError **error)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail_errno(error, errno, _("cannot rule out new privileges"));
	return capabilities_bound(error) &&
	       system_calls_deny(denied, G_N_ELEMENTS(denied), error);
}

/* Group of /dev/kvm, looked up by the device since names of groups may come from the network. */
static unsigned groups_collect(gid_t *groups)
{
	struct stat st;

	if (stat("/dev/kvm", &st) < 0 || st.st_gid == 0)
		return 0;
	groups[0] = st.st_gid;
	return 1;
}

static bool become(uid_t uid, gid_t gid, unsigned n, const gid_t *groups, GError **error)
{
	for (unsigned c = 0; prctl(PR_CAPBSET_READ, c) >= 0; c++)
		if (prctl(PR_CAPBSET_DROP, c) < 0)
			return fail_errno(error, errno, _("cannot give up capability %u"), c);
	if (setgroups(n, groups) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return fail_errno(error, errno, _("cannot become user %u"), uid);
	/* What exec could bring back; the permitted ones went with the change of user. */
	if (!capabilities_set(0))
		return fail_errno(error, errno, _("cannot give up capabilities"));
	return true;
}

bool priv_become(uid_t uid, gid_t gid, GError **error)
{
	gid_t groups[1];
	unsigned n = groups_collect(groups);

	return become(uid, gid, n, groups, error);
}

/* Of no use to a program that reads and writes one image: the network, other processes, other kinds of files. */
static const int denied_to_tools[] = {
	SCMP_SYS(accept),	    SCMP_SYS(accept4),	     SCMP_SYS(bind),
	SCMP_SYS(connect),	    SCMP_SYS(fork),	     SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register), SCMP_SYS(io_uring_setup), SCMP_SYS(link),
	SCMP_SYS(linkat),	    SCMP_SYS(listen),	     SCMP_SYS(mknod),
	SCMP_SYS(mkdir),	    SCMP_SYS(mkdirat),
	SCMP_SYS(mknodat),	    SCMP_SYS(pidfd_open),    SCMP_SYS(ptrace),
	SCMP_SYS(rename),	    SCMP_SYS(renameat),	     SCMP_SYS(renameat2),
	SCMP_SYS(socket),	    SCMP_SYS(socketpair),    SCMP_SYS(symlink),
	SCMP_SYS(symlinkat),	    SCMP_SYS(userfaultfd),   SCMP_SYS(vfork),
};

/* Threads are made, processes are not; and where nothing is @writable nothing is opened for writing. */
static int arguments_deny(scmp_filter_ctx filter, bool writable)
{
	static const int opening[] = { O_WRONLY, O_RDWR };
	const uint32_t denied_code = SCMP_ACT_ERRNO(EACCES);
	int r;

	r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
			     SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	/* Its arguments are out of a filter's sight; without it the C library uses clone(). */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
	for (unsigned i = 0; !writable && i < G_N_ELEMENTS(opening) && r == 0; i++) {
		r = seccomp_rule_add(filter, denied_code, SCMP_SYS(openat), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, (unsigned)opening[i]));
		if (r == 0)
			r = seccomp_rule_add(filter, denied_code, SCMP_SYS(open), 1,
					     SCMP_A1(SCMP_CMP_MASKED_EQ, O_ACCMODE,
						     (unsigned)opening[i]));
	}
	if (r == 0 && !writable)
		r = seccomp_rule_add(filter, denied_code, SCMP_SYS(creat), 0);
	return r;
}

bool priv_confine(uid_t uid, gid_t gid, bool writable, GError **error)
{
	scmp_filter_ctx filter;
	int r;

	if (!become(uid, gid, 0, NULL, error) ||
	    !system_calls_deny(denied_to_tools, G_N_ELEMENTS(denied_to_tools), error))
		return false;
	filter = seccomp_init(SCMP_ACT_ALLOW);
	r = filter ? arguments_deny(filter, writable) : -ENOMEM;
	if (r == 0)
		r = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return r == 0 || fail_errno(error, -r, _("cannot set up the filter of system calls"));
}
