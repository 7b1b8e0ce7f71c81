// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file/runtime_dir.h"
#include "up/control/control.h"

/* FNV-1a, 64 bits: short names for long paths. It need not be hard to invert,
 * because only our user can write to the directory. */
static uint64_t hash(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h;
}

int control_path(const char *file, unsigned number, char *ret, size_t size)
{
	char directory[4096];
	CLEANUP_CLOSE int fd = runtime_dir_open(directory, sizeof(directory));

	if (fd < 0)
		return fd;
	if ((size_t)snprintf(ret, size, "%s/up-%016" PRIx64 "-%u", directory,
			     hash(file), number) >= size)
		return -ENAMETOOLONG;
	return 0;
}
