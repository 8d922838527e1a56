/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(chardev_type, CHARDEV)
CONF_ENUM_DEFINE(chardev_mode, CHARDEV_MODE)
CONF_ENUM_DEFINE(chardev_protocol, CHARDEV_PROTOCOL)
CONF_ENUM_DEFINE(mouse_mode, MOUSE_MODE)
CONF_ENUM_DEFINE(serial_target, SERIAL_TARGET)
CONF_ENUM_DEFINE(serial_model, SERIAL_MODEL)
CONF_ENUM_DEFINE(console_target, CONSOLE_TARGET)
CONF_ENUM_DEFINE(channel_target, CHANNEL_TARGET)
CONF_ENUM_DEFINE(channel_state, CHANNEL_STATE)
CONF_ENUM_DEFINE(smartcard_mode, SMARTCARD)

#define OF(types) WHEN(ChardevSource, type, types)
#define PATHS (BIT(CHARDEV_DEV) | BIT(CHARDEV_FILE) | BIT(CHARDEV_PIPE) | BIT(CHARDEV_UNIX))
static const BindRow source_rows[] = {
	ATTR(ChardevSource, "mode", mode, chardev_mode, 0,
	     OF(BIT(CHARDEV_TCP) | BIT(CHARDEV_UNIX))),
	ATTR(ChardevSource, "path", path, str, BIND_LIVE, OF(BIT(CHARDEV_PTY))),
	ATTR(ChardevSource, "path", path, str, 0, OF(PATHS)),
	ATTR(ChardevSource, "append", append, on_off, 0, OF(BIT(CHARDEV_FILE))),
	ATTR(ChardevSource, "host", host, str, 0, OF(BIT(CHARDEV_TCP))),
	ATTR(ChardevSource, "service", service, str, 0, OF(BIT(CHARDEV_TCP))),
	ATTR(ChardevSource, "tls", tls, yes_no, 0, OF(BIT(CHARDEV_TCP))),
	ATTR(ChardevSource, "channel", channel, str, 0,
	     OF(BIT(CHARDEV_SPICEPORT) | BIT(CHARDEV_DBUS))),
	ATTR(ChardevSource, "master", master, str, 0, OF(BIT(CHARDEV_NMDM))),
	ATTR(ChardevSource, "slave", slave, str, 0, OF(BIT(CHARDEV_NMDM))),
	CHILD_IN(ChardevSource, "reconnect", reconnect, reconnect, 0,
		 OF(BIT(CHARDEV_TCP) | BIT(CHARDEV_UNIX))),
	VALUE(ChardevSource, "clipboard", "copypaste", clipboard_copypaste, yes_no, BIND_REQUIRED,
	      OF(BIT(CHARDEV_QEMU_VDAGENT))),
	VALUE(ChardevSource, "mouse", "mode", mouse_mode, mouse_mode, BIND_REQUIRED,
	      OF(BIT(CHARDEV_QEMU_VDAGENT))),
	LIST(ChardevSource, "seclabel", seclabels, source_seclabel, 0),
	END_ROWS
};
static ELEMENT(chardev_endpoint, NULL, ChardevSource, source_rows);
static const BindRow udp_bind_rows[] = {
	ATTR(ChardevSource, "host", bind_host, str, 0),
	ATTR(ChardevSource, "service", bind_service, str, 0),
	END_ROWS
};
static ELEMENT(udp_bind, NULL, ChardevSource, udp_bind_rows);
static const BindRow udp_connect_rows[] = {
	ATTR(ChardevSource, "host", host, str, 0),
	ATTR(ChardevSource, "service", service, str, 0),
	END_ROWS
};
static ELEMENT(udp_connect, NULL, ChardevSource, udp_connect_rows);
static const BindRow log_rows[] = {
	ATTR(ChardevSource, "file", log_file, str, BIND_REQUIRED),
	ATTR(ChardevSource, "append", log_append, on_off, 0),
	END_ROWS
};
static ELEMENT(chardev_log, NULL, ChardevSource, log_rows);

#define NOT_UDP OF(~BIT(CHARDEV_UDP))
static const BindRow chardev_body_rows[] = {
	CHILD("source", chardev_endpoint, BIND_ONCE, NOT_UDP),
	CHILD("source", udp_bind, BIND_ONCE, OF(BIT(CHARDEV_UDP)), SELECT("mode", "bind")),
	CHILD("source", udp_connect, BIND_ONCE, OF(BIT(CHARDEV_UDP)), SELECT("mode", "connect")),
	CHILD("source", udp_connect, BIND_READ_ONLY, OF(BIT(CHARDEV_UDP))),
	VALUE(ChardevSource, "protocol", "type", protocol, chardev_protocol, BIND_REQUIRED | BIND_ONCE,
	     OF(BIT(CHARDEV_TCP))),
	CHILD("log", chardev_log, BIND_ONCE),
	END_ROWS
};
static ELEMENT(chardev_body, NULL, ChardevSource, chardev_body_rows);
static const BindRow chardev_rows[] = {
	ATTR(ChardevSource, "type", type, chardev_type, BIND_REQUIRED | G),
	INCLUDE(chardev_body),
	END_ROWS
};
ELEMENT(chardev_source, NULL, ChardevSource, chardev_rows,
	.doc = N_("Where the bytes come from and go to on the host."));

static const BindRow unix_rows[] = {
	ATTR(ChardevSource, "type", type, chardev_type, BIND_REQUIRED),
	ATTR(ChardevSource, "path", path, str, 0),
	ATTR(ChardevSource, "mode", mode, chardev_mode, 0),
	CHILD_IN(ChardevSource, "reconnect", reconnect, reconnect, 0),
	END_ROWS
};
ELEMENT(unix_source, NULL, ChardevSource, unix_rows);

#define PORT ATTR(DomainChardev, "port", port, uint, G, HAS(DomainChardev, has_port))
static const BindRow serial_target_rows[] = {
	ATTR(DomainChardev, "type", serial_target, serial_target, G),
	PORT,
	VALUE(DomainChardev, "model", "name", serial_model, serial_model, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(serial_target, NULL, DomainChardev, serial_target_rows);
static const BindRow parallel_target_rows[] = {
	ATTR(DomainChardev, "type", name, str, BIND_READ_ONLY), PORT, END_ROWS
};
static ELEMENT(parallel_target, NULL, DomainChardev, parallel_target_rows);
static const BindRow console_target_rows[] = {
	ATTR(DomainChardev, "type", console_target, console_target, G), PORT, END_ROWS
};
static ELEMENT(console_target, NULL, DomainChardev, console_target_rows);

#define TO(types) WHEN(DomainChardev, channel_target, types)
static const BindRow channel_target_rows[] = {
	ATTR(DomainChardev, "type", channel_target, channel_target, BIND_REQUIRED | G),
	ATTR(DomainChardev, "address", guestfwd_address, str, BIND_REQUIRED | G,
	     TO(BIT(CHANNEL_TARGET_GUESTFWD))),
	ATTR(DomainChardev, "port", guestfwd_port, str, BIND_REQUIRED | G,
	     TO(BIT(CHANNEL_TARGET_GUESTFWD))),
	ATTR(DomainChardev, "name", name, str, G,
	     TO(BIT(CHANNEL_TARGET_VIRTIO) | BIT(CHANNEL_TARGET_XEN))),
	ATTR(DomainChardev, "state", state, channel_state, BIND_LIVE,
	     TO(BIT(CHANNEL_TARGET_VIRTIO))),
	END_ROWS
};
static ELEMENT(channel_target, NULL, DomainChardev, channel_target_rows);

#define CHARDEV_DEVICE(id, xml_name, target) \
	static const BindRow id##_rows[] = { \
		INCLUDE_IN(DomainChardev, source, chardev_source), \
		ATTR(DomainChardev, "tty", tty, str, BIND_LIVE), \
		CHILD("target", target, 0), \
		INCLUDE_IN(DomainChardev, info, device_info), \
		END_ROWS \
	}; \
	ELEMENT(id, xml_name, DomainChardev, id##_rows)
CHARDEV_DEVICE(domain_serial, "serial", serial_target);
CHARDEV_DEVICE(domain_parallel, "parallel", parallel_target);
CHARDEV_DEVICE(domain_channel, "channel", channel_target);

/* A console may come without type; it is a pty then, or only names its tty. */
static const BindRow console_rows[] = {
	ATTR(DomainChardev, "type", source.type, chardev_type, G, MISSING(CHARDEV_PTY)),
	INCLUDE_IN(DomainChardev, source, chardev_body),
	ATTR(DomainChardev, "tty", tty, str, BIND_LIVE),
	CHILD("target", console_target, 0),
	INCLUDE_IN(DomainChardev, info, device_info),
	END_ROWS
};
ELEMENT(domain_console, "console", DomainChardev, console_rows);

static const BindRow smartcard_rows[] = {
	ATTR(DomainSmartcard, "mode", mode, smartcard_mode, BIND_REQUIRED | G),
	INCLUDE_IN(DomainSmartcard, source, chardev_source,
		   WHEN(DomainSmartcard, mode, BIT(SMARTCARD_PASSTHROUGH))),
	STRINGS(DomainSmartcard, "certificate", certificates, 0,
		WHEN(DomainSmartcard, mode, BIT(SMARTCARD_HOST_CERTIFICATES))),
	LEAF(DomainSmartcard, "database", database, str, 0,
	     WHEN(DomainSmartcard, mode, BIT(SMARTCARD_HOST_CERTIFICATES))),
	INCLUDE_IN(DomainSmartcard, info, device_info),
	END_ROWS
};
ELEMENT(domain_smartcard, "smartcard", DomainSmartcard, smartcard_rows);

static const BindRow redirdev_rows[] = {
	ATTR(DomainRedirdev, "bus", bus, disk_bus, G, MISSING(DISK_BUS_USB)),
	INCLUDE_IN(DomainRedirdev, source, chardev_source),
	INCLUDE_IN(DomainRedirdev, info, device_boot),
	INCLUDE_IN(DomainRedirdev, info, device_info),
	END_ROWS
};
ELEMENT(domain_redirdev, "redirdev", DomainRedirdev, redirdev_rows);

static const BindRow usbdev_rows[] = {
	ATTR(RedirFilterDevice, "class", usb_class, any2, BIND_ALWAYS, MISSING(-1)),
	ATTR(RedirFilterDevice, "vendor", vendor, any4, BIND_ALWAYS, MISSING(-1)),
	ATTR(RedirFilterDevice, "product", product, any4, BIND_ALWAYS, MISSING(-1)),
	ATTR(RedirFilterDevice, "version", version, str, 0),
	ATTR(RedirFilterDevice, "allow", allow, yes_no, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(usbdev, NULL, RedirFilterDevice, usbdev_rows);
static const BindRow redirfilter_rows[] = {
	LIST(DomainRedirFilter, "usbdev", devices, usbdev, 0), END_ROWS
};
ELEMENT(domain_redirfilter, "redirfilter", DomainRedirFilter, redirfilter_rows);
