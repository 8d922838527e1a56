/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests to the kernel about interfaces, addresses and routes (rtnetlink(7)): a message is built up
 * from attributes and sent; the kernel's answer is waited for. Used by reeve-priv, by one request at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <linux/netlink.h>

typedef struct Netlink {
	GByteArray *bytes; /* one message, its header first */
} Netlink;

Netlink netlink_begin(uint16_t type, uint16_t flags, const void *body, size_t length);
void netlink_put(Netlink *message, uint16_t type, const void *data, size_t length);
void netlink_put_text(Netlink *message, uint16_t type, const char *text);
void netlink_put_u32(Netlink *message, uint16_t type, uint32_t value);
/* What is put until the end lies within. */
size_t netlink_nest_begin(Netlink *message, uint16_t type);
void netlink_nest_end(Netlink *message, size_t begin);

/* Sends it and frees it: 0, or a negative errno. */
int netlink_send(Netlink *message);

/* What the kernel says of the interface @name: 0, -ENODEV when there is none. */
typedef struct LinkFacts {
	int index;
	char kind[16];	 /* "bridge"; empty for what has none */
	char alias[256]; /* empty: none */
} LinkFacts;
int netlink_link(const char *name, LinkFacts *ret);
