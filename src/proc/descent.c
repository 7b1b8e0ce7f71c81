// SPDX-License-Identifier: MIT
#include "proc/descent.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/sys.h"

/* Number of attempts when the chain changes. */
#define TRIES 8

/* PID_MAX_LIMIT: no chain is longer. */
#define LONGEST (1 << 22)

/* Size of the table of pinned parents; a later one replaces an earlier one. */
#define PARENTS 256

struct descent_parent {
	pid_t pid;
	int fd; /* its pidfd */
};

static struct descent_parent *descent_place_of(const struct descent *descent,
					       pid_t pid)
{
	return &descent->parents[(unsigned)pid % PARENTS];
}

/* A pinned process that is not reaped still has its number. */
static bool is_pinned(const struct descent *descent, pid_t pid)
{
	const struct descent_parent *parent;

	if (!descent->parents)
		return false;
	parent = descent_place_of(descent, pid);
	return parent->pid == pid && sys_pidfd_kill(parent->fd, 0) != -ESRCH;
}

static bool descent_is_same(const struct proc_stat *a,
			    const struct proc_stat *b)
{
	return a->pid == b->pid && a->ppid == b->ppid &&
	       a->start_ticks == b->start_ticks;
}

/* Upwards. @return 1 the top is known, 0 it is not, or -errno. */
static int climb(const struct descent *descent, struct list *chain)
{
	for (;;) {
		struct proc_stat stat =
			*(struct proc_stat *)list_at(chain, chain->count - 1,
						     sizeof(stat));
		pid_t parent = stat.ppid;

		if (parent > 0 &&
		    (parent == descent->root || is_pinned(descent, parent)))
			return 1;
		/* Init has no parent, but may be known itself. */
		if (parent < 1 || (parent == 1 && !descent->is_known) ||
		    chain->count > LONGEST)
			return 0;

		int r = stat_read(descent->procfd, parent, &stat);

		if (r < 0)
			return r == -ESRCH ? -EAGAIN : r;
		if (descent->is_known &&
		    descent->is_known(&stat, descent->context))
			return 1;
		r = list_append(chain, &stat, sizeof(stat));
		if (r < 0)
			return r;
	}
}

/* Downwards: each process still has the same parent. The process above the
 * chain was read between the two readings, so it is the parent, too. */
static int confirm_chain(const struct descent *descent,
			 const struct list *chain)
{
	for (size_t i = chain->count; i-- > 0;) {
		const struct proc_stat *before =
			list_at(chain, i, sizeof(*before));
		struct proc_stat now;
		int r = stat_read(descent->procfd, before->pid, &now);

		if (r < 0)
			return r == -ESRCH ? -EAGAIN : r;
		if (!descent_is_same(&now, before))
			return -EAGAIN;
	}
	return 1;
}

/* Both root and process are pinned: one reading is enough. */
static bool is_child_of_root(const struct descent *descent,
			     const struct list *chain)
{
	const struct proc_stat *only = chain->items;

	return chain->count == 1 && descent->root > 0 &&
	       only->ppid == descent->root;
}

/* Its parent is confirmed: pin it for its other children. */
static void pin_parent(struct descent *descent, const struct proc_stat *now)
{
	struct descent_parent *parent;
	struct proc_stat again;

	if (!descent->parents)
		descent->parents = calloc(PARENTS, sizeof(*descent->parents));
	if (!descent->parents)
		return; /* Then the next chain is read as a whole. */
	CLEANUP_CLOSE int fd = sys_pidfd_open(now->ppid);
	if (fd < 0 || stat_read(descent->procfd, now->pid, &again) < 0 ||
	    !descent_is_same(&again, now) || sys_pidfd_kill(fd, 0) == -ESRCH)
		return;
	parent = descent_place_of(descent, now->ppid);
	if (parent->pid > 0)
		cleanup_close(&parent->fd);
	*parent = (struct descent_parent){ now->ppid, take_fd(&fd) };
}

static int confirm_once(struct descent *descent, const struct proc_stat *now)
{
	CLEANUP(list_free) struct list chain = { 0 };
	int r = list_append(&chain, now, sizeof(*now));

	if (r == 0)
		r = climb(descent, &chain);
	if (r == 1 && !is_child_of_root(descent, &chain))
		r = confirm_chain(descent, &chain);
	if (r == 1 && chain.count > 1)
		pin_parent(descent, now);
	return r;
}

int descent_confirm(struct descent *descent, const struct proc_stat *now)
{
	struct proc_stat again = *now;
	int r = confirm_once(descent, &again);

	for (int i = 1; i < TRIES && r == -EAGAIN; i++) {
		r = stat_read(descent->procfd, now->pid, &again);
		if (r < 0 || again.start_ticks != now->start_ticks)
			return r == -ESRCH || r == 0 ? 0 : r;
		r = confirm_once(descent, &again);
	}
	return r;
}

void descent_close(struct descent *descent)
{
	for (size_t i = 0; descent->parents && i < PARENTS; i++)
		if (descent->parents[i].pid > 0)
			cleanup_close(&descent->parents[i].fd);
	free(descent->parents);
	descent->parents = NULL;
}
