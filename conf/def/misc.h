/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The smaller devices of a guest, one struct each. Part of a DomainDef. */
#pragma once

#include "conf/def/chardev.h"
#include "conf/def/cpu.h"

#define FS_VALUES(X) \
	X(FS_MOUNT, "mount") X(FS_BLOCK, "block") X(FS_FILE, "file") X(FS_TEMPLATE, "template") \
	X(FS_RAM, "ram") X(FS_BIND, "bind") X(FS_VOLUME, "volume")
CONF_ENUM(FilesystemType, filesystem_type, FS)
#define FS_DRIVER_VALUES(X) \
	X(FS_DRIVER_PATH, "path") X(FS_DRIVER_HANDLE, "handle") X(FS_DRIVER_LOOP, "loop") \
	X(FS_DRIVER_NBD, "nbd") X(FS_DRIVER_PLOOP, "ploop") X(FS_DRIVER_VIRTIOFS, "virtiofs") \
	X(FS_DRIVER_MTP, "mtp")
CONF_ENUM(FilesystemDriver, filesystem_driver, FS_DRIVER)
#define FS_ACCESS_VALUES(X) \
	X(FS_ACCESS_PASSTHROUGH, "passthrough") X(FS_ACCESS_MAPPED, "mapped") \
	X(FS_ACCESS_SQUASH, "squash")
CONF_ENUM(FilesystemAccess, filesystem_access, FS_ACCESS)
#define FS_MULTIDEVS_VALUES(X) \
	X(FS_MULTIDEVS_DEFAULT, "default") X(FS_MULTIDEVS_REMAP, "remap") \
	X(FS_MULTIDEVS_FORBID, "forbid") X(FS_MULTIDEVS_WARN, "warn")
CONF_ENUM(FilesystemMultidevs, filesystem_multidevs, FS_MULTIDEVS)
#define FS_CACHE_VALUES(X) X(FS_CACHE_NONE, "none") X(FS_CACHE_ALWAYS, "always")
CONF_ENUM(FilesystemCache, filesystem_cache, FS_CACHE)
#define FS_SANDBOX_VALUES(X) X(FS_SANDBOX_NAMESPACE, "namespace") X(FS_SANDBOX_CHROOT, "chroot")
CONF_ENUM(FilesystemSandbox, filesystem_sandbox, FS_SANDBOX)
#define FS_WRPOLICY_VALUES(X) X(FS_WRPOLICY_IMMEDIATE, "immediate")
CONF_ENUM(FilesystemWrpolicy, filesystem_wrpolicy, FS_WRPOLICY)
typedef struct {
	guint start, target, count;
} FsIdMap;
typedef struct {
	DeviceInfo info;
	FilesystemType type;
	FilesystemAccess access;
	FilesystemMultidevs multidevs;
	VirtioModel model;
	guint fmode, dmode; /* permission bits */
	bool has_fmode, has_dmode;
	FilesystemDriver driver;
	StorageFormat format;
	FilesystemWrpolicy wrpolicy;
	guint queue;
	VirtioOptions virtio;
	char *source;	     /* file, dir, dev or template name */
	char *socket;	     /* virtiofsd of somebody else */
	char *pool, *volume;
	guint64 usage;	     /* ram; in usage_units, KiB when those are absent */
	char *usage_units;
	char *target;
	bool readonly;
	guint64 space_hard_limit, space_soft_limit; /* bytes */
	char *binary;
	Tristate xattr;
	FilesystemCache cache;
	FilesystemSandbox sandbox;
	Tristate lock_posix, lock_flock;
	int thread_pool_size;
	bool has_thread_pool_size;
	guint64 openfiles;
	GPtrArray *uids, *gids; /* FsIdMap */
} DomainFilesystem;

#define INPUT_VALUES(X) \
	X(INPUT_MOUSE, "mouse") X(INPUT_TABLET, "tablet") X(INPUT_KEYBOARD, "keyboard") \
	X(INPUT_PASSTHROUGH, "passthrough") X(INPUT_EVDEV, "evdev")
CONF_ENUM(InputType, input_type, INPUT)
#define INPUT_BUS_VALUES(X) \
	X(INPUT_BUS_PS2, "ps2") X(INPUT_BUS_USB, "usb") X(INPUT_BUS_XEN, "xen") \
	X(INPUT_BUS_PARALLELS, "parallels") X(INPUT_BUS_VIRTIO, "virtio") X(INPUT_BUS_NONE, "none")
CONF_ENUM(InputBus, input_bus, INPUT_BUS)
#define GRAB_TOGGLE_VALUES(X) \
	X(GRAB_TOGGLE_CTRL_CTRL, "ctrl-ctrl") X(GRAB_TOGGLE_ALT_ALT, "alt-alt") \
	X(GRAB_TOGGLE_SHIFT_SHIFT, "shift-shift") X(GRAB_TOGGLE_META_META, "meta-meta") \
	X(GRAB_TOGGLE_SCROLLLOCK, "scrolllock") X(GRAB_TOGGLE_CTRL_SCROLLLOCK, "ctrl-scrolllock")
CONF_ENUM(GrabToggle, grab_toggle, GRAB_TOGGLE)
#define GRAB_VALUES(X) X(GRAB_ALL, "all")
CONF_ENUM(InputGrab, input_grab, GRAB)
typedef struct {
	DeviceInfo info;
	InputType type;
	InputBus bus;
	VirtioModel model;
	VirtioOptions virtio;
	char *evdev; /* device node */
	InputGrab grab;
	GrabToggle grab_toggle;
	Tristate repeat;
} DomainInput;

#define HUB_VALUES(X) X(HUB_USB, "usb")
CONF_ENUM(HubType, hub_type, HUB)
typedef struct {
	DeviceInfo info;
	HubType type;
} DomainHub;

#define WATCHDOG_VALUES(X) \
	X(WATCHDOG_I6300ESB, "i6300esb") X(WATCHDOG_IB700, "ib700") X(WATCHDOG_DIAG288, "diag288") \
	X(WATCHDOG_ITCO, "itco")
CONF_ENUM(WatchdogModel, watchdog_model, WATCHDOG)
#define WATCHDOG_ACTION_VALUES(X) \
	X(WATCHDOG_ACTION_RESET, "reset") X(WATCHDOG_ACTION_SHUTDOWN, "shutdown") \
	X(WATCHDOG_ACTION_POWEROFF, "poweroff") X(WATCHDOG_ACTION_PAUSE, "pause") \
	X(WATCHDOG_ACTION_DUMP, "dump") X(WATCHDOG_ACTION_NONE, "none") \
	X(WATCHDOG_ACTION_INJECT_NMI, "inject-nmi")
CONF_ENUM(WatchdogAction, watchdog_action, WATCHDOG_ACTION)
typedef struct {
	DeviceInfo info;
	WatchdogModel model;
	WatchdogAction action;
} DomainWatchdog;

#define MEMBALLOON_VALUES(X) \
	X(MEMBALLOON_VIRTIO, "virtio") X(MEMBALLOON_TRANSITIONAL, "virtio-transitional") \
	X(MEMBALLOON_NON_TRANSITIONAL, "virtio-non-transitional") X(MEMBALLOON_XEN, "xen") \
	X(MEMBALLOON_NONE, "none")
CONF_ENUM(MemballoonModel, memballoon_model, MEMBALLOON)
typedef struct {
	DeviceInfo info;
	MemballoonModel model;
	Tristate autodeflate, free_page_reporting;
	guint stats_period; /* seconds */
	VirtioOptions virtio;
} DomainMemballoon;

typedef struct {
	DeviceInfo info;
} DomainNvram;

#define RNG_MODEL_VALUES(X) \
	X(RNG_MODEL_VIRTIO, "virtio") X(RNG_MODEL_TRANSITIONAL, "virtio-transitional") \
	X(RNG_MODEL_NON_TRANSITIONAL, "virtio-non-transitional")
CONF_ENUM(RngModel, rng_model, RNG_MODEL)
#define RNG_BACKEND_VALUES(X) \
	X(RNG_BACKEND_RANDOM, "random") X(RNG_BACKEND_EGD, "egd") X(RNG_BACKEND_BUILTIN, "builtin")
CONF_ENUM(RngBackend, rng_backend, RNG_BACKEND)
typedef struct {
	DeviceInfo info;
	RngModel model;
	RngBackend backend;
	char *path;	      /* random */
	ChardevSource source; /* egd */
	guint rate_bytes, rate_period_ms;
	VirtioOptions virtio;
} DomainRng;

#define TPM_MODEL_VALUES(X) \
	X(TPM_MODEL_TIS, "tpm-tis") X(TPM_MODEL_CRB, "tpm-crb") X(TPM_MODEL_SPAPR, "tpm-spapr") \
	X(TPM_MODEL_SPAPR_PROXY, "spapr-tpm-proxy")
CONF_ENUM(TpmModel, tpm_model, TPM_MODEL)
#define TPM_BACKEND_VALUES(X) \
	X(TPM_BACKEND_PASSTHROUGH, "passthrough") X(TPM_BACKEND_EMULATOR, "emulator") \
	X(TPM_BACKEND_EXTERNAL, "external")
CONF_ENUM(TpmBackend, tpm_backend, TPM_BACKEND)
#define TPM_VERSION_VALUES(X) X(TPM_VERSION_1_2, "1.2") X(TPM_VERSION_2_0, "2.0")
CONF_ENUM(TpmVersion, tpm_version, TPM_VERSION)
typedef struct {
	DeviceInfo info;
	TpmModel model;
	TpmBackend backend;
	TpmVersion version;
	char *device;	      /* passthrough */
	Tristate persistent_state;
	Uuid secret;	      /* emulator: encryption */
	bool pcr_banks, sha1, sha256, sha384, sha512;
	ChardevSource source; /* external */
	char *source_type;    /* emulator: "file", "dir" */
	char *source_path;
	char *profile_source, *profile_name, *profile_remove_disabled;
	guint debug;
} DomainTpm;

#define SHMEM_MODEL_VALUES(X) \
	X(SHMEM_MODEL_IVSHMEM, "ivshmem") X(SHMEM_MODEL_PLAIN, "ivshmem-plain") \
	X(SHMEM_MODEL_DOORBELL, "ivshmem-doorbell")
CONF_ENUM(ShmemModel, shmem_model, SHMEM_MODEL)
#define SHMEM_ROLE_VALUES(X) X(SHMEM_ROLE_MASTER, "master") X(SHMEM_ROLE_PEER, "peer")
CONF_ENUM(ShmemRole, shmem_role, SHMEM_ROLE)
typedef struct {
	DeviceInfo info;
	char *name;
	ShmemRole role;
	ShmemModel model;
	guint64 size_mib;
	bool server;
	char *server_path;
	bool msi;
	guint msi_vectors;
	Tristate msi_ioeventfd;
} DomainShmem;

#define PANIC_VALUES(X) \
	X(PANIC_ISA, "isa") X(PANIC_PSERIES, "pseries") X(PANIC_HYPERV, "hyperv") \
	X(PANIC_S390, "s390") X(PANIC_PVPANIC, "pvpanic")
CONF_ENUM(PanicModel, panic_model, PANIC)
typedef struct {
	DeviceInfo info;
	PanicModel model;
} DomainPanic;

#define IOMMU_VALUES(X) X(IOMMU_INTEL, "intel") X(IOMMU_SMMUV3, "smmuv3") X(IOMMU_VIRTIO, "virtio") \
	X(IOMMU_AMD, "amd")
CONF_ENUM(IommuModel, iommu_model, IOMMU)
typedef struct {
	DeviceInfo info;
	IommuModel model;
	Tristate intremap, caching_mode, eim, iotlb, dma_translation;
	Tristate passthrough, xtsup; /* amd */
	guint aw_bits;
	guint pci_bus, oas; /* smmuv3, as a device; oas in bits */
	bool has_pci_bus;
	Tristate accel, ats, ril, pasid;
} DomainIommu;

#define PSTORE_VALUES(X) X(PSTORE_ACPI_ERST, "acpi-erst")
CONF_ENUM(PstoreBackend, pstore_backend, PSTORE)
/* Memory in a file, which keeps what a crashing guest leaves behind. */
typedef struct {
	DeviceInfo info;
	PstoreBackend backend;
	char *path;
	guint64 size_kib;
} DomainPstore;

typedef struct {
	DeviceInfo info;
	VirtioModel model;
	Tristate auto_cid;
	guint cid;
	VirtioOptions virtio;
} DomainVsock;

#define MEMORY_MODEL_VALUES(X) \
	X(MEMORY_MODEL_DIMM, "dimm") X(MEMORY_MODEL_NVDIMM, "nvdimm") \
	X(MEMORY_MODEL_VIRTIO_PMEM, "virtio-pmem") X(MEMORY_MODEL_VIRTIO_MEM, "virtio-mem") \
	X(MEMORY_MODEL_SGX_EPC, "sgx-epc")
CONF_ENUM(MemoryModel, memory_model, MEMORY_MODEL)
typedef struct {
	DeviceInfo info;
	MemoryModel model;
	MemAccess access;
	Tristate discard;
	Uuid uuid;
	guint64 pagesize_kib;
	Cpuset *nodemask;
	char *path;
	guint64 alignsize_kib;
	bool pmem;
	guint64 size_kib;
	guint node;
	bool has_node;
	guint64 block_kib, requested_kib, current_kib;
	bool has_requested, has_current;
	guint64 label_size_kib;
	bool readonly;
	Tristate dynamic_memslots;
	guint64 address_base;
	bool has_address_base;
} DomainMemoryDevice;

#define CRYPTO_MODEL_VALUES(X) X(CRYPTO_MODEL_VIRTIO, "virtio")
CONF_ENUM(CryptoModel, crypto_model, CRYPTO_MODEL)
#define CRYPTO_TYPE_VALUES(X) X(CRYPTO_TYPE_QEMU, "qemu")
CONF_ENUM(CryptoType, crypto_type, CRYPTO_TYPE)
#define CRYPTO_BACKEND_VALUES(X) X(CRYPTO_BACKEND_BUILTIN, "builtin") X(CRYPTO_BACKEND_LKCF, "lkcf")
CONF_ENUM(CryptoBackend, crypto_backend, CRYPTO_BACKEND)
typedef struct {
	DeviceInfo info;
	CryptoModel model;
	CryptoType type;
	CryptoBackend backend;
	guint queues;
	VirtioOptions virtio;
} DomainCrypto;
