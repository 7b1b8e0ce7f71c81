// SPDX-License-Identifier: MIT
/*
 * Linked into a jig with AddressSanitizer: which processes look for leaks at
 * their end.
 *
 * LeakSanitizer stops the process with SIGSTOP to read its memory. A guard that
 * says nothing gets SIGCONT from its host (lib/fixture_mute.c), which deletes a
 * pending SIGSTOP: LeakSanitizer then waits for ever, and the guard with it. So
 * guards, which a host starts with --lifeline, do not look.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

int __lsan_is_turned_off(void);

/* Called at the end of the process. Nothing is allocated here. */
int __lsan_is_turned_off(void)
{
	static const char lifeline[] = "--lifeline";
	char words[4096];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, words, sizeof(words));

	if (fd >= 0)
		(void)close(fd);
	return size > 0 &&
	       memmem(words, (size_t)size, lifeline, sizeof(lifeline)) != NULL;
}
