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
 */
#ifndef JIG_UP_LOG_FILE_H
#define JIG_UP_LOG_FILE_H

#include <time.h>

#include "base/fault.h"
#include "up/project.h"
#include "up/sink.h"

struct log_writer {
	struct log_file file; /* path is ours */
	struct sink sink;
	unsigned users; /* streams that write to it */
	bool is_regular;
	bool is_astray; /* the path cannot be opened; the old file is written */
	dev_t device; /* of the open file: is it still the one at the path? */
	ino_t inode;
	uint64_t size; /* of the file */
	uint64_t told; /* of sink.lost */
	time_t looked; /* when the path was last looked at */
	time_t aged; /* when old ones were last looked for */
	int error; /* why it cannot be written to now; 0 */
	bool is_reported; /* for the caller: @error was told */
};

/**
 * Open for appending; its directories are made.
 * @file  copied.
 * @ret   log_file_close() it.
 * @return  0 (also when the disk is full: it is tried again), or -errno.
 */
int log_file_open(const struct log_file *file, struct log_writer **ret,
		  struct fault *fault);

/** Write what can be written, close, free. */
void log_file_close(struct log_writer *log);

/**
 * One line. @stamp stands before it, unless the file wants no times, and behind
 * that @name, if the file is one of several.
 */
void log_file_add(struct log_writer *log, const char *stamp, const char *name,
		  const char *line, size_t size);

/** Write what waits. @return whether nothing waits any more. */
bool log_file_flush(struct log_writer *log);

/** Once a second or so: is the file still there, are old ones too old? */
void log_file_tick(struct log_writer *log, time_t now);

#endif
