// SPDX-License-Identifier: MIT
#include "core/output/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/retry.h"
#include "core/output/ring.h"
#include "proc/mount_type.h"

/* One read of the writer, and what its pipe holds. */
#define CHUNK 262144
#define PIPE 1048576
/* Bytes of one send(2): a SOCK_SEQPACKET or SOCK_DGRAM socket may refuse more.
 */
#define MESSAGE 4096
#define OPEN_US 5000000LL
/* /dev/null, /dev/full and the like never wait. */
#define MEMORY_DEVICES 1

struct outlet_share {
	_Atomic uint64_t done; /* bytes, written or refused */
	_Atomic int
		failure; /* -errno: the reason for which some were refused */
	_Atomic int opened; /* ASIDE_PENDING, 0 or -errno */
};

/* The writer's context. */
struct outlet_writing {
	struct outlet_share *share;
	struct ring *lost; /* or NULL */
	const char *path; /* NULL: `fd` */
	int fd;
};

/* --------------------------------------------------------------- the writer */

/* @return 0, or -errno: no more bytes will be taken. */
static int outlet_pass(const struct outlet_writing *writing, const char *data,
		       size_t size)
{
	while (size > 0) {
		ssize_t n = write(writing->fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		/* A FIFO, or another process has made it non-blocking
		 * (terminal, pipe). */
		if (n < 0 && errno == EAGAIN) {
			struct pollfd out = { .fd = writing->fd,
					      .events = POLLOUT };

			(void)poll_fds(&out, 1, -1); /* We are there to wait. */
			continue;
		}
		if (n < 0 && writing->lost) {
			ring_lose(writing->lost, size);
			return 0;
		}
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int outlet_open_path(struct outlet_writing *writing)
{
	/* No wait for the reader of a fifo. */
	writing->fd = RETRY(open(writing->path,
				 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
					 O_NONBLOCK | O_NOCTTY,
				 0666));
	return writing->fd < 0 ? -errno : 0;
}

static void run_writer(int fd, void *context)
{
	static char chunk[CHUNK];
	struct outlet_writing *writing = context;
	ssize_t n = 1;
	int r = writing->path ? outlet_open_path(writing) : 0;

	atomic_store(&writing->share->opened, r);
	while (r == 0 && n != 0) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0)
			r = outlet_pass(writing, chunk, (size_t)n);
		if (r < 0)
			atomic_store(&writing->share->failure, r);
		if (n > 0)
			atomic_fetch_add(&writing->share->done, (uint64_t)n);
	}
}

/* ----------------------------------------------------------------- our side */

static int start_writer(struct outlet_writing *writing, struct outlet *ret)
{
	struct aside_work work = {
		.run = run_writer,
		.context = writing,
		.is_pipe = true,
		.fd = writing->fd,
		.lingers = true,
	};
	struct outlet outlet = OUTLET_NONE;
	int r;

	writing->share =
		mmap(NULL, sizeof(*writing->share), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (writing->share == MAP_FAILED)
		return -errno;
	writing->share->opened = ASIDE_PENDING;
	outlet.share = writing->share;
	r = aside_open(&outlet.writer, &work);
	if (r < 0) {
		(void)munmap(outlet.share, sizeof(*outlet.share));
		return r;
	}
	outlet.fd = take_fd(&outlet.writer.fd);
	/* For fewer context switches; if it is refused, the usual size. */
	(void)fcntl(outlet.fd, F_SETPIPE_SZ, PIPE);
	*ret = outlet;
	return 0;
}

int outlet_open_file(const char *path, struct ring *lost, struct outlet *ret)
{
	struct outlet_writing writing = { .lost = lost,
					  .path = path,
					  .fd = -1 };
	int64_t until = clock_in_us(OPEN_US);
	struct outlet outlet = OUTLET_NONE;
	int r = start_writer(&writing, &outlet);

	if (r < 0)
		return r;
	r = aside_await(&outlet.writer, &outlet.share->opened, until);
	if (r == 0) {
		*ret = outlet;
		return 0;
	}
	(void)outlet_close(&outlet, 0, &(uint64_t){ 0 });
	return r;
}

/* To open the inode of /dev/ptmx again makes another terminal. */
static bool outlet_is_master(int fd)
{
	unsigned number;

	return ioctl(fd, TIOCGPTN, &number) == 0;
}

/* It has no name in a file system: open(2) asks no server. */
static bool is_unnamed_pipe(const char *path)
{
	static const char start[] = "pipe:[";
	char name[sizeof(start) - 1];

	return readlink(path, name, sizeof(name)) == (ssize_t)sizeof(name) &&
	       memcmp(name, start, sizeof(name)) == 0;
}

/* A server of its file system may have to answer, for its attributes alone. */
static bool outlet_may_hang(int fd, const struct sys_look *look,
			    const char *path)
{
	CLEANUP_FREE char *mounts = NULL;

	return look->device_major == 0 && !is_unnamed_pipe(path) &&
	       !mount_is_local(fd, &mounts);
}

/* @return  a descriptor, or -1. */
static int outlet_reopen(int fd, const struct sys_look *look)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (outlet_may_hang(fd, look, path))
		return -1;
	return RETRY(open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

int outlet_open(int fd, struct outlet *ret)
{
	struct outlet outlet = OUTLET_NONE;
	struct outlet_writing writing = { .fd = fd };
	struct sys_look look;
	bool polled;
	int r = fd_look(fd, &look);

	if (r < 0)
		return r;
	outlet.is_socket = S_ISSOCK(look.mode);
	polled = S_ISFIFO(look.mode) ||
		 (S_ISCHR(look.mode) && isatty(fd) && !outlet_is_master(fd));
	if (outlet.is_socket ||
	    (S_ISCHR(look.mode) && look.special_major == MEMORY_DEVICES))
		outlet.fd = fd_dup_above(fd, 3);
	else if (polled)
		outlet.fd = outlet_reopen(fd, &look);
	/* After su(1) a terminal is another user's; or there is no /proc; or a
	 * file system that may not answer holds its name. */
	if (outlet.fd < 0)
		return start_writer(&writing, ret);
	*ret = outlet;
	return 0;
}

ssize_t outlet_write(struct outlet *outlet, const void *data, size_t size)
{
	size_t part = outlet->is_socket && size > MESSAGE ? MESSAGE : size;
	ssize_t n = outlet->is_socket ? send(outlet->fd, data, part,
					     MSG_DONTWAIT | MSG_NOSIGNAL)
				      : write(outlet->fd, data, part);

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	outlet->given += (uint64_t)n;
	return n;
}

ssize_t outlet_tee(struct outlet *outlet, int from, size_t size)
{
	ssize_t n = tee(from, outlet->fd, size, SPLICE_F_NONBLOCK);

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	outlet->given += (uint64_t)n;
	return n;
}

/* Bytes that the writer has neither written nor refused. */
static uint64_t outlet_left(const struct outlet *outlet)
{
	return outlet->share ? outlet->given - atomic_load(&outlet->share->done)
			     : 0;
}

bool outlet_is_idle(struct outlet *outlet)
{
	return outlet_left(outlet) == 0 || aside_wait(&outlet->writer, 0) == 0;
}

int outlet_failure(const struct outlet *outlet)
{
	return outlet->share ? atomic_load(&outlet->share->failure) : 0;
}

pid_t outlet_close(struct outlet *outlet, int64_t until_us, uint64_t *ret_left)
{
	pid_t pid = 0;

	*ret_left = 0;
	cleanup_close(&outlet->fd);
	if (outlet->share) {
		(void)aside_wait(&outlet->writer, until_us); /* Or killed. */
		pid = aside_close(&outlet->writer);
		*ret_left = outlet_left(outlet);
		(void)munmap(outlet->share, sizeof(*outlet->share));
	}
	*outlet = OUTLET_NONE;
	return pid;
}
