/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <libvirt/libvirt.h>

#include "rpc/wire/wire.h"
#include "worker/vm/vm.h"

enum {
	CALLBACK_ID = 4, /* bytes of it at the beginning of the newer messages */
};

static remote_nonnull_domain dom_of(const Guest *guest)
{
	remote_nonnull_domain dom = { .name = guest->def->name, .id = guest->id };

	memcpy(dom.uuid, &guest->def->uuid, sizeof(dom.uuid));
	return dom;
}

static GBytes *encode(xdrproc_t filter, const void *message, gsize skip)
{
	g_autofree guint8 *bytes = NULL;
	gsize length;

	/* Who connects to a display, and the hypervisor, say what they like. */
	bytes = rpc_encode_mended(filter, message, 0, &length, NULL);
	return bytes ? g_bytes_new(bytes + skip, length - skip) : NULL;
}

#define ENCODE(type, ...)                                                                          \
	encode((xdrproc_t)xdr_##type, &(type){ .dom = dom_of(guest), __VA_ARGS__ }, 0)
#define ENCODE_NEWER(type, ...)                                                                    \
	encode((xdrproc_t)xdr_##type, &(type){ .dom = dom_of(guest), __VA_ARGS__ }, CALLBACK_ID)

static char *text(const char *value)
{
	return (char *)(value ? value : "");
}

static GBytes *encode_graphics(const Guest *guest, const GuestEvent *event)
{
	remote_domain_event_graphics_identity identities[2] = { { 0 } };
	unsigned n = 0;

	if (event->graphics.sasl_username)
		identities[n++] = (remote_domain_event_graphics_identity){
			text("saslUsername"), text(event->graphics.sasl_username)
		};
	if (event->graphics.x509_name)
		identities[n++] = (remote_domain_event_graphics_identity){
			text("x509dname"), text(event->graphics.x509_name)
		};
	return ENCODE(remote_domain_event_graphics_msg, .phase = event->graphics.phase,
		      .local = { event->graphics.local_family, text(event->graphics.local_node),
				 text(event->graphics.local_service) },
		      .remote = { event->graphics.remote_family, text(event->graphics.remote_node),
				  text(event->graphics.remote_service) },
		      .authScheme = text(event->graphics.auth_scheme),
		      .subject = { n, identities });
}

static GBytes *encode_monitor(const Guest *guest, const GuestEvent *event)
{
	remote_string details = text(event->monitor.details);

	return ENCODE_NEWER(qemu_domain_monitor_event_msg, .event = text(event->monitor.event),
			    .seconds = event->monitor.seconds, .micros = event->monitor.micros,
			    .details = event->monitor.details ? &details : NULL);
}

/* Events about one device. */
static GBytes *encode_device(const Guest *guest, const GuestEvent *event)
{
	switch (event->id) {
	case VIR_DOMAIN_EVENT_ID_IO_ERROR:
		return ENCODE(remote_domain_event_io_error_msg,
			      .srcPath = text(event->io_error.path),
			      .devAlias = text(event->io_error.alias),
			      .action = event->io_error.action);
	case VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON:
		return ENCODE(remote_domain_event_io_error_reason_msg,
			      .srcPath = text(event->io_error.path),
			      .devAlias = text(event->io_error.alias),
			      .action = event->io_error.action,
			      .reason = text(event->io_error.reason));
	case VIR_DOMAIN_EVENT_ID_BLOCK_JOB:
		return ENCODE(remote_domain_event_block_job_msg, .path = text(event->block_job.path),
			      .type = event->block_job.type, .status = event->block_job.status);
	case VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2:
		return ENCODE_NEWER(remote_domain_event_block_job_2_msg,
				    .dst = text(event->block_job.path), .type = event->block_job.type,
				    .status = event->block_job.status);
	case VIR_DOMAIN_EVENT_ID_TRAY_CHANGE:
		return ENCODE(remote_domain_event_tray_change_msg,
			      .devAlias = text(event->tray_change.device),
			      .reason = event->tray_change.reason);
	case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED:
		return ENCODE(remote_domain_event_device_removed_msg,
			      .devAlias = text(event->device.alias));
	case VIR_DOMAIN_EVENT_ID_DEVICE_ADDED:
		return ENCODE_NEWER(remote_domain_event_callback_device_added_msg,
				    .devAlias = text(event->device.alias));
	case VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED:
		return ENCODE_NEWER(remote_domain_event_callback_device_removal_failed_msg,
				    .devAlias = text(event->device.alias));
	case VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE:
		return ENCODE_NEWER(remote_domain_event_memory_device_size_change_msg,
				    .alias = text(event->memory_device_size.alias),
				    .size = event->memory_device_size.size_kib);
	default:
		return NULL;
	}
}

GBytes *vm_payload_encode(const Guest *guest, const GuestEvent *event)
{
	switch (event->id) {
	case -1:
		return encode_monitor(guest, event);
	case VIR_DOMAIN_EVENT_ID_LIFECYCLE:
		return ENCODE(remote_domain_event_lifecycle_msg, .event = event->lifecycle.event,
			      .detail = event->lifecycle.detail);
	case VIR_DOMAIN_EVENT_ID_REBOOT:
		return ENCODE(remote_domain_event_reboot_msg, );
	case VIR_DOMAIN_EVENT_ID_RTC_CHANGE:
		return ENCODE(remote_domain_event_rtc_change_msg, .offset = event->rtc_change.offset);
	case VIR_DOMAIN_EVENT_ID_WATCHDOG:
		return ENCODE(remote_domain_event_watchdog_msg, .action = event->watchdog.action);
	case VIR_DOMAIN_EVENT_ID_GRAPHICS:
		return encode_graphics(guest, event);
	case VIR_DOMAIN_EVENT_ID_CONTROL_ERROR:
		return ENCODE(remote_domain_event_control_error_msg, );
	case VIR_DOMAIN_EVENT_ID_PMWAKEUP:
		return ENCODE(remote_domain_event_pmwakeup_msg, );
	case VIR_DOMAIN_EVENT_ID_PMSUSPEND:
		return ENCODE(remote_domain_event_pmsuspend_msg, );
	case VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK:
		return ENCODE(remote_domain_event_pmsuspend_disk_msg, );
	case VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE:
		return ENCODE(remote_domain_event_balloon_change_msg,
			      .actual = event->balloon_change.actual_kib);
	case VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE:
		return ENCODE_NEWER(remote_domain_event_callback_agent_lifecycle_msg,
				    .state = event->agent_lifecycle.state,
				    .reason = event->agent_lifecycle.reason);
	case VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE:
		return ENCODE_NEWER(remote_domain_event_memory_failure_msg,
				    .recipient = event->memory_failure.recipient,
				    .action = event->memory_failure.action,
				    .flags = event->memory_failure.flags);
	default:
		return encode_device(guest, event);
	}
}
