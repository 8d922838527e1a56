/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is said on the socket between the engine and the process that reads or writes a volume: records, a header and
 * what it announces. Bytes as such could tell neither a hole nor why they end. In the order of bytes of this machine.
 */
#pragma once

#include <stdint.h>

typedef enum RecordKind {
	RECORD_DATA = 1,  /* @length bytes of the volume follow */
	RECORD_HOLE = 2,  /* @length zeros, nothing follows */
	RECORD_END = 3,	  /* all has been said; of a volume that was written: it is on disk */
	RECORD_ERROR = 4, /* @length bytes follow, the message of a GError with @code: nothing comes after it */
} RecordKind;

typedef struct RecordHeader {
	uint32_t kind;
	int32_t code;
	uint64_t length;
} RecordHeader;

/* Single bytes on the socket of a request that takes long, see worker/priv/work.h. */
enum {
	WORK_GOES_ON = '.',
	WORK_ASKS = '?', /* may it finish? */
	WORK_LEAVE = '!',
};

enum {
	RECORD_DATA_MAX = 256 * 1024,
	RECORD_ERROR_MAX = 4096,
};
