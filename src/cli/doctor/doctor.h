/* SPDX-License-Identifier: MIT */
/*
 * Everything that `jig doctor` finds, before it prints it.
 *
 * Both forms, text and JSON, print the same findings. How each of them is found
 * does not belong here: trial.h, machine.h, here.h.
 */
#ifndef JIG_CLI_DOCTOR_DOCTOR_H
#define JIG_CLI_DOCTOR_DOCTOR_H

#include "base/list.h"
#include "cli/doctor/here.h"
#include "cli/doctor/trial.h"

#define DOCTOR_CAGES 4

struct findings {
	struct trial cages[DOCTOR_CAGES];
	struct trial choice; /* of --cage auto */
	bool contained; /* one that works contains all descendants */
	struct here here;
};

/** What a user can do to get a cage that does not work. */
const char *doctor_advice(const struct trial *trial);

/** Find all of it. Tries each kind of cage, which takes some milliseconds. */
void doctor_find(struct findings *ret);

/** The findings as one JSON object, see jig-doctor(1). */
void doctor_json(const struct findings *findings, struct buffer *ret);

#endif
