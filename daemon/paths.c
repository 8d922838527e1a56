/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where things are, and who we are. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "daemon/core/settings.h"
#include "daemon/engine_private.h"

static void fill(char **setting, char *value)
{
	g_autofree char *owned = value;

	if (!**setting) {
		g_free(*setting);
		*setting = g_steal_pointer(&owned);
	}
}

/* A program of ours: beside us in a build tree, else where it is installed. */
static char *program_path(const char *built, const char *installed)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = self ? g_path_get_dirname(self) : NULL;
	g_autofree char *beside = folder ? g_build_filename(folder, "..", built, NULL) : NULL;

	if (beside && g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE))
		return g_canonicalize_filename(beside, NULL);
	return g_build_filename(LIBEXECDIR, installed, NULL);
}

static void fill_private(Settings *settings, const char *dir)
{
	fill(&settings->state_dir, g_build_filename(dir, "state", NULL));
	fill(&settings->run_dir, g_build_filename(dir, "run", NULL));
	fill(&settings->log_dir, g_build_filename(dir, "log", NULL));
	fill(&settings->unix_socket, g_build_filename(dir, "sock", NULL));
	fill(&settings->priv_policy, g_build_filename(dir, "priv.conf", NULL));
	fill(&settings->tls_ca, g_build_filename(dir, "pki", "cacert.pem", NULL));
	fill(&settings->tls_cert, g_build_filename(dir, "pki", "servercert.pem", NULL));
	fill(&settings->tls_key, g_build_filename(dir, "pki", "serverkey.pem", NULL));
}

static void fill_system(Settings *settings)
{
	fill(&settings->state_dir, g_strdup(LOCALSTATEDIR "/lib/reeve"));
	fill(&settings->run_dir, g_strdup(RUNSTATEDIR "/reeve"));
	fill(&settings->log_dir, g_strdup(LOCALSTATEDIR "/log/reeve"));
	fill(&settings->tls_ca, g_strdup(SYSCONFDIR "/reeve/pki/cacert.pem"));
	fill(&settings->tls_cert, g_strdup(SYSCONFDIR "/reeve/pki/servercert.pem"));
	fill(&settings->tls_key, g_strdup(SYSCONFDIR "/reeve/pki/serverkey.pem"));
}

static void fill_session(Settings *settings)
{
	g_autofree char *config = g_build_filename(g_get_user_config_dir(), "reeve", NULL);

	fill(&settings->state_dir, g_build_filename(g_get_user_data_dir(), "reeve", NULL));
	fill(&settings->run_dir, g_build_filename(g_get_user_runtime_dir(), "reeve", NULL));
	fill(&settings->log_dir, g_build_filename(g_get_user_cache_dir(), "reeve", "log", NULL));
	fill(&settings->tls_ca, g_build_filename(config, "pki", "cacert.pem", NULL));
	fill(&settings->tls_cert, g_build_filename(config, "pki", "servercert.pem", NULL));
	fill(&settings->tls_key, g_build_filename(config, "pki", "serverkey.pem", NULL));
}

void paths_fill(Settings *settings, const char *dir, bool privileged)
{
	settings->own_socket = *settings->unix_socket;
	if (dir)
		fill_private(settings, dir);
	else if (privileged)
		fill_system(settings);
	else
		fill_session(settings);
	if (strcmp(settings->default_network, "auto") == 0) {
		g_free(settings->default_network);
		settings->default_network = g_strdup(dir ? "no" : "yes");
	}
	fill(&settings->unix_socket, g_build_filename(settings->run_dir, "reeve-sock", NULL));
	fill(&settings->priv_policy, g_strdup(SYSCONFDIR "/reeve/priv.conf"));
	fill(&settings->worker, program_path("worker/reeve-vm", "reeve-vm"));
	fill(&settings->priv_helper, program_path("worker/reeve-priv", "reeve-priv"));
}

static bool make_dir(const char *path, mode_t mode, uid_t uid, gid_t gid, GError **error)
{
	g_autofd int fd = -1;

	if (g_mkdir_with_parents(path, 0755) < 0)
		return fail_errno(error, errno, _("cannot make directory '%s'"), path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, _("cannot open directory '%s'"), path);
	if (geteuid() == 0 && fchown(fd, uid, gid) < 0)
		return fail_errno(error, errno, _("cannot give directory '%s' to user %u"), path,
				  (unsigned)uid);
	if (fchmod(fd, mode) < 0)
		return fail_errno(error, errno, _("cannot set the mode of directory '%s'"), path);
	return true;
}

/*
 * A private directory is often one that mktemp made, for root alone: whoever reeved and its guests
 * become must at least pass through it.
 */
static bool open_private(const char *dir, GError **error)
{
	struct stat st;

	if (g_mkdir_with_parents(dir, 0711) < 0 || stat(dir, &st) < 0)
		return fail_errno(error, errno, _("cannot use directory '%s'"), dir);
	if (geteuid() == 0 && (st.st_mode & 0111) != 0111 &&
	    chmod(dir, (st.st_mode & 07777) | 0111) < 0)
		return fail_errno(error, errno, _("cannot open directory '%s' for passing through"),
				  dir);
	return true;
}

bool paths_make(const Engine *engine, const char *dir, uid_t uid, gid_t gid, GError **error)
{
	g_autofree char *vms = g_build_filename(engine->run_dir, "vm", NULL);
	g_autofree char *nets = g_build_filename(engine->run_dir, "net", NULL);
	g_autofree char *sockets = g_path_get_dirname(engine->settings->unix_socket);

	if (dir && !open_private(dir, error))
		return false;
	if (!make_dir(engine->state_dir, 0711, uid, gid, error) ||
	    !make_dir(engine->run_dir, 0755, uid, gid, error) ||
	    !make_dir(vms, 0711, uid, gid, error) ||
	    /* What lies there is root's: reeve-priv relies on it. The engine lists it, guests do not. */
	    (engine->privileged && !make_dir(nets, 0751, 0, gid, error)) ||
	    !make_dir(engine->log_dir, 0751, uid, gid, error))
		return false;
	if (g_mkdir_with_parents(sockets, 0755) < 0)
		return fail_errno(error, errno, _("cannot make directory '%s'"), sockets);
	return true;
}

static bool number_of(const char *text, unsigned *ret)
{
	char *end;
	guint64 number = g_ascii_strtoull(text, &end, 10);

	*ret = (unsigned)number;
	return *text && !*end && number <= G_MAXINT32;
}

bool user_resolve(const Settings *settings, uid_t *ret_uid, gid_t *ret_gid, GError **error)
{
	const struct passwd *user;
	const struct group *group;
	unsigned number;

	if (number_of(settings->user, &number)) {
		*ret_uid = *ret_gid = number;
	} else {
		user = getpwnam(settings->user);
		if (!user)
			return fail(error, VIR_ERR_CONF_SYNTAX,
				    _("there is no user '%s': make one (useradd --system %s), or "
				      "set 'user' to another one"),
				    settings->user, settings->user);
		*ret_uid = user->pw_uid;
		*ret_gid = user->pw_gid;
	}
	if (*ret_uid == 0)
		return fail(error, VIR_ERR_CONF_SYNTAX,
			    _("setting 'user' must not be root: reeved faces the network"));
	if (!*settings->group)
		return true;
	if (number_of(settings->group, &number)) {
		*ret_gid = number;
		return true;
	}
	group = getgrnam(settings->group);
	if (!group)
		return fail(error, VIR_ERR_CONF_SYNTAX, _("there is no group '%s'"),
			    settings->group);
	*ret_gid = group->gr_gid;
	return true;
}

bool user_become(uid_t uid, gid_t gid, GError **error)
{
	/*
	 * What is still done as this user: SQLite on its own directory, sockets that are open
	 * already, connecting to guests' sockets in run_dir/vm. Everything else is reeve-priv's.
	 */
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return fail_errno(error, errno, _("cannot become user %u, group %u"),
				  (unsigned)uid, (unsigned)gid);
	if (setuid(0) == 0)
		return fail(error, VIR_ERR_OPERATION_FAILED, _("root could be taken back"));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return true;
}
