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

/* What is read at once; and how often before others have their turn. */
#define CHUNK 65536
#define TURNS 4

/* A writer that is faster than we are waits the less often. */
#define PIPE_SIZE 262144

/* @return whether there may be more; false at its end, or when it is empty. */
static bool read_some(struct feed *feed, bool *ret_ended)
{
	char bytes[CHUNK];
	ssize_t got = read(feed->fd, bytes, sizeof(bytes));

	if (got > 0) {
		output_feed(feed->stream, bytes, (size_t)got);
		if (feed->instance->attached)
			attach_show(feed->instance, bytes, (size_t)got);
		return true;
	}
	/* EIO: the last one has closed a terminal's other side. */
	*ret_ended = got == 0 || (errno != EAGAIN && errno != EINTR);
	return got < 0 && errno == EINTR;
}

/* A terminal is closed with its instance only: that would hang up the
 * processes that have it as the controlling one, also without a descriptor. */
static void end(struct feed *feed)
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
		more = read_some(feed, &has_ended);
	if (has_ended)
		end(feed);
	else if (feed->instance->attached)
		attach_flush(feed->instance);
}

#define NUMBER "{PC_REPLICA_NUM}"

/* One file for each of several instances: where the path says, or behind it. */
static char *log_path(const struct instance *instance, const char *path)
{
	const char *at = strstr(path, NUMBER);
	unsigned number = instance->number - 1;
	char *ret = NULL;
	int size;

	if (at)
		size = asprintf(&ret, "%.*s%u%s", (int)(at - path), path,
				number, at + strlen(NUMBER));
	else if (instance->service->replicas > 1)
		size = asprintf(&ret, "%s.%u", path, number);
	else
		size = asprintf(&ret, "%s", path);
	return size < 0 ? NULL : ret;
}

/* Its stream, with its own log file or the project's, which all share. */
static int begin(struct feed *feed, bool is_err, struct fault *fault)
{
	struct instance *instance = feed->instance;
	struct log_file log = instance->service->log;
	CLEANUP_FREE char *path = NULL;

	if (log.path) {
		path = log_path(instance, log.path);
		if (!path)
			return fault_set(fault, -ENOMEM, "out of memory");
		log.path = path;
	} else {
		log = instance->up->project->log;
		log.has_names = true;
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
	/* No pipe, or too many of them: then it stays as it is. */
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
	feed->fd = fd;
	r = begin(feed, is_err, fault);
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
	/* Bounded: what a pipe holds, when nobody writes any more. */
	for (size_t i = 0; i < 2 * PIPE_SIZE / 4096; i++)
		if (!feed->stream || !read_some(feed, &has_ended))
			break;
	if (feed->stream)
		end(feed);
	cleanup_close(&feed->fd);
	feed->fd = -1;
}
