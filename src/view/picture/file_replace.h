/* SPDX-License-Identifier: MIT */
/* Writing a file whole or not at all: readers see the old one or the new. */
#ifndef JIG_VIEW_PICTURE_FILE_REPLACE_H
#define JIG_VIEW_PICTURE_FILE_REPLACE_H

#include <stddef.h>

#include "base/fault.h"

/**
 * Write @data to @path, by way of a new file beside it that takes its place.
 *
 * An old file's permissions are kept, and a symbolic link stays one: what it
 * points to is replaced. What is no regular file (a fifo, /dev/stdout) is
 * written to as it is.
 *
 * @return  0, or -errno with the reason; then nothing has changed.
 */
int file_replace(const char *path, const void *data, size_t size,
		 struct fault *fault);

#endif
