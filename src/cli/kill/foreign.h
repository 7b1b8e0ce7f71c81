/* SPDX-License-Identifier: MIT */
/*
 * What `jig kill` is asked for, and the part of it for processes that jig did
 * not start.
 */
#ifndef JIG_CLI_KILL_FOREIGN_H
#define JIG_CLI_KILL_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct kill_request {
	pid_t group, tree, pid; /* exactly one, but for jobs */
	int signo; /* 0: the stop policy */
	bool is_probe; /* kill(2)'s signal 0: only ask whether it is there */
	bool all; /* of a job: all in its cage, not its foreground alone */
	bool no_wait; /* for the end of a job */
	bool session; /* with tree, see target_scope.session */
	bool dry_run; /* print who would be hit; send nothing */
	bool force; /* also what jig was started from, and pid 1 alone */
	bool quiet; /* say nothing but what went wrong */
	bool verbose; /* who was hit, one by one */
	int64_t grace_us; /* of the stop policy */
};

/**
 * Do it and say what was done: results on stdout, what went wrong on stderr.
 *
 * @return  an exit status. 0: the signal has reached one of them at least, as
 *          for kill(2); or all have ended, of the stop policy. 1: not so, or
 *          it is refused. EXIT_JIG: jig failed.
 */
int kill_foreign(const struct kill_request *request);

struct targets;

/** The processes that would be signalled, as a table on stdout. */
void print_targets(const struct targets *targets, bool is_forced);

#endif
