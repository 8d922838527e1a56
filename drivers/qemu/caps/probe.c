/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/caps/probe.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "drivers/qemu/caps/probe_kvm.h"

/* {"usable": true} or {"usable": false, "reason": "..."} */
static json_t *probe_kvm_answer(void)
{
	g_autofree char *reason = NULL;
	bool usable = kvm_probe_usable(&reason);
	json_t *answer = json_pack("{s:i, s:b}", "format", QEMU_PROBE_FORMAT, "usable", usable);

	if (!usable)
		json_object_set_new(answer, "reason", json_string(reason));
	return answer;
}

int qemu_probe(const char *what)
{
	g_autoptr(GError) error = NULL;
	json_t *answer;

	signal(SIGPIPE, SIG_IGN);
	if (strcmp(what, "kvm") == 0) {
		answer = probe_kvm_answer();
	} else {
		g_autofree char *reason = NULL;

		answer = qemu_probe_binary(what, kvm_probe_usable(&reason), &error);
	}
	if (!answer) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	json_dumpf(answer, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(answer);
	return fflush(stdout) == 0 ? 0 : 1;
}
