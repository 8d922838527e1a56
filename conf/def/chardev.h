/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Byte streams between guest and host: where one ends on the host (ChardevSource), and the serial
 * ports, consoles, channels, smartcards and redirected USB devices that use one. Part of a DomainDef.
 */
#pragma once

#include "conf/def/disk.h"

#define CHARDEV_VALUES(X) \
	X(CHARDEV_NULL, "null") X(CHARDEV_VC, "vc") X(CHARDEV_PTY, "pty") X(CHARDEV_DEV, "dev") \
	X(CHARDEV_FILE, "file") X(CHARDEV_PIPE, "pipe") X(CHARDEV_STDIO, "stdio") \
	X(CHARDEV_UDP, "udp") X(CHARDEV_TCP, "tcp") X(CHARDEV_UNIX, "unix") \
	X(CHARDEV_SPICEVMC, "spicevmc") X(CHARDEV_SPICEPORT, "spiceport") \
	X(CHARDEV_NMDM, "nmdm") X(CHARDEV_QEMU_VDAGENT, "qemu-vdagent") X(CHARDEV_DBUS, "dbus")
CONF_ENUM(ChardevType, chardev_type, CHARDEV)
#define CHARDEV_MODE_VALUES(X) \
	X(CHARDEV_MODE_CONNECT, "connect") X(CHARDEV_MODE_BIND, "bind") \
	X(CHARDEV_MODE_CLIENT, "client") X(CHARDEV_MODE_SERVER, "server")
CONF_ENUM(ChardevMode, chardev_mode, CHARDEV_MODE)
#define CHARDEV_PROTOCOL_VALUES(X) \
	X(CHARDEV_PROTOCOL_RAW, "raw") X(CHARDEV_PROTOCOL_TELNET, "telnet") \
	X(CHARDEV_PROTOCOL_TELNETS, "telnets") X(CHARDEV_PROTOCOL_TLS, "tls")
CONF_ENUM(ChardevProtocol, chardev_protocol, CHARDEV_PROTOCOL)
#define MOUSE_MODE_VALUES(X) X(MOUSE_MODE_SERVER, "server") X(MOUSE_MODE_CLIENT, "client")
CONF_ENUM(MouseMode, mouse_mode, MOUSE_MODE)

typedef struct {
	ChardevType type;
	char *path;	   /* dev, file, pipe, unix; pty: live */
	Tristate append;   /* file */
	ChardevMode mode;  /* tcp, unix */
	char *host, *service;		/* tcp; udp: where to send */
	char *bind_host, *bind_service; /* udp: where to listen */
	ChardevProtocol protocol;	/* tcp */
	Tristate tls;			/* tcp */
	bool tls_from_config;
	Reconnect reconnect;		/* tcp, unix */
	char *channel;			/* spiceport, dbus */
	char *master, *slave;		/* nmdm */
	Tristate clipboard_copypaste;	/* qemu-vdagent */
	MouseMode mouse_mode;		/* qemu-vdagent */
	GPtrArray *seclabels;		/* Seclabel */
	char *log_file;
	Tristate log_append;
} ChardevSource;

#define SERIAL_TARGET_VALUES(X) \
	X(SERIAL_TARGET_ISA, "isa-serial") X(SERIAL_TARGET_USB, "usb-serial") \
	X(SERIAL_TARGET_PCI, "pci-serial") X(SERIAL_TARGET_SPAPR_VIO, "spapr-vio-serial") \
	X(SERIAL_TARGET_SYSTEM, "system-serial") X(SERIAL_TARGET_SCLP, "sclp-serial") \
	X(SERIAL_TARGET_ISA_DEBUG, "isa-debug")
CONF_ENUM(SerialTarget, serial_target, SERIAL_TARGET)
#define SERIAL_MODEL_VALUES(X) \
	X(SERIAL_MODEL_ISA_SERIAL, "isa-serial") X(SERIAL_MODEL_USB_SERIAL, "usb-serial") \
	X(SERIAL_MODEL_PCI_SERIAL, "pci-serial") X(SERIAL_MODEL_SPAPR_VTY, "spapr-vty") \
	X(SERIAL_MODEL_PL011, "pl011") X(SERIAL_MODEL_SCLPCONSOLE, "sclpconsole") \
	X(SERIAL_MODEL_SCLPLMCONSOLE, "sclplmconsole") X(SERIAL_MODEL_16550A, "16550a") \
	X(SERIAL_MODEL_ISA_DEBUGCON, "isa-debugcon")
CONF_ENUM(SerialModel, serial_model, SERIAL_MODEL)
#define CONSOLE_TARGET_VALUES(X) \
	X(CONSOLE_TARGET_SERIAL, "serial") X(CONSOLE_TARGET_XEN, "xen") \
	X(CONSOLE_TARGET_UML, "uml") X(CONSOLE_TARGET_VIRTIO, "virtio") \
	X(CONSOLE_TARGET_LXC, "lxc") X(CONSOLE_TARGET_OPENVZ, "openvz") \
	X(CONSOLE_TARGET_SCLP, "sclp") X(CONSOLE_TARGET_SCLPLM, "sclplm")
CONF_ENUM(ConsoleTarget, console_target, CONSOLE_TARGET)
#define CHANNEL_TARGET_VALUES(X) \
	X(CHANNEL_TARGET_GUESTFWD, "guestfwd") X(CHANNEL_TARGET_VIRTIO, "virtio") \
	X(CHANNEL_TARGET_XEN, "xen")
CONF_ENUM(ChannelTarget, channel_target, CHANNEL_TARGET)
#define CHANNEL_STATE_VALUES(X) \
	X(CHANNEL_STATE_CONNECTED, "connected") X(CHANNEL_STATE_DISCONNECTED, "disconnected")
CONF_ENUM(ChannelState, channel_state, CHANNEL_STATE)

/* serial, parallel, console and channel: the list of the DomainDef it is in says which. */
typedef struct {
	DeviceInfo info;
	ChardevSource source;
	char *tty; /* live: consoles on a pty */
	guint port;
	bool has_port;
	SerialTarget serial_target;
	SerialModel serial_model;
	ConsoleTarget console_target;
	ChannelTarget channel_target;
	char *name;		  /* channel virtio, xen */
	ChannelState state;	  /* live: channel virtio */
	char *guestfwd_address, *guestfwd_port;
} DomainChardev;

#define SMARTCARD_VALUES(X) \
	X(SMARTCARD_HOST, "host") X(SMARTCARD_HOST_CERTIFICATES, "host-certificates") \
	X(SMARTCARD_PASSTHROUGH, "passthrough")
CONF_ENUM(SmartcardMode, smartcard_mode, SMARTCARD)
typedef struct {
	DeviceInfo info;
	SmartcardMode mode;
	ChardevSource source;	 /* passthrough */
	GPtrArray *certificates; /* char *; host-certificates: three */
	char *database;
} DomainSmartcard;

typedef struct {
	DeviceInfo info;
	DiskBus bus; /* usb */
	ChardevSource source;
} DomainRedirdev;

typedef struct {
	int usb_class, vendor, product; /* -1 = any */
	char *version;			/* "1.10"; NULL = any */
	Tristate allow;
} RedirFilterDevice;
typedef struct {
	GPtrArray *devices; /* RedirFilterDevice */
} DomainRedirFilter;
