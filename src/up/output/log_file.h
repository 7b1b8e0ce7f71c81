/* SPDX-License-Identifier: MIT */
/*
 * A log file: lines are appended, and it is rotated by size: web.1.log becomes
 * web.1.log.1, that one .2, and so on; as many as are wanted stay.
 *
 *   a full disk     stops nothing and tears nothing: lines wait, then are lost
 *                   and counted; when there is room again, one line says how
 *                   many
 *   a vanished      directory is made again, and the file too (somebody else's
 *   or moved file   rotation), at the next second
 *   a line that     was torn by a sudden end of ours is not continued: the next
 *   is not whole    one begins on a line of its own
 *   a pipe, a       is written to without waiting: what a slow reader does not
 *   terminal        take is lost and counted; no rotation
 *
 * A symbolic link is followed: /dev/stdout, or a log on another disk, is what
 * its owner wants. Rotation renames the link's own name.
 *
 * Invariant: a rotation happens between two lines, when all before it is
 * written. No clock of its own: log_file_tick().
 *
 * Every call may block on the file system: only the child of writer.h calls
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
	bool is_astray; /* the path cannot be opened; the old file is written */
	bool owes_word; /* of what waits, one line is our own */
	dev_t device; /* of the open file: is it still the one at the path? */
	ino_t inode;
	uint64_t size; /* of the file */
	uint64_t told; /* of sink.lost */
	time_t looked; /* when the path was last looked at */
	time_t aged; /* when old ones were last looked for */
	int error; /* why it cannot be written to now; 0 */
};

/**
 * A log that is not open: lines wait.
 * @file    must live as long; NULL: log_file_use() says where to write.
 * @return  log_file_close() it; NULL for want of memory.
 */
struct log_writer *log_file_new(const struct log_file *file);

/**
 * Open for appending; its directories are made.
 * @return  0 (also when the disk is full), or -errno. In both cases
 *          log_file_tick() tries again.
 */
int log_file_open(struct log_writer *log);

/** Write to @fd, a regular file that is open already. */
void log_file_use(struct log_writer *log, int fd);

/** Close, free; what waits is forgotten. */
void log_file_close(struct log_writer *log);

/** One line, with its newline. */
void log_file_add(struct log_writer *log, const char *line, size_t size);

/** Write what waits. @return whether nothing waits any more. */
bool log_file_flush(struct log_writer *log);

/** Lines that were added and wait. */
uint64_t log_file_waiting(const struct log_writer *log);

/** Once a second or so: is the file still there, are old ones too old? */
void log_file_tick(struct log_writer *log, time_t now);

#endif
