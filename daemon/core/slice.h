/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long one turn of the event loop keeps all others waiting, in CPU time of its thread: what we
 * do, not what a busy machine does with us. SIGUSR1 writes the longest to the log. Loop's thread.
 */
#pragma once

#include <systemd/sd-event.h>

/* As sd_event_run() without a timeout, and looks at the clock. */
int slice_run(sd_event *loop);
/* What the turn is about; static. The longest part of a turn that has several is not told apart. */
void slice_note(const char *what);
/* Says which was the longest since this was last called. */
void slice_report(void);
