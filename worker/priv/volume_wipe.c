/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Overwriting a volume, so that what was in it cannot be read again. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libvirt/libvirt.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "worker/host/path.h"
#include "worker/host/volume.h"
#include "worker/priv/priv.h"
#include "worker/priv/volume.h"
#include "worker/priv/work.h"

enum {
	PIECE = 3 * 256 * 1024, /* holds a pattern of one or of three bytes a whole number of times */
	RANDOM_AT_ONCE = 256,
};

/*
 * What is written, pass by pass: patterns of one or three bytes, as hexadecimal digits; "?" are random bytes. From the
 * standards that the names come from: NNSA NAP-14.1-C, DoD 5220.22-M, BSI's VSITR, Gutmann 1996, Schneier 1996,
 * Pfitzner.
 */
static const char *const zero[] = { "00", NULL };
static const char *const nnsa[] = { "?", "?", "00", NULL };
static const char *const dod[] = { "00", "ff", "?", NULL };
static const char *const bsi[] = { "ff", "fe", "fd", "fb", "f7", "ef", "df", "bf", "7f", NULL };
static const char *const gutmann[] = {
	"?",	  "?",	    "?",      "?",	"55",	  "aa",	    "924924", "492492", "249249",
	"00",	  "11",	    "22",     "33",	"44",	  "55",	    "66",     "77",	"88",
	"99",	  "aa",	    "bb",     "cc",	"dd",	  "ee",	    "ff",     "924924", "492492",
	"249249", "6db6db", "b6db6d", "db6db6", "?",	  "?",	    "?",      "?",	NULL,
};
static const char *const schneier[] = { "ff", "00", "?", "?", "?", "?", "?", NULL };
static const char *const pfitzner7[] = { "?", "?", "?", "?", "?", "?", "?", NULL };
static const char *const pfitzner33[] = {
	"?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?",
	"?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", "?", NULL,
};
static const char *const once[] = { "?", NULL };

static const char *const *const algorithms[VIR_STORAGE_VOL_WIPE_ALG_TRIM + 1] = {
	[VIR_STORAGE_VOL_WIPE_ALG_ZERO] = zero,		  [VIR_STORAGE_VOL_WIPE_ALG_NNSA] = nnsa,
	[VIR_STORAGE_VOL_WIPE_ALG_DOD] = dod,		  [VIR_STORAGE_VOL_WIPE_ALG_BSI] = bsi,
	[VIR_STORAGE_VOL_WIPE_ALG_GUTMANN] = gutmann,	  [VIR_STORAGE_VOL_WIPE_ALG_SCHNEIER] = schneier,
	[VIR_STORAGE_VOL_WIPE_ALG_PFITZNER7] = pfitzner7, [VIR_STORAGE_VOL_WIPE_ALG_PFITZNER33] = pfitzner33,
	[VIR_STORAGE_VOL_WIPE_ALG_RANDOM] = once,
};

typedef struct Wipe {
	int fd, work;
	const char *name;
	off_t size;
	guint8 *piece;
} Wipe;

static bool fill_random(guint8 *piece)
{
	for (unsigned at = 0; at < PIECE; at += RANDOM_AT_ONCE)
		if (getrandom(piece + at, RANDOM_AT_ONCE, 0) != RANDOM_AT_ONCE)
			return false;
	return true;
}

static void fill_pattern(guint8 *piece, const char *pattern)
{
	const unsigned length = (unsigned)strlen(pattern) / 2;

	for (unsigned at = 0; at < PIECE; at++) {
		const char *digits = pattern + at % length * 2;

		piece[at] = (guint8)(g_ascii_xdigit_value(digits[0]) << 4 | g_ascii_xdigit_value(digits[1]));
	}
}

/* The bytes from @at to @end: each is on disk after it. */
static bool overwrite(const Wipe *wipe, off_t at, off_t end, bool random, GError **error)
{
	while (at < end) {
		ssize_t n;

		if (random && !fill_random(wipe->piece))
			return fail_errno(error, errno, _("cannot make random bytes"));
		if (!work_goes_on(wipe->work, error))
			return false;
		n = pwrite(wipe->fd, wipe->piece + at % 3, (size_t)MIN(end - at, PIECE - 3), at);
		if (n < 0 && errno != EINTR)
			return fail_errno(error, errno, _("cannot overwrite the volume '%s'"), wipe->name);
		at += MAX(n, 0);
	}
	return true;
}

/* Once over all that has a place on disk: a hole holds nothing, and would take room. */
static bool pass(const Wipe *wipe, const char *pattern, GError **error)
{
	const bool random = pattern[0] == '?';
	off_t data, end = 0;

	if (!random)
		fill_pattern(wipe->piece, pattern);
	while (end < wipe->size) {
		data = lseek(wipe->fd, end, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0) { /* no holes there: a block device */
			data = end;
			end = wipe->size;
		} else {
			end = lseek(wipe->fd, data, SEEK_HOLE);
		}
		if (end <= data)
			return fail_errno(error, errno, _("cannot find the holes of the volume '%s'"), wipe->name);
		if (!overwrite(wipe, data, end, random, error))
			return false;
	}
	if (fdatasync(wipe->fd) < 0)
		return fail_errno(error, errno, _("cannot overwrite the volume '%s'"), wipe->name);
	return true;
}

static bool trim(const Wipe *wipe, GError **error)
{
	if (wipe->size == 0 ||
	    fallocate(wipe->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, wipe->size) == 0)
		return true;
	return fail_errno(error, errno,
			  _("volume '%s' cannot be trimmed where it lies; another algorithm overwrites it"),
			  wipe->name);
}

static bool wipe_file(Wipe *wipe, unsigned algorithm, GError **error)
{
	bool ok = true;

	if (algorithm == VIR_STORAGE_VOL_WIPE_ALG_TRIM)
		return trim(wipe, error);
	wipe->piece = g_malloc(PIECE);
	for (const char *const *pattern = algorithms[algorithm]; ok && *pattern; pattern++)
		ok = pass(wipe, *pattern, error);
	g_free(wipe->piece);
	return ok;
}

bool priv_volume_wipe(PrivCall *call, const priv_volume_wipe_args *args, G_GNUC_UNUSED priv_nothing *ret,
		      GError **error)
{
	g_autofd int directory = volume_name_check(args->name, error) ? pool_open(args->pool, error) : -1;
	g_autofd int fd = -1;
	Wipe wipe = { .work = call->in->fds[0], .name = args->name };

	if (directory < 0)
		return false;
	if (args->algorithm >= G_N_ELEMENTS(algorithms) ||
	    (!algorithms[args->algorithm] && args->algorithm != VIR_STORAGE_VOL_WIPE_ALG_TRIM))
		return fail(error, VIR_ERR_INVALID_ARG, _("there is no algorithm %u to wipe a volume with"),
			    args->algorithm);
	fd = path_open_at(directory, args->name, O_RDWR, _("volume"), error);
	if (fd < 0)
		return false;
	wipe.fd = fd;
	wipe.size = lseek(fd, 0, SEEK_END);
	if (wipe.size < 0)
		return fail_errno(error, errno, _("cannot look at the volume '%s'"), args->name);
	return wipe_file(&wipe, args->algorithm, error);
}
