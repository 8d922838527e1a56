/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of qemu_prepare(): what a guest gets anew at each start. In the engine. */
#pragma once

#include "conf/def/domain.h"
#include "drivers/qemu/device/kind.h"

/* Names of all devices, which are the ids that QEMU knows them by. */
void prepare_aliases(DomainDef *live);

/* prepare_machine.c */
/* The model and features that a mode, a match and optional features stand for here. Parks. */
bool prepare_cpu_wait(DomainDef *live, GError **error);
/* Rounds sizes up to what the machine can have; the host must have the NUMA nodes that are named. */
bool prepare_memory(DomainDef *live, GError **error);

/* prepare_choice.c: what is chosen for the start of @live stays with it until qemu_settle() */
/* The first port of @range that nobody has. */
bool prepare_port_choose(const DomainDef *live, const PortRange *range, int *ret, GError **error);
/* Fails with VIR_ERR_OPERATION_FAILED when somebody listens there. */
bool prepare_port_check(const char *address, int port, GError **error);
/* A name for a tap device, which the caller owns. */
char *prepare_tap_choose(const DomainDef *live);
