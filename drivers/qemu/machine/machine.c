/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/machine/machine.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	bool prefix;
	MachineFamily family;
} families[] = {
	{ "pc-q35-", true, MACHINE_Q35 },       { "q35", false, MACHINE_Q35 },
	{ "pc-i440fx-", true, MACHINE_I440FX }, { "pc", false, MACHINE_I440FX },
	{ "pc-0.", true, MACHINE_I440FX },      { "pc-1.", true, MACHINE_I440FX },
	{ "xenfv", true, MACHINE_I440FX },      { "rhel", true, MACHINE_I440FX },
	{ "isapc", false, MACHINE_ISAPC },      { "microvm", false, MACHINE_MICROVM },
	{ "virt-", true, MACHINE_VIRT },        { "virt", false, MACHINE_VIRT },
	{ "pseries", true, MACHINE_PSERIES },   { "s390-", true, MACHINE_S390 },
};

MachineFamily machine_family(const DomainDef *def)
{
	const char *machine = def->os.machine;

	for (size_t i = 0; machine && i < G_N_ELEMENTS(families); i++)
		if (families[i].prefix ? g_str_has_prefix(machine, families[i].name)
				       : strcmp(machine, families[i].name) == 0)
			return families[i].family;
	return MACHINE_OTHER;
}

bool machine_is_older_than(const DomainDef *def, guint major, guint minor)
{
	const char *dash = def->os.machine ? strrchr(def->os.machine, '-') : NULL;
	guint of[2];

	if (!dash || sscanf(dash + 1, "%u.%u", &of[0], &of[1]) != 2)
		return false;
	return of[0] < major || (of[0] == major && of[1] < minor);
}

static bool machine_is_one_of(const DomainDef *def, const char *const *names)
{
	return def->os.machine && g_strv_contains(names, def->os.machine);
}

bool machine_has_pci(const DomainDef *def)
{
	static const char *const boards[] = { "ppce500", "prep",           "bamboo",
					      "mac99",   "g3beige",        "malta",
					      "sun4u",   "sun4v",          "versatilepb",
					      "40p",     "realview-pb-a8", "virtex-ml507",
					      NULL };

	switch (machine_family(def)) {
	case MACHINE_I440FX:
	case MACHINE_Q35:
	case MACHINE_VIRT:
	case MACHINE_PSERIES:
	case MACHINE_S390:
		return true;
	default:
		return machine_is_one_of(def, boards);
	}
}

bool machine_has_pcie_root(const DomainDef *def)
{
	MachineFamily family = machine_family(def);

	return family == MACHINE_Q35 || family == MACHINE_VIRT;
}

bool machine_has_ide(const DomainDef *def)
{
	static const char *const boards[] = { "malta", "sun4u", "g3beige", "mac99", NULL };
	MachineFamily family = machine_family(def);

	return family == MACHINE_I440FX || family == MACHINE_ISAPC ||
	       machine_is_one_of(def, boards);
}

bool machine_has_sata(const DomainDef *def)
{
	return machine_family(def) == MACHINE_Q35;
}

bool machine_has_ps2(const DomainDef *def)
{
	MachineFamily family = machine_family(def);

	return family == MACHINE_I440FX || family == MACHINE_Q35 || family == MACHINE_ISAPC;
}
