/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>
#include <linux/input-event-codes.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/domain/keycodes.h"

static const char *const sets[] = {
	[VIR_KEYCODE_SET_LINUX] = "linux",   [VIR_KEYCODE_SET_XT] = "xt",
	[VIR_KEYCODE_SET_ATSET1] = "atset1", [VIR_KEYCODE_SET_ATSET2] = "atset2",
	[VIR_KEYCODE_SET_ATSET3] = "atset3", [VIR_KEYCODE_SET_OSX] = "os_x",
	[VIR_KEYCODE_SET_XT_KBD] = "xt_kbd", [VIR_KEYCODE_SET_USB] = "usb",
	[VIR_KEYCODE_SET_WIN32] = "win32",   [VIR_KEYCODE_SET_QNUM] = "qnum",
};

/* clang-format off */
static const struct {
	const char *name;
	guint code;
} linux_keys[] = {
#define KEY(name) { "KEY_" #name, KEY_##name },
	KEY(ESC) KEY(1) KEY(2) KEY(3) KEY(4) KEY(5) KEY(6) KEY(7) KEY(8) KEY(9) KEY(0) KEY(MINUS)
	KEY(EQUAL) KEY(BACKSPACE) KEY(TAB) KEY(Q) KEY(W) KEY(E) KEY(R) KEY(T) KEY(Y) KEY(U) KEY(I)
	KEY(O) KEY(P) KEY(LEFTBRACE) KEY(RIGHTBRACE) KEY(ENTER) KEY(LEFTCTRL) KEY(A) KEY(S) KEY(D)
	KEY(F) KEY(G) KEY(H) KEY(J) KEY(K) KEY(L) KEY(SEMICOLON) KEY(APOSTROPHE) KEY(GRAVE)
	KEY(LEFTSHIFT) KEY(BACKSLASH) KEY(Z) KEY(X) KEY(C) KEY(V) KEY(B) KEY(N) KEY(M) KEY(COMMA)
	KEY(DOT) KEY(SLASH) KEY(RIGHTSHIFT) KEY(KPASTERISK) KEY(LEFTALT) KEY(SPACE) KEY(CAPSLOCK)
	KEY(F1) KEY(F2) KEY(F3) KEY(F4) KEY(F5) KEY(F6) KEY(F7) KEY(F8) KEY(F9) KEY(F10)
	KEY(NUMLOCK) KEY(SCROLLLOCK) KEY(KP7) KEY(KP8) KEY(KP9) KEY(KPMINUS) KEY(KP4) KEY(KP5)
	KEY(KP6) KEY(KPPLUS) KEY(KP1) KEY(KP2) KEY(KP3) KEY(KP0) KEY(KPDOT) KEY(ZENKAKUHANKAKU)
	KEY(102ND) KEY(F11) KEY(F12) KEY(RO) KEY(KATAKANA) KEY(HIRAGANA) KEY(HENKAN)
	KEY(KATAKANAHIRAGANA) KEY(MUHENKAN) KEY(KPJPCOMMA) KEY(KPENTER) KEY(RIGHTCTRL)
	KEY(KPSLASH) KEY(SYSRQ) KEY(RIGHTALT) KEY(LINEFEED) KEY(HOME) KEY(UP) KEY(PAGEUP)
	KEY(LEFT) KEY(RIGHT) KEY(END) KEY(DOWN) KEY(PAGEDOWN) KEY(INSERT) KEY(DELETE) KEY(MACRO)
	KEY(MUTE) KEY(VOLUMEDOWN) KEY(VOLUMEUP) KEY(POWER) KEY(KPEQUAL) KEY(KPPLUSMINUS)
	KEY(PAUSE) KEY(KPCOMMA) KEY(HANGUEL) KEY(HANJA) KEY(YEN) KEY(LEFTMETA) KEY(RIGHTMETA)
	KEY(COMPOSE) KEY(STOP) KEY(AGAIN) KEY(PROPS) KEY(UNDO) KEY(FRONT) KEY(COPY) KEY(OPEN)
	KEY(PASTE) KEY(FIND) KEY(CUT) KEY(HELP) KEY(MENU) KEY(CALC) KEY(SETUP) KEY(SLEEP)
	KEY(WAKEUP) KEY(FILE) KEY(SENDFILE) KEY(DELETEFILE) KEY(XFER) KEY(PROG1) KEY(PROG2)
	KEY(WWW) KEY(MSDOS) KEY(SCREENLOCK) KEY(CYCLEWINDOWS) KEY(MAIL) KEY(BOOKMARKS)
	KEY(COMPUTER) KEY(BACK) KEY(FORWARD) KEY(CLOSECD) KEY(EJECTCD) KEY(EJECTCLOSECD)
	KEY(NEXTSONG) KEY(PLAYPAUSE) KEY(PREVIOUSSONG) KEY(STOPCD) KEY(RECORD) KEY(REWIND)
	KEY(PHONE) KEY(ISO) KEY(CONFIG) KEY(HOMEPAGE) KEY(REFRESH) KEY(EXIT) KEY(MOVE) KEY(EDIT)
	KEY(SCROLLUP) KEY(SCROLLDOWN) KEY(KPLEFTPAREN) KEY(KPRIGHTPAREN) KEY(NEW) KEY(REDO)
	KEY(F13) KEY(F14) KEY(F15) KEY(F16) KEY(F17) KEY(F18) KEY(F19) KEY(F20) KEY(F21) KEY(F22)
	KEY(F23) KEY(F24)
#undef KEY
};
/* clang-format on */

bool keycode_set_find(const char *name, guint *ret_set, GError **error)
{

	if (!strcmp(name, "rfb"))
		name = "qnum";
	for (guint i = 0; i < G_N_ELEMENTS(sets); i++)
		if (!strcmp(sets[i], name)) {
			*ret_set = i;
			return true;
		}
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("unknown codeset: '%s': use linux, xt, atset1, atset2, atset3, os_x, xt_kbd, usb, "
		      "win32 or qnum"), name);
}

bool keycode_find(guint set, const char *text, guint *ret_code, GError **error)
{
	guint64 number;
	bool hex = g_str_has_prefix(text, "0x");

	if (g_ascii_string_to_unsigned(hex ? text + 2 : text, hex ? 16 : 10, 0, 0xffff, &number, NULL)) {
		*ret_code = (guint)number;
		return true;
	}
	for (gsize i = 0; set == VIR_KEYCODE_SET_LINUX && i < G_N_ELEMENTS(linux_keys); i++)
		if (!strcmp(linux_keys[i].name, text)) {
			*ret_code = linux_keys[i].code;
			return true;
		}
	if (set == VIR_KEYCODE_SET_LINUX)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("invalid keycode: '%s': use a number or a name such as KEY_ENTER"), text);
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("invalid keycode: '%s': the codeset %s takes numbers only"), text, sets[set]);
}
