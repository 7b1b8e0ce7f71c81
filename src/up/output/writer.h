/* SPDX-License-Identifier: MIT */
/*
 * A child that writes to a file, a pipe or a terminal that may block
 * (proc/aside.h): `jig up` writes to the child's pipe, which does not block.
 *
 *   writer_open_log()   a log file: the child opens, writes and rotates it
 *                       (log_file.h)
 *   writer_open_file()  a regular file that is open already (`jig up >file`)
 *   writer_open_raw()   a pipe or a terminal that could not be opened again
 *
 * Invariant: a caller waits for a writer in two calls only, and both have a
 * limit: writer_await_open() and writer_close(). Bytes go in through the sink
 * that the open functions set up; what the sink does not take waits there.
 *
 * A child without work is blocked in read(2) of its pipe. So one that has bytes
 * in its pipe, and takes none for a second, is stuck: the file does not answer.
 *
 * What does not belong here: which file a stream is written to (logs.c).
 */
#ifndef JIG_UP_OUTPUT_WRITER_H
#define JIG_UP_OUTPUT_WRITER_H

#include "proc/aside.h"
#include "up/output/sink.h"
#include "up/project/project.h"

struct writer_share;

/** Zeroed: no writer; all functions accept that. */
struct writer {
	struct aside aside;
	struct writer_share *share; /* memory that the child writes; or NULL */
	uint64_t seen; /* bytes that the child had taken at the last check */
	int64_t moved_us; /* when it last took bytes, or had taken all */
	bool is_stuck;
};

/**
 * @ret_sink  takes lines, each with its newline. writer_close() closes it.
 * @return    0 or -errno. An error of open(2) is known only later.
 */
int writer_open_log(const struct log_file *file, struct writer *ret,
		    struct sink *ret_sink);

/** @fd  remains the caller's. The rest as above. */
int writer_open_file(int fd, struct writer *ret, struct sink *ret_sink);

/** The same for bytes, not lines: none of them is dropped. */
int writer_open_raw(int fd, struct writer *ret, struct sink *ret_sink);

/**
 * Wait until the log file is open.
 * @return  0; -ETIMEDOUT: not yet, and the child still tries; or -errno of
 *          open(2): close the writer, or it tries again every second.
 */
int writer_await_open(struct writer *writer, int64_t until_us);

/** Whether it is not known yet if the log file can be opened. */
bool writer_is_late(const struct writer *writer);

/** Check the child's progress; sets `is_stuck`. Call it after sink_flush(). */
void writer_look(struct writer *writer, const struct sink *sink,
		 int64_t now_us);

/** Whether the child has taken all bytes of the sink. */
bool writer_is_idle(const struct writer *writer, const struct sink *sink);

/** Why it cannot write: -errno; -ETIMEDOUT: the file system does not answer; 0.
 */
int writer_error(const struct writer *writer);

/** Lines that the child has dropped; that it has written. */
uint64_t writer_lost(const struct writer *writer);
uint64_t writer_written(const struct writer *writer);

/** No more bytes will come: the child ends after it has written all. */
void writer_shut(struct sink *sink);

/** After writer_shut(). @return whether the child has ended. */
bool writer_has_ended(struct writer *writer);

/**
 * Shut it, wait for its end until @until_us, then kill it. Call writer_lost()
 * and similar functions before writer_free().
 * @return  0, or the pid of a child that does not die and is abandoned.
 */
pid_t writer_close(struct writer *writer, struct sink *sink, int64_t until_us);

void writer_free(struct writer *writer);

#endif
