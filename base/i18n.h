/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marks strings for people: _() translates now, N_() only marks. Call i18n_init() first in main(). */
#pragma once

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) (text)

/* Sets locale and message catalogue; $REEVE_LOCALEDIR overrides the installed catalogue. */
void i18n_init(void);
