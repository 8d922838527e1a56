/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kinds of pools there are, and which of them can be run. */
#include <libvirt/libvirt.h>

#include "base/error.h"
#include "daemon/client/serve.h"
#include "daemon/storage/backend.h"

/* Names of formats, the default first; they are told in the order of the lists of the format. */
typedef struct Kind {
	const char *source_default, *source;
	const char *volume_default, *volume;
} Kind;

#define FILES "raw", "none raw dir bochs cloop dmg iso vpc vdi fat vhd ploop cow qcow qcow2 qed vmdk"

static const Kind kinds[POOL_TYPE_LAST] = {
	[POOL_TYPE_DIR] = { NULL, NULL, FILES },
	[POOL_TYPE_FS] = { "auto", "auto ext2 ext3 ext4 ufs iso9660 udf gfs gfs2 vfat hfs+ xfs ocfs2 vmfs", FILES },
	[POOL_TYPE_NETFS] = { "auto", "auto nfs glusterfs cifs", FILES },
	[POOL_TYPE_LOGICAL] = { "lvm2", "unknown lvm2", NULL, NULL },
	[POOL_TYPE_DISK] = { "unknown", "unknown dos dvh gpt mac bsd pc98 sun lvm2", "none",
			     "none linux fat16 fat32 linux-swap linux-lvm linux-raid extended" },
	[POOL_TYPE_RBD] = { NULL, NULL, "raw", NULL },
	[POOL_TYPE_SHEEPDOG] = { NULL, NULL, "raw", NULL },
	[POOL_TYPE_GLUSTER] = { NULL, NULL, FILES },
	[POOL_TYPE_VSTORAGE] = { NULL, NULL, FILES },
};

static void add_formats(GString *xml, const char *element, const char *first, const char *list)
{
	g_auto(GStrv) names = list ? g_strsplit(list, " ", -1) : NULL;

	if (!first)
		return;
	g_string_append_printf(xml, "    <%s>\n      <defaultFormat type='%s'/>\n", element, first);
	if (names)
		g_string_append_printf(xml, "      <enum name='%s'>\n",
				       element[0] == 'p' ? "sourceFormatType" : "targetFormatType");
	for (char **name = names; name && *name; name++)
		g_string_append_printf(xml, "        <value>%s</value>\n", *name);
	if (names)
		g_string_append(xml, "      </enum>\n");
	g_string_append_printf(xml, "    </%s>\n", element);
}

bool serve_connect_get_storage_pool_capabilities(Call *call, remote_connect_get_storage_pool_capabilities_args *args,
						 remote_connect_get_storage_pool_capabilities_ret *ret,
						 GError **error)
{
	g_autoptr(GString) xml = g_string_new("<storagepoolCapabilities>\n");

	if (!call_flags(call, args->flags, 0, error))
		return false;
	for (PoolType type = POOL_TYPE_DIR; type < POOL_TYPE_LAST; type++) {
		const Kind *kind = &kinds[type];

		g_string_append_printf(xml, "  <pool type='%s' supported='%s'>\n", pool_type_name(type),
				       call->engine->priv && storage_backend_is_built(type) ? "yes" : "no");
		add_formats(xml, "poolOptions", kind->source_default, kind->source);
		add_formats(xml, "volOptions", kind->volume_default, kind->volume);
		g_string_append(xml, "  </pool>\n");
	}
	g_string_append(xml, "</storagepoolCapabilities>\n");
	ret->capabilities = g_strdup(xml->str);
	return true;
}
