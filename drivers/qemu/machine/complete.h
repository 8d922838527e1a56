/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Completion of a definition for QEMU: whatever the user left open that the guest would notice is
 * decided once, at define time, and stored. In the engine; reads only the definition and QemuCaps,
 * so that the same definition always comes out the same. Idempotent.
 */
#pragma once

#include "conf/def/domain.h"
#include "drivers/qemu/caps/caps.h"

/* The driver's `complete` member: all of the below in order. Parks while a binary is probed. */
bool qemu_complete(DomainDef *def, GError **error);

/* What of that one more device of a complete @def needs: nothing else is added but what it sits on. */
bool qemu_complete_added_wait(DomainDef *def, GError **error);

/* Architecture, emulator, machine; *ret_caps is borrowed. Parks. */
bool complete_platform(DomainDef *def, const QemuCaps **ret_caps, GError **error);
bool complete_cpu(DomainDef *def, const QemuCaps *caps, GError **error);
/* NVRAM of firmware that wants one, boot device. */
bool complete_boot(DomainDef *def, GError **error);
/* Models and options that devices leave open. */
bool complete_devices(DomainDef *def, const QemuCaps *caps, GError **error);
/* Devices that every guest of the machine type has. */
bool complete_implicit(DomainDef *def, const QemuCaps *caps, GError **error);
/* Indexes and models of controllers. */
bool complete_controllers(DomainDef *def, const QemuCaps *caps, GError **error);

/* Path of the NVRAM file that belongs to @def by its name; caller frees. */
char *qemu_nvram_default_path(const DomainDef *def);
