/* SPDX-License-Identifier: MIT */
/*
 * A log file, as `jig up` sees it: lines go to a child that writes the file
 * (writer.h, log_file.h), so no file system can block us.
 *
 *   a slow disk     its streams wait (log_outlet_is_full()), and nothing is
 *                   lost
 *   a file system   that takes nothing for a second: its streams do not wait
 *   that does not   any more. Up to SINK_FULL bytes stay pending; later lines
 *   answer          are dropped and counted. When it answers, one line gives
 *                   their number
 *   any other       (a full disk, a removed file): see log_file.h
 *   failure
 *
 * Invariant: only log_outlet_open() and log_outlet_close() wait, both with a
 * limit.
 *
 * What does not belong here: rotation (log_file.h), and the search for the log
 * of a path (logs.c).
 */
#ifndef JIG_UP_OUTPUT_LOG_OUTLET_H
#define JIG_UP_OUTPUT_LOG_OUTLET_H

#include "base/fault.h"
#include "up/output/writer.h"

struct log_outlet {
	struct log_file file; /* path is ours */
	struct sink sink;
	struct writer writer;
	unsigned users; /* streams that write to it */
	uint64_t lines; /* that were added */
	uint64_t told; /* of sink.lost: reported in the file */
	bool is_reported; /* for the caller: log_outlet_error() is reported */
	int64_t until_us; /* for the caller: the deadline of its end */
};

/**
 * Start the child, which opens the file and creates its directories.
 * @file      copied.
 * @until_us  the deadline of the wait for open(2). A later failure shows in
 *            log_outlet_error().
 * @ret       log_outlet_close() it.
 * @return    0 (also when the disk is full: it is tried again), or -errno.
 */
int log_outlet_open(const struct log_file *file, int64_t until_us,
		    struct log_outlet **ret, struct fault *fault);

/** Whether the file is not open yet. */
bool log_outlet_is_late(const struct log_outlet *log);

/**
 * Add a line. @stamp stands before it, unless the file has no times; then
 * @name, if several instances write this file.
 */
void log_outlet_add(struct log_outlet *log, const char *stamp, const char *name,
		    const char *line, size_t size);

/** Write to the child, and check its progress. */
void log_outlet_flush(struct log_outlet *log, int64_t now_us);

/** Whether streams that write to it must wait, for a second at most. */
bool log_outlet_is_full(const struct log_outlet *log);

/** Whether the child has taken all. */
bool log_outlet_is_idle(const struct log_outlet *log);

/** Why it cannot be written now; NULL: it can. */
const char *log_outlet_error(const struct log_outlet *log);

/** Lines that were dropped until now. */
uint64_t log_outlet_lost(const struct log_outlet *log);

/** No more lines will come: the child writes what it has, and ends. */
void log_outlet_shut(struct log_outlet *log);
bool log_outlet_is_shut(const struct log_outlet *log);

/**
 * Wait for the child's end until @until_us, then kill it; free.
 * @ret_lost  the number of lines that were not written.
 * @return    0, or the pid of a child that does not die and is abandoned.
 */
pid_t log_outlet_close(struct log_outlet *log, int64_t until_us,
		       uint64_t *ret_lost);

#endif
