/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest agent's channel, and raw commands to agent and monitor. */
#include <stdlib.h>
#include <string.h>

#include <libvirt/libvirt-qemu.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"
#include "drivers/qemu/monitor/json_peer.h"
#include "drivers/qemu/live/live.h"

static const char agent_name[] = "org.qemu.guest_agent.0";

enum {
	DEFAULT_SECONDS = 5,
	BLOCK_SECONDS = 24 * 3600, /* "for ever": the guest's end is the usual end of the wait */
	COMMAND_MAX = 4 * 1024 * 1024,
};

DomainChardev *live_agent_channel(const Guest *guest)
{
	for (guint i = 0; i < list_length(guest->def->channels); i++) {
		DomainChardev *channel = list_get(guest->def->channels, i);

		if (channel->channel_target == CHANNEL_TARGET_VIRTIO &&
		    g_strcmp0(channel->name, agent_name) == 0)
			return channel;
	}
	return NULL;
}

void live_agent_connect(QemuLive *live)
{
	Guest *guest = live->guest;
	const DomainChardev *channel = live_agent_channel(guest);
	g_autoptr(GError) error = NULL;
	int fd;

	if (!channel || channel->source.type != CHARDEV_UNIX)
		return;
	if (live->agent && !agent_is_closed(live->agent))
		return;
	g_clear_pointer(&live->agent, agent_free);
	fd = live_channel_connect(guest, channel->source.path ? channel->source.path : "agent",
				  &error);
	if (fd >= 0)
		live->agent = agent_new(guest->loop, fd, &error);
	if (!live->agent)
		log_warning(_("the agent's channel of domain '%s' is out of reach: %s"),
			    guest->def->name, error->message);
}

Agent *live_agent(Guest *guest, GError **error)
{
	QemuLive *live = live_of(guest);
	const DomainChardev *channel = live_agent_channel(guest);

	if (!live_monitor(guest, error))
		return NULL;
	/* It would be waited for in vain. */
	if (guest->state != VIR_DOMAIN_RUNNING)
		return fail_null(error, VIR_ERR_OPERATION_INVALID,
				 _("domain '%s' is active but does not run, so its guest agent cannot "
				   "answer; resume it first"),
				 guest->def->name);
	if (!channel)
		return fail_null(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
				 _("domain '%s' has no channel for a guest agent; add one named "
				   "'%s'"),
				 guest->def->name, agent_name);
	if (channel->state != CHANNEL_STATE_CONNECTED)
		return fail_null(error, VIR_ERR_AGENT_UNRESPONSIVE,
				 _("no guest agent runs in domain '%s'"), guest->def->name);
	live_agent_connect(live);
	if (!live->agent)
		return fail_null(error, VIR_ERR_AGENT_UNRESPONSIVE,
				 _("the guest agent's channel of domain '%s' is out of reach"),
				 guest->def->name);
	return live->agent;
}

static json_t *parse_command(const char *command, GError **error)
{
	gsize length = strlen(command);
	json_t *request;

	if (length > COMMAND_MAX)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("a command of %zu bytes is longer than %d"), length,
				 COMMAND_MAX);
	request = json_parse_bounded(command, length, error);
	if (request && json_is_string(json_object_get(request, "execute")))
		return request;
	if (request)
		fail(error, VIR_ERR_INVALID_ARG,
		     _("a command must be a JSON object with the member 'execute'"));
	json_decref(request);
	return NULL;
}

/* The reply as text from the heap of g_free(). */
static char *reply_text(json_t *reply)
{
	char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
	char *copy = g_strdup(text);

	free(text);
	json_decref(reply);
	return copy;
}

char *live_agent_command(Guest *guest, const char *command, int timeout_s, GError **error)
{
	int seconds = timeout_s;
	json_t *request;
	Agent *agent;

	if (timeout_s < VIR_DOMAIN_QEMU_AGENT_COMMAND_MIN)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("%d is no timeout of an agent command"), timeout_s);
	if (timeout_s == VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK)
		seconds = BLOCK_SECONDS;
	else if (timeout_s == VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT)
		seconds = DEFAULT_SECONDS;
	agent = live_agent(guest, error);
	if (!agent)
		return NULL;
	request = parse_command(command, error);
	if (!request)
		return NULL;
	return reply_text(agent_call(agent, request,
				     seconds > 0 ? (uint64_t)seconds * G_USEC_PER_SEC : 1, error));
}

char *live_monitor_command(Guest *guest, const char *command, unsigned flags, GError **error)
{
	bool human = flags & VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP;
	Qmp *qmp = live_monitor(guest, error);
	json_t *request, *reply;

	if (!qmp)
		return NULL;
	if (human) {
		char *text;

		reply = qmp_call(qmp, "human-monitor-command",
				 json_pack("{s:s}", "command-line", command), 0,
				 error);
		if (!reply)
			return NULL;
		text = g_strdup(json_is_string(reply) ? json_string_value(reply) : "");
		json_decref(reply);
		return text;
	}
	request = parse_command(command, error);
	return request ? reply_text(qmp_raw_call(qmp, request, 0, error)) : NULL;
}
