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

static void guest_layer_free(GuestLayer *layer)
{
	g_free(layer->path);
	g_free(layer->format);
	fd_clear(&layer->fd);
	g_free(layer);
}

/* Takes @fd. */
static void layer_keep(Vm *vm, const char *key, const priv_layer *layer, int fd)
{
	GPtrArray *layers = g_hash_table_lookup(vm->guest.resources, key);
	GuestLayer *kept = g_new0(GuestLayer, 1);

	if (!layers) {
		layers = g_ptr_array_new_with_free_func((GDestroyNotify)guest_layer_free);
		g_hash_table_insert(vm->guest.resources, g_strdup(key), layers);
	}
	*kept = (GuestLayer){ g_strdup(layer->path), g_strdup(layer->format), layer->read_only, fd };
	g_ptr_array_add(layers, kept);
}

static void greeted(Vm *vm)
{
	vm->greeted = true;
	for (GList *l = vm->events.head; l;) {
		GList *next = l->next;

		vm_event_send(vm, l->data);
		l = next;
	}
}

bool control_hello(VmCall *call, control_hello_args *args, control_hello_ret *ret, GError **error)
{
	Vm *vm = call->vm;

	if (args->protocol != CONTROL_PROTOCOL)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the worker of domain '%s' is of another version of reeve"), vm->name);
	vm_event_acknowledge(vm, args->acknowledged);
	vm->sequence = MAX(vm->sequence, args->acknowledged);
	ret->protocol = CONTROL_PROTOCOL;
	ret->uuid = g_strdup(vm->uuid_text);
	ret->pid = getpid();
	ret->driver = g_strdup(vm->live ? vm->live->name : "");
	vm_state_fill(vm, &ret->state);
	ret->live_xml = NULL;
	if (vm->active) {
		ret->live_xml = g_new(control_string, 1);
		*ret->live_xml = vm_state_xml(vm);
	}
	call->after = greeted;
	return true;
}

bool control_offer(VmCall *call, control_offer_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	if (call->message->n_fds != args->layers.layers_len)
		return fail(error, VIR_ERR_INVALID_ARG, _("%u descriptors came for %u files of '%s'"),
			    call->message->n_fds, args->layers.layers_len, args->key);
	for (unsigned i = 0; i < args->layers.layers_len; i++) {
		const control_layer *layer = &args->layers.layers_val[i];
		const priv_layer kept = { layer->path, layer->format, layer->read_only };

		layer_keep(call->vm, args->key, &kept, rpc_message_take_fd(call->message, i));
	}
	return true;
}

bool control_open(VmCall *call, priv_open_args *args, G_GNUC_UNUSED NOTHING *ret, GError **error)
{
	g_autoptr(GPtrArray) layers = resource_open(args, error);

	if (!layers)
		return false;
	for (unsigned i = 0; i < layers->len; i++) {
		ResourceLayer *layer = g_ptr_array_index(layers, i);
		const priv_layer kept = { layer->path, layer->format, layer->read_only };

		layer_keep(call->vm, args->key, &kept, take_fd(&layer->fd));
	}
	return true;
}

/* Fills in what start() and adopt() work on. */
static bool guest_prepare(Vm *vm, const control_start_args *args, GError **error)
{
	json_error_t reason;

	vm->live = driver_live_find(args->driver);
	if (!vm->live)
		return fail(error, VIR_ERR_NO_SUPPORT, _("there is no driver '%s'"), args->driver);
	vm->guest.def = domain_def_parse(args->xml, strlen(args->xml), CONF_STATUS, NULL, error);
	if (!vm->guest.def)
		return false;
	vm->guest.id = args->id;
	vm->guest.def->id = args->id;
	vm->guest.def->has_id = true;
	vm->guest.settings = json_loads(args->settings, 0, &reason);
	if (!vm->guest.settings)
		return fail(error, VIR_ERR_INVALID_ARG, _("the settings for domain '%s' are damaged: %s"),
			    vm->name, reason.text);
	vm->guest.log_path = g_strdup(
		json_string_value(json_object_get(vm->guest.settings, "log_path")));
	return true;
}

bool control_start(VmCall *call, control_start_args *args, control_start_ret *ret, GError **error)
{
	Vm *vm = call->vm;

	if (vm->active || vm->starting || vm->ended || vm->failed)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("this worker has already been given domain '%s'"), vm->name);
	vm->starting = true;
	vm->failed = !guest_prepare(vm, args, error);
	call->live = vm->live;
	if (!vm->failed)
		vm->failed = !vm->live->start(&vm->guest, args->flags, error);
	vm->starting = false;
	if (vm->failed) {
		vm_event_clear(vm);
		return false;
	}
	vm->active = !vm->ended;
	vm->started_usec = (uint64_t)g_get_real_time();
	vm_state_fill(vm, &ret->state);
	ret->live_xml = vm_state_xml(vm);
	vm_state_save(vm);
	call->after = greeted;
	vm_trim();
	return true;
}

bool control_adopt(VmCall *call, G_GNUC_UNUSED NOTHING *args, control_adopt_ret *ret, GError **error)
{
	Vm *vm = call->vm;

	if (vm->active || vm->starting || vm->ended || vm->failed)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("this worker has already been given domain '%s'"), vm->name);
	vm->starting = true;
	vm->failed = !vm_state_load(vm, error);
	if (!vm->failed && !vm->ended && !vm->live->adopt)
		vm->failed = !vm_call_unsupported(call, error);
	if (!vm->failed && !vm->ended)
		vm->failed = !vm->live->adopt(&vm->guest, error);
	vm->starting = false;
	if (vm->failed)
		return false;
	vm->active = !vm->ended;
	vm_state_fill(vm, &ret->state);
	ret->live_xml = vm_state_xml(vm);
	vm_state_save(vm);
	call->after = greeted;
	vm_trim();
	return true;
}

static void quit(Vm *vm)
{
	if (!vm->active && !vm->starting)
		sd_event_exit(vm->guest.loop, EXIT_SUCCESS);
}

bool control_quit(VmCall *call, G_GNUC_UNUSED NOTHING *args, G_GNUC_UNUSED NOTHING *ret,
		  GError **error)
{
	if (call->vm->active || call->vm->starting)
		return fail(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is running"),
			    call->vm->name);
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
