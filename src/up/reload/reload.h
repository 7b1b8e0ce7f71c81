/* SPDX-License-Identifier: MIT */
/*
 * What the files of now change in a project that runs: the plan, and its
 * execution.
 *
 *   fresh.c   reads the files
 *   decide.c  the plan
 *   apply.c   instances get the new form of their services
 *   leave.c   the order of ends and starts
 *
 * Instances that are to end do so as in a stop of all: one on which others that
 * leave depend waits for them. Instances that are to start wait until all of
 * these have ended: a port may go from one service to another.
 *
 * Invariant: a service that has not changed keeps its processes, its PORT and
 * its number of instances. An instance ends with the stop rules that it was
 * started with. What fails changes nothing.
 *
 * What does not belong here: reading the files' syntax (up/load), clients
 * (up/control).
 */
#ifndef JIG_UP_RELOAD_RELOAD_H
#define JIG_UP_RELOAD_RELOAD_H

#include "up/engine/up.h"

/** What happens to a service, or to one instance. */
enum reload_action {
	RELOAD_KEEP,
	RELOAD_UPDATE, /* it does not run: its next start uses the new form */
	RELOAD_START,
	RELOAD_END,
	RELOAD_RESTART,
};

/** "restart", …: for people and JSON. */
const char *reload_action_name(enum reload_action action);

/** One line of the plan. */
struct reload_line {
	enum reload_action action;
	char *service; /* NULL: the project */
	struct list why; /* of char *: owned */
};

/**
 * What one instance is to do.
 * @new     the new form of its service; NULL: it has none.
 * @ret_why  of char *: appended.
 * @return  an action; or -ENOMEM.
 */
int reload_decide(const struct instance *instance, const struct service *new,
		  struct list *ret_why);

/**
 * The plan for a whole project.
 * @ret     of struct reload_line: reload_plan_free() it, also after a failure.
 */
int reload_plan(const struct up *up, const struct project *next,
		struct list *ret);

void reload_plan_free(struct list *plan);

/** "restart web: command, variable FOO", without a newline. */
void reload_line_print(const struct reload_line *line, struct buffer *ret);

/** Append the reasons, with commas. */
void reload_why_print(const struct list *why, struct buffer *ret);

/** The project counts instances as `jig scale` has set them, if the number of
 * the files is as before. */
void reload_keep_scale(const struct up *up, struct project *next);

/**
 * Replace the project, and begin to end and to start.
 * @next    on the heap; ours from now on, also after a failure.
 * @return  0; or -ENOMEM: nothing has changed.
 */
int reload_apply(struct up *up, struct project *next);

/**
 * Replace the project, but act on no instance. One whose service has changed
 * keeps the old form until it gets `next`.
 * @return  0; or -ENOMEM: nothing has changed, and @next is the caller's.
 */
int reload_swap(struct up *up, struct project *next);

/** In each round: end those whose turn it is, and free replaced projects that
 * no instance has any more. */
void reload_step(struct up *up);

/** For reload_step(): free those projects. */
void reload_forget(struct up *up);

/** At the end: free all projects that were read later than @first. */
void reload_close(struct up *up, const struct project *first);

#endif
