/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>

#include <glib.h>
#include <libvirt/libvirt.h>
#include <linux/input-event-codes.h>

#include "drivers/qemu/monitor/keycode.h"

typedef struct Key {
	short linux_code, atset1, atset2, atset3, osx, xt_kbd, usb, win32, qnum;
} Key;

static const Key keys[] = {
#define KEY(name, set1, set2, set3, osx_, xt, usb_, win, q)                                        \
	{ name, (short)(set1), (short)(set2), (short)(set3), osx_, (short)(xt), usb_, win, q },
#include "drivers/qemu/monitor/keycode.def"
#undef KEY
};

/* Where each set's number is. XT and set 1 differ only in keys that XT keyboards do not have. */
static const size_t offsets[] = {
	[VIR_KEYCODE_SET_LINUX] = offsetof(Key, linux_code),
	[VIR_KEYCODE_SET_XT] = offsetof(Key, atset1),
	[VIR_KEYCODE_SET_ATSET1] = offsetof(Key, atset1),
	[VIR_KEYCODE_SET_ATSET2] = offsetof(Key, atset2),
	[VIR_KEYCODE_SET_ATSET3] = offsetof(Key, atset3),
	[VIR_KEYCODE_SET_OSX] = offsetof(Key, osx),
	[VIR_KEYCODE_SET_XT_KBD] = offsetof(Key, xt_kbd),
	[VIR_KEYCODE_SET_USB] = offsetof(Key, usb),
	[VIR_KEYCODE_SET_WIN32] = offsetof(Key, win32),
	[VIR_KEYCODE_SET_QNUM] = offsetof(Key, qnum),
};

int keycode_to_qnum(int codeset, unsigned code)
{
	unsigned short none = codeset == VIR_KEYCODE_SET_OSX ? 0xffff : 0;

	if (codeset < 0 || codeset >= (int)G_N_ELEMENTS(offsets) || code >= 0xffff || code == none)
		return -1;
	for (unsigned i = 0; i < G_N_ELEMENTS(keys); i++) {
		const unsigned char *key = (const unsigned char *)&keys[i];

		if (*(const unsigned short *)(key + offsets[codeset]) == (unsigned short)code)
			return keys[i].qnum;
	}
	return -1;
}
