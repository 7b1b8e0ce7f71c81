/* SPDX-License-Identifier: MIT */
/*
 * Our directory for files that are of use only while processes live: names of
 * cages, sockets of a running `jig up`, jobs.
 *
 * It is $JIG_RUNTIME_DIR if that is an absolute path (then its jobs and their
 * numbers are separate), else /run/jig for root, else $XDG_RUNTIME_DIR/jig,
 * else /tmp/jig-UID.
 *
 * Invariant: only our user can write to it, also if another user owns a
 * directory above it: owner and mode are checked, and a symbolic link is not
 * followed (another user may have put one into /tmp).
 */
#ifndef JIG_BASE_FILE_RUNTIME_DIR_H
#define JIG_BASE_FILE_RUNTIME_DIR_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Open it; it is created if it is missing.
 *
 * @ret_path  where it is, or was to be, for a message; may be NULL.
 * @return    a descriptor, the caller's to close; -EPERM it is another user's,
 *            or others may write there; or -errno.
 */
int runtime_dir_open(char *ret_path, size_t size);

/**
 * The same, but a path for which @may returns false is not touched.
 * @return  as above; -EREMOTE: @may returned false.
 */
int runtime_dir_open_if(bool (*may)(const char *path), char *ret_path,
			size_t size);

#endif
