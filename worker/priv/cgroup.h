/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A control group (version 2) for each guest's processes, by its user, below the one that reeve-priv is in: nothing
 * leaves it, and all of it is ended with one write. Where there is no such hierarchy, or it may not be written to,
 * there is none, and guests do without. reeve-priv only.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* The directory of the user's group, made if @make is set; -1: none. */
int cgroup_open(uid_t uid, bool make);
/* Puts the calling process into the group; false with errno. */
bool cgroup_enter(int cgroup);
/* Ends all that is in it; -1 is fine. */
void cgroup_kill(int cgroup);
/* Is it known that nobody is in there? False for -1. */
bool cgroup_is_empty(int cgroup);
/*
 * The directory of the guest's group under @controller, made where there is none, with all processes of the guest in
 * it; -1: the host has none that we may use. *ret_old: it is of version 1.
 */
int cgroup_controller_open(const char *controller, uid_t uid, bool *ret_old);
/* Removes the user's groups once they are empty. */
void cgroup_remove(uid_t uid);
/* Removes those of the @count users from @first on in which nobody is: what a predecessor that was killed has left. */
void cgroup_sweep(uid_t first, unsigned count);
