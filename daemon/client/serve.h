/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prototypes of all functions that may serve calls in the engine, out of the call tables:
 * serve_<name>() of the remote program, serve_qemu_<name>(), serve_reeve_<name>(). Which of them
 * exist is told by the tables' `where`; dispatch.c takes them from there.
 */
#pragma once

#include "daemon/client/call.h"
#include "rpc/wire/procs.h"

#define CALL(number, name, args, ret, ...)                                                         \
	bool serve_##name(Call *call, args *arguments, ret *reply, GError **error);
#include "rpc/tables/calls.def"
#undef CALL

#define CALL(number, name, args, ret, ...)                                                         \
	bool serve_qemu_##name(Call *call, args *arguments, ret *reply, GError **error);
#include "rpc/tables/qemu_calls.def"
#undef CALL

#define CALL(number, name, args, ret, ...)                                                         \
	bool serve_reeve_##name(Call *call, args *arguments, ret *reply, GError **error);
#include "rpc/tables/reeve_calls.def"
#undef CALL
