// SPDX-License-Identifier: MIT
#include "cage/cgroup_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cage/cgroup_dir.h"
#include "cage/scope.h"

static bool are_wanted(const struct cage_limits *limits)
{
	return limits->memory_bytes || limits->pids || limits->cpu_permille;
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (; *text; text += strcspn(text, " \n")) {
		text += strspn(text, " \n");
		if (strncmp(text, word, length) == 0 &&
		    strchr(" \n", text[length]))
			return true;
		if (!*text)
			break;
	}
	return false;
}

/*
 * pids and cpu are threaded controllers: the kernel does not refuse them when
 * processes are in the cgroup, but makes it a thread root, whose new children
 * no process may enter (EOPNOTSUPP; cgroups(7), "Thread mode"). So we refuse.
 * Only the hierarchy's root, which has no cgroup.type, may have both.
 */
static bool cgroup_limits_has_processes(int dir)
{
	char text[64];

	return faccessat(dir, "cgroup.type", F_OK, 0) == 0 &&
	       fd_read_file(dir, "cgroup.procs", text, sizeof(text)) != 0;
}

static int enable_one(int dir, const char *controller, struct fault *fault)
{
	char text[512], command[32];
	ssize_t n;
	int r;

	n = fd_read_file(dir, "cgroup.subtree_control", text, sizeof(text));
	if (n >= 0 && has_word(text, controller))
		return 0;
	n = fd_read_file(dir, "cgroup.controllers", text, sizeof(text));
	if (n < 0 || !has_word(text, controller))
		return fault_set(fault, -ENOTSUP,
				 "cgroup v2 has no %s controller here",
				 controller);
	(void)snprintf(command, sizeof(command), "+%s", controller);
	r = cgroup_limits_has_processes(dir)
		    ? -EBUSY
		    : fd_write_file(dir, "cgroup.subtree_control", command);
	if (r < 0)
		return fault_set(fault, -ENOTSUP,
				 "cannot enable the %s controller below our "
				 "cgroup: %s",
				 controller,
				 r == -EBUSY ? "other processes are in it"
					     : strerror(-r));
	return 0;
}

static int enable(int dir, const struct cage_limits *limits,
		  struct fault *fault)
{
	int r = limits->memory_bytes ? enable_one(dir, "memory", fault) : 0;

	if (r == 0 && limits->pids)
		r = enable_one(dir, "pids", fault);
	if (r == 0 && limits->cpu_permille)
		r = enable_one(dir, "cpu", fault);
	return r;
}

int cgroup_limits_host(struct cage *cage, struct fault *fault)
{
	struct fault own = { "" }, scope = { "" };

	if (!are_wanted(&cage->limits))
		return 0;

	CLEANUP_CLOSE int dir = cgroup_open_own(cage->procfd, &own);
	if (dir >= 0 && enable(dir, &cage->limits, &own) == 0) {
		cage->parent = take_fd(&dir);
		return 0;
	}

	CLEANUP_CLOSE int made = scope_make(cage->procfd, &scope);
	if (made >= 0 && enable(made, &cage->limits, &scope) == 0) {
		cage->parent = take_fd(&made);
		cage->scoped = true;
		return 0;
	}
	if (strcmp(own.text, scope.text) == 0)
		return fault_set(fault, -ENOTSUP,
				 "no cgroup with these limits: %s", own.text);
	return fault_set(fault, -ENOTSUP,
			 "no cgroup with these limits: %s; and %s", own.text,
			 scope.text);
}

static int write_limit(const struct cage *cage, const char *file,
		       const char *value, struct fault *fault)
{
	int r = fd_write_file(cage->dir, file, value);

	if (r < 0)
		return fault_set(fault, -ENOTSUP, "cannot set %s to %s: %s",
				 file, value, strerror(-r));
	return 0;
}

int cgroup_limits_apply(struct cage *cage, struct fault *fault)
{
	const struct cage_limits *limits = &cage->limits;
	char value[64];
	int r = 0;

	if (limits->memory_bytes) {
		(void)snprintf(value, sizeof(value), "%" PRIu64,
			       limits->memory_bytes);
		r = write_limit(cage, "memory.max", value, fault);
		/* Else the limit only moves pages out to swap. Not every
		 * kernel accounts swap: then there is nothing to switch off. */
		if (r == 0)
			(void)fd_write_file(cage->dir, "memory.swap.max", "0");
	}
	if (r == 0 && limits->pids) {
		(void)snprintf(value, sizeof(value), "%" PRIu64, limits->pids);
		r = write_limit(cage, "pids.max", value, fault);
	}
	if (r == 0 && limits->cpu_permille) {
		(void)snprintf(value, sizeof(value), "%" PRIu64 " 100000",
			       (uint64_t)limits->cpu_permille * 100);
		r = write_limit(cage, "cpu.max", value, fault);
	}
	return r;
}
