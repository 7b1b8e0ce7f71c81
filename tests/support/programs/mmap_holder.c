// SPDX-License-Identifier: MIT
/*
 * Holds its memory's lock for ever: it unmaps a dirty page of FILE, which must
 * be written back then, on a file system that does not answer any more
 * (hungfs.c). A reader of /proc/PID/cmdline waits for that lock. In state D, so
 * it stays when it gets SIGKILL, until the file system is aborted.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDWR) : -1;
	char *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		return 70;
	page[0] = 1;
	/* Over the page, and so under the lock for writing. */
	mmap(page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
	     0);
	for (;;)
		pause();
}
