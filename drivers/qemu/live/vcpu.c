/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vCPUs that come and go. QEMU lists the places for them; the one in place N, by topology, is vCPU N. What was
 * plugged in has the id "vcpuN" and can be given up; what was there at the start has none and stays.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/live/live.h"

#define UNPLUG_USEC (10 * G_USEC_PER_SEC) /* for the guest to give one up */

/* ---- Places -------------------------------------------------------------------------------- */

static int place_order(const void *a, const void *b)
{
	static const char *const keys[] = { "node-id",	  "drawer-id", "book-id", "socket-id",
					    "die-id",	  "cluster-id", "core-id", "thread-id" };
	json_t *one = json_object_get(*(json_t *const *)a, "props");
	json_t *other = json_object_get(*(json_t *const *)b, "props");

	/* Nodes follow from the rest: vCPUs are counted by topology alone. */
	for (unsigned i = 1; i < G_N_ELEMENTS(keys); i++) {
		int64_t x = live_number(one, keys[i]), y = live_number(other, keys[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

/* The places in the order of their vCPUs, referenced by *ret_reply; NULL and an error. */
static GPtrArray *places_read(Guest *guest, json_t **ret_reply, GError **error)
{
	GPtrArray *places;
	json_t *entry;
	size_t index;

	if (!live_call(guest, "query-hotpluggable-cpus", NULL, ret_reply, error))
		return NULL;
	places = g_ptr_array_new();
	json_array_foreach(*ret_reply, index, entry) g_ptr_array_add(places, entry);
	if (places->len > 0)
		qsort(places->pdata, places->len, sizeof(void *), place_order);
	if (places->len != guest->def->vcpus.count) {
		fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
		     _("the hypervisor of domain '%s' has %u places for %u vCPUs"), guest->def->name,
		     places->len, guest->def->vcpus.count);
		json_decref(*ret_reply);
		g_ptr_array_unref(places);
		return NULL;
	}
	return places;
}

static json_t *plug_arguments(json_t *place, const char *id)
{
	json_t *arguments = json_object();

	json_object_update(arguments, json_object_get(place, "props"));
	json_object_set(arguments, "driver", json_object_get(place, "type"));
	json_object_set_new(arguments, "id", json_string(id));
	return arguments;
}

/* ---- One vCPU ------------------------------------------------------------------------------ */

/* The definition follows what has become true, vCPU by vCPU. */
static void entry_set(Guest *guest, unsigned id, bool on)
{
	DomainVcpus *vcpus = &guest->def->vcpus;
	unsigned n = domain_def_vcpus_current(guest->def);
	VcpuEntry *entry = NULL;

	if (list_length(vcpus->entries) == 0) {
		vcpus->entries = g_ptr_array_new();
		for (unsigned i = 0; i < vcpus->count; i++) {
			entry = g_new0(VcpuEntry, 1);
			entry->id = i;
			entry->enabled = i < n ? TRISTATE_YES : TRISTATE_NO;
			entry->hotpluggable = i < n ? TRISTATE_NO : TRISTATE_YES;
			g_ptr_array_add(vcpus->entries, entry);
		}
	}
	for (guint i = 0; i < vcpus->entries->len; i++) {
		entry = list_get(vcpus->entries, i);
		if (entry->id == id)
			break;
		entry = NULL;
	}
	if (!entry)
		return;
	if ((entry->enabled == TRISTATE_YES) != on)
		n = on ? n + 1 : n - 1;
	entry->enabled = on ? TRISTATE_YES : TRISTATE_NO;
	entry->hotpluggable = TRISTATE_YES;
	vcpus->current = n >= vcpus->count ? 0 : n;
}

static void threads_forget(QemuLive *live)
{
	g_clear_pointer(&live->sample.vcpus, g_array_unref);
	live->sample.taken[SAMPLE_VCPUS] = 0;
}

static bool plug(Guest *guest, json_t *place, unsigned number, GError **error)
{
	g_autofree char *id = g_strdup_printf("vcpu%u", number);

	if (!live_call(guest, "device_add", plug_arguments(place, id), NULL, error))
		return false;
	threads_forget(live_of(guest));
	entry_set(guest, number, true);
	guest->host->event(guest, &(GuestEvent){ .id = VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
						 .device = { .alias = id } });
	return true;
}

/* On the stack of who waits; one at a time, as whoever changes a domain holds it. */
struct VcpuUnplug {
	unsigned number;
	FiberEvent done;
	bool gone, refused;
};

/* The number in "vcpu3" where that was plugged in; -1. */
static int number_of(const Guest *guest, const char *id)
{
	guint64 number = 0;

	if (!g_str_has_prefix(id, "vcpu") ||
	    !g_ascii_string_to_unsigned(id + strlen("vcpu"), 10, 0, CPUSET_MAX, &number, NULL) ||
	    number >= guest->def->vcpus.count)
		return -1;
	return (int)number;
}

static bool unplug_wait(Guest *guest, struct VcpuUnplug *unplug, GError **error)
{
	g_autofree char *id = g_strdup_printf("vcpu%u", unplug->number);
	g_autoptr(GError) reason = NULL;
	bool told;

	if (!live_call(guest, "device_del", json_pack("{s:s}", "id", id), NULL, error))
		return false;
	told = fiber_event_wait(&unplug->done, _("the guest, which must give up a vCPU"), UNPLUG_USEC,
				&reason);
	if (unplug->gone)
		return true;
	if (unplug->refused)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("the guest refused to give up vCPU %u"),
			    unplug->number);
	if (told || error_code(reason) != VIR_ERR_OPERATION_TIMEOUT)
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the hypervisor ended before vCPU %u was unplugged"), unplug->number);
	return fail(error, VIR_ERR_OPERATION_TIMEOUT,
		    _("the guest has not given up vCPU %u yet; the definition of the running domain "
		      "tells when it has"), unplug->number);
}

static bool unplug(Guest *guest, unsigned number, GError **error)
{
	QemuLive *live = live_of(guest);
	struct VcpuUnplug unplug = { .number = number };
	bool done;

	live->vcpu_unplug = &unplug;
	done = unplug_wait(guest, &unplug, error);
	if (live_of(guest) == live)
		live->vcpu_unplug = NULL;
	return done;
}

bool live_vcpu_unplugged(QemuLive *live, const char *id)
{
	int number = number_of(live->guest, id);

	if (number < 0)
		return false;
	threads_forget(live);
	entry_set(live->guest, (unsigned)number, false);
	live->guest->host->changed(live->guest);
	if (live->vcpu_unplug && live->vcpu_unplug->number == (unsigned)number) {
		live->vcpu_unplug->gone = true;
		fiber_event_set(&live->vcpu_unplug->done);
	}
	return true;
}

bool live_vcpu_refused(QemuLive *live, const char *id)
{
	int number = number_of(live->guest, id);

	if (number < 0)
		return false;
	if (live->vcpu_unplug && live->vcpu_unplug->number == (unsigned)number) {
		live->vcpu_unplug->refused = true;
		fiber_event_set(&live->vcpu_unplug->done);
	}
	return true;
}

void live_vcpu_wake(QemuLive *live)
{
	if (live->vcpu_unplug)
		fiber_event_set(&live->vcpu_unplug->done);
	live->vcpu_unplug = NULL;
}

/* ---- All of them --------------------------------------------------------------------------- */

static bool is_on(const DomainDef *def, unsigned id)
{
	for (guint i = 0; i < list_length(def->vcpus.entries); i++) {
		const VcpuEntry *entry = list_get(def->vcpus.entries, i);

		if (entry->id == id)
			return entry->enabled == TRISTATE_YES;
	}
	return id < domain_def_vcpus_current(def);
}

static bool change(Guest *guest, GPtrArray *places, const DomainDef *wanted, GError **error)
{
	unsigned count = guest->def->vcpus.count;

	for (unsigned id = 0; id < count; id++)
		if (is_on(wanted, id) && !is_on(guest->def, id) &&
		    !plug(guest, g_ptr_array_index(places, id), id, error))
			return false;
	for (unsigned id = count; id-- > 0;)
		if (!is_on(wanted, id) && is_on(guest->def, id) && !unplug(guest, id, error))
			return false;
	return true;
}

bool live_vcpus_change(Guest *guest, G_GNUC_UNUSED const TuneTarget *target,
		       const DomainDef *wanted, GError **error)
{
	json_t *reply = NULL;
	g_autoptr(GPtrArray) places = places_read(guest, &reply, error);
	bool done;

	if (!places)
		return false;
	done = change(guest, places, wanted, error);
	json_decref(reply);
	/* What came was pinned nowhere yet; and what is true now is shown even if not all is. */
	done = done && live_tune_vcpus(live_of(guest), error);
	if (live_of(guest))
		guest->host->changed(guest);
	return done;
}

bool live_vcpus_start(QemuLive *live, GError **error)
{
	Guest *guest = live->guest;
	json_t *reply = NULL;
	g_autoptr(GPtrArray) places = NULL;
	bool done = true;

	if (domain_def_vcpus_cold(guest->def) == domain_def_vcpus_current(guest->def))
		return true;
	places = places_read(guest, &reply, error);
	if (!places)
		return false;
	for (unsigned id = 0; id < guest->def->vcpus.count && done; id++) {
		json_t *place = g_ptr_array_index(places, id);
		g_autofree char *name = g_strdup_printf("vcpu%u", id);

		if (is_on(guest->def, id) && !json_object_get(place, "qom-path"))
			done = live_call(guest, "device_add", plug_arguments(place, name), NULL, error);
	}
	json_decref(reply);
	threads_forget(live);
	return done;
}
