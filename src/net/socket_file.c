// SPDX-License-Identifier: MIT
#include "net/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "base/file/runtime_dir.h"
#include "proc/mount_type.h"

/* Another jig binds there, which is some system calls; it may be stopped. */
#define TURN_US 5000000

/* A lock for the jigs of one user that bind in one directory: a file in their
 * runtime directory, where no other user and no flock(1) can lock it. */
struct turn {
	int directory, lock;
	char name[64];
};

#define TURN_NONE ((struct turn){ .directory = -1, .lock = -1 })

/* "bind-DEVICE-INODE" of the directory that @path is in. */
static int name_turn(const char *path, struct turn *turn)
{
	const char *slash = strrchr(path, '/');
	char parent[sizeof(((struct sockaddr_un *)0)->sun_path) + 1] = ".";
	struct stat st;

	if (slash)
		(void)snprintf(parent, sizeof(parent), "%.*s",
			       slash == path ? 1 : (int)(slash - path), path);
	if (stat(parent, &st) < 0)
		return -errno;
	(void)snprintf(turn->name, sizeof(turn->name), "bind-%ju-%ju",
		       (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return 0;
}

/* Else another jig could find our socket after bind(2) and before listen(2),
 * take it for stale and remove it.
 * @return  0; -ETIMEDOUT another jig holds it; or -errno: there is no runtime
 *          directory, or its file system may not answer or has no locks. */
static int take_turn(const char *path, struct turn *turn)
{
	int r = name_turn(path, turn);

	if (r < 0)
		return r;
	turn->directory = runtime_dir_open_if(mount_path_is_local, NULL, 0);
	if (turn->directory < 0)
		return turn->directory;
	turn->lock = lock_open(turn->directory, turn->name, O_RDWR | O_CREAT,
			       TURN_US);
	return turn->lock < 0 ? turn->lock : 0;
}

static void end_turn(struct turn *turn)
{
	if (turn->lock >= 0) /* While it is ours; or the next one removes it. */
		(void)unlinkat(turn->directory, turn->name, 0);
	cleanup_close(&turn->lock);
	cleanup_close(&turn->directory);
}

/* A socket's file stays when its server was killed: then ECONNREFUSED. EAGAIN:
 * a server lives, and its queue is full. Another user's jig may have replaced
 * it since, so only the file that we have looked at is removed. */
static void remove_stale(const struct sockaddr_un *at)
{
	const struct sockaddr *address = (const struct sockaddr *)at;
	struct file_id id = { .inode = 0 };
	struct stat st;

	(void)file_id_read(at->sun_path, &id); /* Else there is no statx(2). */
	if (lstat(at->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, address, sizeof(*at)) < 0 &&
	    errno == ECONNREFUSED &&
	    (id.inode == 0 || file_id_is_at(&id, at->sun_path)))
		(void)unlink(at->sun_path); /* If it stays, bind(2) fails. */
}

int socket_file_bind(int fd, const struct sockaddr_un *at, struct file_id *ret)
{
	const struct sockaddr *address = (const struct sockaddr *)at;
	struct file_id id = { .inode = 0 };
	CLEANUP(end_turn) struct turn turn = TURN_NONE;

	if (take_turn(at->sun_path, &turn) != -ETIMEDOUT)
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
