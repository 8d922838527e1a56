/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of all processes of one guest's user. What a guest's processes do (fork, signal, change their names, forbid
 * to be looked at) does not help them: they are ended from outside, and afterwards somebody who may see everybody
 * looks whether one is left. reeve-priv only, in a child: it waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

typedef struct UserEnd {
	uid_t uid;    /* of the guest: nobody else on this host has it */
	uid_t killer; /* that no guest has, so that no guest may signal who has it */
	int cgroup;   /* of the guest, -1: none */
	uint64_t timeout_usec;
} UserEnd;

/* True when no process is left that has the user as its real, effective, saved or file system user. */
bool user_end(const UserEnd *end, GError **error);

typedef enum UserOf {
	USER_NONE,  /* of another user, or no such process */
	USER_SOME,  /* one of its four users */
	USER_ALL,   /* all of them */
	USER_ENDED, /* the user's, but has ended and only waits for its parent to notice */
} UserOf;

/* What of process @pid (as text) is user @uid. */
UserOf process_user(const char *pid, uid_t uid);
