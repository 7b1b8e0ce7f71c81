/* SPDX-License-Identifier: MIT */
/* Listing a directory that is held by descriptor. */
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

#endif
