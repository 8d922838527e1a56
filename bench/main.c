/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <libvirt/virterror.h>

#include "bench/bench.h"

static int usage(void)
{
	const Measure *measure;

	fprintf(stderr, "bench-client MEASURE URI [--clients N] [--count N] [--seconds S]\n"
			"             [--pause MS] [--name NAME] [--xml FILE] [--pid PID]\n");
	for (measure = measures; measure->name; measure++)
		fprintf(stderr, "  %-14s %s\n", measure->name, measure->text);
	fprintf(stderr, "  %-14s %s\n", "kill-event", "ms from SIGKILL of --pid to its event");
	return 2;
}

/* Takes one "--option value"; false when it is none that we know. */
static bool option_take(Bench *bench, const char *option, const char *value)
{
	if (g_str_equal(option, "--clients"))
		bench->clients = (unsigned)atoi(value);
	else if (g_str_equal(option, "--count"))
		bench->count = (unsigned)atoi(value);
	else if (g_str_equal(option, "--seconds"))
		bench->seconds = atof(value);
	else if (g_str_equal(option, "--pause"))
		bench->pause_ms = (unsigned)atoi(value);
	else if (g_str_equal(option, "--name"))
		bench->name = value;
	else if (g_str_equal(option, "--pid"))
		bench->pid = atoi(value);
	else if (g_str_equal(option, "--xml"))
		return g_file_get_contents(value, &bench->xml, NULL, NULL);
	else
		return false;
	return true;
}

static void quiet(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

int main(int argc, char **argv)
{
	Bench bench = {.clients = 1, .seconds = 2.0, .name = "bench"};
	const Measure *measure;
	int i;

	if (argc < 3)
		return usage();
	bench.uri = argv[2];
	for (i = 3; i < argc; i += 2) {
		if (i + 1 >= argc || !option_take(&bench, argv[i], argv[i + 1]))
			return usage();
	}
	virSetErrorFunc(NULL, quiet);
	if (g_str_equal(argv[1], "kill-event"))
		return event_after_kill(&bench);
	for (measure = measures; measure->name; measure++) {
		if (g_str_equal(measure->name, argv[1]))
			return clients_run(&bench, measure);
	}
	return usage();
}
