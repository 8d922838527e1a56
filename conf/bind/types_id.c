/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UUIDs and MAC addresses. */
#include <string.h>

#include "base/i18n.h"
#include "conf/bind/types.h"

bool uuid_parse(const char *text, Uuid *ret)
{
	Uuid uuid = { 0 };
	guint digits = 0;

	while (g_ascii_isspace(*text))
		text++;
	for (; *text && digits < 32; text++) {
		int digit = g_ascii_xdigit_value(*text);

		if (*text == '-' && digits % 2 == 0)
			continue;
		if (digit < 0)
			return false;
		uuid.bytes[digits / 2] = (guint8)(uuid.bytes[digits / 2] << 4 | digit);
		digits++;
	}
	while (g_ascii_isspace(*text))
		text++;
	if (digits < 32 || *text)
		return false;
	*ret = uuid;
	return true;
}

void uuid_format(const Uuid *uuid, char text[UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;

	for (guint i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[uuid->bytes[i] >> 4];
		*at++ = digits[uuid->bytes[i] & 15];
	}
	*at = '\0';
}

bool uuid_is_absent(const Uuid *uuid)
{
	static const Uuid zero;

	return uuid_equal(uuid, &zero);
}

bool uuid_equal(const Uuid *a, const Uuid *b)
{
	return memcmp(a, b, sizeof(Uuid)) == 0;
}

void uuid_generate(Uuid *ret)
{
	g_autofree char *text = g_uuid_string_random();

	uuid_parse(text, ret);
}

static bool uuid_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	return uuid_parse(text, member);
}

static void uuid_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	char text[UUID_TEXT];

	uuid_format(member, text);
	g_string_append(out, text);
}

static bool uuid_absent(const void *member)
{
	return uuid_is_absent(member);
}

static bool uuid_same(const void *a, const void *b)
{
	return uuid_equal(a, b);
}

const BindType bind_uuid = { .what = N_("a UUID"),
			     .pattern = "[a-fA-F0-9]{32}|[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}",
			     .size = sizeof(Uuid), .parse = uuid_read, .format = uuid_write,
			     .absent = uuid_absent, .equal = uuid_same };

bool mac_parse(const char *text, Mac *ret)
{
	Mac mac = { .set = true };

	for (guint i = 0; i < 6; i++) {
		int value = 0, digits = 0;

		for (; digits < 2 && g_ascii_isxdigit(*text); digits++, text++)
			value = value << 4 | g_ascii_xdigit_value(*text);
		if (digits == 0 || *text != (i < 5 ? ':' : '\0'))
			return false;
		text += i < 5;
		mac.bytes[i] = (guint8)value;
	}
	*ret = mac;
	return true;
}

void mac_format(const Mac *mac, char text[MAC_TEXT])
{
	g_snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac->bytes[0], mac->bytes[1],
		   mac->bytes[2], mac->bytes[3], mac->bytes[4], mac->bytes[5]);
}

bool mac_is_multicast(const Mac *mac)
{
	return mac->bytes[0] & 1;
}

static bool mac_read(const BindType *type G_GNUC_UNUSED, const char *text, void *member)
{
	return mac_parse(text, member);
}

static void mac_write(const BindType *type G_GNUC_UNUSED, const void *member, GString *out)
{
	char text[MAC_TEXT];

	mac_format(member, text);
	g_string_append(out, text);
}

static bool mac_absent(const void *member)
{
	return !((const Mac *)member)->set;
}

static bool mac_same(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(Mac)) == 0;
}

const BindType bind_mac = { .what = N_("a MAC address like 52:54:00:12:34:56"),
			    .pattern = "[a-fA-F0-9]{1,2}(:[a-fA-F0-9]{1,2}){5}",
			    .size = sizeof(Mac), .parse = mac_read, .format = mac_write,
			    .absent = mac_absent, .equal = mac_same };
