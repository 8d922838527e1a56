/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* attach-disk and attach-interface: XML made of options. */
#include "config.h"

#include <sys/stat.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/domain/device.h"

/* Appends " name='value'" when the option was given. */
static void attribute_append(GString *xml, const Args *args, const char *option, const char *name)
{
	g_autofree char *text = NULL;

	if (!args_has(args, option))
		return;
	text = g_markup_escape_text(args_text(args, option), -1);
	g_string_append_printf(xml, " %s='%s'", name, text);
}

static void leaf_append(GString *xml, const Args *args, const char *option, const char *element)
{
	g_autofree char *text = NULL;

	if (!args_has(args, option))
		return;
	text = g_markup_escape_text(args_text(args, option), -1);
	g_string_append_printf(xml, "  <%s>%s</%s>\n", element, text, element);
}

/*
 * "pci:0000.00.0a.0", "scsi:0.0.0", "ide:0.0.0", "ccw:0xfe.0.0001", "usb:1.2": the numbers of pci
 * and ccw are hexadecimal.
 */
static bool address_append(GString *xml, const Args *args, GError **error)
{
	static const struct {
		const char *prefix, *type;
		const char *names[5];
		bool hex;
	} kinds[] = {
		{ "pci:", "pci", { "domain", "bus", "slot", "function", NULL }, true },
		{ "scsi:", "drive", { "controller", "bus", "unit", NULL }, false },
		{ "ide:", "drive", { "controller", "bus", "unit", NULL }, false },
		{ "sata:", "drive", { "controller", "bus", "unit", NULL }, false },
		{ "ccw:", "ccw", { "cssid", "ssid", "devno", NULL }, true },
		{ "usb:", "usb", { "bus", "port", NULL }, false },
	};
	const char *text = args_text(args, "address");

	for (gsize k = 0; text && k < G_N_ELEMENTS(kinds); k++) {
		g_auto(GStrv) parts = NULL;
		guint n = g_strv_length((char **)kinds[k].names);

		if (!g_str_has_prefix(text, kinds[k].prefix))
			continue;
		parts = g_strsplit(text + strlen(kinds[k].prefix), ".", -1);
		if (g_strv_length(parts) != n)
			break;
		g_string_append_printf(xml, "  <address type='%s'", kinds[k].type);
		for (guint i = 0; i < n; i++) {
			guint64 number;
			const char *digits = g_str_has_prefix(parts[i], "0x") ? parts[i] + 2 : parts[i];

			if (!g_ascii_string_to_unsigned(digits, kinds[k].hex ? 16 : 10, 0, G_MAXUINT32,
							&number, NULL))
				return fail(error, VIR_ERR_INVALID_ARG,
					    _("'%s' in the address '%s' is not a number"), parts[i], text);
			g_string_append_printf(xml, kinds[k].hex ? " %s='0x%04x'" : " %s='%u'",
					       kinds[k].names[i], (guint)number);
		}
		if (args_has(args, "multifunction") && kinds[k].names[3])
			g_string_append(xml, " multifunction='on'");
		g_string_append(xml, "/>\n");
		return true;
	}
	if (text)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("Invalid address '%s': write pci:0000.00.05.0, scsi:0.0.1, sata:0.0.1, "
			      "ide:0.0.1, usb:1.1 or ccw:0xfe.0.0001"), text);
	return true;
}

static void network_source_append(GString *xml, const Args *args)
{
	g_string_append(xml, "  <source");
	attribute_append(xml, args, "source-protocol", "protocol");
	attribute_append(xml, args, "source", "name");
	g_string_append(xml, ">\n    <host");
	if (args_has(args, "source-host-name")) {
		g_auto(GStrv) parts = g_strsplit(args_text(args, "source-host-name"), ":", 2);
		g_autofree char *name = g_markup_escape_text(parts[0], -1);
		g_autofree char *port = parts[1] ? g_markup_escape_text(parts[1], -1) : NULL;

		g_string_append_printf(xml, " name='%s'", name);
		if (port)
			g_string_append_printf(xml, " port='%s'", port);
	}
	attribute_append(xml, args, "source-host-transport", "transport");
	attribute_append(xml, args, "source-host-socket", "socket");
	g_string_append(xml, "/>\n  </source>\n");
}

static const char *source_type(const Args *args)
{
	const char *type = args_text(args, "sourcetype");
	struct stat info;

	if (args_has(args, "source-protocol"))
		return "network";
	if (type)
		return type;
	return stat(args_text(args, "source"), &info) == 0 && S_ISBLK(info.st_mode) ? "block" : "file";
}

static void driver_append(GString *xml, const Args *args)
{
	if (!args_has(args, "driver") && !args_has(args, "subdriver") && !args_has(args, "cache") &&
	    !args_has(args, "io") && !args_has(args, "iothread"))
		return;
	g_string_append(xml, "  <driver");
	attribute_append(xml, args, "driver", "name");
	attribute_append(xml, args, "subdriver", "type");
	attribute_append(xml, args, "cache", "cache");
	attribute_append(xml, args, "io", "io");
	attribute_append(xml, args, "iothread", "iothread");
	g_string_append(xml, "/>\n");
}

static bool mode_append(GString *xml, const Args *args, GError **error)
{
	const char *mode = args_text(args, "mode");

	if (mode && strcmp(mode, "readonly") != 0 && strcmp(mode, "shareable") != 0)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("No support for %s in command 'attach-disk': --mode is readonly or shareable"),
			    mode);
	if (mode)
		g_string_append_printf(xml, "  <%s/>\n", mode);
	return true;
}

static bool disk_format(GString *xml, const Args *args, GError **error)
{
	const char *type = source_type(args);

	g_string_append_printf(xml, "<disk type='%s'", type);
	attribute_append(xml, args, "type", "device");
	if (args_has(args, "rawio"))
		g_string_append(xml, " rawio='yes'");
	g_string_append(xml, ">\n");
	driver_append(xml, args);
	if (!strcmp(type, "network")) {
		network_source_append(xml, args);
	} else if (args_text(args, "source")[0]) {
		g_string_append(xml, "  <source");
		attribute_append(xml, args, "source", !strcmp(type, "file") ? "file" :
						      !strcmp(type, "dir")  ? "dir" :
									      "dev");
		g_string_append(xml, "/>\n");
	}
	g_string_append(xml, "  <target");
	attribute_append(xml, args, "target", "dev");
	attribute_append(xml, args, "targetbus", "bus");
	g_string_append(xml, "/>\n");
	if (!mode_append(xml, args, error))
		return false;
	leaf_append(xml, args, "serial", "serial");
	leaf_append(xml, args, "wwn", "wwn");
	if (args_has(args, "alias")) {
		g_string_append(xml, "  <alias");
		attribute_append(xml, args, "alias", "name");
		g_string_append(xml, "/>\n");
	}
	if (!address_append(xml, args, error))
		return false;
	g_string_append(xml, "</disk>\n");
	return true;
}

typedef struct AttachWords {
	const char *result, *failed, *done;
} AttachWords;

/* What the options made: shown, or attached to the domain. */
static bool made_attach(Session *session, const Args *args, const char *xml, const AttachWords *words,
			GError **error)
{
	const Domain *domain;

	if (args_has(args, "print-xml")) {
		out_text(session, "xml", xml);
		return true;
	}
	domain = domain_arg(session, args, error);
	if (!domain)
		return false;
	if (!device_attach(session, args, domain, xml, error))
		return failed(session, "%s", _(words->failed));
	out_done(session, domain_result(domain, words->result), "%s", _(words->done));
	return true;
}

bool cmd_attach_disk(Session *session, const Args *args, GError **error)
{
	static const AttachWords words = { "attach-disk", N_("Failed to attach disk"),
					   N_("Disk attached successfully\n") };
	g_autoptr(GString) xml = g_string_new(NULL);

	return disk_format(xml, args, error) && made_attach(session, args, xml->str, &words, error);
}

/* "average,peak,burst,floor" as attributes of an element. */
static bool bandwidth_append(GString *xml, const Args *args, const char *option, GError **error)
{
	static const char *const names[] = { "average", "peak", "burst", "floor" };
	g_auto(GStrv) parts = NULL;

	if (!args_has(args, option))
		return true;
	parts = g_strsplit(args_text(args, option), ",", -1);
	g_string_append_printf(xml, "    <%s", option);
	for (gsize i = 0; parts[i]; i++) {
		guint64 number = 0;

		if (i >= G_N_ELEMENTS(names) || (parts[i][0] && !g_ascii_string_to_unsigned(parts[i], 10, 0,
											 G_MAXUINT64,
											 &number, NULL)))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("--%s '%s' is not average[,peak[,burst[,floor]]]"), option,
				    args_text(args, option));
		if (number)
			g_string_append_printf(xml, " %s='%" G_GUINT64_FORMAT "'", names[i], number);
	}
	g_string_append(xml, "/>\n");
	return true;
}

typedef struct SourceType {
	const char *type, *attribute;
} SourceType;

static const SourceType source_types[] = {
	{ "network", "network" },
	{ "bridge", "bridge" },
	{ "direct", "dev" },
};

static bool source_append(GString *xml, const Args *args, GError **error)
{
	const char *type = args_text(args, "type");

	if (!strcmp(type, "hostdev"))
		return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
			    _("interface type hostdev is not supported here: use attach-device with XML"));
	if (!strcmp(type, "user") || !strcmp(type, "ethernet"))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(source_types); i++)
		if (!strcmp(type, source_types[i].type)) {
			g_string_append(xml, "  <source");
			attribute_append(xml, args, "source", source_types[i].attribute);
			attribute_append(xml, args, "source-mode", "mode");
			g_string_append(xml, "/>\n");
			return true;
		}
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("No support for '%s' in command 'attach-interface': use network, bridge, direct, user "
		      "or ethernet"), type);
}

typedef struct Leaf {
	const char *option, *element, *attribute;
} Leaf;

static const Leaf leaves[] = {
	{ "target", "target", "dev" }, { "mac", "mac", "address" },  { "script", "script", "path" },
	{ "model", "model", "type" },  { "alias", "alias", "name" },
};

static bool interface_format(GString *xml, const Args *args, GError **error)
{
	g_string_append(xml, "<interface");
	attribute_append(xml, args, "type", "type");
	if (args_has(args, "managed"))
		g_string_append(xml, " managed='yes'");
	g_string_append(xml, ">\n");
	if (!source_append(xml, args, error))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(leaves); i++)
		if (args_has(args, leaves[i].option)) {
			g_string_append_printf(xml, "  <%s", leaves[i].element);
			attribute_append(xml, args, leaves[i].option, leaves[i].attribute);
			g_string_append(xml, "/>\n");
		}
	if (args_has(args, "inbound") || args_has(args, "outbound")) {
		g_string_append(xml, "  <bandwidth>\n");
		if (!bandwidth_append(xml, args, "inbound", error) ||
		    !bandwidth_append(xml, args, "outbound", error))
			return false;
		g_string_append(xml, "  </bandwidth>\n");
	}
	g_string_append(xml, "</interface>\n");
	return true;
}

bool cmd_attach_interface(Session *session, const Args *args, GError **error)
{
	static const AttachWords words = { "attach-interface", N_("Failed to attach interface"),
					   N_("Interface attached successfully\n") };
	g_autoptr(GString) xml = g_string_new(NULL);

	return interface_format(xml, args, error) &&
	       made_attach(session, args, xml->str, &words, error);
}
