/* SPDX-License-Identifier: MIT */
/*
 * Text that waits until its reader takes it.
 *
 * Invariant: no call blocks (core/output/outlet.h), and the order stays. The
 * queue itself has no limit: a caller that can wait asks queue_has_room() or
 * queue_takes_requests() before it adds.
 */
#ifndef JIG_EVENT_QUEUE_H
#define JIG_EVENT_QUEUE_H

#include <stdbool.h>

#include "base/list.h"
#include "core/output/outlet.h"

/** With more bytes than this, output waits. It is small, since an answer comes
 * after it. */
#define QUEUE_OUTPUT_MAX (128UL * 1024)
/** With more bytes than this, requests wait, too. */
#define QUEUE_MAX (1024UL * 1024)

struct queue {
	struct outlet outlet; /* its fd is to be polled */
	bool is_gone; /* its reader has ended: everything is dropped */
	struct buffer text; /* from `done` on: not yet written */
	size_t done;
};

#define QUEUE_NONE ((struct queue){ .outlet = OUTLET_NONE_INIT })

/** Write to the file of @fd, which stays the caller's. @return 0, -errno. */
int queue_open(int fd, struct queue *ret);

/** Whether @to of queue_open_to() is a descriptor. */
bool queue_is_descriptor(const char *to);

/**
 * Write to a descriptor or a file, which is created or emptied.
 *
 * @to  "3" or a path. Programs that we execute do not inherit the descriptor,
 *      unless it is 0, 1 or 2.
 * @return 0, -errno.
 */
int queue_open_to(const char *to, struct queue *ret);

/** The writer of a file has until @until_us (clock_us()) to write the rest. */
void queue_close(struct queue *queue, int64_t until_us);

/** Add a text, and free it. Without memory the queue counts as gone. */
void queue_take(struct queue *queue, struct buffer *text);

/** Write what is taken at once. */
void queue_write(struct queue *queue);

static inline size_t queue_size(const struct queue *queue)
{
	return queue->text.used - queue->done;
}

/** For output. */
static inline bool queue_has_room(const struct queue *queue)
{
	return queue_size(queue) < QUEUE_OUTPUT_MAX;
}

/** For what a request leads to. Output leaves this room, so that a client can
 * stop a fixture which floods it. */
static inline bool queue_takes_requests(const struct queue *queue)
{
	return queue_size(queue) < QUEUE_MAX;
}

#endif
