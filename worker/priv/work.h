/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A request that may take long. A socket came with it, whose other end the engine keeps as long as somebody wants the
 * result: signs of life go there, so that the engine does not give up what still gets on, and before something is given
 * its name the engine is asked whether it is still wanted. What is not leaves nothing. reeve-priv only.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

/* Does anybody still wait? -1 is somebody who always does. */
bool work_is_wanted(int socket);
/* It gets on: at most once a second this is said. Fails with VIR_ERR_OPERATION_ABORTED when nobody waits any more. */
bool work_goes_on(int socket, GError **error);
/* Asks for leave to finish; blocks until it is given. Fails as above. */
bool work_may_finish(int socket, GError **error);
