/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may follow in a command line: names of commands, options, objects and files. */
#include "config.h"

#include <string.h>

#include "base/error.h"
#include "tools/cli/commands.h"

typedef struct Completion {
	GPtrArray *list;
	const char *partial;
} Completion;

static void offer(Completion *c, const char *word)
{
	if (g_str_has_prefix(word, c->partial))
		g_ptr_array_add(c->list, g_strdup(word));
}

static void offer_domains(Completion *c, Session *session)
{
	remote_connect_list_all_domains_args args = { .need_results = 1 };
	remote_connect_list_all_domains_ret *ret = ASK(session, connect_list_all_domains, &args, NULL);

	for (guint i = 0; ret && i < ret->domains.domains_len; i++)
		offer(c, ret->domains.domains_val[i].name);
}

static void offer_networks(Completion *c, Session *session)
{
	remote_connect_list_all_networks_args args = { .need_results = 1 };
	remote_connect_list_all_networks_ret *ret = ASK(session, connect_list_all_networks, &args, NULL);

	for (guint i = 0; ret && i < ret->nets.nets_len; i++)
		offer(c, ret->nets.nets_val[i].name);
}

static void offer_pools(Completion *c, Session *session)
{
	remote_connect_list_all_storage_pools_args args = { .need_results = 1 };
	remote_connect_list_all_storage_pools_ret *ret =
		ASK(session, connect_list_all_storage_pools, &args, NULL);

	for (guint i = 0; ret && i < ret->pools.pools_len; i++)
		offer(c, ret->pools.pools_val[i].name);
}

static void offer_files(Completion *c, G_GNUC_UNUSED Session *session)
{
	g_autofree char *directory = g_path_get_dirname(c->partial);
	const char *slash = strrchr(c->partial, '/');
	g_autofree char *prefix = slash ? g_strndup(c->partial, (gsize)(slash - c->partial + 1)) :
					  g_strdup("");
	g_autoptr(GDir) handle = g_dir_open(directory, 0, NULL);
	const char *name;

	while (handle && (name = g_dir_read_name(handle))) {
		g_autofree char *path = g_strconcat(prefix, name, NULL);
		g_autofree char *shown = g_file_test(path, G_FILE_TEST_IS_DIR) ?
						 g_strconcat(path, "/", NULL) :
						 g_strdup(path);

		if (name[0] != '.' || (slash && slash[1] == '.'))
			offer(c, shown);
	}
}

/* By the name of the option that takes the word. */
static const struct {
	const char *option;
	void (*offer)(Completion *c, Session *session);
} sources[] = {
	{ "domain", offer_domains },   { "network", offer_networks }, { "pool", offer_pools },
	{ "file", offer_files },       { "xml", offer_files },        { "xmlfile", offer_files },
	{ "config", offer_files },     { "backupxml", offer_files },  { "checkpointxml", offer_files },
	{ "dir", offer_files },
};

static void offer_value(Completion *c, Session *session, const char *option)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
		if (!strcmp(sources[i].option, option))
			sources[i].offer(c, session);
}

/* The option whose value comes next, NULL when it is none: words[0] is the command. */
static const Option *option_expected(const GArray *options, char *const *words)
{
	guint given = 0, n = g_strv_length((char **)words);

	if (n > 1 && g_str_has_prefix(words[n - 1], "--"))
		for (guint i = 0; i < options->len; i++) {
			const Option *option = &g_array_index(options, Option, i);

			if (!strcmp(option->name, words[n - 1] + 2) && option->kind != OPTION_FLAG)
				return option;
		}
	for (guint i = 1; i < n; i++)
		if (!g_str_has_prefix(words[i], "--"))
			given++;
	for (guint i = 0; i < options->len; i++) {
		const Option *option = &g_array_index(options, Option, i);

		if (option->kind == OPTION_REST || (option->kind != OPTION_FLAG && !option->named && !given--))
			return option;
	}
	return NULL;
}

static void offer_options(Completion *c, const GArray *options, char *const *words)
{
	for (guint i = 0; i < options->len; i++) {
		g_autofree char *name =
			g_strconcat("--", g_array_index(options, Option, i).name, NULL);

		if (!g_strv_contains((const char *const *)words, name))
			offer(c, name);
	}
	offer(c, "--json");
	offer(c, "--help");
}

char **complete_word(Session *session, char *const *words, const char *partial)
{
	Completion c = { g_ptr_array_new(), partial };
	const Command *command = words[0] ? command_find(words[0]) : NULL;

	if (!words[0]) {
		for (const Command *each = commands; each->name; each++)
			offer(&c, each->name);
	} else if (command) {
		g_autoptr(GArray) options = command_options(command);
		const Option *option = option_expected(options, words);

		if (partial[0] == '-')
			offer_options(&c, options, words);
		else if (option)
			offer_value(&c, session, option->name);
	}
	g_ptr_array_add(c.list, NULL);
	return (char **)g_ptr_array_free(c.list, FALSE);
}
