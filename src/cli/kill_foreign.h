/* SPDX-License-Identifier: MIT */
/* The part of `jig kill` for processes that jig did not start. */
#ifndef JIG_CLI_KILL_FOREIGN_H
#define JIG_CLI_KILL_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct kill_request {
	pid_t group, tree, pid; /* exactly one */
	int signo; /* 0: the stop policy */
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
 * @return  an exit status: 0; 1 when nobody is there, or somebody could not
 *          be signalled or ended or is refused; EXIT_JIG when jig failed.
 */
int kill_foreign(const struct kill_request *request);

#endif
