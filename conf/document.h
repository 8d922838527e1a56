/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every kind of document that is read, in one table: for tests, for the reference documentation and
 * the schemas, and for whoever handles documents without knowing their kind. Static data, any process.
 */
#pragma once

#include "conf/bind/bind.h"

typedef struct ConfDocument {
	const char *name; /* of the kind, as files of the reference are called: "network" */
	BindElement *element;
	/*
	 * Reads with the completion and the checks that belong to the kind; of a domain only those
	 * that reading itself does. The result ends with bind_free(). Arguments as of bind_parse().
	 */
	void *(*parse)(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
		       GError **error);
} ConfDocument;

extern const ConfDocument conf_documents[]; /* ends with name NULL */

/* NULL when there is no such kind. */
const ConfDocument *conf_document_find(const char *name);
