/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/fiber_queue.h"

#include "base/fiber.h"

bool fiber_queue_wait(FiberQueue *queue, const char *reason, uint64_t timeout_usec, GError **error)
{
	FiberEvent turn = { 0 };

	g_queue_push_tail(&queue->waiting, &turn);
	if (fiber_event_wait(&turn, reason, timeout_usec, error))
		return true;
	g_queue_remove(&queue->waiting, &turn);
	return false;
}

bool fiber_queue_wake_one(FiberQueue *queue)
{
	FiberEvent *turn = g_queue_pop_head(&queue->waiting);

	if (turn)
		fiber_event_set(turn);
	return turn != NULL;
}

bool fiber_queue_wake_all(FiberQueue *queue)
{
	bool any = false;

	while (fiber_queue_wake_one(queue))
		any = true;
	return any;
}
