/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-client measures one thing over one connection URI and prints the figures; it knows nothing of
 * the daemon behind it. As it stands for any client, it is linked with libvirt's own library.
 */
#pragma once

#include <stdbool.h>

#include <libvirt/libvirt.h>

/* What is asked for on the command line. Strings are borrowed from there. */
typedef struct Bench {
	const char *uri;
	const char *name;   /* of a domain, or the first part of names */
	char *xml;	    /* of a definition, with @NAME@ in it */
	unsigned clients;   /* processes, each with its own connection */
	unsigned count;	    /* operations of each client, 0: as many as fit in @seconds */
	double seconds;
	unsigned pause_ms;  /* between two operations */
	int pid;	    /* of a process to end */
} Bench;

/* One client at work. */
typedef struct Client {
	const Bench *bench;
	unsigned number; /* from 0 */
	virConnectPtr connection; /* NULL where the measure opens its own */
	virDomainPtr domain;
	char *dump; /* its definition */
	virDomainPtr *domains; /* bench->count of them, where the measure wants that */
} Client;

/*
 * One thing that can be measured. @prepare runs untimed in each client, @step is timed and repeated
 * with the number of the repetition; both return false on failure, which ends the program.
 */
typedef struct Measure {
	const char *name;
	const char *text;
	bool connects; /* the client gets an open connection */
	bool (*prepare)(Client *client);
	bool (*step)(Client *client, unsigned number);
} Measure;

extern const Measure measures[]; /* ends with a NULL name */

double now_seconds(void);

/* The definition for one name; the caller frees. */
char *document_for(const Bench *bench, unsigned client, unsigned number);

/*
 * Runs @measure in bench->clients processes that begin together and prints
 * "RATE per s, P50 ms, P99 ms, MAX ms, COUNT". Returns the exit status.
 */
int clients_run(const Bench *bench, const Measure *measure);

/* Kills bench->pid and waits for the event that says its domain stopped; prints the ms between. */
int event_after_kill(const Bench *bench);
