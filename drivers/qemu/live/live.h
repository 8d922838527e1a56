/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The live half of the qemu driver: one QEMU process, its monitor, its agent and the last sample of
 * its statistics. Owned by the Guest (driver_data), in the worker. Functions that talk to QEMU park.
 */
#pragma once

#include <libvirt/libvirt.h>

#include "base/fiber.h"
#include "base/fiber_queue.h"
#include "drivers/driver.h"
#include "drivers/qemu/monitor/agent.h"
#include "drivers/qemu/monitor/qmp.h"

/* What one disk did so far, from query-blockstats and query-named-block-nodes. */
typedef struct DiskSample {
	BlockStats stats;
	char *node_name;
	bool counted; /* the hypervisor has told how much was read and written */
	bool sized;   /* and how large it is */
} DiskSample;

/* How fast the guest changes its memory, from query-dirty-rate. */
typedef struct DirtyRateSample {
	bool known;
	int status; /* virDomainDirtyRateStatus */
	int seconds;
	int64_t started; /* seconds since the host's boot, 0 for never */
	int64_t mib_per_second; /* -1 before it is measured */
	GArray *vcpus; /* int64_t MiB/s by number, where the mode tells them apart */
	const char *mode; /* a constant; NULL for one that is not known */
} DirtyRateSample;

/* What is asked of QEMU by one question each. */
typedef enum SamplePart {
	SAMPLE_VCPUS,
	SAMPLE_COUNTERS, /* of disks */
	SAMPLE_SIZES,    /* of disks */
	SAMPLE_BALLOON,
	SAMPLE_IOTHREADS,
	SAMPLE_DIRTY_RATE,
	SAMPLE_PARTS
} SamplePart;

typedef struct LiveSample {
	int64_t taken[SAMPLE_PARTS]; /* CLOCK_MONOTONIC of the last answered question, 0: never */
	uint64_t balloon_kib; /* 0: no balloon */
	bool has_balloon_stats;
	uint64_t balloon_stats[VIR_DOMAIN_MEMORY_STAT_NR]; /* as sent, units of the tag */
	guint64 balloon_known; /* bit per tag */
	GHashTable *disks; /* target -> DiskSample */
	GArray *vcpus;	   /* VcpuInfo of online ones; times are read when asked */
	GArray *iothreads; /* json: id and polling, see live_sample.c */
	DirtyRateSample dirty_rate;
} LiveSample;

typedef struct IothreadSample {
	unsigned id;
	pid_t thread;
	uint64_t poll_max_ns, poll_grow, poll_shrink;
} IothreadSample;

/* Why the hypervisor goes, once somebody has decided that it does. */
typedef enum LiveEnd {
	LIVE_END_NONE,
	LIVE_END_DESTROYED,
	LIVE_END_SHUTDOWN, /* the guest switched itself off */
	LIVE_END_CRASHED,  /* the guest panicked */
	LIVE_END_SAVED,
	LIVE_END_FROM_SNAPSHOT,
	LIVE_END_START_FAILED,
} LiveEnd;

typedef struct QemuLive {
	Guest *guest;
	Qmp *qmp;
	Agent *agent;
	bool agent_wanted; /* its channel is open in the guest */
	pid_t pid;
	int pidfd;
	bool child; /* ours to reap; an adopted one is not */
	sd_event_source *exit_source;
	GPtrArray *leavers; /* FiberEvent of those who wait for its end */
	GPtrArray *unplugs;  /* Unplug of those who wait for the guest to give up a device */
	struct VcpuUnplug *vcpu_unplug; /* of who waits for the guest to give up a vCPU */
	GPtrArray *past;     /* DomainDevice that were unplugged */
	FiberQueue trays;    /* those who wait for a guest to open one */
	GHashTable *retired; /* aliases of devices that are gone; never given again */
	bool gone;
	bool starting;
	LiveEnd end;
	bool reboot_wanted; /* after the next shutdown of the guest, start it anew */
	int pause_reason;   /* of the STOP event that we expect, -1 for none */
	int resume_reason;  /* of the RESUME event that we expect, -1 for none */
	int64_t event_window; /* start of the second in which events are counted */
	unsigned event_count;
	gsize event_bytes; /* of those passed on as they are */
	char migration[24]; /* the last status that QEMU told of one, "" before it begins */
	FiberQueue jobs_change; /* those who wait for a job of QEMU's */
	FiberQueue migrating; /* those who wait for another status */
	LiveSample sample;
	bool sampling;		/* one question at a time */
	FiberQueue samplers; /* those who wait for it to end: it may have answered theirs too */
} QemuLive;

static inline QemuLive *live_of(Guest *guest)
{
	return guest->driver_data;
}

QemuLive *live_new(Guest *guest);
void live_free(QemuLive *live);

/* Fails with VIR_ERR_OPERATION_INVALID when there is no monitor to talk to. */
Qmp *live_monitor(Guest *guest, GError **error);
/* One command with the usual deadline. @arguments: reference taken. */
bool live_call(Guest *guest, const char *command, json_t *arguments, json_t **ret, GError **error);

/* live_spawn.c */
/* Starts QEMU with its monitor listening; live->pid and pidfd are set. */
bool live_spawn(QemuLive *live, GError **error);
/* Connects to the monitor's socket and greets. */
bool live_connect(QemuLive *live, GError **error);
/* Fails when the definition wants all of its processor and QEMU left some of it out. */
bool live_cpu_check(QemuLive *live, GError **error);
/* Watches the end of process @pid. */
bool live_watch(QemuLive *live, pid_t pid, bool child, GError **error);
/* Opens a listening socket @name in the guest's directory. */
int live_listen(QemuLive *live, const char *name, GError **error);
/* Connects to the UNIX socket @path. */
int live_socket_connect(const char *path, GError **error);
/* As above, for a channel's socket, wherever it is. */
int live_channel_connect(const Guest *guest, const char *path, GError **error);
/* What QEMU last wrote to its log since @offset, for a message; the caller frees. */
char *live_log_tail(const QemuLive *live, int64_t offset);
int64_t live_log_position(const QemuLive *live);
/* Sends @signal to the hypervisor. */
bool live_kill(QemuLive *live, int signal, GError **error);
/* Waits until it is gone. */
bool live_gone_wait(QemuLive *live, uint64_t timeout_usec, GError **error);

/* plug.c: devices that come and go while the guest runs */
bool live_plug(Guest *guest, DomainDevice *device, GHashTable *resources, GError **error);
int live_unplug(Guest *guest, const char *alias, bool wait, GError **error);
GPtrArray *live_retired(Guest *guest);
void live_device_free(void *device);
/* QEMU has said so of the device with @alias. False when it is none of the definition. */
bool live_unplugged(QemuLive *live, const char *alias);
void live_unplug_refused(QemuLive *live, const char *alias);
/* The hypervisor is gone: nobody needs to wait for its guest. */
void live_unplugs_wake(QemuLive *live);
/* Finds out what the guest gave up while nobody listened. */
bool live_plug_reconcile(QemuLive *live, GError **error);

/*
 * CommandPart of @device with the files of @resources, in the order in which QEMU must learn of them;
 * the caller frees.
 */
GPtrArray *live_parts(Guest *guest, const DomainDevice *device, GHashTable *resources,
		      GError **error);
/* All of them, or none. */
bool live_parts_plug(Guest *guest, const GPtrArray *parts, GError **error);
/* Takes the first @count away, the last of them first. What is not there any more is none. */
void live_parts_unplug(Guest *guest, const GPtrArray *parts, guint count);
/* All of them, and the descriptors that QEMU keeps for them or for @alias. */
void live_parts_forget(Guest *guest, const GPtrArray *parts, const char *alias);

/* update.c: what changes of a device while it stays */
bool live_update(Guest *guest, DomainDevice *device, GHashTable *resources, unsigned flags,
		 GError **error);

/* live_files.c: makes what QEMU opens by path openable for the guest's user. */
bool live_files_prepare(Guest *guest, GError **error);
/* Writes into the definition which images were opened for each disk. */
void live_files_describe(Guest *guest);
/* Closes what QEMU has inherited by now. */
void live_files_close(Guest *guest);

/* live_start.c */
/* Terminals of character devices, and which ports the guest has open, into the definition. */
bool live_learn_chardevs(QemuLive *live, GError **error);
/* Password, time and who may stay, of a display. */
bool live_password_set(QemuLive *live, const DomainGraphics *graphics, GError **error);
bool live_start(Guest *guest, unsigned flags, GError **error);
bool live_adopt(Guest *guest, GError **error);
/* Writes what live_adopt() needs. */
bool live_save(QemuLive *live, GError **error);

/* live_event.c */
extern const QmpHandler live_qmp_handler;

/* live_power.c */
bool live_destroy(Guest *guest, unsigned flags, GError **error);
bool live_shutdown(Guest *guest, unsigned flags, GError **error);
bool live_reboot(Guest *guest, unsigned flags, GError **error);
bool live_reset(Guest *guest, GError **error);
bool live_suspend(Guest *guest, GError **error);
bool live_resume(Guest *guest, GError **error);
bool live_pm_wakeup(Guest *guest, GError **error);
bool live_inject_nmi(Guest *guest, GError **error);
/* What on_poweroff, on_reboot or on_crash wants; runs on a fiber of its own. */
void live_ending(QemuLive *live, LifecycleAction action, LiveEnd end);

/* Ends the hypervisor, for that reason. */
bool live_end(QemuLive *live, LiveEnd end, GError **error);
bool live_go(Guest *guest, int reason, GError **error);

/* memory.c: a guest's memory to a file and back, by QEMU's migration */
bool live_write_memory(Guest *guest, const GuestMemory *memory, GError **error);
bool live_memory_written(Guest *guest, GuestAfterwards afterwards, GError **error);
bool live_job_ask(Guest *guest, GError **error);
bool live_job_abort(Guest *guest, GError **error);
/* Has QEMU, started for it, go on from guest->restore. */
bool live_restore(QemuLive *live, GError **error);
/* For a successor: ends what its predecessor had begun, if anything; the guest goes on. */
void live_job_adopt(QemuLive *live);

/* snapshot.c */
bool live_snapshot(Guest *guest, GuestSnapshotWay way, const char *name, GError **error);
bool live_leave(Guest *guest, GError **error);

/* peek.c */
bool live_block_resize(Guest *guest, const char *name, uint64_t bytes, GError **error);
bool live_memory_peek(Guest *guest, uint64_t address, bool is_virtual, GByteArray *ret, GError **error);

/* filter.c: programs that packed memory goes through */
typedef struct Filters Filters;
/* Between @file and a new pipe whose other end is *ret_end, the caller's. NULL and an error. */
Filters *filters_write(QemuLive *live, const GPtrArray *programs, int file, int *ret_end, GError **error);
Filters *filters_read(QemuLive *live, const GPtrArray *programs, int file, int *ret_end, GError **error);
/* Waits for all of them to end; false and an error unless they did so well. */
bool filters_finish_wait(Filters *filters, GError **error);
/* Kills those that run. NULL is fine. */
void filters_free(Filters *filters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filters, filters_free)

/* live_console.c */
bool live_send_key(Guest *guest, const GuestKeys *keys, GError **error);
int live_open_console(Guest *guest, const char *alias, GError **error);
int live_screenshot(Guest *guest, unsigned screen, const char **ret_mime, GError **error);
int live_open_graphics(Guest *guest, unsigned index, bool skip_auth, GError **error);

/* live_agent.c */
/* The agent's channel, NULL when there is none. */
DomainChardev *live_agent_channel(const Guest *guest);
/* Connects when the channel is there and open in the guest. Never fails loudly. */
void live_agent_connect(QemuLive *live);
Agent *live_agent(Guest *guest, GError **error);
char *live_agent_command(Guest *guest, const char *command, int timeout_s, GError **error);
char *live_monitor_command(Guest *guest, const char *command, unsigned flags, GError **error);

/* live_tune.c: affinity and scheduling of threads, throttling, links; before the first cont. */
bool live_tune_check(const Guest *guest, GError **error);
bool live_tune(QemuLive *live, GError **error);
/* Parts of it, as @def says: threads but for @others (of pids; NULL: none), a vCPU, all vCPUs ... */
bool live_pin_emulator(QemuLive *live, const DomainDef *def, GHashTable *others, GError **error);
bool live_pin_vcpu(const DomainDef *def, const VcpuInfo *vcpu, GError **error);
bool live_tune_vcpus(QemuLive *live, GError **error);
bool live_tune_iothreads(QemuLive *live, const DomainDef *def, GError **error);
bool live_tune_throttle(QemuLive *live, const DomainDisk *disk, GError **error);
/* The part of it that is for one device. */
bool live_tune_device(QemuLive *live, const DomainDevice *device, GError **error);
bool live_set_memory(Guest *guest, uint64_t kib, GError **error);
bool live_set_memory_stats_period(Guest *guest, int seconds, GError **error);

/* retune.c: as DriverLive.tune */
bool live_retune(Guest *guest, const TuneTarget *target, const DomainDef *wanted, GError **error);

/* vcpu.c */
bool live_vcpus_change(Guest *guest, const TuneTarget *target, const DomainDef *wanted,
		       GError **error);
/* Plugs in those that are there from the start but can go; before the guest runs. */
bool live_vcpus_start(QemuLive *live, GError **error);
/* QEMU or the guest says so of the device @id; false when it is no vCPU that was plugged in. */
bool live_vcpu_unplugged(QemuLive *live, const char *id);
bool live_vcpu_refused(QemuLive *live, const char *id);
/* The hypervisor is gone: nobody needs to wait. */
void live_vcpu_wake(QemuLive *live);

/* live_sample.c */
int64_t live_sample(Guest *guest, unsigned groups, uint64_t timeout_usec);
/* Threads of vCPUs; asked once, and again after a hotplug. */
bool live_sample_vcpus(QemuLive *live, uint64_t timeout_usec, GError **error);
void live_sample_clear(LiveSample *sample);
/* The number @key of what QEMU answered, -1 where there is none. */
int64_t live_number(const json_t *object, const char *key);

/* live_dirty_rate.c */
void live_dirty_rate_clear(DirtyRateSample *sample);
void live_dirty_rate_take(DirtyRateSample *sample, json_t *reply);
void live_dirty_rate_add(const DirtyRateSample *sample, StatsSink *sink);
bool live_dirty_rate_measure(Guest *guest, int seconds, unsigned mode, GError **error);

/* live_proc.c: times of the hypervisor and its threads, from /proc */
typedef struct ProcTimes {
	uint64_t user_ns, system_ns, run_delay_ns;
	int cpu;    /* last ran on */
	char state; /* as /proc names it */
} ProcTimes;
bool proc_times(pid_t pid, pid_t thread, ProcTimes *ret);
uint64_t proc_rss_kib(pid_t pid);
/* Start time in ticks, to tell a process from a later one with its number; 0 when it is gone. */
uint64_t proc_started(pid_t pid);

/* live_net.c: counters of a network device as the host sees them; false where there is none. */
bool live_net_counters(const char *device, InterfaceStats *ret);

/* live_stats.c */
bool live_info(Guest *guest, GuestInfo *ret, GError **error);
bool live_stats(Guest *guest, unsigned groups, StatsSink *sink, GError **error);
bool live_block_stats(Guest *guest, const char *name, bool sized, BlockStats *ret, GError **error);
/* live_disk.c */
GArray *live_disk_errors(Guest *guest, GError **error);
bool live_interface_stats(Guest *guest, const char *device, InterfaceStats *ret, GError **error);
int live_memory_stats(Guest *guest, MemoryStat *ret, unsigned max, GError **error);
GArray *live_vcpu_info(Guest *guest, GError **error);
