// SPDX-License-Identifier: MIT
#include "cage/sweep.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/aside.h"
#include "proc/handle.h"
#include "proc/procfs.h"

/* With a relay each pass meets a new process. */
#define MAX_PASSES 8

/* A killpg costs as much as the group has members: not for each of thousands.
 */
#define MAX_GROUPS 32

/* Nor are passes repeated for long: the caller has to reap the dead. */
#define MORE_PASSES_US 50000

static int compare_identity(const void *a, const void *b)
{
	const struct handle *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->start_ticks > y->start_ticks) -
	       (x->start_ticks < y->start_ticks);
}

/* @met is sorted up to @sorted; what this pass adds stands behind it. */
static bool sweep_is_met(const struct list *met, size_t sorted,
			 const struct proc_stat *stat)
{
	struct handle key = { .pid = stat->pid,
			      .start_ticks = stat->start_ticks };

	return sorted > 0 &&
	       bsearch(&key, met->items, sorted, sizeof(key), compare_identity);
}

static void free_handles(struct list *met)
{
	for (size_t i = 0; i < met->count; i++)
		handle_close(list_at(met, i, sizeof(struct handle)));
	list_free(met);
}

struct pass {
	const struct sweep *sweep;
	int signo;
	bool wake; /* and SIGCONT: a suspended process runs no handler */
	bool signals_again; /* the handles stay open for a later signal */
	struct list met; /* of struct handle */
	struct descent descent;
	size_t unsure; /* in this pass: -EAGAIN */
	size_t signalled;
	int refused; /* -EPERM, or 0 */
};

/* @return 1 it is in the set, while the handle holds it. */
static int sweep_confirm(struct pass *pass, const struct proc_stat *now)
{
	const struct sweep *sweep = pass->sweep;

	if (now->pid == getpid())
		return 0;
	return sweep->confirm(sweep->context, &pass->descent, now);
}

static int signal_pinned(struct pass *pass, struct handle *handle,
			 const struct proc_stat *now)
{
	int r = pass->wake ? handle_rouse(handle, now, pass->signo)
			   : handle_kill(handle, pass->signo);

	if (r == -EPERM)
		pass->refused = r;
	else if (r == 0)
		pass->signalled++;
	if (!pass->signals_again)
		cleanup_close(&handle->fd);
	r = list_append(&pass->met, handle, sizeof(*handle));
	if (r < 0)
		handle_close(handle);
	return r;
}

static int sweep_signal_one(struct pass *pass, const struct proc_stat *stat)
{
	struct handle handle = HANDLE_NONE;
	struct proc_stat now;
	int r = handle_open(pass->sweep->procfd, stat, &handle, &now);

	/* -ESRCH: it has ended by itself. */
	if (r < 0)
		return r == -ESRCH ? 0 : r;
	r = sweep_confirm(pass, &now);
	if (r == 1)
		return signal_pinned(pass, &handle, &now);
	handle_close(&handle);
	if (r == -EAGAIN)
		pass->unsure++;
	return r == -EAGAIN ? 0 : r;
}

/* @return how many were new or are not certain, or -errno. */
static int run_pass(struct pass *pass)
{
	CLEANUP(list_free) struct list members = { 0 };
	size_t sorted = pass->met.count;
	int r = pass->sweep->members(pass->sweep->context, &members);

	pass->unsure = 0;
	if (sorted > 0)
		qsort(pass->met.items, sorted, sizeof(struct handle),
		      compare_identity);
	for (size_t i = 0; i < members.count; i++) {
		const struct proc_stat *stat =
			list_at(&members, i, sizeof(*stat));

		if (stat_is_dead(stat) ||
		    sweep_is_met(&pass->met, sorted, stat))
			continue;

		int s = sweep_signal_one(pass, stat);

		if (s < 0)
			return s;
	}
	return r < 0 ? r : (int)(pass->met.count - sorted + pass->unsure);
}

static int run_passes(struct pass *pass)
{
	int64_t deadline = -1;
	int r = 1;

	pass->descent.procfd = pass->sweep->procfd;
	for (int i = 0; i < MAX_PASSES && r > 0; i++) {
		r = run_pass(pass);
		if (i == 0)
			deadline = clock_in_us(MORE_PASSES_US);
		else if (clock_us() > deadline)
			break;
	}
	descent_close(&pass->descent);
	return r < 0 ? r : 0;
}

int sweep_signal(const struct sweep *sweep, int signo, bool wake,
		 size_t *ret_count)
{
	struct pass pass = {
		.sweep = sweep,
		.signo = signo,
		.wake = wake && signo != SIGKILL && signo != SIGCONT &&
			signo != SIGSTOP,
	};
	int r = run_passes(&pass);
	size_t count = pass.signalled;

	free_handles(&pass.met);
	if (ret_count)
		*ret_count = count;
	return r < 0 ? r : pass.refused;
}

int sweep_stop_and_kill(const struct sweep *sweep, size_t *ret_count)
{
	struct pass pass = { .sweep = sweep,
			     .signo = SIGSTOP,
			     .signals_again = true };
	/* -EMFILE: we hold all the handles that we may; end those first. */
	int r = run_passes(&pass);
	size_t killed = 0;

	for (size_t i = 0; i < pass.met.count; i++) {
		const struct handle *handle =
			list_at(&pass.met, i, sizeof(*handle));

		if (handle_kill(handle, SIGKILL) == 0)
			killed++;
	}
	free_handles(&pass.met);
	if (ret_count)
		*ret_count = killed;
	return r < 0 && r != -EMFILE ? r : pass.refused;
}

/* Groups that one round has signalled already. */
struct groups {
	pid_t done[MAX_GROUPS];
	size_t count;
};

/*
 * SIGKILL to a child's whole process group, which the kernel signals at once:
 * so no relay inside of it escapes between two of its generations.
 *
 * The group's number is not reused: the child is a member until it is reaped.
 * And the group is ours: its session is neither our own nor our caller's, so
 * one of our descendants has made it, and all of its members descend from that
 * one.
 */
static void kill_group_of(pid_t child, pid_t callers, struct groups *groups)
{
	pid_t session = getsid(child), group = getpgid(child);

	if (session <= 0 || group <= 1 || session == getsid(0) ||
	    session == callers)
		return;
	for (size_t i = 0; i < groups->count; i++)
		if (groups->done[i] == group)
			return;
	/* In a crowd the children themselves are enough; it gets smaller. */
	if (groups->count == MAX_GROUPS)
		return;
	groups->done[groups->count++] = group;
	(void)kill(-group, SIGKILL); /* Each child is signalled as well. */
}

int sweep_kill_children(int procfd, pid_t callers_session,
			bool (*is_ours)(pid_t child, const void *context),
			const void *context, size_t *ret_count)
{
	CLEANUP(list_free) struct list children = { 0 };
	struct groups groups = { .count = 0 };
	size_t killed = 0;
	int refused = 0, r = procfs_children(procfd, &children);

	if (r < 0)
		return r;
	for (size_t i = 0; i < children.count; i++) {
		pid_t pid = *(pid_t *)list_at(&children, i, sizeof(pid));

		if ((is_ours && !is_ours(pid, context)) || aside_is(pid))
			continue;
		kill_group_of(pid, callers_session, &groups);
		if (kill(pid, SIGKILL) == 0)
			killed++;
		else if (errno == EPERM)
			refused = -EPERM;
	}
	if (ret_count)
		*ret_count = killed;
	return refused;
}
