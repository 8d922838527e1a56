/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domxml-to-native: the command line of a guest as if it were started now. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/define/definition.h"

/* Ports and sockets are shown as a start would choose them; KVM need not be usable for that. */
static bool native_prepare(DomainDef *live, GError **error)
{
	VirtType virt = live->virt;
	bool prepared;

	live->virt = VIRT_QEMU;
	prepared = qemu_prepare(live, 1, error);
	live->virt = virt;
	return prepared;
}

#define TAKE(member) \
	do { \
		plain->member = interface->member; \
		memset(&interface->member, 0, sizeof(interface->member)); \
	} while (0)

/* The same card on a plain tap, and nothing of the host's end. Takes @interface. */
static DomainInterface *interface_plain(DomainInterface *interface)
{
	g_autoptr(DomainDevice) old = g_new0(DomainDevice, 1);
	DomainInterface *plain = g_new0(DomainInterface, 1);

	old->kind = DEVICE_INTERFACE;
	old->interface = interface;
	plain->type = INTERFACE_ETHERNET;
	TAKE(info);
	TAKE(mac);
	TAKE(target);
	TAKE(model);
	TAKE(driver);
	TAKE(txmode);
	TAKE(ioeventfd);
	TAKE(event_idx);
	TAKE(rss);
	TAKE(rss_hash_report);
	TAKE(queues);
	TAKE(rx_queue_size);
	TAKE(tx_queue_size);
	TAKE(virtio);
	TAKE(host_offloads);
	TAKE(guest_offloads);
	TAKE(mtu);
	TAKE(teaming);
	return plain;
}

/* Networks and bridges are the work of a start, not of QEMU: a line to run by hand has taps instead. */
static void interfaces_show(DomainDef *live)
{
	for (guint i = 0; i < list_length(live->interfaces); i++) {
		DomainInterface *interface = list_get(live->interfaces, i);

		if (interface->type == INTERFACE_NETWORK || interface->type == INTERFACE_BRIDGE ||
		    interface->type == INTERFACE_DIRECT || interface->type == INTERFACE_ETHERNET)
			live->interfaces->pdata[i] = interface_plain(interface);
	}
}

char *qemu_to_native(const DomainDef *def, const char *format, GError **error)
{
	g_autoptr(DomainDef) live = NULL;
	g_autoptr(QemuCommandLine) line = NULL;
	g_autofree char *run_dir = NULL;
	char uuid[UUID_TEXT];
	QemuCommandContext context = { .monitor_fd = -1, .shown = true };
	const QemuCaps *caps;

	if (strcmp(format, "qemu-argv") != 0)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("there is no native format '%s': use 'qemu-argv'"), format);
	caps = qemu_caps_of_def_wait(def, error);
	if (!caps)
		return NULL;
	live = domain_def_copy(def);
	uuid_format(&live->uuid, uuid);
	run_dir = g_strdup_printf("%s/vm/%s", qemu_settings()->run_dir, uuid);
	context.run_dir = run_dir;
	context.version = caps->version;
	interfaces_show(live);
	if (!native_prepare(live, error))
		return NULL;
	line = qemu_command_line(live, &context, error);
	return line ? qemu_command_line_text(line) : NULL;
}
