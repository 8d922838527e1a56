/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This terminal as the console of a domain, until the escape character. Process: reeve. */
#pragma once

#include "tools/object/domain_ref.h"

/* @device may be NULL: the first one. @flags: VIR_DOMAIN_CONSOLE_*. */
bool console_run(Session *session, const Domain *domain, const char *device, unsigned int flags,
		 GError **error);
