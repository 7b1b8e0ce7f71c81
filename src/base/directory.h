/* SPDX-License-Identifier: MIT */
/* Listing a directory that is held by descriptor, and leaving ours. */
#ifndef JIG_BASE_DIRECTORY_H
#define JIG_BASE_DIRECTORY_H

#include <dirent.h>

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
struct dirent *directory_next(DIR *dir);

/**
 * Go to /, so that we keep no file system busy. Where that cannot be (a root
 * that we may not search) we stay: nothing of ours depends on it.
 */
void directory_leave(void);

#endif
