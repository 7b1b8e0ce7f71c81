/* SPDX-License-Identifier: MIT */
/* Write a whole file or nothing: readers see the old file or the new one. */
#ifndef JIG_VIEW_PICTURE_FILE_REPLACE_H
#define JIG_VIEW_PICTURE_FILE_REPLACE_H

#include <stddef.h>

#include "base/fault.h"

/**
 * Write @data to a new file beside @path, and rename it to @path.
 *
 * The permissions of an old file stay. If @path is a symbolic link, its target
 * is replaced. A file that is not regular (a FIFO, /dev/stdout) is written in
 * place.
 *
 * @return  0, or -errno with the reason; then nothing has changed.
 */
int file_replace(const char *path, const void *data, size_t size,
		 struct fault *fault);

#endif
