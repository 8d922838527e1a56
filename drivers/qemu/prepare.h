/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of qemu_prepare(): what a guest gets anew at each start. In the engine. */
#pragma once

#include "conf/domain.h"

/* Names of all devices, which are the ids that QEMU knows them by. */
void prepare_aliases(DomainDef *live);
/* Ports of displays that want one; found free just now. */
bool prepare_displays(DomainDef *live, GError **error);
/* Sockets of channels, names of tap devices. */
bool prepare_backends(DomainDef *live, GError **error);
