/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tap devices: made, put into a bridge and up. They vanish with their last descriptor. Needs
 * CAP_NET_ADMIN, thus reeve-priv; one that exists can be opened by the user whom it was made for.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <net/if.h>

#define TAP_QUEUES_MAX 32

typedef struct Tap {
	const char *name;   /* wanted, or NULL for the next free vnetN */
	const char *bridge; /* or NULL */
	const char *mac;    /* of the guest: the host's end gets it with a first byte of fe; or NULL */
	unsigned mtu;	    /* 0: the bridge's, or the default */
	unsigned queues;
	bool existing;	/* @name was made by somebody else and is opened as it is */
	char opened_name[IFNAMSIZ];
	int fds[TAP_QUEUES_MAX]; /* @queues of them, the caller's */
} Tap;

bool tap_open(Tap *tap, GError **error);
