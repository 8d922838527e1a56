/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Firmware images of the host, as their JSON descriptors say (QEMU's docs/interop/firmware.json):
 * read from the usual directories, in the order of their names, those of the administrator first.
 * In the engine; read anew at each question, which is asked when a guest starts.
 */
#pragma once

#include "conf/def/domain.h"

typedef struct Firmware {
	char *name; /* of the descriptor's file */
	bool uefi;  /* else BIOS */
	bool flash; /* else an image to be loaded as ROM */
	char *executable, *executable_format;
	char *nvram_template, *nvram_format; /* NULL: stateless or combined */
	GPtrArray *features;                 /* char * */
	GPtrArray *targets;                  /* "x86_64/pc-q35-*" */
} Firmware;

/* All that can be read, GPtrArray of Firmware; broken descriptors are left out. Caller frees. */
GPtrArray *firmware_list(void);
bool firmware_fits(const Firmware *firmware, const char *arch, const char *machine);
bool firmware_has(const Firmware *firmware, const char *feature);

/*
 * Decides loader and NVRAM of @live where <os firmware=...> leaves it to us, and the template of
 * NVRAM. Fails with VIR_ERR_OPERATION_FAILED when nothing fits.
 */
bool firmware_choose(DomainDef *live, GError **error);
