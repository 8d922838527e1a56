/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Families of machine types: what is soldered onto the board of one, as far as completion, checks
 * and the command line depend on it. Pure functions over definitions, in any process.
 */
#pragma once

#include "conf/def/domain.h"

typedef enum MachineFamily {
	MACHINE_OTHER,
	MACHINE_I440FX, /* pc, pc-i440fx-*, pc-1.2 */
	MACHINE_Q35,    /* q35, pc-q35-* */
	MACHINE_ISAPC,
	MACHINE_MICROVM,
	MACHINE_VIRT, /* virt of ARM and RISC-V, LoongArch */
	MACHINE_PSERIES,
	MACHINE_S390,
} MachineFamily;

MachineFamily machine_family(const DomainDef *def);
/* Whether its name says a version of QEMU before @major.@minor: "pc-q35-4.2", "pc-1.3". */
bool machine_is_older_than(const DomainDef *def, guint major, guint minor);
bool machine_has_pci(const DomainDef *def);
bool machine_has_pcie_root(const DomainDef *def);
/* A PIIX3 or ISA controller for two buses of IDE is on the board. */
bool machine_has_ide(const DomainDef *def);
bool machine_has_sata(const DomainDef *def);
bool machine_has_ps2(const DomainDef *def);
