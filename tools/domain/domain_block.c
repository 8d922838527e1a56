/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's disks: which there are, how large, how busy; their jobs. */
#include "config.h"

#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "tools/domain/device.h"
#include "tools/object/tune.h"

static const OutColumn list_columns[] = {
	{ "target", N_("Target"), OUT_PLAIN },
	{ "source", N_("Source"), OUT_PLAIN },
	{ NULL, NULL, OUT_PLAIN },
};

static const OutColumn list_columns_details[] = {
	{ "type", N_("Type"), OUT_PLAIN },
	{ "device", N_("Device"), OUT_PLAIN },
	{ "target", N_("Target"), OUT_PLAIN },
	{ "source", N_("Source"), OUT_PLAIN },
	{ NULL, NULL, OUT_PLAIN },
};

/* "pool/volume", "protocol://..." or a path, whichever the source is; NULL when it is empty. */
static const char *disk_source(Session *session, XmlView *view, xmlNode *disk)
{
	const char *type = xml_text(session, view, disk, "@type");
	const char *pool;

	if (type && !strcmp(type, "volume")) {
		pool = xml_text(session, view, disk, "source/@pool");
		return pool ? session_printf(session, "%s/%s", pool,
					     xml_text(session, view, disk, "source/@volume")) :
			      NULL;
	}
	if (type && !strcmp(type, "vhostuser"))
		return xml_text(session, view, disk, "source/@path");
	return xml_text(session, view, disk, "source/@file | source/@dev | source/@dir | source/@name");
}

bool cmd_domblklist(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *xml = domain ? domain_xml(session, domain,
					      args_has(args, "inactive") ? VIR_DOMAIN_XML_INACTIVE : 0,
					      error) : NULL;
	XmlView *view = xml ? xml_view(session, xml, error) : NULL;
	XmlNodes *disks;
	json_t *rows;

	if (!view)
		return false;
	disks = xml_find(session, view, NULL, "/domain/devices/disk");
	rows = json_array();
	for (int i = 0; i < disks->n; i++) {
		xmlNode *disk = disks->nodes[i];
		const char *device = xml_text(session, view, disk, "@device");
		json_t *row = json_object();

		json_object_set_new(row, "type", json_text(xml_text(session, view, disk, "@type")));
		json_object_set_new(row, "device", json_text(device ? device : "disk"));
		json_object_set_new(row, "target", json_text(xml_text(session, view, disk, "target/@dev")));
		json_object_set_new(row, "source", json_text(disk_source(session, view, disk)));
		json_array_append_new(rows, row);
	}
	out_table(session, args_has(args, "details") ? list_columns_details : list_columns, rows);
	return true;
}

static json_t *block_info(Session *session, const Domain *domain, const char *path, GError **error)
{
	remote_domain_get_block_info_args call = { *domain, (char *)path, 0 };
	remote_domain_get_block_info_ret *ret = ASK(session, domain_get_block_info, &call, error);
	json_t *object;

	if (!ret)
		return NULL;
	object = json_object();
	json_object_set_new(object, "target", json_text(path));
	json_object_set_new(object, "capacity", json_integer((json_int_t)ret->capacity));
	json_object_set_new(object, "allocation", json_integer((json_int_t)ret->allocation));
	json_object_set_new(object, "physical", json_integer((json_int_t)ret->physical));
	return object;
}

static bool block_info_all(Session *session, const Args *args, const Domain *domain, GError **error)
{
	static const OutColumn plain[] = { { "target", N_("Target"), OUT_PLAIN },
					   { "capacity", N_("Capacity"), OUT_PLAIN },
					   { "allocation", N_("Allocation"), OUT_PLAIN },
					   { "physical", N_("Physical"), OUT_PLAIN },
					   { NULL, NULL, OUT_PLAIN } };
	static const OutColumn human[] = { { "target", N_("Target"), OUT_PLAIN },
					   { "capacity", N_("Capacity"), OUT_BYTES_3 },
					   { "allocation", N_("Allocation"), OUT_BYTES_3 },
					   { "physical", N_("Physical"), OUT_BYTES_3 },
					   { NULL, NULL, OUT_PLAIN } };
	const char *xml = domain_xml(session, domain, 0, error);
	XmlView *view = xml ? xml_view(session, xml, error) : NULL;
	XmlNodes *disks = view ? xml_find(session, view, NULL, "/domain/devices/disk") : NULL;
	json_t *rows;

	if (!disks)
		return false;
	rows = json_array();
	for (int i = 0; i < disks->n; i++) {
		const char *target = xml_text(session, view, disks->nodes[i], "target/@dev");
		json_t *row = target ? block_info(session, domain, target, NULL) : NULL;

		/* An empty drive, or one that is not at hand while the domain is off. */
		if (!row) {
			row = json_object();
			json_object_set_new(row, "target", json_text(target));
		}
		json_array_append_new(rows, row);
	}
	out_table(session, args_has(args, "human") ? human : plain, rows);
	return true;
}

bool cmd_domblkinfo(Session *session, const Args *args, GError **error)
{
	static const OutColumn plain[] = { { "capacity", N_("Capacity:"), OUT_PLAIN },
					   { "allocation", N_("Allocation:"), OUT_PLAIN },
					   { "physical", N_("Physical:"), OUT_PLAIN },
					   { NULL, NULL, OUT_PLAIN } };
	static const OutColumn human[] = { { "capacity", N_("Capacity:"), OUT_BYTES_3 },
					   { "allocation", N_("Allocation:"), OUT_BYTES_3 },
					   { "physical", N_("Physical:"), OUT_BYTES_3 },
					   { NULL, NULL, OUT_PLAIN } };
	const Domain *domain;
	json_t *object;

	if (!args_exclusive(args, "all", "device", error))
		return false;
	if (!args_has(args, "all") && !args_has(args, "device"))
		return fail(error, VIR_ERR_INVALID_ARG, _("command 'domblkinfo' requires <device> option"));
	domain = domain_arg(session, args, error);
	if (!domain)
		return false;
	if (args_has(args, "all"))
		return block_info_all(session, args, domain, error);
	object = block_info(session, domain, args_text(args, "device"), error);
	if (object)
		out_record(session, args_has(args, "human") ? human : plain, 15, object);
	return object;
}

/* Names by which virsh's users know the counters, in their order. */
static const struct {
	const char *param, *name, *text;
} counters[] = {
	{ "rd_operations", "rd_req", N_("number of read operations:") },
	{ "rd_bytes", "rd_bytes", N_("number of bytes read:") },
	{ "wr_operations", "wr_req", N_("number of write operations:") },
	{ "wr_bytes", "wr_bytes", N_("number of bytes written:") },
	{ "errs", "errs", N_("error count:") },
	{ "flush_operations", "flush_operations", N_("number of flush operations:") },
	{ "rd_total_times", "rd_total_times", N_("total duration of reads (ns):") },
	{ "wr_total_times", "wr_total_times", N_("total duration of writes (ns):") },
	{ "flush_total_times", "flush_total_times", N_("total duration of flushes (ns):") },
};

static void counters_out(Session *session, const Args *args, const char *device,
			 const remote_domain_block_stats_flags_ret *ret)
{
	json_t *object = json_object();

	if (args_has(args, "human"))
		out_print(session, _("Device: %s\n"), device);
	for (gsize i = 0; i < G_N_ELEMENTS(counters); i++) {
		const remote_typed_param *param =
			rpc_params_find(ret->params.params_val, ret->params.params_len, counters[i].param);

		if (!param)
			continue;
		if (args_has(args, "human"))
			out_print(session, " %s %s\n", out_pad(session, _(counters[i].text), 31),
				  param_text(session, param));
		else
			out_print(session, "%s %s %s\n", device, counters[i].name,
				  param_text(session, param));
		json_object_set_new(object, counters[i].name, param_json(param));
	}
	out_value(session, object);
}

/* Daemons and drivers without the newer call have the five oldest counters. */
static bool counters_old(Session *session, const Domain *domain, const char *device, GError **error)
{
	remote_domain_block_stats_args call = { *domain, (char *)device };
	remote_domain_block_stats_ret *ret = ASK(session, domain_block_stats, &call, error);

	if (!ret)
		return false;
	out_print(session,
		  "%s rd_req %" G_GINT64_FORMAT "\n%s rd_bytes %" G_GINT64_FORMAT "\n%s wr_req %" G_GINT64_FORMAT
		  "\n%s wr_bytes %" G_GINT64_FORMAT "\n", device, ret->rd_req, device, ret->rd_bytes, device,
		  ret->wr_req, device, ret->wr_bytes);
	if (ret->errs >= 0)
		out_print(session, "%s errs %" G_GINT64_FORMAT "\n", device, ret->errs);
	out_value(session, json_pack("{s:I,s:I,s:I,s:I,s:I}", "rd_req", (json_int_t)ret->rd_req, "rd_bytes",
				     (json_int_t)ret->rd_bytes, "wr_req", (json_int_t)ret->wr_req, "wr_bytes",
				     (json_int_t)ret->wr_bytes, "errs", (json_int_t)ret->errs));
	return true;
}

bool cmd_domblkstat(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *device = args_text(args, "device");
	remote_domain_block_stats_flags_args call = { .path = (char *)(device ? device : "") };
	remote_domain_block_stats_flags_ret *ret;
	g_autoptr(GError) problem = NULL;

	if (!domain)
		return false;
	call.dom = *domain;
	call.flags = VIR_TYPED_PARAM_STRING_OKAY;
	ret = TUNE_GET(session, domain_block_stats_flags, &call, &problem);
	if (!ret && error_code(problem) == VIR_ERR_NO_SUPPORT &&
	    counters_old(session, domain, call.path, error))
		return true;
	if (!ret && error && !*error)
		g_propagate_error(error, g_steal_pointer(&problem));
	if (!ret)
		return failed(session, _("Failed to get block stats for domain '%s' device '%s'"),
			      domain->name, call.path);
	counters_out(session, args, call.path, ret);
	return true;
}

void show_disk_errors(Session *session, const ActionReply *reply)
{
	static const char *const names[] = {
		[VIR_DOMAIN_DISK_ERROR_NONE] = N_("no error"),
		[VIR_DOMAIN_DISK_ERROR_UNSPEC] = N_("unspecified error"),
		[VIR_DOMAIN_DISK_ERROR_NO_SPACE] = N_("no space"),
	};
	const remote_domain_get_disk_errors_ret *ret = reply->ret;
	json_t *array = json_array();

	if (!ret->errors.errors_len)
		out_print(session, _("No errors found\n"));
	for (guint i = 0; i < ret->errors.errors_len; i++) {
		const remote_domain_disk_error *problem = &ret->errors.errors_val[i];
		bool known = problem->error >= 0 && (gsize)problem->error < G_N_ELEMENTS(names);
		const char *name = names[known ? problem->error : VIR_DOMAIN_DISK_ERROR_UNSPEC];
		json_t *row = json_object();

		out_print(session, "%s: %s\n", problem->disk, _(name));
		json_object_set_new(row, "target", json_text(problem->disk));
		json_object_set_new(row, "error", json_string(name));
		json_array_append_new(array, row);
	}
	out_value(session, array);
}

bool cmd_blockresize(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	remote_domain_block_resize_args call = { .disk = (char *)args_text(args, "path") };
	uint64_t bytes = 0;

	if (!domain || !args_size(args, "size", 1024, &bytes, error))
		return false;
	call.dom = *domain;
	call.size = bytes / 1024;
	if (bytes % 1024) {
		call.size = bytes;
		call.flags = VIR_DOMAIN_BLOCK_RESIZE_BYTES;
	}
	if (!TELL(session, domain_block_resize, &call, error))
		return failed(session, _("Failed to resize block device '%s'"), call.disk);
	out_done(session, domain_result(domain, "blockresize"), _("Block device '%s' is resized\n"),
		 call.disk);
	return true;
}

/* --- jobs --- */

static const char *const job_names[] = {
	[VIR_DOMAIN_BLOCK_JOB_TYPE_UNKNOWN] = N_("Unknown job"),
	[VIR_DOMAIN_BLOCK_JOB_TYPE_PULL] = N_("Block Pull"),
	[VIR_DOMAIN_BLOCK_JOB_TYPE_COPY] = N_("Block Copy"),
	[VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT] = N_("Block Commit"),
	[VIR_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT] = N_("Active Block Commit"),
	[VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP] = N_("Backup"),
};

static void job_out(Session *session, const Args *args, const remote_domain_get_block_job_info_ret *job)
{
	const char *name = job->type >= 0 && (gsize)job->type < G_N_ELEMENTS(job_names) ?
				   job_names[job->type] :
				   job_names[0];
	json_t *object = json_object();

	json_object_set_new(object, "type", json_string(name));
	json_object_set_new(object, "bandwidth", json_integer((json_int_t)job->bandwidth));
	json_object_set_new(object, "cur", json_integer((json_int_t)job->cur));
	json_object_set_new(object, "end", json_integer((json_int_t)job->end));
	if (args_has(args, "raw"))
		out_print(session, " type=%s\n bandwidth=%" G_GUINT64_FORMAT "\n cur=%" G_GUINT64_FORMAT
				   "\n end=%" G_GUINT64_FORMAT "\n", name, job->bandwidth, job->cur, job->end);
	else
		out_print(session, "%s: [%6.2f %%]\n", _(name),
			  job->end ? 100.0 * (double)job->cur / (double)job->end : 0.0);
	out_value(session, object);
}

bool cmd_blockjob(Session *session, const Args *args, GError **error)
{
	static const char *const changes[] = { "abort", "async", "pivot", "bandwidth" };
	const Domain *domain = domain_arg(session, args, error);
	char *path = (char *)args_text(args, "path");
	remote_domain_block_job_abort_args stop = { .path = path };
	remote_domain_block_job_set_speed_args speed = { .path = path };
	remote_domain_get_block_job_info_args ask = { .path = path };
	remote_domain_get_block_job_info_ret *job;

	if (!domain || !args_ulong(args, "bandwidth", &speed.bandwidth, error))
		return false;
	for (guint i = 0; i < G_N_ELEMENTS(changes); i++)
		if (!args_exclusive(args, "info", changes[i], error))
			return false;
	stop.dom = speed.dom = ask.dom = *domain;
	if (args_has(args, "abort") || args_has(args, "pivot") || args_has(args, "async")) {
		stop.flags = (args_has(args, "async") ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0) |
			     (args_has(args, "pivot") ? VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT : 0);
		return TELL(session, domain_block_job_abort, &stop, error);
	}
	if (args_has(args, "bandwidth")) {
		speed.flags = args_has(args, "bytes") ? VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES : 0;
		return TELL(session, domain_block_job_set_speed, &speed, error);
	}
	ask.flags = args_has(args, "bytes") ? VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES : 0;
	job = ASK(session, domain_get_block_job_info, &ask, error);
	if (!job)
		return false;
	if (job->found)
		job_out(session, args, job);
	else
		out_done(session, json_object(), _("No current block job for %s\n"), path);
	return true;
}
