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

/* A command that calls one procedure about a domain and says so. */
#define DOMAIN_VERB(function, proc, result, good, bad) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		const Domain *domain = domain_arg(session, args, error); \
		remote_##proc##_args call = { 0 }; \
\
		if (!domain) \
			return false; \
		call.dom = *domain; \
		if (!TELL(session, proc, &call, error)) \
			return failed(session, _(bad), domain->name); \
		out_done(session, domain_result(domain, result), _(good), domain->name); \
		return true; \
	}

DOMAIN_VERB(cmd_suspend, domain_suspend, "suspend", N_("Domain '%s' suspended\n"),
	    N_("Failed to suspend domain '%s'"))
DOMAIN_VERB(cmd_resume, domain_resume, "resume", N_("Domain '%s' resumed\n"),
	    N_("Failed to resume domain '%s'"))
DOMAIN_VERB(cmd_reset, domain_reset, "reset", N_("Domain '%s' was reset\n"),
	    N_("Failed to reset domain '%s'"))
DOMAIN_VERB(cmd_dompmwakeup, domain_pm_wakeup, "wakeup", N_("Domain '%s' successfully woken up\n"),
	    N_("Domain '%s' could not be woken up"))

bool cmd_inject_nmi(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_inject_nmi_args call = { 0 };

	if (!domain)
		return false;
	call.dom = *domain;
	if (!TELL(session, domain_inject_nmi, &call, error))
		return false;
	out_value(session, domain_result(domain, "inject-nmi"));
	return true;
}

/* Flags of a comma separated list of words; false for a word that is not in the table. */
static bool modes_read(const Args *args, const FlagOption *table, unsigned int *flags, GError **error)
{
	const FlagWords known = { table, N_("Unknown mode '%s': use acpi, agent, initctl, signal or paravirt") };

	return args_words(args, "mode", &known, flags, error);
}

bool cmd_shutdown(Session *session, const Args *args, GError **error)
{
	static const FlagOption modes[] = {
		{ "acpi", VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN }, { "agent", VIR_DOMAIN_SHUTDOWN_GUEST_AGENT },
		{ "initctl", VIR_DOMAIN_SHUTDOWN_INITCTL },	{ "signal", VIR_DOMAIN_SHUTDOWN_SIGNAL },
		{ "paravirt", VIR_DOMAIN_SHUTDOWN_PARAVIRT },	{ NULL, 0 },
	};
	remote_domain_shutdown_flags_args call = { 0 };
	remote_domain_shutdown_args plain = { 0 };
	const Domain *domain;
	bool good;

	if (!modes_read(args, modes, &call.flags, error))
		return false;
	domain = domain_arg(session, args, error);
	if (!domain)
		return false;
	call.dom = plain.dom = *domain;
	good = call.flags ? TELL(session, domain_shutdown_flags, &call, error) :
			    TELL(session, domain_shutdown, &plain, error);
	if (!good)
		return failed(session, _("Failed to shutdown domain '%s'"), domain->name);
	out_done(session, domain_result(domain, "shutdown"), _("Domain '%s' is being shutdown\n"),
		 domain->name);
	return true;
}

bool cmd_reboot(Session *session, const Args *args, GError **error)
{
	static const FlagOption modes[] = {
		{ "acpi", VIR_DOMAIN_REBOOT_ACPI_POWER_BTN }, { "agent", VIR_DOMAIN_REBOOT_GUEST_AGENT },
		{ "initctl", VIR_DOMAIN_REBOOT_INITCTL },     { "signal", VIR_DOMAIN_REBOOT_SIGNAL },
		{ "paravirt", VIR_DOMAIN_REBOOT_PARAVIRT },   { NULL, 0 },
	};
	remote_domain_reboot_args call = { 0 };
	const Domain *domain;

	if (!modes_read(args, modes, &call.flags, error))
		return false;
	domain = domain_arg(session, args, error);
	if (!domain)
		return false;
	call.dom = *domain;
	if (!TELL(session, domain_reboot, &call, error))
		return failed(session, _("Failed to reboot domain '%s'"), domain->name);
	out_done(session, domain_result(domain, "reboot"), _("Domain '%s' is being rebooted\n"),
		 domain->name);
	return true;
}

bool cmd_destroy(Session *session, const Args *args, GError **error)
{
	static const FlagOption table[] = {
		{ "graceful", VIR_DOMAIN_DESTROY_GRACEFUL },
		{ "remove-logs", VIR_DOMAIN_DESTROY_REMOVE_LOGS },
		{ NULL, 0 },
	};
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_destroy_args plain = { 0 };
	remote_domain_destroy_flags_args call = { .flags = args_flags(args, table) };
	bool good;

	if (!domain)
		return false;
	call.dom = plain.dom = *domain;
	good = call.flags ? TELL(session, domain_destroy_flags, &call, error) :
			    TELL(session, domain_destroy, &plain, error);
	if (!good)
		return failed(session, _("Failed to destroy domain '%s'"), domain->name);
	out_done(session, domain_result(domain, "destroy"), _("Domain '%s' destroyed\n"), domain->name);
	return true;
}

bool cmd_autostart(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	bool on = !args_has(args, "disable");
	remote_domain_set_autostart_args call = { .autostart = on };

	if (!domain)
		return false;
	call.dom = *domain;
	if (!TELL(session, domain_set_autostart, &call, error))
		return failed(session,
			      on ? _("Failed to mark domain '%s' as autostarted") :
				   _("Failed to unmark domain '%s' as autostarted"), domain->name);
	out_done(session, domain_result(domain, on ? "autostart" : "no-autostart"),
		 on ? _("Domain '%s' marked as autostarted\n") :
		      _("Domain '%s' unmarked as autostarted\n"), domain->name);
	return true;
}

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

bool cmd_dompmsuspend(Session *session, const Args *args, GError **error)
{
	static const FlagOption targets[] = {
		{ "mem", VIR_NODE_SUSPEND_TARGET_MEM },
		{ "disk", VIR_NODE_SUSPEND_TARGET_DISK },
		{ "hybrid", VIR_NODE_SUSPEND_TARGET_HYBRID },
		{ NULL, 0 },
	};
	const Domain *domain = domain_arg(session, args, error);
	const FlagOption *target = targets;
	remote_domain_pm_suspend_for_duration_args call = { 0 };

	if (!domain || !args_ulong(args, "duration", &call.duration, error))
		return false;
	while (target->name && strcmp(target->name, args_text(args, "target")) != 0)
		target++;
	if (!target->name)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("Invalid target '%s': use mem, disk or hybrid"), args_text(args, "target"));
	call.dom = *domain;
	call.target = target->flag;
	if (!TELL(session, domain_pm_suspend_for_duration, &call, error))
		return failed(session, _("Domain '%s' could not be suspended"), domain->name);
	out_done(session, domain_result(domain, "pmsuspend"), _("Domain '%s' successfully suspended"),
		 domain->name);
	return true;
}

bool cmd_set_lifecycle_action(Session *session, const Args *args, GError **error)
{
	static const char *const types[] = { "poweroff", "reboot", "crash", NULL };
	static const char *const actions[] = { "destroy",	 "restart",	      "rename-restart", "preserve",
					       "coredump-destroy", "coredump-restart", NULL };
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_set_lifecycle_action_args call = { 0 };

	if (!domain || !args_affect(args, &call.flags, error))
		return false;
	while (types[call.type] && strcmp(types[call.type], args_text(args, "type")) != 0)
		call.type++;
	while (actions[call.action] && strcmp(actions[call.action], args_text(args, "action")) != 0)
		call.action++;
	if (!types[call.type])
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("Invalid lifecycle type '%s': use poweroff, reboot or crash"),
			    args_text(args, "type"));
	if (!actions[call.action])
		return fail(error, VIR_ERR_INVALID_ARG, _("Invalid lifecycle action '%s'"),
			    args_text(args, "action"));
	call.dom = *domain;
	if (!TELL(session, domain_set_lifecycle_action, &call, error))
		return failed(session, _("Unable to change lifecycle action."));
	out_value(session, domain_result(domain, "set-lifecycle-action"));
	return true;
}
