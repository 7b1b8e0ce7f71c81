// SPDX-License-Identifier: MIT
/* The stop policy for targets: SIGTERM, wait, SIGKILL to the rest. */
#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "base/poll.h"
#include "cage/sweep.h"
#include "cli/kill/targets.h"
#include "proc/handle.h"
#include "proc/procfs.h"

/* After this time with SIGKILL, a target counts as a survivor. */
#define KILL_US 10000000

/* Poll interval without pidfds. */
#define PAUSE_MS 5

static bool is_ours_to_end(const struct target *target)
{
	return target->fate == TARGET_MET || target->fate == TARGET_HIT;
}

/* @return 0 once it has ended, -ETIMEDOUT, or -errno. */
static int targets_end_await_end(const struct targets *targets,
				 const struct target *target, int64_t deadline)
{
	for (;;) {
		CLEANUP(handle_close) struct handle handle = HANDLE_NONE;
		int r = handle_open(targets->procfd, &target->stat, &handle,
				    NULL);

		if (r < 0)
			return r == -ESRCH ? 0 : r;
		if (clock_us() >= deadline)
			return -ETIMEDOUT;

		struct pollfd end = { .fd = handle.fd, .events = POLLIN };
		int ms = clock_poll_ms(deadline);

		/* The next round reads the result from /proc. */
		(void)poll_fds(&end, 1, handle.fd < 0 ? PAUSE_MS : ms);
	}
}

/* Until all targets have ended and a scan finds no new one. */
static int await_all(struct targets *targets, int64_t deadline)
{
	int r;

	do {
		r = 0;
		for (size_t i = 0; r == 0 && i < targets->items.count; i++)
			if (targets_at(targets, i)->fate == TARGET_HIT)
				r = targets_end_await_end(targets,
							  targets_at(targets,
								     i),
							  deadline);
		if (r == 0)
			r = targets_look(targets);
		if (r > 0 && clock_us() >= deadline)
			return -ETIMEDOUT;
		if (r > 0 && targets_signal(targets, SIGTERM, true) < 0)
			return -ETIMEDOUT; /* They multiply: use SIGKILL. */
	} while (r > 0);
	return r;
}

static bool targets_end_is_alive(const struct targets *targets,
				 const struct target *target)
{
	struct proc_stat now;

	return stat_read(targets->procfd, target->stat.pid, &now) == 0 &&
	       now.start_ticks == target->stat.start_ticks &&
	       !stat_is_dead(&now);
}

/* The targets that are alive, for a sweep: a list of struct proc_stat. */
static int list_alive(void *context, struct list *ret)
{
	struct targets *targets = context;
	struct list alive = { 0 };
	int r = targets_look(targets);

	for (size_t i = 0; r >= 0 && i < targets->items.count; i++) {
		const struct target *target = targets_at(targets, i);

		if (is_ours_to_end(target) &&
		    targets_end_is_alive(targets, target))
			r = list_append(&alive, &target->stat,
					sizeof(target->stat));
	}
	if (r < 0) {
		list_free(&alive);
		return r;
	}
	*ret = alive;
	return 0;
}

static int confirm_alive(void *context, struct descent *descent,
			 const struct proc_stat *now)
{
	const struct targets *targets = context;

	for (size_t i = 0; i < targets->items.count; i++) {
		const struct target *target = targets_at(targets, i);

		if (target->stat.pid == now->pid &&
		    target->stat.start_ticks == now->start_ticks)
			return targets_confirm(targets, target, descent, now);
	}
	return 0;
}

static int targets_end_end_rounds(struct targets *targets, int64_t deadline)
{
	struct sweep sweep = { targets->procfd, list_alive, targets,
			       confirm_alive };

	for (;;) {
		CLEANUP(list_free) struct list alive = { 0 };
		size_t killed = 0;
		int refused = sweep_stop_and_kill(&sweep, &killed);
		int r = refused < 0 && refused != -EPERM
				? refused
				: list_alive(targets, &alive);

		if (r < 0 || alive.count == 0)
			return r;
		if (refused && killed == 0)
			return refused;
		if (clock_us() >= deadline)
			return -ETIMEDOUT;
		/* Not our children: we get no SIGCHLD. */
		clock_sleep_us(2000);
	}
}

/* The fate of each target: the sweep returns only counts. */
static void mark_swept(struct targets *targets)
{
	for (size_t i = 0; i < targets->items.count; i++) {
		struct target *target = targets_at(targets, i);

		if (is_ours_to_end(target))
			target->fate = targets_end_is_alive(targets, target)
					       ? TARGET_SURVIVED
					       : TARGET_HIT;
	}
}

int targets_end(struct targets *targets, int64_t grace_us)
{
	int64_t deadline = clock_in_us(grace_us);
	int r = targets_signal(targets, SIGTERM, true);

	if (r == 0)
		r = await_all(targets, deadline);
	if (r == -ETIMEDOUT || r == -EAGAIN)
		r = targets_end_end_rounds(targets, clock_in_us(KILL_US));
	mark_swept(targets);
	if (r == 0 && targets_count(targets, TARGET_DENIED) > 0)
		r = -EPERM;
	return r;
}
