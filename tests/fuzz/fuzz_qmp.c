/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hypervisor that says anything on its monitor, while a call waits for its reply, and a guest
 * whose agent does the same: all that is said has an end, and leaves a guest that can be let go.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fiber.h"
#include "drivers/qemu/live/live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 64 * 1024, TURNS_MAX = 1000, TIMEOUT_USEC = 1000 };

static const char definition[] =
	"<domain type='qemu'><name>fuzz</name><memory>65536</memory><os><type>hvm</type></os>"
	"<on_poweroff>restart</on_poweroff><clock offset='variable' adjustment='0'/><devices>"
	"<disk type='file' device='cdrom'><source file='/x'/><target dev='sda' bus='sata'/>"
	"<alias name='sata0-0-0'/></disk><channel type='unix'><target type='virtio' "
	"name='org.qemu.guest_agent.0'/><alias name='channel0'/></channel>"
	"<memballoon model='virtio'><alias name='balloon0'/></memballoon></devices></domain>";

static sd_event *loop;

static void host_event(Guest *guest, const GuestEvent *event)
{
	(void)guest;
	(void)event;
}

static void host_state(Guest *guest, int state, int reason, int event, int detail)
{
	(void)event;
	(void)detail;
	guest->state = state;
	guest->reason = reason;
}

static void host_changed(Guest *guest)
{
	(void)guest;
}

static void host_ended(Guest *guest, int reason, int detail)
{
	(void)guest;
	(void)reason;
	(void)detail;
}

static const GuestHost host = { host_event, host_state, host_changed, host_ended };

static void ask_monitor(void *data)
{
	json_decref(qmp_call(data, "query-block", NULL, TIMEOUT_USEC, NULL));
}

static void ask_agent(void *data)
{
	json_decref(agent_call(data, json_pack("{s:s}", "execute", "guest-info"), TIMEOUT_USEC,
			       NULL));
}

/* A socket from which @data can be read, and then its end. */
static int spoken(const uint8_t *data, size_t size)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		abort();
	if (send(fds[1], data, size, MSG_NOSIGNAL) < 0 && size > 0)
		size = 0;
	close(fds[1]);
	return fds[0];
}

static void turn(void)
{
	for (unsigned i = 0; i < TURNS_MAX && (fiber_count() > 0 || i < 3); i++)
		sd_event_run(loop, i < 3 ? 0 : TIMEOUT_USEC);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Guest guest = { .host = &host, .state = VIR_DOMAIN_RUNNING };
	QemuLive *live;
	Agent *agent;

	if (!loop) {
		signal(SIGPIPE, SIG_IGN);
		if (sd_event_new(&loop) < 0 || !fiber_init(loop, NULL))
			abort();
	}
	size = MIN(size, INPUT_MAX);
	guest.loop = loop;
	guest.def = domain_def_parse(definition, strlen(definition), 0, NULL, NULL);
	if (!guest.def)
		abort();
	live = live_new(&guest);
	live->gone = true; /* there is no process to end */
	live->qmp = qmp_new(loop, spoken(data, size), &live_qmp_handler, live, NULL);
	agent = agent_new(loop, spoken(data, size), NULL);
	fiber_spawn("monitor", ask_monitor, live->qmp, NULL);
	fiber_spawn("agent", ask_agent, agent, NULL);
	turn();
	agent_free(agent);
	live_free(live);
	turn();
	domain_def_free(guest.def);
	return 0;
}
