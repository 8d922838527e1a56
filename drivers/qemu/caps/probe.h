/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The probe process of the qemu driver (`reeve-vm --probe qemu WHAT`): asks a QEMU binary what it
 * can do, or the kernel whether KVM works, and prints the answer as one JSON document. Short-lived;
 * it may hang or crash with what it asks without harm to anybody.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <jansson.h>

/* Version of the documents; caches of another one are thrown away. */
#define QEMU_PROBE_FORMAT 2

/* @what is "kvm" or the path of a binary. Prints to standard output; returns the exit status. */
int qemu_probe(const char *what);

/*
 * What the binary at @path says, by running it: an object that caps.c reads. NULL and
 * VIR_ERR_OPERATION_FAILED when it does not answer. @kvm: ask for the CPUs under KVM too.
 */
json_t *qemu_probe_binary(const char *path, bool kvm, GError **error);
