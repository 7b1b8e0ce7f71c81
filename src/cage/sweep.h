/* SPDX-License-Identifier: MIT */
/*
 * Sweeps: signalling each process of a set that changes meanwhile.
 *
 * A sweep lists the set, pins and signals each process that it has not met yet,
 * and lists again, until a pass meets no new one. The set is given as a
 * function.
 *
 * Invariant: a process is signalled through a handle, after it was confirmed
 * to be in the set while the handle held it; or as an unreaped child of ours;
 * or as a member of such a child's group in a session of its own. We ourselves
 * are never signalled.
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
	 * The set now: a list of struct proc_stat. @return 0, or -errno: *ret
	 * is incomplete, and what it holds is signalled.
	 */
	int (*members)(void *context, struct list *ret);
	void *context;
	/**
	 * Whether @now, which was read while it was pinned, is in the set: a
	 * listed pid may have been reused, and start times have a resolution of
	 * 1/100 s.
	 *
	 * @descent  to be used with a root; it lives as long as the passes.
	 * @return   1, 0, -EAGAIN (not known now; the next pass that lists it
	 *           calls again) or -errno.
	 */
	int (*confirm)(void *context, struct descent *descent,
		       const struct proc_stat *now);
};

/**
 * Send @signo to each member once, with SIGCONT if @wake: a suspended process
 * runs its handler only after SIGCONT. See stat_wakes_after().
 *
 * @ret_count  how many got it; may be NULL.
 * @return  0, -EPERM when at least one refused us, or -errno.
 */
int sweep_signal(const struct sweep *sweep, int signo, bool wake,
		 size_t *ret_count);

/**
 * SIGSTOP each member until a pass meets no new one (a suspended process cannot
 * fork), then SIGKILL all that were met.
 *
 * Against processes that watch and re-create each other, and against fork
 * storms: a killed process frees a place for the next, a suspended one does
 * not. Bounded: with a relay each pass meets a new process, so the kill comes
 * after at most 8 passes.
 */
int sweep_stop_and_kill(const struct sweep *sweep, size_t *ret_count);

/**
 * SIGKILL each child of ours, by pid, which is not reused before we reap it;
 * and its process group with it, if no stranger can be in that group. The
 * caller reaps and calls again: grandchildren become children.
 *
 * @callers_session  strangers can be in all groups of this one.
 * @is_ours          which of them; NULL: all.
 */
int sweep_kill_children(int procfd, pid_t callers_session,
			bool (*is_ours)(pid_t child, const void *context),
			const void *context, size_t *ret_count);

#endif
