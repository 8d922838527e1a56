/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files with the memory of guests: saved ones, in the layout that libvirt gave them, and dumps. A file gets its name
 * when it is whole; what has been there under that name stays until then. Runs in reeve-priv and, where there is
 * none, in the engine of a session: may block.
 *
 * A saved guest begins with a header of 92 bytes, its words in the order of the writer: magic (16 bytes), version,
 * length of what stands between header and memory, whether the guest ran, SaveFormat, where the cookie begins (counted
 * from the end of the header, 0: none), 14 unused words. Then: definition, NUL, cookie, NUL, zeros, memory.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

enum {
	SAVE_HEADER = 92,	/* bytes */
	SAVE_MAGIC = 16,
	SAVE_TEXT_MAX = 900000, /* bytes of definition and cookie */
};

/* Numbers as they stand in the file. */
typedef enum SaveFormat {
	SAVE_RAW,
	SAVE_GZIP,
	SAVE_BZIP2,
	SAVE_XZ,
	SAVE_LZOP,
	SAVE_ZSTD,
	SAVE_FORMATS
} SaveFormat;

/* By its name in settings and documents; -1: there is none. */
int save_format_find(const char *name);
/* NULL for a number that is none's. */
const char *save_format_name(unsigned format);
/* The program that packs, which is run with -c, and with -dc to unpack; NULL: none is needed. */
const char *save_format_program(unsigned format);

/* What stands before the memory. */
typedef struct SaveHead {
	char *xml, *cookie; /* cookie NULL: there is none */
	bool running;
	unsigned format;
	uint32_t length; /* bytes between header and memory */
} SaveHead;

void save_head_clear(SaveHead *head);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SaveHead, save_head_clear)

/*
 * All that comes before the memory, marked as incomplete; its size is a multiple of 4 KiB, with room for a longer
 * definition. ->length is not looked at.
 */
GBytes *save_head_make(const SaveHead *head);
/* What marks the file as complete: SAVE_MAGIC bytes for its begin. */
extern const char save_magic[SAVE_MAGIC + 1];

/* Makes the file that will become @path, which must not be there or hold the memory of a guest. -1 and an error. */
int save_file_create(const char *path, GError **error);
/* Syncs what save_file_create() made and gives it its name. */
bool save_file_commit(const char *path, GError **error);
/* Removes it. A missing one is no error. */
bool save_file_discard(const char *path, GError **error);

/* Opens the saved guest @path for reading, at its memory. -1 and VIR_ERR_OPERATION_FAILED for what is none. */
int save_file_open(const char *path, SaveHead *ret, GError **error);
/* Another definition and mark in the room that there is. */
bool save_file_edit(const char *path, const char *xml, bool running, GError **error);
/* Removes @path if it is a saved guest, whole or not. A missing one is no error. */
bool save_file_remove(const char *path, GError **error);
