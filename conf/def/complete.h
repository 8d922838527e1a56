/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps of completion that several files share. Private to conf/complete_*.c. */
#pragma once

#include "conf/def/domain.h"

/* Gives every controller without index the lowest free one of its type; USB companions share theirs. */
void controllers_number(DomainDef *def);
/* The first console and the first serial port of a full guest are the same thing. */
void consoles_pair(DomainDef *def);
/* Ports of serial, parallel and console devices: those without get the lowest above all others. */
void chardevs_number(DomainDef *def);
/* Without a <uuid>, that of <sysinfo> becomes the domain's; completion does so. */
void domain_def_adopt_uuid(DomainDef *def);
