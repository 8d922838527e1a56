/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What each QEMU binary of this host can do (QemuCaps), as the probe process found out; and whether
 * KVM runs guests. Kept by the engine for as long as it runs, in memory and in state_dir/cache,
 * keyed by path, size and modification time of the binary and by the boot of the host. Answers are
 * borrowed and stay valid until the driver ends, even when a binary is replaced meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>

#include "conf/def/domain.h"
#include "drivers/driver.h"

typedef struct QemuMachine {
	char *name;
	char *alias; /* NULL if it has none */
	unsigned max_cpus;
	bool is_default, deprecated, hotpluggable_cpus, numa_memory;
	char *default_cpu; /* model name without the suffix of the type; may be NULL */
	char *ram_id;      /* may be NULL */
} QemuMachine;

typedef struct QemuCpuModel {
	char *name, *vendor; /* vendor as in CPUID; NULL when not known */
	bool usable, usability_known, deprecated;
} QemuCpuModel;

typedef struct QemuCpuFeature {
	char *name; /* as clients know it */
	bool wanted;
} QemuCpuFeature;

/* A named model and what must be added to it or taken away. */
typedef struct QemuHostCpu {
	char *model, *vendor;
	GPtrArray *features; /* QemuCpuFeature */
} QemuHostCpu;

typedef struct QemuAccel {
	GPtrArray *models;       /* QemuCpuModel */
	QemuHostCpu *host_model; /* nearest to what runs here at best; may be NULL */
	GHashTable *features;    /* names, as clients know them, of what a processor can have */
} QemuAccel;

typedef struct QemuCaps {
	char *path;
	char *arch;       /* "x86_64" */
	uint64_t version; /* major * 1000000 + minor * 1000 + micro */
	GPtrArray *machines;
	GHashTable *names; /* devices, objects, commands, displays, ...: "device/virtio-net-pci" */
	QemuAccel *tcg, *kvm;    /* kvm NULL: it does not run here */
	QemuHostCpu *host_cpu;   /* the host's processor; features only added; may be NULL */
	json_t *sev, *sgx, *gic; /* as QEMU answers, NULL when not there */
} QemuCaps;

/* An architecture as definitions name it. */
typedef struct QemuArch {
	const char *name, *binary; /* "i686", "qemu-system-i386" */
	unsigned word_bits;
} QemuArch;
const QemuArch *qemu_arch_find(const char *name); /* NULL when there is none */
extern const QemuArch qemu_arches[];              /* ends with a NULL name */
/* The architecture of this host, in these names. */
const char *qemu_arch_host(void);
bool qemu_arch_is_x86(const char *arch);
bool qemu_arch_is_arm(const char *arch);
bool qemu_arch_is_ppc64(const char *arch);
bool qemu_arch_is_s390(const char *arch);
bool qemu_arch_is_riscv(const char *arch);

/* Begins to probe all emulators found in the usual places, in the background. */
bool qemu_caps_init(const DriverSettings *settings, GError **error);
void qemu_caps_done(void);
/* What qemu_caps_init() was given. */
const DriverSettings *qemu_settings(void);
/* Nothing is being probed. */
bool qemu_caps_ready(void);

/* Path of the emulator for @arch, borrowed; NULL when none is installed. */
const char *qemu_caps_emulator(const char *arch);
/*
 * What the binary at @path can do; parks while it is probed. Fails with VIR_ERR_SYSTEM_ERROR when
 * there is no such file, and with what the probe says when it is no QEMU.
 */
const QemuCaps *qemu_caps_get_wait(const char *path, GError **error);
/* As above for a definition: its emulator, or the default one of its architecture. */
const QemuCaps *qemu_caps_of_def_wait(const DomainDef *def, GError **error);
/* Whether KVM runs guests; if not *ret_reason (may be NULL, borrowed) says why. Parks. */
bool qemu_caps_kvm_wait(const char **ret_reason);

/* Takes @probe, a document of the probe process, as the answer for @path: for tests. */
bool qemu_caps_preload(const char *path, json_t *probe, GError **error);

const QemuMachine *qemu_caps_machine(const QemuCaps *caps, const char *name); /* or its alias */
const QemuMachine *qemu_caps_default_machine(const QemuCaps *caps, const char *arch);
bool qemu_caps_has_device(const QemuCaps *caps, const char *device);
bool qemu_caps_has_object(const QemuCaps *caps, const char *object);
bool qemu_caps_has_command(const QemuCaps *caps, const char *command);
bool qemu_caps_has_display(const QemuCaps *caps, const char *display);
bool qemu_caps_has_netdev(const QemuCaps *caps, const char *netdev);
const QemuCpuModel *qemu_accel_model(const QemuAccel *accel, const char *name);

/* Reads @probe into a new object, which ends with qemu_caps_free(). For caps.c and tests. */
QemuCaps *qemu_caps_read(const char *path, json_t *probe, GError **error);
void qemu_caps_free(QemuCaps *caps);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuCaps, qemu_caps_free)
