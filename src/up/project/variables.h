/* SPDX-License-Identifier: MIT */
/*
 * The variables of an instance: those that `jig up` sets, and that each export
 * writes. This is their only list; jig-export(1) names them.
 *
 * Invariant: a later source overrides an earlier one: what the project gives
 * (project_give() comes first), jig, the service.
 *
 * What does not belong here: the names of `ports` and `listen` (net/names.h),
 * which jig adds last, and what a command after "--" gets
 * (up/engine/addresses.h).
 */
#ifndef JIG_UP_PROJECT_VARIABLES_H
#define JIG_UP_PROJECT_VARIABLES_H

#include "up/project/project.h"

/** More instances of a service have no variables of their own: each process
 * would get the variables of all. */
#define VARIABLES_NUMBERED 100

/** Whose they are. */
struct variables {
	const struct project *project;
	const struct service *service; /* as this instance has it: replica.h */
	unsigned number; /* from 1 on */
	int port; /* 0: it has none */
	bool first_only; /* all instances have the PORT of the first one */
};

/**
 * Make all.
 * @env    of char *: "NAME=value"; without a NULL at the end.
 * @texts  of char *: gets the texts; list_free_texts() it after @env.
 * @return 0 or -ENOMEM.
 */
int variables_make(const struct variables *of, struct list *env,
		   struct list *texts);

/** Only OVERMIND_PROCESS_<service>_PORT of all services that have PORT; of @of
 * it needs what is about the project. */
int variables_add_ports(const struct variables *of, struct list *env,
			struct list *texts);

#endif
