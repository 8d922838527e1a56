/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/tap.h"

#define NAME_PATTERN "vnet%d" /* the kernel puts the next free number in */

/* A bridge prefers the lowest address of its ports for its own: fe keeps ours out of that. */
#define HOST_END 0xfe

static bool name_check(const char *name, const char *what, GError **error)
{
	size_t length = strlen(name);

	if (length == 0 || length >= IFNAMSIZ || g_str_equal(name, ".") || g_str_equal(name, ".."))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' cannot be the name of a %s: 1 to %d characters are allowed"),
			    name, what, IFNAMSIZ - 1);
	for (const char *c = name; *c; c++)
		if (!g_ascii_isalnum(*c) && !strchr("_.-", *c))
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("'%s' cannot be the name of a %s: of other characters than "
				      "letters and digits only '_', '.' and '-' are allowed"),
				    name, what);
	return true;
}

static bool mac_parse(const char *text, unsigned char mac[6])
{
	unsigned bytes[6];
	char rest;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
		   &bytes[4], &bytes[5], &rest) != 6)
		return false;
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (unsigned char)bytes[i];
	return true;
}

static bool existing_fail(const Tap *tap, int errnum, GError **error)
{
	switch (errnum) {
	case EBUSY:
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the tap device '%s' is in use by somebody else"), tap->opened_name);
	case EINVAL:
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' is no tap device that can be opened with %u queues; see "
			      "'ip -d link show %s' (more than one needs 'multi_queue')"),
			    tap->opened_name, tap->queues, tap->opened_name);
	case EPERM:
		return fail(error, VIR_ERR_OPERATION_DENIED,
			    _("the tap device '%s' belongs to another user; make it with 'ip tuntap "
			      "add %s mode tap user ...'"),
			    tap->opened_name, tap->opened_name);
	default:
		return fail_errno(error, errnum, _("cannot open the tap device '%s'"),
				  tap->opened_name);
	}
}

static bool new_fail(const Tap *tap, int errnum, GError **error)
{
	/* EINVAL: the name is that of an interface of another kind. */
	if (errnum == EBUSY || (errnum == EINVAL && if_nametoindex(tap->opened_name)))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("a network device '%s' exists already; choose another name in "
			      "<target dev=...> or leave it out"),
			    tap->opened_name);
	return fail_errno(error, errnum, _("cannot make the tap device '%s' (it needs privileges)"),
			  tap->opened_name);
}

static bool queue_open(Tap *tap, unsigned i, GError **error)
{
	struct ifreq request = { 0 };
	g_autofd int fd = -1;

	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail_errno(error, errno, _("cannot open /dev/net/tun for a tap device"));
	request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (tap->queues > 1)
		request.ifr_flags |= IFF_MULTI_QUEUE;
	if (i == 0 && !tap->existing)
		request.ifr_flags |= IFF_TUN_EXCL;
	memcpy(request.ifr_name, tap->opened_name, IFNAMSIZ);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return tap->existing ? existing_fail(tap, errno, error) :
				       new_fail(tap, errno, error);
	memcpy(tap->opened_name, request.ifr_name, IFNAMSIZ);
	tap->opened_name[IFNAMSIZ - 1] = '\0';
	tap->fds[i] = take_fd(&fd);
	return true;
}

static void request_set(struct ifreq *request, const char *name)
{
	memset(request, 0, sizeof(*request));
	g_strlcpy(request->ifr_name, name, IFNAMSIZ);
}

static bool mac_set(int control, const Tap *tap, GError **error)
{
	struct ifreq request;
	unsigned char mac[6];

	if (!tap->mac)
		return true;
	if (!mac_parse(tap->mac, mac))
		return fail(error, VIR_ERR_INVALID_MAC, _("'%s' is no MAC address"), tap->mac);
	request_set(&request, tap->opened_name);
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, mac, sizeof(mac));
	request.ifr_hwaddr.sa_data[0] = (char)HOST_END;
	if (ioctl(control, SIOCSIFHWADDR, &request) < 0)
		return fail_errno(error, errno, _("cannot set the MAC address of tap device '%s'"),
				  tap->opened_name);
	return true;
}

static bool mtu_set(int control, const Tap *tap, GError **error)
{
	struct ifreq request;
	unsigned mtu = tap->mtu;

	if (mtu == 0 && tap->bridge) {
		request_set(&request, tap->bridge);
		if (ioctl(control, SIOCGIFMTU, &request) == 0)
			mtu = (unsigned)request.ifr_mtu;
	}
	if (mtu == 0)
		return true;
	request_set(&request, tap->opened_name);
	request.ifr_mtu = (int)mtu;
	if (ioctl(control, SIOCSIFMTU, &request) < 0)
		return fail_errno(error, errno, _("cannot set the MTU of tap device '%s' to %u"),
				  tap->opened_name, mtu);
	return true;
}

static bool bridge_join(int control, const Tap *tap, GError **error)
{
	struct ifreq request;

	if (!tap->bridge)
		return true;
	request_set(&request, tap->bridge);
	request.ifr_ifindex = (int)if_nametoindex(tap->opened_name);
	if (ioctl(control, SIOCBRADDIF, &request) == 0)
		return true;
	if (errno == ENODEV)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("there is no bridge '%s' on this host; see 'ip link show type bridge'"),
			    tap->bridge);
	if (errno == EOPNOTSUPP || errno == ENOPKG)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("'%s' is no bridge"), tap->bridge);
	return fail_errno(error, errno, _("cannot put tap device '%s' into bridge '%s'"),
			  tap->opened_name, tap->bridge);
}

static bool up_set(int control, const Tap *tap, GError **error)
{
	struct ifreq request;

	request_set(&request, tap->opened_name);
	if (ioctl(control, SIOCGIFFLAGS, &request) < 0)
		return fail_errno(error, errno, _("cannot look at tap device '%s'"),
				  tap->opened_name);
	request.ifr_flags |= IFF_UP;
	if (ioctl(control, SIOCSIFFLAGS, &request) < 0)
		return fail_errno(error, errno, _("cannot start tap device '%s'"), tap->opened_name);
	return true;
}

static bool tap_set_up(Tap *tap, GError **error)
{
	g_autofd int control = -1;

	for (unsigned i = 0; i < tap->queues; i++)
		if (!queue_open(tap, i, error))
			return false;
	/* Its address, its MTU and where it is plugged in are the business of who made it. */
	if (tap->existing)
		return true;
	control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (control < 0)
		return fail_errno(error, errno, _("cannot make a socket"));
	return mac_set(control, tap, error) && mtu_set(control, tap, error) &&
	       bridge_join(control, tap, error) && up_set(control, tap, error);
}

bool tap_open(Tap *tap, GError **error)
{
	for (unsigned i = 0; i < TAP_QUEUES_MAX; i++)
		tap->fds[i] = -1;
	if (tap->queues < 1 || tap->queues > TAP_QUEUES_MAX)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("an interface cannot have %u queues, at most %d"), tap->queues,
			    TAP_QUEUES_MAX);
	if (tap->mtu > 65535)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED, _("an MTU of %u is too large"),
			    tap->mtu);
	if (tap->name && !g_str_equal(tap->name, NAME_PATTERN) &&
	    !name_check(tap->name, _("tap device"), error))
		return false;
	if (tap->bridge && !name_check(tap->bridge, _("bridge"), error))
		return false;
	g_strlcpy(tap->opened_name, tap->name ? tap->name : NAME_PATTERN, IFNAMSIZ);
	if (tap->existing && !if_nametoindex(tap->opened_name))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("there is no tap device '%s' on this host; make it with 'ip tuntap add "
			      "%s mode tap', or let it be made: leave out managed='no'"),
			    tap->opened_name, tap->opened_name);
	if (tap_set_up(tap, error))
		return true;
	for (unsigned i = 0; i < tap->queues; i++)
		fd_clear(&tap->fds[i]);
	return false;
}
