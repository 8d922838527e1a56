/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the command_*.c files share: options being put together, and one function for each family of
 * elements. Internal to the builder of QEMU's command line.
 */
#pragma once

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/argv/command.h"
#include "drivers/qemu/argv/parts.h"
#include "drivers/qemu/argv/props.h"

typedef struct QemuCommand {
	const DomainDef *def;
	const QemuCommandContext *context;
	QemuCommandLine *line;
	unsigned fdsets;  /* number of the last set of descriptors */
	GPtrArray *parts; /* CommandPart for a running QEMU; NULL: @line is what is built */
	GHashTable *boot_order; /* DeviceInfo -> index, when <os> has the order */
} QemuCommand;

/* Architectures by family, as far as the command line differs. */
bool command_is_x86(const QemuCommand *cmd);
bool command_is_s390(const QemuCommand *cmd);
bool command_is_ppc64(const QemuCommand *cmd);
bool command_is_arm(const QemuCommand *cmd);
/* Whether the machine's name is @prefix or begins with "@prefix-". */
bool command_machine_is(const QemuCommand *cmd, const char *prefix);
bool command_is_q35(const QemuCommand *cmd);
bool command_is_i440fx(const QemuCommand *cmd);
bool command_is_kvm(const QemuCommand *cmd);

void command_arg(QemuCommand *cmd, const char *arg);
void command_pair(QemuCommand *cmd, const char *name, const char *value);
/* Appends option @name with @opts, as JSON where QEMU shall have it so, and frees @opts. */
void command_opts(QemuCommand *cmd, const char *name, Props *opts);
/* The place of @info in the order of booting, 0 when it has none. */
guint command_boot_index(const QemuCommand *cmd, const DeviceInfo *info);
/* Appends -device with id, boot index, address and overrides of @info; frees @opts. */
bool command_device(QemuCommand *cmd, Props *opts, const DeviceInfo *info, GError **error);
/* As above without an address: for devices on a bus that the caller has named. */
bool command_device_bare(QemuCommand *cmd, Props *opts, const DeviceInfo *info, GError **error);

/* Refusal of an element that is not built. */
bool command_refuse(GError **error, const char *element, const char *why);

/* Layers of a resource, NULL when it was not opened. */
GPtrArray *command_layers(const QemuCommand *cmd, const char *key);
/*
 * How QEMU shall name the descriptor @fd, which it gets for itself: the number that it inherits, or
 * where it runs already, @name. The caller frees.
 */
char *command_pass(QemuCommand *cmd, int fd, const char *name);
/* The same for @key's first layer; NULL when it was not opened. */
char *command_passed(QemuCommand *cmd, const char *key);
/* Appends -blockdev; takes the reference of @node. */
void command_node(QemuCommand *cmd, json_t *node);
/* A path that QEMU opens itself: that of an opened resource as it has it, else @path. Caller frees. */
char *command_path(QemuCommand *cmd, const char *key, const char *path);
/* /dev/fdset/N with @fd in it; the caller frees. */
char *command_fdset(QemuCommand *cmd, int fd, const char *opaque);

/* command_address.c */
bool address_opts(QemuCommand *cmd, Props *opts, const DeviceInfo *info, GError **error);
/* "virtio-blk" -> "virtio-blk-pci", "-pci-transitional", "-ccw", "-device"; the caller frees. */
char *virtio_device(const char *base, VirtioModel model, const DeviceInfo *info);
void virtio_opts(Props *opts, const VirtioOptions *virtio);
/* Name of the controller @type @index as other devices refer to it; the caller frees. */
char *controller_id(const QemuCommand *cmd, ControllerType type, int index);
char *pci_bus_name(const QemuCommand *cmd, unsigned bus);
/* Place of a disk on IDE, SATA, SCSI or floppy. */
bool drive_opts(QemuCommand *cmd, Props *opts, const DomainDisk *disk, GError **error);

/* command_machine.c, command_memory.c, command_cpu.c, command_firmware.c */
bool command_machine(QemuCommand *cmd, GError **error);
bool command_memory(QemuCommand *cmd, GError **error);
bool command_numa(QemuCommand *cmd, GError **error);
/* Whether anything is said of how far memory is from processors. */
bool command_has_hmat(const DomainDef *def);
/* The backend that -machine memory-backend= names, NULL when QEMU's own is enough. Static. */
const char *command_ram_id(const QemuCommand *cmd);
bool command_cpu(QemuCommand *cmd, GError **error);
bool command_smp(QemuCommand *cmd, GError **error);
bool command_firmware(QemuCommand *cmd, Props *machine, GError **error);
bool command_boot(QemuCommand *cmd, GError **error);
bool command_sysinfo(QemuCommand *cmd, GError **error);
bool command_clock(QemuCommand *cmd, GError **error);

/* machine/command_memory.c */
/* What a piece of the guest's memory is made of. */
typedef struct MemoryBackend {
	const char *id;
	guint64 size_kib;
	guint node; /* guest's cell, for <page nodeset> and <memnode> */
	bool has_node;
	MemAccess access;
	Tristate discard;
	const char *path; /* NVDIMM and the like */
	guint64 page_kib; /* of a memory device, 0: as the guest's memory */
	const Cpuset *host_nodes;
	guint64 align_kib;
	bool pmem, read_only;
} MemoryBackend;

/* Appends -object. */
void command_memory_backend(QemuCommand *cmd, const MemoryBackend *backend);

/* device/block.c */
/*
 * Appends the nodes of @disk; *ret_node is the name of the topmost one, NULL for an empty drive.
 * The caller frees it.
 */
bool command_blockdevs(QemuCommand *cmd, const DomainDisk *disk, char **ret_node, GError **error);
/* The protocol node of a source on the network, without its name. New reference. */
json_t *command_network_node(const StorageSource *source, GError **error);
/* device/chardev_source.c */
/* Appends -chardev for @source under @id; @alias finds what was opened for it. */
bool command_chardev(QemuCommand *cmd, const ChardevSource *source, const char *id,
		     const char *alias, GError **error);
/* device/hostdev.c */
bool command_hostdev_pci(QemuCommand *cmd, const HostAddress *host, const Teaming *teaming,
			 const DeviceInfo *info, GError **error);
