/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clock of a guest and its timers; what happens at its end. Part of a DomainDef. */
#pragma once

#include "conf/bind/types.h"

#define CLOCK_OFFSET_VALUES(X) \
	X(CLOCK_OFFSET_UTC, "utc") X(CLOCK_OFFSET_LOCALTIME, "localtime") \
	X(CLOCK_OFFSET_VARIABLE, "variable") X(CLOCK_OFFSET_TIMEZONE, "timezone") \
	X(CLOCK_OFFSET_ABSOLUTE, "absolute")
CONF_ENUM(ClockOffset, clock_offset, CLOCK_OFFSET)
#define CLOCK_BASIS_VALUES(X) X(CLOCK_BASIS_UTC, "utc") X(CLOCK_BASIS_LOCALTIME, "localtime")
CONF_ENUM(ClockBasis, clock_basis, CLOCK_BASIS)
#define TIMER_VALUES(X) \
	X(TIMER_PLATFORM, "platform") X(TIMER_PIT, "pit") X(TIMER_RTC, "rtc") X(TIMER_HPET, "hpet") \
	X(TIMER_TSC, "tsc") X(TIMER_KVMCLOCK, "kvmclock") X(TIMER_HYPERVCLOCK, "hypervclock") \
	X(TIMER_ARMVTIMER, "armvtimer")
CONF_ENUM(TimerName, timer_name, TIMER)
#define TIMER_TRACK_VALUES(X) \
	X(TIMER_TRACK_BOOT, "boot") X(TIMER_TRACK_GUEST, "guest") X(TIMER_TRACK_WALL, "wall") \
	X(TIMER_TRACK_REALTIME, "realtime")
CONF_ENUM(TimerTrack, timer_track, TIMER_TRACK)
#define TICK_VALUES(X) \
	X(TICK_DELAY, "delay") X(TICK_CATCHUP, "catchup") X(TICK_MERGE, "merge") \
	X(TICK_DISCARD, "discard")
CONF_ENUM(TickPolicy, tick_policy, TICK)
#define TIMER_MODE_VALUES(X) \
	X(TIMER_MODE_AUTO, "auto") X(TIMER_MODE_NATIVE, "native") X(TIMER_MODE_EMULATE, "emulate") \
	X(TIMER_MODE_PARAVIRT, "paravirt") X(TIMER_MODE_SMPSAFE, "smpsafe")
CONF_ENUM(TimerMode, timer_mode, TIMER_MODE)

typedef struct {
	TimerName name;
	Tristate present;
	TickPolicy tickpolicy;
	TimerTrack track;
	TimerMode mode;
	guint64 frequency; /* Hz */
	guint64 catchup_threshold, catchup_slew, catchup_limit;
} ClockTimer;

typedef struct {
	ClockOffset offset;
	char *adjustment; /* seconds, or "reset" */
	ClockBasis basis;
	char *timezone;
	guint64 start; /* seconds since 1970, offset absolute */
	GPtrArray *timers; /* ClockTimer */
} DomainClock;

#define LIFECYCLE_VALUES(X) \
	X(LIFECYCLE_DESTROY, "destroy") X(LIFECYCLE_RESTART, "restart") \
	X(LIFECYCLE_RENAME_RESTART, "rename-restart") X(LIFECYCLE_PRESERVE, "preserve") \
	X(LIFECYCLE_COREDUMP_DESTROY, "coredump-destroy") \
	X(LIFECYCLE_COREDUMP_RESTART, "coredump-restart")
CONF_ENUM(LifecycleAction, lifecycle_action, LIFECYCLE)
#define LOCK_FAILURE_VALUES(X) \
	X(LOCK_FAILURE_POWEROFF, "poweroff") X(LOCK_FAILURE_RESTART, "restart") \
	X(LOCK_FAILURE_PAUSE, "pause") X(LOCK_FAILURE_IGNORE, "ignore")
CONF_ENUM(LockFailureAction, lock_failure_action, LOCK_FAILURE)
