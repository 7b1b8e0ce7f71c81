/* SPDX-License-Identifier: MIT */
/*
 * The older files of a log: PATH.1 is the youngest, then PATH.2, and so on.
 *
 * Works on names only: who writes to PATH opens it again afterwards.
 */
#ifndef JIG_UP_OUTPUT_LOG_ROTATE_H
#define JIG_UP_OUTPUT_LOG_ROTATE_H

#include <time.h>

/**
 * PATH becomes PATH.1, that one PATH.2, up to @files of them; the oldest goes.
 * @return  0 or -errno; then PATH stands where it stood.
 */
int log_rotate(const char *path, unsigned files);

/** Remove those of the older files that were last written before @limit. */
void log_remove_old(const char *path, unsigned files, time_t limit);

/** The directory that @path stands in, and those above it. @return 0, -errno.
 */
int log_make_directory(const char *path);

#endif
