// SPDX-License-Identifier: MIT
#include "base/file/directory.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/retry.h"

void cleanup_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* Read only; nothing can be lost. */
}

DIR *directory_list(int dirfd)
{
	int fd = RETRY(openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		cleanup_close(&fd);
	return dir;
}

void directory_leave(void)
{
	int r = chdir("/");

	(void)r; /* See the header. */
}
