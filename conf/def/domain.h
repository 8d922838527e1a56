/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain's definition: what <domain> says, as plain data. A DomainDef belongs to whoever parsed
 * or copied it; everything below it belongs to the DomainDef. No I/O, no knowledge of the host: what
 * depends on the hypervisor is filled in by the drivers. Used in every process.
 */
#pragma once

#include "conf/def/chardev.h"
#include "conf/def/clock.h"
#include "conf/def/controller.h"
#include "conf/def/cpu.h"
#include "conf/def/disk.h"
#include "conf/def/features.h"
#include "conf/def/graphics.h"
#include "conf/def/hostdev.h"
#include "conf/def/interface.h"
#include "conf/def/misc.h"
#include "conf/def/ns.h"
#include "conf/def/os.h"
#include "conf/def/tune.h"

#define VIRT_VALUES(X) \
	X(VIRT_QEMU, "qemu") X(VIRT_KQEMU, "kqemu") X(VIRT_KVM, "kvm") X(VIRT_XEN, "xen") \
	X(VIRT_LXC, "lxc") X(VIRT_UML, "uml") X(VIRT_OPENVZ, "openvz") X(VIRT_TEST, "test") \
	X(VIRT_VMWARE, "vmware") X(VIRT_HYPERV, "hyperv") X(VIRT_VBOX, "vbox") \
	X(VIRT_PHYP, "phyp") X(VIRT_PARALLELS, "parallels") X(VIRT_BHYVE, "bhyve") \
	X(VIRT_VZ, "vz") X(VIRT_HVF, "hvf")
CONF_ENUM(VirtType, virt_type, VIRT)

typedef struct {
	VirtType virt;
	int id; /* live; -1 when not running */
	bool has_id;
	char *name;
	Uuid uuid;
	bool genid_present; /* without a value: generate one at each start */
	Uuid genid;
	char *title, *description;
	char *metadata; /* the whole element as given, or NULL */
	DomainMemory memory;
	DomainVcpus vcpus;
	guint iothread_count;
	GPtrArray *iothreads; /* DomainIothread */
	DomainIothread *default_iothread;
	GPtrArray *throttle_groups; /* DiskIoTune, each with its group_name */
	DomainBlkioTune blkiotune;
	DomainMemTune memtune;
	DomainCpuTune cputune;
	DomainNumaTune numatune;
	DomainResource resource;
	GPtrArray *sysinfos; /* DomainSysinfo */
	char *bootloader, *bootloader_args;
	DomainOs os;
	DomainIdMap idmap;
	DomainFeatures features;
	DomainCpu *cpu; /* NULL: not said */
	DomainClock clock;
	LifecycleAction on_poweroff, on_reboot, on_crash;
	LockFailureAction on_lockfailure;
	DomainPm pm;
	GPtrArray *perf_events; /* PerfEvent */
	char *emulator;
	/* Devices, in the order of the document */
	GPtrArray *disks;	/* DomainDisk */
	GPtrArray *controllers; /* DomainController */
	GPtrArray *leases;	/* DomainLease */
	GPtrArray *filesystems; /* DomainFilesystem */
	GPtrArray *interfaces;	/* DomainInterface */
	GPtrArray *smartcards;	/* DomainSmartcard */
	GPtrArray *serials, *parallels, *consoles, *channels; /* DomainChardev */
	GPtrArray *inputs;	/* DomainInput */
	GPtrArray *tpms;	/* DomainTpm */
	GPtrArray *graphics;	/* DomainGraphics */
	GPtrArray *sounds;	/* DomainSound */
	GPtrArray *audios;	/* DomainAudio */
	GPtrArray *videos;	/* DomainVideo */
	GPtrArray *hostdevs;	/* DomainHostdev */
	GPtrArray *redirdevs;	/* DomainRedirdev */
	DomainRedirFilter *redirfilter;
	GPtrArray *hubs;	/* DomainHub */
	GPtrArray *watchdogs;	/* DomainWatchdog */
	GPtrArray *memballoons; /* DomainMemballoon, at most one */
	GPtrArray *rngs;	/* DomainRng */
	GPtrArray *nvrams;	/* DomainNvram, at most one */
	GPtrArray *shmems;	/* DomainShmem */
	GPtrArray *memories;	/* DomainMemoryDevice */
	GPtrArray *panics;	/* DomainPanic */
	GPtrArray *iommus;	/* DomainIommu, at most one */
	GPtrArray *vsocks;	/* DomainVsock, at most one */
	GPtrArray *cryptos;	/* DomainCrypto */
	GPtrArray *pstores;	/* DomainPstore, at most one */
	GPtrArray *seclabels;	/* Seclabel */
	DomainKeywrap keywrap;
	DomainLaunchSecurity *launch_security;
	DomainQemuNs qemu;
	DomainForeignNs foreign;
} DomainDef;

/*
 * Reads <domain>. @flags: CONF_INACTIVE, CONF_VALIDATE, CONF_STATUS. NULL and @error when it is not
 * one; see bind_parse(). The result is not complete: call domain_def_complete_generic(), the
 * driver's completion, then domain_def_check_generic().
 */
DomainDef *domain_def_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
			    GError **error);
/* The document, newline-terminated; caller frees. @flags: CONF_INACTIVE, _SECURE, _MIGRATABLE. */
char *domain_def_format(const DomainDef *def, unsigned flags);
/* The same with CONF_SECURE; *ret_secret: whether there are secrets in it. */
char *domain_def_format_secure(const DomainDef *def, unsigned flags, bool *ret_secret);
DomainDef *domain_def_new(void);
DomainDef *domain_def_copy(const DomainDef *def);
void domain_def_free(DomainDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainDef, domain_def_free)

/*
 * Whether @a and @b are equal, or equal as the guest sees them (BIND_COMPARE_GUEST: for migration
 * and revert). If not, *difference (may be NULL) says where, for people; caller frees it.
 */
bool domain_def_compare(const DomainDef *a, const DomainDef *b, BindCompare what,
			char **difference);

/* Kinds of devices: one row each in domain_device_kinds[]. */
typedef enum {
	DEVICE_NONE,
	DEVICE_DISK,
	DEVICE_CONTROLLER,
	DEVICE_LEASE,
	DEVICE_FILESYSTEM,
	DEVICE_INTERFACE,
	DEVICE_SMARTCARD,
	DEVICE_SERIAL,
	DEVICE_PARALLEL,
	DEVICE_CONSOLE,
	DEVICE_CHANNEL,
	DEVICE_INPUT,
	DEVICE_TPM,
	DEVICE_GRAPHICS,
	DEVICE_SOUND,
	DEVICE_AUDIO,
	DEVICE_VIDEO,
	DEVICE_HOSTDEV,
	DEVICE_REDIRDEV,
	DEVICE_HUB,
	DEVICE_WATCHDOG,
	DEVICE_MEMBALLOON,
	DEVICE_RNG,
	DEVICE_NVRAM,
	DEVICE_SHMEM,
	DEVICE_MEMORY,
	DEVICE_PANIC,
	DEVICE_IOMMU,
	DEVICE_VSOCK,
	DEVICE_CRYPTO,
	DEVICE_PSTORE,
	DEVICE_LAST
} DeviceKind;

typedef struct {
	DeviceKind kind;
	const char *name;   /* of the element */
	gsize list;	    /* offset of the GPtrArray in DomainDef */
	bool single;	    /* at most one */
	BindElement *element;
} DeviceKindRow;
extern const DeviceKindRow domain_device_kinds[DEVICE_LAST]; /* [0] is empty */

/* One device outside a list, as <disk> ... given to attach. Every device struct begins with info. */
typedef struct {
	DeviceKind kind;
	union {
		void *any;
		DeviceInfo *info;
		DomainDisk *disk;
		DomainController *controller;
		DomainLease *lease;
		DomainFilesystem *filesystem;
		DomainInterface *interface;
		DomainSmartcard *smartcard;
		DomainChardev *chardev; /* serial, parallel, console, channel */
		DomainInput *input;
		DomainTpm *tpm;
		DomainGraphics *graphics;
		DomainSound *sound;
		DomainAudio *audio;
		DomainVideo *video;
		DomainHostdev *hostdev;
		DomainRedirdev *redirdev;
		DomainHub *hub;
		DomainWatchdog *watchdog;
		DomainMemballoon *memballoon;
		DomainRng *rng;
		DomainNvram *nvram;
		DomainShmem *shmem;
		DomainMemoryDevice *memory;
		DomainPanic *panic;
		DomainIommu *iommu;
		DomainVsock *vsock;
		DomainCrypto *crypto;
		DomainPstore *pstore;
	};
} DomainDevice;

/* Reads one device element. The root decides the kind; VIR_ERR_XML_ERROR when it is no device. */
DomainDevice *domain_device_parse(const char *xml, gsize length, unsigned flags, ConfDiags *diags,
				  GError **error);
char *domain_device_format(const DomainDevice *device, unsigned flags);
DomainDevice *domain_device_copy(const DomainDevice *device);
void domain_device_free(DomainDevice *device);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainDevice, domain_device_free)
/* The list of @kind in @def, made when there is none yet. Borrowed. */
GPtrArray *domain_def_devices(DomainDef *def, DeviceKind kind);
/* Appends a device of @kind with all absent and returns it; it belongs to @def. */
void *domain_def_add(DomainDef *def, DeviceKind kind);
/* Moves the content of @device into @def; @device is freed. */
void domain_def_take_device(DomainDef *def, DomainDevice *device);
/* Calls @fn for each device until it returns false; returns whether all were visited. */
typedef bool (*DomainDeviceFn)(DomainDef *def, const DomainDevice *device, void *data);
bool domain_def_each_device(DomainDef *def, DomainDeviceFn fn, void *data);

/* Length of an array that may be NULL, and its elements. */
static inline guint list_length(const GPtrArray *list)
{
	return list ? list->len : 0;
}
#define list_get(list, i) g_ptr_array_index(list, i)

/*
 * Metadata: one element per namespace inside <metadata>. get: the element as text, caller frees;
 * VIR_ERR_NO_DOMAIN_METADATA when there is none. set: @xml NULL removes; @key is the prefix to use.
 */
char *domain_def_metadata_get(const DomainDef *def, const char *uri, GError **error);
bool domain_def_metadata_set(DomainDef *def, const char *uri, const char *key, const char *xml,
			     GError **error);

/*
 * Fills in what follows from the definition itself, whatever the hypervisor: uuid, memory, defaults
 * of lifecycle actions, pairing of console and serial, buses of disks, NUMA cells, I/O threads.
 * Idempotent. Fails when no sense can be made of it.
 */
bool domain_def_complete_generic(DomainDef *def, GError **error);
/* As above for one device that is to become part of @def. */
bool domain_device_complete_generic(DomainDef *def, DomainDevice *device, GError **error);
/* Refuses contradictions: double targets, aliases, boot orders, ids out of range, ... */
bool domain_def_check_generic(const DomainDef *def, GError **error);
bool domain_device_check_generic(const DomainDef *def, const DomainDevice *device,
				 GError **error);

/* Whether it passes words to the hypervisor behind our back (qemu:commandline and the like). */
bool domain_def_is_custom(const DomainDef *def);
guint domain_def_vcpus_current(const DomainDef *def);
/* Those of them that are there from the start and stay. */
guint domain_def_vcpus_cold(const DomainDef *def);
/* Of the I/O thread @index: those without an id of their own get the lowest that are free. */
guint domain_def_iothread_id(const DomainDef *def, guint index);
DomainDisk *domain_def_disk_by_target(const DomainDef *def, const char *target);
DomainController *domain_def_controller(const DomainDef *def, ControllerType type, int index);

/* Tables, for other documents that embed them. */
extern BindElement bind_el_domain, bind_el_domain_disk, bind_el_cpu;
