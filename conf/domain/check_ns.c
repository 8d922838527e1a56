/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is handed to QEMU as it stands: names of variables, values of properties. */
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "conf/def/check.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

static bool variable_valid(const char *name)
{
	return *name && strchr(LETTERS, *name) &&
	       strspn(name, LETTERS "0123456789") == strlen(name);
}

static bool value_valid(const QemuProperty *property)
{
	guint64 number;
	gint64 signed_number;

	switch (property->type) {
	case QEMU_PROPERTY_SIGNED:
		return property->value && number_parse_int64(property->value, G_MININT64, G_MAXINT64,
							     &signed_number);
	case QEMU_PROPERTY_UNSIGNED:
		return property->value &&
		       number_parse_uint64(property->value, 0, G_MAXUINT64, &number);
	case QEMU_PROPERTY_BOOL:
		return property->value && (strcmp(property->value, "true") == 0 ||
					   strcmp(property->value, "false") == 0);
	case QEMU_PROPERTY_REMOVE:
		return !property->value;
	default:
		return true;
	}
}

static bool override_check(const QemuOverride *override, GError **error)
{
	for (guint i = 0; i < list_length(override->properties); i++) {
		const QemuProperty *property = list_get(override->properties, i);

		if (!value_valid(property))
			return fail(error, VIR_ERR_XML_ERROR,
				    _("<qemu:property name='%s' type='%s'> cannot have the value '%s'"),
				    property->name, qemu_property_type_name(property->type),
				    property->value ? property->value : "");
	}
	return true;
}

bool qemu_ns_check(const DomainQemuNs *qemu, GError **error)
{
	for (guint i = 0; i < list_length(qemu->envs); i++) {
		const QemuEnv *variable = list_get(qemu->envs, i);

		if (!variable_valid(variable->name))
			return fail(error, VIR_ERR_INTERNAL_ERROR,
				    _("'%s' cannot name an environment variable: letters, digits and "
				      "underscores, no digit first"), variable->name);
	}
	for (guint i = 0; i < list_length(qemu->overrides); i++)
		if (!override_check(list_get(qemu->overrides, i), error))
			return false;
	return true;
}
