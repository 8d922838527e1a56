/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a prepared definition to QEMU's command line. Pure: nothing is opened or asked. Used by the
 * worker to start a guest, and by the engine to show the native form of a definition.
 *
 * Keys of resources that are looked for, as the definition half lists them:
 *	disk:TARGET	image with its backing chain, top first
 *	loader, nvram	firmware
 *	kernel, initrd, dtb, acpi:N (Nth table), fwcfg:NAME	read by QEMU by path
 *	ALIAS		file or listening socket of a serial, parallel, console, channel ...
 *	ALIAS-log	its log
 *	net:DEVICE	tap, one layer for each queue; vhost:DEVICE the vhost-net devices
 *	ALIAS of a hostdev, input, tpm, vsock: its device node
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "conf/def/domain.h"
#include "drivers/guest.h"

typedef struct QemuCommandContext {
	/* key -> GPtrArray of GuestLayer; NULL: nothing was opened, show paths. */
	GHashTable *resources;
	const char *run_dir;  /* of this guest */
	int monitor_fd;	      /* listening socket of the monitor, -1: only its path is shown */
	bool shown;	      /* to people only: what stands beside the line is not asked about */
	bool incoming;	      /* it waits for memory to go on from */
	uint64_t version;     /* of QEMU as driver->version(), 0: not known, take it for new */
} QemuCommandContext;

/* What to run. */
typedef struct QemuCommandLine {
	GPtrArray *argv; /* strings, NULL-terminated */
	GPtrArray *env;	 /* "NAME=value" beyond the fixed ones, NULL-terminated */
	GArray *fds;	 /* int: descriptors that QEMU must inherit under the same numbers */
} QemuCommandLine;

void qemu_command_line_free(QemuCommandLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuCommandLine, qemu_command_line_free)

/*
 * @def must be complete and prepared (aliases, addresses, ports). NULL and VIR_ERR_CONFIG_UNSUPPORTED
 * naming the element when it asks for something that is not built.
 */
QemuCommandLine *qemu_command_line(const DomainDef *def, const QemuCommandContext *context,
				   GError **error);

/* One line for people and scripts, quoted for the shell; the caller frees. */
char *qemu_command_line_text(const QemuCommandLine *line);

/* Names of the nodes that make up a disk; the caller frees. Layer 0 is the top. */
char *qemu_node_name(const char *target, unsigned layer);
/* The target of the disk that node @name belongs to; the caller frees. NULL when it is of no disk. */
char *qemu_node_target(const char *name);
