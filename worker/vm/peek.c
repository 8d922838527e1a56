/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "worker/vm/calls.h"

#define KIB 1024

bool vm_domain_block_resize(VmCall *call, remote_domain_block_resize_args *args, G_GNUC_UNUSED NOTHING *ret,
			    GError **error)
{
	const bool in_bytes = args->flags & VIR_DOMAIN_BLOCK_RESIZE_BYTES;

	if (!vm_call_flags(call, args->flags, VIR_DOMAIN_BLOCK_RESIZE_BYTES, error) ||
	    !vm_call_check_active(call, error))
		return false;
	if (!call->live->block_resize)
		return vm_call_unsupported(call, error);
	if (args->size > (uint64_t)INT64_MAX / (in_bytes ? 1 : KIB))
		return fail(error, VIR_ERR_OVERFLOW, _("the size of disk '%s' is too large"), args->disk);
	return call->live->block_resize(call->guest, args->disk, args->size * (in_bytes ? 1 : KIB), error);
}

bool vm_domain_memory_peek(VmCall *call, remote_domain_memory_peek_args *args, remote_domain_memory_peek_ret *ret,
			   GError **error)
{
	const bool is_virtual = args->flags == VIR_MEMORY_VIRTUAL;
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	if (args->flags != VIR_MEMORY_VIRTUAL && args->flags != VIR_MEMORY_PHYSICAL)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("an address is either virtual or physical: flags must be %d or %d"),
			    VIR_MEMORY_VIRTUAL, VIR_MEMORY_PHYSICAL);
	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->memory_peek)
		return vm_call_unsupported(call, error);
	if (args->size > REMOTE_DOMAIN_MEMORY_PEEK_BUFFER_MAX || args->offset > INT64_MAX)
		return fail(error, VIR_ERR_INVALID_ARG, _("at most %d bytes of memory can be read at once"),
			    REMOTE_DOMAIN_MEMORY_PEEK_BUFFER_MAX);
	g_byte_array_set_size(bytes, args->size);
	if (args->size > 0 && !call->live->memory_peek(call->guest, args->offset, is_virtual, bytes, error))
		return false;
	ret->buffer.buffer_len = bytes->len;
	ret->buffer.buffer_val = (char *)g_memdup2(bytes->data, MAX(bytes->len, 1));
	return true;
}
