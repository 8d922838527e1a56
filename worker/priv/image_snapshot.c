/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Snapshots inside of the images of a guest that is off: all of them at once, by a QEMU without a machine, which
 * unlike qemu-img takes descriptors.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "worker/host/resource_open.h"
#include "worker/priv/image_chain.h"
#include "worker/priv/image_tool.h"

static const char *const commands[] = {
	[PRIV_SNAPSHOT_SAVE] = "savevm",
	[PRIV_SNAPSHOT_LOAD] = "loadvm",
	[PRIV_SNAPSHOT_DELETE] = "delvm",
};

/* @text for a string in JSON that is a quoted word to QEMU's own command language. */
static void word_append(GString *out, const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			g_string_append(out, "\\\\"); /* one for the word */
		if (*c == '"' || *c == '\\')
			g_string_append_c(out, '\\'); /* and one for JSON */
		g_string_append_c(out, *c);
	}
}

static char *input_make(const priv_image_snapshot_args *args)
{
	GString *text = g_string_new("{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"human-monitor-command\","
				     "\"arguments\":{\"command-line\":\"");

	g_string_append_printf(text, "%s \\\"", commands[args->way]);
	word_append(text, args->name);
	g_string_append(text, "\\\"\"}}\n{\"execute\":\"quit\"}\n");
	return g_string_free(text, FALSE);
}

/* To each command there is one answer; that of the second is empty unless there is something to complain of. */
static bool answer_check(const char *output, const priv_image_snapshot_args *args, GError **error)
{
	static const char mark[] = "\"return\": \"";
	const char *said = strstr(output, mark);
	g_autofree char *text = NULL;

	if (!said)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the program that handles snapshots gave no answer: %s"),
			    output);
	said += strlen(mark);
	if (*said == '"')
		return true;
	text = g_strndup(said, strcspn(said, "\"\n"));
	return fail(error, VIR_ERR_OPERATION_FAILED, _("cannot %s the snapshot '%s': %s"),
		    args->way == PRIV_SNAPSHOT_SAVE ? _("take") :
		    args->way == PRIV_SNAPSHOT_LOAD ? _("return to") :
						      _("delete"),
		    args->name, text_mend(text));
}

static GPtrArray *disk_open(priv_snapshot_disk *disk, GError **error)
{
	char *format = disk->format;
	priv_open_args open_args = { .kind = PRIV_KIND_IMAGE, .key = disk->path, .what = (char *)_("disk image"),
				     .path = disk->path, .format = &format };

	if (strcmp(disk->format, "qcow2") != 0)
		return fail_null(error, VIR_ERR_CONFIG_UNSUPPORTED,
				 _("'%s' is of format '%s'; only qcow2 images can hold snapshots"), disk->path,
				 disk->format);
	return resource_open(&open_args, error);
}

static void layers_unref(void *layers)
{
	g_ptr_array_unref(layers);
}

bool priv_image_snapshot(PrivCall *call, const priv_image_snapshot_args *args, G_GNUC_UNUSED priv_nothing *ret,
			 GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(layers_unref);
	ImageChains chains = { .list = list };
	g_autofree char *input = NULL;
	g_autofree char *output = NULL;
	struct stat st;

	if ((unsigned)args->way >= G_N_ELEMENTS(commands) || !*args->name || !text_is_line(args->name))
		return fail(error, VIR_ERR_INVALID_ARG, _("this is no name of a snapshot"));
	for (unsigned i = 0; i < args->disks.disks_len; i++) {
		GPtrArray *layers = disk_open(&args->disks.disks_val[i], error);

		if (!layers)
			return false;
		g_ptr_array_add(list, layers);
		if (fstat(((const ResourceLayer *)g_ptr_array_index(layers, 0))->fd, &st) == 0)
			chains.capacity = MAX(chains.capacity, (uint64_t)st.st_size);
	}
	input = input_make(args);
	return image_chains_run(call->config, &chains, input, &output, error) &&
	       answer_check(output, args, error);
}
