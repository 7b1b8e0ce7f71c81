// SPDX-License-Identifier: MIT
#include "core/output/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/poll.h"
#include "base/retry.h"
#include "proc/spawn.h"

#define PAGE 4096UL
/* One read: a pipe's whole default size. */
#define CHUNK 65536
#define PAGE 4096UL
/* A writer that fills this much at once is a fast one. */
#define TEE_MIN (4 * PAGE)
/* Limit of bytes that wait to be passed on; beyond it we stop reading. */
#define WAITING_MAX CHUNK
/* If a log takes nothing for this time, the command no longer waits for it. */
#define LOG_STALL_US 1000000LL
/* Longer lines are shown to probes in pieces. */
#define LINE_MAX_BYTES 65536
/* At the end, for a reader of our output that is slow or stuck. */
#define FINISH_US 2000000LL

/* A log that is stuck delays nothing. */
static bool log_is_full(const struct capture *capture)
{
	return capture->log_waiting.used >= WAITING_MAX && !capture->log_stuck;
}

static bool capture_has_room(const struct capture *capture,
			     const struct capture_stream *stream)
{
	return !capture->paused && stream->waiting.used < WAITING_MAX &&
	       !log_is_full(capture);
}

size_t capture_watch(const struct capture *capture, struct pollfd *ret)
{
	size_t count = 0;

	for (int i = 0; i < 2; i++) {
		const struct capture_stream *stream = &capture->streams[i];

		if (stream->fd >= 0 && capture_has_room(capture, stream))
			ret[count++] = (struct pollfd){ .fd = stream->fd,
							.events = POLLIN };
		if (stream->waiting.used > 0)
			ret[count++] =
				(struct pollfd){ .fd = stream->forward.fd,
						 .events = POLLOUT };
	}
	if (capture->log_waiting.used > 0)
		ret[count++] = (struct pollfd){ .fd = capture->log.fd,
						.events = POLLOUT };
	return count;
}

/* Write as much as the reader takes. If the reader has ended, drop the rest. */
static void pass_on(struct capture_stream *stream)
{
	struct buffer *waiting = &stream->waiting;

	while (waiting->used > 0) {
		ssize_t n = outlet_write(&stream->forward, waiting->text,
					 waiting->used);

		if (n == -EAGAIN)
			return;
		if (n < 0) {
			(void)outlet_close(&stream->forward, 0,
					   &(uint64_t){ 0 });
			buffer_free(waiting);
			return;
		}
		buffer_drop(waiting, (size_t)n);
	}
}

int64_t capture_deadline(const struct capture *capture)
{
	return log_is_full(capture) ? capture->log_moved_us + LOG_STALL_US : -1;
}

static void log_moved(struct capture *capture)
{
	capture->log_moved_us = clock_us();
	capture->log_stuck = false;
}

static size_t tee_log(struct capture *capture,
		      const struct capture_stream *stream)
{
	ssize_t n;

	if (stream->last_read < TEE_MIN || capture->log.fd < 0 ||
	    capture->log_waiting.used > 0 || capture->prefix ||
	    capture->times || capture->terminal || stream->is_unrecorded)
		return 0;
	n = outlet_tee(&capture->log, stream->fd, CHUNK);
	if (n <= 0) /* The log's pipe is full. */
		return 0;
	log_moved(capture);
	return (size_t)n;
}

/* @return how many bytes it took. */
static size_t give_log(struct capture *capture, const char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n =
			outlet_write(&capture->log, data + done, size - done);

		if (n < 0 && n != -EAGAIN) { /* The writer was killed. */
			ring_lose(capture->ring, size - done);
			return size;
		}
		if (n < 0)
			break;
		done += (size_t)n;
	}
	if (done > 0)
		log_moved(capture);
	return done;
}

static void push_log(struct capture *capture)
{
	struct buffer *waiting = &capture->log_waiting;

	if (waiting->used > 0)
		buffer_drop(waiting,
			    give_log(capture, waiting->text, waiting->used));
	if (log_is_full(capture) && clock_us() >= capture_deadline(capture))
		capture->log_stuck = true;
}

static void log_bytes(struct capture *capture, const char *data, size_t size)
{
	struct buffer *waiting = &capture->log_waiting;
	size_t done = 0;

	if (waiting->used == 0)
		done = give_log(capture, data, size);
	if (done == size)
		return;
	if (waiting->used == 0)
		capture->log_moved_us = clock_us();
	if (waiting->used >= WAITING_MAX)
		ring_lose(capture->ring, size - done);
	else
		buffer_add(waiting, data + done, size - done);
}

static void capture_add_time(struct buffer *out)
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
				capture_add_time(&out);
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

static void add_log(struct capture *capture, struct capture_stream *stream,
		    const char *data, size_t size, bool is_logged)
{
	if (capture->log.fd >= 0 && (capture->prefix || capture->times))
		log_lines(capture, stream, data, size);
	else if (capture->log.fd >= 0 && !is_logged)
		log_bytes(capture, data, size);
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

static void record(struct capture *capture, struct capture_stream *stream,
		   const char *data, size_t size, bool is_logged)
{
	ring_write(capture->ring, data, size);
	if (capture->taken)
		capture->taken(capture->taken_context, data, size);
	add_log(capture, stream, data, size, is_logged);
}

static void capture_take(struct capture *capture, struct capture_stream *stream,
			 const char *data, size_t size, bool is_logged)
{
	if (!stream->is_unrecorded)
		record(capture, stream, data, size, is_logged);
	if (stream->forward.fd >= 0)
		buffer_add(&stream->waiting, data, size);
	if (capture->line)
		show_lines(capture, stream, data, size);
}

/* A terminal does not block, and gives a page at a time. Read all that is
 * there, so that attached clients get it in one piece. */
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

/* @return whether anything was read. */
static bool capture_read_some(struct capture *capture,
			      struct capture_stream *stream)
{
	static char chunk[CHUNK];
	size_t logged;
	ssize_t n;

	logged = tee_log(capture, stream);
	/* Those bytes and no more: a pipe gives all that it holds. */
	/* Main's last line may be there. */
	n = RETRY(read(stream->fd, chunk, logged ? logged : sizeof(chunk)));
	stream->last_read = n > 0 ? (size_t)n : 0;
	if (n > 0)
		capture_take(capture, stream, chunk,
			     read_more(capture, stream->fd, chunk, (size_t)n),
			     logged > 0);
	else if (n == 0 || errno != EAGAIN)
		cleanup_close(&stream->fd); /* The other end is closed. */
	return n > 0;
}

static void read_stream(struct capture *capture, struct capture_stream *stream)
{
	if (stream->fd >= 0 && capture_has_room(capture, stream))
		(void)capture_read_some(capture,
					stream); /* poll(2) shows the rest. */
}

void capture_work(struct capture *capture)
{
	push_log(capture);
	for (int i = 0; i < 2; i++) {
		pass_on(&capture->streams[i]);
		read_stream(capture, &capture->streams[i]);
		pass_on(&capture->streams[i]);
	}
}

/* Not limited by a reader of our output that is slow: this is no more than the
 * pipe has room for, and what is written meanwhile by those that live. */
static void drain_stream(struct capture *capture, struct capture_stream *stream)
{
	int size = stream->fd < 0 ? -1 : fcntl(stream->fd, F_GETPIPE_SZ);
	int64_t left = size > 0 ? size : CHUNK;

	while (left > 0 && stream->fd >= 0 && !capture->paused &&
	       !log_is_full(capture) && capture_read_some(capture, stream))
		left -= (int64_t)stream->last_read;
	pass_on(stream);
}

void capture_drain(struct capture *capture)
{
	push_log(capture);
	for (int i = 0; i < 2; i++)
		drain_stream(capture, &capture->streams[i]);
}

/* @return whether there is more to do. */
static bool finish_stream(struct capture *capture,
			  struct capture_stream *stream, int64_t until)
{
	struct pollfd in = { .fd = stream->fd, .events = POLLIN };
	struct pollfd forward = { stream->forward.fd, POLLOUT, 0 };
	struct pollfd log = { capture->log.fd, POLLOUT, 0 };
	bool room = capture_has_room(capture, stream);
	bool more = stream->fd >= 0 && poll_fds(&in, 1, 0) == 1;

	if (more && room)
		read_stream(capture, stream);
	else if (more && stream->waiting.used < WAITING_MAX)
		(void)poll_fds(&log, 1, clock_poll_ms(until));
	else if (stream->waiting.used > 0)
		(void)poll_fds(&forward, 1, clock_poll_ms(until));
	pass_on(stream);
	push_log(capture);
	return more || stream->waiting.used > 0;
}

static void finish_log(struct capture *capture, int64_t until_us)
{
	struct buffer *waiting = &capture->log_waiting;
	uint64_t left;

	while (waiting->used > 0 && clock_us() < until_us) {
		struct pollfd out = { .fd = capture->log.fd,
				      .events = POLLOUT };

		(void)poll_fds(&out, 1, clock_poll_ms(until_us));
		push_log(capture);
	}
	/* The guard names a writer that hangs. */
	(void)outlet_close(&capture->log, until_us, &left);
	if (capture->ring)
		ring_lose(capture->ring, (size_t)left + waiting->used);
	buffer_free(waiting);
}

/* All are dead, so what is in the pipes is all that will come. */
void capture_finish(struct capture *capture)
{
	int64_t until = clock_in_us(FINISH_US);
	uint64_t left;

	capture->paused = false;
	for (int i = 0; i < 2; i++)
		while (finish_stream(capture, &capture->streams[i], until) &&
		       clock_us() < until)
			;
	for (int i = 0; i < 2; i++)
		(void)outlet_close(&capture->streams[i].forward, until, &left);
	finish_log(capture, until);
}
