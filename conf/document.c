/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/document.h"

#include <string.h>

#include "conf/def/domain.h"
#include "conf/host/interface.h"
#include "conf/host/nodedev.h"
#include "conf/network/network.h"
#include "conf/nwfilter/nwfilter.h"
#include "conf/secret/secret.h"
#include "conf/snapshot/snapshot.h"
#include "conf/storage/pool.h"
#include "conf/storage/volume.h"

/* Functions of different types are not called through one pointer: each kind has its own. */
#define READER(noun) \
	static void *noun##_read(const char *xml, gsize length, unsigned flags, ConfDiags *diags, \
				 GError **error) \
	{ \
		return noun##_def_parse(xml, length, flags, diags, error); \
	}

READER(domain)
READER(network)
READER(pool)
READER(volume)
READER(nwfilter)
READER(secret)
READER(snapshot)
READER(checkpoint)
READER(backup)
READER(host_interface)
READER(node_device)

const ConfDocument conf_documents[] = {
	{ "domain", &bind_el_domain, domain_read },
	{ "network", &bind_el_network, network_read },
	{ "pool", &bind_el_pool, pool_read },
	{ "volume", &bind_el_volume, volume_read },
	{ "nwfilter", &bind_el_nwfilter, nwfilter_read },
	{ "secret", &bind_el_secret, secret_read },
	{ "snapshot", &bind_el_snapshot, snapshot_read },
	{ "checkpoint", &bind_el_checkpoint, checkpoint_read },
	{ "backup", &bind_el_backup, backup_read },
	{ "interface", &bind_el_host_interface, host_interface_read },
	{ "nodedev", &bind_el_node_device, node_device_read },
	{ NULL, NULL, NULL },
};

const ConfDocument *conf_document_find(const char *name)
{
	const ConfDocument *document = conf_documents;

	while (document->name && strcmp(document->name, name) != 0)
		document++;
	return document->name ? document : NULL;
}
