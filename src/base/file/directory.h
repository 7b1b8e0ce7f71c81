/* SPDX-License-Identifier: MIT */
/* Listing a directory by its descriptor, and leaving our own. */
#ifndef JIG_BASE_FILE_DIRECTORY_H
#define JIG_BASE_FILE_DIRECTORY_H

#include <dirent.h>
#include <errno.h>

#include "base/cleanup.h"

#define CLEANUP_DIR CLEANUP(cleanup_dir)

/** Accepts NULL. */
void cleanup_dir(DIR **dir);

/**
 * A listing with a position of its own; @dirfd stays the caller's.
 * @return  closedir() it; NULL with errno set.
 */
DIR *directory_list(int dirfd);

/** As readdir(3), with errno 0 at the end. */
static inline struct dirent *directory_next(DIR *dir)
{
	errno = 0;
	return readdir(dir);
}

/**
 * Go to /, so that we keep no file system busy. Where that is not possible (a
 * root that we may not search) we stay: nothing of ours depends on it.
 */
void directory_leave(void);

#endif
