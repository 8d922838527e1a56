/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "worker/host/resource_open.h"
#include "worker/priv/image_chain.h"

const char *const image_qemu_programs[] = {
	"qemu-system-x86_64", "qemu-system-aarch64", "qemu-system-riscv64", "qemu-system-ppc64",
	"qemu-system-s390x",  "qemu-kvm",	     NULL,
};

uint64_t image_size_limit(uint64_t capacity)
{
	return capacity + capacity / 8 + UINT64_C(64) * 1024 * 1024;
}

/* The nodes of a chain from its layer @i down, on sets of descriptors that count on from @set. */
static char *nodes_make(const GPtrArray *layers, unsigned i, unsigned set, const char *name)
{
	const ResourceLayer *layer = g_ptr_array_index(layers, i);
	g_autofree char *below = i + 1 < layers->len ? nodes_make(layers, i + 1, set, NULL) : NULL;
	g_autofree char *backing = g_str_equal(layer->format, "qcow2") ?
					   g_strdup_printf(",\"backing\":%s", below ? below : "null") :
					   g_strdup("");
	g_autofree char *named = name ? g_strdup_printf(",\"node-name\":\"%s\"", name) : g_strdup("");

	/* The format is one of image_format_check()'s. */
	return g_strdup_printf("{\"driver\":\"%s\"%s,\"read-only\":%s,"
			       "\"file\":{\"driver\":\"file\",\"filename\":\"/dev/fdset/%u\"}%s}",
			       g_str_equal(layer->format, "iso") ? "raw" : layer->format, named,
			       i == 0 ? "false" : "true", set + i, backing);
}

static void chain_add(GPtrArray *argv, GArray *fds, const GPtrArray *layers, unsigned number)
{
	g_autofree char *name = g_strdup_printf("volume%u", number);
	const unsigned set = fds->len;

	for (unsigned i = 0; i < layers->len; i++) {
		const ResourceLayer *layer = g_ptr_array_index(layers, i);

		g_ptr_array_add(argv, g_strdup("-add-fd"));
		g_ptr_array_add(argv, g_strdup_printf("fd=%u,set=%u", IMAGE_TOOL_FD + fds->len, set + i));
		g_array_append_val(fds, layer->fd);
	}
	g_ptr_array_add(argv, g_strdup("-blockdev"));
	g_ptr_array_add(argv, nodes_make(layers, 0, set, name));
}

bool image_chains_run(const PrivConfig *config, const ImageChains *chains, const char *input, char **ret_output,
		      GError **error)
{
	static const char *const fixed[] = { "qemu-system",  "-M", "none", "-nodefaults", "-no-user-config",
					     "-display", "none", "-S", "-qmp", "stdio" };
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) fds = g_array_new(FALSE, FALSE, sizeof(int));
	ImageTool tool = { .config = config, .programs = image_qemu_programs, .directory = -1, .input = input,
			   .size_max = image_size_limit(chains->capacity) };

	for (unsigned i = 0; i < G_N_ELEMENTS(fixed); i++)
		g_ptr_array_add(argv, g_strdup(fixed[i]));
	for (unsigned i = 0; i < chains->list->len; i++)
		chain_add(argv, fds, g_ptr_array_index(chains->list, i), i);
	g_ptr_array_add(argv, NULL);
	tool.arguments = (const char *const *)argv->pdata;
	tool.fds = (const int *)(const void *)fds->data;
	tool.n_fds = fds->len;
	return image_tool_run(&tool, ret_output, error);
}
