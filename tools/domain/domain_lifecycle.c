/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting and stopping domains, and all between. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/domain/console.h"
#include "tools/object/domain_ref.h"
#include "tools/cli/xmlfile.h"

static const FlagOption start_flags[] = {
	{ "paused", VIR_DOMAIN_START_PAUSED },
	{ "autodestroy", VIR_DOMAIN_START_AUTODESTROY },
	{ "bypass-cache", VIR_DOMAIN_START_BYPASS_CACHE },
	{ "force-boot", VIR_DOMAIN_START_FORCE_BOOT },
	{ "reset-nvram", VIR_DOMAIN_START_RESET_NVRAM },
	{ "validate", VIR_DOMAIN_START_VALIDATE },
	{ NULL, 0 },
};

/* Descriptors of --pass-fds, "3,4,5"; the array is of int. */
static GArray *descriptors_read(const Args *args, GError **error)
{
	const char *text = args_text(args, "pass-fds");
	g_auto(GStrv) words = g_strsplit(text ? text : "", ",", -1);
	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(int));

	for (gsize i = 0; words[i]; i++) {
		gint64 number;
		int fd;

		if (!g_ascii_string_to_signed(words[i], 10, 0, G_MAXINT, &number, NULL))
			return fail_null(error, VIR_ERR_INVALID_ARG,
					 _("'%s' is not a file descriptor's number"), words[i]);
		fd = (int)number;
		g_array_append_val(list, fd);
	}
	return g_steal_pointer(&list);
}

static bool start_with_files(Session *session, const Args *args, const Domain *domain, GError **error)
{
	remote_domain_create_with_files_args call = { *domain, args_flags(args, start_flags) };
	remote_domain_create_with_files_ret *ret;
	g_autoptr(GArray) fds = descriptors_read(args, error);

	if (!fds)
		return false;
	ret = session_call_fds(session, REMOTE_PROC_domain_create_with_files, &call, fds, error);
	return ret;
}

static bool start_plain(Session *session, const Args *args, const Domain *domain, GError **error)
{
	remote_domain_create_with_flags_args call = { *domain, args_flags(args, start_flags) };
	remote_domain_create_args plain = { *domain };

	if (!call.flags)
		return TELL(session, domain_create, &plain, error);
	return ASK(session, domain_create_with_flags, &call, error);
}

bool cmd_start(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	bool good;

	if (!domain)
		return false;
	if (domain->id >= 0)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("Domain is already active"));
	good = args_has(args, "pass-fds") ? start_with_files(session, args, domain, error) :
					    start_plain(session, args, domain, error);
	if (!good)
		return failed(session, _("Failed to start domain '%s'"), domain->name);
	out_done(session, domain_result(domain, "start"), _("Domain '%s' started\n"), domain->name);
	if (args_has(args, "console"))
		return console_run(session, domain, NULL, 0, error);
	return true;
}

static const Domain *create_with_files(Session *session, const Args *args, const char *xml,
				       GError **error)
{
	remote_domain_create_xml_with_files_args call = { (char *)xml, args_flags(args, start_flags) };
	remote_domain_create_xml_with_files_ret *ret;
	g_autoptr(GArray) fds = descriptors_read(args, error);

	if (!fds)
		return NULL;
	ret = session_call_fds(session, REMOTE_PROC_domain_create_xml_with_files, &call, fds, error);
	return ret ? &ret->dom : NULL;
}

static const Domain *create_plain(Session *session, const Args *args, const char *xml, GError **error)
{
	remote_domain_create_xml_args call = { (char *)xml, args_flags(args, start_flags) };
	remote_domain_create_xml_ret *ret = ASK(session, domain_create_xml, &call, error);

	return ret ? &ret->dom : NULL;
}

bool cmd_create(Session *session, const Args *args, GError **error)
{
	const char *xml = xmlfile_read(session, args, "file", error);
	const Domain *domain;

	if (!xml)
		return false;
	domain = args_has(args, "pass-fds") ? create_with_files(session, args, xml, error) :
					      create_plain(session, args, xml, error);
	if (!domain)
		return failed(session, _("Failed to create domain from %s"), args_text(args, "file"));
	out_done(session, domain_result(domain, "create"), _("Domain '%s' created from %s\n"),
		 domain->name, args_text(args, "file"));
	if (args_has(args, "console"))
		return console_run(session, domain, NULL, 0, error);
	return true;
}

