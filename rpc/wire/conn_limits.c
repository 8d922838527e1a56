/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a peer may make us keep, and for how long. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "rpc/wire/conn_private.h"

bool conn_charge_in(RpcConn *conn)
{
	gsize now = rpc_reader_held(&conn->reader) + conn->held_length;

	if (!conn->account)
		return true;
	conn->account->in += now - conn->charged_in;
	conn->charged_in = now;
	return now == 0 || conn->account->in <= conn->account->in_max;
}

void conn_charge_out(RpcConn *conn, gsize added, gsize gone)
{
	conn->queued += added - gone;
	if (conn->account)
		conn->account->out += added - gone;
}

bool conn_is_behind(const RpcConn *conn)
{
	return conn->account && conn->queued > LIMIT_CLIENT_AHEAD;
}

bool conn_may_read(const RpcConn *conn)
{
	return conn->transport && !conn->paused && !conn->held_length && !conn->finishing &&
	       !conn->doom && !conn_is_behind(conn);
}

static int on_unfinished(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec,
			 void *data)
{
	g_autoptr(RpcConn) conn = rpc_conn_ref(data);
	g_autoptr(GError) reason = NULL;

	if (conn_may_read(conn)) {
		fail(&reason, VIR_ERR_RPC, _("%s did not finish a message in time"),
		     conn->peer.address);
		conn_end(conn, reason);
		return 0;
	}
	/* It is we who do not read. */
	sd_event_source_set_time_relative(conn->unfinished, conn->unfinished_usec);
	sd_event_source_set_enabled(conn->unfinished, SD_EVENT_ONESHOT);
	return 0;
}

bool conn_check_unfinished(RpcConn *conn, GError **error)
{
	int enabled = SD_EVENT_OFF;

	if (!conn_charge_in(conn))
		return fail(error, VIR_ERR_RPC, _("too many messages of %s are not complete"),
			    conn->peer.address);
	if (!conn->unfinished)
		return true;
	if (!rpc_reader_is_within(&conn->reader)) {
		sd_event_source_set_enabled(conn->unfinished, SD_EVENT_OFF);
		return true;
	}
	sd_event_source_get_enabled(conn->unfinished, &enabled);
	if (enabled == SD_EVENT_OFF || conn->frame_ended) {
		sd_event_source_set_time_relative(conn->unfinished, conn->unfinished_usec);
		sd_event_source_set_enabled(conn->unfinished, SD_EVENT_ONESHOT);
	}
	conn->frame_ended = false;
	return true;
}

void rpc_conn_limit_time(RpcConn *conn, unsigned seconds)
{
	g_clear_pointer(&conn->unfinished, sd_event_source_disable_unref);
	if (seconds == 0 || !conn->transport)
		return;
	conn->unfinished_usec = seconds * G_USEC_PER_SEC;
	if (sd_event_add_time_relative(conn->loop, &conn->unfinished, CLOCK_MONOTONIC,
				       conn->unfinished_usec, 0, on_unfinished, conn) < 0)
		return;
	if (!rpc_reader_is_within(&conn->reader))
		sd_event_source_set_enabled(conn->unfinished, SD_EVENT_OFF);
}

void rpc_conn_share(RpcConn *conn, RpcAccount *account, int64_t priority)
{
	conn->account = account;
	conn->priority = priority;
	if (conn->io)
		sd_event_source_set_priority(conn->io, priority);
	if (conn->later)
		sd_event_source_set_priority(conn->later, priority);
}
