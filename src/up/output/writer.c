// SPDX-License-Identifier: MIT
#include "up/output/writer.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/retry.h"
#include "up/output/log_file.h"

/* The size of the pipe, and of one read(2). */
#define PIPE_SIZE 262144
/* After this time without progress a child counts as stuck. */
#define STALL_US 1000000LL
/* Interval between attempts to write a file after an error. */
#define RETRY_MS 1000
/* Interval of log_file_tick(). */
#define AGE_MS 3600000

struct writer_share {
	_Atomic uint64_t taken; /* bytes */
	_Atomic uint64_t written, lost; /* lines */
	_Atomic int error; /* of the last write, or open: 0 or -errno */
	_Atomic int opened; /* ASIDE_PENDING, 0 or -errno */
};

/* The child's data. */
struct writer_writing {
	struct writer_share *share;
	const struct log_file *file; /* NULL: write to `fd` */
	int fd;
};

/* Bytes that the child has read and not written. */
struct intake {
	char *bytes;
	size_t used, room;
	uint64_t taken, lines;
};

/* --------------------------------------------------- the child: whole lines */

/* @return as read(2). */
static ssize_t writer_take(struct intake *in, int from)
{
	if (in->used == in->room) {
		size_t room = in->room ? 2 * in->room : PIPE_SIZE;
		char *larger = realloc(in->bytes, room);

		if (!larger) {
			errno = ENOMEM;
			return -1;
		}
		in->bytes = larger;
		in->room = room;
	}
	return RETRY(read(from, in->bytes + in->used, in->room - in->used));
}

static void writer_add_lines(struct intake *in, struct log_writer *log)
{
	char *line = in->bytes, *end = in->bytes + in->used, *newline;

	if (!line)
		return;
	while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
		log_file_add(log, line, (size_t)(newline + 1 - line));
		line = newline + 1;
		in->lines++;
	}
	in->used = (size_t)(end - line);
	memmove(in->bytes, line, in->used);
}

static void publish(struct writer_share *share, const struct intake *in,
		    const struct log_writer *log)
{
	uint64_t waiting = log_file_waiting(log);

	atomic_store(&share->error, log->error);
	atomic_store(&share->lost, log->sink.lost);
	atomic_store(&share->written, in->lines - log->sink.lost - waiting);
	/* Last: `taken` counts bytes whose result is visible already. */
	atomic_store(&share->taken, in->taken);
}

static int writer_patience(const struct log_writer *log)
{
	if (sink_waiting(&log->sink) > 0)
		return RETRY_MS;
	return log->file.max_days > 0 ? AGE_MS : -1;
}

/* @return false at the end of the file. */
static bool writer_take_lines(int from, struct intake *in,
			      struct log_writer *log)
{
	struct pollfd one = { .fd = from, .events = POLLIN };
	int r = poll_fds(&one, 1, writer_patience(log));
	ssize_t n = r > 0 ? writer_take(in, from) : -1;
	bool is_end = r > 0 && n <= 0; /* A timeout, not an end. */

	if (n > 0) {
		in->used += (size_t)n;
		in->taken += (uint64_t)n;
	}
	log_file_tick(log, time(NULL));
	writer_add_lines(in, log);
	if (is_end &&
	    in->used > 0) /* Our parent was killed while it wrote a line. */
		log_file_add(log, in->bytes, in->used);
	(void)log_file_flush(log); /* log->error has the result. */
	return !is_end;
}

static void write_lines(int from, void *context)
{
	struct writer_writing *writing = context;
	struct intake in = { 0 };
	struct log_writer *log = log_file_new(writing->file);
	int r = 0;

	if (!log)
		return;
	if (writing->file)
		r = log_file_open(log);
	else
		log_file_use(log, writing->fd);
	atomic_store(&writing->share->error, log->error);
	atomic_store(&writing->share->opened, r);
	while (writer_take_lines(from, &in, log))
		publish(writing->share, &in, log);
	publish(writing->share, &in, log);
	log_file_close(log);
	free(in.bytes);
}

/* ---------------------------------------------------------- the child: bytes
 */

/* @return whether there is still a reader. */
static bool writer_write_all(int fd, const char *data, size_t size)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };

	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n >= 0) {
			data += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN) {
			(void)poll_fds(&out, 1,
				       -1); /* This process may wait. */
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

static void write_bytes(int from, void *context)
{
	static char bytes[PIPE_SIZE];
	struct writer_writing *writing = context;
	ssize_t n;

	atomic_store(&writing->share->opened, 0);
	while ((n = RETRY(read(from, bytes, sizeof(bytes)))) != 0) {
		/* Our end tells the parent that there is no reader. */
		if (n < 0 || !writer_write_all(writing->fd, bytes, (size_t)n))
			return;
		(void)atomic_fetch_add(&writing->share->taken, (uint64_t)n);
	}
}

/* ----------------------------------------------------------------- our side */

static int writer_start(void (*run)(int fd, void *context),
			struct writer_writing *writing, struct writer *ret,
			struct sink *ret_sink)
{
	struct aside_work work = {
		.run = run,
		.context = writing,
		.is_pipe = true,
		.fd = writing->fd,
		.lingers = true,
	};
	struct writer writer = { .aside = ASIDE_NONE_INIT,
				 .moved_us = clock_us() };
	int r;

	writer.share = mmap(NULL, sizeof(*writer.share), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (writer.share == MAP_FAILED)
		return -errno;
	writer.share->opened = ASIDE_PENDING;
	writing->share = writer.share;
	r = aside_open(&writer.aside, &work);
	if (r < 0) {
		writer_free(&writer);
		return r;
	}
	/* Fewer switches between the two; if this fails, the default size. */
	(void)fcntl(writer.aside.fd, F_SETPIPE_SZ, PIPE_SIZE);
	sink_own(take_fd(&writer.aside.fd), ret_sink);
	*ret = writer;
	return 0;
}

int writer_open_log(const struct log_file *file, struct writer *ret,
		    struct sink *ret_sink)
{
	struct writer_writing writing = { .file = file, .fd = -1 };

	return writer_start(write_lines, &writing, ret, ret_sink);
}

int writer_open_file(int fd, struct writer *ret, struct sink *ret_sink)
{
	struct writer_writing writing = { .fd = fd };

	return writer_start(write_lines, &writing, ret, ret_sink);
}

int writer_open_raw(int fd, struct writer *ret, struct sink *ret_sink)
{
	struct writer_writing writing = { .fd = fd };

	return writer_start(write_bytes, &writing, ret, ret_sink);
}

int writer_await_open(struct writer *writer, int64_t until_us)
{
	return aside_await(&writer->aside, &writer->share->opened, until_us);
}

bool writer_is_late(const struct writer *writer)
{
	return writer->share &&
	       atomic_load(&writer->share->opened) == ASIDE_PENDING;
}

bool writer_is_idle(const struct writer *writer, const struct sink *sink)
{
	if (!writer->share || sink->is_gone)
		return true;
	return sink_waiting(sink) == 0 &&
	       atomic_load(&writer->share->taken) == sink->written;
}

void writer_look(struct writer *writer, const struct sink *sink, int64_t now_us)
{
	if (!writer->share)
		return;

	uint64_t taken = atomic_load(&writer->share->taken);
	bool waits = !writer_is_idle(writer, sink) || writer_is_late(writer);

	if (!waits || taken != writer->seen) {
		writer->seen = taken;
		writer->moved_us = now_us;
		writer->is_stuck = false;
	} else if (now_us - writer->moved_us >= STALL_US) {
		writer->is_stuck = true;
	}
}

int writer_error(const struct writer *writer)
{
	int error = writer->share ? atomic_load(&writer->share->error) : 0;

	return error == 0 && writer->is_stuck ? -ETIMEDOUT : error;
}

uint64_t writer_lost(const struct writer *writer)
{
	return writer->share ? atomic_load(&writer->share->lost) : 0;
}

uint64_t writer_written(const struct writer *writer)
{
	return writer->share ? atomic_load(&writer->share->written) : 0;
}

void writer_shut(struct sink *sink)
{
	cleanup_close(&sink->fd);
	sink->is_owned = false;
}

bool writer_has_ended(struct writer *writer)
{
	return aside_wait(&writer->aside, 0) == 0;
}

pid_t writer_close(struct writer *writer, struct sink *sink, int64_t until_us)
{
	if (!writer->share)
		return 0;
	writer_shut(sink);
	(void)aside_wait(&writer->aside, until_us); /* Or it was killed. */
	return aside_close(&writer->aside);
}

void writer_free(struct writer *writer)
{
	if (writer->share)
		(void)munmap(writer->share, sizeof(*writer->share));
	*writer = (struct writer){ .aside = ASIDE_NONE_INIT };
}
