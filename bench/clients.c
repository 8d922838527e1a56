/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>
#include <libvirt/virterror.h>

#include "bench/bench.h"

double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

char *document_for(const Bench *bench, unsigned client, unsigned number)
{
	g_autofree char *name = g_strdup_printf("%s-%u-%u", bench->name, client, number);
	g_auto(GStrv) parts = g_strsplit(bench->xml, "@NAME@", -1);

	return g_strjoinv(name, parts);
}

/* Pipes by which all clients begin at once, as a client has them. */
typedef struct {
	int ready; /* each client writes a byte when it could begin */
	int gate;  /* closed by the parent when they may */
} Start;

/* Blocks until everybody has reported and the parent has closed the gate. */
static void start_wait(const Start *start)
{
	char byte = 1;

	if (write(start->ready, &byte, 1) != 1 || read(start->gate, &byte, 1) < 0)
		_exit(1);
}

static void die(const Measure *measure, unsigned client)
{
	const virError *error = virGetLastError();

	fprintf(stderr, "%s, client %u: %s\n", measure->name, client,
		error ? error->message : "failed");
	_exit(1);
}

/* Repeats the step; each duration goes into the file @out. */
static void client_work(Client *client, const Measure *measure, FILE *out)
{
	const Bench *bench = client->bench;
	double began = now_seconds();
	unsigned number;

	for (number = 0; bench->count == 0 || number < bench->count; number++) {
		double before = now_seconds();
		float spent;

		if (bench->count == 0 && before - began >= bench->seconds)
			break;
		if (!measure->step(client, number))
			die(measure, client->number);
		spent = (float)(now_seconds() - before);
		fwrite(&spent, sizeof(spent), 1, out);
		if (bench->pause_ms)
			g_usleep(bench->pause_ms * 1000ul);
	}
}

static void client_main(const Bench *bench, const Measure *measure, unsigned number,
			const Start *start, FILE *out)
{
	Client client = {.bench = bench, .number = number};

	if (measure->connects) {
		client.connection = virConnectOpen(bench->uri);
		if (!client.connection)
			die(measure, number);
	}
	if (measure->prepare && !measure->prepare(&client))
		die(measure, number);
	start_wait(start);
	client_work(&client, measure, out);
	fflush(out);
	_exit(0);
}

static int float_compare(const void *a, const void *b)
{
	float left = *(const float *)a, right = *(const float *)b;

	return (left > right) - (left < right);
}

static double timeval_seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Of all clients, which have ended. */
static double clients_cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return timeval_seconds(&usage.ru_utime) + timeval_seconds(&usage.ru_stime);
}

static void figures_print(GArray *spent, double seconds)
{
	guint last = spent->len - 1;

	qsort(spent->data, spent->len, sizeof(float), float_compare);
	printf("%.2f %.3f %.3f %.3f %u %.3f\n", (double)spent->len / seconds,
	       1000.0 * (double)g_array_index(spent, float, last / 2),
	       1000.0 * (double)g_array_index(spent, float, (guint)(last * 0.99)),
	       1000.0 * (double)g_array_index(spent, float, last), spent->len,
	       1e6 * clients_cpu_seconds() / spent->len);
}

/* Appends what one client wrote. */
static void figures_read(GArray *spent, FILE *file)
{
	float one;

	rewind(file);
	while (fread(&one, sizeof(one), 1, file) == 1)
		g_array_append_val(spent, one);
}

static bool children_wait(unsigned count)
{
	bool good = true;
	int status;

	while (count-- > 0) {
		if (wait(&status) < 0 || status != 0)
			good = false;
	}
	return good;
}

int clients_run(const Bench *bench, const Measure *measure)
{
	g_autofree FILE **files = g_new0(FILE *, bench->clients);
	g_autoptr(GArray) spent = g_array_new(FALSE, FALSE, sizeof(float));
	int ready[2], gate[2];
	double began;
	unsigned i;
	char byte;

	if (pipe(ready) < 0 || pipe(gate) < 0)
		return EXIT_FAILURE;
	for (i = 0; i < bench->clients; i++) {
		files[i] = tmpfile();
		if (fork() == 0) {
			const Start start = {.ready = ready[1], .gate = gate[0]};

			close(gate[1]);
			close(ready[0]);
			client_main(bench, measure, i, &start, files[i]);
		}
	}
	close(ready[1]);
	for (i = 0; i < bench->clients; i++) {
		if (read(ready[0], &byte, 1) != 1)
			break;
	}
	began = now_seconds();
	close(gate[1]);
	if (!children_wait(bench->clients))
		return EXIT_FAILURE;
	began = now_seconds() - began;
	for (i = 0; i < bench->clients; i++) {
		figures_read(spent, files[i]);
		fclose(files[i]);
	}
	if (spent->len == 0)
		return EXIT_FAILURE;
	figures_print(spent, began);
	return EXIT_SUCCESS;
}
