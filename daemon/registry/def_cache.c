/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/plain.h"
#include "daemon/registry/def_cache.h"

enum { SLOTS = 32 };

static struct {
	Text *text; /* referenced, so its address is not used again meanwhile */
	DomainDef *def;
	guint64 used;
} slots[SLOTS];
static guint64 uses;

static unsigned slot_oldest(void)
{
	unsigned oldest = 0;

	for (unsigned i = 1; i < SLOTS; i++)
		if (slots[i].used < slots[oldest].used)
			oldest = i;
	return oldest;
}

static void slot_clear(unsigned i)
{
	g_clear_pointer(&slots[i].text, text_unref);
	g_clear_pointer(&slots[i].def, domain_def_free);
	slots[i].used = 0;
}

void def_cache_put(Text *text, DomainDef *def)
{
	unsigned i = slot_oldest();

	slot_clear(i);
	slots[i].text = text_ref(text);
	slots[i].def = def;
	slots[i].used = ++uses;
}

const DomainDef *def_cache_get(Text *text, unsigned flags, GError **error)
{
	g_autofree char *plain = NULL;
	DomainDef *def;

	for (unsigned i = 0; i < SLOTS; i++)
		if (slots[i].text == text) {
			slots[i].used = ++uses;
			return slots[i].def;
		}
	plain = text_mend(text_dup(text)); /* older releases let in what cannot be parsed */
	def = domain_def_parse(plain, strlen(plain), flags, NULL, error);
	if (def)
		def_cache_put(text, def);
	return def;
}

void def_cache_clear(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		slot_clear(i);
}
