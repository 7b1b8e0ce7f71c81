// SPDX-License-Identifier: MIT
#include "base/file/id.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int file_id_read(const char *path, struct file_id *ret)
{
	struct statx look = { .stx_mask = 0 };

	if (syscall(SYS_statx, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW,
		    STATX_INO | STATX_BTIME, &look) < 0)
		return -errno;
	*ret = (struct file_id){
		.device = makedev(look.stx_dev_major, look.stx_dev_minor),
		.inode = look.stx_ino,
	};
	if (look.stx_mask & STATX_BTIME) {
		ret->born_s = look.stx_btime.tv_sec;
		ret->born_ns = look.stx_btime.tv_nsec;
	}
	return 0;
}

bool file_id_is_at(const struct file_id *id, const char *path)
{
	struct file_id there = { .inode = 0 };

	return id->inode != 0 && file_id_read(path, &there) == 0 &&
	       there.device == id->device && there.inode == id->inode &&
	       there.born_s == id->born_s && there.born_ns == id->born_ns;
}
