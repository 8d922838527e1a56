/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The definition half of the test driver: any domain of type 'test' may be defined; nothing of the
 * host is needed or touched, which makes it good for trying out clients.
 */
#include "config.h"

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/driver.h"

#define ARCH "x86_64"
#define TEST_VERSION 2 /* as libvirt's driver of that name says */

enum {
	VCPUS_MAX = 32,
};

/* What clients expect to find at test:///default. */
static const char *const ready[] = {
	"<domain type='test'>"
	"<name>test</name>"
	"<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"
	"<memory unit='KiB'>8388608</memory>"
	"<currentMemory unit='KiB'>2097152</currentMemory>"
	"<vcpu>2</vcpu>"
	"<os><type arch='" ARCH "'>hvm</type></os>"
	"</domain>",
	NULL,
};

static const char *const *test_ready_domains(void)
{
	return ready;
}

static bool test_ready(void)
{
	return true;
}

static bool test_init(G_GNUC_UNUSED const DriverSettings *settings, G_GNUC_UNUSED GError **error)
{
	return true;
}

static uint64_t test_version(G_GNUC_UNUSED GError **error)
{
	return TEST_VERSION;
}

static char *test_capabilities(G_GNUC_UNUSED GError **error)
{
	GString *xml = g_string_new("<capabilities>\n\n"
				    "  <host>\n"
				    "    <cpu>\n"
				    "      <arch>" ARCH "</arch>\n"
				    "    </cpu>\n"
				    "    <topology>\n"
				    "      <cells num='2'>\n");

	for (unsigned cell = 0; cell < 2; cell++) {
		g_string_append_printf(xml,
				       "        <cell id='%u'>\n"
				       "          <memory unit='KiB'>%u</memory>\n"
				       "          <cpus num='8'>\n",
				       cell, (cell + 1) * 1024 * 1024);
		for (unsigned cpu = cell * 8; cpu < cell * 8 + 8; cpu++)
			g_string_append_printf(xml,
					       "            <cpu id='%u' socket_id='%u' "
					       "core_id='%u' siblings='%u'/>\n",
					       cpu, cell, cpu % 8, cpu);
		g_string_append(xml, "          </cpus>\n        </cell>\n");
	}
	g_string_append(xml, "      </cells>\n"
			     "    </topology>\n"
			     "  </host>\n\n"
			     "  <guest>\n"
			     "    <os_type>hvm</os_type>\n"
			     "    <arch name='" ARCH "'>\n"
			     "      <wordsize>64</wordsize>\n"
			     "      <domain type='test'/>\n"
			     "    </arch>\n"
			     "  </guest>\n\n"
			     "</capabilities>\n");
	return g_string_free(xml, FALSE);
}

static bool virt_type_check(const char *virt_type, GError **error)
{
	if (!virt_type || g_str_equal(virt_type, "test"))
		return true;
	return fail(error, VIR_ERR_INVALID_ARG,
		    _("this connection has domains of type 'test' only, not '%s'"), virt_type);
}

static char *test_domain_capabilities(G_GNUC_UNUSED const char *emulator, const char *arch,
				      const char *machine, const char *virt_type, GError **error)
{
	if (!virt_type_check(virt_type, error))
		return NULL;
	if (arch && !g_str_equal(arch, ARCH))
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("this connection has guests of architecture %s only, not '%s'"),
				 ARCH, arch);
	if (machine)
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("guests of this connection have no machine type, such as '%s'"),
				 machine);
	return g_strdup_printf("<domainCapabilities>\n"
			       "  <domain>test</domain>\n"
			       "  <arch>" ARCH "</arch>\n"
			       "  <vcpu max='%d'/>\n"
			       "  <os supported='yes'/>\n"
			       "</domainCapabilities>\n",
			       VCPUS_MAX);
}

static int test_max_vcpus(const char *virt_type, GError **error)
{
	return virt_type_check(virt_type, error) ? VCPUS_MAX : -1;
}

static bool test_complete(DomainDef *def, G_GNUC_UNUSED GError **error)
{
	if (!def->os.arch)
		def->os.arch = g_strdup(ARCH);
	return true;
}

static bool test_check(const DomainDef *def, GError **error)
{
	if (def->virt != VIRT_TEST)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s' must be of type 'test' on this connection"), def->name);
	if (def->os.type != OS_TYPE_HVM)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s' must have the OS type 'hvm' on this connection"), def->name);
	if (def->vcpus.count > VCPUS_MAX)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("domain '%s' has %u vCPUs, more than %d"), def->name, def->vcpus.count,
			    VCPUS_MAX);
	return true;
}

/* Aliases tell devices apart while a guest runs: "disk0", "serial0", "net1" */
static bool alias_set(DomainDef *def, const DomainDevice *device, G_GNUC_UNUSED void *data)
{
	GPtrArray *list = domain_def_devices(def, device->kind);
	guint index = 0;

	if (device->info->alias || device->kind == DEVICE_LEASE)
		return true;
	g_ptr_array_find(list, device->any, &index);
	device->info->alias =
		g_strdup_printf("%s%u", domain_device_kinds[device->kind].name, index);
	return true;
}

static bool test_prepare(DomainDef *live, int id, G_GNUC_UNUSED GError **error)
{
	domain_def_each_device(live, alias_set, NULL);
	for (unsigned i = 0; i < list_length(live->interfaces); i++) {
		DomainInterface *nic = list_get(live->interfaces, i);

		if (!nic->target)
			nic->target = g_strdup_printf("testnet%d-%u", id, i);
	}
	return true;
}

static GPtrArray *test_resources(G_GNUC_UNUSED const DomainDef *live, G_GNUC_UNUSED GError **error)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)resource_free);
}

const Driver test_driver = {
	.name = "test",
	.title = "TEST",
	.error_domain = VIR_FROM_TEST,
	.init = test_init,
	.ready = test_ready,
	.version = test_version,
	.capabilities = test_capabilities,
	.domain_capabilities = test_domain_capabilities,
	.max_vcpus = test_max_vcpus,
	.complete = test_complete,
	.check = test_check,
	.prepare = test_prepare,
	.resources = test_resources,
	.ready_domains = test_ready_domains,
};
