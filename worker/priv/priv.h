/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reeve-priv: the process that may do what needs root, and does nothing else. It serves the requests
 * of priv.def that come over one socket from reeved, and ends with that socket. Its configuration is
 * fixed by its command line, which reeved wrote before it dropped root.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>

#include <glib.h>

#include "rpc/tables/priv.h"

typedef struct PrivConfig {
	int vm_dirs;  /* run/vm, open */
	int vm_binary; /* reeve-vm, open for executing */
	int log_dir;  /* open; files made there belong to the engine */
	int net_dirs; /* run/net, open, root's: a directory for each network; -1: there are no networks */
	const char *policy;    /* path of priv.conf */
	const char *state_dir; /* of the engine */
	uid_t engine_uid;
	gid_t engine_gid;
	uid_t uid_base; /* the first is for probes; the last ones: see below */
	unsigned uid_count;
	bool has_gid; /* all guests have one group, else each its own with the user's number */
	gid_t gid;
	int socket; /* to the engine */
	volatile bool *finished; /* shared with the children: their work is done, they are about to answer */
	unsigned slot;		 /* in there, of the request being served */
} PrivConfig;

/* Descriptors that came with a request or go with its answer; those left are closed. */
typedef struct PrivFds {
	int fds[PRIV_FDS_MAX];
	unsigned n;
} PrivFds;

/* A user whom no guest has, for programs that handle images. */
static inline uid_t priv_tool_uid(const PrivConfig *config)
{
	return config->uid_base + config->uid_count - 2;
}

/* Another, of the networks' dnsmasq. The one behind these ends guests. */
static inline uid_t priv_network_uid(const PrivConfig *config)
{
	return config->uid_base + config->uid_count - 3;
}

/* One request being served. */
typedef struct PrivCall {
	const PrivConfig *config;
	unsigned serial;
	PrivFds *in;
	PrivFds out;
	/* Of a forked request: what its process does after it has answered, until it ends. May be NULL. */
	void (*after)(void *data);
	void *data;
} PrivCall;

enum priv_number {
#define PRIV(number, name, ...) PRIV_REQUEST_##name = number,
#include "worker/priv/priv.def"
#undef PRIV
};

/*
 * The functions of the requests: false and an error that the engine's client may read, or true with
 * *ret filled in (zeroed before; freed with its XDR filter, so malloc'ed) and descriptors in call->out.
 */
#define PRIV(number, name, args_type, ret_type, ...)                                               \
	bool priv_##name(PrivCall *call, const args_type *args, ret_type *ret, GError **error);
#include "worker/priv/priv.def"
#undef PRIV

/*
 * Serves one packet and sends the answer. INLINE requests are done at once, others in a child whose
 * pid is returned (0: none) for the caller to watch.
 */
pid_t priv_packet_serve(const PrivConfig *config, const char *packet, size_t length, PrivFds *in);
/* Answers @serial with an error: its child ended without an answer. */
void priv_answer_lost(const PrivConfig *config, unsigned serial, int status);
/* The serial number of a packet, 0 when it is too short. */
unsigned priv_packet_serial(const char *packet, size_t length);
/* UUID (16 bytes, borrowed) of the guest whose directory the packet is to remove; NULL for other requests. */
const char *priv_packet_removes(const char *packet, size_t length);
/* Is the packet about the directory of that guest? */
bool priv_packet_is_about(const char *packet, size_t length, const char *uuid);
/* Answers @packet with an error: what it is about is being removed. */
void priv_answer_busy(const PrivConfig *config, const char *packet, size_t length);

static inline void priv_fds_clear(PrivFds *fds)
{
	while (fds->n > 0)
		close(fds->fds[--fds->n]);
}

/* Adds @fd, which must be open; takes it. */
static inline void priv_fds_add(PrivFds *fds, int fd)
{
	g_assert(fds->n < PRIV_FDS_MAX);
	fds->fds[fds->n++] = fd;
}

/* Gives up for good what requests do not need: capabilities, and a list of system calls. */
bool priv_sandbox(GError **error);
/* In a child that is about to become a guest's worker: no privilege is left after it. */
bool priv_become(uid_t uid, gid_t gid, GError **error);
/* In a child: no capability is left to it. */
bool priv_capabilities_drop(void);
/*
 * In a child that is about to become a program that reads or makes an image: as above, and no network, no
 * process, no file but plain ones; where it is not @writable, only the descriptors it has are written.
 */
bool priv_confine(uid_t uid, gid_t gid, bool writable, GError **error);
/* Opens the directory of the guest @uuid, which gets its name (37 bytes), and tells whose it is; -1 and an error. */
int priv_vm_dir_open(const PrivConfig *config, const char *uuid, char *ret_name, uid_t *ret_uid,
		     GError **error);
/* @uuid as the name of a directory; a buffer of 37 bytes. */
void priv_uuid_format(const unsigned char *uuid, char *ret_text);
