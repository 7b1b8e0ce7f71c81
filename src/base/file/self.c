// SPDX-License-Identifier: MIT
#include "base/file/self.h"

#include <sys/auxv.h>
#include <unistd.h>

#define SELF "/proc/self/exe"

const char *self_program(void)
{
	const char *path;

	if (access(SELF, X_OK) == 0)
		return SELF;
	/* See getauxval(3). NOLINTNEXTLINE(performance-no-int-to-ptr) */
	path = (const char *)getauxval(AT_EXECFN);
	return path ? path : "jig";
}
