/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/hold.h"

void hold_take(Hold *hold, const char *what)
{
	g_assert(!hold->what);
	hold->what = what;
}

bool hold_wait(Hold *hold, const char *what, uint64_t timeout_usec, GError **error)
{
	if (hold->what && !fiber_queue_wait(&hold->waiting, what, timeout_usec, error))
		return false;
	hold->what = what;
	return true;
}

void hold_release(Hold *hold)
{
	if (!fiber_queue_wake_one(&hold->waiting))
		hold->what = NULL;
}
