/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/def/tables.h"

#include "base/error.h"
#include "base/i18n.h"

CONF_ENUM_DEFINE(os_type, OS_TYPE)
CONF_ENUM_DEFINE(os_firmware, OS_FIRMWARE)
CONF_ENUM_DEFINE(firmware_feature_name, FIRMWARE_FEATURE)
CONF_ENUM_DEFINE(loader_type, LOADER_TYPE)
CONF_ENUM_DEFINE(boot_device, BOOT_DEVICE)
CONF_ENUM_DEFINE(smbios_mode, SMBIOS_MODE)
CONF_ENUM_DEFINE(acpi_table_type, ACPI_TABLE)
CONF_ENUM_DEFINE(sysinfo_type, SYSINFO)

/*
 * A file of the host that the guest starts from (loader, kernel, initrd, ...) is the host's affair,
 * as the file of a disk is; words and kinds that reach the guest as they stand here are visible.
 */
static const BindRow type_rows[] = {
	ATTR(DomainOs, "arch", arch, str, G),
	ATTR(DomainOs, "machine", machine, str, G),
	TEXT(DomainOs, type, os_type, BIND_REQUIRED | G, .code = VIR_ERR_OS_TYPE),
	END_ROWS
};
static ELEMENT(os_type_element, NULL, DomainOs, type_rows);

static const BindRow firmware_feature_rows[] = {
	ATTR(FirmwareFeature, "enabled", enabled, yes_no, BIND_REQUIRED | G),
	ATTR(FirmwareFeature, "name", name, firmware_feature_name, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(firmware_feature, NULL, FirmwareFeature, firmware_feature_rows);
static const BindRow firmware_rows[] = {
	LIST(DomainOs, "feature", firmware_features, firmware_feature, G),
	END_ROWS
};
static ELEMENT(firmware, NULL, DomainOs, firmware_rows);

static const BindRow loader_rows[] = {
	ATTR(OsLoader, "readonly", readonly, yes_no, G),
	ATTR(OsLoader, "secure", secure, yes_no, G),
	ATTR(OsLoader, "type", type, loader_type, G),
	ATTR(OsLoader, "stateless", stateless, yes_no, G),
	ATTR(OsLoader, "format", format, storage_format, 0),
	TEXT(OsLoader, path, str, 0),
	END_ROWS
};
static ELEMENT(loader, NULL, OsLoader, loader_rows);

static const BindRow nvram_rows[] = {
	ATTR(OsNvram, "template", template, str, 0),
	ATTR(OsNvram, "templateFormat", template_format, str, 0),
	ATTR(OsNvram, "type", source.type, storage_type, 0),
	ATTR(OsNvram, "format", format, storage_format, 0),
	TEXT(OsNvram, path, str, 0, WHEN(OsNvram, source.type, BIT(STORAGE_ABSENT))),
	CHILD_IN(OsNvram, "source", source, storage_source, 0),
	END_ROWS
};
static ELEMENT(nvram, NULL, OsNvram, nvram_rows);

static const BindRow varstore_rows[] = {
	ATTR(OsVarstore, "template", template, str, 0),
	ATTR(OsVarstore, "path", path, str, 0),
	END_ROWS
};
static ELEMENT(varstore, NULL, OsVarstore, varstore_rows);

static const BindRow boot_rows[] = {
	ATTR(OsBoot, "dev", device, boot_device, BIND_REQUIRED | G),
	END_ROWS
};
static ELEMENT(os_boot, NULL, OsBoot, boot_rows);
static const BindRow bootmenu_rows[] = {
	ATTR(DomainOs, "enable", bootmenu_enable, yes_no, G),
	ATTR(DomainOs, "timeout", bootmenu_timeout, uint, G, HAS(DomainOs, has_bootmenu_timeout)),
	END_ROWS
};
static ELEMENT(bootmenu, NULL, DomainOs, bootmenu_rows);
static const BindRow bios_rows[] = {
	ATTR(DomainOs, "useserial", bios_useserial, yes_no, G),
	ATTR(DomainOs, "rebootTimeout", bios_reboot_timeout, int, G,
	     HAS(DomainOs, has_bios_reboot_timeout)),
	END_ROWS
};
static ELEMENT(bios, NULL, DomainOs, bios_rows);

static const BindRow table_rows[] = {
	ATTR(OsAcpiTable, "type", type, acpi_table_type, BIND_REQUIRED | G),
	TEXT(OsAcpiTable, path, str, BIND_REQUIRED),
	END_ROWS
};
static ELEMENT(acpi_table, NULL, OsAcpiTable, table_rows);
static const BindRow acpi_rows[] = {
	LIST(DomainOs, "table", acpi_tables, acpi_table, G),
	END_ROWS
};
static ELEMENT(os_acpi, NULL, DomainOs, acpi_rows);

static const BindRow initenv_rows[] = {
	ATTR(OsInitEnv, "name", name, str, BIND_REQUIRED | G),
	TEXT(OsInitEnv, value, str, G),
	END_ROWS
};
static ELEMENT(initenv, NULL, OsInitEnv, initenv_rows);

static const BindRow os_rows[] = {
	ATTR(DomainOs, "firmware", firmware, os_firmware, G, .code = VIR_ERR_CONFIG_UNSUPPORTED),
	CHILD("type", os_type_element, BIND_REQUIRED, .code = VIR_ERR_OS_TYPE),
	LEAF(DomainOs, "init", init, str, G),
	STRINGS(DomainOs, "initarg", initargs, G),
	LIST(DomainOs, "initenv", initenvs, initenv, G),
	LEAF(DomainOs, "initdir", initdir, str, G),
	LEAF(DomainOs, "inituser", inituser, str, G),
	LEAF(DomainOs, "initgroup", initgroup, str, G),
	CHILD("firmware", firmware, 0),
	POINTER(DomainOs, "loader", loader, loader, G),
	POINTER(DomainOs, "nvram", nvram, nvram, 0),
	POINTER(DomainOs, "varstore", varstore, varstore, 0),
	LEAF(DomainOs, "kernel", kernel, str, 0),
	LEAF(DomainOs, "initrd", initrd, str, 0),
	LEAF(DomainOs, "cmdline", cmdline, str, G),
	LEAF(DomainOs, "shim", shim, str, 0),
	LEAF(DomainOs, "dtb", dtb, str, 0),
	LEAF(DomainOs, "root", root, str, G),
	CHILD("acpi", os_acpi, 0),
	LIST(DomainOs, "boot", boots, os_boot, G),
	CHILD("bootmenu", bootmenu, 0),
	CHILD("bios", bios, 0),
	VALUE(DomainOs, "smbios", "mode", smbios_mode, smbios_mode, BIND_REQUIRED | G),
	END_ROWS
};
ELEMENT(domain_os, "os", DomainOs, os_rows, .doc = N_("How the guest boots."));

#define ENTRY(member, entry) LEAF(SysinfoStrings, "entry", member, str, G, SELECT("name", entry))
static const BindRow sysinfo_bios_rows[] = {
	ENTRY(bios_vendor, "vendor"), ENTRY(bios_version, "version"), ENTRY(bios_date, "date"),
	ENTRY(bios_release, "release"),
	END_ROWS
};
static ELEMENT(sysinfo_bios, NULL, SysinfoStrings, sysinfo_bios_rows);
static const BindRow sysinfo_system_rows[] = {
	ENTRY(system_manufacturer, "manufacturer"), ENTRY(system_product, "product"),
	ENTRY(system_version, "version"), ENTRY(system_serial, "serial"),
	ENTRY(system_uuid, "uuid"), ENTRY(system_sku, "sku"), ENTRY(system_family, "family"),
	END_ROWS
};
static ELEMENT(sysinfo_system, NULL, SysinfoStrings, sysinfo_system_rows);
static const BindRow sysinfo_chassis_rows[] = {
	ENTRY(chassis_manufacturer, "manufacturer"), ENTRY(chassis_version, "version"),
	ENTRY(chassis_serial, "serial"), ENTRY(chassis_asset, "asset"),
	ENTRY(chassis_sku, "sku"),
	END_ROWS
};
static ELEMENT(sysinfo_chassis, NULL, SysinfoStrings, sysinfo_chassis_rows);

#define BOARD(member) LEAF(SysinfoBoard, "entry", member, str, G, SELECT("name", #member))
static const BindRow board_rows[] = {
	BOARD(manufacturer), BOARD(product), BOARD(version), BOARD(serial), BOARD(asset),
	BOARD(location),
	END_ROWS
};
static ELEMENT(sysinfo_board, NULL, SysinfoBoard, board_rows);

static const BindRow oem_rows[] = {
	STRINGS(DomainSysinfo, "entry", oem_strings, G),
	END_ROWS
};
static ELEMENT(sysinfo_oem, NULL, DomainSysinfo, oem_rows);

static const BindRow fwcfg_rows[] = {
	ATTR(SysinfoFwcfg, "name", name, str, BIND_REQUIRED | G),
	ATTR(SysinfoFwcfg, "file", file, str, 0),
	TEXT(SysinfoFwcfg, value, str, G),
	END_ROWS
};
static ELEMENT(sysinfo_fwcfg, NULL, SysinfoFwcfg, fwcfg_rows);

#define SMBIOS WHEN(DomainSysinfo, type, BIT(SYSINFO_SMBIOS))
static const BindRow sysinfo_rows[] = {
	ATTR(DomainSysinfo, "type", type, sysinfo_type, BIND_REQUIRED | G),
	CHILD_IN(DomainSysinfo, "bios", strings, sysinfo_bios, 0, SMBIOS),
	CHILD_IN(DomainSysinfo, "system", strings, sysinfo_system, 0, SMBIOS),
	LIST(DomainSysinfo, "baseBoard", boards, sysinfo_board, G, SMBIOS),
	CHILD_IN(DomainSysinfo, "chassis", strings, sysinfo_chassis, 0, SMBIOS),
	CHILD("oemStrings", sysinfo_oem, 0, SMBIOS),
	LIST(DomainSysinfo, "entry", fwcfgs, sysinfo_fwcfg, G,
	     WHEN(DomainSysinfo, type, BIT(SYSINFO_FWCFG))),
	END_ROWS
};
ELEMENT(domain_sysinfo, "sysinfo", DomainSysinfo, sysinfo_rows,
	.doc = N_("What firmware tables tell the guest about its machine."));
