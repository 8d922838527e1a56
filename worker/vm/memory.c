/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's memory to a file that the engine has opened, and the start from one. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/save_file.h"
#include "worker/vm/calls.h"

static void words_free(void *words)
{
	g_strfreev(words);
}

static void filter_add(GPtrArray *filters, const char *words)
{
	g_ptr_array_add(filters, g_strsplit(words, " ", -1));
}

static GPtrArray *filters_new(void)
{
	return g_ptr_array_new_with_free_func(words_free);
}

/* dd moves the data past the cache of the host: all of it in whole blocks but for the last. */
GPtrArray *vm_filters_write(unsigned format, bool bypass_cache)
{
	const char *program = save_format_program(format);
	GPtrArray *filters = filters_new();
	g_autofree char *words = program ? g_strdup_printf("%s -c%s", program, format == SAVE_XZ ? " -3" : "") : NULL;

	if (words)
		filter_add(filters, words);
	if (bypass_cache)
		filter_add(filters, "dd bs=1M iflag=fullblock oflag=direct conv=notrunc status=none");
	return filters;
}

GPtrArray *vm_filters_read(unsigned format, bool bypass_cache)
{
	const char *program = save_format_program(format);
	GPtrArray *filters = filters_new();
	g_autofree char *words =
		program ? g_strdup_printf("%s -dc%s", program, format == SAVE_LZOP ? " --ignore-warn" : "") : NULL;

	if (bypass_cache)
		filter_add(filters, "dd bs=1M iflag=direct status=none");
	if (words)
		filter_add(filters, words);
	return filters;
}

static const char *const dump_formats[] = {
	[VIR_DOMAIN_CORE_DUMP_FORMAT_RAW] = "elf",
	[VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB] = "kdump-zlib",
	[VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO] = "kdump-lzo",
	[VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY] = "kdump-snappy",
	[VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP] = "win-dmp",
};

static bool bytes_write(int fd, const char *bytes, size_t length, off_t at)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = pwrite(fd, bytes + done, length - done, at + (off_t)done);

		if (n < 0 && errno != EINTR)
			return false;
		done += (size_t)MAX(n, 0);
	}
	return true;
}

static bool head_write(int fd, const control_memory_args *args, GError **error)
{
	const size_t length = args->head.head_len;

	return (bytes_write(fd, args->head.head_val, length, 0) && lseek(fd, (off_t)length, SEEK_SET) >= 0) ||
	       fail_errno(error, errno, _("cannot write the file"));
}

static bool magic_write(int fd, const control_memory_args *args, GError **error)
{
	/* What dd has set on the file that it was given is set for us too. */
	fcntl(fd, F_SETFL, 0);
	return bytes_write(fd, args->magic.magic_val, args->magic.magic_len, 0) ||
	       fail_errno(error, errno, _("cannot write the file"));
}

static int pause_reason(int operation)
{
	switch (operation) {
	case VIR_DOMAIN_JOB_OPERATION_SAVE:
		return VIR_DOMAIN_PAUSED_SAVE;
	case VIR_DOMAIN_JOB_OPERATION_DUMP:
		return VIR_DOMAIN_PAUSED_DUMP;
	default:
		return VIR_DOMAIN_PAUSED_SNAPSHOT;
	}
}

static bool memory_write(VmCall *call, const control_memory_args *args, int fd, GError **error)
{
	const bool dump = args->memory_only;
	g_autoptr(GPtrArray) filters = dump ? NULL : vm_filters_write(args->format, args->bypass_cache);
	const GuestMemory memory = {
		.fd = fd,
		.filters = filters,
		.live = args->live,
		.memory_only = dump,
		.format = dump ? dump_formats[args->format] : NULL,
		.pause_reason = pause_reason(args->operation),
	};

	call->guest->job->can_abort = !dump;
	if (!head_write(fd, args, error) || !call->live->write_memory(call->guest, &memory, error))
		return false;
	/* Numbers for those who ask afterwards. */
	if (call->live->job_ask)
		call->live->job_ask(call->guest, NULL);
	return magic_write(fd, args, error);
}

bool control_memory(VmCall *call, control_memory_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_autofd int fd = rpc_message_take_fd(call->message, 0);
	const unsigned formats = args->memory_only ? G_N_ELEMENTS(dump_formats) : SAVE_FORMATS;
	g_autoptr(GError) reason = NULL;

	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->write_memory)
		return vm_call_unsupported(call, error);
	if (fd < 0 || args->format >= formats)
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no file for the memory of domain '%s'"),
			    call->worker->name);
	if (!vm_job_begin(call->worker, args->operation, args->intent, error))
		return false;
	memory_write(call, args, fd, &reason);
	vm_job_over(call->worker, reason);
	if (!reason)
		return true;
	vm_job_clear(call->worker);
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

bool control_memory_end(VmCall *call, control_memory_end_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	static const GuestAfterwards ways[] = {
		[CONTROL_MEMORY_GO_ON] = GUEST_GOES_ON,
		[CONTROL_MEMORY_SAVED] = GUEST_IS_SAVED,
		[CONTROL_MEMORY_CRASHED] = GUEST_CRASHES,
		[CONTROL_MEMORY_RESET] = GUEST_IS_RESET,
	};
	bool done;

	if (!vm_call_check_active(call, error))
		return false;
	if (!call->guest->job || !call->guest->job->ended_usec || (unsigned)args->way >= G_N_ELEMENTS(ways))
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' has no job that is over"),
			    call->worker->name);
	/* Told before the guest ends: the engine keeps it for those who ask then. */
	if (args->way == CONTROL_MEMORY_SAVED)
		vm_job_post(call->worker);
	done = call->live->memory_written(call->guest, ways[args->way], error);
	vm_job_clear(call->worker);
	return done;
}

bool control_go(VmCall *call, control_go_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->go)
		return vm_call_unsupported(call, error);
	return call->live->go(call->guest, args->reason, error);
}

bool control_leave(VmCall *call, G_GNUC_UNUSED control_leave_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->leave)
		return vm_call_unsupported(call, error);
	return call->live->leave(call->guest, error);
}

bool control_snapshot(VmCall *call, control_snapshot_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	const bool save = args->way == CONTROL_SNAPSHOT_SAVE;
	g_autoptr(GError) reason = NULL;

	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->snapshot)
		return vm_call_unsupported(call, error);
	if (!vm_job_begin(call->worker,
			  save ? VIR_DOMAIN_JOB_OPERATION_SNAPSHOT : VIR_DOMAIN_JOB_OPERATION_SNAPSHOT_DELETE, "",
			  error))
		return false;
	call->live->snapshot(call->guest, save ? GUEST_SNAPSHOT_SAVE : GUEST_SNAPSHOT_DELETE, args->name, &reason);
	vm_job_over(call->worker, reason);
	vm_job_clear(call->worker);
	if (!reason)
		return true;
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}
