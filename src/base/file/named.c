// SPDX-License-Identifier: MIT
#include "base/file/named.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "base/text.h"

int named_descriptor(const char *path)
{
	static const char *const places[] = { "/dev/fd/", "/proc/self/fd/" };

	if (strcmp(path, "/dev/stdin") == 0)
		return STDIN_FILENO;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		size_t length = strlen(places[i]);
		uint64_t number;

		if (strncmp(path, places[i], length) == 0 &&
		    text_number(path + length, INT32_MAX, &number) == 0)
			return (int)number;
	}
	return -1;
}

/* ------------------------------------------------------------ what it may be
 */

static const char *kind_of(mode_t mode)
{
	return S_ISFIFO(mode)	? "a FIFO"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

static bool is_plain(const struct stat *status)
{
	return S_ISREG(status->st_mode) ||
	       (S_ISCHR(status->st_mode) && status->st_rdev == makedev(1, 3));
}

/* Whether it may be opened; a terminal is known only then. */
static bool may_open(const struct stat *status, enum named_by by)
{
	return is_plain(status) ||
	       (by == NAMED_BY_USER &&
		(S_ISFIFO(status->st_mode) || S_ISCHR(status->st_mode)));
}

static int refuse(const char *path, const struct stat *status, enum named_by by,
		  struct fault *fault)
{
	if (S_ISDIR(status->st_mode))
		return fault_set(fault, -EISDIR, "cannot read %s: %s", path,
				 strerror(EISDIR));
	return fault_set(fault, -ENOTSUP, "cannot read %s: it is %s%s", path,
			 kind_of(status->st_mode),
			 by == NAMED_BY_USER
				 ? ""
				 : ", and only a regular file is read here");
}

/* ------------------------------------------------------------------- opening
 */

/* It may have become another file since we looked, so that O_NONBLOCK is needed
 * for each file for which we do not wait. */
static int named_open_kind(int dirfd, const char *path, struct stat *status,
			   enum named_by by)
{
	bool waits = by == NAMED_BY_USER && S_ISFIFO(status->st_mode);
	CLEANUP_CLOSE int fd = RETRY(openat(dirfd, path,
					    O_RDONLY | O_CLOEXEC | O_NOCTTY |
						    (waits ? 0 : O_NONBLOCK)));

	if (fd < 0 || fstat(fd, status) < 0)
		return -errno;
	if (!waits && fcntl(fd, F_SETFL, O_RDONLY) < 0)
		return -errno;
	return take_fd(&fd);
}

static int named_open_path(int dirfd, const char *path, enum named_by by,
			   struct fault *fault)
{
	struct stat status;
	int r = fstatat(dirfd, path, &status, 0) < 0 ? -errno : 0;

	if (r == 0 && !may_open(&status, by))
		return refuse(path, &status, by, fault);
	CLEANUP_CLOSE int fd =
		r < 0 ? r : named_open_kind(dirfd, path, &status, by);

	if (fd < 0)
		return fault_set(fault, fd, "cannot read %s: %s", path,
				 strerror(-fd));
	if (!may_open(&status, by) ||
	    (!is_plain(&status) && S_ISCHR(status.st_mode) && !isatty(fd)))
		return refuse(path, &status, by, fault);
	return take_fd(&fd);
}

/* A socket cannot be opened by its path, and another user's pipe may not. */
static int named_open_own(int number, const char *path, struct fault *fault)
{
	struct stat status;
	CLEANUP_CLOSE int fd = fd_dup_above(number, 0);

	if (fd < 0)
		return fault_set(fault, fd, "cannot read %s: %s", path,
				 strerror(-fd));
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
		return refuse(path, &status, NAMED_BY_USER, fault);
	return take_fd(&fd);
}

/* A regular file is opened again, so that it is read from its beginning. */
static int named_open(int dirfd, const char *path, enum named_by by,
		      struct fault *fault)
{
	int number = by == NAMED_BY_USER ? named_descriptor(path) : -1;
	struct stat status;

	return number < 0 || (fstat(number, &status) == 0 &&
			      S_ISREG(status.st_mode))
		       ? named_open_path(dirfd, path, by, fault)
		       : named_open_own(number, path, fault);
}

ssize_t named_read(int dirfd, const char *path, enum named_by by, size_t limit,
		   char **ret, struct fault *fault)
{
	CLEANUP_CLOSE int fd = named_open(dirfd, path, by, fault);
	ssize_t n = fd < 0 ? fd : fd_read_to_end(fd, limit, ret);

	if (fd < 0)
		return fd;
	if (n == -EFBIG)
		return fault_set(fault, (int)n,
				 "cannot read %s: it is larger than %zu %s",
				 path, limit >> (limit >> 20 ? 20 : 10),
				 limit >> 20 ? "MiB" : "KiB");
	return n < 0 ? fault_set(fault, (int)n, "cannot read %s: %s", path,
				 strerror((int)-n))
		     : n;
}
