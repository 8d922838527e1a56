/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "drivers/test/live_private.h"

static char *attribute(xmlNode *element, const char *name)
{
	xmlChar *value = xmlGetNoNsProp(element, (const xmlChar *)name);
	char *copy = value ? g_strdup((const char *)value) : NULL;

	xmlFree(value);
	return copy;
}

static bool attribute_ms(xmlNode *element, const char *name, unsigned *ret, GError **error)
{
	g_autofree char *text = attribute(element, name);
	guint64 value = 0;

	if (text && !g_ascii_string_to_unsigned(text, 10, 0, 3600000, &value, NULL))
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("'%s' is no number of milliseconds for '%s'"), text, name);
	*ret = (unsigned)value;
	return true;
}

static bool element_read(TestGuest *own, xmlNode *element, GError **error)
{
	g_autofree char *nonsense = attribute(element, "nonsense");

	own->hang = attribute(element, "hang");
	own->fail = attribute(element, "fail");
	own->nonsense = g_strcmp0(nonsense, "yes") == 0;
	return attribute_ms(element, "start-ms", &own->start_ms, error) &&
	       attribute_ms(element, "crash-ms", &own->crash_ms, error) &&
	       attribute_ms(element, "poweroff-ms", &own->poweroff_ms, error) &&
	       attribute_ms(element, "exit-ms", &own->exit_ms, error);
}

bool test_behave_read(Guest *guest, GError **error)
{
	g_autofree char *text = domain_def_metadata_get(guest->def, TEST_NAMESPACE, NULL);
	xmlDoc *document;
	bool good;

	if (!text)
		return true;
	document = xmlReadMemory(text, (int)strlen(text), NULL, NULL,
				 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	if (!document)
		return fail(error, VIR_ERR_CONFIG_UNSUPPORTED,
			    _("the wishes of domain '%s' to the test driver cannot be read"),
			    guest->def->name);
	good = element_read(guest->driver_data, xmlDocGetRootElement(document), error);
	xmlFreeDoc(document);
	return good;
}

static bool has_word(const char *words, const char *word)
{
	g_auto(GStrv) list = words ? g_strsplit_set(words, " ,", -1) : NULL;

	return list && g_strv_contains((const char *const *)list, word);
}

bool test_behave(Guest *guest, const char *operation, GError **error)
{
	const TestGuest *own = guest->driver_data;
	FiberEvent never = { 0 };

	if (has_word(own->fail, operation))
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("domain '%s' is defined so that '%s' fails"), guest->def->name,
			    operation);
	if (has_word(own->hang, "worker") && g_str_equal(operation, "start"))
		for (;;)
			pause();
	if (has_word(own->hang, operation))
		return fiber_event_wait(&never, "an operation that shall hang", 0, error);
	return true;
}
