// SPDX-License-Identifier: MIT
#include "base/file/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/retry.h"

/* flock(2) has no time limit. */
#define PAUSE_US 2000

int lock_take(int fd, int64_t limit_us)
{
	int64_t until = clock_in_us(limit_us);

	while (RETRY(flock(fd, LOCK_EX | LOCK_NB)) < 0) {
		if (errno != EWOULDBLOCK || limit_us == 0)
			return -errno;
		if (clock_us() >= until)
			return -ETIMEDOUT;
		clock_sleep_us(PAUSE_US);
	}
	return 0;
}

bool lock_has_name(int fd, int dirfd, const char *name)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 &&
	       fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

int lock_open(int dirfd, const char *name, int flags, int64_t limit_us)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		CLEANUP_CLOSE int fd =
			RETRY(openat(dirfd, name,
				     flags | O_NOFOLLOW | O_CLOEXEC, 0600));
		int r = fd < 0 ? -errno : lock_take(fd, limit_us);

		if (r < 0)
			return r;
		if (lock_has_name(fd, dirfd, name))
			return take_fd(&fd);
	}
	return -ESTALE;
}
