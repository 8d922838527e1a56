/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/i18n.h"

CONF_ENUM_DEFINE(disk_device, DISK_DEVICE)
CONF_ENUM_DEFINE(disk_bus, DISK_BUS)
CONF_ENUM_DEFINE(disk_cache, DISK_CACHE)
CONF_ENUM_DEFINE(disk_error_policy, DISK_ERROR)
CONF_ENUM_DEFINE(disk_io, DISK_IO)
CONF_ENUM_DEFINE(disk_discard, DISK_DISCARD)
CONF_ENUM_DEFINE(disk_detect_zeroes, DISK_ZEROES)
CONF_ENUM_DEFINE(disk_tray, DISK_TRAY)
CONF_ENUM_DEFINE(disk_snapshot, DISK_SNAPSHOT)
CONF_ENUM_DEFINE(disk_trans, DISK_TRANS)
CONF_ENUM_DEFINE(disk_model, DISK_MODEL)
CONF_ENUM_DEFINE(sgio, SGIO)
CONF_ENUM_DEFINE(mirror_state, MIRROR_STATE)
CONF_ENUM_DEFINE(mirror_job, MIRROR_JOB)

ELEMENT_DECLARE(domain_backing);

static const BindRow data_store_rows[] = {
	ATTR(StorageDataStore, "type", source.type, storage_type, BIND_REQUIRED),
	VALUE(StorageDataStore, "format", "type", format, storage_format, 0),
	CHILD_IN(StorageDataStore, "source", source, storage_source, 0),
	END_ROWS
};
static ELEMENT(data_store, NULL, StorageDataStore, data_store_rows);
static const BindRow backing_source_rows[] = {
	INCLUDE(storage_source_plain),
	POINTER(StorageSource, "dataStore", data_store, data_store, 0),
	END_ROWS
};
static ELEMENT(backing_source, NULL, StorageSource, backing_source_rows);
static const BindRow disk_source_rows[] = {
	INCLUDE(storage_source),
	POINTER(StorageSource, "dataStore", data_store, data_store, 0),
	END_ROWS
};
static ELEMENT(disk_source, NULL, StorageSource, disk_source_rows);

static const BindRow backing_cache_rows[] = {
	SIZE_LEAF(DomainBacking, "max_size", metadata_cache_max_size, 1, 0),
	END_ROWS
};
static ELEMENT(backing_cache, NULL, DomainBacking, backing_cache_rows);
static const BindRow backing_format_rows[] = {
	ATTR(DomainBacking, "type", format, storage_format, 0),
	CHILD("metadata_cache", backing_cache, 0),
	END_ROWS
};
static ELEMENT(backing_format, NULL, DomainBacking, backing_format_rows);
static const BindRow backing_rows[] = {
	ATTR(DomainBacking, "type", source.type, storage_type, 0),
	ATTR(DomainBacking, "index", source.index, uint, BIND_LIVE),
	CHILD("format", backing_format, 0),
	CHILD_IN(DomainBacking, "source", source, backing_source, 0),
	POINTER(DomainBacking, "backingStore", backing, domain_backing, 0),
	END_ROWS
};
ELEMENT(domain_backing, NULL, DomainBacking, backing_rows,
	.doc = N_("An image that another one is built on; empty: there is none below."));

static const BindRow mirror_format_rows[] = {
	ATTR(DiskMirror, "type", format, storage_format, 0),
	END_ROWS
};
static ELEMENT(mirror_format, NULL, DiskMirror, mirror_format_rows);
static const BindRow mirror_rows[] = {
	ATTR(DiskMirror, "type", source.type, storage_type, 0),
	ATTR(DiskMirror, "file", old_file, str, 0),
	ATTR(DiskMirror, "format", old_format, str, 0),
	ATTR(DiskMirror, "job", job, mirror_job, 0),
	ATTR(DiskMirror, "ready", ready, mirror_state, 0),
	CHILD("format", mirror_format, 0),
	CHILD_IN(DiskMirror, "source", source, storage_source, 0),
	POINTER(DiskMirror, "backingStore", backing, domain_backing, 0),
	END_ROWS
};
static ELEMENT(disk_mirror, NULL, DiskMirror, mirror_rows);

static const BindRow queue_rows[] = {
	ATTR(DiskIothreadQueue, "id", id, uint, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(iothread_queue, NULL, DiskIothreadQueue, queue_rows);
static const BindRow disk_iothread_rows[] = {
	ATTR(DiskIothread, "id", id, uint, BIND_REQUIRED | BIND_NONZERO),
	LIST(DiskIothread, "queue", queues, iothread_queue, 0),
	END_ROWS
};
ELEMENT(disk_iothreads, NULL, DiskIothread, disk_iothread_rows);

static const BindRow driver_iothreads_rows[] = {
	LIST(DomainDisk, "iothread", iothreads, disk_iothreads, 0),
	END_ROWS
};
static ELEMENT(driver_iothreads, NULL, DomainDisk, driver_iothreads_rows);
static const BindRow statistic_rows[] = {
	ATTR(DiskStatistic, "interval", interval, uint, BIND_REQUIRED | BIND_NONZERO),
	END_ROWS
};
static ELEMENT(disk_statistic, NULL, DiskStatistic, statistic_rows);
static const BindRow driver_statistics_rows[] = {
	LIST(DomainDisk, "statistic", statistics, disk_statistic, 0),
	END_ROWS
};
static ELEMENT(driver_statistics, NULL, DomainDisk, driver_statistics_rows);
static const BindRow driver_cache_rows[] = {
	SIZE_LEAF(DomainDisk, "max_size", metadata_cache_max_size, 1, 0),
	END_ROWS
};
static ELEMENT(driver_cache, NULL, DomainDisk, driver_cache_rows);
static const BindRow driver_rows[] = {
	ATTR(DomainDisk, "name", driver_name, str, 0),
	ATTR(DomainDisk, "type", format, storage_format, 0),
	ATTR(DomainDisk, "cache", cache, disk_cache, 0),
	ATTR(DomainDisk, "error_policy", error_policy, disk_error_policy, 0),
	ATTR(DomainDisk, "rerror_policy", rerror_policy, disk_error_policy, 0),
	ATTR(DomainDisk, "io", io, disk_io, 0),
	ATTR(DomainDisk, "ioeventfd", ioeventfd, on_off, G),
	ATTR(DomainDisk, "event_idx", event_idx, on_off, G),
	ATTR(DomainDisk, "copy_on_read", copy_on_read, on_off, 0),
	ATTR(DomainDisk, "discard", discard, disk_discard, 0),
	ATTR(DomainDisk, "discard_no_unref", discard_no_unref, on_off, 0),
	ATTR(DomainDisk, "iothread", iothread, uint, BIND_NONZERO),
	ATTR(DomainDisk, "detect_zeroes", detect_zeroes, disk_detect_zeroes, 0),
	ATTR(DomainDisk, "queues", queues, uint, G),
	ATTR(DomainDisk, "queue_size", queue_size, uint, BIND_NONZERO | G),
	INCLUDE_IN(DomainDisk, virtio, virtio_options),
	CHILD("iothreads", driver_iothreads, 0),
	CHILD("metadata_cache", driver_cache, 0),
	CHILD("statistics", driver_statistics, 0),
	END_ROWS
};
static ELEMENT(disk_driver, NULL, DomainDisk, driver_rows);

static const BindRow geometry_rows[] = {
	ATTR(DomainDisk, "cyls", cylinders, uint, BIND_REQUIRED | G),
	ATTR(DomainDisk, "heads", heads, uint, BIND_REQUIRED | G),
	ATTR(DomainDisk, "secs", sectors, uint, BIND_REQUIRED | G),
	ATTR(DomainDisk, "trans", trans, disk_trans, G),
	END_ROWS
};
static ELEMENT(disk_geometry, NULL, DomainDisk, geometry_rows);

static const BindRow blockio_rows[] = {
	ATTR(DomainDisk, "logical_block_size", logical_block_size, uint, G),
	ATTR(DomainDisk, "physical_block_size", physical_block_size, uint, G),
	ATTR(DomainDisk, "discard_granularity", discard_granularity, uint, G, HAS(DomainDisk,
	     has_discard_granularity)),
	END_ROWS
};
static ELEMENT(disk_blockio, NULL, DomainDisk, blockio_rows);

static const BindRow target_rows[] = {
	ATTR(DomainDisk, "dev", target, str, BIND_REQUIRED | G),
	ATTR(DomainDisk, "bus", bus, disk_bus, G),
	ATTR(DomainDisk, "tray", tray, disk_tray, 0),
	ATTR(DomainDisk, "removable", removable, on_off, G),
	ATTR(DomainDisk, "rotation_rate", rotation_rate, uint, G),
	ATTR(DomainDisk, "dpofua", dpofua, on_off, G),
	END_ROWS
};
static ELEMENT(disk_target, NULL, DomainDisk, target_rows);

#define LIMIT(name) LEAF(DiskIoTune, #name, name, uint64, 0)
static const BindRow iotune_rows[] = {
	LIMIT(total_bytes_sec), LIMIT(read_bytes_sec), LIMIT(write_bytes_sec),
	LIMIT(total_iops_sec), LIMIT(read_iops_sec), LIMIT(write_iops_sec),
	LIMIT(total_bytes_sec_max), LIMIT(read_bytes_sec_max), LIMIT(write_bytes_sec_max),
	LIMIT(total_iops_sec_max), LIMIT(read_iops_sec_max), LIMIT(write_iops_sec_max),
	LIMIT(size_iops_sec),
	LEAF(DiskIoTune, "group_name", group_name, str, 0),
	LIMIT(total_bytes_sec_max_length), LIMIT(read_bytes_sec_max_length),
	LIMIT(write_bytes_sec_max_length), LIMIT(total_iops_sec_max_length),
	LIMIT(read_iops_sec_max_length), LIMIT(write_iops_sec_max_length),
	END_ROWS
};
ELEMENT(disk_iotune, NULL, DiskIoTune, iotune_rows,
	       .doc = N_("Limits in bytes and operations per second; bursts in *_max for *_length seconds."));

static const BindRow throttle_filter_rows[] = {
	ATTR(ThrottleFilter, "group", group, str, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(throttle_filter, NULL, ThrottleFilter, throttle_filter_rows);
static const BindRow throttle_filters_rows[] = {
	LIST(DomainDisk, "throttlefilter", throttle_filters, throttle_filter, 0),
	END_ROWS
};
static ELEMENT(throttle_filters, NULL, DomainDisk, throttle_filters_rows);

static const BindRow transient_rows[] = {
	ATTR(DomainDisk, "shareBacking", share_backing, yes_no, 0),
	END_ROWS
};
static ELEMENT(disk_transient, NULL, DomainDisk, transient_rows);

static const BindRow disk_rows[] = {
	ATTR(DomainDisk, "type", source.type, storage_type, 0, MISSING(STORAGE_FILE)),
	ATTR(DomainDisk, "device", device, disk_device, G, MISSING(DISK_DEVICE_DISK)),
	ATTR(DomainDisk, "model", model, disk_model, G),
	ATTR(DomainDisk, "rawio", rawio, yes_no, 0),
	ATTR(DomainDisk, "sgio", sgio, sgio, 0),
	ATTR(DomainDisk, "snapshot", snapshot, disk_snapshot, 0),
	CHILD("driver", disk_driver, 0),
	POINTER(DomainDisk, "auth", auth, storage_auth, 0),
	CHILD_IN(DomainDisk, "source", source, disk_source, 0),
	POINTER(DomainDisk, "backingStore", backing, domain_backing, 0),
	POINTER(DomainDisk, "backingStore", detected_backing, domain_backing,
	     BIND_LIVE | BIND_WRITE_ONLY),
	VALUE(DomainDisk, "backenddomain", "name", backenddomain, str, 0),
	CHILD("geometry", disk_geometry, 0),
	CHILD("blockio", disk_blockio, 0),
	POINTER(DomainDisk, "mirror", mirror, disk_mirror, BIND_LIVE | BIND_MERGE),
	CHILD("target", disk_target, 0),
	CHILD_IN(DomainDisk, "iotune", iotune, disk_iotune, BIND_MERGE),
	CHILD("throttlefilters", throttle_filters, 0),
	FLAG(DomainDisk, "readonly", readonly, G),
	FLAG(DomainDisk, "shareable", shareable, 0),
	CHILD("transient", disk_transient, 0, HAS(DomainDisk, transient)),
	LEAF(DomainDisk, "serial", serial, str, G),
	LEAF(DomainDisk, "wwn", wwn, token, G),
	LEAF(DomainDisk, "vendor", vendor, str, G),
	LEAF(DomainDisk, "product", product, str, G),
	POINTER(DomainDisk, "encryption", encryption, storage_encryption, 0),
	INCLUDE_IN(DomainDisk, info, device_boot),
	INCLUDE_IN(DomainDisk, info, device_info),
	END_ROWS
};
ELEMENT(domain_disk, "disk", DomainDisk, disk_rows);

static const BindRow lease_target_rows[] = {
	ATTR(DomainLease, "path", path, str, BIND_REQUIRED),
	ATTR(DomainLease, "offset", offset, uint64, 0),
	END_ROWS
};
static ELEMENT(lease_target, NULL, DomainLease, lease_target_rows);
static const BindRow lease_rows[] = {
	LEAF(DomainLease, "lockspace", lockspace, str, 0),
	LEAF(DomainLease, "key", key, str, BIND_REQUIRED),
	CHILD("target", lease_target, BIND_REQUIRED),
	END_ROWS
};
ELEMENT(domain_lease, "lease", DomainLease, lease_rows);
