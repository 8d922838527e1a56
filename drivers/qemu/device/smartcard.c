/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/device/kind.h"

static bool smartcard_check(const QemuCheck *check, const DomainDevice *device)
{
	if (check->def->smartcards->len > 1)
		return refuse(check, _("QEMU has one smartcard per guest"));
	return device->smartcard->mode != SMARTCARD_PASSTHROUGH ||
	       qemu_source_check(check, device, &device->smartcard->source);
}

static bool smartcard_build(QemuCommand *cmd, const DomainDevice *device, GError **error)
{
	const DomainSmartcard *card = device->smartcard;
	Props *opts;

	if (card->mode == SMARTCARD_PASSTHROUGH) {
		g_autofree char *id = g_strconcat("char", card->info.alias, NULL);
		ChardevSource source = card->source;

		if (source.type == CHARDEV_SPICEVMC && !source.channel)
			source.channel = (char *)"smartcard";
		if (!command_chardev(cmd, &source, id, card->info.alias, error))
			return false;
		opts = props_new("ccid-card-passthru");
		props_str(opts, "chardev", id);
		return command_device(cmd, opts, &card->info, error);
	}
	opts = props_new("ccid-card-emulated");
	if (card->mode == SMARTCARD_HOST) {
		props_str(opts, "backend", "nss-emulated");
	} else {
		props_str(opts, "backend", "certificates");
		for (guint i = 0; i < list_length(card->certificates); i++) {
			g_autofree char *key = g_strdup_printf("cert%u", i + 1);

			props_str(opts, key, list_get(card->certificates, i));
		}
		props_str(opts, "db", card->database ? card->database : "/etc/pki/nssdb");
	}
	return command_device(cmd, opts, &card->info, error);
}

const QemuDeviceKind qemu_smartcard = {
	.prefix = "smartcard",
	.check = smartcard_check,
	.build = smartcard_build,
};
