/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counters of the host's end of a guest's interface, from the kernel by netlink: /sys may show another
 * network namespace than the one that we are in.
 */
#include "config.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "drivers/qemu/live/live.h"

enum { ANSWER_MAX = 32 * 1024 }; /* bytes; the kernel's own limit of such a message */

static bool link_ask(int socket, unsigned index)
{
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST },
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index },
	};

	return send(socket, &request, sizeof(request), 0) == (ssize_t)sizeof(request);
}

static bool counters_find(const struct nlmsghdr *answer, size_t length, struct rtnl_link_stats64 *ret)
{
	const struct ifinfomsg *link = NLMSG_DATA(answer);
	const struct rtattr *attribute = IFLA_RTA(link);
	size_t left;

	if (!NLMSG_OK(answer, length) || answer->nlmsg_type != RTM_NEWLINK ||
	    answer->nlmsg_len < NLMSG_LENGTH(sizeof(*link)))
		return false;
	left = IFLA_PAYLOAD(answer);
	for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
		if (attribute->rta_type != IFLA_STATS64)
			continue;
		/* Newer kernels know more counters than our headers, older ones fewer. */
		memset(ret, 0, sizeof(*ret));
		memcpy(ret, RTA_DATA(attribute), MIN(RTA_PAYLOAD(attribute), sizeof(*ret)));
		return true;
	}
	return false;
}

static bool counters_read(const char *device, struct rtnl_link_stats64 *ret)
{
	g_autofree char *answer = NULL;
	unsigned index = if_nametoindex(device);
	g_autofd int fd = -1;
	ssize_t n;

	if (index == 0)
		return false;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || !link_ask(fd, index))
		return false;
	answer = g_malloc(ANSWER_MAX);
	/* The kernel answers within send(). */
	n = recv(fd, answer, ANSWER_MAX, MSG_DONTWAIT);
	return n > 0 && counters_find((const struct nlmsghdr *)answer, (size_t)n, ret);
}

bool live_net_counters(const char *device, InterfaceStats *ret)
{
	struct rtnl_link_stats64 host;

	if (!counters_read(device, &host))
		return false;
	*ret = (InterfaceStats){
		.rx_bytes = (int64_t)host.rx_bytes,
		.rx_packets = (int64_t)host.rx_packets,
		.rx_errs = (int64_t)host.rx_errors,
		.rx_drop = (int64_t)host.rx_dropped,
		.tx_bytes = (int64_t)host.tx_bytes,
		.tx_packets = (int64_t)host.tx_packets,
		.tx_errs = (int64_t)host.tx_errors,
		.tx_drop = (int64_t)host.tx_dropped,
	};
	return true;
}
