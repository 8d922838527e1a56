/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libxml/parser.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "config.h"
#include "daemon/core/settings.h"
#include "daemon/engine_private.h"
#include "daemon/front/server.h"
#include "daemon/host/priv.h"

static MainOptions options;

static void usage(FILE *file)
{
	fprintf(file, _("Usage: reeved [OPTION...]\n"
			"Keeps the virtual machines of this host and serves libvirt's protocol.\n\n"
			"  -d, --dir=DIR          keep everything below DIR: sock, state, run, log, pki\n"
			"  -f, --config=FILE      read this instead of %s\n"
			"  -o, --option=NAME=VALUE  set one setting, after the file\n"
			"  -v, --verbose          log everything\n"
			"      --help-settings    list all settings with range and default\n"
			"  -h, --help             show this\n"
			"  -V, --version          show the version\n"),
		SYSCONFDIR "/reeve/reeved.conf");
}

/* Exit status, or -1 to go on. */
static int parse_options(int argc, char **argv, GPtrArray *assignments)
{
	enum { HELP_SETTINGS = 256, HELP_SETTINGS_ROFF };
	static const struct option long_options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "config", required_argument, NULL, 'f' },
		{ "option", required_argument, NULL, 'o' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help-settings", no_argument, NULL, HELP_SETTINGS },
		{ "help-settings-roff", no_argument, NULL, HELP_SETTINGS_ROFF },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "d:f:o:vhV", long_options, NULL)) != -1;)
		switch (c) {
		case 'd':
			options.dir = g_canonicalize_filename(optarg, NULL);
			break;
		case 'f':
			options.config = optarg;
			break;
		case 'o':
			g_ptr_array_add(assignments, optarg);
			break;
		case 'v':
			g_ptr_array_add(assignments, (char *)"log_level=debug");
			break;
		case HELP_SETTINGS:
		case HELP_SETTINGS_ROFF:
			settings_print(stdout, c == HELP_SETTINGS_ROFF);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("reeved %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			return EXIT_FAILURE;
		}
	if (optind < argc) {
		fprintf(stderr, _("reeved: unexpected argument '%s'\n"), argv[optind]);
		return EXIT_FAILURE;
	}
	return -1;
}

/* The file with the settings, whether there is one or not. The caller frees. */
static char *config_path(const Engine *engine)
{
	if (options.config)
		return g_strdup(options.config);
	if (options.dir)
		return g_build_filename(options.dir, "reeved.conf", NULL);
	if (engine->privileged)
		return g_strdup(SYSCONFDIR "/reeve/reeved.conf");
	return g_build_filename(g_get_user_config_dir(), "reeve", "reeved.conf", NULL);
}

/* Presets, then the file, then -o. A file that was not asked for need not exist. */
static Settings *read_settings(const Engine *engine, GError **error)
{
	g_autoptr(Settings) settings = settings_new();
	g_autofree char *path = config_path(engine);

	if ((options.config || g_file_test(path, G_FILE_TEST_EXISTS)) &&
	    !settings_load(settings, path, error))
		return NULL;
	for (char **assignment = options.assignments; *assignment; assignment++)
		if (!settings_assign(settings, *assignment, error))
			return NULL;
	paths_fill(settings, options.dir, engine->privileged);
	return g_steal_pointer(&settings);
}

static bool start_priv(Engine *engine, uid_t uid, gid_t gid, GError **error)
{
	const Settings *settings = engine->settings;
	g_autofree char *vms = g_build_filename(engine->run_dir, "vm", NULL);
	g_autofree char *nets = g_build_filename(engine->run_dir, "net", NULL);
	g_autofree char *config = config_path(engine);
	const char *const private[] = { engine->state_dir, engine->run_dir, config,
					settings->tls_key, NULL };
	PrivOptions priv = {
		.helper = settings->priv_helper,
		.worker = settings->worker,
		.vm_dirs = vms,
		.net_dirs = nets,
		.log_dir = engine->log_dir,
		.state_dir = engine->state_dir,
		.policy = settings->priv_policy,
		.private = private,
		.uid = uid,
		.gid = gid,
		.guest_uid_base = (uid_t)settings->guest_uid_base,
		.guest_gid = settings->guest_gid,
	};

	engine->priv = priv_new(engine->loop, &priv, error);
	return engine->priv != NULL;
}

/* All that needs root: directories, sockets, keys, the privileged helper. Then root is dropped. */
static bool prepare(Engine *engine, GError **error)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	engine->settings = read_settings(engine, error);
	if (!engine->settings)
		return false;
	engine->state_dir = g_strdup(engine->settings->state_dir);
	engine->run_dir = g_strdup(engine->settings->run_dir);
	engine->log_dir = g_strdup(engine->settings->log_dir);
	if (engine->privileged && !user_resolve(engine->settings, &uid, &gid, error))
		return false;
	if (!engine_watch_signals(engine, error) ||
	    !paths_make(engine, options.dir, uid, gid, error))
		return false;
	engine->server = server_new(engine, error);
	if (!engine->server)
		return false;
	if (!engine->privileged)
		return true;
	return start_priv(engine, uid, gid, error) && user_become(uid, gid, error);
}

static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Memory that was given back is cleared and mapped anew when it is asked for again, which costs more
 * than most calls: what a call needed stays for the next one. It goes when nobody asks for a while.
 */
static void keep_memory(void)
{
	const int keep = 64 * 1024 * 1024;

	mallopt(M_TRIM_THRESHOLD, keep);
	mallopt(M_MMAP_THRESHOLD, keep / 2);
}

int main(int argc, char **argv)
{
	g_autoptr(GPtrArray) assignments = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	Engine engine = { .read_settings = read_settings };
	int status;

	keep_memory();
	i18n_init();
	log_init("reeved", LOG_LEVEL_INFO);
	status = parse_options(argc, argv, assignments);
	if (status >= 0)
		return status;
	g_ptr_array_add(assignments, NULL);
	options.assignments = (char **)assignments->pdata;
	umask(022);
	raise_limits();
	xmlInitParser();
	engine.privileged = geteuid() == 0;
	if (sd_event_default(&engine.loop) < 0 || !fiber_init(engine.loop, &error) ||
	    !prepare(&engine, &error) || !engine_begin(&engine, &error)) {
		log_error("%s", error ? error->message : _("cannot set up the event loop"));
		status = EXIT_FAILURE;
	} else {
		status = engine_run(&engine);
	}
	engine_end(&engine);
	fiber_done();
	sd_event_unref(engine.loop);
	g_free((char *)options.dir);
	return status;
}
