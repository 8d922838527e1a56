/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every element of every document given twice: what was written is all kept, or the document is
 * refused with the line; nothing is dropped. The golden files, which together meet every row of the
 * tables, are taken apart: each element is repeated, in the same words and in others, and each
 * container is cut into two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <libxml/tree.h>

#include "conf/def/domain.h"
#include "conf/document.h"
#include "tests/unit/golden.h"

typedef struct {
	const ConfDocument *kind;
	const char *path;
	xmlDoc *doc;
	char *plain; /* what it becomes when nothing is repeated */
	guint repeated;
} Case;

/* What a text becomes, or NULL with the reason. */
static char *become(const ConfDocument *kind, const char *text, char **ret_reason)
{
	g_autoptr(GError) error = NULL;
	void *object = bind_parse(kind->element,
				  bind_reader_open(text, strlen(text), 0, NULL, &error), &error);
	char *out;

	if (!object) {
		if (ret_reason)
			*ret_reason = g_strdup(error->message);
		return NULL;
	}
	out = bind_format(kind->element, object, CONF_SECURE);
	bind_free(kind->element, object);
	return out;
}

static char *doc_text(xmlDoc *doc)
{
	xmlChar *text;
	int length;
	char *copy;

	xmlDocDumpMemory(doc, &text, &length);
	copy = g_strdup((const char *)text);
	xmlFree(text);
	return copy;
}

/* The @number-th element of a document in document order, the root being 0; NULL beyond the last. */
static xmlNode *element_at(xmlNode *node, guint *number)
{
	for (; node; node = node->next) {
		xmlNode *found;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		if ((*number)-- == 0)
			return node;
		found = element_at(node->children, number);
		if (found)
			return found;
	}
	return NULL;
}

static xmlNode *element_find(xmlDoc *doc, guint number)
{
	return element_at(xmlDocGetRootElement(doc), &number);
}

static char **tags(const char *text)
{
	char **all = g_strsplit(text, "<", -1);

	for (guint i = 0; all[i]; i++)
		g_strstrip(all[i]);
	return all;
}

/* The first tag (or text after one) of @part that @whole has less often, or NULL. Caller frees. */
static char *lost(const char *part, const char *whole)
{
	g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
	g_auto(GStrv) have = tags(whole), want = tags(part);

	for (guint i = 0; have[i]; i++) {
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, have[i]));

		g_hash_table_insert(counts, have[i], GUINT_TO_POINTER(count + 1));
	}
	for (guint i = 0; want[i]; i++) {
		guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, want[i]));

		if (count == 0)
			return g_strdup(want[i]);
		g_hash_table_insert(counts, want[i], GUINT_TO_POINTER(count - 1));
	}
	return NULL;
}

/* @text has an element twice; @other is what it becomes with the second of them alone. */
static void judge(Case *one, const char *text, const char *other)
{
	g_autofree char *reason = NULL;
	g_autofree char *out = become(one->kind, text, &reason);
	g_autofree char *dropped = NULL;

	one->repeated++;
	if (!out) {
		if (!strstr(reason, "line "))
			fail_msg("%s: without a line: %s\n%s", one->path, reason, text);
		return;
	}
	dropped = lost(one->plain, out);
	if (!dropped)
		dropped = lost(other, out);
	if (dropped)
		fail_msg("%s: '<%s' was dropped from\n%s", one->path, dropped, text);
}

static void repeat_plain(Case *one, guint number)
{
	xmlDoc *doc = xmlCopyDoc(one->doc, 1);
	xmlNode *node = element_find(doc, number);
	g_autofree char *text = NULL;

	xmlAddNextSibling(node, xmlCopyNode(node, 1));
	text = doc_text(doc);
	judge(one, text, one->plain);
	xmlFreeDoc(doc);
}

/* Another value that may stand where @value does; @attempt counts from 0, NULL after the last. */
static char *value_other(const char *value, guint attempt)
{
	static const char *const words[] = { "yes", "no", "on", "off", "1", "2", "none" };

	if (attempt == 0)
		return g_strconcat(value, "1", NULL);
	if (attempt == 1)
		return g_strconcat("1", value, NULL);
	if (attempt == 2) {
		char *copy = g_strdup(value);

		for (char *c = copy; *c; c++)
			if (*c >= '1' && *c <= '8') {
				(*c)++;
				return copy;
			}
		g_free(copy);
		return g_strdup("3");
	}
	return attempt - 3 < G_N_ELEMENTS(words) ? g_strdup(words[attempt - 3]) : NULL;
}

/* Changes the first attribute of @node, or its text; false when there is none, or after the last try. */
static bool node_change(xmlNode *node, guint attempt)
{
	xmlAttr *attr = node->properties;
	g_autofree char *changed = NULL;
	xmlChar *value = attr ? xmlGetNoNsProp(node, attr->name) : xmlNodeGetContent(node);

	changed = value ? value_other((const char *)value, attempt) : NULL;
	xmlFree(value);
	if (!changed || (!attr && xmlChildElementCount(node) > 0))
		return false;
	if (attr)
		xmlSetProp(node, attr->name, BAD_CAST changed);
	if (!attr) {
		xmlNodeSetContent(node, NULL);
		xmlNodeAddContent(node, BAD_CAST changed);
	}
	return true;
}

static guint tag_count(const char *text)
{
	g_auto(GStrv) all = tags(text);

	return g_strv_length(all);
}

/*
 * What the document becomes with the element changed; NULL when it cannot be told from before, or
 * when with its new value it has no place.
 */
static char *become_changed(Case *one, guint number, guint attempt)
{
	xmlDoc *doc = xmlCopyDoc(one->doc, 1);
	g_autofree char *text = NULL, *out = NULL, *news = NULL;

	if (node_change(element_find(doc, number), attempt)) {
		text = doc_text(doc);
		out = become(one->kind, text, NULL);
	}
	xmlFreeDoc(doc);
	news = out ? lost(out, one->plain) : NULL;
	return news && tag_count(out) == tag_count(one->plain) ? g_steal_pointer(&out) : NULL;
}

static void repeat_changed(Case *one, guint number)
{
	for (guint attempt = 0; attempt < 10; attempt++) {
		g_autofree char *other = become_changed(one, number, attempt), *text = NULL;
		xmlDoc *doc;
		xmlNode *node, *copy;

		if (!other)
			continue;
		doc = xmlCopyDoc(one->doc, 1);
		node = element_find(doc, number);
		copy = xmlCopyNode(node, 1);
		node_change(copy, attempt);
		xmlAddNextSibling(node, copy);
		text = doc_text(doc);
		judge(one, text, other);
		xmlFreeDoc(doc);
		return;
	}
}

/* The second half of what is in a container moves to one of its own behind it. */
static void cut(Case *one, guint number)
{
	xmlDoc *doc = xmlCopyDoc(one->doc, 1);
	xmlNode *node = element_find(doc, number);
	gulong count = xmlChildElementCount(node);
	xmlNode *second, *child = node->last;

	if (count >= 2) {
		g_autofree char *text = NULL;

		second = xmlNewDocNode(doc, node->ns, node->name, NULL);
		second->properties = xmlCopyPropList(second, node->properties);
		for (gulong moved = 0; moved < count / 2;) {
			xmlNode *before = child->prev;

			if (child->type == XML_ELEMENT_NODE) {
				moved++;
				xmlUnlinkNode(child);
				if (second->children)
					xmlAddPrevSibling(second->children, child);
				else
					xmlAddChild(second, child);
			}
			child = before;
		}
		xmlAddNextSibling(node, second);
		text = doc_text(doc);
		judge(one, text, "");
	}
	xmlFreeDoc(doc);
}

/* Kept word for word, so that no table says what may stand in it. */
static bool is_raw(const xmlNode *node)
{
	for (node = node->parent; node; node = node->parent)
		if (xmlStrEqual(node->name, BAD_CAST "metadata") ||
		    xmlStrEqual(node->name, BAD_CAST "cookie"))
			return true;
	return false;
}

static char *take_apart(const char *text, gsize length, const char *name, const void *data)
{
	Case one = { .kind = data, .path = name };

	one.plain = become(one.kind, text, NULL);
	one.doc = xmlReadMemory(text, (int)length, name, NULL, XML_PARSE_NOBLANKS);
	assert_non_null(one.plain);
	assert_non_null(one.doc);
	for (guint number = 1; element_find(one.doc, number); number++) {
		if (is_raw(element_find(one.doc, number)))
			continue;
		repeat_plain(&one, number);
		repeat_changed(&one, number);
		cut(&one, number);
	}
	if (one.repeated == 0)
		fail_msg("%s has nothing to repeat", name);
	xmlFreeDoc(one.doc);
	return one.plain;
}

static void test_documents(void **state G_GNUC_UNUSED)
{
	for (const ConfDocument *kind = conf_documents; kind->name; kind++) {
		g_autofree char *below = g_strconcat("tests/golden/documents/", kind->name, NULL);

		golden_each(kind->element == &bind_el_domain ? "tests/golden/domain" : below,
			    take_apart, kind);
	}
}

/* What libvirt reads in pieces, as some programs write it, is one. */
static void test_pieces(void **state G_GNUC_UNUSED)
{
	static const char text[] =
		"<domain type='kvm'><name>a</name><devices><memballoon model='none'/></devices>"
		"<features><acpi/></features><clock offset='utc'><timer name='rtc'/></clock>"
		"<os><type>hvm</type></os><devices><disk><target dev='vda'/></disk></devices>"
		"<features><pae/></features><clock><timer name='pit'/></clock><os><boot dev='hd'/></os>"
		"</domain>";
	g_autofree char *out = become(conf_document_find("domain"), text, NULL);

	assert_non_null(out);
	assert_non_null(strstr(out, "<memballoon model='none'/>"));
	assert_non_null(strstr(out, "<target dev='vda'/>"));
	assert_non_null(strstr(out, "<acpi/>\n    <pae/>"));
	assert_non_null(strstr(out, "<timer name='rtc'/>\n    <timer name='pit'/>"));
	assert_non_null(strstr(out, "<boot dev='hd'/>"));
}

static void test_contradiction(void **state G_GNUC_UNUSED)
{
	static const char *const texts[] = {
		"<domain type='kvm'>\n<name>a</name>\n<name>b</name></domain>",
		"<domain type='kvm'>\n<clock offset='utc'/>\n<clock offset='localtime'/></domain>",
		"<domain type='kvm'>\n<memory>1</memory>\n<memory>2</memory></domain>",
		"<domain type='kvm'><cputune><shares>1</shares></cputune>\n<cputune>\n"
		"<shares>2</shares></cputune></domain>",
		"<domain type='kvm'><devices><disk>\n<auth username='a'/>\n<auth username='b'/></disk>"
		"</devices></domain>",
	};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *reason = NULL;
		g_autofree char *out = become(conf_document_find("domain"), texts[i], &reason);

		if (out)
			fail_msg("accepted: %s", texts[i]);
		if (!strstr(reason, "line 3,"))
			fail_msg("%s", reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_contradiction),
		cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
