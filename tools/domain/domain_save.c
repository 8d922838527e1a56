/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* States in files: save, restore, managed save, core dumps; and the jobs that write them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/object/tune.h"
#include "tools/cli/xmlfile.h"

static const FlagOption save_flags[] = {
	{ "bypass-cache", VIR_DOMAIN_SAVE_BYPASS_CACHE },
	{ "running", VIR_DOMAIN_SAVE_RUNNING },
	{ "paused", VIR_DOMAIN_SAVE_PAUSED },
	{ "reset-nvram", VIR_DOMAIN_SAVE_RESET_NVRAM },
	{ NULL, 0 },
};

/* The daemon opens the file: its name must not depend on where we are. */
static char *absolute(Session *session, const char *path)
{
	g_autofree char *full = g_canonicalize_filename(path, NULL);

	return session_printf(session, "%s", full);
}

static const char *image_xml(Session *session, const Args *args, unsigned int flags, GError **error)
{
	remote_domain_save_image_get_xml_desc_args call = { absolute(session, args_text(args, "file")), flags };
	remote_domain_save_image_get_xml_desc_ret *ret =
		ASK(session, domain_save_image_get_xml_desc, &call, error);

	return ret ? ret->xml : NULL;
}

static bool image_define(Session *session, const Args *args, const char *xml, GError **error)
{
	remote_domain_save_image_define_xml_args call = {
		absolute(session, args_text(args, "file")),
		(char *)xml,
		args_flags(args, save_flags),
	};

	return TELL(session, domain_save_image_define_xml, &call, error);
}

bool cmd_save_image_define(Session *session, const Args *args, GError **error)
{
	const char *xml = xmlfile_read(session, args, "xml", error), *file = args_text(args, "file");

	if (!xml || !image_define(session, args, xml, error))
		return failed(session, _("Failed to update %s"), file);
	out_done(session, json_pack("{s:s,s:s}", "file", file, "done", "define"),
		 _("State file %s updated.\n"), file);
	return true;
}

static bool image_apply(Session *session, const char *xml, void *data, GError **error)
{
	return image_define(session, data, xml, error);
}

bool cmd_save_image_edit(Session *session, const Args *args, GError **error)
{
	const char *file = args_text(args, "file");
	Edit edit = { .what = _("The saved state"), .name = "save-image", .apply = image_apply,
		      .data = (void *)args };
	bool changed;

	edit.xml = image_xml(session, args, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE, error);
	if (!edit.xml || !xml_edit(session, &edit, &changed, error))
		return false;
	out_done(session, json_pack("{s:s,s:s}", "file", file, "done", changed ? "edit" : "nothing"),
		 changed ? _("State file %s edited.\n") :
			   _("Saved image %s XML configuration not changed.\n"), file);
	return true;
}

/* --- managed save --- */

bool cmd_managedsave_remove(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_has_managed_save_image_args has_args = { 0 };
	remote_domain_has_managed_save_image_ret *has;
	remote_domain_managed_save_remove_args call = { 0 };

	if (!domain)
		return false;
	has_args.dom = call.dom = *domain;
	has = ASK(session, domain_has_managed_save_image, &has_args, error);
	if (!has)
		return false;
	if (!has->result) {
		out_done(session, domain_result(domain, "nothing"),
			 _("Domain '%s' has no manage save image; removal skipped"), domain->name);
		return true;
	}
	if (!TELL(session, domain_managed_save_remove, &call, error))
		return failed(session, _("Failed to remove managed save image for domain '%s'"), domain->name);
	out_done(session, domain_result(domain, "managedsave-remove"),
		 _("Removed managedsave image for domain '%s'\n"), domain->name);
	return true;
}

typedef struct Managed {
	const Domain *domain;
	unsigned int flags;
} Managed;

static bool managed_define(Session *session, const char *xml, void *data, GError **error)
{
	const Managed *managed = data;
	char *text = (char *)xml;
	remote_domain_managed_save_define_xml_args call = { *managed->domain, &text, managed->flags };

	return TELL(session, domain_managed_save_define_xml, &call, error);
}

bool cmd_managedsave_define(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? xmlfile_read(session, args, "xml", error) : NULL;
	Managed managed = { domain, args_flags(args, save_flags) };

	if (!xml || !managed_define(session, xml, &managed, error))
		return domain ? failed(session, _("Failed to update %s XML configuration"), domain->name) : false;
	out_done(session, domain_result(domain, "managedsave-define"),
		 _("Managed save state file of domain '%s' updated.\n"), domain->name);
	return true;
}

/* --- core dumps --- */

bool cmd_dump(Session *session, const Args *args, GError **error)
{
	static const FlagOption table[] = {
		{ "live", VIR_DUMP_LIVE },		   { "crash", VIR_DUMP_CRASH },
		{ "bypass-cache", VIR_DUMP_BYPASS_CACHE }, { "reset", VIR_DUMP_RESET },
		{ "memory-only", VIR_DUMP_MEMORY_ONLY },   { NULL, 0 },
	};
	static const char *const formats[] = { "elf", "kdump-zlib", "kdump-lzo", "kdump-snappy", "win-dmp", NULL };
	const Domain *domain = domain_arg(session, args, error);
	const char *file = args_text(args, "file"), *format = args_text(args, "format");
	remote_domain_core_dump_with_format_args call = { .to = absolute(session, file),
							  .flags = args_flags(args, table) };
	remote_domain_core_dump_args plain = { .to = call.to, .flags = call.flags };
	bool good;

	if (!domain || !args_exclusive(args, "live", "crash", error))
		return false;
	if (format && !args_has(args, "memory-only"))
		return fail(error, VIR_ERR_INVALID_ARG, _("dump format can only be used with --memory-only"));
	while (format && formats[call.dumpformat] && strcmp(formats[call.dumpformat], format) != 0)
		call.dumpformat++;
	if (!formats[call.dumpformat])
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("format '%s' is not known: use elf, kdump-zlib, kdump-lzo, kdump-snappy or "
			      "win-dmp"), format);
	call.dom = plain.dom = *domain;
	good = format ? TELL(session, domain_core_dump_with_format, &call, error) :
			TELL(session, domain_core_dump, &plain, error);
	if (!good)
		return failed(session, _("Failed to core dump domain '%s' to %s"), domain->name, file);
	out_done(session, domain_result(domain, "dump"), _("\nDomain '%s' dumped to %s\n"), domain->name, file);
	return true;
}

/* --- jobs --- */

static const char *const job_types[] = {
	[VIR_DOMAIN_JOB_NONE] = N_("None"),	      [VIR_DOMAIN_JOB_BOUNDED] = N_("Bounded"),
	[VIR_DOMAIN_JOB_UNBOUNDED] = N_("Unbounded"), [VIR_DOMAIN_JOB_COMPLETED] = N_("Completed"),
	[VIR_DOMAIN_JOB_FAILED] = N_("Failed"),	      [VIR_DOMAIN_JOB_CANCELLED] = N_("Cancelled"),
};

/* Daemons without job statistics have the older, fixed set. */
static bool job_info_old(Session *session, const Domain *domain, GError **error)
{
	remote_domain_get_job_info_args call = { *domain };
	remote_domain_get_job_info_ret *ret = ASK(session, domain_get_job_info, &call, error);
	const char *type;

	if (!ret)
		return false;
	type = job_types[ret->type >= 0 && (gsize)ret->type < G_N_ELEMENTS(job_types) ? ret->type : 0];
	out_print(session, "%s %s\n", out_pad(session, _("Job type:"), 17), out_pad(session, _(type), 12));
	if (ret->type == VIR_DOMAIN_JOB_BOUNDED || ret->type == VIR_DOMAIN_JOB_UNBOUNDED)
		out_print(session, "%s %-12" G_GUINT64_FORMAT " ms\n", out_pad(session, _("Time elapsed:"), 17),
			  ret->timeElapsed);
	out_value(session, json_pack("{s:s,s:I,s:I,s:I,s:I}", "type", type, "time_elapsed",
				     (json_int_t)ret->timeElapsed, "data_total", (json_int_t)ret->dataTotal,
				     "data_processed", (json_int_t)ret->dataProcessed, "data_remaining",
				     (json_int_t)ret->dataRemaining));
	return true;
}

static void job_print(Session *session, const remote_domain_get_job_stats_ret *ret, const char *type,
		      bool all)
{
	out_print(session, "%s %s\n", out_pad(session, _("Job type:"), 17), out_pad(session, _(type), 12));
	for (guint i = 0; i < ret->params.params_len && (ret->type || all); i++) {
		const remote_typed_param *param = &ret->params.params_val[i];
		g_autofree char *title = g_strconcat(param->field, ":", NULL);

		out_print(session, "%-17s %-12s\n", title, param_text(session, param));
	}
}

/* For scripts: the type is its number, nothing is aligned or left out. */
static void job_print_raw(Session *session, const remote_domain_get_job_stats_ret *ret)
{
	out_print(session, "%s %d\n\n", "Job type:", ret->type);
	for (guint i = 0; i < ret->params.params_len; i++) {
		const remote_typed_param *param = &ret->params.params_val[i];

		out_print(session, "%s: %s\n", param->field, param_text(session, param));
	}
}

bool cmd_domjobinfo(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_get_job_stats_args call = { 0 };
	remote_domain_get_job_stats_ret *ret;
	g_autoptr(GError) problem = NULL;
	const char *type;
	json_t *object;

	if (!domain)
		return false;
	call.dom = *domain;
	call.flags = (args_has(args, "completed") ? VIR_DOMAIN_JOB_STATS_COMPLETED : 0) |
		     (args_has(args, "keep-completed") ? VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED : 0);
	ret = ASK(session, domain_get_job_stats, &call, &problem);
	if (!ret && !call.flags && error_code(problem) == VIR_ERR_NO_SUPPORT)
		return job_info_old(session, domain, error);
	if (!ret) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	type = job_types[ret->type >= 0 && (gsize)ret->type < G_N_ELEMENTS(job_types) ? ret->type : 0];
	if (args_has(args, "rawstats"))
		job_print_raw(session, ret);
	else
		job_print(session, ret, type, args_has(args, "anystats"));
	object = params_json(ret->params.params_val, ret->params.params_len);
	json_object_set_new(object, "type", json_string(type));
	out_value(session, object);
	return true;
}
