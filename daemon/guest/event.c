/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What workers tell is a stranger's: a worker may have been taken over by its guest. Whom it is about is known by the
 * connection that it came over; what it says is decoded by its kind, looked at, and encoded anew.
 */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "daemon/guest/private.h"
#include "daemon/registry/domain_call.h"
#include "rpc/wire/procs.h"
#include "rpc/wire/wire.h"

enum {
	TEXTS_MAX = 5,
	TEXT_MAX = 32 * 1024,	 /* bytes of one; a monitor event's details are the longest */
	PAYLOAD_MAX = 64 * 1024, /* bytes of an event */
	CALLBACK_ID = 4,	 /* bytes that are missing in front of the newer messages */
};

typedef struct Kind {
	int id; /* virDomainEventID, -1: a monitor event */
	bool newer;
	xdrproc_t filter;
	size_t size, dom;
	size_t texts[TEXTS_MAX]; /* where its strings stand; 0: no more */
} Kind;

#define KIND(id, newer, type, ...)                                                                 \
	{                                                                                          \
		id, newer, (xdrproc_t)xdr_##type, sizeof(type), offsetof(type, dom), { __VA_ARGS__ } \
	}
#define OLD(id, name, ...)                                                                         \
	KIND(VIR_DOMAIN_EVENT_ID_##id, false, remote_domain_event_##name##_msg, __VA_ARGS__)
#define NEW(id, name, ...)                                                                         \
	KIND(VIR_DOMAIN_EVENT_ID_##id, true, remote_domain_event_##name##_msg, __VA_ARGS__)
#define AT(name, member) offsetof(remote_domain_event_##name##_msg, member)

/* Those that workers send (worker/vm/payload.c). */
static const Kind kinds[] = {
	OLD(LIFECYCLE, lifecycle, 0),
	OLD(REBOOT, reboot, 0),
	OLD(RTC_CHANGE, rtc_change, 0),
	OLD(WATCHDOG, watchdog, 0),
	OLD(IO_ERROR, io_error, AT(io_error, srcPath), AT(io_error, devAlias)),
	OLD(IO_ERROR_REASON, io_error_reason, AT(io_error_reason, srcPath),
	    AT(io_error_reason, devAlias), AT(io_error_reason, reason)),
	OLD(GRAPHICS, graphics, AT(graphics, local.node), AT(graphics, local.service),
	    AT(graphics, remote.node), AT(graphics, remote.service), AT(graphics, authScheme)),
	OLD(CONTROL_ERROR, control_error, 0),
	OLD(BLOCK_JOB, block_job, AT(block_job, path)),
	OLD(TRAY_CHANGE, tray_change, AT(tray_change, devAlias)),
	OLD(PMWAKEUP, pmwakeup, 0),
	OLD(PMSUSPEND, pmsuspend, 0),
	OLD(PMSUSPEND_DISK, pmsuspend_disk, 0),
	OLD(BALLOON_CHANGE, balloon_change, 0),
	OLD(DEVICE_REMOVED, device_removed, AT(device_removed, devAlias)),
	NEW(BLOCK_JOB_2, block_job_2, AT(block_job_2, dst)),
	NEW(AGENT_LIFECYCLE, callback_agent_lifecycle, 0),
	NEW(DEVICE_ADDED, callback_device_added, AT(callback_device_added, devAlias)),
	NEW(DEVICE_REMOVAL_FAILED, callback_device_removal_failed,
	    AT(callback_device_removal_failed, devAlias)),
	NEW(MEMORY_FAILURE, memory_failure, 0),
	NEW(MEMORY_DEVICE_SIZE_CHANGE, memory_device_size_change,
	    AT(memory_device_size_change, alias)),
	KIND(-1, true, qemu_domain_monitor_event_msg, offsetof(qemu_domain_monitor_event_msg, event)),
};

static const Kind *kind_find(int id)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (kinds[i].id == id)
			return &kinds[i];
	return NULL;
}

/* UTF-8 that XML can hold, of bounded length. */
static bool is_clean(const char *text)
{
	if (strlen(text) > TEXT_MAX || !g_utf8_validate(text, -1, NULL))
		return false;
	for (const char *c = text; *c; c = g_utf8_next_char(c)) {
		gunichar letter = g_utf8_get_char(c);

		if ((letter < 0x20 && letter != '\t' && letter != '\n' && letter != '\r') ||
		    letter == 0xfffe || letter == 0xffff)
			return false;
	}
	return true;
}

static bool identities_are_clean(const remote_domain_event_graphics_msg *event)
{
	for (unsigned i = 0; i < event->subject.subject_len; i++)
		if (!is_clean(event->subject.subject_val[i].type) ||
		    !is_clean(event->subject.subject_val[i].name))
			return false;
	return true;
}

static bool texts_are_clean(const Kind *kind, const void *event)
{
	const qemu_domain_monitor_event_msg *monitor = event;

	for (unsigned i = 0; i < TEXTS_MAX && kind->texts[i]; i++)
		if (!is_clean(*(char *const *)((const char *)event + kind->texts[i])))
			return false;
	if (kind->id == VIR_DOMAIN_EVENT_ID_GRAPHICS)
		return identities_are_clean(event);
	return kind->id >= 0 || !monitor->details || is_clean(*monitor->details);
}

/* Whom it says to be about does not count. */
static void domain_set(const Domain *domain, remote_nonnull_domain *ret)
{
	free(ret->name);
	ret->name = strdup(domain->name);
	memcpy(ret->uuid, domain->uuid, sizeof(ret->uuid));
	ret->id = domain->id;
}

static bool event_decode(const Kind *kind, const control_event_msg *message, void *ret, GError **error)
{
	const gsize skipped = kind->newer ? CALLBACK_ID : 0;
	const gsize length = message->payload.payload_len;
	g_autofree char *bytes = g_malloc0(skipped + length);

	memcpy(bytes + skipped, message->payload.payload_val, length);
	if (!rpc_decode(bytes, skipped + length, kind->filter, ret, error))
		return false;
	if (texts_are_clean(kind, ret))
		return true;
	rpc_free(kind->filter, ret);
	return fail(error, VIR_ERR_RPC, _("it has texts that are too long or no XML could hold"));
}

guint8 *vm_event_remake(const Domain *domain, const control_event_msg *message, gsize *ret_length, char **ret_word,
			GError **error)
{
	const Kind *kind = kind_find(message->event_id);
	g_autofree void *event = kind ? g_malloc0(kind->size) : NULL;
	guint8 *bytes;

	*ret_word = NULL;
	if (!kind || message->payload.payload_len > PAYLOAD_MAX)
		return fail_null(error, VIR_ERR_RPC, _("it is of no kind that guests have, or too large"));
	if (!event_decode(kind, message, event, error))
		return NULL;
	domain_set(domain, (remote_nonnull_domain *)((char *)event + kind->dom));
	if (kind->id < 0)
		*ret_word = g_strdup(((const qemu_domain_monitor_event_msg *)event)->event);
	bytes = rpc_encode(kind->filter, event, 0, ret_length, error);
	rpc_free(kind->filter, event);
	if (bytes && kind->newer) {
		*ret_length -= CALLBACK_ID;
		memmove(bytes, bytes + CALLBACK_ID, *ret_length);
	}
	return bytes;
}

char *vm_xml_remake(const Domain *domain, const char *xml, GError **error)
{
	g_autoptr(DomainDef) def = NULL;

	if (strlen(xml) > LIMIT_XML_SIZE)
		return fail_null(error, VIR_ERR_RPC, _("it is larger than a definition may be"));
	def = domain_def_parse(xml, strlen(xml), CONF_STATUS, NULL, error);
	if (!def)
		return NULL;
	if (memcmp(def->uuid.bytes, domain->uuid, sizeof(domain->uuid)) != 0)
		return fail_null(error, VIR_ERR_RPC, _("it is of another domain ('%s')"), def->name);
	/* How it is called is told by us: it may be taken over under another name than it was started with. */
	g_free(def->name);
	def->name = g_strdup(domain->name);
	def->has_id = domain->id >= 0;
	def->id = domain->id;
	return domain_def_format(def, CONF_SECURE);
}

bool vm_state_is_possible(const control_state *state)
{
	/* The largest reason of each. */
	static const int last[] = {
		[VIR_DOMAIN_NOSTATE] = -1,
		[VIR_DOMAIN_RUNNING] = VIR_DOMAIN_RUNNING_POSTCOPY_FAILED,
		[VIR_DOMAIN_BLOCKED] = VIR_DOMAIN_BLOCKED_UNKNOWN,
		[VIR_DOMAIN_PAUSED] = VIR_DOMAIN_PAUSED_POSTCOPY_FAILED,
		[VIR_DOMAIN_SHUTDOWN] = VIR_DOMAIN_SHUTDOWN_USER,
		[VIR_DOMAIN_SHUTOFF] = VIR_DOMAIN_SHUTOFF_DAEMON,
		[VIR_DOMAIN_CRASHED] = VIR_DOMAIN_CRASHED_PANICKED,
		[VIR_DOMAIN_PMSUSPENDED] = VIR_DOMAIN_PMSUSPENDED_UNKNOWN,
	};

	return state->state >= 0 && state->state < (int)G_N_ELEMENTS(last) && state->reason >= 0 &&
	       state->reason <= last[state->state];
}

bool vm_budget_take(VmBudget *budget, gsize cost, gsize burst, gsize rate)
{
	uint64_t now = (uint64_t)g_get_monotonic_time();
	uint64_t gained = budget->filled_usec ? (now - budget->filled_usec) * rate / G_USEC_PER_SEC : burst;

	if (gained > 0) {
		budget->left = MIN(budget->left + gained, burst);
		budget->filled_usec = now;
	}
	if (cost > budget->left)
		return false;
	budget->left -= cost;
	return true;
}
