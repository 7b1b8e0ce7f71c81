// SPDX-License-Identifier: MIT
#include "proc/stat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"

/* Fields are numbered as in proc_pid_stat(5); these follow the state. */
enum {
	FIELD_PPID = 4,
	FIELD_PGRP,
	FIELD_SESSION,
	FIELD_TTY,
	FIELD_TPGID,
	FIELD_FLAGS,
	FIELD_UTIME = 14,
	FIELD_STIME,
	FIELD_NICE = 19,
	FIELD_THREADS,
	FIELD_START = 22,
	FIELD_VSIZE,
	FIELD_RSS,
	FIELD_END,
	FIELD_POLICY = 41,
};

/* @ret_end  where it has stopped. */
static int parse_numbers(const char *text, long long fields[FIELD_END],
			 const char **ret_end)
{
	for (int i = FIELD_PPID; i < FIELD_END; i++) {
		char *end;

		if (*text != ' ')
			return -EINVAL;
		errno = 0;
		fields[i] = strtoll(text + 1, &end, 10);
		/* Some fields we skip are unsigned and larger than a long:
		 * strtoll then stops at its maximum, which is all right. */
		if (end == text + 1)
			return -EINVAL;
		text = end;
	}
	*ret_end = text;
	return 0;
}

/* Behind FIELD_END - 1; 0, the usual one, on kernels that do not tell. */
static int parse_policy(const char *text)
{
	for (int i = FIELD_END; text && i < FIELD_POLICY; i++)
		text = *text ? strchr(text + 1, ' ') : NULL;
	return text ? (int)strtol(text, NULL, 10) : 0;
}

int stat_parse(const char *text, struct proc_stat *ret)
{
	struct proc_stat stat = { 0 };
	long long fields[FIELD_END] = { 0 };
	const char *open = strchr(text, '(');
	const char *close = strrchr(text, ')');
	const char *rest;
	char *end;

	if (!open || !close || close < open || close[1] != ' ' || !close[2])
		return -EINVAL;
	stat.pid = (pid_t)strtol(text, &end, 10);
	if (end == text || stat.pid <= 0)
		return -EINVAL;

	int r = parse_numbers(close + 3, fields, &rest);

	if (r < 0)
		return r;

	size_t length = (size_t)(close - open - 1);

	if (length >= sizeof(stat.comm))
		length = sizeof(stat.comm) - 1;
	memcpy(stat.comm, open + 1, length);
	stat.state = close[2];
	stat.ppid = (pid_t)fields[FIELD_PPID];
	stat.pgid = (pid_t)fields[FIELD_PGRP];
	stat.sid = (pid_t)fields[FIELD_SESSION];
	stat.tty = (int)fields[FIELD_TTY];
	stat.tpgid = (pid_t)fields[FIELD_TPGID];
	stat.user_ticks = (uint64_t)fields[FIELD_UTIME];
	stat.system_ticks = (uint64_t)fields[FIELD_STIME];
	stat.flags = (uint32_t)fields[FIELD_FLAGS];
	stat.nice = (int)fields[FIELD_NICE];
	stat.threads = (int)fields[FIELD_THREADS];
	stat.start_ticks = (uint64_t)fields[FIELD_START];
	stat.virtual_bytes = (uint64_t)fields[FIELD_VSIZE];
	stat.resident_pages = (uint64_t)fields[FIELD_RSS];
	stat.policy = parse_policy(rest);
	*ret = stat;
	return 0;
}

/* Now, as the kernel counts start times. */
static uint64_t ticks_now(void)
{
	static const uint64_t per_second = 100; /* USER_HZ */
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* It exists. */
	return (uint64_t)now.tv_sec * per_second +
	       (uint64_t)now.tv_nsec / (1000000000 / per_second);
}

int stat_read(int procfd, pid_t pid, struct proc_stat *ret)
{
	char path[32], text[1024];

	(void)snprintf(path, sizeof(path), "%d/stat", pid);

	uint64_t seen = ticks_now();
	ssize_t n = fd_read_record(procfd, path, text, sizeof(text));
	int r;

	if (n == -ENOENT || n == 0)
		return -ESRCH;
	if (n < 0)
		return (int)n;
	r = stat_parse(text, ret);
	if (r == 0)
		ret->seen_ticks = seen;
	return r;
}
