/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starts reeve-vm: as a guest's worker or as a probe. Used by reeve-priv, which changes the user in
 * between, and by reeved in session mode, where nothing changes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <glib.h>

typedef struct SpawnSpec {
	int binary; /* reeve-vm, open; executed by this descriptor, so its path need not be reachable */
	int directory; /* becomes the working directory; -1: the root */
	int output, errors; /* become descriptors 1 and 2 */
	int extra; /* becomes descriptor 3; -1: none */
	bool listens; /* @extra is a bound socket: the new process listens on it */
	const char *const *argv;
	/* In the child: gives up privileges; NULL: nothing to give up. */
	bool (*become)(void *data, GError **error);
	void *data;
} SpawnSpec;

/* Pid of the new process, with *ret_pidfd; -1 and an error also when it could not be executed. */
pid_t spawn(const SpawnSpec *spec, int *ret_pidfd, GError **error);

/*
 * As `rm -r`, for a guest's directory @name below @parent. Nothing is followed. VIR_ERR_OPERATION_TIMEOUT when it
 * has more in it than can be removed in that time; what is removed stays so.
 */
bool directory_remove(int parent, const char *name, uint64_t timeout_usec, GError **error);

/* Sends SIGKILL to the processes of our user that work in @directory: in session mode, where guests have no own. */
void directory_kill(int directory);

/* A socket for the engine, bound in a guest's directory; the worker is to listen on it (SpawnSpec). */
int worker_bind(int directory, const char *name, GError **error);

/* pidfd_open(2) */
int pidfd_open_of(pid_t pid);
/* pidfd_send_signal(2): 0 or a negative errno */
int pidfd_signal(int pidfd, int signal);
/* Reaps the process if it is an ended child of ours; harmless otherwise. */
void pidfd_reap(int pidfd);
