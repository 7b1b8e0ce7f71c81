// SPDX-License-Identifier: MIT
/*
 * How a capture is opened and closed: pipes or the terminal, the ring, the log,
 * and what the output is passed on to.
 */
#include "core/output/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proc/spawn.h"

static int open_log(struct capture *capture, struct fault *fault)
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

static int capture_open_open_pipe(struct capture_stream *stream, int number,
				  bool pass_on, struct fault *fault)
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
	if (pass_on) /* An error cannot be reported anywhere. */
		(void)outlet_open(number, &stream->forward);
	return 0;
}

static int capture_open_open_terminal(struct capture *capture, struct list *fds,
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
	int r = ring_create(capture->ring_size ? capture->ring_size : RING_SIZE,
			    &capture->ring, &capture->ring_fd);

	if (r < 0)
		return fault_set(fault, r, "cannot keep the output: %s",
				 strerror(-r));
	r = open_log(capture, fault);
	if (r < 0)
		return r;
	if (capture->terminal)
		return capture_open_open_terminal(capture, fds, fault);
	for (int i = 0; r == 0 && i < 2; i++) {
		struct capture_stream *stream = &capture->streams[one ? 0 : i];

		bool watched = capture->watched & (1U << i);

		if (!(opened & (1U << i)))
			continue;
		stream->is_unrecorded = watched;
		if (stream->fd < 0)
			r = capture_open_open_pipe(stream, i + 1,
						   capture->pass_on || watched,
						   fault);
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

void capture_descriptors(const struct capture *capture, struct fd_except *ret)
{
	for (int i = 0; i < 2; i++) {
		fd_except_add(ret, capture->streams[i].fd);
		fd_except_add(ret, capture->streams[i].forward.fd);
	}
	fd_except_add(ret, capture->ring_fd);
	fd_except_add(ret, capture->log.fd);
}

void capture_close(struct capture *capture)
{
	uint64_t left;

	for (int i = 0; i < 2; i++) {
		struct capture_stream *stream = &capture->streams[i];

		cleanup_close(&stream->fd);
		cleanup_close(&stream->command_end);
		(void)outlet_close(&stream->forward, 0, &left);
		buffer_free(&stream->waiting);
		buffer_free(&stream->line);
	}
	cleanup_close(&capture->ring_fd);
	(void)outlet_close(&capture->log, 0, &left);
	buffer_free(&capture->log_waiting);
	ring_close(capture->ring);
	capture->ring = NULL;
}
