/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Firmware, kernel, ACPI tables, and what firmware tells the guest about its machine. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "drivers/qemu/argv/command_build.h"

/* Two nodes for one flash device: the file, and its contents as they are or in a format. */
typedef struct Flash {
	const char *name; /* of the machine's property */
	const char *key;
	const char *path;
	const StorageSource *remote; /* in place of a path */
	StorageFormat format;
	bool read_only;
} Flash;

/* Where the contents are; NULL when there is no such place. */
static json_t *flash_storage(QemuCommand *cmd, const Flash *flash, GError **error)
{
	GPtrArray *layers = command_layers(cmd, flash->key);
	g_autofree char *set = NULL;
	int fd = -1;

	if (flash->remote)
		return command_network_node(flash->remote, error);
	if (list_length(layers) > 0)
		fd = ((GuestLayer *)list_get(layers, 0))->fd;
	if (fd >= 0)
		set = command_fdset(cmd, fd, flash->key);
	if (!set && !flash->path) {
		fail(error, VIR_ERR_OPERATION_INVALID,
		     _("the definition is not prepared: firmware '%s' has no file"), flash->key);
		return NULL;
	}
	return json_pack("{s:s,s:s}", "driver", "file", "filename", set ? set : flash->path);
}

static bool command_flash(QemuCommand *cmd, Props *machine, const Flash *flash, GError **error)
{
	g_autofree char *file = g_strconcat(flash->name, "-storage", NULL);
	g_autofree char *format = g_strconcat(flash->name, "-format", NULL);
	json_t *node = flash_storage(cmd, flash, error);

	if (!node)
		return false;
	json_object_set_new(node, "node-name", json_string(file));
	json_object_set_new(node, "read-only", json_boolean(flash->read_only));
	json_object_set_new(node, "discard", json_string("unmap"));
	command_node(cmd, node);
	command_node(cmd, json_pack("{s:s,s:b,s:s,s:s}", "node-name", format, "read-only",
				    flash->read_only, "driver",
				    flash->format == STORAGE_FORMAT_QCOW2 ? "qcow2" : "raw", "file",
				    file));
	props_str(machine, flash->name, format);
	return true;
}

static bool nvram_check(const OsNvram *nvram, GError **error)
{
	if (nvram->source.type == STORAGE_ABSENT || nvram->source.type == STORAGE_FILE ||
	    nvram->source.type == STORAGE_BLOCK || nvram->source.type == STORAGE_NETWORK)
		return true;
	return command_refuse(error, "nvram",
			      _("variables are kept in files or on the network; other sources are "
				"not supported"));
}

static bool command_pflash(QemuCommand *cmd, Props *machine, GError **error)
{
	const OsLoader *loader = cmd->def->os.loader;
	const OsNvram *nvram = cmd->def->os.nvram;
	Flash code = {
		.name = "pflash0",
		.key = "loader",
		.path = loader->path,
		.format = loader->format,
		.read_only = loader->readonly == TRISTATE_YES,
	};

	if (!command_flash(cmd, machine, &code, error))
		return false;
	if (loader->secure == TRISTATE_YES) {
		command_pair(cmd, "-global", "driver=cfi.pflash01,property=secure,value=on");
	}
	/* Flash that the guest can write to keeps its variables in itself. */
	if (!nvram || (!nvram->path && !nvram->source.type))
		return true;
	if (!nvram_check(nvram, error))
		return false;
	return command_flash(cmd, machine,
			     &(Flash){ .name = "pflash1",
				       .key = "nvram",
				       .path = nvram->path ? nvram->path : nvram->source.path,
				       .remote = nvram->source.type == STORAGE_NETWORK
							 ? &nvram->source
							 : NULL,
				       .format = nvram->format },
			     error);
}

static void command_kernel(QemuCommand *cmd)
{
	const DomainOs *os = &cmd->def->os;
	const struct {
		const char *option, *key, *path;
	} files[] = {
		{ "-kernel", "kernel", os->kernel },
		{ "-initrd", "initrd", os->initrd },
		{ "-dtb", "dtb", os->dtb },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = NULL;

		if (!files[i].path)
			continue;
		path = command_path(cmd, files[i].key, files[i].path);
		command_pair(cmd, files[i].option, path);
		if (i == 1 && os->cmdline)
			command_pair(cmd, "-append", os->cmdline);
	}
	if (os->cmdline && os->kernel && !os->initrd)
		command_pair(cmd, "-append", os->cmdline);
}

static bool command_acpi_tables(QemuCommand *cmd, GError **error)
{
	for (guint i = 0; i < list_length(cmd->def->os.acpi_tables); i++) {
		const OsAcpiTable *table = list_get(cmd->def->os.acpi_tables, i);
		g_autofree char *key = g_strdup_printf("acpi:%u", i);
		g_autofree char *path = command_path(cmd, key, table->path);
		Props *opts = props_new(NULL);

		if (table->type == ACPI_TABLE_MSDM || table->type == ACPI_TABLE_SLIC)
			props_str(opts, "sig", table->type == ACPI_TABLE_MSDM ? "MSDM" : "SLIC");
		props_str(opts, table->type == ACPI_TABLE_RAW ? "data" : "file", path);
		command_opts(cmd, "-acpitable", opts);
	}
	(void)error;
	return true;
}

bool command_firmware(QemuCommand *cmd, Props *machine, GError **error)
{
	const OsLoader *loader = cmd->def->os.loader;

	if (cmd->def->os.varstore)
		return command_refuse(error, "varstore",
				      _("QEMU serves UEFI's variables from version 10.0 on; use "
					"<nvram>"));
	if (cmd->def->os.shim)
		return command_refuse(error, "shim", _("this QEMU takes no shim"));
	if (loader && loader->path && loader->type == LOADER_TYPE_PFLASH) {
		if (!command_pflash(cmd, machine, error))
			return false;
	} else if (loader && loader->path && loader->type != LOADER_TYPE_NONE) {
		g_autofree char *path = command_path(cmd, "loader", loader->path);

		command_pair(cmd, "-bios", path);
	} else if (cmd->def->os.firmware == OS_FIRMWARE_EFI) {
		return fail(error, VIR_ERR_OPERATION_INVALID,
			    _("the definition is not prepared: no EFI firmware was chosen"));
	}
	command_kernel(cmd);
	return command_acpi_tables(cmd, error);
}

/* ---- SMBIOS and fw_cfg */

typedef struct SmbiosField {
	const char *key, *value;
} SmbiosField;

static void command_smbios(QemuCommand *cmd, const char *type, const SmbiosField *fields)
{
	Props *opts = props_new(NULL);
	bool any = false;

	props_str(opts, "type", type);
	for (; fields->key; fields++) {
		props_str(opts, fields->key, fields->value);
		any |= fields->value != NULL;
	}
	if (any)
		command_opts(cmd, "-smbios", opts);
	else
		props_free(opts);
}

static void smbios_strings(QemuCommand *cmd, const SysinfoStrings *s)
{
	command_smbios(cmd, "0",
		       (SmbiosField[]){ { "vendor", s->bios_vendor },
					{ "version", s->bios_version },
					{ "date", s->bios_date },
					{ "release", s->bios_release },
					{ NULL, NULL } });
	command_smbios(cmd, "1",
		       (SmbiosField[]){ { "manufacturer", s->system_manufacturer },
					{ "product", s->system_product },
					{ "version", s->system_version },
					{ "serial", s->system_serial },
					{ "uuid", s->system_uuid },
					{ "sku", s->system_sku },
					{ "family", s->system_family },
					{ NULL, NULL } });
	command_smbios(cmd, "3",
		       (SmbiosField[]){ { "manufacturer", s->chassis_manufacturer },
					{ "version", s->chassis_version },
					{ "serial", s->chassis_serial },
					{ "asset", s->chassis_asset },
					{ "sku", s->chassis_sku },
					{ NULL, NULL } });
}

static void command_smbios_all(QemuCommand *cmd, const DomainSysinfo *sysinfo)
{
	smbios_strings(cmd, &sysinfo->strings);
	for (guint i = 0; i < list_length(sysinfo->boards); i++) {
		const SysinfoBoard *board = list_get(sysinfo->boards, i);

		command_smbios(cmd, "2",
			       (SmbiosField[]){ { "manufacturer", board->manufacturer },
						{ "product", board->product },
						{ "version", board->version },
						{ "serial", board->serial },
						{ "asset", board->asset },
						{ "location", board->location },
						{ NULL, NULL } });
	}
	if (list_length(sysinfo->oem_strings) > 0) {
		Props *opts = props_new(NULL);

		props_str(opts, "type", "11");
		for (guint i = 0; i < sysinfo->oem_strings->len; i++)
			props_str(opts, "value", list_get(sysinfo->oem_strings, i));
		command_opts(cmd, "-smbios", opts);
	}
}

static void command_fw_cfg(QemuCommand *cmd, const DomainSysinfo *sysinfo)
{
	for (guint i = 0; i < list_length(sysinfo->fwcfgs); i++) {
		const SysinfoFwcfg *item = list_get(sysinfo->fwcfgs, i);
		g_autofree char *key = g_strconcat("fwcfg:", item->name, NULL);
		g_autofree char *path = item->file ? command_path(cmd, key, item->file) : NULL;
		Props *opts = props_new(NULL);

		props_str(opts, "name", item->name);
		props_str(opts, "string", path ? NULL : item->value);
		props_str(opts, "file", path);
		command_opts(cmd, "-fw_cfg", opts);
	}
}

bool command_sysinfo(QemuCommand *cmd, GError **error)
{
	const DomainDef *def = cmd->def;
	char text[UUID_TEXT];

	if (def->os.smbios_mode == SMBIOS_MODE_HOST)
		return command_refuse(error, "smbios mode='host'",
				      _("copying the host's identity is not supported"));
	for (guint i = 0; i < list_length(def->sysinfos); i++) {
		const DomainSysinfo *sysinfo = list_get(def->sysinfos, i);

		if (sysinfo->type == SYSINFO_FWCFG)
			command_fw_cfg(cmd, sysinfo);
		else if (def->os.smbios_mode == SMBIOS_MODE_SYSINFO)
			command_smbios_all(cmd, sysinfo);
	}
	if (def->genid_present) {
		Props *opts = props_new("vmgenid");

		uuid_format(&def->genid, text);
		props_str(opts, "guid", text);
		props_str(opts, "id", "vmgenid0");
		command_opts(cmd, "-device", opts);
	}
	if (def->features.vmcoreinfo && def->features.vmcoreinfo_state != TRISTATE_NO)
		command_opts(cmd, "-device", props_new("vmcoreinfo"));
	return true;
}
