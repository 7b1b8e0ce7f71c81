// SPDX-License-Identifier: MIT
#include "core/output/capture_log.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/poll.h"

#define PAGE 4096UL
/* A writer that fills so much at once is a fast one. */
#define TEE_MIN (4 * PAGE)
/* If a log takes nothing for so long, the command no longer waits for it. */
#define LOG_STALL_US 1000000LL

int capture_log_open(struct capture *capture, struct fault *fault)
{
	int r;

	if (!capture->log_path)
		return 0;
	r = outlet_open_file(capture->log_path, capture->ring, &capture->log);
	return r < 0 ? fault_set(fault, r, "cannot write the log %s: %s",
				 capture->log_path,
				 r == -ETIMEDOUT
					 ? "the file system does not answer"
					 : strerror(-r))
		     : 0;
}

bool capture_log_is_full(const struct capture *capture)
{
	return capture->log_waiting.used >= CAPTURE_WAITING_MAX &&
	       !capture->log_stuck;
}

int64_t capture_deadline(const struct capture *capture)
{
	return capture_log_is_full(capture)
		       ? capture->log_moved_us + LOG_STALL_US
		       : -1;
}

static void log_moved(struct capture *capture)
{
	capture->log_moved_us = clock_us();
	capture->log_stuck = false;
}

size_t capture_log_tee(struct capture *capture,
		       const struct capture_stream *stream)
{
	ssize_t n;

	if (stream->last_read < TEE_MIN || capture->log.fd < 0 ||
	    capture->log_waiting.used > 0 || capture->prefix ||
	    capture->times || capture->terminal || stream->is_unrecorded)
		return 0;
	n = outlet_tee(&capture->log, stream->fd, CAPTURE_CHUNK);
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

void capture_log_push(struct capture *capture)
{
	struct buffer *waiting = &capture->log_waiting;

	if (waiting->used > 0)
		buffer_drop(waiting,
			    give_log(capture, waiting->text, waiting->used));
	if (capture_log_is_full(capture) &&
	    clock_us() >= capture_deadline(capture))
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
	if (waiting->used >= CAPTURE_WAITING_MAX)
		ring_lose(capture->ring, size - done);
	else
		buffer_add(waiting, data + done, size - done);
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

void capture_log_add(struct capture *capture, struct capture_stream *stream,
		     const char *data, size_t size, bool is_logged)
{
	if (capture->log.fd >= 0 && (capture->prefix || capture->times))
		log_lines(capture, stream, data, size);
	else if (capture->log.fd >= 0 && !is_logged)
		log_bytes(capture, data, size);
}

void capture_log_finish(struct capture *capture, int64_t until_us)
{
	struct buffer *waiting = &capture->log_waiting;
	uint64_t left;

	while (waiting->used > 0 && clock_us() < until_us) {
		struct pollfd out = { .fd = capture->log.fd,
				      .events = POLLOUT };

		(void)poll_fds(&out, 1, clock_poll_ms(until_us));
		capture_log_push(capture);
	}
	/* The guard names a writer that hangs. */
	(void)outlet_close(&capture->log, until_us, &left);
	if (capture->ring)
		ring_lose(capture->ring, (size_t)left + waiting->used);
	buffer_free(waiting);
}
