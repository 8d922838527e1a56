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

char *qemu_to_native(const DomainDef *def, const char *format, GError **error)
{
	g_autoptr(DomainDef) live = NULL;
	g_autoptr(QemuCommandLine) line = NULL;
	g_autofree char *run_dir = NULL;
	char uuid[UUID_TEXT];
	QemuCommandContext context = { .monitor_fd = -1 };
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
	if (!native_prepare(live, error))
		return NULL;
	line = qemu_command_line(live, &context, error);
	return line ? qemu_command_line_text(line) : NULL;
}
