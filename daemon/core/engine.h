/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine is the one object of reeved: it holds every part of the process that calls need. One
 * per process, made by main.c; all of it belongs to the event loop's thread. Parts are borrowed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "drivers/driver.h"

typedef struct Call Call;
typedef struct Client Client;
typedef struct Domain Domain;
typedef struct Events Events;
typedef struct JobResult JobResult;
typedef struct Object Object;
typedef struct Objects Objects;
typedef struct Priv Priv;
typedef struct Registry Registry;
typedef struct Server Server;
typedef struct Settings Settings;
typedef struct Store Store;
typedef struct StoreBatch StoreBatch;
typedef struct Stream Stream;
typedef struct Vm Vm;

typedef struct Engine {
	sd_event *loop;
	Settings *settings;
	Priv *priv; /* NULL in session mode: nothing here runs as root */
	Store *store;
	Registry *registry;
	Events *events;
	Objects *objects;
	Server *server;
	bool privileged; /* qemu:///system; else qemu:///session */
	bool stopping;	 /* no new guests, no new clients */
	bool quit;	 /* engine_quit() was called */
	int status;	 /* of the process, then */
	uint64_t started; /* CLOCK_REALTIME, microseconds */
	char boot_id[37]; /* of the host: tells a reboot from a restart of the daemon */

	/* Absolute, existing, without a slash at the end. */
	char *state_dir; /* kept over reboots: reeve.db, nvram/, cache/ */
	char *run_dir;	 /* run_dir/vm/<uuid>/ is a guest's */
	char *log_dir;	 /* log_dir/<name>.log is a guest's */

	/* Reads the configuration anew, for SIGHUP; from main.c. */
	Settings *(*read_settings)(const struct Engine *engine, GError **error);
} Engine;

/* Ends the loop after the present turn; the process exits with @status. */
void engine_quit(Engine *engine, int status);
