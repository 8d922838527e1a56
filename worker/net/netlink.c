/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker/net/netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

enum { ANSWER_MAX = 65536 };

static const char zeros[NLMSG_ALIGNTO];

static void bytes_add(Netlink *message, const void *data, size_t length)
{
	g_byte_array_append(message->bytes, data, (guint)length);
	g_byte_array_append(message->bytes, (const guint8 *)zeros,
			    (guint)(NLMSG_ALIGN(length) - length));
}

Netlink netlink_begin(uint16_t type, uint16_t flags, const void *body, size_t length)
{
	Netlink message = { g_byte_array_new() };
	const struct nlmsghdr header = {
		.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = 1
	};

	bytes_add(&message, &header, sizeof(header));
	bytes_add(&message, body, length);
	return message;
}

void netlink_put(Netlink *message, uint16_t type, const void *data, size_t length)
{
	const struct rtattr header = { .rta_len = (unsigned short)RTA_LENGTH(length),
				       .rta_type = type };

	bytes_add(message, &header, sizeof(header));
	bytes_add(message, data, length);
}

void netlink_put_text(Netlink *message, uint16_t type, const char *text)
{
	netlink_put(message, type, text, strlen(text) + 1);
}

void netlink_put_u32(Netlink *message, uint16_t type, uint32_t value)
{
	netlink_put(message, type, &value, sizeof(value));
}

size_t netlink_nest_begin(Netlink *message, uint16_t type)
{
	size_t begin = message->bytes->len;

	netlink_put(message, type, NULL, 0);
	return begin;
}

void netlink_nest_end(Netlink *message, size_t begin)
{
	struct rtattr *header = (struct rtattr *)(void *)(message->bytes->data + begin);

	header->rta_len = (unsigned short)(message->bytes->len - begin);
}

/* Sends @message and receives the answer into @buffer: its length, or a negative errno. */
static ssize_t exchange(Netlink *message, char *buffer)
{
	g_autofd int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)message->bytes->data;
	ssize_t n;

	header->nlmsg_len = message->bytes->len;
	if (fd < 0 || send(fd, message->bytes->data, message->bytes->len, 0) < 0)
		n = -errno;
	else
		n = (n = recv(fd, buffer, ANSWER_MAX, 0)) < 0 ? -errno : n;
	g_clear_pointer(&message->bytes, g_byte_array_unref);
	return n;
}

/* The errno of an answer that is an error or an acknowledgement; 0 for others. */
static int answer_error(const char *buffer, ssize_t n)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)buffer;
	const struct nlmsgerr *error = NLMSG_DATA(header);

	if (n < (ssize_t)sizeof(*header))
		return -EBADMSG;
	return header->nlmsg_type == NLMSG_ERROR ? error->error : 0;
}

int netlink_send(Netlink *message)
{
	g_autofree char *buffer = g_malloc(ANSWER_MAX);
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)message->bytes->data;
	ssize_t n;

	header->nlmsg_flags |= NLM_F_ACK;
	n = exchange(message, buffer);
	return n < 0 ? (int)n : answer_error(buffer, n);
}

static void text_copy(char *to, size_t size, const struct rtattr *attribute)
{
	size_t length = MIN(RTA_PAYLOAD(attribute), size - 1);

	memcpy(to, RTA_DATA(attribute), length);
	to[length] = '\0';
}

static void kind_read(const struct rtattr *info, LinkFacts *ret)
{
	int left = (int)RTA_PAYLOAD(info);

	for (const struct rtattr *a = RTA_DATA(info); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_INFO_KIND)
			text_copy(ret->kind, sizeof(ret->kind), a);
}

int netlink_link(const char *name, LinkFacts *ret)
{
	const struct ifinfomsg body = { .ifi_family = AF_UNSPEC };
	Netlink message = netlink_begin(RTM_GETLINK, 0, &body, sizeof(body));
	g_autofree char *buffer = g_malloc(ANSWER_MAX);
	const struct nlmsghdr *header = (const struct nlmsghdr *)(const void *)buffer;
	const struct ifinfomsg *info = NLMSG_DATA(header);
	ssize_t n;
	int left, r;

	*ret = (LinkFacts){ 0 };
	netlink_put_text(&message, IFLA_IFNAME, name);
	n = exchange(&message, buffer);
	r = n < 0 ? (int)n : answer_error(buffer, n);
	if (r < 0)
		return r;
	ret->index = info->ifi_index;
	left = (int)IFLA_PAYLOAD(header);
	for (const struct rtattr *a = IFLA_RTA(info); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == IFLA_IFALIAS)
			text_copy(ret->alias, sizeof(ret->alias), a);
		else if (a->rta_type == IFLA_LINKINFO)
			kind_read(a, ret);
	}
	return 0;
}
