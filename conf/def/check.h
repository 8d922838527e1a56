/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of domain_def_check_generic(). Private to conf/check_*.c. */
#pragma once

#include "conf/def/domain.h"

bool disk_check(const DomainDef *def, const DomainDisk *disk, GError **error);
/* Whether the target is a name from which a place on the bus follows. */
bool disk_target_known(const DomainDisk *disk);
/* Whether two members of a group say the same, as far as they say anything. */
bool disk_iotune_agrees(const DiskIoTune *a, const DiskIoTune *b);
bool disk_source_check(const DomainDisk *disk, const char *what, GError **error);
/* What stands in any <source>, not only of a disk. */
bool storage_source_check(const StorageSource *source, const char *what, GError **error);
/* @type is what the protocol takes. */
bool storage_auth_check(const StorageAuth *auth, StorageSecretType type, const char *what,
			GError **error);
bool storage_format_check(StorageFormat format, StorageType type, bool readonly, const char *what,
			  GError **error);
bool drive_address_check(const DomainDef *def, const DeviceAddress *address, DiskBus bus,
			 const char *what, GError **error);
bool interface_check(const DomainInterface *interface, GError **error);
bool chardev_source_check(const ChardevSource *source, bool optional_path, GError **error);
bool hostdev_check(const DomainDef *def, const DomainHostdev *hostdev, GError **error);
bool interface_net_check(const DomainInterface *interface, const char *what, GError **error);
bool reconnect_check(const Reconnect *reconnect, const char *what, GError **error);
bool filesystem_check(const DomainFilesystem *fs, GError **error);
bool redirdev_check(const DomainRedirdev *redirdev, GError **error);
bool iommu_check(const DomainIommu *iommu, GError **error);
bool tpm_check(const DomainTpm *tpm, GError **error);
bool input_check(const DomainInput *input, GError **error);
bool shmem_check(const DomainShmem *shmem, GError **error);
bool panic_check(const DomainPanic *panic, GError **error);
bool smartcard_check(const DomainSmartcard *smartcard, GError **error);
bool redirfilter_check(const DomainRedirFilter *filter, GError **error);
bool videos_check(const DomainDef *def, GError **error);
bool audios_check(const DomainDef *def, GError **error);
bool opengl_check(const DomainDef *def, GError **error);
bool clock_check(const DomainClock *clock, GError **error);
bool domain_def_has_iothread(const DomainDef *def, guint id);
bool threads_check(const DomainDef *def, GError **error);
bool qemu_ns_check(const DomainQemuNs *qemu, GError **error);
bool numa_check(const DomainDef *def, GError **error);
bool cpu_check_generic(const DomainDef *def, GError **error);
bool tune_check_generic(const DomainDef *def, GError **error);
bool os_check_generic(const DomainDef *def, GError **error);
/* Contradictions between devices: targets, addresses, aliases, boot orders. */
bool devices_check_unique(DomainDef *def, GError **error);
/* virtio options where there is no virtio. @what names the device. */
bool virtio_options_check(const VirtioOptions *options, bool virtio, const char *what,
			  GError **error);
