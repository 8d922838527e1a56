/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a guest needs opened, at its start or while it runs. In system mode reeve-priv opens it, and
 * the worker gets descriptors; in session mode the worker opens it itself. What the worker was
 * given waits there for the call that takes it; a new link, a failure or the end of that call drop
 * the rest.
 */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "daemon/guest/private.h"
#include "daemon/host/priv.h"
#include "daemon/core/settings.h"
#include "rpc/wire/wire.h"

#define OPEN_USEC (25 * G_USEC_PER_SEC) /* for a worker to open one thing */

/* The firmware variables of a first start go into a directory of ours. */
static void parent_make(const Engine *engine, const Resource *resource)
{
	g_autofree char *directory = NULL;

	if (resource->kind != RESOURCE_NVRAM || !resource->path ||
	    !g_str_has_prefix(resource->path, engine->state_dir))
		return;
	directory = g_path_get_dirname(resource->path);
	g_mkdir_with_parents(directory, 0711);
}

/* Hands over layers @first.. as many as one frame may carry. Returns how many, or -1. */
static int layers_offer_call(Vm *vm, const char *key, GPtrArray *layers, unsigned first,
			     GError **error)
{
	control_layer wire[LIMIT_FDS];
	int fds[LIMIT_FDS];
	unsigned n = MIN(layers->len - first, LIMIT_FDS);
	const control_offer_args args = { .key = (char *)key,
					  .first = first,
					  .layers = { n, wire } };
	const RpcExchange exchange = { .proc = CONTROL(OFFER),
				       .args = &args,
				       .fds = fds,
				       .n_fds = n,
				       .timeout_usec = OPEN_USEC };

	for (unsigned i = 0; i < n; i++) {
		const PrivLayer *layer = g_ptr_array_index(layers, first + i);

		wire[i] = (control_layer){ layer->path, layer->format, layer->read_only };
		fds[i] = layer->fd;
	}
	return vm_exchange_call(vm, &exchange, error) ? (int)n : -1;
}

static bool offer_call(Vm *vm, const char *key, GPtrArray *layers, GError **error)
{
	for (unsigned done = 0; done < layers->len;) {
		int n = layers_offer_call(vm, key, layers, done, error);

		if (n < 0)
			return false;
		done += (unsigned)n;
	}
	return true;
}

/* All is opened before the worker gets the first of it: what cannot be opened leaves nothing
 * behind. */
static bool opened_offer_call(Vm *vm, GPtrArray *resources, GError **error)
{
	g_autoptr(GPtrArray) opened =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);

	for (guint i = 0; i < resources->len; i++) {
		GPtrArray *layers =
			priv_open_call(vm->engine, g_ptr_array_index(resources, i), vm->uid, error);

		if (!layers)
			return false;
		g_ptr_array_add(opened, layers);
	}
	for (guint i = 0; i < resources->len; i++) {
		const Resource *resource = g_ptr_array_index(resources, i);

		if (!offer_call(vm, resource->key, g_ptr_array_index(opened, i), error))
			return false;
	}
	return true;
}

/* In session mode there is nobody who may open more than the worker itself. */
static bool resource_open_call(Vm *vm, Resource *resource, GError **error)
{
	const priv_open_args args = priv_open_args_of(resource, vm->uid);
	const RpcExchange exchange = { .proc = CONTROL(OPEN),
				       .args = &args,
				       .timeout_usec = OPEN_USEC };

	return vm_exchange_call(vm, &exchange, error);
}

bool vm_resources_call(Vm *vm, GPtrArray *resources, GError **error)
{
	for (guint i = 0; i < resources->len; i++)
		parent_make(vm->engine, g_ptr_array_index(resources, i));
	if (vm->engine->priv)
		return opened_offer_call(vm, resources, error);
	for (guint i = 0; i < resources->len; i++)
		if (!resource_open_call(vm, g_ptr_array_index(resources, i), error))
			return false;
	return true;
}

bool guest_hand_over_call(Domain *domain, GPtrArray *resources, const RpcExchange *exchange,
			  GError **error)
{
	uint64_t timeout = (uint64_t)domain->engine->settings->call_timeout * G_USEC_PER_SEC;
	g_autoptr(Vm) vm = vm_get_wait(domain, timeout, error);

	if (!vm || (resources && !vm_resources_call(vm, resources, error)))
		return false;
	return vm_worker_call(domain, exchange, error);
}
