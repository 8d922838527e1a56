/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The capabilities of host and guests, as a document. Clients choose by it what to define. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/bind/bind.h"
#include "drivers/qemu/caps/caps.h"
#include "drivers/qemu/define/definition.h"
#include "drivers/qemu/caps/host.h"

static void machine_format(GString *out, const QemuMachine *machine)
{
	const char *deprecated = machine->deprecated ? " deprecated='yes'" : "";

	g_string_append_printf(out, "      <machine maxCpus='%u'%s>%s</machine>\n",
			       machine->max_cpus, deprecated, machine->name);
	if (machine->alias)
		g_string_append_printf(
			out, "      <machine canonical='%s' maxCpus='%u'%s>%s</machine>\n",
			machine->name, machine->max_cpus, deprecated, machine->alias);
}

/* The default machine comes first: clients take that. */
static void machines_format(GString *out, const QemuCaps *caps, const char *arch)
{
	const QemuMachine *first = qemu_caps_default_machine(caps, arch);

	if (first)
		machine_format(out, first);
	for (guint i = 0; i < caps->machines->len; i++)
		if (g_ptr_array_index(caps->machines, i) != first)
			machine_format(out, g_ptr_array_index(caps->machines, i));
}

static void features_format(GString *out, const char *arch)
{
	g_string_append(out, "    <features>\n");
	if (strcmp(arch, "i686") == 0)
		g_string_append(out, "      <pae/>\n      <nonpae/>\n");
	if (qemu_arch_is_x86(arch))
		g_string_append(out, "      <acpi default='on' toggle='yes'/>\n"
				     "      <apic default='on' toggle='no'/>\n");
	else if (strcmp(arch, "aarch64") == 0)
		g_string_append(out, "      <acpi default='on' toggle='yes'/>\n");
	g_string_append(out, "      <cpuselection/>\n      <deviceboot/>\n"
			     "      <disksnapshot default='on' toggle='no'/>\n"
			     "    </features>\n");
}

static void guest_format(GString *out, const QemuArch *arch, const QemuCaps *caps)
{
	g_string_append_printf(out,
			       "  <guest>\n    <os_type>hvm</os_type>\n    <arch name='%s'>\n"
			       "      <wordsize>%u</wordsize>\n      <emulator>",
			       arch->name, arch->word_bits);
	bind_escape(out, caps->path, false);
	g_string_append(out, "</emulator>\n");
	machines_format(out, caps, arch->name);
	g_string_append(out, "      <domain type='qemu'/>\n");
	if (caps->kvm)
		g_string_append(out, "      <domain type='kvm'/>\n");
	g_string_append(out, "    </arch>\n");
	features_format(out, arch->name);
	g_string_append(out, "  </guest>\n\n");
}

char *qemu_capabilities(GError **error)
{
	g_autoptr(GString) out = g_string_new("<capabilities>\n\n");
	const char *own = qemu_caps_emulator(qemu_arch_host());

	(void)error;
	host_format(out, own ? qemu_caps_get_wait(own, NULL) : NULL);
	for (const QemuArch *arch = qemu_arches; arch->name; arch++) {
		const char *path = qemu_caps_emulator(arch->name);
		const QemuCaps *caps = path ? qemu_caps_get_wait(path, NULL) : NULL;

		/* One that cannot be probed is not offered; the log has the reason. */
		if (caps)
			guest_format(out, arch, caps);
	}
	g_string_append(out, "</capabilities>\n");
	return g_string_free(g_steal_pointer(&out), FALSE);
}
