/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest sees in an image, written into another: by a QEMU without a machine, which unlike qemu-img takes
 * descriptors, so that nothing is opened by a name that may have changed its meaning.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/resource_open.h"
#include "worker/host/volume.h"
#include "worker/priv/image_chain.h"
#include "worker/priv/volume.h"
#include "worker/priv/work.h"

enum { SECTOR = 512 };

/* ---- what QEMU is told --------------------------------------------------------------------- */

typedef struct Convert {
	const priv_volume_clone_args *args;
	GPtrArray *argv;
	GArray *fds; /* borrowed; the place of each is its descriptor in QEMU, and its fdset */
	int work;
	uint64_t from_size, to_size; /* bytes that a guest sees */
	uint64_t offset;	     /* how far it was last seen */
	bool with_backing, started, done;
	char *command; /* the last that was sent */
	char *failure;
} Convert;

static void add(Convert *convert, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(Convert *convert, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(convert->argv, g_strdup_vprintf(format, args));
	va_end(args);
}

/* The number of its fdset. */
static unsigned add_fd(Convert *convert, int fd)
{
	const unsigned set = convert->fds->len;

	g_array_append_val(convert->fds, fd);
	add(convert, "-add-fd");
	add(convert, "fd=%u,set=%u", IMAGE_TOOL_FD + set, set);
	return set;
}

/* A passphrase as an object @id; nothing for an empty one. */
static bool add_secret(Convert *convert, const PrivConfig *config, const char *id, int *fd, GError **error)
{
	const bool is_target = strcmp(id, "target-key") == 0;
	const char *bytes = is_target ? convert->args->made.secret.secret_val : convert->args->secret.secret_val;
	const size_t length = is_target ? convert->args->made.secret.secret_len : convert->args->secret.secret_len;

	if (length == 0)
		return true;
	*fd = volume_secret_file(config, bytes, length, error);
	if (*fd < 0)
		return false;
	g_array_append_val(convert->fds, *fd);
	add(convert, "-object");
	add(convert, "secret,id=%s,file=/proc/self/fd/%u", id, IMAGE_TOOL_FD + convert->fds->len - 1);
	return true;
}

/* The options of a format that has a key. */
static const char *key_option(const char *format, bool has_key, const char *id, char *buffer, size_t size)
{
	buffer[0] = '\0';
	if (has_key && strcmp(format, "qcow2") == 0)
		g_snprintf(buffer, size, ",\"encrypt\":{\"format\":\"luks\",\"key-secret\":\"%s\"}", id);
	else if (has_key)
		g_snprintf(buffer, size, ",\"key-secret\":\"%s\"", id);
	return buffer;
}

static const char *driver_of(const char *format)
{
	return volume_is_raw(format) ? "raw" : format;
}

/* The layers from @i down; formats are those of image_format_check(). Node @i is called "source" or "below". */
static void add_layers(Convert *convert, const GPtrArray *layers)
{
	for (unsigned i = layers->len; i-- > 0;) {
		const ResourceLayer *layer = g_ptr_array_index(layers, i);
		const bool top = i == 0, last = i + 1 == layers->len;
		unsigned set = add_fd(convert, layer->fd);
		g_autofree char *below = last ? g_strdup("null") : g_strdup_printf("\"below%u\"", i + 1);
		g_autofree char *backing = strcmp(layer->format, "qcow2") == 0 ?
						   g_strdup_printf(",\"backing\":%s", below) : g_strdup("");
		g_autofree char *name = top ? g_strdup("source") : g_strdup_printf("below%u", i);
		char key[96];

		key_option(layer->format, top && convert->args->secret.secret_len > 0, "source-key", key, sizeof(key));
		add(convert, "-blockdev");
		add(convert, "{\"driver\":\"%s\",\"node-name\":\"%s\",\"read-only\":true%s%s,\"file\":{\"driver\":"
			     "\"file\",\"read-only\":true,\"filename\":\"/dev/fdset/%u\"}}",
		    driver_of(layer->format), name, backing, key, set);
	}
}

static void add_target(Convert *convert, int fd)
{
	const char *format = convert->args->made.format;
	const char *backing = strcmp(format, "qcow2") != 0 ? "" :
			      convert->with_backing	   ? ",\"backing\":\"below1\"" :
							     ",\"backing\":null";
	unsigned set = add_fd(convert, fd);
	char key[96];

	key_option(format, convert->args->made.secret.secret_len > 0, "target-key", key, sizeof(key));
	add(convert, "-blockdev");
	add(convert, "{\"driver\":\"%s\",\"node-name\":\"target\",\"discard\":\"unmap\",\"detect-zeroes\":\"unmap\"%s%s"
		     ",\"file\":{\"driver\":\"file\",\"discard\":\"unmap\",\"filename\":\"/dev/fdset/%u\"}}",
	    driver_of(format), backing, key, set);
}

/* ---- what is said with it ------------------------------------------------------------------ */

static const char *command(Convert *convert, const char *format, ...) G_GNUC_PRINTF(2, 3);
static const char *command(Convert *convert, const char *format, ...)
{
	va_list args;

	g_free(convert->command);
	va_start(args, format);
	convert->command = g_strdup_vprintf(format, args);
	va_end(args);
	return convert->command;
}

/* The text after @mark up to the next quote; the caller frees. */
static char *text_after(const char *line, const char *mark)
{
	const char *found = strstr(line, mark);

	return found ? g_strndup(found + strlen(mark), strcspn(found + strlen(mark), "\"\n")) : NULL;
}

static const char *quit(Convert *convert, char *failure)
{
	if (failure && !convert->failure)
		convert->failure = failure;
	convert->done = !convert->failure;
	return "{\"execute\":\"quit\"}\n";
}

/* It copied something since it was last asked: the engine is told that it gets on. */
static const char *take_progress(Convert *convert, const char *line)
{
	const char *mark = "\"offset\": ";
	const char *found = strstr(line, mark);
	uint64_t offset = found ? g_ascii_strtoull(found + strlen(mark), NULL, 10) : 0;

	if (offset != convert->offset)
		work_goes_on(convert->work, NULL);
	convert->offset = offset;
	return NULL;
}

static const char *answer_to(Convert *convert, const char *line)
{
	if (strstr(line, "\"QMP\": "))
		return "{\"execute\":\"qmp_capabilities\",\"id\":\"begin\"}\n";
	if (strstr(line, "\"id\": \"begin\""))
		return command(convert,
			       "{\"execute\":\"blockdev-mirror\",\"id\":\"mirror\",\"arguments\":{\"job-id\":\"copy\","
			       "\"device\":\"source\",\"target\":\"target\",\"sync\":\"%s\"}}\n",
			       convert->with_backing ? "top" : "full");
	if (strstr(line, "\"id\": \"mirror\""))
		convert->started = true;
	else if (strstr(line, "\"id\": \"query\""))
		return take_progress(convert, line);
	else if (strstr(line, "\"BLOCK_JOB_READY\""))
		return "{\"execute\":\"job-complete\",\"arguments\":{\"id\":\"copy\"}}\n";
	else if (strstr(line, "\"id\": \"resize\""))
		return quit(convert, NULL);
	else if (!strstr(line, "\"BLOCK_JOB_COMPLETED\""))
		return NULL;
	if (convert->started && strstr(line, "\"BLOCK_JOB_COMPLETED\""))
		return convert->to_size <= convert->from_size ?
			       quit(convert, NULL) :
			       command(convert,
				       "{\"execute\":\"block_resize\",\"id\":\"resize\",\"arguments\":{\"node-name\":"
				       "\"target\",\"size\":%" PRIu64 "}}\n",
				       convert->to_size);
	return NULL;
}

/* ImageTool.talk: what to say to @line, NULL when nothing came for a while. */
static const char *talk(const char *line, void *data)
{
	Convert *convert = data;

	if (!line)
		return convert->started ? "{\"execute\":\"query-block-jobs\",\"id\":\"query\"}\n" : NULL;
	if (strstr(line, "\"error\": {"))
		return quit(convert, text_after(line, "\"desc\": \""));
	if (strstr(line, "\"BLOCK_JOB_COMPLETED\"") && strstr(line, "\"error\": \""))
		return quit(convert, text_after(line, "\"error\": \""));
	return answer_to(convert, line);
}

/* ---- doing it ------------------------------------------------------------------------------ */

static bool run(Convert *convert, const PrivConfig *config, uint64_t size_max, GError **error)
{
	ImageTool tool = { .config = config,
			   .programs = image_qemu_programs,
			   .directory = -1,
			   .talk = talk,
			   .data = convert,
			   .work = &convert->work,
			   .size_max = size_max };

	g_ptr_array_add(convert->argv, NULL);
	tool.arguments = (const char *const *)convert->argv->pdata;
	tool.fds = (const int *)(const void *)convert->fds->data;
	tool.n_fds = convert->fds->len;
	if (!image_tool_run(&tool, NULL, error))
		return false;
	return convert->done ||
	       fail(error, VIR_ERR_OPERATION_FAILED, _("cannot convert the volume '%s': %s"), convert->args->name,
		    convert->failure ? convert->failure : _("QEMU ended without a reason"));
}

/* A copy may stand on what its original stands on, and on nothing else. */
static bool check_backing(Convert *convert, const GPtrArray *layers, GError **error)
{
	const priv_volume_create_args *made = &convert->args->made;
	const ResourceLayer *below = layers->len > 1 ? g_ptr_array_index(layers, 1) : NULL;

	convert->with_backing = made->backing_path != NULL;
	if (!made->backing_path || (below && strcmp(below->path, *made->backing_path) == 0 &&
				    strcmp(made->format, "qcow2") == 0))
		return true;
	return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
		    _("volume '%s': a copy can have the backing store of its original or none, not '%s'"), made->name,
		    *made->backing_path);
}

static void convert_clear(Convert *convert)
{
	g_ptr_array_unref(convert->argv);
	g_array_unref(convert->fds);
	g_free(convert->command);
	g_free(convert->failure);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Convert, convert_clear)

/* How much a guest sees in the image that is open as @from. */
static bool guest_size(int from, const priv_volume_clone_args *args, uint64_t *ret, GError **error)
{
	g_autofd int directory = pool_open(args->pool, error);
	priv_volume_ret now = { 0 };
	off_t bytes = lseek(from, 0, SEEK_END);

	if (directory < 0 || !volume_tell(directory, args->name, &now, error))
		return false;
	*ret = volume_is_raw(args->format) ? (uint64_t)MAX(bytes, 0) : now.volume.capacity;
	*ret = (*ret + SECTOR - 1) / SECTOR * SECTOR;
	xdr_free((xdrproc_t)xdr_priv_volume_ret, (char *)&now);
	return true;
}

int volume_image_convert(PrivCall *call, int directory, int from, const priv_volume_clone_args *args,
			 GError **error)
{
	static const char *const fixed[] = { "qemu-system", "-M",   "none", "-nodefaults", "-no-user-config",
					     "-display",    "none", "-S",   "-qmp",	   "stdio" };
	g_auto(Convert) convert = { .args = args,
				    .argv = g_ptr_array_new_with_free_func(g_free),
				    .fds = g_array_new(FALSE, FALSE, sizeof(int)),
				    .work = call->in->fds[0],
				    .to_size = args->made.capacity };
	g_autoptr(GPtrArray) layers = volume_chain_open(from, args->pool, args->name, args->format, error);
	g_autofd int from_key = -1, to_key = -1, fd = -1;
	priv_volume_create_args made = args->made;

	if (!layers || !check_backing(&convert, layers, error) || !guest_size(from, args, &convert.from_size, error))
		return -1;
	made.capacity = convert.from_size;
	made.allocation = 0;
	fd = volume_make(call->config, directory, &made, error);
	if (fd < 0)
		return -1;
	for (unsigned i = 0; i < G_N_ELEMENTS(fixed); i++)
		add(&convert, "%s", fixed[i]);
	if (!add_secret(&convert, call->config, "source-key", &from_key, error) ||
	    !add_secret(&convert, call->config, "target-key", &to_key, error))
		return -1;
	add_layers(&convert, layers);
	add_target(&convert, fd);
	if (!run(&convert, call->config, image_size_limit(MAX(convert.from_size, convert.to_size)), error))
		return -1;
	return take_fd(&fd);
}
