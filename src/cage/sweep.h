/* SPDX-License-Identifier: MIT */
/*
 * Sweeps: signalling every one of a set of processes that changes while we
 * look at it.
 *
 * A sweep lists the set, pins and signals whom it has not met yet, and lists
 * again, until a pass meets nobody new. The set is given as a function.
 *
 * Invariant: nobody is signalled but through a handle, as an unreaped child
 * of ours, or as a member of such a child's group in a session of its own.
 */
#ifndef JIG_CAGE_SWEEP_H
#define JIG_CAGE_SWEEP_H

#include <stddef.h>

#include "base/list.h"
#include "proc/stat.h"

struct sweep {
	int procfd;
	/** The set now: a list of struct proc_stat. @return 0 or -errno. */
	int (*members)(void *context, struct list *ret);
	void *context;
};

/**
 * Send @signo to each member once, then SIGCONT if @wake: a stopped process
 * acts on nothing else (and its handler runs only then).
 *
 * @ret_count  how many got it; may be NULL.
 * @return  0, -EPERM when at least one refused us, or -errno.
 */
int sweep_signal(const struct sweep *sweep, int signo, bool wake,
		 size_t *ret_count);

/**
 * SIGSTOP everybody until a pass meets nobody new (what is stopped cannot
 * fork), then SIGKILL everybody who was met.
 *
 * Against those who watch and re-create each other, and against fork storms:
 * a killed process frees a place for the next, a stopped one does not.
 * Bounded: a relay that is never there when looked at ends no pass, so the
 * kill comes after at most 8 of them.
 */
int sweep_stop_and_kill(const struct sweep *sweep, size_t *ret_count);

/**
 * SIGKILL each unreaped child of ours, by number: they are pinned by not being
 * reaped; and its process group with it, where no stranger can be in that.
 * The caller reaps and calls again: grandchildren become children.
 *
 * @strangers  pids (list of pid_t) to leave alone; may be NULL.
 */
int sweep_kill_children(int procfd, const struct list *strangers,
			size_t *ret_count);

#endif
