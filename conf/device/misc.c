/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(filesystem_type, FS)
CONF_ENUM_DEFINE(filesystem_driver, FS_DRIVER)
CONF_ENUM_DEFINE(filesystem_access, FS_ACCESS)
CONF_ENUM_DEFINE(filesystem_multidevs, FS_MULTIDEVS)
CONF_ENUM_DEFINE(filesystem_cache, FS_CACHE)
CONF_ENUM_DEFINE(filesystem_sandbox, FS_SANDBOX)
CONF_ENUM_DEFINE(filesystem_wrpolicy, FS_WRPOLICY)
CONF_ENUM_DEFINE(input_type, INPUT)
CONF_ENUM_DEFINE(input_bus, INPUT_BUS)
CONF_ENUM_DEFINE(grab_toggle, GRAB_TOGGLE)
CONF_ENUM_DEFINE(input_grab, GRAB)
CONF_ENUM_DEFINE(hub_type, HUB)
CONF_ENUM_DEFINE(watchdog_model, WATCHDOG)
CONF_ENUM_DEFINE(watchdog_action, WATCHDOG_ACTION)
CONF_ENUM_DEFINE(memballoon_model, MEMBALLOON)
CONF_ENUM_DEFINE(panic_model, PANIC)
CONF_ENUM_DEFINE(iommu_model, IOMMU)
CONF_ENUM_DEFINE(pstore_backend, PSTORE)

/* <filesystem> */
static const BindRow fs_driver_rows[] = {
	ATTR(DomainFilesystem, "type", driver, filesystem_driver, 0),
	ATTR(DomainFilesystem, "format", format, storage_format, 0),
	ATTR(DomainFilesystem, "wrpolicy", wrpolicy, filesystem_wrpolicy, 0),
	ATTR(DomainFilesystem, "queue", queue, uint, G),
	INCLUDE_IN(DomainFilesystem, virtio, virtio_options),
	END_ROWS
};
static ELEMENT(fs_driver, NULL, DomainFilesystem, fs_driver_rows);
static const BindRow fs_lock_rows[] = {
	ATTR(DomainFilesystem, "posix", lock_posix, on_off, 0),
	ATTR(DomainFilesystem, "flock", lock_flock, on_off, 0),
	END_ROWS
};
static ELEMENT(fs_lock, NULL, DomainFilesystem, fs_lock_rows);
static const BindRow fs_binary_rows[] = {
	ATTR(DomainFilesystem, "path", binary, str, 0),
	ATTR(DomainFilesystem, "xattr", xattr, on_off, 0),
	VALUE(DomainFilesystem, "cache", "mode", cache, filesystem_cache, 0),
	VALUE(DomainFilesystem, "sandbox", "mode", sandbox, filesystem_sandbox, 0),
	CHILD("lock", fs_lock, 0),
	VALUE(DomainFilesystem, "thread_pool", "size", thread_pool_size, int, 0,
	      HAS(DomainFilesystem, has_thread_pool_size)),
	VALUE(DomainFilesystem, "openfiles", "max", openfiles, uint64, 0),
	END_ROWS
};
static ELEMENT(fs_binary, NULL, DomainFilesystem, fs_binary_rows);
static const BindRow fs_id_rows[] = {
	ATTR(FsIdMap, "start", start, uint, BIND_REQUIRED),
	ATTR(FsIdMap, "target", target, uint, BIND_REQUIRED),
	ATTR(FsIdMap, "count", count, uint, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(fs_id, NULL, FsIdMap, fs_id_rows);
static const BindRow fs_idmap_rows[] = {
	LIST(DomainFilesystem, "uid", uids, fs_id, 0),
	LIST(DomainFilesystem, "gid", gids, fs_id, 0),
	END_ROWS
};
static ELEMENT(fs_idmap, NULL, DomainFilesystem, fs_idmap_rows);

#define FS(types) WHEN(DomainFilesystem, type, types)
static const BindRow fs_source_rows[] = {
	ATTR(DomainFilesystem, "file", source, str, 0, FS(BIT(FS_FILE))),
	ATTR(DomainFilesystem, "dev", source, str, 0, FS(BIT(FS_BLOCK))),
	ATTR(DomainFilesystem, "dir", source, str, 0, FS(BIT(FS_MOUNT) | BIT(FS_BIND))),
	ATTR(DomainFilesystem, "socket", socket, str, 0, FS(BIT(FS_MOUNT))),
	ATTR(DomainFilesystem, "name", source, str, 0, FS(BIT(FS_TEMPLATE))),
	ATTR(DomainFilesystem, "pool", pool, str, BIND_REQUIRED, FS(BIT(FS_VOLUME))),
	ATTR(DomainFilesystem, "volume", volume, str, BIND_REQUIRED, FS(BIT(FS_VOLUME))),
	ATTR(DomainFilesystem, "usage", usage, uint64, 0, FS(BIT(FS_RAM))),
	ATTR(DomainFilesystem, "units", usage_units, str, 0, FS(BIT(FS_RAM))),
	END_ROWS
};
static ELEMENT(fs_source, NULL, DomainFilesystem, fs_source_rows);
static const BindRow fs_rows[] = {
	ATTR(DomainFilesystem, "type", type, filesystem_type, G, MISSING(FS_MOUNT)),
	ATTR(DomainFilesystem, "accessmode", access, filesystem_access, 0),
	ATTR(DomainFilesystem, "multidevs", multidevs, filesystem_multidevs, 0),
	ATTR(DomainFilesystem, "model", model, virtio_model, G),
	ATTR(DomainFilesystem, "fmode", fmode, octal, 0, HAS(DomainFilesystem, has_fmode)),
	ATTR(DomainFilesystem, "dmode", dmode, octal, 0, HAS(DomainFilesystem, has_dmode)),
	CHILD("driver", fs_driver, 0),
	CHILD("binary", fs_binary, 0),
	CHILD("source", fs_source, 0),
	VALUE(DomainFilesystem, "target", "dir", target, str, BIND_REQUIRED | G),
	CHILD("idmap", fs_idmap, 0),
	FLAG(DomainFilesystem, "readonly", readonly, G),
	SIZE_LEAF(DomainFilesystem, "space_hard_limit", space_hard_limit, 1, 0),
	SIZE_LEAF(DomainFilesystem, "space_soft_limit", space_soft_limit, 1, 0),
	INCLUDE_IN(DomainFilesystem, info, device_boot),
	INCLUDE_IN(DomainFilesystem, info, device_info),
	END_ROWS
};
ELEMENT(domain_filesystem, "filesystem", DomainFilesystem, fs_rows);

/* <input> */
static const BindRow input_passthrough_rows[] = {
	ATTR(DomainInput, "evdev", evdev, str, BIND_REQUIRED), END_ROWS
};
static ELEMENT(input_passthrough, NULL, DomainInput, input_passthrough_rows);
static const BindRow input_evdev_rows[] = {
	ATTR(DomainInput, "dev", evdev, str, BIND_REQUIRED),
	ATTR(DomainInput, "grab", grab, input_grab, 0),
	ATTR(DomainInput, "grabToggle", grab_toggle, grab_toggle, 0),
	ATTR(DomainInput, "repeat", repeat, on_off, 0),
	END_ROWS
};
static ELEMENT(input_evdev, NULL, DomainInput, input_evdev_rows);
static const BindRow input_rows[] = {
	ATTR(DomainInput, "type", type, input_type, BIND_REQUIRED | G),
	ATTR(DomainInput, "bus", bus, input_bus, G),
	ATTR(DomainInput, "model", model, virtio_model, G),
	INCLUDE_IN(DomainInput, virtio, virtio_driver),
	CHILD("source", input_passthrough, BIND_REQUIRED, WHEN(DomainInput, type,
	     BIT(INPUT_PASSTHROUGH))),
	CHILD("source", input_evdev, BIND_REQUIRED, WHEN(DomainInput, type, BIT(INPUT_EVDEV))),
	INCLUDE_IN(DomainInput, info, device_info),
	END_ROWS
};
ELEMENT(domain_input, "input", DomainInput, input_rows);

static const BindRow hub_rows[] = {
	ATTR(DomainHub, "type", type, hub_type, BIND_REQUIRED | G),
	INCLUDE_IN(DomainHub, info, device_info),
	END_ROWS
};
ELEMENT(domain_hub, "hub", DomainHub, hub_rows);

static const BindRow watchdog_rows[] = {
	ATTR(DomainWatchdog, "model", model, watchdog_model, BIND_REQUIRED | G),
	ATTR(DomainWatchdog, "action", action, watchdog_action, 0, MISSING(WATCHDOG_ACTION_RESET)),
	INCLUDE_IN(DomainWatchdog, info, device_info),
	END_ROWS
};
ELEMENT(domain_watchdog, "watchdog", DomainWatchdog, watchdog_rows);

static const BindRow memballoon_rows[] = {
	ATTR(DomainMemballoon, "model", model, memballoon_model, BIND_REQUIRED | G),
	ATTR(DomainMemballoon, "autodeflate", autodeflate, on_off, G),
	ATTR(DomainMemballoon, "freePageReporting", free_page_reporting, on_off, G),
	VALUE(DomainMemballoon, "stats", "period", stats_period, uint, 0),
	INCLUDE_IN(DomainMemballoon, info, device_info),
	INCLUDE_IN(DomainMemballoon, virtio, virtio_driver),
	END_ROWS
};
ELEMENT(domain_memballoon, "memballoon", DomainMemballoon, memballoon_rows);

static const BindRow nvram_rows[] = { INCLUDE_IN(DomainNvram, info, device_info), END_ROWS };
ELEMENT(domain_nvram, "nvram", DomainNvram, nvram_rows);

static const BindRow panic_rows[] = {
	ATTR(DomainPanic, "model", model, panic_model, G),
	INCLUDE_IN(DomainPanic, info, device_info),
	END_ROWS
};
ELEMENT(domain_panic, "panic", DomainPanic, panic_rows);

static const BindRow iommu_driver_rows[] = {
	ATTR(DomainIommu, "intremap", intremap, on_off, G),
	ATTR(DomainIommu, "caching_mode", caching_mode, on_off, G),
	ATTR(DomainIommu, "eim", eim, on_off, G),
	ATTR(DomainIommu, "iotlb", iotlb, on_off, G),
	ATTR(DomainIommu, "aw_bits", aw_bits, uint, G),
	ATTR(DomainIommu, "dma_translation", dma_translation, on_off, G),
	ATTR(DomainIommu, "passthrough", passthrough, on_off, G),
	ATTR(DomainIommu, "xtsup", xtsup, on_off, G),
	ATTR(DomainIommu, "pciBus", pci_bus, uint, G, HAS(DomainIommu, has_pci_bus)),
	ATTR(DomainIommu, "accel", accel, on_off, G),
	ATTR(DomainIommu, "ats", ats, on_off, G),
	ATTR(DomainIommu, "ril", ril, on_off, G),
	ATTR(DomainIommu, "pasid", pasid, on_off, G),
	ATTR(DomainIommu, "oas", oas, uint, G),
	END_ROWS
};
static ELEMENT(iommu_driver, NULL, DomainIommu, iommu_driver_rows);
static const BindRow iommu_rows[] = {
	ATTR(DomainIommu, "model", model, iommu_model, BIND_REQUIRED | G),
	CHILD("driver", iommu_driver, 0),
	INCLUDE_IN(DomainIommu, info, device_info),
	END_ROWS
};
ELEMENT(domain_iommu, "iommu", DomainIommu, iommu_rows);

static const BindRow pstore_rows[] = {
	ATTR(DomainPstore, "backend", backend, pstore_backend, BIND_REQUIRED | G),
	LEAF(DomainPstore, "path", path, str, 0),
	SIZE_LEAF(DomainPstore, "size", size_kib, 1024, G),
	INCLUDE_IN(DomainPstore, info, device_info),
	END_ROWS
};
ELEMENT(domain_pstore, "pstore", DomainPstore, pstore_rows);

static const BindRow cid_rows[] = {
	ATTR(DomainVsock, "auto", auto_cid, yes_no, 0),
	ATTR(DomainVsock, "address", cid, uint, 0),
	END_ROWS
};
static ELEMENT(vsock_cid, NULL, DomainVsock, cid_rows);
static const BindRow vsock_rows[] = {
	ATTR(DomainVsock, "model", model, virtio_model, G),
	CHILD("cid", vsock_cid, 0),
	INCLUDE_IN(DomainVsock, info, device_info),
	INCLUDE_IN(DomainVsock, virtio, virtio_driver),
	END_ROWS
};
ELEMENT(domain_vsock, "vsock", DomainVsock, vsock_rows);
