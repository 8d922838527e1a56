/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "worker/host/resource_open.h"
#include "worker/vm/calls.h"
#include "worker/vm/stats.h"

/* ---- What was handed over ------------------------------------------------------------------ */

static void guest_layer_free(GuestLayer *layer)
{
	g_free(layer->path);
	g_free(layer->format);
	fd_clear(&layer->fd);
	g_free(layer);
}

GHashTable *vm_handed_take(Worker *worker)
{
	GHashTable *handed = worker->handed;

	worker->handed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)g_ptr_array_unref);
	return handed;
}

void vm_handed_drop(Worker *worker)
{
	g_hash_table_unref(vm_handed_take(worker));
}

/* The list of @key, which has @first layers so far; one that begins anew takes an old one's place. */
static GPtrArray *layers_of(Worker *worker, const char *key, unsigned first, GError **error)
{
	GPtrArray *layers = g_hash_table_lookup(worker->handed, key);

	if (first > 0 && (!layers || layers->len != first))
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("%u files of '%s' came before, not %u"),
				 layers ? layers->len : 0, key, first);
	if (first > 0)
		return layers;
	layers = g_ptr_array_new_with_free_func((GDestroyNotify)guest_layer_free);
	g_hash_table_replace(worker->handed, g_strdup(key), layers);
	return layers;
}

/* Takes @fd. */
static void layer_keep(GPtrArray *layers, const priv_layer *layer, int fd)
{
	GuestLayer *kept = g_new0(GuestLayer, 1);

	*kept = (GuestLayer){ g_strdup(layer->path), g_strdup(layer->format), layer->read_only, fd };
	g_ptr_array_add(layers, kept);
}

static bool offer_take(VmCall *call, const control_offer_args *args, GError **error)
{
	GPtrArray *layers;

	if (call->message->n_fds != args->layers.layers_len)
		return fail(error, VIR_ERR_INVALID_ARG, _("%u descriptors came for %u files of '%s'"),
			    call->message->n_fds, args->layers.layers_len, args->key);
	layers = layers_of(call->worker, args->key, args->first, error);
	for (unsigned i = 0; layers && i < args->layers.layers_len; i++) {
		const control_layer *layer = &args->layers.layers_val[i];
		const priv_layer kept = { layer->path, layer->format, layer->read_only };

		layer_keep(layers, &kept, rpc_message_take_fd(call->message, i));
	}
	return layers != NULL;
}

bool control_offer(VmCall *call, control_offer_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (offer_take(call, args, error))
		return true;
	vm_handed_drop(call->worker);
	return false;
}

bool control_open(VmCall *call, priv_open_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_autoptr(GPtrArray) opened = resource_open(args, error);
	GPtrArray *layers;

	if (!opened) {
		vm_handed_drop(call->worker);
		return false;
	}
	layers = opened->len ? layers_of(call->worker, args->key, 0, error) : NULL;
	for (unsigned i = 0; i < opened->len; i++) {
		ResourceLayer *layer = g_ptr_array_index(opened, i);
		const priv_layer kept = { layer->path, layer->format, layer->read_only };

		layer_keep(layers, &kept, take_fd(&layer->fd));
	}
	return true;
}

/* ---- From the first word to the guest ------------------------------------------------------- */

static void greeted(Worker *worker)
{
	worker->greeted = true;
	for (GList *l = worker->events.head; l;) {
		GList *next = l->next;

		vm_event_send(worker, l->data);
		l = next;
	}
}

bool control_hello(VmCall *call, control_hello_args *args, control_hello_ret *ret, GError **error)
{
	Worker *worker = call->worker;

	if (args->protocol != CONTROL_PROTOCOL)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the worker of domain '%s' is of another version of reeve"), worker->name);
	vm_handed_drop(worker);
	vm_event_acknowledge(worker, args->acknowledged);
	worker->sequence = MAX(worker->sequence, args->acknowledged);
	ret->protocol = CONTROL_PROTOCOL;
	ret->uuid = g_strdup(worker->uuid_text);
	ret->pid = getpid();
	ret->driver = g_strdup(worker->live ? worker->live->name : "");
	vm_state_fill(worker, &ret->state);
	ret->live_xml = NULL;
	if (worker->active) {
		ret->live_xml = g_new(control_string, 1);
		*ret->live_xml = vm_state_xml(worker);
	}
	call->after = greeted;
	return true;
}

static void restore_take(Guest *guest, const control_restore *args)
{
	guest->restore = g_new0(GuestRestore, 1);
	*guest->restore = (GuestRestore){
		.filters = vm_filters_read(args->format, args->bypass_cache),
		.snapshot = g_strdup(args->snapshot ? *args->snapshot : NULL),
		.boots = args->boots,
		.detail = args->detail,
		.running = args->running,
		.reason = args->reason,
	};
}

/* Fills in what start() and adopt() work on. */
static bool guest_prepare(Worker *worker, const control_start_args *args, GError **error)
{
	json_error_t reason;

	worker->live = driver_live_find(args->driver);
	if (!worker->live)
		return fail(error, VIR_ERR_NO_SUPPORT, _("there is no driver '%s'"), args->driver);
	worker->guest.def = domain_def_parse(args->xml, strlen(args->xml), CONF_STATUS, NULL, error);
	if (!worker->guest.def)
		return false;
	worker->guest.id = args->id;
	worker->guest.def->id = args->id;
	worker->guest.def->has_id = true;
	worker->guest.settings = json_loads(args->settings, 0, &reason);
	if (!worker->guest.settings)
		return fail(error, VIR_ERR_INVALID_ARG, _("the settings for domain '%s' are damaged: %s"),
			    worker->name, reason.text);
	if (args->restore)
		restore_take(&worker->guest, args->restore);
	worker->guest.log_path = g_strdup(
		json_string_value(json_object_get(worker->guest.settings, "log_path")));
	return true;
}

bool control_start(VmCall *call, control_start_args *args, control_start_ret *ret, GError **error)
{
	Worker *worker = call->worker;

	if (worker->active || worker->starting || worker->ended || worker->failed)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("this worker has already been given domain '%s'"), worker->name);
	worker->starting = true;
	g_hash_table_unref(worker->guest.resources);
	worker->guest.resources = vm_handed_take(worker);
	worker->failed = !guest_prepare(worker, args, error);
	call->live = worker->live;
	if (!worker->failed)
		worker->failed = !worker->live->start(&worker->guest, args->flags, error);
	worker->starting = false;
	if (worker->failed) {
		vm_event_clear(worker);
		return false;
	}
	worker->active = !worker->ended;
	worker->started_usec = (uint64_t)g_get_real_time();
	vm_state_fill(worker, &ret->state);
	ret->live_xml = vm_state_xml(worker);
	vm_state_save(worker);
	call->after = greeted;
	vm_trim();
	return true;
}

/* What a predecessor had begun the hypervisor has been told to stop; what was over waits for the engine. */
static void job_adopted(Worker *worker)
{
	g_autoptr(GError) reason = NULL;

	if (!worker->guest.job || worker->guest.job->ended_usec)
		return;
	fail(&reason, VIR_ERR_OPERATION_FAILED, _("the worker of domain '%s' ended before its job"), worker->name);
	vm_job_over(worker, reason);
	vm_job_clear(worker);
}

bool control_adopt(VmCall *call, G_GNUC_UNUSED NOTHING *args, control_adopt_ret *ret, GError **error)
{
	Worker *worker = call->worker;

	if (worker->active || worker->starting || worker->ended || worker->failed)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("this worker has already been given domain '%s'"), worker->name);
	worker->starting = true;
	worker->failed = !vm_state_load(worker, error);
	if (!worker->failed && !worker->ended && !worker->live->adopt)
		worker->failed = !vm_call_unsupported(call, error);
	if (!worker->failed && !worker->ended)
		worker->failed = !worker->live->adopt(&worker->guest, error);
	worker->starting = false;
	if (worker->failed)
		return false;
	worker->active = !worker->ended;
	job_adopted(worker);
	vm_state_fill(worker, &ret->state);
	ret->live_xml = vm_state_xml(worker);
	vm_state_save(worker);
	call->after = greeted;
	vm_trim();
	return true;
}

static void quit(Worker *worker)
{
	if (!worker->active && !worker->starting)
		sd_event_exit(worker->guest.loop, EXIT_SUCCESS);
}

bool control_quit(VmCall *call, G_GNUC_UNUSED NOTHING *args, G_GNUC_UNUSED NOTHING *ret,
		  GError **error)
{
	if (call->worker->active || call->worker->starting)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is running"),
			    call->worker->name);
	call->after = quit;
	return true;
}

bool control_destroy(VmCall *call, control_destroy_args *args, G_GNUC_UNUSED NOTHING *ret,
		     GError **error)
{
	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->destroy)
		return vm_call_unsupported(call, error);
	return call->live->destroy(call->guest, args->flags, error);
}

bool control_open_console(VmCall *call, control_open_console_args *args,
			  G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	int fd;

	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->open_console)
		return vm_call_unsupported(call, error);
	fd = call->live->open_console(call->guest, args->device ? *args->device : NULL, error);
	if (fd < 0)
		return false;
	vm_call_add_fd(call, fd);
	return true;
}

bool control_screenshot(VmCall *call, control_screenshot_args *args, control_screenshot_ret *ret,
			GError **error)
{
	const char *mime = NULL;
	int fd;

	if (!vm_call_check_active(call, error))
		return false;
	if (!call->live->screenshot)
		return vm_call_unsupported(call, error);
	fd = call->live->screenshot(call->guest, args->screen, &mime, error);
	if (fd < 0)
		return false;
	vm_call_add_fd(call, fd);
	ret->mime = g_strdup(mime);
	return true;
}

bool control_stats(VmCall *call, control_stats_args *args, control_stats_ret *ret, GError **error)
{
	return vm_call_check_active(call, error) && vm_stats_collect(call, args, ret, error);
}
