// SPDX-License-Identifier: MIT
#include "proc/mount_type.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"

#define MOUNTS_MAX ((size_t)16 << 20)
#define INFO_MAX 65536

/* Overlay is not here: see below. */
static const char *const local[] = {
	"tmpfs",     "btrfs",	"ramfs",      "rootfs",	  "devtmpfs", "devpts",
	"hugetlbfs", "mqueue",	"proc",	      "sysfs",	  "cgroup",   "cgroup2",
	"debugfs",   "tracefs", "securityfs", "configfs", "bpf",      "nsfs",
	"bcachefs",  "zfs",	"ubifs",
};

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG…] - TYPE SOURCE …": blanks in
 * the fields are octal. */
static int type_in_line(const char *line, const char *end, char *ret)
{
	static const char dash[] = " - ";
	const char *type = memmem(line, (size_t)(end - line), dash, 3);
	const char *after;
	size_t size;

	if (!type)
		return -ENOENT;
	type += 3;
	after = memchr(type, ' ', (size_t)(end - type));
	size = after ? (size_t)(after - type) : 0;
	if (size == 0 || size >= MOUNT_TYPE_SIZE)
		return -ENOENT;
	memcpy(ret, type, size);
	ret[size] = '\0';
	return 0;
}

int mount_type(const char *mounts, int id, char *ret)
{
	char start[16];
	int size = snprintf(start, sizeof(start), "%d ", id);
	const char *line = mounts, *end;

	while (*line) {
		end = strchrnul(line, '\n');
		if (strncmp(line, start, (size_t)size) == 0)
			return type_in_line(line, end, ret);
		line = *end ? end + 1 : end;
	}
	return -ENOENT;
}

int mount_id(const char *info)
{
	const char *line = strstr(info, "mnt_id:");
	int id;

	return line && sscanf(line, "mnt_id: %9d", &id) == 1 && id >= 0
		       ? id
		       : -ENOENT;
}

/* An overlay is as local as what is below. A file that can be written to is in
 * the upper layer, which NFS cannot be; another one may be anywhere. */
static bool is_in_upper_layer(int fd, const char *type)
{
	int flags = fcntl(fd, F_GETFL);

	return strcmp(type, "overlay") == 0 && flags >= 0 &&
	       (flags & O_ACCMODE) != O_RDONLY;
}

static bool is_local_type(const char *type)
{
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		if (strcmp(type, local[i]) == 0)
			return true;
	return false;
}

static bool is_local_directory(const char *type)
{
	return is_local_type(type) || strcmp(type, "overlay") == 0;
}

int mount_type_of(int fd, char **mounts, char *ret)
{
	char path[40];
	CLEANUP_FREE char *info = NULL;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	n = fd_read_whole(AT_FDCWD, path, INFO_MAX, &info);
	if (n >= 0 && !*mounts)
		n = fd_read_whole(AT_FDCWD, "/proc/self/mountinfo", MOUNTS_MAX,
				  mounts);
	return n < 0 ? (int)n : mount_type(*mounts, mount_id(info), ret);
}

bool mount_is_local(int fd, char **mounts)
{
	char type[MOUNT_TYPE_SIZE];

	if (mount_type_of(fd, mounts, type) < 0)
		return false;
	return is_local_type(type) || is_in_upper_layer(fd, type);
}

/* ------------------------------------------------------------------ by path */

/* A field of mountinfo, or "". Blanks and the like are octal ("\040"). */
static void take_field(const char *line, int index, char *ret, size_t size)
{
	size_t used = 0;

	for (; index > 0 && *line && *line != '\n'; line++)
		index -= *line == ' ';
	while (*line && *line != ' ' && *line != '\n' && used + 1 < size) {
		bool octal = *line == '\\' && strspn(line + 1, "01234567") >= 3;

		ret[used++] =
			octal ? (char)((line[1] - '0') << 6 |
				       (line[2] - '0') << 3 | (line[3] - '0'))
			      : *line;
		line += octal ? 4 : 1;
	}
	ret[used] = '\0';
}

/* @return the length of the line's mount point if it holds @path, or -1. */
static ssize_t match(const char *line, const char *path)
{
	char point[4096];
	size_t length;

	take_field(line, 4, point, sizeof(point));
	if (strcmp(point, "/") == 0)
		return 1;
	length = strlen(point);
	return length > 0 && strncmp(path, point, length) == 0 &&
			       (path[length] == '/' || path[length] == '\0')
		       ? (ssize_t)length
		       : -1;
}

bool mount_of_path_is_local(const char *mounts, const char *path)
{
	char device[32], type[MOUNT_TYPE_SIZE];
	const char *best = NULL;
	ssize_t longest = 0;

	/* Of two on one point the later one is above. */
	for (const char *line = mounts; *line;) {
		const char *end = strchrnul(line, '\n');
		ssize_t length = match(line, path);

		if (length >= longest) {
			longest = length;
			best = line;
		}
		line = *end ? end + 1 : end;
	}
	if (!best || type_in_line(best, strchrnul(best, '\n'), type) < 0)
		return false;
	take_field(best, 2, device, sizeof(device));
	return strncmp(device, "0:", 2) != 0 || is_local_directory(type);
}

/* @return 1, 0, or -errno: the descriptor does not tell. */
static int is_local_fd(int fd)
{
	char type[MOUNT_TYPE_SIZE];
	struct sys_look look;
	int r = sys_look(fd, &look);

	if (r == 0 && look.device_major != 0)
		return 1;
	if (r == 0)
		r = sys_mount_type(fd, type, sizeof(type));
	return r < 0 ? r : is_local_directory(type);
}

bool mount_path_is_local(const char *path)
{
	CLEANUP_FREE char *mounts = NULL;
	CLEANUP_CLOSE int fd = sys_open_cached(path);
	int r = fd < 0 ? fd : is_local_fd(fd);

	if (r >= 0)
		return r > 0;
	/* It is not in the kernel's cache, or the kernel is older. */
	return fd_read_whole(AT_FDCWD, "/proc/self/mountinfo", MOUNTS_MAX,
			     &mounts) >= 0 &&
	       mount_of_path_is_local(mounts, path);
}
