/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an option of the command line stands for, before it is text: so that the same can be given
 * to a running QEMU over its monitor. Pure.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>
#include <jansson.h>

#include "drivers/qemu/argv/props.h"

typedef struct CommandPart {
	const char *option; /* static: "-device" */
	Props *props;
	json_t *node; /* of a -blockdev, in place of @props */
	int fd;       /* of -add-fd, borrowed; else -1 */
} CommandPart;

CommandPart *command_part_new(const char *option, Props *props);
void command_part_free(void *part);

/*
 * The command that gives @part to a running QEMU; the caller owns *ret_arguments. Fails with
 * VIR_ERR_OPERATION_UNSUPPORTED for what QEMU takes at its start only.
 */
bool command_part_plug(const CommandPart *part, const char **ret_command, json_t **ret_arguments,
		       GError **error);
/* The command that takes it away again, NULL when there is none; the caller owns *ret_arguments. */
const char *command_part_unplug(const CommandPart *part, json_t **ret_arguments);
