/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(clock_offset, CLOCK_OFFSET)
CONF_ENUM_DEFINE(clock_basis, CLOCK_BASIS)
CONF_ENUM_DEFINE(timer_name, TIMER)
CONF_ENUM_DEFINE(timer_track, TIMER_TRACK)
CONF_ENUM_DEFINE(tick_policy, TICK)
CONF_ENUM_DEFINE(timer_mode, TIMER_MODE)
CONF_ENUM_DEFINE(lifecycle_action, LIFECYCLE)
CONF_ENUM_DEFINE(lock_failure_action, LOCK_FAILURE)

static const BindRow catchup_rows[] = {
	ATTR(ClockTimer, "threshold", catchup_threshold, uint64, 0),
	ATTR(ClockTimer, "slew", catchup_slew, uint64, 0),
	ATTR(ClockTimer, "limit", catchup_limit, uint64, 0),
	END_ROWS
};
static ELEMENT(timer_catchup, NULL, ClockTimer, catchup_rows);

static const BindRow timer_rows[] = {
	ATTR(ClockTimer, "name", name, timer_name, BIND_REQUIRED | G),
	ATTR(ClockTimer, "present", present, yes_no, G),
	ATTR(ClockTimer, "tickpolicy", tickpolicy, tick_policy, G),
	ATTR(ClockTimer, "track", track, timer_track, G),
	ATTR(ClockTimer, "frequency", frequency, uint64, G),
	ATTR(ClockTimer, "mode", mode, timer_mode, G),
	CHILD("catchup", timer_catchup, 0),
	END_ROWS
};
static ELEMENT(clock_timer, NULL, ClockTimer, timer_rows);

static bool clock_parsed(BindReader *reader, void *object, GError **error)
{
	const DomainClock *clock = object;
	gint64 seconds;

	if (clock->adjustment && strcmp(clock->adjustment, "reset") != 0 &&
	    !number_parse_int64(clock->adjustment, G_MININT64, G_MAXINT64, &seconds))
		return bind_reader_fail(reader, error, VIR_ERR_XML_ERROR,
					_("the adjustment '%s' is neither 'reset' nor seconds"),
					clock->adjustment);
	return true;
}

#define AT(offsets) WHEN(DomainClock, offset, offsets)
static const BindRow clock_rows[] = {
	ATTR(DomainClock, "offset", offset, clock_offset, G, MISSING(CLOCK_OFFSET_UTC)),
	ATTR(DomainClock, "adjustment", adjustment, token, 0,
	     AT(BIT(CLOCK_OFFSET_UTC) | BIT(CLOCK_OFFSET_LOCALTIME) | BIT(CLOCK_OFFSET_VARIABLE))),
	ATTR(DomainClock, "basis", basis, clock_basis, 0, AT(BIT(CLOCK_OFFSET_VARIABLE))),
	ATTR(DomainClock, "timezone", timezone, str, BIND_REQUIRED, AT(BIT(CLOCK_OFFSET_TIMEZONE))),
	ATTR(DomainClock, "start", start, uint64, BIND_REQUIRED,
	     AT(BIT(CLOCK_OFFSET_ABSOLUTE))),
	LIST(DomainClock, "timer", timers, clock_timer, G),
	END_ROWS
};
ELEMENT(domain_clock, "clock", DomainClock, clock_rows, .parsed = clock_parsed);
