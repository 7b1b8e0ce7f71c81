/* SPDX-License-Identifier: MIT */
/*
 * The identity of a file, to be compared later without an open descriptor.
 *
 * A file system may give the inode number of a removed file to a new one at
 * once. So the time of the file's birth belongs to the identity, where the file
 * system keeps it (statx(2)).
 */
#ifndef JIG_BASE_FILE_ID_H
#define JIG_BASE_FILE_ID_H

#include <stdbool.h>
#include <stdint.h>

struct file_id {
	uint64_t device, inode; /* inode 0: of no file */
	int64_t born_s; /* since 1970; 0: not known */
	uint32_t born_ns;
};

/** @path  a symbolic link at its end is not followed. @return 0 or -errno. */
int file_id_read(const char *path, struct file_id *ret);

/** Whether @path stands for this file. */
bool file_id_is_at(const struct file_id *id, const char *path);

#endif
