/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reeve, the command line: reads the options before the command and runs what follows. */
#include "config.h"

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/i18n.h"
#include "base/log.h"
#include <libvirt/libvirt.h>

#include "tools/cli/commands.h"

enum { OPTION_JSON = 256, OPTION_ROFF };

static const struct option long_options[] = {
	{ "connect", required_argument, NULL, 'c' },
	{ "readonly", no_argument, NULL, 'r' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "timing", no_argument, NULL, 't' },
	{ "debug", required_argument, NULL, 'd' },
	{ "log", required_argument, NULL, 'l' },
	{ "escape", required_argument, NULL, 'e' },
	{ "keepalive-interval", required_argument, NULL, 'k' },
	{ "keepalive-count", required_argument, NULL, 'K' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ "help-commands-roff", no_argument, NULL, OPTION_ROFF },
	{ "version", optional_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static void usage_print(void)
{
	printf(_("reeve [options]... [<command_string>]\n"
		 "reeve [options]... <command> [args...]\n\n"
		 "  options:\n"
		 "    -c | --connect=URI      hypervisor connection URI\n"
		 "    -d | --debug=NUM        debug level [0-4]\n"
		 "    -e | --escape <char>    escape sequence of consoles\n"
		 "    -h | --help             this help\n"
		 "         --json             results as JSON\n"
		 "    -k | --keepalive-interval=NUM\n"
		 "                            keepalive interval in seconds, 0 to disable\n"
		 "    -K | --keepalive-count=NUM\n"
		 "                            number of possible missed keepalive messages\n"
		 "    -l | --log=FILE         write debug messages to a file\n"
		 "    -q | --quiet            quiet mode\n"
		 "    -r | --readonly         connect read-only\n"
		 "    -t | --timing           print timing information\n"
		 "    -v | --version[=short]  program version\n"
		 "    -V | --version=long     version and what it was built for\n\n"
		 "  commands (non interactive mode), see 'reeve help':\n"
		 "  (specify help <group> for the commands of a group,\n"
		 "   help <command> for details of a command)\n"));
}

static void version_print(bool more)
{
	if (!more) {
		printf("%s\n", PACKAGE_VERSION);
		return;
	}
	printf(_("reeve %s, the command line of reeved\n"), PACKAGE_VERSION);
	printf(_("Speaks the remote protocol of libvirt %d.%d.%d over UNIX sockets, TLS, TCP and SSH\n"),
	       LIBVIR_VERSION_NUMBER / 1000000, LIBVIR_VERSION_NUMBER / 1000 % 1000,
	       LIBVIR_VERSION_NUMBER % 1000);
}

/* "^]" or one character; false when it is neither. */
static bool escape_read(const char *text, unsigned char *ret_escape)
{
	if (text[0] == '^' && text[1] && !text[2])
		*ret_escape = (unsigned char)(g_ascii_toupper(text[1]) ^ 0x40);
	else if (text[0] && !text[1])
		*ret_escape = (unsigned char)text[0];
	else
		return false;
	return true;
}

static bool number_read(const char *text, int least, int *ret_number)
{
	gint64 number;

	if (!g_ascii_string_to_signed(text, 10, least, G_MAXINT, &number, NULL))
		return false;
	*ret_number = (int)number;
	return true;
}

static bool debug_read(const char *text)
{
	int level;

	if (!number_read(text, 0, &level) || level > 4)
		return false;
	/* 0 is the most talkative, as virsh has it. */
	log_set_level(level == 0 ? LOG_LEVEL_DEBUG :
		      level == 1 ? LOG_LEVEL_INFO :
		      level <= 3 ? LOG_LEVEL_WARNING :
				   LOG_LEVEL_ERROR);
	return true;
}

/* 0: go on; 1: all is done; -1: the option is wrong. */
static int option_apply(Session *session, int option)
{
	switch (option) {
	case 'c':
		g_free(session->uri);
		session->uri = g_strdup(optarg);
		return 0;
	case 'r':
		session->read_only = true;
		return 0;
	case 'q':
		session->quiet = true;
		return 0;
	case 't':
		session->timing = true;
		return 0;
	case OPTION_JSON:
		session->json_always = session->json = true;
		return 0;
	case 'd':
		return debug_read(optarg) ? 0 : -1;
	case 'l':
		return freopen(optarg, "a", stderr) ? 0 : -1;
	case 'e':
		return escape_read(optarg, &session->escape) ? 0 : -1;
	case 'k':
		return number_read(optarg, 0, &session->keepalive_interval) ? 0 : -1;
	case 'K':
		return number_read(optarg, 0, &session->keepalive_count) ? 0 : -1;
	case 'h':
		usage_print();
		return 1;
	case OPTION_ROFF:
		manual_print();
		return 1;
	case 'v':
	case 'V':
		version_print(option == 'V' || (optarg && !strcmp(optarg, "long")));
		return 1;
	default:
		return -1;
	}
}

static int options_read(Session *session, int argc, char **argv)
{
	int option, result = 0;

	while (!result && (option = getopt_long(argc, argv, "+c:rqtd:l:e:k:K:hvV", long_options, NULL)) >= 0) {
		result = option_apply(session, option);
		if (result < 0 && option != '?')
			fprintf(stderr, _("error: invalid value '%s' of option -%c\n"),
				optarg ? optarg : "", option);
	}
	return result;
}

/* Run from where it was built, before any installation: the catalogues lie beside tools/. */
static void catalogue_find(void)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *tools = self ? g_path_get_dirname(self) : NULL;
	g_autofree char *name = tools ? g_path_get_basename(tools) : NULL;
	g_autofree char *build = tools ? g_path_get_dirname(tools) : NULL;
	g_autofree char *folder = build ? g_build_filename(build, "po", NULL) : NULL;
	g_autofree char *makefile = build ? g_build_filename(build, "Makefile", NULL) : NULL;

	if (!g_getenv("REEVE_LOCALEDIR") && name && !strcmp(name, "tools") &&
	    g_file_test(makefile, G_FILE_TEST_EXISTS) && g_file_test(folder, G_FILE_TEST_IS_DIR))
		bindtextdomain(PACKAGE, folder);
}

static bool words_run(Session *session, int n, char **words)
{
	if (!n)
		return shell_interact(session);
	return n == 1 ? shell_run_line(session, words[0]) : shell_run(session, words);
}

int main(int argc, char **argv)
{
	Session session = { 0 };
	g_autoptr(GError) error = NULL;
	int options;
	bool good;

	i18n_init();
	catalogue_find();
	/* Numbers are for scripts, too: always with a point. */
	setlocale(LC_NUMERIC, "C");
	log_init("reeve", LOG_LEVEL_WARNING);
	if (!session_init(&session, &error)) {
		shell_report(&session, error);
		return EXIT_FAILURE;
	}
	options = options_read(&session, argc, argv);
	good = options >= 0;
	if (!options)
		good = words_run(&session, argc - optind, argv + optind);
	session_done(&session);
	return good && !ferror(stdout) && !fflush(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
