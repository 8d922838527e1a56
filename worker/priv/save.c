/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests about files with the memory of guests. */
#include "config.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/save_file.h"
#include "worker/priv/priv.h"

bool priv_save_create(PrivCall *call, const priv_save_args *args, G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	int fd = save_file_create(args->path, error);

	if (fd >= 0)
		priv_fds_add(&call->out, fd);
	return fd >= 0;
}

bool priv_save_commit(G_GNUC_UNUSED PrivCall *call, const priv_save_args *args,
		      G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	return save_file_commit(args->path, error);
}

bool priv_save_discard(G_GNUC_UNUSED PrivCall *call, const priv_save_args *args,
		       G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	return save_file_discard(args->path, error);
}

bool priv_save_open(PrivCall *call, const priv_save_args *args, priv_save_open_ret *ret, GError **error)
{
	g_auto(SaveHead) head = { 0 };
	int fd = save_file_open(args->path, &head, error);

	if (fd < 0)
		return false;
	priv_fds_add(&call->out, fd);
	ret->xml = g_steal_pointer(&head.xml);
	ret->cookie = head.cookie ? g_steal_pointer(&head.cookie) : g_strdup("");
	ret->running = head.running;
	ret->format = head.format;
	return true;
}

bool priv_save_edit(PrivCall *call, const priv_save_edit_args *args, G_GNUC_UNUSED priv_nothing *ret,
		    GError **error)
{
	g_autofree char *xml = NULL;
	struct stat st;

	if (fstat(call->in->fds[0], &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > SAVE_TEXT_MAX)
		return fail(error, VIR_ERR_INVALID_ARG, _("the definition for '%s' is too long"), args->path);
	xml = g_malloc0((gsize)st.st_size + 1);
	if (pread(call->in->fds[0], xml, (size_t)st.st_size, 0) != (ssize_t)st.st_size)
		return fail_errno(error, errno, _("cannot read a memory file"));
	return save_file_edit(args->path, xml, args->running, error);
}

bool priv_save_remove(G_GNUC_UNUSED PrivCall *call, const priv_save_args *args,
		      G_GNUC_UNUSED priv_nothing *ret, GError **error)
{
	return save_file_remove(args->path, error);
}
