/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/core/slice.h"

#include <stdint.h>
#include <time.h>

#include "base/i18n.h"
#include "base/log.h"

static struct {
	const char *what, *longest_what;
	uint64_t longest_nsec;
} slices;

static uint64_t cpu_nsec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void slice_note(const char *what)
{
	slices.what = what;
}

static int dispatch(sd_event *loop)
{
	uint64_t began = cpu_nsec(), took;
	int r;

	slices.what = NULL;
	r = sd_event_dispatch(loop);
	took = cpu_nsec() - began;
	if (took > slices.longest_nsec) {
		slices.longest_nsec = took;
		slices.longest_what = slices.what;
	}
	return r;
}

int slice_run(sd_event *loop)
{
	int r = sd_event_prepare(loop);

	if (r == 0)
		r = sd_event_wait(loop, UINT64_MAX);
	return r > 0 ? dispatch(loop) : r;
}

void slice_report(void)
{
	log_info(_("longest turn of the loop: %.3f ms (%s)"), (double)slices.longest_nsec / 1e6,
		 slices.longest_what ? slices.longest_what : "-");
	slices.longest_nsec = 0;
	slices.longest_what = NULL;
}
