// SPDX-License-Identifier: MIT
#include "event/queue.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "base/text.h"

#define FD_LIMIT 1048576

int queue_open(int fd, struct queue *ret)
{
	struct queue queue = QUEUE_NONE;
	int r = outlet_open(fd, &queue.outlet);

	if (r == 0)
		*ret = queue;
	return r;
}

/* @return 0, or -errno: it is a path. */
static int queue_descriptor(const char *to, uint64_t *ret)
{
	return text_number(to, FD_LIMIT, ret);
}

bool queue_is_descriptor(const char *to)
{
	uint64_t number;

	return queue_descriptor(to, &number) == 0;
}

static int queue_open_fd(int fd, struct queue *ret)
{
	int r = fd > 2 ? fd_cloexec(fd, true) : 0;

	return r < 0 ? r : queue_open(fd, ret);
}

int queue_open_to(const char *to, struct queue *ret)
{
	uint64_t number;

	if (queue_descriptor(to, &number) == 0)
		return queue_open_fd((int)number, ret);

	CLEANUP_CLOSE int fd =
		RETRY(open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));

	return fd < 0 ? -errno : queue_open(fd, ret);
}

void queue_close(struct queue *queue, int64_t until_us)
{
	uint64_t left;

	/* A writer that hangs is abandoned; it ends with its file system. */
	(void)outlet_close(&queue->outlet, until_us, &left);
	buffer_free(&queue->text);
}

static void queue_lose(struct queue *queue)
{
	queue->is_gone = true;
	buffer_free(&queue->text);
	queue->done = 0;
}

void queue_take(struct queue *queue, struct buffer *text)
{
	if (!queue->is_gone) {
		buffer_add(&queue->text, text->text ? text->text : "",
			   text->used);
		/* A message that is missing would be worse than an end. */
		if (queue->text.error || text->error)
			queue_lose(queue);
	}
	buffer_free(text);
}

void queue_write(struct queue *queue)
{
	struct buffer *text = &queue->text;

	while (queue->done < text->used) {
		ssize_t n =
			outlet_write(&queue->outlet, text->text + queue->done,
				     text->used - queue->done);

		if (n < 0 && n != -EAGAIN)
			queue_lose(queue);
		if (n < 0)
			break;
		queue->done += (size_t)n;
	}
	if (queue->done == text->used)
		text->used = queue->done = 0;
	if (queue->done > text->used / 2) { /* Each byte moves once at most. */
		buffer_drop(text, queue->done);
		queue->done = 0;
	}
}
