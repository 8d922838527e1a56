/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices as XML: attached, detached, updated; found by alias, target or address. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/domain/device.h"
#include "tools/cli/xmlfile.h"

bool device_attach(Session *session, const Args *args, const Domain *domain, const char *xml,
		   GError **error)
{
	remote_domain_attach_device_flags_args call = { *domain, (char *)xml, 0 };
	remote_domain_attach_device_args plain = { *domain, (char *)xml };

	if (!domain_affect(session, args, domain, &call.flags, error))
		return false;
	return call.flags || args_has(args, "current") ?
		       TELL(session, domain_attach_device_flags, &call, error) :
		       TELL(session, domain_attach_device, &plain, error);
}

bool device_detach(Session *session, const Args *args, const Domain *domain, const char *xml,
		   GError **error)
{
	remote_domain_detach_device_flags_args call = { *domain, (char *)xml, 0 };
	remote_domain_detach_device_args plain = { *domain, (char *)xml };

	if (!domain_affect(session, args, domain, &call.flags, error))
		return false;
	return call.flags || args_has(args, "current") ?
		       TELL(session, domain_detach_device_flags, &call, error) :
		       TELL(session, domain_detach_device, &plain, error);
}

bool device_update(Session *session, const Args *args, const Domain *domain, const char *xml,
		   GError **error)
{
	remote_domain_update_device_flags_args call = { *domain, (char *)xml, 0 };

	if (!domain_affect(session, args, domain, &call.flags, error))
		return false;
	if (args_has(args, "force"))
		call.flags |= VIR_DOMAIN_DEVICE_MODIFY_FORCE;
	return TELL(session, domain_update_device_flags, &call, error);
}

bool cmd_attach_device(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? xmlfile_read(session, args, "file", error) : NULL;

	if (!xml)
		return false;
	if (!device_attach(session, args, domain, xml, error))
		return failed(session, _("Failed to attach device from %s"), args_text(args, "file"));
	out_done(session, domain_result(domain, "attach-device"), _("Device attached successfully\n"));
	return true;
}

bool cmd_detach_device(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? xmlfile_read(session, args, "file", error) : NULL;

	if (!xml)
		return false;
	if (!device_detach(session, args, domain, xml, error))
		return failed(session, _("Failed to detach device from %s"), args_text(args, "file"));
	out_done(session, domain_result(domain, "detach-device"), _("Device detached successfully\n"));
	return true;
}

bool cmd_update_device(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? xmlfile_read(session, args, "file", error) : NULL;

	if (!xml)
		return false;
	if (!device_update(session, args, domain, xml, error))
		return failed(session, _("Failed to update device from %s"), args_text(args, "file"));
	out_done(session, domain_result(domain, "update-device"), _("Device updated successfully\n"));
	return true;
}

const char *domain_xml_target(Session *session, const Args *args, const Domain *domain, GError **error)
{
	unsigned int flags;

	if (!domain_affect(session, args, domain, &flags, error))
		return NULL;
	/* What is stored, when only that is to change; else what runs. */
	return domain_xml(session, domain,
			  (flags & VIR_DOMAIN_AFFECT_CONFIG) && !(flags & VIR_DOMAIN_AFFECT_LIVE) ?
				  VIR_DOMAIN_XML_INACTIVE :
				  0, error);
}

xmlNode *disk_find(Session *session, XmlView *view, const char *name)
{
	XmlNodes *disks = xml_find(session, view, NULL, "/domain/devices/disk");

	for (int i = 0; i < disks->n; i++) {
		const char *target = xml_text(session, view, disks->nodes[i], "target/@dev");
		const char *source = xml_text(session, view, disks->nodes[i],
					      "source/@file | source/@dev | source/@dir | source/@name");

		if ((target && !strcmp(target, name)) || (source && !strcmp(source, name)))
			return disks->nodes[i];
	}
	return NULL;
}

bool cmd_detach_disk(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? domain_xml_target(session, args, domain, error) : NULL;
	XmlView *view = xml ? xml_view(session, xml, error) : NULL;
	xmlNode *disk = view ? disk_find(session, view, args_text(args, "target")) : NULL;
	const char *device;

	if (!view)
		return false;
	if (!disk)
		return fail(error, VIR_ERR_INVALID_ARG, _("No disk found whose source path or target is %s"),
			    args_text(args, "target"));
	device = xml_node_text(session, view, disk);
	if (args_has(args, "print-xml")) {
		out_text(session, "xml", device);
		return true;
	}
	if (!device_detach(session, args, domain, device, error))
		return failed(session, _("Failed to detach disk"));
	out_done(session, domain_result(domain, "detach-disk"), _("Disk detached successfully\n"));
	return true;
}

/* The only interface of the type, or the one with the MAC address. */
static xmlNode *interface_find(Session *session, const Args *args, XmlView *view, GError **error)
{
	XmlNodes *all = xml_find(session, view, NULL, "/domain/devices/interface");
	const char *type = args_text(args, "type"), *mac = args_text(args, "mac");
	xmlNode *found = NULL;

	for (int i = 0; i < all->n; i++) {
		const char *its_type = xml_text(session, view, all->nodes[i], "@type");
		const char *its_mac = xml_text(session, view, all->nodes[i], "mac/@address");

		if (!its_type || strcmp(its_type, type) != 0 ||
		    (mac && (!its_mac || g_ascii_strcasecmp(its_mac, mac) != 0)))
			continue;
		if (found)
			return fail_null(error, VIR_ERR_INVALID_ARG,
					 _("Domain has %d interfaces. Please specify which one to detach "
					   "using --mac"), all->n);
		found = all->nodes[i];
	}
	if (!found && mac)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("No interface with MAC address %s was found"), mac);
	if (!found)
		return fail_null(error, VIR_ERR_INVALID_ARG, _("No interface found whose type is %s"), type);
	return found;
}

bool cmd_detach_interface(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? domain_xml_target(session, args, domain, error) : NULL;
	XmlView *view = xml ? xml_view(session, xml, error) : NULL;
	xmlNode *interface = view ? interface_find(session, args, view, error) : NULL;
	const char *device;

	if (!interface)
		return false;
	device = xml_node_text(session, view, interface);
	if (args_has(args, "print-xml")) {
		out_text(session, "xml", device);
		return true;
	}
	if (!device_detach(session, args, domain, device, error))
		return failed(session, _("Failed to detach interface"));
	out_done(session, domain_result(domain, "detach-interface"), _("Interface detached successfully\n"));
	return true;
}

/* --- media --- */

typedef enum MediaChange { MEDIA_EJECT, MEDIA_INSERT, MEDIA_UPDATE } MediaChange;

static MediaChange media_change(const Args *args)
{
	return args_has(args, "eject")  ? MEDIA_EJECT :
	       args_has(args, "insert") ? MEDIA_INSERT :
					  MEDIA_UPDATE;
}

static bool media_edit(Session *session, const Args *args, XmlView *view, xmlNode *disk, GError **error)
{
	MediaChange change = media_change(args);
	const char *source = args_text(args, "source");
	bool block = args_has(args, "block");
	XmlNodes *old = xml_find(session, view, disk, "source");
	xmlNode *node;

	if (change == MEDIA_INSERT && old->n)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("The disk device '%s' already has media"),
			    args_text(args, "path"));
	if (change == MEDIA_EJECT && !old->n)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("The disk device '%s' doesn't have media"),
			    args_text(args, "path"));
	if (change != MEDIA_EJECT && !source)
		return fail(error, VIR_ERR_INVALID_ARG, _("New disk source was not specified"));
	for (int i = 0; i < old->n; i++) {
		xmlUnlinkNode(old->nodes[i]);
		xmlFreeNode(old->nodes[i]);
	}
	if (change == MEDIA_EJECT)
		return true;
	node = xmlNewChild(disk, NULL, (const xmlChar *)"source", NULL);
	xmlNewProp(node, (const xmlChar *)(block ? "dev" : "file"), (const xmlChar *)source);
	xmlSetProp(disk, (const xmlChar *)"type", (const xmlChar *)(block ? "block" : "file"));
	return true;
}

bool cmd_change_media(Session *session, const Args *args, GError **error)
{
	static const char *const done[] = {
		[MEDIA_EJECT] = N_("Successfully ejected media.\n"),
		[MEDIA_INSERT] = N_("Successfully inserted media.\n"),
		[MEDIA_UPDATE] = N_("Successfully updated media.\n"),
	};
	const Domain *domain;
	const char *xml;
	XmlView *view;
	xmlNode *disk;

	if (!args_exclusive(args, "eject", "insert", error) ||
	    !args_exclusive(args, "eject", "update", error) ||
	    !args_exclusive(args, "insert", "update", error) ||
	    !args_exclusive(args, "eject", "block", error) || !args_exclusive(args, "eject", "source", error))
		return false;
	domain = domain_arg(session, args, error);
	xml = domain ? domain_xml_target(session, args, domain, error) : NULL;
	view = xml ? xml_view(session, xml, error) : NULL;
	if (!view)
		return false;
	disk = disk_find(session, view, args_text(args, "path"));
	if (!disk)
		return fail(error, VIR_ERR_INVALID_ARG, _("No disk found whose source path or target is %s"),
			    args_text(args, "path"));
	if (!media_edit(session, args, view, disk, error))
		return false;
	xml = xml_node_text(session, view, disk);
	if (args_has(args, "print-xml")) {
		out_text(session, "xml", xml);
		return true;
	}
	if (!device_update(session, args, domain, xml, error))
		return failed(session, _("Failed to complete action on media"));
	out_done(session, domain_result(domain, "change-media"), "%s", _(done[media_change(args)]));
	return true;
}
