/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"
#include "base/i18n.h"
#include "rpc/wire/keepalive.h"

#define KEEPALIVE_PROGRAM 0x6b656570u

enum {
	KEEPALIVE_VERSION = 1,
	PING = 1,
	PONG = 2,
};

struct RpcKeepalive {
	RpcConn *conn; /* borrowed: it owns us */
	int interval;
	unsigned count;
	unsigned unanswered;
	uint64_t heard; /* CLOCK_MONOTONIC of the loop's turn */
	sd_event_source *timer;
	void (*gone)(const GError *reason, void *data);
};

bool rpc_keepalive_is(const RpcHeader *header)
{
	return header->program == KEEPALIVE_PROGRAM && header->type == RPC_TYPE_MESSAGE;
}

static RpcMessage *message_new(int procedure)
{
	RpcHeader header = {
		.program = KEEPALIVE_PROGRAM,
		.version = KEEPALIVE_VERSION,
		.procedure = procedure,
		.type = RPC_TYPE_MESSAGE,
		.status = RPC_STATUS_OK,
	};

	return rpc_message_new_space(&header, 0);
}

RpcMessage *rpc_keepalive_answer(const RpcMessage *message)
{
	return message->header.procedure == PING ? message_new(PONG) : NULL;
}

static uint64_t loop_now(const RpcKeepalive *keepalive)
{
	uint64_t now = 0;

	sd_event_now(rpc_conn_loop(keepalive->conn), CLOCK_MONOTONIC, &now);
	return now;
}

static void arm(RpcKeepalive *keepalive, uint64_t from)
{
	sd_event_source_set_time(keepalive->timer,
				 from + (uint64_t)keepalive->interval * G_USEC_PER_SEC);
	sd_event_source_set_enabled(keepalive->timer, SD_EVENT_ONESHOT);
}

/* Timers are not moved at each message: this looks how long it was silent, and comes again. */
static int on_timer(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	RpcKeepalive *keepalive = data;
	uint64_t now = loop_now(keepalive);
	g_autoptr(GError) reason = NULL;
	g_autoptr(RpcMessage) ping = NULL;

	/* We do not listen, so silence says nothing. */
	if (rpc_conn_is_paused(keepalive->conn))
		keepalive->heard = now;
	if (now - keepalive->heard < (uint64_t)keepalive->interval * G_USEC_PER_SEC) {
		arm(keepalive, keepalive->heard);
		return 0;
	}
	if (keepalive->unanswered >= keepalive->count) {
		fail(&reason, VIR_ERR_RPC,
		     _("%s did not answer %u keepalive messages in %llu seconds"),
		     rpc_conn_peer(keepalive->conn)->address, keepalive->unanswered,
		     (unsigned long long)((now - keepalive->heard) / G_USEC_PER_SEC));
		keepalive->gone(reason, keepalive->conn);
		return 0;
	}
	keepalive->unanswered++;
	arm(keepalive, now);
	ping = message_new(PING);
	rpc_conn_send(keepalive->conn, ping, NULL);
	return 0;
}

RpcKeepalive *rpc_keepalive_new(RpcConn *conn, int interval_seconds, unsigned count,
				void (*gone)(const GError *reason, void *data))
{
	RpcKeepalive *keepalive = g_new0(RpcKeepalive, 1);

	keepalive->conn = conn;
	keepalive->interval = interval_seconds;
	keepalive->count = count;
	keepalive->gone = gone;
	keepalive->heard = loop_now(keepalive);
	if (sd_event_add_time(rpc_conn_loop(conn), &keepalive->timer, CLOCK_MONOTONIC, 0,
			      G_USEC_PER_SEC / 10, on_timer, keepalive) < 0)
		g_error("cannot set a timer");
	arm(keepalive, keepalive->heard);
	return keepalive;
}

void rpc_keepalive_free(RpcKeepalive *keepalive)
{
	if (!keepalive)
		return;
	sd_event_source_disable_unref(keepalive->timer);
	g_free(keepalive);
}

void rpc_keepalive_heard(RpcKeepalive *keepalive)
{
	if (!keepalive)
		return;
	keepalive->heard = loop_now(keepalive);
	keepalive->unanswered = 0;
}
