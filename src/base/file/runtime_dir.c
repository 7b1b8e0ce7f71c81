// SPDX-License-Identifier: MIT
#include "base/file/runtime_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"

static int open_private(const char *path, bool make)
{
	struct stat st;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	CLEANUP_CLOSE int fd =
		RETRY(openat(AT_FDCWD, path,
			     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0)
		return errno == ENOENT && !make ? open_private(path, true)
						: -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return -EPERM;
	return take_fd(&fd);
}

static int open_if(const char *path, bool (*may)(const char *path))
{
	return may && !may(path) ? -EREMOTE : open_private(path, false);
}

int runtime_dir_open(char *ret_path, size_t size)
{
	return runtime_dir_open_if(NULL, ret_path, size);
}

int runtime_dir_open_if(bool (*may)(const char *path), char *ret_path,
			size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *own = getenv("JIG_RUNTIME_DIR");
	char path[4096];
	int fd = -ENOENT;

	*path = 0;

	if (own && *own == '/')
		(void)snprintf(path, sizeof(path), "%s", own);
	else if (geteuid() == 0)
		(void)snprintf(path, sizeof(path), "/run/jig");
	else if (runtime && *runtime == '/')
		(void)snprintf(path, sizeof(path), "%s/jig", runtime);
	if (*path)
		fd = open_if(path, may);
	if (fd < 0 && !(own && *own == '/')) {
		(void)snprintf(path, sizeof(path), "/tmp/jig-%u",
			       (unsigned)geteuid());
		fd = open_if(path, may);
	}
	if (ret_path)
		(void)snprintf(ret_path, size, "%s", path);
	return fd;
}
