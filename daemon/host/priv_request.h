/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request to reeve-priv, by its row in worker/priv/priv.def. For files that wrap requests of a noun.
 * Where there is no reeve-priv (session mode) they fail with VIR_ERR_OPERATION_INVALID.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "daemon/core/engine.h"
#include "rpc/tables/priv.h"

/* PRIV_REQUEST_open and so on. */
enum PrivNumber {
#define PRIV(number, name, ...) PRIV_REQUEST_##name = number,
#include "worker/priv/priv.def"
#undef PRIV
};

typedef struct PrivRequest {
	unsigned number;
	const void *args;
	void *ret; /* zeroed by the caller; freed by it with the row's filter */
	int send_fd; /* goes with the request, stays the caller's; -1: none */
	GArray *ret_fds; /* of int: takes the answer's descriptors; NULL: they are closed */
	uint64_t timeout_usec; /* 0: 30 s */
	const unsigned *beats; /* counts signs of life, which put the deadline off; NULL: there are none */
} PrivRequest;

/* Parks. */
bool priv_request_call(Engine *engine, const PrivRequest *request, GError **error);

/* As above with at most one descriptor in the answer: @fd is where it goes, or NULL. Parks. */
bool priv_request_fd_call(Engine *engine, PrivRequest request, int *fd, GError **error);

/*
 * A request that takes long, whose row comes with a descriptor: it ends when it is done, or when for the time of a
 * deadline it did not get on; what is not wanted any more is not made. Parks.
 */
bool priv_work_call(Engine *engine, PrivRequest request, GError **error);

#define PRIV_WORK_CALL(engine, name, seconds, args_pointer, ret_pointer, error)                    \
	priv_work_call(engine,                                                                     \
		       (PrivRequest){ .number = PRIV_REQUEST_##name, .args = (args_pointer),       \
				      .ret = (ret_pointer),                                        \
				      .timeout_usec = (seconds) * G_USEC_PER_SEC },                \
		       error)

#define PRIV_CALL(engine, name, args_pointer, ret_pointer, fd, error)                              \
	priv_request_fd_call(engine,                                                               \
			     (PrivRequest){ .number = PRIV_REQUEST_##name, .args = (args_pointer), \
					    .ret = (ret_pointer), .send_fd = -1 },                 \
			     fd, error)
