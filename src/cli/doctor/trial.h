/* SPDX-License-Identifier: MIT */
/*
 * A trial: use a kind of cage, to see whether it works here.
 *
 * It runs a whole fixture (guard, supervisor, this program as the command),
 * because files do not show what permissions, seccomp filters and security
 * modules allow. Advice does not belong here: doctor.c.
 */
#ifndef JIG_CLI_DOCTOR_TRIAL_H
#define JIG_CLI_DOCTOR_TRIAL_H

#include "base/fault.h"
#include "cage/cage.h"

struct trial {
	bool works;
	int error; /* of a start that has failed; 0: none */
	struct fault why; /* why not; or the reason for the choice of `auto` */
	enum jig_cage kind; /* the kind in use */
};

/** Try one kind. @return 0, or -errno if we cannot even fork. */
int trial_run(enum jig_cage kind, struct trial *ret);

#endif
