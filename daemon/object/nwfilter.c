/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions of network filters. Binding one to a port is not built: no function for it here. */
#include <string.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/nwfilter/nwfilter.h"
#include "daemon/object/class.h"

static void *parse(const char *xml, unsigned conf, GError **error)
{
	return nwfilter_def_parse(xml, strlen(xml), conf, NULL, error);
}

static char *format(const void *def)
{
	return nwfilter_def_format(def, 0);
}

static void def_free(void *def)
{
	nwfilter_def_free(def);
}

static uint8_t *def_uuid(void *def)
{
	return ((NwFilterDef *)def)->uuid.bytes;
}

static char *def_name(const void *def)
{
	return g_strdup(((const NwFilterDef *)def)->name);
}

/* Clients redefine filters by name, without a UUID: it stays what it was. */
static bool uuid_made(const void *def)
{
	return ((const NwFilterDef *)def)->uuid_made;
}

const ObjectClass nwfilter_class = {
	.stored = "nwfilter",
	.text = N_("network filter"),
	.missing = VIR_ERR_NO_NWFILTER,
	.exists = VIR_ERR_OPERATION_FAILED,
	.define_flags = VIR_NWFILTER_DEFINE_VALIDATE,
	.parse = parse,
	.format = format,
	.free = def_free,
	.uuid = def_uuid,
	.name = def_name,
	.uuid_made = uuid_made,
	.handle_size = sizeof(remote_nonnull_nwfilter),
	.fill = object_fill_named,
};
