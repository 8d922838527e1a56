/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parameters that are no plain numbers: limits of devices, NUMA, bandwidths, names, events. */
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/plain.h"
#include "worker/tune/private.h"

/* ---- What they are part of ----------------------------------------------------------------- */

static DomainDisk *disk_find(const DomainDef *def, const char *name)
{
	for (guint i = 0; i < list_length(def->disks); i++) {
		DomainDisk *disk = list_get(def->disks, i);

		if (!name || g_strcmp0(disk->target, name) == 0 ||
		    g_strcmp0(disk->source.path, name) == 0)
			return disk;
	}
	return NULL;
}

static DomainInterface *interface_find(const DomainDef *def, const char *name)
{
	Mac mac = { 0 };
	bool is_mac = name && mac_parse(name, &mac);

	for (guint i = 0; i < list_length(def->interfaces); i++) {
		DomainInterface *net = list_get(def->interfaces, i);

		if (!name || g_strcmp0(net->target, name) == 0 ||
		    (is_mac && memcmp(net->mac.bytes, mac.bytes, sizeof(mac.bytes)) == 0))
			return net;
	}
	return NULL;
}

static DomainIothread *iothread_find(const DomainDef *def, unsigned id)
{
	for (guint i = 0; i < list_length(def->iothreads); i++) {
		DomainIothread *thread = list_get(def->iothreads, i);

		if (thread->id == id)
			return thread;
	}
	return NULL;
}

void *tune_base(const DomainDef *def, const TuneTarget *target, GError **error)
{
	void *found = (void *)def;

	switch (target->group) {
	case TUNE_DISK:
		found = disk_find(def, target->name);
		if (!found)
			fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no disk '%s'"), def->name,
			     target->name ? target->name : "");
		break;
	case TUNE_INTERFACE:
		found = interface_find(def, target->name);
		if (!found)
			fail(error, VIR_ERR_INVALID_ARG,
			     _("domain '%s' has no network interface '%s'"), def->name,
			     target->name ? target->name : "");
		break;
	case TUNE_IOTHREAD:
		found = iothread_find(def, target->id);
		if (!found)
			fail(error, VIR_ERR_INVALID_ARG, _("domain '%s' has no I/O thread %u"),
			     def->name, target->id);
		break;
	default:
		break;
	}
	return found;
}

/* ---- Limits of block devices of the host ---------------------------------------------------- */

static guint64 device_value(const BlkioDevice *device, const char *name)
{
	if (g_str_equal(name, "device_weight"))
		return device->weight;
	if (g_str_equal(name, "device_read_iops_sec"))
		return device->read_iops;
	if (g_str_equal(name, "device_write_iops_sec"))
		return device->write_iops;
	return g_str_equal(name, "device_read_bytes_sec") ? device->read_bytes : device->write_bytes;
}

static bool device_set(BlkioDevice *device, const char *name, guint64 value, GError **error)
{
	bool bytes = g_str_has_suffix(name, "_bytes_sec");

	if (!bytes && value > G_MAXUINT32)
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is at most %u"), name, G_MAXUINT32);
	if (g_str_equal(name, "device_weight")) {
		if (value && (value < 10 || value > 1000))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("the weight of a device is between 10 and 1000, or 0 for none"));
		device->weight = (guint)value;
	} else if (g_str_equal(name, "device_read_iops_sec")) {
		device->read_iops = (guint)value;
	} else if (g_str_equal(name, "device_write_iops_sec")) {
		device->write_iops = (guint)value;
	} else if (g_str_equal(name, "device_read_bytes_sec")) {
		device->read_bytes = value;
	} else {
		device->write_bytes = value;
	}
	return true;
}

static void blkio_read(const DomainDef *def, const TuneRow *row, RpcParams *ret)
{
	g_autoptr(GString) text = g_string_new("");

	for (guint i = 0; i < list_length(def->blkiotune.devices); i++) {
		const BlkioDevice *device = list_get(def->blkiotune.devices, i);
		guint64 value = device_value(device, row->name);

		if (value)
			g_string_append_printf(text, "%s%s,%" G_GUINT64_FORMAT,
					       text->len ? "," : "", device->path, value);
	}
	rpc_params_add_string(ret, text->str, "%s", row->name);
}

static void blkio_device_free(void *data)
{
	BlkioDevice *device = data;

	g_free(device->path);
	g_free(device);
}

static BlkioDevice *device_of(DomainDef *def, const char *path)
{
	BlkioDevice *device;

	for (guint i = 0; i < list_length(def->blkiotune.devices); i++) {
		device = list_get(def->blkiotune.devices, i);
		if (g_strcmp0(device->path, path) == 0)
			return device;
	}
	if (!def->blkiotune.devices)
		def->blkiotune.devices = g_ptr_array_new();
	device = g_new0(BlkioDevice, 1);
	device->path = g_strdup(path);
	g_ptr_array_add(def->blkiotune.devices, device);
	return device;
}

/* Devices of which nothing is limited any more. */
static void devices_prune(DomainDef *def)
{
	for (guint i = list_length(def->blkiotune.devices); i-- > 0;) {
		BlkioDevice *device = list_get(def->blkiotune.devices, i);

		if (!device->weight && !device->read_iops && !device->write_iops &&
		    !device->read_bytes && !device->write_bytes) {
			g_ptr_array_remove_index(def->blkiotune.devices, i);
			blkio_device_free(device);
		}
	}
}

/* "PATH,VALUE,PATH,VALUE": what is not named stays as it is. */
static bool blkio_write(DomainDef *def, const TuneRow *row, const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);
	unsigned n = g_strv_length(words);

	if (n % 2)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("'%s' is a list of PATH,VALUE, not '%s'"), row->name, text);
	for (unsigned i = 0; i < n; i += 2) {
		guint64 value = 0;

		if (words[i][0] != '/' || !text_is_line(words[i]))
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("'%s' is no absolute path of a device"), words[i]);
		if (!g_ascii_string_to_unsigned(words[i + 1], 10, 0, G_MAXUINT64, &value, NULL))
			return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is no value of '%s'"),
				    words[i + 1], row->name);
		if (!device_set(device_of(def, words[i]), row->name, value, error))
			return false;
	}
	devices_prune(def);
	return true;
}

/* ---- NUMA ---------------------------------------------------------------------------------- */

static void numa_read(const DomainDef *def, const TuneRow *row, RpcParams *ret)
{
	const DomainNumaTune *tune = &def->numatune;
	g_autofree char *nodes = cpuset_format(tune->nodeset);

	if (row->type == VIR_TYPED_PARAM_INT)
		rpc_params_add_int(ret, tune->mode ? (int)tune->mode - NUMA_MODE_STRICT : 0, "%s",
				   row->name);
	else
		rpc_params_add_string(ret, nodes, "%s", row->name);
}

static bool numa_write(DomainDef *def, const TuneRow *row, const remote_typed_param *param,
		       GError **error)
{
	DomainNumaTune *tune = &def->numatune;
	gint64 mode = 0;
	Cpuset *nodes;

	if (row->type == VIR_TYPED_PARAM_INT) {
		rpc_param_as_int64(param, &mode);
		if (mode < 0 || mode + NUMA_MODE_STRICT >= NUMA_MODE_LAST)
			return fail(error, VIR_ERR_INVALID_ARG, _("there is no NUMA mode %d"), (int)mode);
		if (def->has_id && tune->mode != (NumaMode)(mode + NUMA_MODE_STRICT))
			return fail(error, VIR_ERR_OPERATION_INVALID,
				    _("the NUMA mode cannot change while the domain runs"));
		tune->mode = (NumaMode)(mode + NUMA_MODE_STRICT);
		tune->memory = true;
		return true;
	}
	nodes = cpuset_parse(rpc_param_as_string(param));
	if (!nodes)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("'%s' is no set of NUMA nodes"),
			    rpc_param_as_string(param));
	cpuset_free(tune->nodeset);
	tune->nodeset = nodes;
	tune->placement = PLACEMENT_STATIC;
	tune->memory = true;
	if (!tune->mode)
		tune->mode = NUMA_MODE_STRICT;
	return true;
}

/* ---- Bandwidth ----------------------------------------------------------------------------- */

static guint64 *rate_member(BandwidthRate *rate, const char *name)
{
	if (g_str_equal(name, "average"))
		return &rate->average;
	if (g_str_equal(name, "peak"))
		return &rate->peak;
	return g_str_equal(name, "floor") ? &rate->floor : &rate->burst;
}

static void bandwidth_read(const DomainInterface *net, const TuneRow *row, RpcParams *ret)
{
	bool in = g_str_has_prefix(row->name, "in");
	BandwidthRate *rate = !net->bandwidth ? NULL : in ? net->bandwidth->in : net->bandwidth->out;
	guint64 value = rate ? *rate_member(rate, strchr(row->name, '.') + 1) : 0;

	rpc_params_add_uint(ret, (unsigned)MIN(value, G_MAXUINT32), "%s", row->name);
}

static bool bandwidth_write(DomainInterface *net, const TuneRow *row,
			    const remote_typed_param *param, G_GNUC_UNUSED GError **error)
{
	bool in = g_str_has_prefix(row->name, "in");
	const char *name = strchr(row->name, '.') + 1;
	BandwidthRate **rate;
	guint64 value = 0;

	rpc_param_as_uint64(param, &value);
	if (!net->bandwidth)
		net->bandwidth = g_new0(Bandwidth, 1);
	rate = in ? &net->bandwidth->in : &net->bandwidth->out;
	if (!*rate)
		*rate = g_new0(BandwidthRate, 1);
	*rate_member(*rate, name) = value;
	if (g_str_equal(name, "average"))
		(*rate)->has_average = value > 0;
	else if (g_str_equal(name, "floor"))
		(*rate)->has_floor = value > 0;
	return true;
}

/* A direction without an average (and floor) is not limited. */
static bool bandwidth_end(DomainInterface *net, GError **error)
{
	BandwidthRate **rates[] = { &net->bandwidth->in, &net->bandwidth->out };

	for (unsigned i = 0; i < G_N_ELEMENTS(rates); i++)
		if (*rates[i] && !(*rates[i])->has_average && !(*rates[i])->has_floor) {
			g_free(*rates[i]);
			*rates[i] = NULL;
		}
	if (!net->bandwidth->in && !net->bandwidth->out) {
		g_free(net->bandwidth);
		net->bandwidth = NULL;
		return true;
	}
	return bandwidth_check(net->bandwidth, _("the interface"), error);
}

/* ---- Events -------------------------------------------------------------------------------- */

void tune_read_perf(const DomainDef *def, RpcParams *ret)
{
	for (int name = 1; name < PERF_LAST; name++) {
		bool on = false;

		for (guint i = 0; i < list_length(def->perf_events); i++) {
			const PerfEvent *event = list_get(def->perf_events, i);

			on |= (int)event->name == name && event->enabled == TRISTATE_YES;
		}
		rpc_params_add_boolean(ret, on, "%s", perf_name_name((PerfName)name));
	}
}

static PerfName perf_find(const char *name)
{
	for (int i = 1; i < PERF_LAST; i++)
		if (g_strcmp0(perf_name_name((PerfName)i), name) == 0)
			return (PerfName)i;
	return 0;
}

static void perf_set(DomainDef *def, PerfName name, bool on)
{
	PerfEvent *event;

	for (guint i = 0; i < list_length(def->perf_events); i++) {
		event = list_get(def->perf_events, i);
		if (event->name == name) {
			event->enabled = on ? TRISTATE_YES : TRISTATE_NO;
			return;
		}
	}
	if (!def->perf_events)
		def->perf_events = g_ptr_array_new();
	event = g_new0(PerfEvent, 1);
	*event = (PerfEvent){ name, on ? TRISTATE_YES : TRISTATE_NO };
	g_ptr_array_add(def->perf_events, event);
}

bool tune_edit_perf(DomainDef *def, const remote_domain_set_perf_events_args *args, GError **error)
{
	for (unsigned i = 0; i < args->params.params_len; i++) {
		const remote_typed_param *param = &args->params.params_val[i];
		PerfName name = perf_find(param->field);
		gint64 on = 0;

		if (!name || param->value.type != VIR_TYPED_PARAM_BOOLEAN)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("'%s' is no event that can be counted, or not given as a "
				      "boolean"), param->field);
		rpc_param_as_int64(param, &on);
		/* The counters of a running guest's threads are for root to open. */
		if (on && def->has_id)
			return fail(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
				    _("the event '%s' cannot be counted here; counting events is not "
				      "supported on a running guest"), param->field);
		perf_set(def, name, on);
	}
	return true;
}

/* ---- All of them --------------------------------------------------------------------------- */

static void group_name_read(const DomainDisk *disk, const TuneRow *row, RpcParams *ret)
{
	const char *name = disk->iotune.group_name;

	rpc_params_add_string(ret, name ? name : "", "%s", row->name);
}

void tune_read_own(const void *base, const TuneRow *row, RpcParams *ret)
{
	switch (row->group) {
	case TUNE_BLKIO:
		blkio_read(base, row, ret);
		break;
	case TUNE_NUMA:
		numa_read(base, row, ret);
		break;
	case TUNE_INTERFACE:
		bandwidth_read(base, row, ret);
		break;
	default: /* the name of a disk's group */
		group_name_read(base, row, ret);
	}
}

static bool group_name_write(DomainDisk *disk, const char *name, GError **error)
{
	if (!text_is_line(name))
		return fail(error, VIR_ERR_INVALID_ARG, _("'%s' is no name of a group"), name);
	g_free(disk->iotune.group_name);
	disk->iotune.group_name = *name ? g_strdup(name) : NULL;
	return true;
}

bool tune_write_own(void *base, const TuneRow *row, const remote_typed_param *param, GError **error)
{
	switch (row->group) {
	case TUNE_BLKIO:
		return blkio_write(base, row, rpc_param_as_string(param), error);
	case TUNE_NUMA:
		return numa_write(base, row, param, error);
	case TUNE_INTERFACE:
		return bandwidth_write(base, row, param, error);
	default:
		return group_name_write(base, rpc_param_as_string(param), error);
	}
}

static bool memory_end(const DomainMemTune *tune, GError **error)
{
	guint64 hard = tune->has_hard_limit ? tune->hard_limit_kib : MEMTUNE_UNLIMITED;
	guint64 swap = tune->has_swap_hard_limit ? tune->swap_hard_limit_kib : MEMTUNE_UNLIMITED;

	return hard <= swap || !tune->has_swap_hard_limit ||
	       fail(error, VIR_ERR_INVALID_ARG,
		    _("memory hard_limit tunable value must be lower than or equal to "
		      "swap_hard_limit"));
}

bool tune_end(DomainDef *def, const TuneTarget *target, void *base, GError **error)
{
	const DomainIothread *thread = base;

	switch (target->group) {
	case TUNE_DISK:
		return tune_disk_end(def, base, error);
	case TUNE_MEMORY:
		return memory_end(&def->memtune, error);
	case TUNE_INTERFACE:
		return !((DomainInterface *)base)->bandwidth || bandwidth_end(base, error);
	case TUNE_IOTHREAD:
		return !thread->has_pool_min || !thread->has_pool_max ||
		       thread->pool_min <= thread->pool_max ||
		       fail(error, VIR_ERR_OPERATION_INVALID,
			    _("thread_pool_min is not more than thread_pool_max"));
	default:
		return true;
	}
}
