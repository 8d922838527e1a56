/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices of a guest that runs: planned here against the live definition, opened by reeve-priv, done
 * by the worker. When a function returns, the live definition is what the worker said last. The
 * caller holds the domain. Engine only.
 */
#pragma once

#include "daemon/registry/registry.h"

/*
 * Plugs @given in, after what it needs to sit on. On failure nothing of it is left. *ret_alias (may be
 * NULL; the caller frees): the name that it has now.
 */
bool device_attach_call(Domain *domain, const DomainDevice *given, char **ret_alias,
			GError **error);
/*
 * Asks the guest to give up the device that @given means (at @alias, where that is not NULL). With
 * @wait only a device that is gone is success: VIR_ERR_OPERATION_TIMEOUT tells of one that the guest
 * still has and may yet give up, VIR_ERR_OPERATION_FAILED of one that it refuses to.
 */
bool device_detach_call(Domain *domain, const DomainDevice *given, const char *alias, bool wait,
			GError **error);
/* Changes what of the device that @given means can be changed. @flags: virDomainDeviceModifyFlags. */
bool device_update_call(Domain *domain, const DomainDevice *given, unsigned flags, GError **error);
/* Can the driver of @domain do such things? Else VIR_ERR_OPERATION_UNSUPPORTED. */
bool device_live_check(const Domain *domain, GError **error);
