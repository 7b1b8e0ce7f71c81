// SPDX-License-Identifier: MIT
/*
 * What binds libjig to a new glibc, as system calls: the extension loads with
 * every glibc from 2.28 on (the wheel's tag, see python/platform_tag.py).
 *
 * stat(2) and its relatives are symbols of their own since glibc 2.33. Before,
 * they were inline code. The kernel's struct is glibc's on 64-bit machines
 * whose system calls are named here; on other machines glibc's functions are
 * used.
 */
#include <features.h>

#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__)) &&     \
	defined(__LP64__)

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int fstatat64(int dir, const char *restrict path, struct stat64 *restrict ret,
	      int flags)
{
	return (int)syscall(SYS_newfstatat, dir, path, ret, flags);
}

int stat64(const char *restrict path, struct stat64 *restrict ret)
{
	return fstatat64(AT_FDCWD, path, ret, 0);
}

int lstat64(const char *restrict path, struct stat64 *restrict ret)
{
	return fstatat64(AT_FDCWD, path, ret, AT_SYMLINK_NOFOLLOW);
}

int fstat64(int fd, struct stat64 *ret)
{
	return (int)syscall(SYS_fstat, fd, ret);
}

#endif
