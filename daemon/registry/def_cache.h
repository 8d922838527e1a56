/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The few definitions that were parsed last, by their text. Engine, loop's thread. */
#pragma once

#include <glib.h>

#include "conf/def/domain.h"
#include "daemon/store/text.h"

/* Borrowed, until the next call of this. @flags go to domain_def_parse(). */
const DomainDef *def_cache_get(Text *text, unsigned flags, GError **error);
/* Puts @def (taken) there as the parsed form of @text. */
void def_cache_put(Text *text, DomainDef *def);
void def_cache_clear(void);
