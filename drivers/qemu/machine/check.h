/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What QEMU, or this machine type of it, cannot do: refused when the definition is made, not when
 * the guest should start. What no hypervisor could make sense of is refused before, in conf/. In
 * the engine; private to drivers/qemu.
 */
#pragma once

#include "conf/def/domain.h"
#include "drivers/qemu/caps/caps.h"

typedef struct QemuCheck {
	const DomainDef *def;
	const QemuCaps *caps;
	GError **error;
} QemuCheck;

/* Fails with VIR_ERR_CONFIG_UNSUPPORTED. */
#define refuse(check, ...) fail((check)->error, VIR_ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)
/* Fails with VIR_ERR_XML_ERROR. */
#define reject(check, ...) fail((check)->error, VIR_ERR_XML_ERROR, __VA_ARGS__)

/* Of the definition as a whole. */
bool qemu_check_platform(const QemuCheck *check);
bool qemu_check_memory(const QemuCheck *check);

/* Whether memory of the guest is shared with other processes, as vhost-user devices need it. */
bool qemu_memory_is_shared(const DomainDef *def);
bool qemu_has_iothread(const DomainDef *def, unsigned id);
bool qemu_has_graphics(const DomainDef *def, GraphicsType type);
bool qemu_has_acpi(const DomainDef *def);
