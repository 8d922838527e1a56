/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The members of qemu_driver, the definition half: one file each. In the engine. What they promise
 * stands at struct Driver in drivers/driver.h.
 */
#pragma once

#include "drivers/driver.h"

char *qemu_capabilities(GError **error);
char *qemu_domain_capabilities(const char *emulator, const char *arch, const char *machine,
			       const char *virt_type, GError **error);
bool qemu_check(const DomainDef *def, GError **error);
bool qemu_prepare(DomainDef *live, int id, GError **error);
bool qemu_settle(const DomainDef *live, bool started);
GPtrArray *qemu_resources(const DomainDef *live, GError **error);
GPtrArray *qemu_plan_wait(DomainDef *live, const DomainDevice *device, char **retired, GError **error);
bool qemu_refit_wait(DomainDef *live, const DomainDevice *device, GError **error);
GPtrArray *qemu_device_resources(const DomainDef *live, const DomainDevice *device,
				 GError **error);

/* What the members above do for all devices, for one of them. */
bool qemu_check_device_wait(const DomainDef *def, const DomainDevice *device, GError **error);
bool qemu_prepare_device(DomainDef *live, const DomainDevice *device, GError **error);
char *qemu_to_native(const DomainDef *def, const char *format, GError **error);

/* A model that definitions may name, unlike "host" and "max", which are modes. */
bool qemu_cpu_model_is_named(const char *name);
