/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#include "base/error.h"
#include "base/fiber.h"
#include "base/i18n.h"
#include "base/limits.h"
#include "config.h"

#ifdef HAVE_VALGRIND_H
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

#ifndef __has_feature /* clang's way to ask; gcc defines __SANITIZE_...__ */
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define WITH_ASAN 1
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define WITH_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif

enum {
	STACK_SIZE = 256 * 1024,
	GUARD_SIZE = 4096,
	POOL_MAX = 64, /* idle stacks kept */
	TURN_USEC = 2000, /* of runnable fibers, before all else has its turn */
};

struct Fiber {
	ucontext_t context;
	char *stack; /* lowest address: the guard page */
	unsigned valgrind_id;
	char *name;
	void (*function)(void *data);
	void *data;
	FiberEvent *event; /* being waited for, NULL when running or runnable */
	const char *reason;
	uint64_t since;
	bool cancelled;
	bool timed_out;
	bool queued;
	bool finished;
	void *asan_stack;
	void *tsan_fiber;
	GList link; /* in `all` */
};

static struct {
	sd_event *loop;
	sd_event_source *runner; /* enabled while `runnable` is not empty */
	GQueue runnable;
	GQueue all;
	GPtrArray *pool; /* idle fibers with their stacks */
	Fiber *current;
	ucontext_t main;
	const void *main_stack;
	size_t main_stack_size;
	void *main_asan_stack;
	void *main_tsan_fiber;
} fibers;

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void fiber_free(Fiber *fiber)
{
	VALGRIND_STACK_DEREGISTER(fiber->valgrind_id);
#ifdef WITH_TSAN
	__tsan_destroy_fiber(fiber->tsan_fiber);
#endif
	munmap(fiber->stack, STACK_SIZE + GUARD_SIZE);
	g_free(fiber->name);
	g_free(fiber);
}

static Fiber *fiber_allocate(GError **error)
{
	Fiber *fiber;
	void *stack;

	if (fibers.pool->len > 0)
		return g_ptr_array_steal_index_fast(fibers.pool, fibers.pool->len - 1);
	stack = mmap(NULL, STACK_SIZE + GUARD_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return fail_errno(error, errno, _("cannot allocate the stack of a call")), NULL;
	mprotect(stack, GUARD_SIZE, PROT_NONE);
	fiber = g_new0(Fiber, 1);
	fiber->stack = stack;
	fiber->valgrind_id =
		VALGRIND_STACK_REGISTER(fiber->stack + GUARD_SIZE,
					fiber->stack + GUARD_SIZE + STACK_SIZE);
#ifdef WITH_TSAN
	fiber->tsan_fiber = __tsan_create_fiber(0);
#endif
	return fiber;
}

/* Leaves the fiber for the loop's stack; comes back when the fiber is switched to again. */
static void switch_to_main(Fiber *fiber)
{
#ifdef WITH_ASAN
	__sanitizer_start_switch_fiber(fiber->finished ? NULL : &fiber->asan_stack,
				       fibers.main_stack, fibers.main_stack_size);
#endif
#ifdef WITH_TSAN
	__tsan_switch_to_fiber(fibers.main_tsan_fiber, 0);
#endif
	swapcontext(&fiber->context, &fibers.main);
#ifdef WITH_ASAN
	__sanitizer_finish_switch_fiber(fiber->asan_stack, &fibers.main_stack,
					&fibers.main_stack_size);
#endif
}

static void fiber_main(void)
{
	Fiber *fiber = fibers.current;

#ifdef WITH_ASAN
	__sanitizer_finish_switch_fiber(NULL, &fibers.main_stack, &fibers.main_stack_size);
#endif
	fiber->function(fiber->data);
	fiber->finished = true;
	switch_to_main(fiber);
}

static void fiber_recycle(Fiber *fiber)
{
	g_queue_unlink(&fibers.all, &fiber->link);
	if (fibers.pool->len < POOL_MAX)
		g_ptr_array_add(fibers.pool, fiber);
	else
		fiber_free(fiber);
}

/* Runs @fiber until it parks or ends. A fiber that spawns another runs that one nested. */
static void switch_to_fiber(Fiber *fiber)
{
	Fiber *outer = fibers.current;
	ucontext_t outer_main = fibers.main;

	fibers.current = fiber;
#ifdef WITH_ASAN
	const void *outer_stack = fibers.main_stack;
	size_t outer_size = fibers.main_stack_size;
	void *fake = NULL;

	__sanitizer_start_switch_fiber(&fake, fiber->stack + GUARD_SIZE, STACK_SIZE);
#endif
#ifdef WITH_TSAN
	void *outer_tsan = fibers.main_tsan_fiber;

	fibers.main_tsan_fiber = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(fiber->tsan_fiber, 0);
#endif
	swapcontext(&fibers.main, &fiber->context);
#ifdef WITH_ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
	fibers.main_stack = outer_stack;
	fibers.main_stack_size = outer_size;
#endif
#ifdef WITH_TSAN
	fibers.main_tsan_fiber = outer_tsan;
#endif
	fibers.main = outer_main;
	fibers.current = outer;
	if (fiber->finished)
		fiber_recycle(fiber);
}

static void fiber_make_runnable(Fiber *fiber)
{
	if (fiber->queued)
		return;
	fiber->queued = true;
	g_queue_push_tail(&fibers.runnable, fiber);
	sd_event_source_set_enabled(fibers.runner, SD_EVENT_ON);
}

void fiber_yield_wait(void)
{
	if (!fibers.current)
		return;
	fiber_make_runnable(fibers.current);
	switch_to_main(fibers.current);
}

/* Runs what is runnable now; what becomes so meanwhile waits for the next turn of the loop. */
static int on_run(sd_event_source *source, G_GNUC_UNUSED void *data)
{
	uint64_t until = now_usec() + TURN_USEC;

	for (unsigned n = g_queue_get_length(&fibers.runnable); n > 0 && now_usec() < until; n--) {
		Fiber *fiber = g_queue_pop_head(&fibers.runnable);

		fiber->queued = false;
		switch_to_fiber(fiber);
	}
	if (g_queue_is_empty(&fibers.runnable))
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

bool fiber_init(sd_event *loop, GError **error)
{
	int r;

	fibers.loop = sd_event_ref(loop);
	fibers.pool = g_ptr_array_new_with_free_func((GDestroyNotify)fiber_free);
	r = sd_event_add_defer(loop, &fibers.runner, on_run, NULL);
	if (r < 0)
		return fail_errno(error, -r, _("cannot set up the event loop"));
	sd_event_source_set_enabled(fibers.runner, SD_EVENT_OFF);
	return true;
}

void fiber_done(void)
{
	g_clear_pointer(&fibers.runner, sd_event_source_disable_unref);
	g_clear_pointer(&fibers.pool, g_ptr_array_unref);
	fibers.loop = sd_event_unref(fibers.loop);
}

bool fiber_spawn(const char *name, void (*function)(void *data), void *data, GError **error)
{
	Fiber *fiber;

	if (g_queue_get_length(&fibers.all) >= LIMIT_FIBERS)
		return fail(error, VIR_ERR_OPERATION_FAILED,
			    _("too many calls in progress (%d); try again later"), LIMIT_FIBERS);
	fiber = fiber_allocate(error);
	if (!fiber)
		return false;
	g_free(fiber->name);
	fiber->name = g_strdup(name);
	fiber->function = function;
	fiber->data = data;
	fiber->event = NULL;
	fiber->reason = NULL;
	fiber->cancelled = fiber->timed_out = fiber->queued = fiber->finished = false;
	fiber->asan_stack = NULL;
	getcontext(&fiber->context);
	fiber->context.uc_stack.ss_sp = fiber->stack + GUARD_SIZE;
	fiber->context.uc_stack.ss_size = STACK_SIZE;
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, fiber_main, 0);
	fiber->link = (GList){ .data = fiber };
	g_queue_push_tail_link(&fibers.all, &fiber->link);
	switch_to_fiber(fiber);
	return true;
}

Fiber *fiber_current(void)
{
	return fibers.current;
}

static int on_timeout(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec,
		      void *data)
{
	Fiber *fiber = data;

	fiber->timed_out = true;
	fiber_make_runnable(fiber);
	return 0;
}

static bool timed_out(const char *reason, GError **error)
{
	return fail(error, VIR_ERR_OPERATION_TIMEOUT, _("timed out while waiting for %s"), reason);
}

/* The wait of code that is on no fiber: turns the loop. */
static bool turn_loop(FiberEvent *event, const char *reason, uint64_t timeout_usec, GError **error)
{
	uint64_t deadline = timeout_usec ? now_usec() + timeout_usec : UINT64_MAX;

	while (!event->set) {
		uint64_t now = now_usec();
		int r;

		if (now >= deadline)
			return timed_out(reason, error);
		r = sd_event_run(fibers.loop, timeout_usec ? deadline - now : UINT64_MAX);
		if (r < 0)
			return fail_errno(error, -r, _("the event loop failed"));
	}
	return true;
}

bool fiber_event_wait(FiberEvent *event, const char *reason, uint64_t timeout_usec, GError **error)
{
	Fiber *fiber = fibers.current;
	sd_event_source *timer = NULL;

	if (event->set)
		return true;
	if (!fiber)
		return turn_loop(event, reason, timeout_usec, error);
	if (timeout_usec && !fiber->cancelled)
		sd_event_add_time_relative(fibers.loop, &timer, CLOCK_MONOTONIC, timeout_usec, 1000,
					   on_timeout, fiber);
	fiber->timed_out = false;
	fiber->reason = reason;
	fiber->since = now_usec();
	fiber->event = event;
	event->waiter = fiber;
	while (!event->set && !fiber->timed_out && !fiber->cancelled)
		switch_to_main(fiber);
	event->waiter = NULL;
	fiber->event = NULL;
	fiber->reason = NULL;
	sd_event_source_disable_unref(timer);
	if (event->set)
		return true;
	if (fiber->cancelled) {
		fiber->cancelled = false;
		return fail(error, VIR_ERR_OPERATION_ABORTED, _("given up while waiting for %s"),
			    reason);
	}
	return timed_out(reason, error);
}

void fiber_event_set(FiberEvent *event)
{
	event->set = true;
	if (event->waiter)
		fiber_make_runnable(event->waiter);
}

void fiber_cancel(Fiber *fiber)
{
	fiber->cancelled = true;
	if (fiber->event)
		fiber_make_runnable(fiber);
}

bool fiber_sleep_wait(uint64_t usec, GError **error)
{
	FiberEvent never = { 0 };
	g_autoptr(GError) reason = NULL;

	fiber_event_wait(&never, "a delay", MAX(usec, 1), &reason);
	if (g_error_matches(reason, REEVE_ERROR, VIR_ERR_OPERATION_TIMEOUT))
		return true;
	g_propagate_error(error, g_steal_pointer(&reason));
	return false;
}

void fiber_each(void (*visit)(const char *name, const char *reason, uint64_t since, void *data),
		void *data)
{
	for (GList *l = fibers.all.head; l; l = l->next) {
		const Fiber *fiber = l->data;

		visit(fiber->name, fiber->reason, fiber->since, data);
	}
}

unsigned fiber_count(void)
{
	return g_queue_get_length(&fibers.all);
}
