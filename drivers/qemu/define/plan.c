/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device that a running guest is to get: completed and placed as it would be at a start. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/address/pci.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/machine/complete.h"

typedef struct Plan {
	DomainDef *live;
	GHashTable *known;   /* what the guest has, by pointer */
	GHashTable *retired; /* aliases, of what it had */
	GPtrArray *list;     /* DomainDevice: what is new */
	GError **error;
} Plan;

static bool note_known(G_GNUC_UNUSED DomainDef *def, const DomainDevice *device, void *data)
{
	g_hash_table_add(((Plan *)data)->known, device->any);
	return true;
}

/* ---- Names */

static bool alias_settle(Plan *plan, const DomainDevice *device)
{
	char *given = g_steal_pointer(&device->info->alias);
	DomainDevice other;

	if (!given) {
		device->info->alias = qemu_device_alias_new(plan->live, device, plan->retired);
		return device->info->alias || fail(plan->error, VIR_ERR_OPERATION_UNSUPPORTED,
						   _("a <%s> has no alias to go by"),
						   domain_device_kinds[device->kind].name);
	}
	if (!qemu_device_find(plan->live, given, &other) &&
	    !g_hash_table_contains(plan->retired, given)) {
		device->info->alias = given;
		return true;
	}
	fail(plan->error, VIR_ERR_OPERATION_INVALID,
	     _("domain '%s' has, or had since its start, a device with the alias '%s'"),
	     plan->live->name, given);
	g_free(given);
	return false;
}

/* ---- Places */

/* Can cards come and go on the bus of @controller? */
static bool bus_is_fixed(const DomainController *controller)
{
	switch (controller->model) {
	case MODEL_PCIE_ROOT:
	case MODEL_DMI_TO_PCI_BRIDGE:
	case MODEL_PCIE_EXPANDER_BUS:
	case MODEL_PCIE_SWITCH_UPSTREAM_PORT:
		return true;
	default:
		return controller->hotplug == TRISTATE_NO;
	}
}

static bool place_check(const Plan *plan, const DomainDevice *device)
{
	const DeviceAddress *address = &device->info->address;
	const DomainController *bus;

	if (address->type != ADDRESS_PCI)
		return true;
	bus = domain_def_controller(plan->live, CONTROLLER_PCI, (int)address->pci.bus);
	if (bus && bus_is_fixed(bus))
		return fail(plan->error, VIR_ERR_OPERATION_FAILED,
			    _("domain '%s': nothing can be plugged into PCI bus %u (%s) while the "
			      "guest "
			      "runs"),
			    plan->live->name, address->pci.bus,
			    controller_model_name(bus->model) ?: "pci");
	if (address->pci.function != 0)
		return fail(
			plan->error, VIR_ERR_OPERATION_FAILED,
			_("domain '%s': a device that is plugged in is function 0 of its PCI slot, "
			  "not %u"),
			plan->live->name, address->pci.function);
	return true;
}

/* A device that came along because there was no place: it has to be one that can be plugged in. */
static bool room_check(const Plan *plan, const DomainDevice *device)
{
	if (device->kind == DEVICE_CONTROLLER && device->controller->type == CONTROLLER_PCI)
		return fail(
			plan->error, VIR_ERR_CONFIG_UNSUPPORTED,
			_("No more available PCI slots in running domain '%s'; add controllers "
			  "(<controller type='pci' model='%s'/>) to its definition and restart it"),
			plan->live->name, controller_model_name(device->controller->model));
	return qemu_device_hotplug(device, plan->error);
}

/* ---- The plan */

static bool add_new_wait(DomainDef *live, const DomainDevice *device, void *data)
{
	Plan *plan = data;

	if (g_hash_table_contains(plan->known, device->any))
		return true;
	if (!room_check(plan, device) || !place_check(plan, device) ||
	    !alias_settle(plan, device) || !qemu_check_device_wait(live, device, plan->error) ||
	    !qemu_prepare_device(live, device, plan->error))
		return false;
	g_ptr_array_add(plan->list, g_memdup2(device, sizeof(*device)));
	return true;
}

/* What others sit on comes first: domain_def_each_device() goes by kind, and disks are the first.
 */
static gint by_order(gconstpointer a, gconstpointer b)
{
	const DomainDevice *const *left = a, *const *right = b;
	int ranks[2] = { 0, 0 };

	for (unsigned i = 0; i < qemu_device_order_length; i++) {
		if (qemu_device_order[i] == (*left)->kind)
			ranks[0] = (int)i;
		if (qemu_device_order[i] == (*right)->kind)
			ranks[1] = (int)i;
	}
	return ranks[0] - ranks[1];
}

static GHashTable *set_of(char **words)
{
	GHashTable *set = g_hash_table_new(g_str_hash, g_str_equal);

	for (; words && *words; words++)
		g_hash_table_add(set, *words);
	return set;
}

GPtrArray *qemu_plan_wait(DomainDef *live, const DomainDevice *device, char **retired,
			  GError **error)
{
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) past = set_of(retired);
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
	Plan plan = { live, known, past, list, error };

	domain_def_each_device(live, note_known, &plan);
	g_hash_table_remove(known, device->any);
	if (!qemu_device_hotplug(device, error) || !qemu_complete_added_wait(live, error) ||
	    !domain_def_each_device(live, add_new_wait, &plan))
		return NULL;
	g_ptr_array_sort(list, by_order);
	return g_steal_pointer(&list);
}

bool qemu_refit_wait(DomainDef *live, const DomainDevice *device, GError **error)
{
	return qemu_complete_added_wait(live, error) && qemu_check_device_wait(live, device, error);
}
