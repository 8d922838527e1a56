/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/managed_save.h"
#include "daemon/guest/memory.h"
#include "daemon/host/priv_save.h"

/* By UUID: a domain may be renamed, and another one get its name. */
char *managed_save_path(const Domain *domain)
{
	return g_strdup_printf("%s/save/%s-%s.save", domain->engine->state_dir, domain->driver->name,
			       domain->uuid_text);
}

bool managed_save_prepare(const Domain *domain, GError **error)
{
	g_autofree char *directory = g_build_filename(domain->engine->state_dir, "save", NULL);

	return g_mkdir_with_parents(directory, 0700) == 0 ||
	       fail_errno(error, errno, _("cannot make the directory '%s'"), directory);
}

bool managed_save_remove_commit(Domain *domain, GError **error)
{
	g_autofree char *path = g_strdup(domain->managed_save);
	g_autoptr(GError) reason = NULL;

	if (!path)
		return true;
	if (!vm_managed_save_commit(domain, NULL, error))
		return false;
	/* Nobody will start from it any more; the next one takes its place. */
	if (!priv_save_remove_call(domain->engine, path, &reason))
		log_warning("%s", reason->message);
	return true;
}

/* ---- What stands in one --------------------------------------------------------------------- */

/* The CPU of the cookie in the place of @def's, which may say less. */
static bool cpu_take(DomainDef *def, const char *cookie, GError **error)
{
	g_autoptr(BindReader) reader = bind_reader_open(cookie, strlen(cookie), CONF_INACTIVE, NULL, error);
	g_autoptr(GError) reason = NULL;
	DomainCpu *cpu;

	if (!reader)
		return false;
	cpu = bind_reader_parse_child(reader, &bind_el_cpu, "cpu", &reason);
	if (reason) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
	if (!cpu)
		return true;
	bind_free(&bind_el_cpu, def->cpu);
	def->cpu = cpu;
	return true;
}

DomainDef *saved_definition(const Driver *driver, const SaveHead *head, const char *path, GError **error)
{
	g_autoptr(DomainDef) def = domain_def_parse(head->xml, strlen(head->xml), CONF_INACTIVE, NULL, error);

	if (def && (!head->cookie || cpu_take(def, head->cookie, error)) && definition_complete(driver, def, error))
		return g_steal_pointer(&def);
	g_prefix_error(error, _("the definition in '%s': "), path);
	return NULL;
}

VmRestore saved_restore(const SaveHead *head, int fd, const char *path, unsigned flags)
{
	bool running = head->running;

	if (flags & VIR_DOMAIN_SAVE_RUNNING)
		running = true;
	else if (flags & VIR_DOMAIN_SAVE_PAUSED)
		running = false;
	return (VmRestore){
		.fd = fd,
		.path = path,
		.format = head->format,
		.bypass_cache = flags & VIR_DOMAIN_SAVE_BYPASS_CACHE,
		.running = running,
		.detail = VIR_DOMAIN_EVENT_STARTED_RESTORED,
		.reason = running ? VIR_DOMAIN_PAUSED_STARTING_UP : VIR_DOMAIN_PAUSED_USER,
	};
}

/* ---- Starting from it ----------------------------------------------------------------------- */

/* Of no use: an admin has removed it, or it never was whole. */
static bool is_useless(const GError *reason)
{
	return error_errno(reason) == ENOENT;
}

/* *ret_done false without an error: there is none, or it is of no use. */
static bool managed_save_start_call(Domain *domain, const VmStart *start, bool *ret_done, GError **error)
{
	const char *path = domain->managed_save;
	g_autofree char *kept = g_strdup(path);
	g_auto(SaveHead) head = { 0 };
	g_autofd int fd = -1;
	g_autoptr(GError) reason = NULL;
	g_autoptr(DomainDef) def = NULL;
	VmStart from = *start;
	VmRestore restore;
	unsigned flags = start->flags & VIR_DOMAIN_START_PAUSED ? (unsigned)VIR_DOMAIN_SAVE_PAUSED : 0;

	*ret_done = false;
	if (!path)
		return true;
	fd = priv_save_open_call(domain->engine, kept, &head, &reason);
	if (fd < 0 && is_useless(reason)) {
		log_warning(_("domain '%s' is booted, its saved memory is not there: %s"), domain->name,
			    reason->message);
		return vm_managed_save_commit(domain, NULL, error);
	}
	if (fd < 0) {
		g_propagate_error(error, g_steal_pointer(&reason));
		return false;
	}
	def = saved_definition(domain->driver, &head, kept, error);
	if (!def)
		return false;
	if (start->flags & VIR_DOMAIN_START_BYPASS_CACHE)
		flags |= VIR_DOMAIN_SAVE_BYPASS_CACHE;
	restore = saved_restore(&head, fd, kept, flags);
	restore.managed = true;
	from.def = def;
	from.restore = &restore;
	if (!vm_start_call(domain, &from, error))
		return false;
	*ret_done = true;
	if (!priv_save_remove_call(domain->engine, kept, &reason))
		log_warning("%s", reason->message);
	return !restore.running || vm_go_call(domain, VIR_DOMAIN_RUNNING_RESTORED, error);
}

bool managed_save_or_boot_call(Domain *domain, VmStart *start, GError **error)
{
	bool done = false;

	if (start->flags & VIR_DOMAIN_START_FORCE_BOOT && !managed_save_remove_commit(domain, error))
		return false;
	if (!managed_save_start_call(domain, start, &done, error))
		return false;
	if (done)
		return true;
	start->def = domain_def_get(domain, DOMAIN_STORED, error);
	return start->def && vm_start_call(domain, start, error);
}
