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

bool mount_is_local(int fd, char **mounts)
{
	char path[40], type[MOUNT_TYPE_SIZE];
	CLEANUP_FREE char *info = NULL;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (fd_read_whole(AT_FDCWD, path, INFO_MAX, &info) < 0)
		return false;
	if (!*mounts && fd_read_whole(AT_FDCWD, "/proc/self/mountinfo",
				      MOUNTS_MAX, mounts) < 0)
		return false;
	if (mount_type(*mounts, mount_id(info), type) < 0)
		return false;
	for (size_t i = 0; i < sizeof(local) / sizeof(*local); i++)
		if (strcmp(type, local[i]) == 0)
			return true;
	return is_in_upper_layer(fd, type);
}
