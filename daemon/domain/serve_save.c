/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that are put into a file with their memory, and go on from one. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/domain/affect.h"
#include "daemon/domain/managed_save.h"
#include "daemon/client/serve.h"
#include "daemon/guest/memory.h"
#include "daemon/guest/vm.h"
#include "daemon/host/priv_save.h"
#include "daemon/registry/domain_call.h"
#include "daemon/core/settings.h"
#include "rpc/wire/params.h"

#define RUN_FLAGS ((unsigned)(VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED))
#define SAVE_FLAGS ((unsigned)VIR_DOMAIN_SAVE_BYPASS_CACHE | RUN_FLAGS)
#define RESTORE_FLAGS (SAVE_FLAGS | (unsigned)VIR_DOMAIN_SAVE_RESET_NVRAM)
#define SAVED_XML (CONF_INACTIVE | CONF_SECURE | CONF_MIGRATABLE)

static bool flags_check(const Call *call, unsigned flags, unsigned known, GError **error)
{
	if (!call_flags(call, flags, known, error))
		return false;
	return (flags & RUN_FLAGS) != RUN_FLAGS ||
	       fail(error, VIR_ERR_INVALID_ARG, _("a guest is saved to run or to be paused, not both"));
}

static bool path_check(const char *path, GError **error)
{
	return path[0] == '/' ||
	       fail(error, VIR_ERR_INVALID_ARG, _("the path of a saved guest must be absolute: '%s'"), path);
}

static const char *optional(char **string)
{
	return string ? *string : NULL;
}

/* ---- What is written ------------------------------------------------------------------------ */

/* @xml in the place of @def: it must describe the same machine as its guest sees it. */
static DomainDef *definition_replace(Call *call, const DomainDef *def, const char *xml, GError **error)
{
	g_autoptr(DomainDef) given = definition_read(call, xml, 0, error);
	g_autofree char *difference = NULL;

	if (!given)
		return NULL;
	if (!domain_def_compare(def, given, BIND_COMPARE_GUEST, &difference))
		return fail_null(error, VIR_ERR_CONFIG_UNSUPPORTED,
				 _("the definition that is given is of another machine than that of domain '%s': %s"),
				 def->name, difference);
	return g_steal_pointer(&given);
}

/* The CPU as the guest has it, for whoever starts it again. */
static char *cookie_make(const DomainDef *live)
{
	g_autofree char *cpu = live->cpu ? bind_format(&bind_el_cpu, live->cpu, CONF_INACTIVE) : NULL;

	return g_strdup_printf("<cookie>\n%s</cookie>\n", cpu ? cpu : "");
}

/* What stands before the memory; NULL and an error. */
static GBytes *head_make(Call *call, const char *xml, unsigned format, unsigned flags, GError **error)
{
	g_autoptr(DomainDef) given = NULL;
	g_auto(SaveHead) head = { .format = format };
	const DomainDef *live = domain_def_get(call->domain, DOMAIN_LIVE, error);

	if (!live)
		return NULL;
	if (xml) {
		given = definition_replace(call, live, xml, error);
		if (!given)
			return NULL;
	}
	head.running = flags & VIR_DOMAIN_SAVE_RUNNING ||
		       (call->domain->state == VIR_DOMAIN_RUNNING && !(flags & VIR_DOMAIN_SAVE_PAUSED));
	head.xml = domain_def_format(given ? given : live, SAVED_XML);
	head.cookie = cookie_make(live);
	if (strlen(head.xml) + strlen(head.cookie) > SAVE_TEXT_MAX)
		return fail_null(error, VIR_ERR_OPERATION_FAILED,
				 _("the definition of domain '%s' is too long to be saved"), call->domain->name);
	return save_head_make(&head);
}

/* ---- Saving --------------------------------------------------------------------------------- */

typedef struct Save {
	const char *path, *xml;
	unsigned flags;
	bool managed;
} Save;

static bool save_commit(Call *call, const Save *save, GError **error)
{
	const int format = save_format_find(call->engine->settings->save_image_format);
	VmMemory memory = {
		.path = save->path,
		.operation = VIR_DOMAIN_JOB_OPERATION_SAVE,
		.format = (unsigned)MAX(format, 0),
		.bypass_cache = save->flags & VIR_DOMAIN_SAVE_BYPASS_CACHE,
		.managed = save->managed,
		.afterwards = CONTROL_MEMORY_SAVED,
	};
	g_auto(DomainHold) domain = NULL;
	g_autoptr(GBytes) head = NULL;

	if (!flags_check(call, save->flags, SAVE_FLAGS, error) || !path_check(save->path, error) ||
	    !domain_require_active(call->domain, error))
		return false;
	domain = call_hold_wait(call, call->domain, "a save", error);
	if (!domain || !domain_require_active(domain, error))
		return false;
	head = head_make(call, save->xml, memory.format, save->flags, error);
	memory.head = head;
	return head && vm_memory_call(domain, &memory, error);
}

bool serve_domain_save(Call *call, remote_domain_save_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	const Save save = { .path = args->to };

	return save_commit(call, &save, error);
}

bool serve_domain_save_flags(Call *call, remote_domain_save_flags_args *args, G_GNUC_UNUSED NOTHING *ret,
			     GError **error)
{
	const Save save = { .path = args->to, .xml = optional(args->dxml), .flags = args->flags };

	return save_commit(call, &save, error);
}

static bool managed_save_commit(Call *call, const char *xml, unsigned flags, GError **error)
{
	g_autofree char *path = managed_save_path(call->domain);
	const Save save = { .path = path, .xml = xml, .flags = flags, .managed = true };

	if (!call->domain->persistent)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("cannot do managed save for transient domain '%s': it has no next start; save it to a "
			      "file"),
			    call->domain->name);
	return managed_save_prepare(call->domain, error) && save_commit(call, &save, error);
}

bool serve_domain_managed_save(Call *call, remote_domain_managed_save_args *args, G_GNUC_UNUSED NOTHING *ret,
			       GError **error)
{
	return managed_save_commit(call, NULL, args->flags, error);
}

static const RpcParamKnown params_known[] = {
	{ VIR_DOMAIN_SAVE_PARAM_FILE, VIR_TYPED_PARAM_STRING },
	{ VIR_DOMAIN_SAVE_PARAM_DXML, VIR_TYPED_PARAM_STRING },
	{ NULL, 0 },
};

static const char *param_text(const remote_typed_param *params, unsigned count, const char *name)
{
	const remote_typed_param *param = rpc_params_find(params, count, name);

	return param ? rpc_param_as_string(param) : NULL;
}

bool serve_domain_save_params(Call *call, remote_domain_save_params_args *args, G_GNUC_UNUSED NOTHING *ret,
			      GError **error)
{
	const remote_typed_param *params = args->params.params_val;
	const unsigned count = args->params.params_len;
	const Save save = { .path = param_text(params, count, VIR_DOMAIN_SAVE_PARAM_FILE),
			    .xml = param_text(params, count, VIR_DOMAIN_SAVE_PARAM_DXML),
			    .flags = args->flags };

	if (!rpc_params_check(params, count, params_known, error))
		return false;
	return save.path ? save_commit(call, &save, error) : managed_save_commit(call, save.xml, args->flags, error);
}

/* ---- Restoring ------------------------------------------------------------------------------ */

/* Held, with the guest paused; or NULL and an error. */
static DomainHold restore_start_call(Call *call, const DomainDef *def, const VmRestore *restore, unsigned flags,
				     GError **error)
{
	g_auto(DomainHold) domain = registry_claim_wait(call->engine->registry, call->driver, def, error);
	const VmStart start = {
		.def = def,
		.flags = flags & VIR_DOMAIN_SAVE_RESET_NVRAM ? (unsigned)VIR_DOMAIN_START_RESET_NVRAM : 0,
		.restore = restore,
	};

	if (!domain)
		return NULL;
	if (vm_start_call(domain, &start, error))
		return g_steal_pointer(&domain);
	registry_drop(domain);
	return NULL;
}

static bool restore_call(Call *call, const char *path, const char *xml, unsigned flags, GError **error)
{
	g_auto(SaveHead) head = { 0 };
	g_autofd int fd = -1;
	g_autoptr(DomainDef) def = NULL;
	g_auto(DomainHold) domain = NULL;
	VmRestore from;

	if (!flags_check(call, flags, RESTORE_FLAGS, error) || !path_check(path, error))
		return false;
	fd = priv_save_open_call(call->engine, path, &head, error);
	if (fd < 0)
		return false;
	def = saved_definition(call->driver, &head, path, error);
	if (def && xml) {
		g_autoptr(DomainDef) given = definition_replace(call, def, xml, error);

		g_clear_pointer(&def, domain_def_free);
		def = g_steal_pointer(&given);
	}
	if (!def)
		return false;
	from = saved_restore(&head, fd, path, flags);
	domain = restore_start_call(call, def, &from, flags, error);
	return domain && (!from.running || vm_go_call(domain, VIR_DOMAIN_RUNNING_RESTORED, error));
}

bool serve_domain_restore(Call *call, remote_domain_restore_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return restore_call(call, args->from, NULL, 0, error);
}

bool serve_domain_restore_flags(Call *call, remote_domain_restore_flags_args *args, G_GNUC_UNUSED NOTHING *ret,
				GError **error)
{
	return restore_call(call, args->from, optional(args->dxml), args->flags, error);
}

bool serve_domain_restore_params(Call *call, remote_domain_restore_params_args *args, G_GNUC_UNUSED NOTHING *ret,
				 GError **error)
{
	const remote_typed_param *params = args->params.params_val;
	const unsigned count = args->params.params_len;
	const char *path = param_text(params, count, VIR_DOMAIN_SAVE_PARAM_FILE);

	if (!rpc_params_check(params, count, params_known, error))
		return false;
	if (!path)
		return fail(error, VIR_ERR_INVALID_ARG, _("the parameter '%s' must say what to restore"),
			    VIR_DOMAIN_SAVE_PARAM_FILE);
	return restore_call(call, path, param_text(params, count, VIR_DOMAIN_SAVE_PARAM_DXML), args->flags, error);
}

/* ---- The definition in a file --------------------------------------------------------------- */

static char *image_xml_call(Call *call, const char *path, unsigned flags, GError **error)
{
	g_auto(SaveHead) head = { 0 };
	g_autoptr(DomainDef) def = NULL;
	g_autofd int fd = -1;

	if (!call_flags(call, flags, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE, error) || !path_check(path, error))
		return NULL;
	fd = priv_save_open_call(call->engine, path, &head, error);
	if (fd < 0)
		return NULL;
	def = domain_def_parse(head.xml, strlen(head.xml), CONF_INACTIVE, NULL, error);
	return def ? domain_def_format(def, CONF_INACTIVE | CONF_MIGRATABLE | (flags ? CONF_SECURE : 0)) : NULL;
}

static bool image_define_call(Call *call, const char *path, const char *xml, unsigned flags, GError **error)
{
	g_auto(SaveHead) head = { 0 };
	g_autoptr(DomainDef) def = NULL;
	g_autoptr(DomainDef) given = NULL;
	g_autofree char *text = NULL;
	g_autofd int fd = -1;

	if (!flags_check(call, flags, RUN_FLAGS, error) || !path_check(path, error))
		return false;
	fd = priv_save_open_call(call->engine, path, &head, error);
	if (fd < 0)
		return false;
	def = saved_definition(call->driver, &head, path, error);
	given = def ? definition_replace(call, def, xml, error) : NULL;
	if (!given)
		return false;
	text = domain_def_format(given, SAVED_XML);
	return priv_save_edit_call(call->engine, path, text,
				   flags & RUN_FLAGS ? flags & VIR_DOMAIN_SAVE_RUNNING : head.running, error);
}

bool serve_domain_save_image_get_xml_desc(Call *call, remote_domain_save_image_get_xml_desc_args *args,
					  remote_domain_save_image_get_xml_desc_ret *ret, GError **error)
{
	ret->xml = image_xml_call(call, args->file, args->flags, error);
	return ret->xml != NULL;
}

bool serve_domain_save_image_define_xml(Call *call, remote_domain_save_image_define_xml_args *args,
					G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return image_define_call(call, args->file, args->dxml, args->flags, error);
}

static bool managed_check(const Domain *domain, GError **error)
{
	return domain->managed_save != NULL ||
	       fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' does not have managed save image"), domain->name);
}

bool serve_domain_managed_save_get_xml_desc(Call *call, remote_domain_managed_save_get_xml_desc_args *args,
					    remote_domain_managed_save_get_xml_desc_ret *ret, GError **error)
{
	if (!managed_check(call->domain, error))
		return false;
	ret->xml = image_xml_call(call, call->domain->managed_save, args->flags, error);
	return ret->xml != NULL;
}

bool serve_domain_managed_save_define_xml(Call *call, remote_domain_managed_save_define_xml_args *args,
					  G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(DomainHold) domain = NULL;

	if (!args->dxml)
		return fail(error, VIR_ERR_INVALID_ARG, _("no definition is given"));
	domain = call_hold_wait(call, call->domain, "a change", error);
	return domain && managed_check(domain, error) &&
	       image_define_call(call, domain->managed_save, *args->dxml, args->flags, error);
}

bool serve_domain_managed_save_remove(Call *call, remote_domain_managed_save_remove_args *args,
				      G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_auto(DomainHold) domain = NULL;

	if (!call_flags(call, args->flags, 0, error))
		return false;
	domain = call_hold_wait(call, call->domain, "a change", error);
	return domain && managed_save_remove_commit(domain, error);
}

/* ---- Dumps ---------------------------------------------------------------------------------- */

#define DUMP_ENDS ((unsigned)(VIR_DUMP_CRASH | VIR_DUMP_LIVE | VIR_DUMP_RESET))
#define DUMP_FLAGS (DUMP_ENDS | (unsigned)(VIR_DUMP_BYPASS_CACHE | VIR_DUMP_MEMORY_ONLY))

static bool dump_check(const Call *call, unsigned format, unsigned flags, GError **error)
{
	const unsigned ends = flags & DUMP_ENDS;

	if (!call_flags(call, flags, DUMP_FLAGS, error))
		return false;
	if (ends & (ends - 1))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("of 'crash', 'live' and 'reset' only one can be asked of a dump"));
	if (format > VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP)
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no format %u of dumps"), format);
	if (format && !(flags & VIR_DUMP_MEMORY_ONLY))
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("a format can only be chosen for a dump of the memory only"));
	return true;
}

static bool dump_commit(Call *call, const char *path, unsigned format, unsigned flags, GError **error)
{
	const bool memory_only = flags & VIR_DUMP_MEMORY_ONLY;
	const VmMemory memory = {
		.path = path,
		.operation = VIR_DOMAIN_JOB_OPERATION_DUMP,
		.format = format,
		.bypass_cache = flags & VIR_DUMP_BYPASS_CACHE,
		.live = flags & VIR_DUMP_LIVE,
		.memory_only = memory_only,
		.afterwards = flags & VIR_DUMP_CRASH ? CONTROL_MEMORY_CRASHED :
			      flags & VIR_DUMP_RESET ? CONTROL_MEMORY_RESET :
						       CONTROL_MEMORY_GO_ON,
	};
	g_auto(DomainHold) domain = NULL;

	if (!dump_check(call, format, flags, error) || !path_check(path, error) ||
	    !domain_require_active(call->domain, error))
		return false;
	domain = call_hold_wait(call, call->domain, "a dump", error);
	return domain && vm_memory_call(domain, &memory, error);
}

bool serve_domain_core_dump(Call *call, remote_domain_core_dump_args *args, G_GNUC_UNUSED NOTHING *ret,
			    GError **error)
{
	return dump_commit(call, args->to, 0, args->flags, error);
}

bool serve_domain_core_dump_with_format(Call *call, remote_domain_core_dump_with_format_args *args,
					G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	return dump_commit(call, args->to, args->dumpformat, args->flags, error);
}
