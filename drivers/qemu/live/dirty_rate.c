/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast the guest changes its memory, which tells how long a live migration would take. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/live/live.h"

static const struct {
	const char *word;
	int status;
} statuses[] = {
	{ "unstarted", VIR_DOMAIN_DIRTYRATE_UNSTARTED },
	{ "measuring", VIR_DOMAIN_DIRTYRATE_MEASURING },
	{ "measured", VIR_DOMAIN_DIRTYRATE_MEASURED },
};

static const char *mode_word(unsigned mode)
{
	if (mode & VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP)
		return "dirty-bitmap";
	return mode & VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING ? "dirty-ring" : "page-sampling";
}

/* What QEMU says goes to clients: only words that we know. */
static const char *known_mode(const char *word)
{
	for (unsigned mode = 0; word && mode <= VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING; mode++)
		if (strcmp(mode_word(mode), word) == 0)
			return mode_word(mode);
	return NULL;
}

void live_dirty_rate_clear(DirtyRateSample *sample)
{
	g_clear_pointer(&sample->vcpus, g_array_unref);
	*sample = (DirtyRateSample){ 0 };
}

static void take_vcpus(DirtyRateSample *sample, json_t *list)
{
	json_t *entry;
	size_t index;

	if (!json_is_array(list))
		return;
	sample->vcpus = g_array_new(FALSE, TRUE, sizeof(int64_t));
	json_array_foreach(list, index, entry)
	{
		int64_t rate = live_number(entry, "dirty-rate");

		if (index < CPUSET_MAX)
			g_array_append_val(sample->vcpus, rate);
	}
}

void live_dirty_rate_take(DirtyRateSample *sample, json_t *reply)
{
	const char *status = json_string_value(json_object_get(reply, "status"));

	live_dirty_rate_clear(sample);
	sample->mode = known_mode(json_string_value(json_object_get(reply, "mode")));
	sample->started = MAX(live_number(reply, "start-time"), 0);
	sample->seconds = (int)CLAMP(live_number(reply, "calc-time"), 0, G_MAXINT);
	sample->mib_per_second = live_number(reply, "dirty-rate");
	for (unsigned i = 0; i < G_N_ELEMENTS(statuses); i++) {
		if (g_strcmp0(status, statuses[i].word) != 0)
			continue;
		sample->status = statuses[i].status;
		sample->known = true;
	}
	if (sample->status == VIR_DOMAIN_DIRTYRATE_MEASURED)
		take_vcpus(sample, json_object_get(reply, "vcpu-dirty-rate"));
}

void live_dirty_rate_add(const DirtyRateSample *sample, StatsSink *sink)
{
	if (!sample->known)
		return;
	stats_add_int(sink, sample->status, "dirtyrate.calc_status");
	stats_add_llong(sink, sample->started, "dirtyrate.calc_start_time");
	stats_add_int(sink, sample->seconds, "dirtyrate.calc_period");
	if (sample->mode)
		stats_add_string(sink, sample->mode, "dirtyrate.calc_mode");
	if (sample->status != VIR_DOMAIN_DIRTYRATE_MEASURED || sample->mib_per_second < 0)
		return;
	stats_add_llong(sink, sample->mib_per_second, "dirtyrate.megabytes_per_second");
	for (guint i = 0; sample->vcpus && i < sample->vcpus->len; i++)
		stats_add_ullong(sink, (uint64_t)MAX(g_array_index(sample->vcpus, int64_t, i), 0),
				 "dirtyrate.vcpu.%u.megabytes_per_second", i);
}

bool live_dirty_rate_measure(Guest *guest, int seconds, unsigned mode, GError **error)
{
	json_t *arguments;

	/* QEMU 7.2 without KVM takes the other modes, and dies of them. */
	if (mode != VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING && guest->def->virt != VIRT_KVM)
		return fail(error, VIR_ERR_OPERATION_UNSUPPORTED,
			    _("the dirty rate of domain '%s', which runs without KVM, is measured in the "
			      "mode page-sampling only, not %s"),
			    guest->def->name, mode_word(mode));
	arguments = json_pack("{s:i,s:s}", "calc-time", seconds, "mode", mode_word(mode));
	return live_call(guest, "calc-dirty-rate", arguments, NULL, error);
}
