// SPDX-License-Identifier: MIT
#include "core/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/lock.h"
#include "base/retry.h"

/* Another jig binds there, which is some system calls; it may be stopped. */
#define TURN_US 5000000

/* A lock on its directory: else another jig could find our socket after bind(2)
 * and before listen(2), take it for stale and remove it.
 * @return  a descriptor; -ETIMEDOUT another process holds it; or -errno: the
 *          directory is not readable, or its file system has no locks. */
static int take_turn(const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[sizeof(((struct sockaddr_un *)0)->sun_path) + 1] = ".";

	if (slash)
		(void)snprintf(parent, sizeof(parent), "%.*s",
			       slash == path ? 1 : (int)(slash - path), path);
	CLEANUP_CLOSE int fd =
		RETRY(open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int r = fd < 0 ? -errno : lock_take(fd, TURN_US);

	return r < 0 ? r : take_fd(&fd);
}

/* A socket's file stays when its server was killed: then ECONNREFUSED. EAGAIN:
 * a server lives, and its queue is full. */
static void remove_stale(const struct sockaddr_un *at)
{
	const struct sockaddr *address = (const struct sockaddr *)at;
	struct stat st;

	if (lstat(at->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, address, sizeof(*at)) < 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(at->sun_path); /* bind(2) says if it stays. */
}

int socket_file_bind(int fd, const struct sockaddr_un *at, struct file_id *ret)
{
	const struct sockaddr *address = (const struct sockaddr *)at;
	struct file_id id = { .inode = 0 };
	CLEANUP_CLOSE int turn = take_turn(at->sun_path);

	if (turn != -ETIMEDOUT)
		remove_stale(at);
	if (bind(fd, address, sizeof(*at)) < 0)
		return -errno;
	(void)file_id_read(at->sun_path, &id); /* Else the file stays. */
	if (listen(fd, SOMAXCONN) < 0) {
		int r = -errno;

		socket_file_remove(at->sun_path, &id);
		return r;
	}
	*ret = id;
	return 0;
}

void socket_file_remove(const char *path, const struct file_id *id)
{
	if (file_id_is_at(id, path))
		(void)unlink(path); /* Or another process was faster. */
}
