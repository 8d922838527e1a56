/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watching events: register, print what comes, until enough, a deadline, or Ctrl-C. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/wire.h"
#include "tools/object/domain_ref.h"
#include "tools/event/event.h"
#include "tools/object/object_ref.h"
#include "tools/cli/xmlfile.h"

typedef enum WatchEnd { WATCH_ON, WATCH_ENOUGH, WATCH_TIMEOUT, WATCH_INTERRUPT, WATCH_CLOSED } WatchEnd;

typedef struct Watch {
	Session *session;
	const EventKind *kinds;
	const char *what; /* "domain" */
	bool loop, timestamp;
	GArray *ids;	/* callback ids, of int */
	GPtrArray *early; /* messages that came before all ids were known */
	bool ready;
	unsigned received;
	WatchEnd end;
	GError *error;
	bool (*enough)(const void *msg); /* await: whether this message ends it */
} Watch;

static const char *timestamp(char *buffer, gsize size)
{
	gint64 now = g_get_real_time();
	time_t seconds = (time_t)(now / G_USEC_PER_SEC);
	struct tm tm;
	gsize n;

	gmtime_r(&seconds, &tm);
	n = strftime(buffer, size, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buffer + n, size - n, ".%03d+0000", (int)(now / 1000 % 1000));
	return buffer;
}

static void event_print(Watch *watch, const EventKind *kind, const EventText *event)
{
	char when[64], prefix[80] = "";

	timestamp(when, sizeof(when));
	if (watch->timestamp)
		snprintf(prefix, sizeof(prefix), "%s: ", when);
	json_object_set_new(event->data, "time", json_string(when));
	json_object_set_new(event->data, "event", json_string(kind->name));
	json_object_set_new(event->data, watch->what, json_text(event->object));
	out_stream(watch->session, json_incref(event->data), _("%sevent '%s' for %s '%s'%s%s\n"), prefix,
		   kind->name, _(watch->what), event->object, event->text->len ? ": " : "",
		   event->text->str);
}

static bool id_known(const Watch *watch, int id)
{
	for (guint i = 0; i < watch->ids->len; i++)
		if (g_array_index(watch->ids, int, i) == id)
			return true;
	return false;
}

static void event_take(Watch *watch, const EventKind *kind, RpcMessage *message)
{
	const RpcProc *proc = rpc_proc_find(message->header.program, message->header.procedure);
	g_autofree void *msg = g_malloc0(proc->args_size);
	EventText event = { .text = g_string_new(NULL), .data = json_object() };

	if (rpc_message_decode(message, proc->args_filter, msg, &watch->error)) {
		if (id_known(watch, event_callback_id(msg))) {
			kind->describe(msg, &event);
			watch->received++;
			if (!watch->enough)
				event_print(watch, kind, &event);
			if (watch->enough ? watch->enough(msg) : !watch->loop)
				watch->end = WATCH_ENOUGH;
		}
		rpc_free(proc->args_filter, msg);
	}
	g_string_free(event.text, TRUE);
	json_decref(event.data);
}

static void on_message(RpcMessage *message, void *data)
{
	Watch *watch = data;

	if (!watch->ready) {
		g_ptr_array_add(watch->early, rpc_message_ref(message));
		return;
	}
	for (const EventKind *kind = watch->kinds; kind->name; kind++)
		if (message->header.program == REMOTE_PROGRAM &&
		    kind->procedure == message->header.procedure && watch->end == WATCH_ON)
			event_take(watch, kind, message);
}

static void on_closed(const GError *reason, void *data)
{
	Watch *watch = data;

	watch->end = WATCH_CLOSED;
	if (reason)
		watch->error = g_error_copy(reason);
	else
		fail(&watch->error, VIR_ERR_NO_CONNECT, _("the server closed the connection"));
}

static int on_timeout(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	((Watch *)data)->end = WATCH_TIMEOUT;
	return 0;
}

static int on_interrupt(G_GNUC_UNUSED sd_event_source *source,
			G_GNUC_UNUSED const struct signalfd_siginfo *info, void *data)
{
	((Watch *)data)->end = WATCH_INTERRUPT;
	return 0;
}

static bool watch_turn(Watch *watch, unsigned int seconds, GError **error)
{
	sd_event *loop = watch->session->loop;
	sd_event_source *timer = NULL, *interrupt = NULL;
	sigset_t mask, before;
	int r = 0;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, &before);
	r = sd_event_add_signal(loop, &interrupt, SIGINT, on_interrupt, watch);
	if (r >= 0 && seconds)
		r = sd_event_add_time_relative(loop, &timer, CLOCK_MONOTONIC, seconds * UINT64_C(1000000), 0,
					       on_timeout, watch);
	while (r >= 0 && watch->end == WATCH_ON)
		r = sd_event_run(loop, UINT64_MAX);
	sd_event_source_disable_unref(timer);
	sd_event_source_disable_unref(interrupt);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r >= 0 || fail_errno(error, -r, _("the event loop failed"));
}

static void watch_init(Watch *watch, Session *session, const Args *args)
{
	watch->session = session;
	watch->loop = args_has(args, "loop");
	watch->timestamp = args_has(args, "timestamp");
	watch->ids = g_array_new(FALSE, FALSE, sizeof(int));
	watch->early = g_ptr_array_new_with_free_func((GDestroyNotify)rpc_message_unref);
	rpc_client_on_message(session->client, on_message, watch);
	rpc_client_on_closed(session->client, on_closed, watch);
}

static void watch_clear(Watch *watch)
{
	if (watch->session->client) {
		rpc_client_on_message(watch->session->client, NULL, NULL);
		rpc_client_on_closed(watch->session->client, NULL, NULL);
	}
	g_array_unref(watch->ids);
	g_ptr_array_unref(watch->early);
	g_clear_error(&watch->error);
}

static bool watch_run(Watch *watch, const Args *args, GError **error)
{
	unsigned int seconds = 0;

	if (!args_uint(args, "timeout", &seconds, error))
		return false;
	if (args_has(args, "timeout") && !seconds)
		return fail(error, VIR_ERR_INVALID_ARG, _("invalid timeout '0': it is in seconds, 1 or more"));
	watch->ready = true;
	for (guint i = 0; i < watch->early->len; i++)
		on_message(watch->early->pdata[i], watch);
	if (!watch_turn(watch, seconds, error))
		return false;
	if (watch->end == WATCH_CLOSED || watch->error) {
		g_propagate_error(error, g_steal_pointer(&watch->error));
		return false;
	}
	return true;
}

static void watch_summary(Watch *watch)
{
	if (watch->end == WATCH_TIMEOUT)
		out_extra(watch->session, _("event loop timed out\n"));
	else if (watch->end == WATCH_INTERRUPT)
		out_extra(watch->session, _("event loop interrupted\n"));
	out_print(watch->session, _("events received: %u\n"), watch->received);
}

static const EventKind *kind_find(const EventKind *kinds, const char *name, GError **error)
{
	for (const EventKind *kind = kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return fail_null(error, VIR_ERR_INVALID_ARG, _("unknown event type %s: see --list"), name);
}

static bool kinds_list(Session *session, const EventKind *kinds)
{
	json_t *array = json_array();

	for (const EventKind *kind = kinds; kind->name; kind++) {
		out_print(session, "%s\n", kind->name);
		json_array_append_new(array, json_string(kind->name));
	}
	out_value(session, array);
	return true;
}

/* Registers for one kind of event; the reply is the callback id, -1 on failure. */
typedef int (*Register)(Session *session, int event, const void *object, GError **error);

#define REGISTER(function, proc, type, member) \
	static int function(Session *session, int event, const void *object, GError **error) \
	{ \
		remote_##proc##_args args = { .eventID = event, .member = (type *)object }; \
		remote_##proc##_ret *ret = ASK(session, proc, &args, error); \
\
		return ret ? ret->callbackID : -1; \
	}
REGISTER(register_domain, connect_domain_event_callback_register_any, remote_nonnull_domain, dom)
REGISTER(register_network, connect_network_event_register_any, remote_nonnull_network, net)
REGISTER(register_pool, connect_storage_pool_event_register_any, remote_nonnull_storage_pool, pool)
REGISTER(register_nodedev, connect_node_device_event_register_any, remote_nonnull_node_device, dev)
REGISTER(register_secret, connect_secret_event_register_any, remote_nonnull_secret, secret)

#define DEREGISTER(function, proc) \
	static void function(Session *session, int id) \
	{ \
		remote_##proc##_args args = { .callbackID = id }; \
\
		(void)TELL(session, proc, &args, NULL); \
	}
DEREGISTER(deregister_domain, connect_domain_event_callback_deregister_any)
DEREGISTER(deregister_network, connect_network_event_deregister_any)
DEREGISTER(deregister_pool, connect_storage_pool_event_deregister_any)
DEREGISTER(deregister_nodedev, connect_node_device_event_deregister_any)
DEREGISTER(deregister_secret, connect_secret_event_deregister_any)

typedef struct WatchKind {
	const char *what;
	const EventKind *kinds;
	Register enroll;
	void (*leave)(Session *session, int id);
} WatchKind;

static bool enroll(Watch *watch, const WatchKind *kind, const EventKind *event, const void *object,
		   GError **error)
{
	int id = kind->enroll(watch->session, event->id, object, error);

	if (id >= 0)
		g_array_append_val(watch->ids, id);
	return id >= 0;
}

static bool enroll_wanted(Watch *watch, const Args *args, const WatchKind *kind, const void *object,
			  GError **error)
{
	const EventKind *one = args_has(args, "event") ?
				       kind_find(kind->kinds, args_text(args, "event"), error) : NULL;

	if (one)
		return enroll(watch, kind, one, object, error);
	if (args_has(args, "event"))
		return false;
	for (const EventKind *event = kind->kinds; event->name; event++)
		/* An older daemon may not know the latest kinds. */
		if (!enroll(watch, kind, event, object, event == kind->kinds ? error : NULL) &&
		    event == kind->kinds)
			return false;
	return true;
}

static bool watch_objects(Session *session, const Args *args, const WatchKind *kind, const void *object,
			  GError **error)
{
	Watch watch = { .kinds = kind->kinds, .what = kind->what };
	bool result;

	if (!session_client(session, error))
		return false;
	watch_init(&watch, session, args);
	result = enroll_wanted(&watch, args, kind, object, error) && watch_run(&watch, args, error);
	if (result)
		watch_summary(&watch);
	/* As with virsh, success means that there was an event. */
	result = result && watch.received;
	for (guint i = 0; i < watch.ids->len && watch.end != WATCH_CLOSED; i++)
		kind->leave(session, g_array_index(watch.ids, int, i));
	watch_clear(&watch);
	return result;
}

static const WatchKind domain_watch = { N_("domain"), domain_events, register_domain, deregister_domain };

bool cmd_event(Session *session, const Args *args, GError **error)
{
	const Domain *domain = NULL;

	if (args_has(args, "list"))
		return kinds_list(session, domain_events);
	if (args_has(args, "all") == args_has(args, "event"))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("one of --list, --all, or --event <type> is required"));
	if (args_has(args, "domain") && !(domain = domain_arg(session, args, error)))
		return false;
	return watch_objects(session, args, &domain_watch, domain, error);
}

static bool event_required(const Args *args, GError **error)
{
	return args_has(args, "event") ||
	       fail(error, VIR_ERR_INVALID_ARG, _("either --list or --event <type> is required"));
}

#define WATCH_COMMAND(function, what, kinds, enroll, leave, option, find) \
	bool function(Session *session, const Args *args, GError **error) \
	{ \
		static const WatchKind kind = { what, kinds, enroll, leave }; \
		const void *object = NULL; \
\
		if (args_has(args, "list")) \
			return kinds_list(session, kinds); \
		if (!event_required(args, error)) \
			return false; \
		if (args_has(args, option) && !(object = find(session, args, error))) \
			return false; \
		return watch_objects(session, args, &kind, object, error); \
	}
WATCH_COMMAND(cmd_net_event, N_("network"), network_events, register_network, deregister_network, "network",
	      network_arg)
WATCH_COMMAND(cmd_pool_event, N_("storage pool"), pool_events, register_pool, deregister_pool, "pool",
	      pool_arg)
WATCH_COMMAND(cmd_nodedev_event, N_("node device"), nodedev_events, register_nodedev, deregister_nodedev,
	      "device", nodedev_arg)
WATCH_COMMAND(cmd_secret_event, N_("secret"), secret_events, register_secret, deregister_secret, "secret",
	      secret_arg)

/* --- await --- */

static bool lifecycle_stopped(const void *data)
{
	const remote_domain_event_callback_lifecycle_msg *msg = data;

	return msg->msg.event == VIR_DOMAIN_EVENT_STOPPED;
}

static bool domain_is_off(Session *session, const Domain *domain)
{
	bool active = true;

	return domain_active(session, domain, &active, NULL) && !active;
}

static bool agent_connected(const void *data)
{
	const remote_domain_event_callback_agent_lifecycle_msg *msg = data;

	return msg->state == VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED;
}

static bool agent_is_there(Session *session, const Domain *domain)
{
	const char *xml = domain_xml(session, domain, 0, NULL);
	XmlView *view = xml ? xml_view(session, xml, NULL) : NULL;

	return view && xml_find(session, view, NULL,
				"/domain/devices/channel/target[@name='org.qemu.guest_agent.0' and "
				"@state='connected']")->n > 0;
}

static const struct {
	const char *name;
	int event;
	bool (*enough)(const void *msg);
	bool (*now)(Session *session, const Domain *domain);
} conditions[] = {
	{ "domain-inactive", VIR_DOMAIN_EVENT_ID_LIFECYCLE, lifecycle_stopped, domain_is_off },
	{ "guest-agent-available", VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, agent_connected, agent_is_there },
};

/* Registers first and looks then, so that nothing is missed between. */
static bool await_run(Watch *watch, const Args *args, gsize condition, const Domain *domain, GError **error)
{
	int id = register_domain(watch->session, conditions[condition].event, domain, error);

	if (id < 0)
		return false;
	g_array_append_val(watch->ids, id);
	if (conditions[condition].now(watch->session, domain))
		return true;
	if (!watch_run(watch, args, error))
		return false;
	if (watch->end == WATCH_TIMEOUT)
		return fail(error, VIR_ERR_OPERATION_TIMEOUT, _("domain '%s' did not become %s in time"),
			    domain->name, conditions[condition].name);
	return watch->end == WATCH_ENOUGH || fail(error, VIR_ERR_OPERATION_ABORTED, _("interrupted"));
}

bool cmd_await(Session *session, const Args *args, GError **error)
{
	const Domain *domain = domain_arg(session, args, error);
	const char *name = args_has(args, "condition") ? args_text(args, "condition") : conditions[0].name;
	Watch watch = { .kinds = domain_events, .what = "domain" };
	gsize i = 0;
	bool result;

	if (!domain)
		return false;
	while (i < G_N_ELEMENTS(conditions) && strcmp(conditions[i].name, name) != 0)
		i++;
	if (i == G_N_ELEMENTS(conditions))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("unknown condition '%s': use domain-inactive or guest-agent-available"), name);
	watch.enough = conditions[i].enough;
	watch_init(&watch, session, args);
	result = await_run(&watch, args, i, domain, error);
	for (guint j = 0; j < watch.ids->len && watch.end != WATCH_CLOSED; j++)
		deregister_domain(session, g_array_index(watch.ids, int, j));
	watch_clear(&watch);
	if (result)
		out_value(session, domain_result(domain, name));
	return result;
}
