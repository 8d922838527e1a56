/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest as the live half of a driver sees it: what it is, what was opened for it, and what the
 * worker does on its behalf. Owned by the worker (reeve-vm); one per process. The live half keeps
 * its own data in @driver_data.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>
#include <systemd/sd-event.h>

#include "conf/def/domain.h"
#include "drivers/job.h"

typedef struct Guest Guest;

/* One image, file or socket below a resource; the descriptor belongs to the guest. */
typedef struct GuestLayer {
	char *path;
	char *format; /* of an image: "raw", "qcow2", ...; "" for others */
	bool read_only;
	int fd;
} GuestLayer;

/* What happened, in the driver's words; the worker turns it into a message of the protocol. */
typedef struct GuestEvent {
	int id; /* virDomainEventID */
	union {
		struct {
			int event;  /* virDomainEventType */
			int detail; /* of that type */
		} lifecycle;
		struct {
			int64_t offset; /* seconds */
		} rtc_change;
		struct {
			int action; /* virDomainEventWatchdogAction */
		} watchdog;
		struct {
			const char *path;
			const char *alias;
			int action; /* virDomainEventIOErrorAction */
			const char *reason;
		} io_error;
		struct {
			int phase;
			int local_family, remote_family; /* virDomainEventGraphicsAddressType */
			const char *local_node, *local_service, *remote_node, *remote_service;
			const char *auth_scheme;
			const char *sasl_username, *x509_name; /* NULL when absent */
		} graphics;
		struct {
			const char *device; /* alias, or path of a disk */
			int reason;
		} tray_change;
		struct {
			uint64_t actual_kib;
		} balloon_change;
		struct {
			const char *alias;
		} device; /* removed, added, removal failed */
		struct {
			int state;
			int reason;
		} agent_lifecycle;
		struct {
			const char *path;
			int type, status;
		} block_job;
		struct {
			const char *alias;
			uint64_t size_kib;
		} memory_device_size;
		struct {
			int recipient, action;
			unsigned flags;
		} memory_failure;
		struct {
			const char *event;
			int64_t seconds;
			unsigned micros;
			const char *details; /* JSON */
		} monitor; /* id -1: passed on from QMP as it came */
	};
} GuestEvent;

/* What the worker does for the live half. */
typedef struct GuestHost {
	/* Sends @event to the engine, numbered and kept until it is acknowledged. */
	void (*event)(Guest *guest, const GuestEvent *event);
	/*
	 * Moves the guest to @state (virDomainState) for @reason and emits the lifecycle event that
	 * belongs to the move, with @detail, where virDomainEventType @event is not negative.
	 */
	void (*state)(Guest *guest, int state, int reason, int event, int detail);
	/*
	 * guest->def or guest->pid was changed (tty paths, balloon, ...): the engine gets the new live
	 * XML. Not needed inside start() and adopt(): what they leave is taken.
	 */
	void (*changed)(Guest *guest);
	/*
	 * The hypervisor is gone for good (or start() failed after it had run: then this is not called).
	 * Called from the loop or a fiber; the guest must not be touched after it returns, but release()
	 * comes later. @reason of VIR_DOMAIN_SHUTOFF, @detail of
	 * VIR_DOMAIN_EVENT_STOPPED (crashed ones go through state() first). The worker reports and ends.
	 */
	void (*ended)(Guest *guest, int reason, int detail);
} GuestHost;

/* What a guest goes on from at its start: memory out of the file that was offered as "restore". */
typedef struct GuestRestore {
	GPtrArray *filters; /* of GStrv: programs between the file and the hypervisor, in this order */
	char *snapshot; /* it goes on from this one inside of its images; NULL: from the file */
	bool boots; /* it does not go on from anything: only what is told of its start is other */
	int detail; /* virDomainEventStartedDetailType */
	bool running; /* it is about to run; else it is told to be paused */
	int reason; /* of VIR_DOMAIN_PAUSED, until it runs */
} GuestRestore;

/* Where the memory of a guest goes. */
typedef struct GuestMemory {
	int fd; /* a file, at its end so far; stays the caller's */
	GPtrArray *filters; /* of GStrv: programs between hypervisor and file */
	bool live; /* the guest runs on meanwhile */
	bool memory_only; /* a dump for debuggers */
	const char *format; /* of that, as the hypervisor calls it */
	int pause_reason; /* of VIR_DOMAIN_PAUSED */
} GuestMemory;

/* What is done about a snapshot inside of the images of a guest that runs. */
typedef enum GuestSnapshotWay {
	GUEST_SNAPSHOT_SAVE, /* with its memory; it runs on as before */
	GUEST_SNAPSHOT_LOAD,
	GUEST_SNAPSHOT_DELETE,
} GuestSnapshotWay;

/* What becomes of a guest whose memory has been written. */
typedef enum GuestAfterwards {
	GUEST_GOES_ON, /* as it was before */
	GUEST_IS_SAVED,
	GUEST_CRASHES,
	GUEST_IS_RESET,
} GuestAfterwards;

struct Guest {
	sd_event *loop;
	const GuestHost *host;
	DomainDef *def;	      /* the live definition; written by the live half */
	int id;		      /* while it runs */
	int state, reason;    /* written by host->state() only */
	pid_t pid; /* of the hypervisor, set by the live half; 0 when there is none */
	/*
	 * The guest's directory, mode 02750, on tmpfs where the system has one. It is "." : the worker's
	 * working directory, since the guest's user may not be able to reach it by an absolute path,
	 * which might also be too long for a socket's address. adopt() finds there what start() left.
	 */
	char *run_dir;
	char *log_path;	      /* for messages to people; may not be reachable by this name */
	int log_fd;	      /* standard error of the worker and of the hypervisor, appended to */
	json_t *settings;     /* JSON object from the engine: what the driver needs of the settings */
	GHashTable *resources; /* key -> GPtrArray of GuestLayer, top first */
	GuestRestore *restore; /* NULL: it boots */
	Job *job; /* the work that is done on it, NULL: none; written by the worker */
	void *driver_data;
};

/* The layers opened for @key ("disk:vda", "nvram", "kernel"), NULL if there are none. Borrowed. */
GPtrArray *guest_resource(const Guest *guest, const char *key);

/* Gives layer 0's descriptor of @key to the caller, -1 if there is none. */
int guest_resource_take_fd(Guest *guest, const char *key);
