/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "bench/bench.h"

static bool domain_look_up(Client *client)
{
	client->domain = virDomainLookupByName(client->connection, client->bench->name);
	return client->domain != NULL;
}

static bool cheap_step(Client *client, unsigned number)
{
	int state, reason;

	(void)number;
	return virDomainGetState(client->domain, &state, &reason, 0) == 0;
}

static bool info_step(Client *client, unsigned number)
{
	virDomainInfo info;

	(void)number;
	return virDomainGetInfo(client->domain, &info) == 0;
}

static bool dump_step(Client *client, unsigned number)
{
	g_autofree char *xml = virDomainGetXMLDesc(client->domain, 0);

	(void)number;
	return xml != NULL;
}

static bool define_step(Client *client, unsigned number)
{
	g_autofree char *xml = document_for(client->bench, client->number, number);
	virDomainPtr domain = virDomainDefineXML(client->connection, xml);

	if (!domain)
		return false;
	virDomainFree(domain);
	return true;
}

/* The same definition once more: an update. */
static bool redefine_prepare(Client *client)
{
	if (!domain_look_up(client))
		return false;
	client->dump = virDomainGetXMLDesc(client->domain, VIR_DOMAIN_XML_INACTIVE);
	return client->dump != NULL;
}

static bool redefine_step(Client *client, unsigned number)
{
	virDomainPtr domain = virDomainDefineXML(client->connection, client->dump);

	(void)number;
	if (!domain)
		return false;
	virDomainFree(domain);
	return true;
}

/* Finds the domains that `define` made with the same count. */
static bool undefine_prepare(Client *client)
{
	unsigned i;

	client->domains = g_new0(virDomainPtr, client->bench->count);
	for (i = 0; i < client->bench->count; i++) {
		g_autofree char *name = g_strdup_printf("%s-%u-%u", client->bench->name,
							client->number, i);

		client->domains[i] = virDomainLookupByName(client->connection, name);
		if (!client->domains[i])
			return false;
	}
	return true;
}

static bool undefine_step(Client *client, unsigned number)
{
	return virDomainUndefine(client->domains[number]) == 0;
}

static bool list_step(Client *client, unsigned number)
{
	virDomainPtr *domains = NULL;
	int count = virConnectListAllDomains(client->connection, &domains, 0);
	int i;

	(void)number;
	for (i = 0; i < count; i++)
		virDomainFree(domains[i]);
	free(domains);
	return count >= 0;
}

static bool stats_step(Client *client, unsigned number)
{
	virDomainStatsRecordPtr *records = NULL;
	int count = virConnectGetAllDomainStats(client->connection, 0, &records, 0);

	(void)number;
	if (count >= 0)
		virDomainStatsRecordListFree(records);
	return count >= 0;
}

static bool domain_stats_step(Client *client, unsigned number)
{
	virDomainPtr one[] = {client->domain, NULL};
	virDomainStatsRecordPtr *records = NULL;
	int count = virDomainListGetStats(one, 0, &records, 0);

	(void)number;
	if (count >= 0)
		virDomainStatsRecordListFree(records);
	return count >= 0;
}

static bool connect_step(Client *client, unsigned number)
{
	virConnectPtr connection = virConnectOpen(client->bench->uri);

	(void)number;
	if (!connection)
		return false;
	virConnectClose(connection);
	return true;
}

/* Guests are NAME-0, NAME-1 ...: each client has its share of bench->count each. */
static bool guests_prepare(Client *client)
{
	unsigned i;

	client->domains = g_new0(virDomainPtr, client->bench->count);
	for (i = 0; i < client->bench->count; i++) {
		g_autofree char *name =
			g_strdup_printf("%s-%u", client->bench->name,
					client->number * client->bench->count + i);

		client->domains[i] = virDomainLookupByName(client->connection, name);
		if (!client->domains[i])
			return false;
	}
	return true;
}

static bool start_step(Client *client, unsigned number)
{
	return virDomainCreateWithFlags(client->domains[number], VIR_DOMAIN_START_PAUSED) == 0;
}

static bool destroy_step(Client *client, unsigned number)
{
	return virDomainDestroy(client->domains[number]) == 0;
}

const Measure measures[] = {
	{"state", "state of a domain", true, domain_look_up, cheap_step},
	{"info", "virDomainGetInfo", true, domain_look_up, info_step},
	{"dump", "XML of a domain", true, domain_look_up, dump_step},
	{"define", "new definitions", true, NULL, define_step},
	{"redefine", "the same definition again", true, redefine_prepare, redefine_step},
	{"undefine", "what define made", true, undefine_prepare, undefine_step},
	{"list", "all domains", true, NULL, list_step},
	{"stats", "statistics of all domains", true, NULL, stats_step},
	{"domain-stats", "statistics of one domain", true, domain_look_up, domain_stats_step},
	{"connect", "open and close a connection", false, NULL, connect_step},
	{"start", "start guests, paused", true, guests_prepare, start_step},
	{"destroy", "destroy guests", true, guests_prepare, destroy_step},
	{NULL, NULL, false, NULL, NULL},
};

typedef struct Stop {
	const char *name;
	bool seen;
} Stop;

static int lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail,
		     void *opaque)
{
	Stop *stop = opaque;

	(void)connection;
	(void)detail;
	if (event == VIR_DOMAIN_EVENT_STOPPED && g_str_equal(virDomainGetName(domain), stop->name))
		stop->seen = true;
	return 0;
}

int event_after_kill(const Bench *bench)
{
	Stop stop = {.name = bench->name};
	virConnectPtr connection;
	double began;

	virEventRegisterDefaultImpl();
	connection = virConnectOpen(bench->uri);
	if (!connection || virConnectDomainEventRegisterAny(
				   connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
				   VIR_DOMAIN_EVENT_CALLBACK(lifecycle), &stop, NULL) < 0)
		return EXIT_FAILURE;
	began = now_seconds();
	if (kill(bench->pid, SIGKILL) < 0) {
		perror("kill");
		return EXIT_FAILURE;
	}
	while (!stop.seen && virEventRunDefaultImpl() == 0)
		;
	printf("%.3f\n", 1000.0 * (now_seconds() - began));
	virConnectClose(connection);
	return EXIT_SUCCESS;
}
