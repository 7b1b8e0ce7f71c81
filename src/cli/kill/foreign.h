/* SPDX-License-Identifier: MIT */
/*
 * The request of a `jig kill`, and its part for processes that jig did not
 * start. Jobs do not belong here: job.h.
 */
#ifndef JIG_CLI_KILL_FOREIGN_H
#define JIG_CLI_KILL_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct kill_request {
	pid_t group, tree, pid; /* exactly one; none for jobs */
	int signo; /* 0: the stop policy */
	bool is_probe; /* signal 0 of kill(2): only check that it exists */
	bool all; /* of a job: all in its cage, not only the foreground */
	bool no_wait; /* do not wait for the end of a job */
	bool session; /* with tree, see target_scope.session */
	bool dry_run; /* print the targets; send nothing */
	bool force; /* also our ancestors, and pid 1 by its pid */
	bool quiet; /* print only errors */
	bool verbose; /* print each process that got the signal */
	int64_t grace_us; /* of the stop policy */
};

/**
 * Handle the request: print results on stdout, errors on stderr.
 *
 * @return  an exit status. 0: at least one process got the signal, as in
 * kill(2); with the stop policy: all have ended. 1: not so, or refused.
 *          EXIT_JIG: jig failed.
 */
int kill_foreign(const struct kill_request *request);

struct targets;

/** Print the targets as a table on stdout. */
void print_targets(const struct targets *targets, bool is_forced);

#endif
