/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a guest boots: <os>, <sysinfo>, and what its firmware tells it. Part of a DomainDef. */
#pragma once

#include "conf/def/disk.h"

#define OS_TYPE_VALUES(X) \
	X(OS_TYPE_HVM, "hvm") X(OS_TYPE_XEN, "xen") X(OS_TYPE_LINUX, "linux") X(OS_TYPE_EXE, "exe") \
	X(OS_TYPE_UML, "uml") X(OS_TYPE_XENPVH, "xenpvh")
CONF_ENUM(OsType, os_type, OS_TYPE)
#define OS_FIRMWARE_VALUES(X) X(OS_FIRMWARE_BIOS, "bios") X(OS_FIRMWARE_EFI, "efi")
CONF_ENUM(OsFirmware, os_firmware, OS_FIRMWARE)
#define FIRMWARE_FEATURE_VALUES(X) \
	X(FIRMWARE_FEATURE_ENROLLED_KEYS, "enrolled-keys") \
	X(FIRMWARE_FEATURE_SECURE_BOOT, "secure-boot")
CONF_ENUM(FirmwareFeatureName, firmware_feature_name, FIRMWARE_FEATURE)
#define LOADER_TYPE_VALUES(X) \
	X(LOADER_TYPE_ROM, "rom") X(LOADER_TYPE_PFLASH, "pflash") X(LOADER_TYPE_NONE, "none")
CONF_ENUM(LoaderType, loader_type, LOADER_TYPE)
#define BOOT_DEVICE_VALUES(X) \
	X(BOOT_DEVICE_FD, "fd") X(BOOT_DEVICE_HD, "hd") X(BOOT_DEVICE_CDROM, "cdrom") \
	X(BOOT_DEVICE_NETWORK, "network")
CONF_ENUM(BootDevice, boot_device, BOOT_DEVICE)
#define SMBIOS_MODE_VALUES(X) \
	X(SMBIOS_MODE_NONE, "none") X(SMBIOS_MODE_EMULATE, "emulate") X(SMBIOS_MODE_HOST, "host") \
	X(SMBIOS_MODE_SYSINFO, "sysinfo")
CONF_ENUM(SmbiosMode, smbios_mode, SMBIOS_MODE)
#define ACPI_TABLE_VALUES(X) \
	X(ACPI_TABLE_SLIC, "slic") X(ACPI_TABLE_MSDM, "msdm") X(ACPI_TABLE_RAW, "raw") \
	X(ACPI_TABLE_RAWSET, "rawset")
CONF_ENUM(AcpiTableType, acpi_table_type, ACPI_TABLE)

typedef struct {
	FirmwareFeatureName name;
	Tristate enabled;
} FirmwareFeature;

typedef struct {
	BootDevice device;
} OsBoot;

typedef struct {
	AcpiTableType type;
	char *path;
} OsAcpiTable;

typedef struct {
	char *name, *value;
} OsInitEnv;

typedef struct {
	char *path, *template, *template_format;
	StorageFormat format;
	StorageSource source; /* when source.type is set; path is absent then */
} OsNvram;

/* Variables of firmware that QEMU serves itself, as JSON; in place of an NVRAM. */
typedef struct {
	char *path, *template;
} OsVarstore;

typedef struct {
	char *path;
	Tristate readonly, secure, stateless;
	LoaderType type;
	StorageFormat format;
} OsLoader;

typedef struct {
	OsType type;
	char *arch, *machine;
	OsFirmware firmware;
	GPtrArray *firmware_features; /* FirmwareFeature */
	OsLoader *loader;
	OsNvram *nvram;
	OsVarstore *varstore;
	char *kernel, *initrd, *cmdline, *dtb, *root, *shim;
	GPtrArray *boots;	/* OsBoot */
	Tristate bootmenu_enable;
	guint bootmenu_timeout; /* milliseconds */
	bool has_bootmenu_timeout;
	SmbiosMode smbios_mode;
	Tristate bios_useserial;
	int bios_reboot_timeout; /* milliseconds, -1 = never */
	bool has_bios_reboot_timeout;
	GPtrArray *acpi_tables; /* OsAcpiTable */
	char *init, *initdir, *inituser, *initgroup; /* containers */
	GPtrArray *initargs;  /* char * */
	GPtrArray *initenvs;  /* OsInitEnv */
} DomainOs;

#define SYSINFO_VALUES(X) X(SYSINFO_SMBIOS, "smbios") X(SYSINFO_FWCFG, "fwcfg")
CONF_ENUM(SysinfoType, sysinfo_type, SYSINFO)
typedef struct {
	char *bios_vendor, *bios_version, *bios_date, *bios_release;
	char *system_manufacturer, *system_product, *system_version, *system_serial, *system_uuid,
		*system_sku, *system_family;
	char *chassis_manufacturer, *chassis_version, *chassis_serial, *chassis_asset, *chassis_sku;
} SysinfoStrings;
typedef struct {
	char *manufacturer, *product, *version, *serial, *asset, *location;
} SysinfoBoard;
typedef struct {
	char *name, *file, *value;
} SysinfoFwcfg;
typedef struct {
	SysinfoType type;
	SysinfoStrings strings;
	GPtrArray *boards;	/* SysinfoBoard */
	GPtrArray *oem_strings; /* char * */
	GPtrArray *fwcfgs;	/* SysinfoFwcfg */
} DomainSysinfo;
