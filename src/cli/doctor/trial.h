/* SPDX-License-Identifier: MIT */
/*
 * A trial: whether a kind of cage works here, found out by using it.
 *
 * A whole fixture (guard, supervisor, this very program as its command) is run
 * in each kind, since permissions, seccomp filters and security modules cannot
 * be foretold by looking at files.
 */
#ifndef JIG_CLI_DOCTOR_TRIAL_H
#define JIG_CLI_DOCTOR_TRIAL_H

#include "base/fault.h"
#include "cage/cage.h"

struct trial {
	bool works;
	int error; /* of a start that has failed; 0: none */
	struct fault why; /* why not; or why `auto` took what it took */
	enum jig_cage kind; /* what it was in the end */
};

/** Try one kind. @return 0, or -errno when not even a process can be had. */
int trial_run(enum jig_cage kind, struct trial *ret);

#endif
