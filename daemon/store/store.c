/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/log.h"
#include "daemon/store/private.h"

enum {
	GROUP_MAX = 512,    /* batches in one transaction */
	LINGER_MS = 100,    /* that queued batches wait for somebody to share a transaction with */
	RETRY_MS = 1000,    /* until they are tried again after a failure */
	ACCURACY_USEC = 10000,
	TRIM_EVERY = 256,   /* events between two clean-ups */
	EVENT_COST = 1024,  /* of one that waits, besides its payload */
	EVENTS_WAITING_MAX = 32 * 1024 * 1024,
};

/* One batch to write, or one read to run. Moves from the loop's thread to the store's and back. */
typedef struct Job {
	StoreBatch *batch; /* NULL for a read */
	bool owned;	   /* queued: the batch is ours, nobody waits */
	gsize event;	   /* what it counts for in events_waiting */
	StoreRead read;
	void *data;
	GError *error;
	bool failed;
	FiberEvent done; /* loop's thread only */
} Job;

struct Store {
	StoreDb db; /* store thread, once it runs */
	pthread_t thread;
	bool threaded;
	sd_event_source *wakeup;
	sd_event_source *linger; /* on while batches wait that nobody waits for; loop's thread */
	int wakeup_fd;
	int64_t last_event;
	unsigned keep_revisions, keep_events; /* loop's thread */
	int64_t trimmed;
	gsize events_waiting; /* bytes; loop's thread */
	bool choked;	      /* and more were not taken */

	pthread_mutex_t lock;
	pthread_cond_t todo;
	/* All under lock. */
	GQueue pending;	 /* of Job */
	unsigned urgent; /* of them, those that somebody waits for */
	bool overdue;	 /* the others have lingered long enough */
	bool refused;	 /* some are in the queue again */
	GQueue finished; /* of Job */
	bool stop;
};

/* ---- Store thread -------------------------------------------------------------------------- */

static void job_fail(Job *job, const GError *reason)
{
	if (job->error)
		return;
	job->failed = true;
	job->error = g_error_copy(reason);
}

/* A batch that fails alone is undone alone; a full disk takes the whole transaction with it. */
static bool job_write(Store *store, Job *job)
{
	g_autoptr(GError) reason = NULL;

	if (!store_db_exec(&store->db, "SAVEPOINT batch", &reason) ||
	    !store_batch_apply(job->batch, &store->db, &reason)) {
		job_fail(job, reason);
		if (!sqlite3_get_autocommit(store->db.handle))
			sqlite3_exec(store->db.handle, "ROLLBACK TO batch; RELEASE batch", NULL, NULL,
				     NULL);
		return false;
	}
	if (store_db_exec(&store->db, "RELEASE batch", &reason))
		return true;
	job_fail(job, reason);
	return false;
}

static bool is_disk_failure(const Job *job)
{
	return job->failed && error_errno(job->error) != 0;
}

static void jobs_commit(Store *store, GPtrArray *jobs)
{
	g_autoptr(GError) reason = NULL;
	bool good = store_db_exec(&store->db, "BEGIN IMMEDIATE", &reason);

	for (unsigned i = 0; good && i < jobs->len; i++) {
		Job *job = g_ptr_array_index(jobs, i);

		if (!job_write(store, job) && is_disk_failure(job)) {
			reason = g_error_copy(job->error);
			good = false;
		}
	}
	good = good && store_db_exec(&store->db, "COMMIT", &reason);
	if (good)
		return;
	if (!sqlite3_get_autocommit(store->db.handle))
		sqlite3_exec(store->db.handle, "ROLLBACK", NULL, NULL, NULL);
	for (unsigned i = 0; i < jobs->len; i++)
		job_fail(g_ptr_array_index(jobs, i), reason);
}

static void wake_loop(Store *store)
{
	uint64_t one = 1;

	while (write(store->wakeup_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/*
 * Behind what the disk has refused nobody is kept waiting: what was to be written is refused as well,
 * and who only reads comes first. Under lock.
 */
static void waiting_release(Store *store, const GError *reason)
{
	GQueue waiting = store->pending, kept = G_QUEUE_INIT;

	g_queue_init(&store->pending);
	for (Job *job; (job = g_queue_pop_head(&waiting));) {
		if (job->owned) {
			g_queue_push_tail(&kept, job);
		} else if (job->read) {
			g_queue_push_tail(&store->pending, job);
		} else {
			store->urgent--;
			job_fail(job, reason);
			g_queue_push_tail(&store->finished, job);
		}
	}
	while (!g_queue_is_empty(&kept))
		g_queue_push_tail_link(&store->pending, g_queue_pop_head_link(&kept));
}

/*
 * Gives finished jobs back. Queued ones that the disk refused go to the head of the queue again,
 * so that nothing overtakes them.
 */
static void jobs_finish(Store *store, GPtrArray *jobs)
{
	g_autoptr(GError) reason = NULL;

	pthread_mutex_lock(&store->lock);
	for (unsigned i = jobs->len; i-- > 0;) {
		Job *job = g_ptr_array_index(jobs, i);

		if (job->owned && is_disk_failure(job) && !store->stop) {
			if (!reason)
				reason = g_error_copy(job->error);
			g_clear_error(&job->error);
			job->failed = false;
			g_queue_push_head(&store->pending, job);
			store->refused = true;
			store->overdue = false;
		} else {
			g_queue_push_tail(&store->finished, job);
		}
	}
	if (reason)
		waiting_release(store, reason);
	pthread_mutex_unlock(&store->lock);
	if (reason)
		log_error(_("will be tried again: %s"), reason->message);
	wake_loop(store);
}

/* Takes writes that stand together at the head of the queue, or one read. Under lock. */
static void jobs_take(Store *store, GPtrArray *jobs)
{
	while (jobs->len < GROUP_MAX) {
		Job *job = g_queue_peek_head(&store->pending);

		if (!job || (job->read && jobs->len > 0))
			return;
		g_ptr_array_add(jobs, g_queue_pop_head(&store->pending));
		store->urgent -= !job->owned;
		if (job->read)
			return;
	}
}

/*
 * Waits for something to do. Under lock. What nobody waits for, such as an event, need not have a
 * transaction of its own: the next change takes it along, or the loop's timer sends it.
 */
static void jobs_await(Store *store)
{
	while (!store->stop && store->urgent == 0 && !store->overdue)
		pthread_cond_wait(&store->todo, &store->lock);
}

static void jobs_run(Store *store, GPtrArray *jobs)
{
	Job *first = g_ptr_array_index(jobs, 0);

	if (first->read)
		first->failed = !first->read(&store->db, first->data, &first->error);
	else
		jobs_commit(store, jobs);
	jobs_finish(store, jobs);
}

static void *store_thread(void *data)
{
	Store *store = data;
	g_autoptr(GPtrArray) jobs = g_ptr_array_new();

	pthread_setname_np(pthread_self(), "store");
	for (;;) {
		g_ptr_array_set_size(jobs, 0);
		pthread_mutex_lock(&store->lock);
		jobs_await(store);
		jobs_take(store, jobs);
		if (g_queue_is_empty(&store->pending))
			store->overdue = false;
		pthread_mutex_unlock(&store->lock);
		if (jobs->len == 0)
			return NULL;
		jobs_run(store, jobs);
	}
}

/* ---- Loop's thread ------------------------------------------------------------------------- */

static void job_free(Job *job)
{
	store_batch_free(job->batch);
	g_clear_error(&job->error);
	g_free(job);
}

/* The thread is not woken for batches that may linger: that would cost more than writing them. */
static void linger_begin(Store *store, unsigned milliseconds)
{
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(store->linger, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	sd_event_source_set_time_relative(store->linger, milliseconds * UINT64_C(1000));
	sd_event_source_set_enabled(store->linger, SD_EVENT_ONESHOT);
}

static int on_linger(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *data)
{
	Store *store = data;

	pthread_mutex_lock(&store->lock);
	store->overdue = !g_queue_is_empty(&store->pending);
	pthread_mutex_unlock(&store->lock);
	pthread_cond_signal(&store->todo);
	return 0;
}

static void jobs_collect(Store *store)
{
	GQueue finished;
	bool refused;

	pthread_mutex_lock(&store->lock);
	finished = store->finished;
	g_queue_init(&store->finished);
	refused = store->refused;
	store->refused = false;
	pthread_mutex_unlock(&store->lock);
	if (refused)
		linger_begin(store, RETRY_MS);
	for (Job *job; (job = g_queue_pop_head(&finished));) {
		if (!job->owned) {
			fiber_event_set(&job->done);
			continue;
		}
		if (job->error)
			log_error(_("a change is lost: %s"), job->error->message);
		store->events_waiting -= job->event;
		job_free(job);
	}
}

static int on_wakeup(G_GNUC_UNUSED sd_event_source *source, int fd, G_GNUC_UNUSED uint32_t revents,
		     void *data)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == sizeof(count))
		jobs_collect(data);
	return 0;
}

static void job_submit(Store *store, Job *job)
{
	bool owned = job->owned; /* once it is in the queue the thread may have it */

	pthread_mutex_lock(&store->lock);
	g_queue_push_tail(&store->pending, job);
	store->urgent += !owned;
	pthread_mutex_unlock(&store->lock);
	if (owned)
		linger_begin(store, LINGER_MS);
	else
		pthread_cond_signal(&store->todo);
}

/* The job is on this stack, so a cancelled wait goes on and the cancellation is kept for later. */
static bool job_wait(Store *store, Job *job, GError **error)
{
	bool cancelled = false;

	job_submit(store, job);
	while (!job->done.set)
		if (!fiber_event_wait(&job->done, "the database", 0, NULL))
			cancelled = true;
	if (cancelled && fiber_current())
		fiber_cancel(fiber_current());
	if (!job->failed)
		return true;
	g_propagate_error(error, job->error);
	return false;
}

bool store_commit(Store *store, StoreBatch *batch, GError **error)
{
	Job job = { .batch = batch };

	if (store->keep_revisions > 0)
		store_batch_trim(batch, STATEMENT_REVISION_TRIM, store->keep_revisions);
	return job_wait(store, &job, error);
}

bool store_read_call(Store *store, StoreRead run, void *data, GError **error)
{
	Job job = { .read = run, .data = data };

	return job_wait(store, &job, error);
}

static void batch_queue(Store *store, StoreBatch *batch, gsize event)
{
	Job *job = g_new0(Job, 1);

	job->batch = batch;
	job->owned = true;
	job->event = event;
	store->events_waiting += event;
	job_submit(store, job);
}

void store_queue(Store *store, StoreBatch *batch)
{
	batch_queue(store, batch, 0);
}

void store_set_keep(Store *store, unsigned revisions, unsigned events)
{
	store->keep_revisions = revisions;
	store->keep_events = events;
}

/* Guests cause events as fast as they like, also while the disk is full. */
static bool events_fit(Store *store, gsize cost)
{
	bool fit = store->events_waiting + cost <= EVENTS_WAITING_MAX;

	if (!fit && !store->choked)
		log_warning(_("events come faster than the disk takes them; some will be missing "
			      "from the history"));
	if (!fit || store->events_waiting == 0)
		store->choked = !fit;
	return fit;
}

void store_queue_event(Store *store, const StoreEvent *event)
{
	StoreBatch *batch;
	gsize cost = event->length + EVENT_COST;

	if (!events_fit(store, cost))
		return;
	batch = store_batch_new();
	store_batch_event(batch, event);
	if (event->sequence - store->trimmed >= TRIM_EVERY) {
		store_batch_trim(batch, STATEMENT_EVENT_TRIM, event->sequence - store->keep_events);
		store->trimmed = event->sequence;
	}
	batch_queue(store, batch, cost);
}

int64_t store_last_event(const Store *store)
{
	return store->last_event;
}

static bool store_begin(Store *store, sd_event *loop, GError **error)
{
	int r;

	store->wakeup_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (store->wakeup_fd < 0)
		return fail_errno(error, errno, _("cannot make an event descriptor"));
	r = sd_event_add_io(loop, &store->wakeup, store->wakeup_fd, EPOLLIN, on_wakeup, store);
	if (r < 0)
		return fail_errno(error, -r, _("cannot watch the store's thread"));
	r = sd_event_add_time_relative(loop, &store->linger, CLOCK_MONOTONIC, 0, ACCURACY_USEC,
				       on_linger, store);
	if (r < 0)
		return fail_errno(error, -r, _("cannot watch the store's thread"));
	sd_event_source_set_enabled(store->linger, SD_EVENT_OFF);
	r = pthread_create(&store->thread, NULL, store_thread, store);
	if (r != 0)
		return fail_errno(error, r, _("cannot start the store's thread"));
	store->threaded = true;
	return true;
}

Store *store_open(const char *path, sd_event *loop, const StoreLoader *loader, void *data,
		  GError **error)
{
	Store *store = g_new0(Store, 1);

	store->wakeup_fd = -1;
	store->keep_events = 10000;
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->todo, NULL);
	if (store_db_open(&store->db, path, error)) {
		store->last_event =
			store_db_number(&store->db, "SELECT coalesce(max(sequence),0) FROM events");
		if (store_db_load(&store->db, loader, data, error) &&
		    store_begin(store, loop, error))
			return store;
	}
	store_close(store);
	return NULL;
}

void store_close(Store *store)
{
	if (!store)
		return;
	if (store->threaded) {
		pthread_mutex_lock(&store->lock);
		store->stop = true;
		pthread_cond_signal(&store->todo);
		pthread_mutex_unlock(&store->lock);
		pthread_join(store->thread, NULL);
		jobs_collect(store);
	}
	sd_event_source_disable_unref(store->wakeup);
	sd_event_source_disable_unref(store->linger);
	fd_clear(&store->wakeup_fd);
	store_db_close(&store->db);
	pthread_cond_destroy(&store->todo);
	pthread_mutex_destroy(&store->lock);
	g_free(store);
}
