/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of networks that stand in a file of their own. Private to conf/network. */
#pragma once

#include "conf/network/network.h"

/* What contradicts the mode, the addresses or another part; names and modes were checked before. */
bool network_parts_check(const NetworkDef *def, GError **error);
