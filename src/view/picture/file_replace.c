// SPDX-License-Identifier: MIT
#include "view/picture/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/retry.h"

/* A name may be taken: by a killed process that had our pid. */
#define ATTEMPTS 100

static int write_in_place(const char *path, const void *data, size_t size)
{
	CLEANUP_CLOSE int fd =
		RETRY(open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC));

	return fd < 0 ? -errno : fd_write_all(fd, data, size);
}

/* Create a file beside @path, and store its name in @name. */
static int open_new(const char *path, struct buffer *name)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		int fd;

		name->used = 0;
		buffer_printf(name, "%s.%d-%d.new", path, getpid(), i);
		if (name->error)
			return name->error;
		fd = RETRY(open(name->text,
				O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

/* @old  NULL: no old file. */
static int picture_file_replace_fill(int fd, const struct stat *old,
				     const void *data, size_t size)
{
	int r = fd_write_all(fd, data, size);

	if (r == 0 && old && fchmod(fd, old->st_mode & 0777) < 0)
		r = -errno;
	/* So that a crash leaves the old or the new file, not an empty one. A
	 * file system without fsync (EINVAL) is no error. */
	if (r == 0 && RETRY(fsync(fd)) < 0 && errno != EINVAL)
		r = -errno;
	return r;
}

static int write_beside(const char *path, const struct stat *old,
			const void *data, size_t size)
{
	CLEANUP(buffer_free) struct buffer name = { 0 };
	CLEANUP_CLOSE int fd = open_new(path, &name);
	int r;

	if (fd < 0)
		return fd;
	r = picture_file_replace_fill(fd, old, data, size);
	if (r == 0 && rename(name.text, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(name.text); /* incomplete */
	return r;
}

static int picture_file_replace_replace(const char *path, const void *data,
					size_t size)
{
	CLEANUP_FREE char *target = NULL;
	struct stat old;

	if (stat(path, &old) < 0)
		return errno == ENOENT ? write_beside(path, NULL, data, size)
				       : -errno;
	if (!S_ISREG(old.st_mode))
		return write_in_place(path, data, size);
	target = realpath(path, NULL);
	return target ? write_beside(target, &old, data, size) : -errno;
}

int file_replace(const char *path, const void *data, size_t size,
		 struct fault *fault)
{
	int r = picture_file_replace_replace(path, data, size);

	return r < 0 ? fault_set(fault, r, "cannot write %s: %s", path,
				 strerror(-r))
		     : 0;
}
