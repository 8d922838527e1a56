/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of domain_def_check_generic(). Private to conf/check_*.c. */
#pragma once

#include "conf/domain/domain.h"

bool disk_check(const DomainDef *def, const DomainDisk *disk, GError **error);
bool interface_check(const DomainInterface *interface, GError **error);
bool chardev_source_check(const ChardevSource *source, bool optional_path, GError **error);
bool cpu_check_generic(const DomainDef *def, GError **error);
bool tune_check_generic(const DomainDef *def, GError **error);
bool os_check_generic(const DomainDef *def, GError **error);
/* Contradictions between devices: targets, addresses, aliases, boot orders. */
bool devices_check_unique(DomainDef *def, GError **error);
/* virtio options where there is no virtio. @what names the device. */
bool virtio_options_check(const VirtioOptions *options, bool virtio, const char *what,
			  GError **error);
