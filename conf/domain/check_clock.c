/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which settings a timer of the platform has. */
#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

/* One row per timer; TIMER_ABSENT ends. */
static const struct {
	TimerName name;
	bool tickpolicy, track, frequency, mode;
} timers[] = {
	{ TIMER_PLATFORM, true, true, false, false },
	{ TIMER_PIT, true, false, false, false },
	{ TIMER_RTC, true, true, false, false },
	{ TIMER_HPET, true, false, false, false },
	{ TIMER_TSC, true, false, true, true },
	{ TIMER_KVMCLOCK, false, false, false, false },
	{ TIMER_HYPERVCLOCK, false, false, false, false },
	{ TIMER_ARMVTIMER, true, false, false, false },
	{ TIMER_ABSENT, false, false, false, false },
};

static const char *timer_extra(const ClockTimer *timer)
{
	for (guint i = 0; timers[i].name; i++) {
		if (timers[i].name != timer->name)
			continue;
		if (timer->tickpolicy && !timers[i].tickpolicy)
			return "tickpolicy";
		if (timer->track && !timers[i].track)
			return "track";
		if (timer->frequency && !timers[i].frequency)
			return "frequency";
		if (timer->mode && !timers[i].mode)
			return "mode";
	}
	return NULL;
}

bool clock_check(const DomainClock *clock, GError **error)
{
	for (guint i = 0; i < list_length(clock->timers); i++) {
		const ClockTimer *timer = list_get(clock->timers, i);
		const char *extra = timer_extra(timer);

		if (extra)
			return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
				    _("timer '%s' has no '%s'"), timer_name_name(timer->name), extra);
		if (timer->tickpolicy != TICK_CATCHUP &&
		    (timer->catchup_threshold || timer->catchup_slew || timer->catchup_limit))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("timer '%s': <catchup> needs tickpolicy='catchup'"),
				    timer_name_name(timer->name));
	}
	return true;
}
