/* SPDX-License-Identifier: MIT */
/*
 * The guard's watch over the births in its fixture: a small child
 * (proc/aside.h) reads the kernel's process events and fills a table in shared
 * memory. At the end the guard writes from it into the report which commands
 * led to each leftover.
 *
 * Invariant: guard and supervisor never wait for the child without a bound. It
 * reads command lines, which may block for ever (proc/procfs.h); then events
 * are lost, and the report says so.
 *
 * Not here: ancestry from living parents (core/supervisor/lineage.c).
 */
#ifndef JIG_CORE_ANCESTRY_WATCH_H
#define JIG_CORE_ANCESTRY_WATCH_H

#include "base/fault.h"
#include "core/ancestry/table.h"
#include "core/shared/plan.h"
#include "core/shared/report.h"
#include "proc/aside.h"

struct watch {
	struct aside aside;
	struct table
		*table; /* shared with the child; NULL: there is no watch */
};

#define WATCH_NONE_INIT                                                        \
	{                                                                      \
		.aside = ASIDE_NONE_INIT                                       \
	}

/**
 * Begin to watch all descendants of the caller, before it creates any that
 * matters.
 *
 * @wish  PLAN_ANCESTRY_CONNECTOR, or _AUTO: if it is not possible, *ret stays
 *        as it is, and that is no error. With any other wish nothing is done.
 * @return  0, or -errno with the reason.
 */
int watch_open(struct watch *ret, enum plan_ancestry wish, struct fault *fault);

/**
 * End the watch. If it was one, the report gets the ancestry of its leftovers
 * and survivors from it, as far as it was seen.
 *
 * Waits for the child, 0.2 s at most.
 *
 * @top  the process whose children are main: no ancestor of its descendants.
 */
void watch_close(struct watch *watch, pid_t top, struct jig_report *report);

#endif
