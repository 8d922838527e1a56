/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/job.h"

void job_free(Job *job)
{
	if (!job)
		return;
	g_free(job->intent);
	g_clear_error(&job->error);
	g_free(job);
}
