/* SPDX-License-Identifier: MIT */
/*
 * A descriptor with one large buffer. A write changes nothing that other
 * processes share with us.
 *
 *   socket          send(2) with MSG_DONTWAIT
 *   pipe, FIFO,     reopened through /proc/self/fd with O_NONBLOCK: a
 *   terminal        new open file description, so that those of the shell and
 *                   of the programs do not change
 *   regular file    a write may block on its file system. It is never reopened,
 *                   because other processes share its offset (`>log 2>&1`)
 *   not reopened    (another user's terminal, no /proc, a terminal's master
 *                   side): a write may block
 *
 * A child writes to the last two (writer.h). The pipe to it is a sink, too.
 *
 * Invariant: a sink takes whole lines (sink_room(), sink_commit()) and writes
 * whole lines in order. If it must drop lines, it drops whole lines until the
 * buffer is empty, and counts them as lost. So all lost lines are in one place.
 *
 * The process must ignore or block SIGPIPE (a pipe without a reader: -EPIPE
 * here; sockets never raise it) and SIGXFSZ (a file at its size limit: -EFBIG).
 * A sink changes no signals.
 *
 * What does not belong here: prefixes, and the wait for a descriptor.
 */
#ifndef JIG_UP_OUTPUT_SINK_H
#define JIG_UP_OUTPUT_SINK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** From this number of bytes on, callers should wait. */
#define SINK_FULL ((size_t)1 << 20)

enum sink_kind {
	SINK_NONE, /* discards all, and does not count it as lost */
	SINK_DIRECT, /* is never slow (/dev/null) */
	SINK_NONBLOCKING, /* our own open file description */
	SINK_SOCKET,
	SINK_FILE, /* regular; may block */
	SINK_BLOCKING, /* a pipe or terminal, not reopened; may block */
};

struct sink {
	enum sink_kind kind;
	int fd; /* to write to */
	bool is_owned; /* sink_close() closes it */
	bool is_terminal;
	bool is_lossy; /* from SINK_FULL on, drop lines and do not wait */
	bool is_dropping; /* until the buffer is empty again */
	bool is_gone; /* there is no reader any more: all is lost */
	int error; /* of the last write: 0 or -errno (-EAGAIN: slow reader) */
	char *bytes; /* [start, end) of room is pending */
	size_t start, end, room;
	uint64_t lost; /* lines */
	uint64_t written; /* bytes */
};

#define SINK_CLOSED ((struct sink){ .fd = -1 })

/**
 * @fd   remains the caller's, and must be open as long as the sink is. -1, or a
 *       closed one, makes SINK_NONE.
 */
void sink_open(int fd, struct sink *ret);

/** @fd was opened for this, with O_NONBLOCK; the sink closes it. */
void sink_own(int fd, struct sink *ret);

/** Write pending and later lines to @fd, which the sink closes. */
void sink_replace(struct sink *sink, int fd);

/** Close and free; discard pending lines. Accepts a zeroed one. */
void sink_close(struct sink *sink);

/**
 * Room for one line (and its prefix).
 * @return  where to write @size bytes; NULL: discard the line (it is counted as
 *          lost, except by SINK_NONE).
 */
char *sink_room(struct sink *sink, size_t size);

/** Append one line. */
void sink_add(struct sink *sink, const char *bytes, size_t size);

/** @size bytes were written to the place that sink_room() returned. */
static inline void sink_commit(struct sink *sink, size_t size)
{
	sink->end += size;
}

static inline size_t sink_waiting(const struct sink *sink)
{
	return sink->end - sink->start;
}

/** Pending lines. */
uint64_t sink_lines(const struct sink *sink);

/**
 * Write what can be written now.
 * @return  0: all; -EAGAIN: the reader is slow; -EPIPE: there is no reader; or
 *          an error of the file system (-ENOSPC): try again later.
 */
int sink_flush(struct sink *sink);

/** Discard pending lines, and count them as lost. */
void sink_forget(struct sink *sink);

/** Whether callers should wait for its reader. */
static inline bool sink_is_full(const struct sink *sink)
{
	return sink->error == -EAGAIN && !sink->is_lossy &&
	       sink_waiting(sink) >= SINK_FULL;
}

#endif
