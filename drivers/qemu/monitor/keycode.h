/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of a keyboard, from any of libvirt's sets of numbers to QEMU's. Pure; used by the worker. */
#pragma once

/* The number that QEMU's send-key takes for @code of virKeycodeSet @codeset; -1 when there is none. */
int keycode_to_qnum(int codeset, unsigned code);
