/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Adding, removing and replacing a device in a definition: which one is meant by the document that
 * a client gives. Engine only.
 */
#pragma once

#include "conf/def/domain.h"

/*
 * The index of the device of @def that @device means, in the list of its kind: the disk of the same
 * target, the interface of the same MAC, ...; -1 with VIR_ERR_DEVICE_MISSING, or
 * VIR_ERR_OPERATION_FAILED when more than one could be meant.
 */
int device_find(DomainDef *def, const DomainDevice *device, GError **error);

/* Appends @device (taken on success); completes it as part of @def. */
bool device_add(DomainDef *def, DomainDevice *device, GError **error);
bool device_remove(DomainDef *def, const DomainDevice *device, GError **error);
/* By alias, as detach_device_alias does. */
bool device_remove_alias(DomainDef *def, const char *alias, GError **error);
/* Puts @device (taken on success) in place of the one that it means, at the same address. */
bool device_replace(DomainDef *def, DomainDevice *device, GError **error);
