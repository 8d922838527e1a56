/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables of the domain format that several files (or other documents) put into their own. Only
 * files with tables include this.
 */
#pragma once

#include "conf/bind/rows.h"
#include "conf/def/domain.h"

/* domain_info.c */
ELEMENT_DECLARE(pci_address);	 /* PciAddress: domain, bus, slot, function, multifunction */
ELEMENT_DECLARE(device_address); /* DeviceAddress */
ELEMENT_DECLARE(device_boot);	 /* DeviceInfo: <boot> */
ELEMENT_DECLARE(device_alias);	 /* DeviceInfo: <alias> */
ELEMENT_DECLARE(device_rom);	 /* DeviceInfo: <rom> */
ELEMENT_DECLARE(device_place);	 /* DeviceInfo: <acpi>, <address> */
ELEMENT_DECLARE(device_info);	 /* DeviceInfo: <alias>, <acpi>, <address> */
ELEMENT_DECLARE(virtio_options); /* VirtioOptions: attributes of <driver> */
ELEMENT_DECLARE(virtio_driver);	 /* VirtioOptions: a <driver> with nothing else */
ELEMENT_DECLARE(seclabel);	 /* Seclabel of a domain */
ELEMENT_DECLARE(source_seclabel); /* Seclabel of one source */

/* domain_source.c */
ELEMENT_DECLARE(storage_source);   /* StorageSource: inside of <source> */
ELEMENT_DECLARE(storage_source_plain); /* the same without index */
ELEMENT_DECLARE(storage_auth);	   /* StorageAuth */
ELEMENT_DECLARE(storage_encryption); /* StorageEncryption */
ELEMENT_DECLARE(storage_host);	   /* StorageHost */
ELEMENT_DECLARE(reconnect);	   /* Reconnect */

/* domain_disk.c, domain_controller.c, ... : the devices */
ELEMENT_DECLARE(domain_lease);
ELEMENT_DECLARE(disk_iotune); /* DiskIoTune */
ELEMENT_DECLARE(disk_iothreads); /* DiskIothread: list inside <iothreads> */
ELEMENT_DECLARE(domain_controller);
ELEMENT_DECLARE(domain_filesystem);
ELEMENT_DECLARE(domain_interface);
ELEMENT_DECLARE(domain_smartcard);
ELEMENT_DECLARE(domain_serial);
ELEMENT_DECLARE(domain_parallel);
ELEMENT_DECLARE(domain_console);
ELEMENT_DECLARE(domain_channel);
ELEMENT_DECLARE(domain_input);
ELEMENT_DECLARE(domain_tpm);
ELEMENT_DECLARE(domain_graphics);
ELEMENT_DECLARE(domain_sound);
ELEMENT_DECLARE(domain_audio);
ELEMENT_DECLARE(domain_video);
ELEMENT_DECLARE(domain_hostdev);
ELEMENT_DECLARE(domain_redirdev);
ELEMENT_DECLARE(domain_redirfilter);
ELEMENT_DECLARE(domain_hub);
ELEMENT_DECLARE(domain_watchdog);
ELEMENT_DECLARE(domain_memballoon);
ELEMENT_DECLARE(domain_rng);
ELEMENT_DECLARE(domain_nvram);
ELEMENT_DECLARE(domain_shmem);
ELEMENT_DECLARE(domain_memory_device);
ELEMENT_DECLARE(domain_panic);
ELEMENT_DECLARE(domain_iommu);
ELEMENT_DECLARE(domain_vsock);
ELEMENT_DECLARE(domain_crypto);
ELEMENT_DECLARE(domain_pstore);

/* domain_chardev.c */
ELEMENT_DECLARE(chardev_source); /* ChardevSource: type attribute and children of a device */
ELEMENT_DECLARE(unix_source);	 /* ChardevSource: one <source type='unix' ...> */

/* domain_interface.c */
ELEMENT_DECLARE(net_ip);
ELEMENT_DECLARE(net_route);
ELEMENT_DECLARE(virtualport);
ELEMENT_DECLARE(vlan);
ELEMENT_DECLARE(bandwidth);
ELEMENT_DECLARE(teaming);
ELEMENT_DECLARE(filterref); /* FilterRef */

/* the rest of <domain> */
ELEMENT_DECLARE(domain_os);
ELEMENT_DECLARE(domain_sysinfo);
ELEMENT_DECLARE(domain_features);
ELEMENT_DECLARE(domain_clock);
ELEMENT_DECLARE(domain_memory_backing);
ELEMENT_DECLARE(domain_vcpus);
ELEMENT_DECLARE(domain_vcpu);
ELEMENT_DECLARE(domain_iothread);
ELEMENT_DECLARE(domain_blkiotune);
ELEMENT_DECLARE(domain_memtune);
ELEMENT_DECLARE(domain_cputune);
ELEMENT_DECLARE(domain_numatune);
ELEMENT_DECLARE(domain_resource);
ELEMENT_DECLARE(domain_idmap);
ELEMENT_DECLARE(perf_event);
ELEMENT_DECLARE(domain_pm);
ELEMENT_DECLARE(domain_keywrap);
ELEMENT_DECLARE(domain_launch_security);
ELEMENT_DECLARE(domain_qemu_ns);
ELEMENT_DECLARE(domain_foreign_ns);
