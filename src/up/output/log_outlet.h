/* SPDX-License-Identifier: MIT */
/*
 * A log file, as `jig up` sees it: lines go to a child that writes the file
 * (writer.h, log_file.h), so no file system can block us.
 *
 *   a slow disk     its streams wait (log_outlet_is_full()), and nothing is
 *                   lost
 *   a file system   that takes nothing for a second: its streams do not wait
 *   that does not   any more. Up to SINK_FULL bytes are kept, all lines after
 *   answer          them are lost and counted; when it answers, one line says
 *                   how many
 *   any other       (a full disk, a vanished file): see log_file.h
 *   failure
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
	uint64_t lines; /* that were to be written */
	uint64_t told; /* of sink.lost */
	bool is_reported; /* for the caller: log_outlet_error() was told */
	int64_t until_us; /* for the caller: when it is to have ended */
};

/**
 * Start the child, which opens the file; its directories are made.
 * @file      copied.
 * @until_us  the open is waited for so long; after that it may still fail,
 *            which log_outlet_error() tells.
 * @ret       log_outlet_close() it.
 * @return    0 (also when the disk is full: it is tried again), or -errno.
 */
int log_outlet_open(const struct log_file *file, int64_t until_us,
		    struct log_outlet **ret, struct fault *fault);

/** Whether the file is not open yet. */
bool log_outlet_is_late(const struct log_outlet *log);

/**
 * One line. @stamp stands before it, unless the file wants no times, and behind
 * that @name, if the file is one of several.
 */
void log_outlet_add(struct log_outlet *log, const char *stamp, const char *name,
		    const char *line, size_t size);

/** Give the child what it takes, and see how far it is. */
void log_outlet_flush(struct log_outlet *log, int64_t now_us);

/** Whether streams that write to it are to wait, for a second at most. */
bool log_outlet_is_full(const struct log_outlet *log);

/** Whether the child has taken all. */
bool log_outlet_is_idle(const struct log_outlet *log);

/** Why it cannot be written to now: a text; NULL: it can. */
const char *log_outlet_error(const struct log_outlet *log);

/** Lines that were dropped until now. */
uint64_t log_outlet_lost(const struct log_outlet *log);

/** Nothing more will come: the child writes what it has, and ends. */
void log_outlet_shut(struct log_outlet *log);
bool log_outlet_is_shut(const struct log_outlet *log);

/**
 * Wait for the child's end until @until_us, else kill it; free.
 * @ret_lost  of all lines, those that were not written.
 * @return    0, or the pid of a child that does not die and is abandoned.
 */
pid_t log_outlet_close(struct log_outlet *log, int64_t until_us,
		       uint64_t *ret_lost);

#endif
