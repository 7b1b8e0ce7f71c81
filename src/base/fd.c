// SPDX-License-Identifier: MIT
#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/sys.h"

int fd_write_all(int fd, const void *data, size_t size)
{
	const char *next = data;

	while (size > 0) {
		ssize_t n = RETRY(write(fd, next, size));

		if (n < 0)
			return -errno;
		next += n;
		size -= (size_t)n;
	}
	return 0;
}

static ssize_t read_up_to(int fd, char *buffer, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = RETRY(read(fd, buffer + used, size - used));

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

ssize_t fd_read_file(int dirfd, const char *path, char *buffer, size_t size)
{
	CLEANUP_CLOSE int fd = RETRY(openat(dirfd, path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return -errno;

	ssize_t n = read_up_to(fd, buffer, size - 1);

	if (n >= 0)
		buffer[n] = '\0';
	return n;
}

ssize_t fd_read_record(int dirfd, const char *path, char *buffer, size_t size)
{
	CLEANUP_CLOSE int fd = RETRY(openat(dirfd, path, O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return -errno;

	ssize_t n = RETRY(read(fd, buffer, size - 1));

	if (n < 0)
		return -errno;
	buffer[n] = '\0';
	return n;
}

/* As read(2); waits for a descriptor that is not blocking. */
static ssize_t read_some(int fd, char *buffer, size_t size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t n;

	while ((n = RETRY(read(fd, buffer, size))) < 0 && errno == EAGAIN)
		(void)poll_fds(&wait, 1, -1);
	return n < 0 ? -errno : n;
}

ssize_t fd_read_to_end(int fd, size_t limit, char **ret)
{
	CLEANUP_FREE char *buffer = NULL;
	size_t size = 0, used = 0;
	ssize_t n;

	do {
		if (used == size) {
			size = size ? 2 * size : 4096;

			char *larger = realloc(buffer, size + 1);

			if (!larger)
				return -ENOMEM;
			buffer = larger;
		}
		n = read_some(fd, buffer + used, size - used);
		if (n < 0)
			return n;
		used += (size_t)n;
		if (used > limit)
			return -EFBIG;
	} while (n > 0);
	buffer[used] = '\0';
	*ret = buffer;
	buffer = NULL;
	return (ssize_t)used;
}

ssize_t fd_read_whole(int dirfd, const char *path, size_t limit, char **ret)
{
	CLEANUP_CLOSE int fd = RETRY(openat(dirfd, path, O_RDONLY | O_CLOEXEC));

	return fd < 0 ? -errno : fd_read_to_end(fd, limit, ret);
}

int fd_write_file(int dirfd, const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = RETRY(openat(dirfd, path, O_WRONLY | O_CLOEXEC));
	if (fd < 0)
		return -errno;
	return fd_write_all(fd, text, strlen(text));
}

int fd_look(int fd, struct sys_look *ret)
{
	struct stat status;
	int r = sys_look(fd, ret);

	if (r == 0 || r == -EBADF)
		return r;
	/* Before 4.11, or a seccomp filter. */
	if (fstat(fd, &status) < 0)
		return -errno;
	*ret = (struct sys_look){
		.mode = status.st_mode,
		.device_major = major(status.st_dev),
		.special_major = major(status.st_rdev),
	};
	return 0;
}

bool fd_is_terminal(int fd)
{
	struct sys_look look;

	return fd_look(fd, &look) == 0 && S_ISCHR(look.mode) && isatty(fd);
}

void fd_open_standard(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0) /* The lowest is opened: fd. */
			(void)RETRY(open("/dev/null", O_RDWR));
}

int fd_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? -errno : 0;
}

int fd_dup_above(int fd, int floor)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, floor);

	return copy < 0 ? -errno : copy;
}

int fd_leave_stdio(int *fd)
{
	int copy;

	if (*fd < 0 || *fd > STDERR_FILENO)
		return 0;
	copy = fd_dup_above(*fd, STDERR_FILENO + 1);
	if (copy < 0)
		return copy;
	cleanup_close(fd);
	*fd = copy;
	return 0;
}

static bool fd_is_excepted(int fd, const int *except, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (except[i] == fd)
			return true;
	return false;
}

/* Without libc's close(2), which writes errno: the child of a spawn shares
 * errno with its parent. */
static void close_quietly(int fd)
{
	(void)SYS_CALL(SYS_close, fd); /* Linux frees the number always. */
}

static void close_one_by_one(int first, const int *except, size_t count)
{
	uint64_t limit[2] = { 0 }; /* soft and hard, as prlimit64(2) has them */
	int last = 65536;

	if (SYS_CALL(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)limit) == 0 &&
	    limit[0] < (uint64_t)last)
		last = (int)limit[0];
	for (int fd = first; fd < last; fd++)
		if (!fd_is_excepted(fd, except, count))
			close_quietly(fd); /* Most are not open. */
}

/* The layout that getdents64(2) documents. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int entry_number(const char *name)
{
	int number = 0;

	if (*name == '\0')
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9' || number > 100000000)
			return -1;
		number = number * 10 + (*name - '0');
	}
	return number;
}

/* opendir(3) allocates, which the child of a vfork must not do. */
int fd_list(void (*each)(int fd, void *context), void *context)
{
	_Alignas(8) char block[2048];
	long n;

	int dir = (int)SYS_CALL(SYS_openat, AT_FDCWD, (long)"/proc/self/fd",
				O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return dir;
	while ((n = SYS_CALL(SYS_getdents64, dir, (long)block, sizeof(block))) >
	       0) {
		for (long at = 0; at < n;) {
			struct entry *entry = (struct entry *)(block + at);
			int fd = entry_number(entry->name);

			at += entry->length;
			if (fd >= 0 && fd != dir)
				each(fd, context);
		}
	}
	close_quietly(dir); /* Read only; nothing can be lost. */
	return (int)n;
}

struct closing {
	int first;
	const int *except;
	size_t count;
};

static void close_listed(int fd, void *context)
{
	const struct closing *closing = context;

	if (fd >= closing->first &&
	    !fd_is_excepted(fd, closing->except, closing->count))
		close_quietly(fd); /* The list has only open ones. */
}

/* @return whether the kernel has done it. */
static bool close_ranges(int first, const int *except, size_t count)
{
	unsigned from = (unsigned)first;

	for (size_t i = 0; i < count; i++) {
		if (except[i] < first || (unsigned)except[i] < from)
			continue;
		if ((unsigned)except[i] > from &&
		    sys_close_range(from, (unsigned)except[i] - 1) < 0)
			return false;
		from = (unsigned)except[i] + 1;
	}
	return sys_close_range(from, ~0U) == 0;
}

void fd_close_from(int first, const int *except, size_t count)
{
	if (close_ranges(first, except, count))
		return;
	if (fd_list(close_listed, &(struct closing){ first, except, count }) <
	    0)
		close_one_by_one(first, except, count);
}

/* Insertion sort: a dozen numbers, and no allocation. */
void fd_sort(int *fds, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		int fd = fds[i];
		size_t at = i;

		for (; at > 0 && fds[at - 1] > fd; at--)
			fds[at] = fds[at - 1];
		fds[at] = fd;
	}
}

void fd_close_except(int first, int *except, size_t count)
{
	fd_sort(except, count);
	fd_close_from(first, except, count);
}

/* Enough for a sweep. */
#define ENOUGH 256

void fd_make_room(int last)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= ENOUGH)
		return;
	limit.rlim_cur = ENOUGH;
	if (limit.rlim_max < ENOUGH) {
		limit.rlim_max = ENOUGH; /* Only root may do this. */
		if (setrlimit(RLIMIT_NOFILE, &limit) == 0 ||
		    getrlimit(RLIMIT_NOFILE, &limit) < 0)
			return;
		limit.rlim_cur = limit.rlim_max;
	}
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* Else it stays as it is. */
	if (limit.rlim_cur >= ENOUGH)
		return;
	for (int fd = 0; fd <= last; fd++)
		(void)close(fd); /* It may be closed already. */
}

void fd_nullify(int first, int last)
{
	/* musl's open(2) sets FD_CLOEXEC a second time, openat(2) does not. */
	int null = RETRY(openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC));

	if (null < 0)
		null = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (null < 0)
		return;
	for (int fd = first; fd <= last; fd++)
		if (fd != null)
			(void)dup3(null, fd, O_CLOEXEC); /* Both are valid. */
	if (null < first || null > last)
		(void)close(null);
}
