/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses on buses other than PCI that completion gives to devices, each kind with a function
 * that also adds the controllers which are missing. In the engine; pure.
 */
#pragma once

#include "conf/def/domain.h"

/* Disks and SCSI host devices by their target names, and their controllers. */
bool drive_addresses_complete(DomainDef *def, GError **error);
/* Ports of USB buses; adds hubs where ports do not suffice. */
bool usb_addresses_complete(DomainDef *def, GError **error);
/* Whether something on USB is in @def. */
bool usb_is_wanted(const DomainDef *def);
/* Channels and consoles on virtio-serial, smartcards on CCID. */
bool serial_addresses_complete(DomainDef *def, GError **error);
bool ccid_addresses_complete(DomainDef *def, GError **error);
/* Of pseries and s390 machines. */
bool spapr_addresses_complete(DomainDef *def, GError **error);
bool ccw_addresses_complete(DomainDef *def, GError **error);

/* Adds controllers of @type with the indexes up to @index that are missing. */
void controllers_add_up_to(DomainDef *def, ControllerType type, int index);
/* The lowest index of @type that no controller has. */
int controller_free_index(const DomainDef *def, ControllerType type);

/* Number of a disk by its name: "vda" 0, "sdab" 27; -1 when it is not made that way. */
int disk_target_number(const char *target);
