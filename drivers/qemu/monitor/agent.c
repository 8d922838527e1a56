/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "drivers/qemu/monitor/agent.h"
#include "drivers/qemu/monitor/json_peer.h"

enum {
	QUEUE_MAX = 32,  /* calls that wait for their turn */
	STRAYS_MAX = 64, /* values that are not the answer, while one is waited for */
	TEXT_MAX = 1000,
};

static const char what_agent[] = N_("guest agent");

struct Agent {
	JsonPeer *peer;
	GQueue turns; /* FiberEvent of each call, the head has the turn */
	json_int_t last_id;
	json_int_t wanted_id; /* the sync that is waited for; 0: the reply to a command */
	FiberEvent *answered; /* NULL when nothing is waited for */
	json_t *reply;
	unsigned strays;
	int refs;
	bool closed;
};

static void agent_unref(Agent *agent)
{
	if (--agent->refs > 0)
		return;
	json_decref(agent->reply);
	g_free(agent);
}

static void agent_end(Agent *agent)
{
	agent->closed = true;
	if (agent->answered)
		fiber_event_set(agent->answered);
	for (GList *l = agent->turns.head; l; l = l->next)
		fiber_event_set(l->data);
}

static void on_closed(G_GNUC_UNUSED const GError *why, void *data)
{
	agent_end(data);
}

/* Noise of a booting guest or an old reply: what matters follows the next delimiter. */
static bool on_garbage(G_GNUC_UNUSED const GError *why, void *data)
{
	Agent *agent = data;

	return ++agent->strays < STRAYS_MAX || !agent->answered;
}

static bool is_wanted(const Agent *agent, json_t *message)
{
	json_t *value = json_object_get(message, "return");

	if (!agent->answered || !json_is_object(message))
		return false;
	if (agent->wanted_id)
		return json_is_integer(value) && json_integer_value(value) == agent->wanted_id;
	/* Said twice, the answer to the sync is still not that to the command. */
	if (json_is_integer(value) && json_integer_value(value) == agent->last_id)
		return false;
	return value || json_object_get(message, "error");
}

static void on_message(json_t *message, void *data)
{
	Agent *agent = data;

	if (!is_wanted(agent, message)) {
		if (agent->answered && ++agent->strays >= STRAYS_MAX)
			fiber_event_set(agent->answered);
		return;
	}
	agent->reply = json_incref(message);
	fiber_event_set(agent->answered);
	agent->answered = NULL;
}

static const JsonPeerHandler peer_handler = {
	.message = on_message,
	.garbage = on_garbage,
	.closed = on_closed,
};

Agent *agent_new(sd_event *loop, int fd, GError **error)
{
	JsonPeerOptions options = {
		.loop = loop,
		.line_max = LIMIT_AGENT_LINE,
		.delimited = true,
		.what = _(what_agent),
	};
	Agent *agent = g_new0(Agent, 1);

	agent->refs = 1;
	agent->last_id = g_random_int(); /* an earlier connection's answers must not fit */
	agent->peer = json_peer_new((int[2]){ fd, fd }, &options, &peer_handler, agent, error);
	if (!agent->peer)
		g_clear_pointer(&agent, agent_unref);
	return agent;
}

void agent_free(Agent *agent)
{
	if (!agent)
		return;
	agent_end(agent);
	g_clear_pointer(&agent->peer, json_peer_free);
	agent_unref(agent);
}

bool agent_is_closed(const Agent *agent)
{
	return agent->closed;
}

static bool fail_closed(GError **error)
{
	return fail(error, VIR_ERR_AGENT_UNRESPONSIVE,
		    _("the guest agent is not connected; is it running in the guest?"));
}

/* Waits until the calls before this one are over. */
static bool turn_wait(Agent *agent, FiberEvent *turn, uint64_t timeout_usec, GError **error)
{
	if (agent->closed)
		return fail_closed(error);
	if (g_queue_get_length(&agent->turns) >= QUEUE_MAX)
		return fail(error, VIR_ERR_AGENT_UNRESPONSIVE,
			    _("%d commands wait for the guest agent already"), QUEUE_MAX);
	g_queue_push_tail(&agent->turns, turn);
	if (agent->turns.head->data == turn)
		return true;
	if (fiber_event_wait(turn, _(what_agent), timeout_usec, error) &&
	    (!agent->closed || fail_closed(error)))
		return true;
	g_queue_remove(&agent->turns, turn);
	return false;
}

static void turn_end(Agent *agent, FiberEvent *turn)
{
	g_queue_remove(&agent->turns, turn);
	if (agent->turns.head)
		fiber_event_set(agent->turns.head->data);
}

/* Sends @request after the bytes of @prefix and waits for what is_wanted(). */
static json_t *agent_exchange(Agent *agent, const char *prefix, json_t *request,
			      uint64_t timeout_usec, GError **error)
{
	g_autofree char *text = json_dumps(request, JSON_COMPACT);
	g_autofree char *line = g_strconcat(prefix, text, "\n", NULL);
	FiberEvent answered = { 0 };
	bool ok;

	if (!text)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("a command for the guest agent cannot be written as JSON"));
	if (!json_peer_send(agent->peer, line, strlen(line), -1, error))
		return NULL;
	agent->strays = 0;
	agent->answered = &answered;
	ok = fiber_event_wait(&answered, _(what_agent), timeout_usec, error);
	agent->answered = NULL;
	if (ok && !agent->reply && agent->closed)
		fail_closed(error);
	else if (ok && !agent->reply)
		fail(error, VIR_ERR_AGENT_UNRESPONSIVE,
		     _("the guest agent answers what it was not asked"));
	return g_steal_pointer(&agent->reply);
}

/* Proves that the agent is awake, and voids whatever it had begun to say. */
static bool agent_sync(Agent *agent, GError **error)
{
	g_autoptr(GError) why = NULL;
	json_t *request, *reply;

	agent->wanted_id = ++agent->last_id;
	request = json_pack("{s:s,s:{s:I}}", "execute", "guest-sync-delimited", "arguments", "id",
			    agent->wanted_id);
	reply = agent_exchange(agent, "\xff", request, AGENT_SYNC_USEC, &why);
	agent->wanted_id = 0;
	json_decref(request);
	if (reply) {
		json_decref(reply);
		return true;
	}
	if (error_code(why) == VIR_ERR_OPERATION_TIMEOUT)
		return fail(error, VIR_ERR_AGENT_UNRESPONSIVE,
			    _("the guest agent did not answer within %d seconds; is it running in "
			      "the guest?"),
			    (int)(AGENT_SYNC_USEC / G_USEC_PER_SEC));
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

/* An error reply becomes an error; the guest's own words are cut and cleaned. */
static bool reply_check(json_t *reply, const char *command, GError **error)
{
	json_t *failure = json_object_get(reply, "error");
	const char *desc = json_string_value(json_object_get(failure, "desc"));
	g_autofree char *cut = NULL, *words = NULL;

	if (!failure)
		return true;
	cut = g_strndup(desc ? desc : "", TEXT_MAX);
	words = g_utf8_make_valid(cut, -1);
	for (char *c = words; *c; c++)
		if (g_ascii_iscntrl(*c))
			*c = ' ';
	return fail(error, VIR_ERR_OPERATION_FAILED, _("the guest agent refused '%s': %s"), command,
		    words);
}

/* *taken: the agent was awake and was given the command. */
static json_t *agent_command(Agent *agent, json_t *request, uint64_t timeout_usec, bool *taken,
			     GError **error)
{
	const char *command = json_string_value(json_object_get(request, "execute"));
	g_autoptr(GError) why = NULL;
	json_t *reply;

	if (!agent_sync(agent, error))
		return NULL;
	*taken = true;
	reply = agent_exchange(agent, "", request, timeout_usec, &why);
	if (reply && reply_check(reply, command, error))
		return reply;
	if (!reply && error_code(why) == VIR_ERR_OPERATION_TIMEOUT)
		fail(error, VIR_ERR_AGENT_UNRESPONSIVE,
		     _("the guest agent took '%s' but did not answer in time"), command);
	else if (!reply)
		g_propagate_error(error, g_steal_pointer(&why));
	json_decref(reply);
	return NULL;
}

static json_t *agent_run(Agent *agent, json_t *request, uint64_t timeout_usec, bool *taken,
			 GError **error)
{
	FiberEvent turn = { 0 };
	json_t *reply = NULL;

	agent->refs++;
	if (!json_is_string(json_object_get(request, "execute")))
		fail(error, VIR_ERR_INVALID_ARG,
		     _("a command for the guest agent must be a JSON object with 'execute'"));
	else if (turn_wait(agent, &turn, timeout_usec, error)) {
		reply = agent_command(agent, request, timeout_usec, taken, error);
		turn_end(agent, &turn);
	}
	json_decref(request);
	agent_unref(agent);
	return reply;
}

json_t *agent_call(Agent *agent, json_t *request, uint64_t timeout_usec, GError **error)
{
	bool taken = false;

	return agent_run(agent, request, timeout_usec, &taken, error);
}

bool agent_shutdown_call(Agent *agent, const char *mode, GError **error)
{
	json_t *request =
		json_pack("{s:s,s:{s:s}}", "execute", "guest-shutdown", "arguments", "mode", mode);
	g_autoptr(GError) why = NULL;
	bool taken = false;
	json_t *reply = agent_run(agent, request, AGENT_SYNC_USEC, &taken, &why);
	bool silent = taken && why && error_code(why) == VIR_ERR_AGENT_UNRESPONSIVE;

	if (!reply && !silent)
		g_propagate_error(error, g_steal_pointer(&why));
	json_decref(reply);
	return reply || silent;
}
