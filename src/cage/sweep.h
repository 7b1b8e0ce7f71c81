/* SPDX-License-Identifier: MIT */
/*
 * Sweeps: signalling every one of a set of processes that changes while we
 * look at it.
 *
 * A sweep lists the set, pins and signals whom it has not met yet, and lists
 * again, until a pass meets nobody new. The set is given as a function.
 *
 * Invariant: a process is signalled through a handle, after it was confirmed
 * to be in the set while the handle held it; or as an unreaped child of ours; or
 * as a member of such a child's group in a session of its own. We ourselves are
 * never signalled.
 */
#ifndef JIG_CAGE_SWEEP_H
#define JIG_CAGE_SWEEP_H

#include <stddef.h>

#include "base/list.h"
#include "proc/descent.h"
#include "proc/stat.h"

struct sweep {
	int procfd;
	/**
	 * The set now: a list of struct proc_stat. @return 0, or -errno; then
	 * *ret holds whom it had found all the same, and those are signalled.
	 */
	int (*members)(void *context, struct list *ret);
	void *context;
	/**
	 * Whether @now, which was read while it was pinned, is in the set: a
	 * number that was listed may be another process's by now, and the
	 * kernel counts start times in 1/100 s.
	 *
	 * @descent  to be asked with a root; it lives as long as the pass.
	 * @return   1, 0, -EAGAIN (cannot be told now; it is asked again when
	 *           the next pass lists it) or -errno.
	 */
	int (*confirm)(void *context, struct descent *descent,
		       const struct proc_stat *now);
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
 * @is_ours  which of them; NULL: all.
 */
int sweep_kill_children(int procfd,
			bool (*is_ours)(pid_t child, const void *context),
			const void *context, size_t *ret_count);

#endif
