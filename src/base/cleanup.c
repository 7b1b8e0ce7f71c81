// SPDX-License-Identifier: MIT
#include "base/cleanup.h"

#include <errno.h>
#include <unistd.h>

void cleanup_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* Linux frees the number on any error. */
	*fd = -1;
	errno = saved;
}
