// SPDX-License-Identifier: MIT
#include "core/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "proc/spawn.h"

/* One read: a pipe's whole default size. */
#define CHUNK 65536
#define PAGE 4096UL
/* Longer lines are shown to probes in pieces. */
#define LINE_MAX_BYTES 65536
/* What an output that we pass on may owe before we stop reading. */
#define WAITING_MAX CHUNK
/* poll(2) says that so much can be written without waiting (pipe(7)). */
#define WRITE_AT_ONCE 4096
/* At the end, for a reader of our output that is slow or stuck. */
#define FINISH_US 2000000LL

static int open_pipe(struct capture_stream *stream, int number, bool pass_on,
		     struct fault *fault)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return fault_set(fault, -errno, "cannot make a pipe: %s",
				 strerror(errno));
	stream->command_end = pair[1];
	/* Above the standard three, which are pointed at /dev/null. */
	stream->fd = fd_dup_above(pair[0], 3);
	cleanup_close(&pair[0]);
	if (stream->fd < 0)
		return fault_set(fault, stream->fd, "cannot make a pipe: %s",
				 strerror(-stream->fd));
	(void)fcntl(stream->fd, F_SETFL, O_NONBLOCK); /* A valid descriptor. */
	stream->at_line_start = true;
	if (pass_on)
		stream->forward = fd_dup_above(number, 3);
	return 0;
}

static int open_log(struct capture *capture, struct fault *fault)
{
	if (!capture->log_path)
		return 0;
	/* A fifo without a reader, or with a slow one, must not hold us up. */
	int fd = open(capture->log_path,
		      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK,
		      0666);

	if (fd < 0)
		return fault_set(fault, -errno, "cannot write the log %s: %s",
				 capture->log_path, strerror(errno));
	capture->log = fd_dup_above(fd, 3);
	cleanup_close(&fd);
	return 0;
}

static int open_terminal(struct capture *capture, struct list *fds,
			 struct fault *fault)
{
	int r = 0;

	/* Non-blocking, as the master is. */
	capture->streams[0].fd = fd_dup_above(capture->terminal->master, 3);
	capture->streams[0].at_line_start = true;
	if (capture->streams[0].fd < 0)
		return fault_set(fault, capture->streams[0].fd,
				 "cannot copy a descriptor: %s",
				 strerror(-capture->streams[0].fd));
	for (int i = 0; r == 0 && i < 3; i++) {
		struct spawn_fd fd = { capture->terminal->slave, i };

		r = list_append(fds, &fd, sizeof(fd));
	}
	return r;
}

/* Both outputs through one pipe keep their order; through two, where each is
 * passed on to its own, the order of two writes is not known. */
int capture_open(struct capture *capture, struct list *fds, struct fault *fault)
{
	bool one = capture->which == (CAPTURE_OUT | CAPTURE_ERR) &&
		   !capture->pass_on;
	unsigned opened = capture->which | capture->watched;
	int r = open_log(capture, fault);

	if (r == 0)
		r = ring_create(capture->ring_size ? capture->ring_size
						   : RING_SIZE,
				&capture->ring, &capture->ring_fd);
	if (r < 0)
		return *fault->text ? r
				    : fault_set(fault, r,
						"cannot keep the output: %s",
						strerror(-r));
	if (capture->terminal)
		return open_terminal(capture, fds, fault);
	for (int i = 0; r == 0 && i < 2; i++) {
		struct capture_stream *stream = &capture->streams[one ? 0 : i];

		bool watched = capture->watched & (1U << i);

		if (!(opened & (1U << i)))
			continue;
		stream->unkept = watched;
		if (stream->fd < 0)
			r = open_pipe(stream, i + 1,
				      capture->pass_on || watched, fault);
		if (r == 0) {
			struct spawn_fd fd = { stream->command_end, i + 1 };

			r = list_append(fds, &fd, sizeof(fd));
		}
	}
	return r;
}

void capture_let_go(struct capture *capture)
{
	for (int i = 0; i < 2; i++)
		cleanup_close(&capture->streams[i].command_end);
}

size_t capture_keep(const struct capture *capture, int *ret)
{
	size_t count = 0;

	for (int i = 0; i < 2; i++) {
		ret[count++] = capture->streams[i].fd;
		ret[count++] = capture->streams[i].forward;
	}
	ret[count++] = capture->ring_fd;
	ret[count++] = capture->log;
	return count;
}

size_t capture_watch(const struct capture *capture, struct pollfd *ret)
{
	size_t count = 0;

	for (int i = 0; i < 2; i++) {
		const struct capture_stream *stream = &capture->streams[i];

		if (stream->fd >= 0 && !capture->paused &&
		    stream->waiting.used < WAITING_MAX)
			ret[count++] = (struct pollfd){ .fd = stream->fd,
							.events = POLLIN };
		if (stream->waiting.used > 0)
			ret[count++] = (struct pollfd){ .fd = stream->forward,
							.events = POLLOUT };
	}
	return count;
}

/* A part of what is owed; the reader has gone: nobody is owed any more. */
static void pass_on(struct capture_stream *stream)
{
	struct pollfd out = { .fd = stream->forward, .events = POLLOUT };
	struct buffer *waiting = &stream->waiting;

	while (waiting->used > 0 && poll(&out, 1, 0) == 1) {
		size_t part = waiting->used < WRITE_AT_ONCE ? waiting->used
							    : WRITE_AT_ONCE;
		ssize_t n = write(stream->forward, waiting->text, part);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			return;
		if (n < 0) {
			cleanup_close(&stream->forward);
			buffer_free(waiting);
			return;
		}
		waiting->used -= (size_t)n;
		memmove(waiting->text, waiting->text + n, waiting->used);
	}
}

static void log_bytes(struct capture *capture, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(capture->log, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			ring_lose(capture->ring, size);
			return;
		}
		data += n;
		size -= (size_t)n;
	}
}

static void add_time(struct buffer *out)
{
	int64_t us = clock_wall_us();
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;
	char text[32];

	if (gmtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		buffer_printf(out, "%s.%03dZ ", text, (int)(us / 1000 % 1000));
}

/* With something before each line: put together, and written at once. */
static void log_lines(struct capture *capture, struct capture_stream *stream,
		      const char *data, size_t size)
{
	struct buffer out = { 0 };
	size_t all = size;

	while (size > 0) {
		const char *end = memchr(data, '\n', size);
		size_t part = end ? (size_t)(end - data) + 1 : size;

		if (stream->at_line_start) {
			if (capture->times)
				add_time(&out);
			if (capture->prefix)
				buffer_printf(&out, "%s", capture->prefix);
		}
		buffer_add(&out, data, part);
		stream->at_line_start = end != NULL;
		data += part;
		size -= part;
	}
	if (out.error)
		ring_lose(capture->ring, all);
	else
		log_bytes(capture, out.text, out.used);
	buffer_free(&out);
}

/* Whole lines, and what the last one has so far. */
static void show_lines(struct capture *capture, struct capture_stream *stream,
		       const char *data, size_t size)
{
	struct buffer *line = &stream->line;

	while (size > 0) {
		const char *end = memchr(data, '\n', size);
		size_t part = end ? (size_t)(end - data) : size;

		buffer_add(line, data, part);
		if (line->text)
			capture->line(capture->context, line->text, line->used);
		if (end || line->used > LINE_MAX_BYTES)
			line->used = 0;
		part += end != NULL;
		data += part;
		size -= part;
	}
}

static void keep(struct capture *capture, struct capture_stream *stream,
		 const char *data, size_t size)
{
	ring_write(capture->ring, data, size);
	if (capture->taken)
		capture->taken(capture->taken_context, data, size);
	if (capture->log >= 0 && (capture->prefix || capture->times))
		log_lines(capture, stream, data, size);
	else if (capture->log >= 0)
		log_bytes(capture, data, size);
}

static void take(struct capture *capture, struct capture_stream *stream,
		 const char *data, size_t size)
{
	if (!stream->unkept)
		keep(capture, stream, data, size);
	if (stream->forward >= 0)
		buffer_add(&stream->waiting, data, size);
	if (capture->line)
		show_lines(capture, stream, data, size);
}

/* A terminal, which does not block, gives a page at a time: all that is there,
 * so that who is attached gets it in one piece. */
static size_t read_more(const struct capture *capture, int fd, char *chunk,
			size_t used)
{
	while (capture->terminal && used + PAGE <= CHUNK) {
		ssize_t n = read(fd, chunk + used, PAGE);

		if (n <= 0) /* Later: the next read says why. */
			break;
		used += (size_t)n;
	}
	return used;
}

static void read_stream(struct capture *capture, struct capture_stream *stream)
{
	static char chunk[CHUNK];
	ssize_t n;

	if (stream->fd < 0 || capture->paused ||
	    stream->waiting.used >= WAITING_MAX)
		return;
	n = read(stream->fd, chunk, sizeof(chunk));
	if (n > 0)
		take(capture, stream, chunk,
		     read_more(capture, stream->fd, chunk, (size_t)n));
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		cleanup_close(&stream->fd); /* Nobody holds the other end. */
}

void capture_work(struct capture *capture)
{
	for (int i = 0; i < 2; i++) {
		pass_on(&capture->streams[i]);
		read_stream(capture, &capture->streams[i]);
		pass_on(&capture->streams[i]);
	}
}

/* @return whether there is more to do. */
static bool finish_stream(struct capture *capture,
			  struct capture_stream *stream, int64_t until)
{
	struct pollfd in = { .fd = stream->fd, .events = POLLIN };
	struct pollfd out = { .fd = stream->forward, .events = POLLOUT };
	bool more = stream->waiting.used < WAITING_MAX && stream->fd >= 0 &&
		    poll(&in, 1, 0) == 1;

	if (more)
		read_stream(capture, stream);
	else if (stream->waiting.used > 0)
		(void)poll(&out, 1, clock_poll_ms(until));
	pass_on(stream);
	return more || stream->waiting.used > 0;
}

/* All are dead, so what is in the pipes is all that will come. */
void capture_finish(struct capture *capture)
{
	int64_t until = clock_in_us(FINISH_US);

	capture->paused = false;
	for (int i = 0; i < 2; i++)
		while (finish_stream(capture, &capture->streams[i], until) &&
		       clock_us() < until)
			;
}

void capture_close(struct capture *capture)
{
	for (int i = 0; i < 2; i++) {
		struct capture_stream *stream = &capture->streams[i];

		cleanup_close(&stream->fd);
		cleanup_close(&stream->command_end);
		cleanup_close(&stream->forward);
		buffer_free(&stream->waiting);
		buffer_free(&stream->line);
	}
	cleanup_close(&capture->ring_fd);
	cleanup_close(&capture->log);
	ring_close(capture->ring);
	capture->ring = NULL;
}
