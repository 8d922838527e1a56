/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/host/priv_request.h"
#include "daemon/host/priv_save.h"

#define COMMIT_USEC (30 * 60 * G_USEC_PER_SEC) /* for the disk to take the memory of a large guest */

int priv_save_create_call(Engine *engine, const char *path, GError **error)
{
	priv_save_args args = { .path = (char *)path };
	priv_nothing nothing = { 0 };
	int fd = -1;

	if (!engine->priv)
		return save_file_create(path, error);
	return PRIV_CALL(engine, save_create, &args, &nothing, &fd, error) ? fd : -1;
}

bool priv_save_commit_call(Engine *engine, const char *path, GError **error)
{
	priv_save_args args = { .path = (char *)path };
	priv_nothing nothing = { 0 };
	const PrivRequest request = { .number = PRIV_REQUEST_save_commit, .args = &args, .ret = &nothing,
				      .send_fd = -1, .timeout_usec = COMMIT_USEC };

	return engine->priv ? priv_request_call(engine, &request, error) : save_file_commit(path, error);
}

void priv_save_discard_call(Engine *engine, const char *path)
{
	priv_save_args args = { .path = (char *)path };
	priv_nothing nothing = { 0 };
	g_autoptr(GError) error = NULL;

	if (engine->priv ? !PRIV_CALL(engine, save_discard, &args, &nothing, NULL, &error) :
			   !save_file_discard(path, &error))
		log_warning("%s", error->message);
}

int priv_save_open_call(Engine *engine, const char *path, SaveHead *ret, GError **error)
{
	priv_save_args args = { .path = (char *)path };
	priv_save_open_ret answer = { 0 };
	int fd = -1;

	if (!engine->priv)
		return save_file_open(path, ret, error);
	if (!PRIV_CALL(engine, save_open, &args, &answer, &fd, error))
		return -1;
	*ret = (SaveHead){
		.xml = g_strdup(answer.xml),
		.cookie = *answer.cookie ? g_strdup(answer.cookie) : NULL,
		.running = answer.running,
		.format = answer.format,
	};
	xdr_free((xdrproc_t)xdr_priv_save_open_ret, &answer);
	return fd;
}

/* A request is too small for large definitions. */
static int text_file(const char *text, GError **error)
{
	g_autofd int fd = memfd_create("definition", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return fail_errno(error, errno, _("cannot make a memory file")), -1;
	return take_fd(&fd);
}

bool priv_save_edit_call(Engine *engine, const char *path, const char *xml, bool running, GError **error)
{
	priv_save_edit_args args = { .path = (char *)path, .running = running };
	priv_nothing nothing = { 0 };
	PrivRequest request = { .number = PRIV_REQUEST_save_edit, .args = &args, .ret = &nothing };
	g_autofd int fd = -1;

	if (!engine->priv)
		return save_file_edit(path, xml, running, error);
	fd = text_file(xml, error);
	request.send_fd = fd;
	return fd >= 0 && priv_request_call(engine, &request, error);
}

bool priv_save_remove_call(Engine *engine, const char *path, GError **error)
{
	priv_save_args args = { .path = (char *)path };
	priv_nothing nothing = { 0 };

	return engine->priv ? PRIV_CALL(engine, save_remove, &args, &nothing, NULL, error) :
			      save_file_remove(path, error);
}
