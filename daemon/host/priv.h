/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the engine has done by others: by reeve-priv, which is root, in system mode; in session mode
 * (engine->priv is NULL) directly, as far as an ordinary user can. Engine only.
 *
 * Functions named ..._call park. A request that does not come back (a dead file server) ends with
 * VIR_ERR_OPERATION_TIMEOUT; its process in reeve-priv goes when the kernel lets it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-event.h>

#include "daemon/core/engine.h"
#include "drivers/driver.h"
#include "rpc/tables/priv.h"

typedef struct PrivOptions {
	const char *helper;  /* path of reeve-priv */
	const char *worker;  /* path of reeve-vm */
	const char *vm_dirs; /* existing directory run_dir/vm */
	const char *net_dirs; /* existing directory run_dir/net, root's */
	const char *log_dir;
	const char *state_dir;
	const char *policy; /* path of priv.conf */
	const char *const *private; /* paths that no request may touch; NULL at the end */
	uid_t uid;	     /* that the engine is about to become */
	gid_t gid;
	uid_t guest_uid_base;
	int64_t guest_gid;   /* of all guests; -1: each its own */
} PrivOptions;

/* Starts reeve-priv; while still root, before any thread. */
Priv *priv_new(sd_event *loop, const PrivOptions *options, GError **error);
/* Its process ends with the connection. NULL is fine. */
void priv_free(Priv *priv);

/* Opened layers of one resource, top first: strings and descriptors are owned. */
typedef struct PrivLayer {
	char *path;
	char *format;
	bool read_only;
	int fd;
} PrivLayer;
void priv_layer_free(PrivLayer *layer);

/* GPtrArray of PrivLayer, NULL and an error. System mode only: in session mode the worker opens. */
GPtrArray *priv_open_call(Engine *engine, Resource *resource, uid_t uid, GError **error);
/* The same as the arguments of a call; points into @resource. */
priv_open_args priv_open_args_of(Resource *resource, uid_t uid);

/* Makes the directory of a guest and chooses its user. */
bool priv_make_vm_dir_call(Engine *engine, const uint8_t *uuid, uid_t *ret_uid, GError **error);
/* Ends whatever still runs of the guest, then removes the directory. */
bool priv_remove_vm_dir_call(Engine *engine, const uint8_t *uuid, GError **error);
typedef struct PrivProcess {
	pid_t pid;
	int pidfd; /* the caller's */
} PrivProcess;
/* Starts the worker; @log becomes its standard error. */
bool priv_spawn_vm_call(Engine *engine, const Domain *domain, int log, PrivProcess *ret,
			GError **error);
/* Signals a process of that guest. */
bool priv_kill_call(Engine *engine, const uint8_t *uuid, int pidfd, int signal, GError **error);
/* Removes the file with a guest's firmware variables; a missing one is no error. */
bool priv_remove_nvram_call(Engine *engine, const char *path, GError **error);

/* A process that probes a hypervisor: what it prints, and a pidfd. Both are the caller's. */
typedef struct ProbeProcess {
	int output, pidfd;
} ProbeProcess;
bool priv_probe_start_call(Engine *engine, const char *driver, const char *what, ProbeProcess *ret,
			   GError **error);

/* DriverSettings.probe; priv_probe_init() says for which engine. */
void priv_probe_init(Engine *engine);
/* Ends all probes that run; their fibers see to the rest. */
void priv_probe_cancel(void);
bool priv_probe(const char *driver, const char *what,
		void (*done)(const char *output, const GError *error, void *data), void *data,
		GError **error);
