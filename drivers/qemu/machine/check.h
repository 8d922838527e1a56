/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What QEMU, or this machine type of it, cannot do: refused when the definition is made, not when
 * the guest should start. What no hypervisor could make sense of is refused before, in conf/. In
 * the engine; private to drivers/qemu.
 */
#pragma once

#include "conf/domain/domain.h"
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

/* Each file's part: first of the definition as a whole, then of one device of a family. */
bool qemu_check_platform(const QemuCheck *check);
bool qemu_check_memory(const QemuCheck *check);
bool qemu_check_memory_device(const QemuCheck *check, const DomainMemoryDevice *memory);
bool qemu_check_disk(const QemuCheck *check, const DomainDisk *disk);
bool qemu_check_controller(const QemuCheck *check, const DomainController *controller);
bool qemu_check_interface(const QemuCheck *check, const DomainInterface *interface);
bool qemu_check_displays(const QemuCheck *check);
bool qemu_check_graphics(const QemuCheck *check, const DomainGraphics *graphics);
bool qemu_check_video(const QemuCheck *check, const DomainVideo *video);
bool qemu_check_sound(const QemuCheck *check, const DomainSound *sound);
bool qemu_check_audio(const QemuCheck *check, const DomainAudio *audio);
bool qemu_check_chardev(const QemuCheck *check, const DomainDevice *device);
bool qemu_check_hostdev(const QemuCheck *check, const DomainHostdev *hostdev);
/* All that have no file of their own. */
bool qemu_check_small(const QemuCheck *check, const DomainDevice *device);

/* Whether memory of the guest is shared with other processes, as vhost-user devices need it. */
bool qemu_memory_is_shared(const DomainDef *def);
bool qemu_has_iothread(const DomainDef *def, unsigned id);
bool qemu_has_graphics(const DomainDef *def, GraphicsType type);
bool qemu_has_acpi(const DomainDef *def);
