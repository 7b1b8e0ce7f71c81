// SPDX-License-Identifier: MIT
#include "up/engine/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "up/engine/attach.h"
#include "up/engine/up.h"
#include "up/project/replica.h"

/* The size of a read(2), and the number of them in one round. */
#define CHUNK 65536
#define TURNS 4

/* With a larger pipe a fast writer waits less often. */
#define PIPE_SIZE 262144

/* @return whether there may be more to read. */
static bool feed_read_some(struct feed *feed, bool *ret_ended)
{
	char bytes[CHUNK];
	ssize_t got = read(feed->fd, bytes, sizeof(bytes));

	if (got > 0) {
		output_feed(feed->stream, bytes, (size_t)got);
		if (feed->instance->attached)
			attach_show(feed->instance, bytes, (size_t)got);
		return true;
	}
	/* EIO: all processes have closed the terminal. */
	*ret_ended = got == 0 || (errno != EAGAIN && errno != EINTR);
	return got < 0 && errno == EINTR;
}

/* A terminal is closed only when its instance has ended: to close it would send
 * SIGHUP to the processes whose controlling terminal it is. */
static void feed_end(struct feed *feed)
{
	watch_free(&feed->watch);
	if (feed->fd != feed->instance->pty.master) {
		cleanup_close(&feed->fd);
		feed->fd = -1;
	}
	output_end(feed->stream);
	feed->stream = NULL;
}

static void readable(void *context)
{
	struct feed *feed = context;
	bool has_ended = false, more = true;

	for (int i = 0; more && i < TURNS; i++)
		more = feed_read_some(feed, &has_ended);
	if (has_ended)
		feed_end(feed);
	else if (feed->instance->attached)
		attach_flush(feed->instance);
}

/* Begin its stream, with the service's log file or the project's. */
static int feed_begin(struct feed *feed, bool is_err, struct fault *fault)
{
	struct instance *instance = feed->instance;
	struct log_file log = instance->service->log;
	CLEANUP_FREE char *path = NULL;

	/* The project's is one file for all. */
	if (log.path && !log.has_names) {
		if (replica_log_path(instance->service, instance->number - 1,
				     &path) < 0)
			return fault_set(fault, -ENOMEM, "out of memory");
		log.path = path;
	}
	return output_begin(instance->up->output, instance->name, is_err, &log,
			    &feed->stream, fault);
}

int feed_open(struct feed *feed, int fd, bool is_err, struct fault *fault)
{
	struct instance *instance = feed->instance;
	int r;

	if (fd < 0)
		return fault_set(fault, fd, "cannot read what it writes");
	(void)fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	/* This may fail: not a pipe, or too much memory in pipes. */
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	feed->fd = fd;
	r = feed_begin(feed, is_err, fault);
	if (r < 0)
		return r;
	feed->watch =
		watch_new(&instance->up->loop, fd, UV_READABLE, readable, feed);
	return feed->watch ? 0 : fault_set(fault, -ENOMEM, "out of memory");
}

void feed_enable(struct feed *feed, bool on)
{
	watch_enable(feed->watch,
		     on && feed->stream && !output_must_wait(feed->stream));
}

void feed_close(struct feed *feed)
{
	bool has_ended = false;

	if (feed->fd < 0)
		return;
	/* At most what a pipe holds: a process may still write. */
	for (size_t i = 0; i < 2 * PIPE_SIZE / 4096; i++)
		if (!feed->stream || !feed_read_some(feed, &has_ended))
			break;
	if (feed->stream)
		feed_end(feed);
	cleanup_close(&feed->fd);
	feed->fd = -1;
}
