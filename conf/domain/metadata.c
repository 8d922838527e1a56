/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <metadata>: one element per namespace, for others to keep things in. */
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/uri.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "conf/bind/raw.h"
#include "conf/def/domain.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

static xmlDoc *document_read(const char *text, GError **error)
{
	xmlDoc *doc = NULL;

	if (strlen(text) <= LIMIT_XML_SIZE && !strstr(text, "<!DOCTYPE"))
		doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL,
				    XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!doc)
		fail(error, VIR_ERR_XML_ERROR, _("the metadata is not well-formed XML"));
	return doc;
}

static xmlNode *child_find(xmlDoc *doc, const char *uri)
{
	for (xmlNode *node = xmlDocGetRootElement(doc)->children; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE && node->ns && node->ns->href &&
		    strcmp((const char *)node->ns->href, uri) == 0)
			return node;
	return NULL;
}

/* Clients get the element as it was set: without the namespace that only the key stood for. */
static void namespace_drop(xmlNode *node, const xmlNs *ns)
{
	if (node->ns == ns)
		node->ns = NULL;
	for (xmlAttr *attr = node->properties; attr; attr = attr->next)
		if (attr->ns == ns)
			attr->ns = NULL;
	for (xmlNode *child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			namespace_drop(child, ns);
}

static void declaration_drop(xmlNode *node, const xmlNs *ns)
{
	for (xmlNs **at = &node->nsDef; *at; at = &(*at)->next)
		if (*at == ns) {
			xmlNs *gone = *at;

			*at = gone->next;
			gone->next = NULL;
			xmlFreeNs(gone);
			return;
		}
}

char *domain_def_metadata_get(const DomainDef *def, const char *uri, GError **error)
{
	g_autoptr(xmlDoc) doc = NULL, alone = NULL;
	xmlNode *node, *copy;

	if (def->metadata && !(doc = document_read(def->metadata, error)))
		return NULL;
	node = doc ? child_find(doc, uri) : NULL;
	if (!node)
		return fail_null(error, VIR_ERR_NO_DOMAIN_METADATA,
				 _("domain '%s' has no metadata of namespace '%s'"), def->name,
					uri);
	alone = xmlNewDoc(BAD_CAST "1.0");
	copy = xmlDocCopyNode(node, alone, 1);
	xmlDocSetRootElement(alone, copy);
	if (copy->ns) {
		const xmlNs *ns = copy->ns;

		namespace_drop(copy, ns);
		declaration_drop(copy, ns);
	}
	return bind_node_text(alone, copy);
}

static void namespace_put(xmlNode *node, xmlNs *ns)
{
	if (!node->ns)
		node->ns = ns;
	for (xmlNode *child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			namespace_put(child, ns);
}

/* Appends @xml to the metadata in @doc, all of it that has no namespace in that of @uri. */
static bool child_add(xmlDoc *doc, const char *uri, const char *key, const char *xml,
		      GError **error)
{
	g_autoptr(xmlDoc) added = document_read(xml, error);
	xmlNode *copy;
	xmlNs *ns;

	if (!added)
		return false;
	copy = xmlDocCopyNode(xmlDocGetRootElement(added), doc, 1);
	xmlAddChild(xmlDocGetRootElement(doc), copy);
	if (copy->ns && strcmp((const char *)copy->ns->href, uri) == 0)
		return true;
	ns = xmlNewNs(copy, BAD_CAST uri, BAD_CAST key);
	if (!ns)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("'%s' cannot be used as the prefix of metadata"), key ? key : "");
	namespace_put(copy, ns);
	return true;
}

/* Else parsers that know namespaces refuse the whole definition. */
static bool is_uri(const char *text)
{
	xmlURI *uri = xmlParseURI(text);
	bool good = uri != NULL;

	xmlFreeURI(uri);
	return good;
}

bool domain_def_metadata_set(DomainDef *def, const char *uri, const char *key, const char *xml,
			     GError **error)
{
	g_autoptr(xmlDoc) doc =
		document_read(def->metadata ? def->metadata : "<metadata></metadata>", error);
	xmlNode *old;

	if (!doc)
		return false;
	if (xml && !key)
		return fail(error, VIR_ERR_INVALID_ARG, _("metadata needs a key to set it"));
	if (xml && !is_uri(uri))
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("'%s' is not a URI, as the name of a namespace must be"), uri);
	if (xml && xmlValidateNCName(BAD_CAST key, 0) != 0)
		return fail(error, VIR_ERR_INVALID_ARG,
			    _("'%s' cannot be used as the prefix of metadata"), key);
	old = child_find(doc, uri);
	if (old) {
		xmlUnlinkNode(old);
		xmlFreeNode(old);
	}
	if (xml && !child_add(doc, uri, key, xml, error))
		return false;
	g_free(def->metadata);
	def->metadata = xmlFirstElementChild(xmlDocGetRootElement(doc))
				? bind_node_text(doc, xmlDocGetRootElement(doc))
				: NULL;
	return true;
}
