/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a hypervisor driver provides, in two halves. The definition half is pure: it runs in the
 * engine, never blocks, never touches a guest. The live half runs in the guest's worker, on fibers;
 * it may park, and harms only its guest. A NULL member means "not supported", which is answered in
 * one place. Drivers are listed in driver_table[] and live_table[].
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "conf/def/domain.h"
#include "drivers/guest.h"

/* ---- Definition half ---------------------------------------------------------------------- */

typedef enum ResourceKind {
	RESOURCE_IMAGE,	      /* disk image with its backing chain; format says how to read it */
	RESOURCE_FILE_READ,   /* firmware code, kernel, initrd, device tree ... */
	RESOURCE_FILE_APPEND, /* created when missing: a log, the output of a serial port */
	RESOURCE_FILE_WRITE,  /* created when missing, truncated */
	RESOURCE_NVRAM,	      /* read-write, created from @template when missing */
	RESOURCE_DEVICE,      /* character device: a host serial port, /dev/kvm */
	RESOURCE_TAP,	      /* new tap device @name (filled in when empty), in bridge @bridge */
	RESOURCE_UNIX_LISTEN, /* a bound, listening UNIX socket at @path */
} ResourceKind;

/* One thing that must be opened before the guest can start. Strings are owned by the resource. */
typedef struct Resource {
	ResourceKind kind;
	char *key;	/* unique in the list: "disk:vda", "nvram", "serial0", "net:vnet0" */
	char *path;
	char *format;	/* of an image, as declared; never guessed */
	char *template; /* of NVRAM */
	char *bridge;	/* of a tap, NULL for none */
	char *name;	/* of a tap: wanted name, NULL for the next free vnetN */
	char *mac;	/* of a tap: the guest's address */
	unsigned mtu;	/* of a tap, 0 for the default */
	unsigned queues; /* of a tap or device; as many descriptors come, one for 0 */
	bool existing;	/* a tap @name that somebody else has made, opened as it is */
	bool read_only;
	bool optional;	/* startupPolicy: a missing file is no error */
	bool reset;	/* of NVRAM: make it anew from @template; set by the engine */
	const char *what; /* for messages, static: "disk image", "firmware" */
} Resource;

void resource_free(Resource *resource);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Resource, resource_free)

/* Directories and choices of the daemon that a definition half needs. Strings borrowed. */
typedef struct DriverSettings {
	const char *state_dir; /* persistent: nvram/, cache/ */
	const char *run_dir;   /* run/vm/<uuid>/ below it */
	const char *log_dir;
	bool privileged; /* qemu:///system, else session */
	/*
	 * Runs `reeve-vm --probe DRIVER WHAT` off the loop and calls back with its standard output
	 * (NULL and an error when it failed). Called on the loop.
	 */
	bool (*probe)(const char *driver, const char *what,
		      void (*done)(const char *output, const GError *error, void *data), void *data,
		      GError **error);
} DriverSettings;

typedef struct Driver {
	const char *name;     /* as in URIs and in the store: "qemu", "test" */
	const char *title;    /* connect_get_type: "QEMU", "TEST" */
	int error_domain;     /* virErrorDomain of its errors */

	/* Once, before anything else. Starts probing in the background where it must. */
	bool (*init)(const DriverSettings *settings, GError **error);
	/* Are capabilities complete? Until then capabilities() etc. park. */
	bool (*ready)(void);
	/* major * 1000000 + minor * 1000 + release of the hypervisor; 0 and an error if none. */
	uint64_t (*version)(GError **error);
	/* Host and guest capabilities XML; the caller frees. */
	char *(*capabilities)(GError **error);
	/* NULL arguments mean the default. The caller frees. */
	char *(*domain_capabilities)(const char *emulator, const char *arch, const char *machine,
				     const char *virt_type, GError **error);
	int (*max_vcpus)(const char *virt_type, GError **error);
	/* NULL-terminated, the caller frees with g_strfreev(); for @arch. */
	char **(*cpu_models)(const char *arch, GError **error);

	/* After domain_def_complete_generic(): machine, controllers, addresses, devices, defaults. */
	bool (*complete)(DomainDef *def, GError **error);
	/* Whatever can be refused at define time. */
	bool (*check)(const DomainDef *def, GError **error);
	/* Start-time completion and checks of the live copy (usable KVM, ports, aliases, paths). */
	bool (*prepare)(DomainDef *live, int id, GError **error);
	/*
	 * The start of @live, prepared or not, has come to its end: what prepare() kept for it is let
	 * go. True when it failed and somebody else has something that was chosen for it, so that
	 * another start, which chooses anew, may work. Must not park.
	 */
	bool (*settle)(const DomainDef *live, bool started);
	/* GPtrArray of Resource for prepared @live. */
	GPtrArray *(*resources)(const DomainDef *live, GError **error);
	/*
	 * Makes @device, the newest of running @live (the caller's copy), one that can be plugged in:
	 * completed as at a start, with its address, its checks, ports and an alias that nothing has, nor
	 * had (@retired: aliases of the past). Answers what is to be plugged, in this order:
	 * GPtrArray of DomainDevice whose content is in @live, controllers that the device needs before it.
	 * What is chosen is let go by settle().
	 */
	GPtrArray *(*plan)(DomainDef *live, const DomainDevice *device, char **retired,
			   GError **error);
	/* Completes and checks @device, which has taken the place of one of running @live. */
	bool (*refit)(DomainDef *live, const DomainDevice *device, GError **error);
	/* GPtrArray of Resource for planned @device of @live. */
	GPtrArray *(*device_resources)(const DomainDef *live, const DomainDevice *device,
				       GError **error);
	/* What undefine must remove or refuse to leave: the path of the NVRAM file, or NULL. */
	char *(*nvram_path)(const DomainDef *def);
	/* domxml-to-native and back; @format is e.g. "qemu-argv". The caller frees. */
	char *(*to_native)(const DomainDef *def, const char *format, GError **error);
	DomainDef *(*from_native)(const char *format, const char *text, GError **error);
	/* XML documents of guests that exist from the start (the test driver); NULL-terminated. */
	const char *const *(*ready_domains)(void);
} Driver;

extern const Driver qemu_driver;
extern const Driver test_driver;
extern const Driver *const driver_table[]; /* NULL-terminated */

/* The driver called @name, NULL if there is none. */
const Driver *driver_find(const char *name);

/* ---- Live half ----------------------------------------------------------------------------- */

/* A set of statistics of a guest: adds typed parameters by name. */
typedef struct StatsSink StatsSink;
void stats_add_int(StatsSink *sink, int value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void stats_add_uint(StatsSink *sink, unsigned value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void stats_add_llong(StatsSink *sink, int64_t value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void stats_add_ullong(StatsSink *sink, uint64_t value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void stats_add_double(StatsSink *sink, double value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void stats_add_bool(StatsSink *sink, bool value, const char *name, ...) G_GNUC_PRINTF(3, 4);
void stats_add_string(StatsSink *sink, const char *value, const char *name, ...)
	G_GNUC_PRINTF(3, 4);

/* Last sample of what domain_get_info and friends want; never waits. */
typedef struct GuestInfo {
	uint64_t max_memory_kib, memory_kib;
	unsigned vcpus;
	uint64_t cpu_time_ns;
} GuestInfo;

typedef struct BlockStats {
	int64_t rd_req, rd_bytes, rd_total_ns, wr_req, wr_bytes, wr_total_ns, flush_req,
		flush_total_ns, errors; /* -1 when not known */
	uint64_t capacity; /* bytes, as the guest sees it */
	uint64_t highest;  /* how far the file or device below the format has been written */
	uint64_t length;   /* of that file or device */
	int64_t used;	   /* what the file takes of its file system; -1 of a device */
} BlockStats;

/* A disk whose last request failed and stopped the guest. */
typedef struct DiskError {
	char *disk; /* target */
	int error;  /* virDomainDiskErrorCode */
} DiskError;

typedef struct InterfaceStats {
	int64_t rx_bytes, rx_packets, rx_errs, rx_drop, tx_bytes, tx_packets, tx_errs, tx_drop;
} InterfaceStats;

typedef struct MemoryStat {
	int tag; /* virDomainMemoryStatTags */
	uint64_t value;
} MemoryStat;

typedef struct VcpuInfo {
	unsigned number;
	int state; /* virVcpuState */
	uint64_t cpu_time_ns;
	int cpu; /* host CPU it ran on, -1 unknown */
	pid_t thread;
} VcpuInfo;

/* Keys that are pressed together. */
typedef struct GuestKeys {
	int codeset;	     /* virKeycodeSet */
	unsigned hold_ms;    /* 0: as long as the hypervisor thinks fit */
	const unsigned *keys;
	unsigned n_keys;
} GuestKeys;

/* Parts of a definition that are set anew while the guest runs. */
typedef enum TuneGroup {
	/* These four are set by control groups, by whom the guest's worker trusts. */
	TUNE_SCHEDULER, /* shares, periods, quotas */
	TUNE_MEMORY,	/* limits */
	TUNE_BLKIO,
	TUNE_NUMA,
	TUNE_DISK,	/* limits of a disk, and of those of its group */
	TUNE_INTERFACE, /* bandwidth */
	TUNE_PERF,
	TUNE_VCPU_PIN,
	TUNE_EMULATOR_PIN,
	TUNE_IOTHREAD_PIN,
	TUNE_IOTHREADS, /* which there are */
	TUNE_IOTHREAD,	/* how one polls */
	TUNE_VCPUS,	/* which there are */
	TUNE_LIFECYCLE, /* what ends lead to */
} TuneGroup;

typedef struct TuneTarget {
	TuneGroup group;
	const char *name; /* of a disk or interface */
	unsigned id;	  /* of a vCPU or I/O thread */
} TuneTarget;

typedef struct DriverLive {
	const char *name;

	/* In a process of its own: prints the answer as JSON; returns the exit status. */
	int (*probe)(const char *what);

	/*
	 * Brings the guest up; on failure nothing is left behind. @flags: virDomainCreateFlags. Ends
	 * with host->state() to running or paused, and with its event. SIGCHLD and SIGTERM are blocked
	 * in the worker, for sd_event_add_child(): a child process must get its mask back.
	 */
	bool (*start)(Guest *guest, unsigned flags, GError **error);
	/* Takes over a running hypervisor from what is in guest->run_dir. */
	bool (*adopt)(Guest *guest, GError **error);
	/*
	 * @flags: virDomainDestroyFlagsValues. Returns when the hypervisor is gone; ends with
	 * host->ended().
	 */
	bool (*destroy)(Guest *guest, unsigned flags, GError **error);
	bool (*shutdown)(Guest *guest, unsigned flags, GError **error);
	bool (*reboot)(Guest *guest, unsigned flags, GError **error);
	bool (*reset)(Guest *guest, GError **error);
	bool (*suspend)(Guest *guest, GError **error);
	bool (*resume)(Guest *guest, GError **error);
	bool (*pm_wakeup)(Guest *guest, GError **error);
	bool (*inject_nmi)(Guest *guest, GError **error);
	bool (*send_key)(Guest *guest, const GuestKeys *keys, GError **error);
	/* A connected descriptor of the console (pty or socket); the caller owns it. */
	int (*open_console)(Guest *guest, const char *alias, GError **error);
	/* A descriptor positioned at the start of an image; *ret_mime is static. */
	int (*screenshot)(Guest *guest, unsigned screen, const char **ret_mime, GError **error);
	/* A connected socket for the display (VNC, SPICE) */
	int (*open_graphics)(Guest *guest, unsigned index, bool skip_auth, GError **error);

	/* These answer from the last sample where the hypervisor does not answer at once. */
	bool (*info)(Guest *guest, GuestInfo *ret, GError **error);
	/*
	 * Asks the hypervisor for what the @groups (virDomainStatsTypes) need, after this moment: what
	 * was acknowledged before is seen. Parks for at most @timeout_usec, less where the hypervisor
	 * has been silent for a while: one that has been for as long as that is not asked at all. The
	 * age of the answer in microseconds; G_MAXINT64: some of it was never measured.
	 */
	int64_t (*sample)(Guest *guest, unsigned groups, uint64_t timeout_usec);
	bool (*stats)(Guest *guest, unsigned groups, StatsSink *sink, GError **error);
	/* Counters of a disk, and with @sized its sizes: VIR_ERR_OPERATION_TIMEOUT while unknown. */
	bool (*block_stats)(Guest *guest, const char *disk, bool sized, BlockStats *ret,
			    GError **error);
	/* GArray of DiskError with a clear function; the caller frees. */
	GArray *(*disk_errors)(Guest *guest, GError **error);
	bool (*interface_stats)(Guest *guest, const char *device, InterfaceStats *ret,
				GError **error);
	/* Returns the number of entries filled in, at most @max; -1 and an error. */
	int (*memory_stats)(Guest *guest, MemoryStat *ret, unsigned max, GError **error);
	/* GArray of VcpuInfo; the caller frees. */
	GArray *(*vcpu_info)(Guest *guest, GError **error);

	/*
	 * Gives a running guest one more device, which must be complete, have its address
	 * and fit into guest->def;
	 * @resources (may be NULL) is what was opened for it, as in guest->resources. On success
	 * device->any is NULL: it is in guest->def, with an alias that nothing in the guest has or had,
	 * and DEVICE_ADDED has been told. On failure nothing of it is left; but when only its limits could
	 * not be set, device->any is NULL too, and unplug() has been asked for it.
	 */
	bool (*plug)(Guest *guest, DomainDevice *device, GHashTable *resources, GError **error);
	/*
	 * Asks the guest to give up the device with @alias, and with @wait waits a while for that. 1: it
	 * is gone, and with it all that belonged to it; 0: the guest has not done so yet, and
	 * DEVICE_REMOVED or DEVICE_REMOVAL_FAILED will tell; -1 and an error: it stays.
	 */
	int (*unplug)(Guest *guest, const char *alias, bool wait, GError **error);
	/*
	 * Changes what can change of the device with the alias of @device, which is complete: the medium
	 * of a drive (@resources as of plug()), the link of a card, a password. What differs in
	 * anything else is refused. @flags: virDomainDeviceModifyFlags. The guest's definition follows.
	 */
	bool (*update)(Guest *guest, DomainDevice *device, GHashTable *resources, unsigned flags,
		       GError **error);
	/* GPtrArray of the aliases of devices that are gone; the strings are borrowed. */
	GPtrArray *(*retired)(Guest *guest);

	/* Begins to measure how fast the guest changes its memory, with one of
	 * virDomainDirtyRateCalcFlags as @mode; stats() has the result after @seconds. */
	bool (*measure_dirty_rate)(Guest *guest, int seconds, unsigned mode, GError **error);

	/*
	 * Writes the guest's memory to where @memory says, as guest->job, and returns when it is there; the guest is
	 * paused then unless it was to stay live. On failure it goes on as before: VIR_ERR_OPERATION_ABORTED when
	 * somebody wanted that.
	 */
	bool (*write_memory)(Guest *guest, const GuestMemory *memory, GError **error);
	/* After it, for paused guests. */
	bool (*memory_written)(Guest *guest, GuestAfterwards afterwards, GError **error);
	/* Asks the hypervisor how far guest->job is. */
	bool (*job_ask)(Guest *guest, GError **error);
	/* Ends guest->job early; returns before it has ended. */
	bool (*job_abort)(Guest *guest, GError **error);
	/* The guest sees @disk (target, or path of its image) with that size from now on. */
	bool (*block_resize)(Guest *guest, const char *disk, uint64_t bytes, GError **error);
	/* Reads @size bytes of the guest's memory, at a physical address or at one of its first vCPU. */
	bool (*memory_peek)(Guest *guest, uint64_t address, bool is_virtual, GByteArray *ret, GError **error);
	/* As guest->job; on failure nothing of it is left. */
	bool (*snapshot)(Guest *guest, GuestSnapshotWay way, const char *name, GError **error);
	/* Ends the guest as VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT. */
	bool (*leave)(Guest *guest, GError **error);
	/* Lets a paused guest run for @reason (of VIR_DOMAIN_RUNNING), which its event tells. */
	bool (*go)(Guest *guest, int reason, GError **error);

	/*
	 * Makes true what @wanted, a copy of guest->def with a change, says about @target. The caller
	 * changes guest->def then; only vCPUs that came or went are in there already, also on failure.
	 */
	bool (*tune)(Guest *guest, const TuneTarget *target, const DomainDef *wanted,
		     GError **error);

	bool (*set_memory)(Guest *guest, uint64_t kib, GError **error);
	bool (*set_memory_stats_period)(Guest *guest, int seconds, GError **error);
	/* Raw QMP; the caller frees the reply (JSON). Marks the guest as tainted. */
	char *(*monitor_command)(Guest *guest, const char *command, unsigned flags, GError **error);
	/* Guest agent; @timeout_s as of virDomainQemuAgentCommandTimeoutValues. The caller frees. */
	char *(*agent_command)(Guest *guest, const char *command, int timeout_s, GError **error);
	/* Milliseconds since the last sign of life of a monitor that owes an answer; 0 when none does. */
	int64_t (*monitor_silent_ms)(Guest *guest);
	/* Frees driver_data; the hypervisor keeps running when it still does. */
	void (*release)(Guest *guest);
} DriverLive;

extern const DriverLive qemu_live;
extern const DriverLive test_live;
extern const DriverLive *const live_table[]; /* NULL-terminated */
const DriverLive *driver_live_find(const char *name);

/* `reeve-vm --probe DRIVER WHAT`: runs the driver's probe(); returns the exit status. */
int driver_probe(const char *driver, const char *what);
