/* SPDX-License-Identifier: MIT */
/*
 * A log file: lines are appended, and it is rotated by size: web.1.log becomes
 * web.1.log.1, that one .2, and so on, up to a limit.
 *
 *   a full disk     stops no service and splits no line. Lines are pending,
 *                   then dropped and counted; when there is space again, one
 *                   line gives their number
 *   a removed or    is created again within a second, with its directory
 *   moved file      (another program may have rotated it)
 *   a partial       line after a sudden end of jig is not continued: the next
 *                   line begins on a line of its own
 *   a pipe, a       is not waited for: lines that a slow reader does not take
 *   terminal        are dropped and counted; there is no rotation
 *
 * A symbolic link is followed, so /dev/stdout and a log on another disk work.
 * Rotation renames the link itself.
 *
 * Invariant: a rotation happens between two lines, after all lines before it
 * were written.
 *
 * What does not belong here: a clock (the caller has it: log_file_tick()).
 *
 * Every call may block on the file system, so only the child of writer.h makes
 * them.
 */
#ifndef JIG_UP_OUTPUT_LOG_FILE_H
#define JIG_UP_OUTPUT_LOG_FILE_H

#include <time.h>

#include "up/output/sink.h"
#include "up/project/project.h"

struct log_writer {
	struct log_file file; /* path is the caller's; NULL: it has none */
	struct sink sink;
	bool is_regular;
	bool is_astray; /* the path cannot be opened: write the old file */
	bool owes_word; /* one pending line is jig's own */
	dev_t device; /* of the open file, to compare with the path's */
	ino_t inode;
	uint64_t size; /* of the file */
	uint64_t told; /* of sink.lost: reported in the file */
	time_t looked; /* when the path was last checked */
	time_t aged; /* when old files were last removed */
	int error; /* 0, or why it cannot be written now: -errno */
};

/**
 * A log that is not open: lines are pending.
 * @file    must exist as long as the log; NULL: log_file_use() opens it.
 * @return  log_file_close() it; NULL if memory is short.
 */
struct log_writer *log_file_new(const struct log_file *file);

/**
 * Open for appending; create its directories.
 * @return  0 (also when the disk is full), or -errno. In both cases
 *          log_file_tick() tries again.
 */
int log_file_open(struct log_writer *log);

/** Write to @fd, a regular file that is open already. */
void log_file_use(struct log_writer *log, int fd);

/** Close and free; discard pending lines. */
void log_file_close(struct log_writer *log);

/** One line, with its newline. */
void log_file_add(struct log_writer *log, const char *line, size_t size);

/** Write pending lines. @return whether all are written. */
bool log_file_flush(struct log_writer *log);

/** Pending lines that were added. */
uint64_t log_file_waiting(const struct log_writer *log);

/** About once a second: check the path, and remove old files. */
void log_file_tick(struct log_writer *log, time_t now);

#endif
