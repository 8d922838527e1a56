/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a probe process for a driver and collects what it prints; DriverSettings.probe. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/host/priv.h"
#include "worker/host/spawn.h"

enum {
	OUTPUT_MAX = 16 * 1024 * 1024,
};

#define TIMEOUT_USEC (60 * G_USEC_PER_SEC)
#define END_USEC (5 * G_USEC_PER_SEC)

static Engine *probe_engine; /* drivers know no engine */

typedef struct Probe {
	char *driver, *what;
	void (*done)(const char *output, const GError *error, void *data);
	void *data;
	ProbeProcess process;
	sd_event_source *source, *watch;
	FiberEvent ended; /* of what it prints */
	FiberEvent gone;  /* the process */
	GString *output;
	bool too_long, cancelled;
} Probe;

static GQueue running = G_QUEUE_INIT; /* of Probe */

static void probe_free(Probe *probe)
{
	g_queue_remove(&running, probe);
	sd_event_source_disable_unref(probe->source);
	sd_event_source_disable_unref(probe->watch);
	fd_clear(&probe->process.output);
	fd_clear(&probe->process.pidfd);
	g_string_free(probe->output, TRUE);
	g_free(probe->driver);
	g_free(probe->what);
	g_free(probe);
}

static int on_output(sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t events, void *data)
{
	Probe *probe = data;
	char buffer[16384];
	ssize_t n = read(fd, buffer, sizeof(buffer));

	if (n > 0 && probe->output->len + (gsize)n <= OUTPUT_MAX) {
		g_string_append_len(probe->output, buffer, n);
		return 0;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	probe->too_long = n > 0;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	fiber_event_set(&probe->ended);
	return 0;
}

static int on_gone(sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t events, void *data)
{
	Probe *probe = data;

	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	pidfd_reap(fd);
	fiber_event_set(&probe->gone);
	return 0;
}

/* In session mode it is our child, whose end must be taken notice of. */
static void process_end_wait(Probe *probe)
{
	if (probe->process.pidfd >= 0 &&
	    sd_event_add_io(probe_engine->loop, &probe->watch, probe->process.pidfd, EPOLLIN, on_gone,
			    probe) >= 0)
		fiber_event_wait(&probe->gone, "the end of a probe", END_USEC, NULL);
}

static bool output_collect_wait(Probe *probe, GError **error)
{
	int r;

	if (probe->cancelled)
		return fail(error, VIR_ERR_OPERATION_ABORTED, _("reeved is ending"));
	r = sd_event_add_io(probe_engine->loop, &probe->source, probe->process.output, EPOLLIN,
			    on_output, probe);
	if (r < 0)
		return fail_errno(error, -r, _("cannot read from a probe"));
	if (!fiber_event_wait(&probe->ended, "the probe of a hypervisor", TIMEOUT_USEC, error))
		return false;
	if (probe->cancelled)
		return fail(error, VIR_ERR_OPERATION_ABORTED, _("reeved is ending"));
	if (probe->too_long)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the probe of '%s' says more than can be believed"), probe->what);
	if (probe->output->len == 0)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the probe of '%s' says nothing; see the daemon's log"), probe->what);
	return true;
}

static void probe_run(void *data)
{
	Probe *probe = data;
	g_autoptr(GError) error = NULL;
	bool good = priv_probe_start_call(probe_engine, probe->driver, probe->what, &probe->process,
					  &error) &&
		    output_collect_wait(probe, &error);

	/* Nobody may signal it in our name, but it ends with its reader. */
	g_clear_pointer(&probe->source, sd_event_source_disable_unref);
	fd_clear(&probe->process.output);
	probe->done(good ? probe->output->str : NULL, error, probe->data);
	process_end_wait(probe);
	probe_free(probe);
}

void priv_probe_init(Engine *engine)
{
	probe_engine = engine;
}

bool priv_probe(const char *driver, const char *what,
		void (*done)(const char *output, const GError *error, void *data), void *data,
		GError **error)
{
	Probe *probe;

	if (probe_engine->stopping)
		return fail(error, VIR_ERR_OPERATION_ABORTED, _("reeved is ending"));
	probe = g_new0(Probe, 1);
	probe->driver = g_strdup(driver);
	probe->what = g_strdup(what);
	probe->done = done;
	probe->data = data;
	probe->process = (ProbeProcess){ -1, -1 };
	probe->output = g_string_new(NULL);
	g_queue_push_tail(&running, probe);
	if (fiber_spawn("probe", probe_run, probe, error))
		return true;
	probe_free(probe);
	return false;
}

void priv_probe_cancel(void)
{
	for (GList *link = running.head; link; link = link->next) {
		Probe *probe = link->data;

		probe->cancelled = true;
		fiber_event_set(&probe->ended);
	}
}
