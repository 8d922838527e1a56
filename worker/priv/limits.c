/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of a guest by control groups, of version 1 and 2, and knobs of the host's memory. What may be written where
 * stands in tables; the engine says which row, and a number.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/priv/cgroup.h"
#include "worker/priv/priv.h"

/* How a number is written into the file of version 2, where that has another form. */
typedef enum Form {
	FORM_PLAIN,   /* the number; below zero: "max", and -1 in version 1 */
	FORM_SHARES,  /* 2 to 262144 become 1 to 10000 */
	FORM_QUOTA,   /* first word of cpu.max */
	FORM_PERIOD,  /* its second */
	FORM_SWAP,    /* version 1 counts memory too, version 2 does not */
	FORM_WEIGHT,  /* of block devices */
	FORM_DEVICE,  /* "MAJOR:MINOR number" in version 1, "MAJOR:MINOR key=number" in version 2 */
} Form;

typedef struct Row {
	const char *controller, *old_file, *file;
	Form form;
	const char *key; /* of FORM_DEVICE */
} Row;

static const Row rows[] = {
	[PRIV_LIMIT_CPU_SHARES] = { "cpu", "cpu.shares", "cpu.weight", FORM_SHARES, NULL },
	[PRIV_LIMIT_CPU_PERIOD] = { "cpu", "cpu.cfs_period_us", "cpu.max", FORM_PERIOD, NULL },
	[PRIV_LIMIT_CPU_QUOTA] = { "cpu", "cpu.cfs_quota_us", "cpu.max", FORM_QUOTA, NULL },
	[PRIV_LIMIT_MEMORY_HARD] = { "memory", "memory.limit_in_bytes", "memory.max", FORM_PLAIN, NULL },
	[PRIV_LIMIT_MEMORY_SOFT] = { "memory", "memory.soft_limit_in_bytes", "memory.high", FORM_PLAIN,
				     NULL },
	[PRIV_LIMIT_MEMORY_SWAP] = { "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", FORM_SWAP,
				     NULL },
	[PRIV_LIMIT_IO_WEIGHT] = { "blkio", "blkio.bfq.weight", "io.bfq.weight", FORM_WEIGHT, NULL },
	[PRIV_LIMIT_DEVICE_READ_IOPS] = { "blkio", "blkio.throttle.read_iops_device", "io.max",
					  FORM_DEVICE, "riops" },
	[PRIV_LIMIT_DEVICE_WRITE_IOPS] = { "blkio", "blkio.throttle.write_iops_device", "io.max",
					   FORM_DEVICE, "wiops" },
	[PRIV_LIMIT_DEVICE_READ_BYTES] = { "blkio", "blkio.throttle.read_bps_device", "io.max",
					   FORM_DEVICE, "rbps" },
	[PRIV_LIMIT_DEVICE_WRITE_BYTES] = { "blkio", "blkio.throttle.write_bps_device", "io.max",
					    FORM_DEVICE, "wbps" },
};

/* ---- Text of a limit ----------------------------------------------------------------------- */

static void text_old(const Row *row, const priv_limit *limit, char *text, size_t size)
{
	if (row->form == FORM_DEVICE)
		snprintf(text, size, "%u:%u %" PRId64, limit->major, limit->minor,
			 MAX(limit->value, 0));
	else
		snprintf(text, size, "%" PRId64, limit->value);
}

static void text_new(const Row *row, const priv_limit *limit, char *text, size_t size)
{
	int64_t value = limit->value;

	switch (row->form) {
	case FORM_SHARES:
		value = CLAMP(1 + (value - 2) * 9999 / 262142, 1, 10000);
		break;
	case FORM_SWAP:
		value = value < 0 ? -1 : MAX(value - MAX(limit->other, 0), 0);
		break;
	case FORM_PERIOD: /* the quota comes first, and is told with it */
		if (limit->other > 0)
			snprintf(text, size, "%" PRId64 " %" PRId64, limit->other, value);
		else
			snprintf(text, size, "max %" PRId64, value);
		return;
	case FORM_DEVICE:
		if (value > 0)
			snprintf(text, size, "%u:%u %s=%" PRId64, limit->major, limit->minor, row->key,
				 value);
		else
			snprintf(text, size, "%u:%u %s=max", limit->major, limit->minor, row->key);
		return;
	default:
		break;
	}
	if (value < 0)
		snprintf(text, size, "max");
	else
		snprintf(text, size, "%" PRId64, value);
}

static bool limit_write(const priv_limit *limit, uid_t uid, GError **error)
{
	const Row *row = &rows[limit->kind];
	bool old = false;
	g_autofd int group = cgroup_controller_open(row->controller, uid, &old);
	g_autofd int fd = -1;
	const char *file = old ? row->old_file : row->file;
	char text[96];

	if (group < 0)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the host has no control groups of the controller '%s' that reeved may "
			      "use: this limit cannot be set"), row->controller);
	fd = openat(group, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the host's control groups have no '%s': this limit cannot be set"),
			    file);
	if (old)
		text_old(row, limit, text, sizeof(text));
	else
		text_new(row, limit, text, sizeof(text));
	if (write(fd, text, strlen(text)) < 0)
		return fail_errno(error, errno, _("the kernel refuses '%s' for '%s'"), text, file);
	return true;
}

static bool limits_check(const priv_limit_vm_args *args, GError **error)
{
	for (unsigned i = 0; i < args->limits.limits_len; i++)
		if ((unsigned)args->limits.limits_val[i].kind >= G_N_ELEMENTS(rows))
			return fail(error, VIR_ERR_INVALID_ARG, _("there is no limit %d"),
				    args->limits.limits_val[i].kind);
	return true;
}

bool priv_limit_vm(PrivCall *call, const priv_limit_vm_args *args, G_GNUC_UNUSED priv_nothing *ret,
		   GError **error)
{
	g_autofd int directory = -1;
	char name[37];
	uid_t uid = 0;

	if (!limits_check(args, error))
		return false;
	directory = priv_vm_dir_open(call->config, args->uuid, name, &uid, error);
	if (directory < 0)
		return false;
	for (unsigned i = 0; i < args->limits.limits_len; i++)
		if (!limit_write(&args->limits.limits_val[i], uid, error))
			return false;
	return true;
}

/* ---- The host ------------------------------------------------------------------------------ */

enum { PATH_LONGEST = 128 };

static bool knob_path(const priv_set_host_args *args, char path[PATH_LONGEST])
{
	static const char *const ksm[] = {
		[PRIV_KNOB_KSM_PAGES] = "pages_to_scan",
		[PRIV_KNOB_KSM_SLEEP] = "sleep_millisecs",
		[PRIV_KNOB_KSM_MERGE] = "merge_across_nodes",
	};

	if ((unsigned)args->knob < G_N_ELEMENTS(ksm)) {
		snprintf(path, PATH_LONGEST, "/sys/kernel/mm/ksm/%s", ksm[args->knob]);
		return true;
	}
	if (args->knob != PRIV_KNOB_HUGE_PAGES)
		return false;
	if (args->node < 0)
		snprintf(path, PATH_LONGEST, "/sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages",
			 args->size_kib);
	else
		snprintf(path, PATH_LONGEST,
			 "/sys/devices/system/node/node%d/hugepages/hugepages-%ukB/nr_hugepages",
			 args->node, args->size_kib);
	return true;
}

bool priv_set_host(G_GNUC_UNUSED PrivCall *call, const priv_set_host_args *args,
		   G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	char path[PATH_LONGEST], text[32];
	g_autofd int fd = -1;

	if (!knob_path(args, path))
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no knob %d of the host"), args->knob);
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED, _("the host has no '%s'"), path);
	snprintf(text, sizeof(text), "%" PRIu64, args->value);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return fail_errno(error, errno, _("the kernel refuses '%s' for '%s'"), text, path);
	return true;
}
