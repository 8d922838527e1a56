/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What interfaces and networks have in common and how its parts contradict each other. */
#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

enum { VLAN_LAST = 4095, PROFILE_MAX = 39 };

bool vlan_check(const Vlan *vlan, const char *what, GError **error)
{
	guint natives = 0, tags = vlan ? list_length(vlan->tags) : 0;

	if (!vlan)
		return true;
	if (tags == 0)
		return fail(error, VIR_ERR_XML_ERROR, _("%s: <vlan> needs a <tag id='...'/>"), what);
	for (guint i = 0; i < tags; i++) {
		const VlanTag *tag = list_get(vlan->tags, i);

		if (tag->id > VLAN_LAST)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: the VLAN %u is beyond the last one, %d"), what, tag->id,
				    VLAN_LAST);
		natives += tag->native_mode != NATIVE_VLAN_ABSENT;
	}
	if (natives > 1)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: two VLANs have a nativeMode; a port has one native VLAN"), what);
	if (vlan->trunk == TRISTATE_NO && (tags > 1 || natives > 0))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: several VLANs, or a native one, need trunk='yes'"), what);
	return true;
}

/* Parameters that a type of port does not have. */
static const char *virtualport_extra(const VirtualPort *port)
{
	bool qbg = port->type == VIRTUALPORT_8021QBG, qbh = port->type == VIRTUALPORT_8021QBH;
	bool open = port->type == VIRTUALPORT_OPENVSWITCH;
	bool midonet = port->type == VIRTUALPORT_MIDONET;

	if (!qbg && port->has_managerid)
		return "managerid";
	if (!qbg && port->has_typeid)
		return "typeid";
	if (!qbg && port->has_typeidversion)
		return "typeidversion";
	if (!qbg && !uuid_is_absent(&port->instanceid))
		return "instanceid";
	if (!qbh && !open && port->profileid)
		return "profileid";
	if (!open && !midonet && !uuid_is_absent(&port->interfaceid))
		return "interfaceid";
	return NULL;
}

/* @merged: what is missing comes from a network and its port group. */
bool virtualport_check(const VirtualPort *port, bool merged, const char *what, GError **error)
{
	const char *extra;

	if (!port)
		return true;
	if (port->managerid > 0xff || port->typeidversion > 0xff || port->typeid > 0xffffff)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: in a <virtualport> the managerid and typeidversion are at most "
			      "255, the typeid at most 16777215"), what);
	if (port->profileid && strlen(port->profileid) > PROFILE_MAX)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: the profileid of a <virtualport> has at most %d bytes"), what,
			    PROFILE_MAX);
	if (!port->type || port->type == VIRTUALPORT_NONE)
		return merged || fail(error, VIR_ERR_XML_ERROR,
				      _("%s: a <virtualport> needs a type"), what);
	extra = virtualport_extra(port);
	if (extra)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: a virtualport of type '%s' has no %s"), what,
			    virtualport_type_name(port->type), extra);
	if (port->type == VIRTUALPORT_8021QBG && !merged &&
	    !(port->has_managerid && port->has_typeid && port->has_typeidversion))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: a virtualport of type 802.1Qbg needs managerid, typeid and "
			      "typeidversion"), what);
	if (port->type == VIRTUALPORT_8021QBH && !merged && !port->profileid)
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: a virtualport of type 802.1Qbh needs a profileid"), what);
	if (port->type == VIRTUALPORT_MIDONET && !merged && uuid_is_absent(&port->interfaceid))
		return fail(error, VIR_ERR_XML_ERROR,
			    _("%s: a virtualport of type midonet needs an interfaceid"), what);
	return true;
}

static bool rate_check(const BandwidthRate *rate, const char *what, GError **error)
{
	return !rate || rate->has_average || rate->has_floor ||
	       fail(error, VIR_ERR_XML_DETAIL,
		    _("%s: a limit in <bandwidth> needs 'average' or 'floor'"), what);
}

bool bandwidth_check(const Bandwidth *bandwidth, const char *what, GError **error)
{
	if (!bandwidth)
		return true;
	if (!rate_check(bandwidth->in, what, error) || !rate_check(bandwidth->out, what, error))
		return false;
	if (bandwidth->out && bandwidth->out->has_floor)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: only what comes in has a 'floor' in <bandwidth>"), what);
	return true;
}

bool reconnect_check(const Reconnect *reconnect, const char *what, GError **error)
{
	return reconnect->enabled != TRISTATE_YES || reconnect->timeout || reconnect->delay_ms ||
	       fail(error, VIR_ERR_XML_ERROR,
		    _("%s: <reconnect enabled='yes'> needs a 'timeout' or a 'delay'"), what);
}

static bool ips_check(const GPtrArray *ips, const char *what, GError **error)
{
	for (guint i = 0; i < list_length(ips); i++) {
		const NetIp *ip = list_get(ips, i);
		bool six = g_strcmp0(ip->family, "ipv6") == 0;
		unsigned char address[16];

		if (ip->family && !six && strcmp(ip->family, "ipv4") != 0)
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: the family of an <ip> is ipv4 or ipv6, not '%s'"), what,
				    ip->family);
		if (inet_pton(six ? AF_INET6 : AF_INET, ip->address, address) != 1 &&
		    (ip->family || inet_pton(AF_INET6, ip->address, address) != 1))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("%s: '%s' is no address of the family of its <ip>"), what,
				    ip->address);
	}
	return true;
}

bool interface_net_check(const DomainInterface *interface, const char *what, GError **error)
{
	if (interface->mtu && interface->type == INTERFACE_DIRECT)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: the MTU of an interface of type 'direct' is that of the host's "
			      "device"), what);
	if (interface->type == INTERFACE_VHOSTUSER &&
	    interface->vhost.reconnect.enabled == TRISTATE_YES &&
	    interface->vhost.mode == CHARDEV_MODE_SERVER)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("%s: only who connects can <reconnect>, not mode 'server'"), what);
	return reconnect_check(&interface->vhost.reconnect, what, error) &&
	       virtualport_check(interface->virtualport, interface->type == INTERFACE_NETWORK, what,
				 error) &&
	       vlan_check(interface->vlan, what, error) &&
	       bandwidth_check(interface->bandwidth, what, error) &&
	       ips_check(interface->ips, what, error);
}
