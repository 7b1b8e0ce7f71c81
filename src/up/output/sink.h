/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that is written to through one large buffer, without touching
 * what others share with us.
 *
 *   socket          send(2) with MSG_DONTWAIT
 *   pipe, FIFO,     reopened through /proc/self/fd with O_NONBLOCK: a
 *   terminal        description of our own, so that the shell's and the
 *                   programs' stay as they are
 *   regular file    a write may block on its file system; it is never
 *                   reopened, since the offset is shared with the process that
 *                   gave it to us (`>log 2>&1`)
 *   refused         (another user's terminal, no /proc, the side of a terminal
 *                   that shows it): a write may block
 *
 * The last two are for a child to write (writer.h); its pipe is a sink, too.
 *
 * Invariant: lines go in whole (sink_room(), sink_commit()) and come out whole
 * and in order. When some have to be dropped, they are dropped whole, counted
 * as lost, and all of them until the buffer is empty again: what is lost is
 * lost at one place.
 *
 * SIGPIPE (a pipe whose reader has gone: -EPIPE here; sockets never raise it)
 * and SIGXFSZ (a file that may not grow: -EFBIG) are to be ignored or blocked
 * by the process: a sink changes no signals.
 */
#ifndef JIG_UP_OUTPUT_SINK_H
#define JIG_UP_OUTPUT_SINK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** From so many bytes on, those who feed it should wait. */
#define SINK_FULL ((size_t)1 << 20)

enum sink_kind {
	SINK_NONE, /* nowhere: what comes is forgotten, and not lost */
	SINK_DIRECT, /* what is never slow (/dev/null) */
	SINK_NONBLOCKING, /* a description of our own */
	SINK_SOCKET,
	SINK_FILE, /* regular; may block */
	SINK_BLOCKING, /* a pipe or terminal that was refused; may block */
};

struct sink {
	enum sink_kind kind;
	int fd; /* that is written to */
	bool is_owned; /* it is ours to close */
	bool is_terminal;
	bool is_lossy; /* drop lines from SINK_FULL on, rather than wait */
	bool is_dropping; /* until the buffer is empty again */
	bool is_gone; /* no reader any more: all that comes is lost */
	int error; /* of the last write; 0 or -errno (-EAGAIN: it waits) */
	char *bytes; /* [start, end) of room are to be written */
	size_t start, end, room;
	uint64_t lost; /* lines */
	uint64_t written; /* bytes */
};

#define SINK_CLOSED ((struct sink){ .fd = -1 })

/**
 * @fd   stays the caller's, and open as long as the sink. -1, or one that is
 *       not open, is SINK_NONE.
 */
void sink_open(int fd, struct sink *ret);

/** One that we have opened for this, with O_NONBLOCK: the sink closes it. */
void sink_own(int fd, struct sink *ret);

/** Write what waits, and what comes, to another one of our own. */
void sink_replace(struct sink *sink, int fd);

/** Close and free; what waits is forgotten. Accepts a zeroed one. */
void sink_close(struct sink *sink);

/**
 * Room for one line (and its prefix).
 * @return  where to write @size bytes; NULL: forget it (counted as lost, unless
 *          the sink is nowhere).
 */
char *sink_room(struct sink *sink, size_t size);

/** Append one line. */
void sink_add(struct sink *sink, const char *bytes, size_t size);

/** @size  bytes were written where sink_room() said. */
static inline void sink_commit(struct sink *sink, size_t size)
{
	sink->end += size;
}

static inline size_t sink_waiting(const struct sink *sink)
{
	return sink->end - sink->start;
}

/** Lines that wait. */
uint64_t sink_lines(const struct sink *sink);

/**
 * Write what can be written now.
 * @return  0: all; -EAGAIN: the reader is slow; -EPIPE: it has gone; or what
 *          the file system says (-ENOSPC): try again later.
 */
int sink_flush(struct sink *sink);

/** Forget what waits: it is lost. */
void sink_forget(struct sink *sink);

/** Whether those who feed it should wait for its reader. */
static inline bool sink_is_full(const struct sink *sink)
{
	return sink->error == -EAGAIN && !sink->is_lossy &&
	       sink_waiting(sink) >= SINK_FULL;
}

#endif
