/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "base/log.h"
#include "drivers/qemu/monitor/json_peer.h"
#include "drivers/qemu/monitor/qmp.h"

enum {
	CALLS_MAX = 64,    /* commands without an answer yet, given up ones included */
	STRAYS_MAX = 1000, /* replies to nothing, after which the peer is no QEMU */
};

static const char what_monitor[] = N_("monitor of the hypervisor");

/* A command that was sent; in the caller's memory for as long as the caller waits. */
typedef struct QmpCall {
	FiberEvent done;
	json_t *reply;
} QmpCall;

struct Qmp {
	JsonPeer *peer;
	sd_event *loop; /* NULL when blocking */
	const QmpHandler *handler;
	void *data;
	char *domain; /* whom errors name, NULL: nobody */
	uint64_t patience;
	GHashTable *calls; /* id -> QmpCall, or &abandoned */
	json_int_t last_id;
	uint64_t version;
	FiberEvent greeted;
	bool greeting_bad;
	int64_t owing; /* since when at least one command is unanswered */
	unsigned strays;
	int refs;
	bool closed;
	GError *why; /* of the end, NULL for an orderly one */
};

static QmpCall abandoned; /* stands for a caller who no longer waits */

static void qmp_unref(Qmp *qmp)
{
	if (--qmp->refs > 0)
		return;
	g_hash_table_unref(qmp->calls);
	g_clear_error(&qmp->why);
	g_free(qmp->domain);
	g_free(qmp);
}

static bool fail_closed(const Qmp *qmp, GError **error)
{
	if (qmp->why)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("the monitor of the hypervisor was closed: %s"), qmp->why->message);
	/* Mostly because it ends; its pidfd is looked at after the monitor. */
	return fail(error, VIR_ERR_OPERATION_INVALID,
		    _("the hypervisor has closed its monitor; if it has not ended, destroy the "
		      "domain"));
}

/* Whose hypervisor it was that failed. False, for callers to return. */
static bool blame(const Qmp *qmp, GError **error)
{
	if (error && *error && qmp->domain)
		g_prefix_error(error, _("domain '%s': "), qmp->domain);
	return false;
}

/* Every waiter finds itself without a reply. */
static void qmp_wake_all(Qmp *qmp)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, qmp->calls);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (value != &abandoned)
			fiber_event_set(&((QmpCall *)value)->done);
	g_hash_table_remove_all(qmp->calls);
	if (!qmp->greeted.set)
		fiber_event_set(&qmp->greeted);
}

static void on_closed(const GError *why, void *data)
{
	Qmp *qmp = data;

	qmp->refs++;
	qmp->closed = true;
	if (why)
		qmp->why = g_error_copy(why);
	qmp_wake_all(qmp);
	if (qmp->handler && qmp->handler->closed)
		qmp->handler->closed(why, qmp->data);
	qmp_unref(qmp);
}

static bool on_garbage(const GError *why, G_GNUC_UNUSED void *data)
{
	log_error(_("closing the monitor of the hypervisor: %s"), why->message);
	return false;
}

static void take_greeting(Qmp *qmp, json_t *greeting)
{
	json_int_t major = 0, minor = 0, micro = 0;

	if (qmp->greeted.set)
		return;
	if (json_unpack(greeting, "{s:{s:{s:I,s:I,s:I}}}", "version", "qemu", "major", &major,
			"minor", &minor, "micro", &micro) < 0 ||
	    major < 1 || major > 1000 || minor < 0 || minor > 999 || micro < 0 || micro > 999)
		qmp->greeting_bad = true;
	else
		qmp->version = (uint64_t)(major * 1000000 + minor * 1000 + micro);
	fiber_event_set(&qmp->greeted);
}

static void take_event(Qmp *qmp, const char *name, json_t *message)
{
	json_int_t seconds = 0, micros = 0;
	json_t *data = json_object_get(message, "data");
	QmpEvent event = { .name = name, .data = json_is_object(data) ? data : NULL };

	json_unpack(message, "{s:{s:I,s:I}}", "timestamp", "seconds", &seconds, "microseconds",
		    &micros);
	event.seconds = seconds;
	event.micros = (unsigned)CLAMP(micros, 0, 999999);
	if (qmp->handler && qmp->handler->event)
		qmp->handler->event(&event, qmp->data);
}

static void take_reply(Qmp *qmp, json_t *message)
{
	json_t *id = json_object_get(message, "id");
	json_int_t number = json_is_integer(id) ? json_integer_value(id) : 0;
	QmpCall *call = g_hash_table_lookup(qmp->calls, &number);

	if (!call) {
		/* Answers to nothing are dropped; that many of them come from no QEMU. */
		if (++qmp->strays == STRAYS_MAX)
			log_error(_("the hypervisor keeps answering what it was not asked"));
		return;
	}
	g_hash_table_remove(qmp->calls, &number);
	qmp->owing = g_hash_table_size(qmp->calls) > 0 ? g_get_monotonic_time() : 0;
	if (call == &abandoned)
		return;
	call->reply = json_incref(message);
	fiber_event_set(&call->done);
}

static void on_message(json_t *message, void *data)
{
	Qmp *qmp = data;
	json_t *event = json_object_get(message, "event");
	json_t *greeting = json_object_get(message, "QMP");

	qmp->refs++;
	if (greeting)
		take_greeting(qmp, greeting);
	else if (json_is_string(event))
		take_event(qmp, json_string_value(event), message);
	else
		take_reply(qmp, message);
	qmp_unref(qmp);
}

static const JsonPeerHandler peer_handler = {
	.message = on_message,
	.garbage = on_garbage,
	.closed = on_closed,
};

static Qmp *qmp_create(sd_event *loop, const int fds[2], const QmpHandler *handler, void *data,
		       GError **error)
{
	JsonPeerOptions options = {
		.loop = loop,
		.line_max = LIMIT_QMP_LINE,
		.what = _(what_monitor),
	};
	Qmp *qmp = g_new0(Qmp, 1);

	qmp->loop = loop;
	qmp->handler = handler;
	qmp->data = data;
	qmp->patience = QMP_TIMEOUT_USEC;
	qmp->refs = 1;
	qmp->calls = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	qmp->peer = json_peer_new(fds, &options, &peer_handler, qmp, error);
	if (!qmp->peer)
		g_clear_pointer(&qmp, qmp_unref);
	return qmp;
}

Qmp *qmp_new(sd_event *loop, int fd, const QmpHandler *handler, void *data, GError **error)
{
	return qmp_create(loop, (int[2]){ fd, fd }, handler, data, error);
}

Qmp *qmp_new_blocking(int read_fd, int write_fd, const QmpHandler *handler, void *data,
		      GError **error)
{
	return qmp_create(NULL, (int[2]){ read_fd, write_fd }, handler, data, error);
}

void qmp_set_domain(Qmp *qmp, const char *name, uint64_t patience_usec)
{
	g_free(qmp->domain);
	qmp->domain = g_strdup(name);
	qmp->patience = patience_usec;
}

void qmp_free(Qmp *qmp)
{
	if (!qmp)
		return;
	qmp->handler = NULL;
	qmp->closed = true;
	qmp_wake_all(qmp);
	g_clear_pointer(&qmp->peer, json_peer_free);
	qmp_unref(qmp);
}

/* Waits on the loop or by turning the peer, for @what. */
static bool qmp_wait(Qmp *qmp, FiberEvent *event, const char *what, uint64_t timeout_usec,
		     GError **error)
{
	int64_t deadline = g_get_monotonic_time() + (int64_t)timeout_usec;
	g_autoptr(GError) reason = NULL;

	if (qmp->loop && fiber_event_wait(event, _(what_monitor), timeout_usec, &reason))
		return true;
	while (!qmp->loop && !event->set)
		if (!json_peer_turn(qmp->peer, deadline, &reason))
			break;
	if (!reason)
		return true;
	if (error_code(reason) == VIR_ERR_OPERATION_TIMEOUT)
		return fail(error, VIR_ERR_OPERATION_TIMEOUT,
			    _("the hypervisor did not answer '%s' within %.3g s; destroy the domain if "
			      "it does not recover"),
			    what, (double)timeout_usec / G_USEC_PER_SEC);
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

static bool qmp_send(Qmp *qmp, json_t *request, int fd, GError **error)
{
	g_autofree char *text = json_dumps(request, JSON_COMPACT);
	g_autofree char *line = NULL;

	if (!text)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("a command for the hypervisor cannot be written as JSON"));
	line = g_strconcat(text, "\r\n", NULL);
	return json_peer_send(qmp->peer, line, strlen(line), fd, error);
}

static bool qmp_may_call(const Qmp *qmp, GError **error)
{
	if (qmp->closed)
		return fail_closed(qmp, error);
	if (g_hash_table_size(qmp->calls) < CALLS_MAX)
		return true;
	return fail(error, VIR_ERR_OPERATION_TIMEOUT,
		    _("the hypervisor has not answered %u commands for %" PRId64
		      " ms; destroy the domain if it does not recover"),
		    g_hash_table_size(qmp->calls), qmp_silent_ms(qmp));
}

/* Sends @request and waits for the reply object, which the caller then owns. */
static json_t *qmp_exchange(Qmp *qmp, json_t *request, int fd, uint64_t timeout_usec,
			    GError **error)
{
	QmpCall call = { 0 };
	json_int_t id = ++qmp->last_id;
	bool answered;

	timeout_usec = timeout_usec ? timeout_usec : qmp->patience;
	if (!qmp_may_call(qmp, error))
		return NULL;
	json_object_set_new(request, "id", json_integer(id));
	if (!qmp_send(qmp, request, fd, error))
		return NULL;
	if (g_hash_table_size(qmp->calls) == 0)
		qmp->owing = g_get_monotonic_time();
	g_hash_table_insert(qmp->calls, g_memdup2(&id, sizeof(id)), &call);
	qmp->refs++;
	answered = qmp_wait(qmp, &call.done,
			    json_string_value(json_object_get(request, "execute")), timeout_usec,
			    error);
	if (!answered && !qmp->closed)
		g_hash_table_insert(qmp->calls, g_memdup2(&id, sizeof(id)), &abandoned);
	else if (answered && !call.reply)
		fail_closed(qmp, error);
	qmp_unref(qmp);
	return call.reply;
}

static void fail_reply(json_t *failure, const char *command, GError **error)
{
	const char *class = json_string_value(json_object_get(failure, "class"));
	g_autofree char *words =
		json_peer_words(json_string_value(json_object_get(failure, "desc")));
	int code = VIR_ERR_OPERATION_FAILED;

	if (g_strcmp0(class, "CommandNotFound") == 0)
		code = VIR_ERR_OPERATION_UNSUPPORTED;
	else if (g_strcmp0(class, "DeviceNotFound") == 0)
		code = VIR_ERR_DEVICE_MISSING;
	if (*words)
		fail(error, code, _("the hypervisor refused '%s': %s"), command, words);
	else
		fail(error, code, _("the hypervisor refused '%s' without a reason"), command);
}

/* The value of "return"; takes @request. */
static json_t *qmp_command(Qmp *qmp, json_t *request, int fd, uint64_t timeout_usec, GError **error)
{
	const char *command = json_string_value(json_object_get(request, "execute"));
	json_t *reply, *value, *failure;

	qmp->refs++;
	reply = qmp_exchange(qmp, request, fd, timeout_usec, error);
	value = json_object_get(reply, "return");
	failure = json_object_get(reply, "error");
	if (reply && failure) {
		fail_reply(failure, command, error);
		value = NULL;
	} else if (reply && !value) {
		fail(error, VIR_ERR_OPERATION_FAILED,
		     _("the hypervisor's answer to '%s' holds neither a result nor an error"),
		     command);
	}
	if (!value)
		blame(qmp, error);
	qmp_unref(qmp);
	json_incref(value);
	json_decref(reply);
	json_decref(request);
	return value;
}

static json_t *request_new(const char *command, json_t *arguments)
{
	json_t *request = json_pack("{s:s}", "execute", command);

	if (arguments)
		json_object_set_new(request, "arguments", arguments);
	return request;
}

json_t *qmp_call(Qmp *qmp, const char *command, json_t *arguments, uint64_t timeout_usec,
		 GError **error)
{
	return qmp_command(qmp, request_new(command, arguments), -1, timeout_usec, error);
}

json_t *qmp_fd_call(Qmp *qmp, const char *command, json_t *arguments, int fd, GError **error)
{
	return qmp_command(qmp, request_new(command, arguments), fd, 0, error);
}

json_t *qmp_raw_call(Qmp *qmp, json_t *request, uint64_t timeout_usec, GError **error)
{
	json_t *reply;

	qmp->refs++;
	reply = qmp_exchange(qmp, request, -1, timeout_usec, error);
	if (!reply)
		blame(qmp, error);
	qmp_unref(qmp);
	json_decref(request);
	return reply;
}

static bool greeting_wait(Qmp *qmp, uint64_t timeout_usec, GError **error)
{
	if (!qmp_wait(qmp, &qmp->greeted, _("the connection"), timeout_usec, error))
		return false;
	if (qmp->closed)
		return fail_closed(qmp, error);
	return !qmp->greeting_bad ||
	       fail(error, VIR_ERR_OPERATION_FAILED,
		    _("what answers on the monitor socket is not a QEMU: it greets without "
		      "a version"));
}

bool qmp_greet_call(Qmp *qmp, uint64_t timeout_usec, GError **error)
{
	int64_t deadline = g_get_monotonic_time() + (int64_t)timeout_usec;
	json_t *reply = NULL;

	qmp->refs++;
	if (greeting_wait(qmp, timeout_usec, error))
		reply = qmp_call(qmp, "qmp_capabilities", NULL,
				 (uint64_t)MAX(deadline - g_get_monotonic_time(), G_USEC_PER_SEC),
				 error);
	else
		blame(qmp, error);
	qmp_unref(qmp);
	json_decref(reply);
	return reply != NULL;
}

uint64_t qmp_version(const Qmp *qmp)
{
	return qmp->version;
}

int64_t qmp_silent_ms(const Qmp *qmp)
{
	int64_t since;

	if (qmp->closed || g_hash_table_size(qmp->calls) == 0)
		return 0;
	since = MAX(qmp->owing, json_peer_heard(qmp->peer));
	return MAX((g_get_monotonic_time() - since) / 1000, 0);
}

bool qmp_has_hung_up(const Qmp *qmp)
{
	return qmp->closed && !qmp->why;
}

bool qmp_is_closed(const Qmp *qmp)
{
	return qmp->closed;
}
