/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "tools/cli/xmlfile.h"

static bool read_all(int fd, const char *path, GString *text, GError **error)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(error, errno, _("cannot read '%s'"), path);
		g_string_append_len(text, buffer, n);
		if (text->len > LIMIT_XML_SIZE)
			return fail(error, VIR_ERR_INVALID_ARG,
				    _("'%s' is longer than the %d bytes that a document may have"), path,
				    LIMIT_XML_SIZE);
	}
	if (memchr(text->str, 0, text->len))
		return fail(error, VIR_ERR_XML_ERROR, _("'%s' is not a text: it has zero bytes"), path);
	return true;
}

static void string_free(void *string)
{
	g_string_free(string, TRUE);
}

static const char *file_read(Session *session, const char *path, GError **error)
{
	g_autofd int own = -1;
	GString *text = g_string_new(NULL);
	bool standard_input = !strcmp(path, "-");

	session_keep(session, text, string_free);
	if (!standard_input)
		own = open(path, O_RDONLY | O_CLOEXEC);
	if (!standard_input && own < 0) {
		fail_errno(error, errno, _("cannot open '%s'"), path);
		return NULL;
	}
	return read_all(standard_input ? STDIN_FILENO : own, path, text, error) ? text->str : NULL;
}

const char *xmlfile_read(Session *session, const Args *args, const char *name, GError **error)
{
	return file_read(session, args_text(args, name), error);
}

static void view_free(void *data)
{
	XmlView *view = data;

	xmlXPathFreeContext(view->context);
	xmlFreeDoc(view->doc);
	g_free(view);
}

XmlView *xml_view(Session *session, const char *xml, GError **error)
{
	const int options = XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	xmlDoc *doc = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, options);
	XmlView *view;

	if (!doc) {
		const xmlError *problem = xmlGetLastError();

		return fail_null(error, VIR_ERR_XML_ERROR, _("the document is not well formed: line %d: %s"),
				 problem ? problem->line : 0, problem ? problem->message : "");
	}
	view = g_new0(XmlView, 1);
	view->doc = doc;
	view->context = xmlXPathNewContext(doc);
	return session_keep(session, view, view_free);
}

static void nodes_free(void *data)
{
	XmlNodes *list = data;

	g_free(list->nodes);
	g_free(list);
}

XmlNodes *xml_find(Session *session, XmlView *view, xmlNode *node, const char *path)
{
	XmlNodes *list = session_keep(session, g_new0(XmlNodes, 1), nodes_free);
	xmlXPathObject *found;

	view->context->node = node ? node : (xmlNode *)view->doc;
	found = xmlXPathEvalExpression((const xmlChar *)path, view->context);
	if (found && found->type == XPATH_NODESET && found->nodesetval) {
		list->n = found->nodesetval->nodeNr;
		list->nodes = g_memdup2(found->nodesetval->nodeTab, (gsize)list->n * sizeof(xmlNode *));
	}
	xmlXPathFreeObject(found);
	return list;
}

const char *xml_text(Session *session, XmlView *view, xmlNode *node, const char *path)
{
	XmlNodes *list = xml_find(session, view, node, path);
	xmlChar *content;
	char *copy;

	if (!list->n)
		return NULL;
	content = xmlNodeGetContent(list->nodes[0]);
	copy = session_printf(session, "%s", (const char *)content);
	xmlFree(content);
	return copy;
}

const char *xml_node_text(Session *session, XmlView *view, xmlNode *node)
{
	xmlBuffer *buffer = xmlBufferCreate();
	char *copy;

	xmlNodeDump(buffer, view->doc, node, 0, 1);
	copy = session_printf(session, "%s", (const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return copy;
}

const char *xml_escape(Session *session, const char *text)
{
	return text ? session_keep(session, g_markup_escape_text(text, -1), g_free) : NULL;
}

static bool xpath_out(Session *session, const Args *args, const char *xml, GError **error)
{
	XmlView *view = xml_view(session, xml, error);
	XmlNodes *list = view ? xml_find(session, view, NULL, args_text(args, "xpath")) : NULL;
	json_t *array;

	if (!list)
		return false;
	if (!list->n)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("nothing matches the XPath expression '%s'"),
			    args_text(args, "xpath"));
	array = json_array();
	if (args_has(args, "wrap"))
		out_print(session, "<nodes>\n");
	for (int i = 0; i < list->n; i++) {
		const char *text = xml_node_text(session, view, list->nodes[i]);
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

		for (gsize j = 0; lines[j]; j++)
			out_print(session, "%s%s\n", args_has(args, "wrap") ? "  " : "", lines[j]);
		json_array_append_new(array, json_text(text));
	}
	if (args_has(args, "wrap"))
		out_print(session, "</nodes>\n");
	out_value(session, array);
	return true;
}

bool xml_out(Session *session, const Args *args, const char *xml, GError **error)
{
	if (!xml)
		return false;
	if (args_has(args, "xpath"))
		return xpath_out(session, args, xml, error);
	out_text(session, "xml", xml);
	return true;
}

/* The user's editor and @path as words. */
static char **editor_command(const char *path, GError **error)
{
	const char *editor = g_getenv("VISUAL");
	g_autofree char *quoted = g_shell_quote(path), *line = NULL;
	char **argv;

	if (!editor || !editor[0])
		editor = g_getenv("EDITOR");
	if (!editor || !editor[0])
		editor = "vi";
	line = g_strconcat(editor, " ", quoted, NULL);
	if (!g_shell_parse_argv(line, NULL, &argv, NULL))
		return fail_null(error, VIR_ERR_INVALID_ARG,
				 _("cannot make a command of the editor's name '%s': see $VISUAL, $EDITOR"),
				 editor);
	return argv;
}

static const char *edit_once(Session *session, const char *path, GError **error)
{
	g_auto(GStrv) argv = editor_command(path, error);

	if (!argv || !session_run(session, argv, error))
		return NULL;
	return file_read(session, path, error);
}

/* What to do after an error: 'y' edit on, 'n' give up, 'f' apply once more. */
static char answer_ask(void)
{
	for (;;) {
		char line[16];

		printf(_("Failed. Try again? [y,n,f,?]: "));
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			return 'n';
		if (strchr("ynf", line[0]) && line[0])
			return line[0];
		printf(_("y - yes, start editor again\nn - no, throw away my changes\n"
			 "f - force, try to apply the same text again\n? - print this help\n"));
	}
}

static bool edit_loop(Session *session, const Edit *edit, const char *path, bool *ret_changed,
		      GError **error)
{
	const char *text = edit_once(session, path, error);

	*ret_changed = false;
	while (text) {
		g_autoptr(GError) problem = NULL;
		g_autofree char *diff = text_diff(edit->xml, text, "a", "b");
		char answer;

		if (!diff[0])
			return true;
		out_extra(session, "%s", diff);
		if (edit->apply(session, text, edit->data, &problem))
			return *ret_changed = true;
		if (!isatty(STDIN_FILENO)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
		shell_report(session, problem);
		answer = answer_ask();
		if (answer == 'n')
			return fail(error, VIR_ERR_OPERATION_ABORTED, _("%s was not changed"), edit->what);
		if (answer == 'y')
			text = edit_once(session, path, error);
	}
	return false;
}

bool xml_edit(Session *session, const Edit *edit, bool *ret_changed, GError **error)
{
	g_autofree char *safe = g_strcanon(g_strdup(edit->name),
					   G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_.", '_');
	g_autofree char *template = g_strdup_printf("%.40s-XXXXXX.xml", safe);
	g_autofree char *path = NULL;
	g_autofd int fd = g_file_open_tmp(template, &path, error);
	gsize length = strlen(edit->xml);
	bool result;

	if (fd < 0)
		return false;
	if (write(fd, edit->xml, length) != (ssize_t)length) {
		fail_errno(error, errno, _("cannot write the temporary file '%s'"), path);
		unlink(path);
		return false;
	}
	result = edit_loop(session, edit, path, ret_changed, error);
	unlink(path);
	return result;
}
