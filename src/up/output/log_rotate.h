/* SPDX-License-Identifier: MIT */
/*
 * The older files of a log: PATH.1 is the youngest, then PATH.2, and so on.
 *
 * Invariant: these functions change names only. The caller, which writes to
 * PATH, opens it again afterwards.
 *
 * What does not belong here: when to rotate (log_file.h).
 */
#ifndef JIG_UP_OUTPUT_LOG_ROTATE_H
#define JIG_UP_OUTPUT_LOG_ROTATE_H

#include <time.h>

/* * Rename PATH to PATH.1, that one to PATH.2, up to @files; remove the oldest.
 * @return  0; or -errno, and PATH is not renamed.
 */
int log_rotate(const char *path, unsigned files);

/** Remove older files that were last written before @limit. */
void log_remove_old(const char *path, unsigned files, time_t limit);

/** Create the directory of @path, and those above it. @return 0 or -errno. */
int log_make_directory(const char *path);

#endif
