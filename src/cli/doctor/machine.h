/* SPDX-License-Identifier: MIT */
/*
 * Facts about this machine, for `jig doctor`.
 *
 * Each function writes one line and decides nothing. Whether a cage works does
 * not belong here: cli/doctor/trial.h. Nor does what jig itself has here:
 * cli/doctor/here.h.
 */
#ifndef JIG_CLI_DOCTOR_MACHINE_H
#define JIG_CLI_DOCTOR_MACHINE_H

#include <stddef.h>

struct machine_fact {
	const char *name; /* in the text */
	const char *field; /* in JSON */
	void (*write)(char *buffer, size_t size);
};

/** In the order in which they are printed; a NULL name at the end. */
extern const struct machine_fact machine_facts[];

#endif
