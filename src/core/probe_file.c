// SPDX-License-Identifier: MIT
/*
 * file:PATH: the file is there, and it is not one that an earlier run has left:
 * what was there before the start must have been written or replaced since.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "core/probe.h"

struct file {
	const char *path;
	bool stale; /* `before` is from before the start */
	struct stat before;
};

static int parse(struct probe *probe, const char *rest, struct fault *fault)
{
	struct file *file = calloc(1, sizeof(*file));

	if (!file)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = file;
	file->path = rest;
	return *rest ? 0 : fault_set(fault, -EINVAL, "it names no path");
}

static int open_file(struct probe *probe, struct probe_setup *setup,
		     struct fault *fault)
{
	struct file *file = probe->state;

	(void)setup;
	(void)fault;
	file->stale = stat(file->path, &file->before) == 0;
	return 0;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_untouched(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       same_time(&a->st_mtim, &b->st_mtim) &&
	       same_time(&a->st_ctim, &b->st_ctim);
}

static int look(struct probe *probe, const struct probe_view *view,
		struct fault *fault)
{
	const struct file *file = probe->state;
	struct stat now;

	(void)view;
	(void)fault;
	if (stat(file->path, &now) < 0) {
		text_copy(probe->reason, sizeof(probe->reason),
			  errno == ENOENT ? "it is not there"
					  : strerror(errno));
		return 0;
	}
	if (file->stale && is_untouched(&now, &file->before)) {
		text_copy(probe->reason, sizeof(probe->reason),
			  "it is from before the start");
		return 0;
	}
	return 1;
}

static int64_t interval_us(const struct probe *probe)
{
	(void)probe;
	return 2000; /* stat(2) takes a microsecond or two. */
}

static void again(struct probe *probe)
{
	(void)probe; /* Each look asks anew. */
}

static void close_file(struct probe *probe)
{
	free(probe->state);
	probe->state = NULL;
}

const struct probe_ops probe_file = {
	.kind = "file",
	.form = "file:PATH",
	.parse = parse,
	.open = open_file,
	.look = look,
	.interval_us = interval_us,
	.again = again,
	.close = close_file,
};
