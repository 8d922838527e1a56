/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether KVM can run a guest on this host, found out by running one: a few instructions in 64-bit
 * mode that do what every kernel does in its first milliseconds. A /dev/kvm that opens says little:
 * where KVM is made of something else than the processor's virtualisation (a nested host without
 * it), it takes ordinary guests and lets them hang. Runs in the probe process only.
 */
#pragma once

#include <stdbool.h>

/*
 * True when a guest ran to its end. Else *ret_reason (caller frees with g_free()) is a sentence
 * for people. Takes some milliseconds, at most KVM_PROBE_SECONDS.
 */
#define KVM_PROBE_SECONDS 5
bool kvm_probe_usable(char **ret_reason);
