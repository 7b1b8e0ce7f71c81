// SPDX-License-Identifier: MIT
#include "up/output/log_rotate.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct name {
	char text[PATH_MAX];
};

/* @number  0: the path itself. */
static int log_rotate_name_of(const char *path, unsigned number,
			      struct name *ret)
{
	int size = number == 0 ? snprintf(ret->text, PATH_MAX, "%s", path)
			       : snprintf(ret->text, PATH_MAX, "%s.%u", path,
					  number);

	return size < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int move(const char *path, unsigned number)
{
	struct name from, to;
	int r = log_rotate_name_of(path, number, &from);

	if (r == 0)
		r = log_rotate_name_of(path, number + 1, &to);
	if (r < 0)
		return r;
	return rename(from.text, to.text) < 0 ? -errno : 0;
}

int log_rotate(const char *path, unsigned files)
{
	unsigned last = 0;
	struct name name;

	/* Stop at the first missing file: the limit may be a million. */
	while (last < files && log_rotate_name_of(path, last + 1, &name) == 0 &&
	       access(name.text, F_OK) == 0)
		last++;
	/* rename(2) replaces the last one by the one before it. */
	if (last == files)
		last--;
	for (unsigned i = last; i > 0; i--) {
		int r = move(path, i);

		if (r < 0 && r != -ENOENT)
			return r;
	}
	return move(path, 0);
}

void log_remove_old(const char *path, unsigned files, time_t limit)
{
	for (unsigned i = 1; i <= files; i++) {
		struct stat status;
		struct name name;

		if (log_rotate_name_of(path, i, &name) < 0 ||
		    lstat(name.text, &status) < 0)
			return;
		/* Remove from the end: behind a gap log_rotate() would not
		 * find them. */
		if (status.st_mtime >= limit)
			continue;
		for (unsigned j = i; j <= files; j++)
			if (log_rotate_name_of(path, j, &name) < 0 ||
			    unlink(name.text) < 0)
				return;
		return;
	}
}

int log_make_directory(const char *path)
{
	struct name name;
	int r = log_rotate_name_of(path, 0, &name);

	if (r < 0)
		return r;
	for (char *c = name.text + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		if (mkdir(name.text, 0777) < 0 && errno != EEXIST)
			return -errno;
		*c = '/';
	}
	return 0;
}
