/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* XML that is kept as it was written, from the parser's tree to text. Private to conf/. */
#pragma once

#include <libxml/tree.h>

/* The text of @node, which belongs to @doc; well-formed whatever its namespaces are called. */
char *bind_node_text(xmlDoc *doc, xmlNode *node);
