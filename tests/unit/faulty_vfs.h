/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A layer below SQLite that lets reads, writes, truncations and flushes of the disk fail when it is
 * told to. For tests of the store; one for the process.
 */
#pragma once

#include <stdbool.h>

/* Becomes SQLite's default, for files that are opened from now on. */
void faulty_vfs_install(void);
/* The @nth operation from now on fails with EIO, from 1; with @stays all after it, too. */
void faulty_vfs_arm(int nth, bool stays);
/* Ends that; true when an operation failed. */
bool faulty_vfs_disarm(void);
