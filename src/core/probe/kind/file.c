// SPDX-License-Identifier: MIT
/*
 * file:PATH: the file exists, and is not left from an earlier run: a file that
 * existed before the start must have been written or replaced since.
 *
 * A file system that does not answer blocks a child, and not the guard.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/output/asking.h"
#include "core/probe/kind/kinds.h"

struct file {
	const char *path;
	struct asking asking;
	bool asks_before; /* the unanswered question is from before the start */
	int64_t opened_us; /* on the clock of files */
	bool stale; /* `before` is from before the start */
	struct stat before;
};

static int probe_file_parse(struct probe *probe, const char *rest,
			    struct fault *fault)
{
	struct file *file = calloc(1, sizeof(*file));

	if (!file)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = file;
	file->path = rest;
	return *rest ? 0 : fault_set(fault, -EINVAL, "it names no path");
}

/* A late answer may be about a file that the command has made. */
static void note_before(struct file *file, const struct answer *answer)
{
	file->asks_before = false;
	file->before = answer->status;
	file->stale = answer->error == 0 && answer->status.st_ctim.tv_sec <=
						    file->opened_us / 1000000;
}

static int probe_file_open_file(struct probe *probe, struct probe_setup *setup,
				struct fault *fault)
{
	struct file *file = probe->state;
	struct answer answer;
	int r;

	(void)setup;
	file->opened_us = clock_wall_us();
	r = asking_ask(&file->asking, ASKING_STAT, file->path, &answer);
	if (r < 0)
		return fault_set(fault, r, "%s: cannot fork: %s", probe->text,
				 strerror(-r));
	file->asks_before = r == 0;
	if (r > 0)
		note_before(file, &answer);
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

static int probe_file_not_yet(struct probe *probe, const char *reason)
{
	text_copy(probe->reason, PROBE_REASON, reason);
	return 0;
}

static int probe_file_judge(struct probe *probe, const struct answer *now)
{
	struct file *file = probe->state;

	if (now->error)
		return probe_file_not_yet(probe,
					  now->error == ENOENT
						  ? "it does not exist"
						  : strerror(now->error));
	if (file->stale && is_untouched(&now->status, &file->before))
		return probe_file_not_yet(probe,
					  "it has not changed since the start");
	asking_close(&file->asking);
	return 1;
}

static int probe_file_look(struct probe *probe, const struct probe_view *view,
			   struct fault *fault)
{
	struct file *file = probe->state;
	struct answer answer;
	int r = asking_ask(&file->asking, ASKING_STAT, file->path, &answer);

	(void)view;
	(void)fault;
	if (r > 0 && file->asks_before) {
		note_before(file, &answer);
		r = asking_ask(&file->asking, ASKING_STAT, file->path, &answer);
	}
	if (r > 0)
		return probe_file_judge(probe, &answer);
	if (r < 0)
		return probe_file_not_yet(probe, strerror(-r));
	return asking_is_late(&file->asking)
		       ? probe_file_not_yet(probe, ASKING_SILENT)
		       : 0;
}

static int probe_file_descriptor(const struct probe *probe, short *ret_events)
{
	const struct file *file = probe->state;

	*ret_events = POLLIN;
	/* Also between two questions: the guard keeps only what is named here,
	 * and the first one is asked before the command starts. */
	return file->asking.aside.pid > 0 ? file->asking.aside.fd : -1;
}

static int64_t probe_file_interval_us(const struct probe *probe)
{
	const struct file *file = probe->state;

	/* stat(2) takes some microseconds. An answer that is awaited wakes us
	 * by itself. */
	return file->asking.awaited ? ASKING_WAIT_US : 2000;
}

static bool probe_file_is_pending(const struct probe *probe)
{
	const struct file *file = probe->state;

	return file->asking.awaited;
}

static void probe_file_again(struct probe *probe)
{
	(void)probe; /* Each look asks anew. */
}

static void close_file(struct probe *probe)
{
	struct file *file = probe->state;

	if (file)
		asking_close(&file->asking);
	free(file);
	probe->state = NULL;
}

const struct probe_ops probe_file = {
	.kind = "file",
	.form = "file:PATH",
	.parse = probe_file_parse,
	.open = probe_file_open_file,
	.look = probe_file_look,
	.descriptor = probe_file_descriptor,
	.interval_us = probe_file_interval_us,
	.is_pending = probe_file_is_pending,
	.again = probe_file_again,
	.close = close_file,
};
