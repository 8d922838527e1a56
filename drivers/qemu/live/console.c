/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a person at the guest would use: console, screen, keyboard, display. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "drivers/qemu/monitor/keycode.h"
#include "drivers/qemu/live/live.h"

enum {
	HOLD_MAX_MS = 60 * 1000,
	PNG_VERSION = 7001000, /* first QEMU whose screendump knows a format */
};

/* ---- Keys */

bool live_send_key(Guest *guest, const GuestKeys *keys, GError **error)
{
	json_t *list, *arguments;

	if (keys->n_keys == 0 || keys->n_keys > VIR_DOMAIN_SEND_KEY_MAX_KEYS)
		return fail(error, VIR_ERR_INVALID_ARG, _("%u keys at once; 1 to %d are possible"),
			    keys->n_keys, VIR_DOMAIN_SEND_KEY_MAX_KEYS);
	if (keys->hold_ms > HOLD_MAX_MS)
		return fail(error, VIR_ERR_INVALID_ARG, _("keys are held for at most %d ms"),
			    HOLD_MAX_MS);
	list = json_array();
	for (unsigned i = 0; i < keys->n_keys; i++) {
		int qnum = keycode_to_qnum(keys->codeset, keys->keys[i]);

		if (qnum < 0) {
			json_decref(list);
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("key %u of set %d is none that a guest's keyboard has"),
				    keys->keys[i], keys->codeset);
		}
		json_array_append_new(list, json_pack("{s:s,s:i}", "type", "number", "data", qnum));
	}
	arguments = json_pack("{s:o}", "keys", list);
	if (keys->hold_ms > 0)
		json_object_set_new(arguments, "hold-time", json_integer(keys->hold_ms));
	return live_call(guest, "send-key", arguments, NULL, error);
}

/* ---- Console */

static const DomainChardev *find_device(const GPtrArray *list, const char *alias)
{
	for (guint i = 0; i < list_length(list); i++) {
		const DomainChardev *device = list_get(list, i);

		if (!alias || g_strcmp0(device->info.alias, alias) == 0)
			return device;
	}
	return NULL;
}

/* Without an alias: the first serial port, else the first console. */
static const DomainChardev *find_console(const DomainDef *def, const char *alias)
{
	const GPtrArray *lists[] = { def->serials, def->consoles, def->parallels, def->channels };
	unsigned n = alias ? G_N_ELEMENTS(lists) : 2;

	for (unsigned i = 0; i < n; i++) {
		const DomainChardev *device = find_device(lists[i], alias);

		if (device)
			return device;
	}
	return NULL;
}

int live_open_console(Guest *guest, const char *alias, GError **error)
{
	const DomainChardev *device = find_console(guest->def, alias);
	const char *path;
	int fd;

	if (!device)
		return fail(error, VIR_ERR_INVALID_ARG,
			    alias ? _("domain '%s' has no character device '%s'")
				  : _("domain '%s' has no console"),
			    guest->def->name, alias),
		       -1;
	path = device->source.path;
	if (!path || (device->source.type != CHARDEV_PTY && device->source.type != CHARDEV_UNIX))
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("character device '%s' is of type '%s', which nobody can connect to"),
			    device->info.alias, chardev_type_name(device->source.type)),
		       -1;
	if (device->source.type == CHARDEV_UNIX)
		return live_channel_connect(guest, path, error);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fail_errno(error, errno, _("cannot open console '%s'"), path);
	return fd;
}

/* ---- Screen */

/* Screens are counted over the heads of all cards. */
static const DomainVideo *find_screen(const Guest *guest, unsigned screen, unsigned *ret_head,
				      GError **error)
{
	unsigned seen = 0;

	for (guint i = 0; i < list_length(guest->def->videos); i++) {
		const DomainVideo *video = list_get(guest->def->videos, i);
		unsigned heads = MAX(video->heads, 1);

		if (video->type == VIDEO_NONE)
			continue;
		if (screen < seen + heads) {
			*ret_head = screen - seen;
			return video;
		}
		seen += heads;
	}
	fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has %u screens; there is no number %u"),
	     guest->def->name, seen, screen);
	return NULL;
}

static bool screendump(Guest *guest, json_t *arguments, int memory, bool png, GError **error)
{
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", memory);
	g_autofd int writer = open(path, O_WRONLY | O_CLOEXEC);
	Qmp *qmp = live_monitor(guest, error);
	json_int_t set;
	json_t *reply;
	bool ok;

	if (!qmp)
		return false;
	if (writer < 0)
		return fail_errno(error, errno, _("cannot prepare memory for a screenshot"));
	reply = qmp_fd_call(qmp, "add-fd", NULL, writer, error);
	if (!reply)
		return false;
	set = json_integer_value(json_object_get(reply, "fdset-id"));
	json_decref(reply);
	json_object_set_new(arguments, "filename",
			    json_sprintf("/dev/fdset/%" JSON_INTEGER_FORMAT, set));
	if (png)
		json_object_set_new(arguments, "format", json_string("png"));
	ok = live_call(guest, "screendump", json_incref(arguments), NULL, error);
	live_call(guest, "remove-fd", json_pack("{s:I}", "fdset-id", set), NULL, NULL);
	return ok;
}

int live_screenshot(Guest *guest, unsigned screen, const char **ret_mime, GError **error)
{
	g_autofd int memory = -1;
	unsigned head = 0;
	const DomainVideo *video = find_screen(guest, screen, &head, error);
	Qmp *qmp = live_monitor(guest, video ? error : NULL);
	bool png = qmp && qmp_version(qmp) >= PNG_VERSION;
	json_t *arguments;
	bool ok;

	if (!video || !qmp)
		return -1;
	memory = memfd_create("screenshot", MFD_CLOEXEC);
	if (memory < 0)
		return fail_errno(error, errno, _("cannot get memory for a screenshot")), -1;
	arguments = json_object();
	if (screen > 0) {
		json_object_set_new(arguments, "device", json_string(video->info.alias));
		json_object_set_new(arguments, "head", json_integer(head));
	}
	ok = screendump(guest, arguments, memory, png, error);
	json_decref(arguments);
	if (!ok)
		return -1;
	lseek(memory, 0, SEEK_SET);
	*ret_mime = png ? "image/png" : "image/x-portable-pixmap";
	return take_fd(&memory);
}

/* ---- Display */

int live_open_graphics(Guest *guest, unsigned index, bool skip_auth, GError **error)
{
	const DomainGraphics *graphics;
	g_autofd int ours = -1, theirs = -1;
	const char *protocol;
	json_t *reply;
	int fds[2];
	Qmp *qmp = live_monitor(guest, error);

	if (!qmp)
		return -1;
	if (index >= list_length(guest->def->graphics))
		return fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no display number %u"),
			    guest->def->name, index),
		       -1;
	graphics = list_get(guest->def->graphics, index);
	protocol = graphics->type == GRAPHICS_VNC     ? "vnc"
		   : graphics->type == GRAPHICS_SPICE ? "spice"
						      : NULL;
	if (!protocol)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("displays of type '%s' take no connections"),
			    graphics_type_name(graphics->type)),
		       -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return fail_errno(error, errno, _("cannot make a pair of sockets")), -1;
	ours = fds[0];
	theirs = fds[1];
	reply = qmp_fd_call(qmp, "getfd", json_pack("{s:s}", "fdname", "graphics"), theirs, error);
	json_decref(reply);
	if (!reply)
		return -1;
	if (live_call(guest, "add_client",
		      json_pack("{s:s,s:s,s:b}", "protocol", protocol, "fdname", "graphics",
				"skipauth", skip_auth),
		      NULL, error))
		return take_fd(&ours);
	live_call(guest, "closefd", json_pack("{s:s}", "fdname", "graphics"), NULL, NULL);
	return -1;
}
