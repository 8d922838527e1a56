/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attaching, detaching and updating devices given as XML. Process: reeve. */
#pragma once

#include "tools/object/domain_ref.h"
#include "tools/cli/xmlfile.h"

/* As the command's --live, --config, --current, --persistent (and --force) say. */
bool device_attach(Session *session, const Args *args, const Domain *domain, const char *xml,
		   GError **error);
bool device_detach(Session *session, const Args *args, const Domain *domain, const char *xml,
		   GError **error);
bool device_update(Session *session, const Args *args, const Domain *domain, const char *xml,
		   GError **error);

/* The definition that these options mean: the stored or the running one. */
const char *domain_xml_target(Session *session, const Args *args, const Domain *domain,
			      GError **error);
/* The disk whose target or source is @name, NULL when there is none. */
xmlNode *disk_find(Session *session, XmlView *view, const char *name);
