// SPDX-License-Identifier: MIT
#include "core/ancestry/watch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/sys.h"
#include "base/text.h"
#include "core/ancestry/event.h"
#include "proc/procfs.h"

/* For the child's last look; most of it passes before it gets a processor. */
#define END_US 200000LL

/* The others get their turn: to read all of a machine that forks without end
 * would never return. */
#define EVENTS_AT_ONCE 4096

/* ---------------------------------------------------------------- the child */

struct watcher {
	struct table *table;
	int events;
	int procfd;
};

static void note_command(const struct watcher *watcher, pid_t pid)
{
	struct birth *birth = table_living(watcher->table, pid);
	struct proc_stat stat;
	char command[sizeof(birth->command)] = "";

	if (!birth)
		return;
	/* It may have ended meanwhile; before it is reaped, its name is left.
	 */
	if (stat_read(watcher->procfd, pid, &stat) == 0)
		procfs_command(watcher->procfd, &stat, command,
			       sizeof(command));
	birth->forked = false;
	text_copy(birth->command, sizeof(birth->command), command);
}

static void note_event(const struct watcher *watcher,
		       const struct birth_event *event)
{
	switch (event->kind) {
	case BIRTH_FORK:
		table_fork(watcher->table, event->parent, event->pid,
			   event->at_us);
		return;
	case BIRTH_EXEC:
		note_command(watcher, event->pid);
		return;
	case BIRTH_EXIT:
		table_exit(watcher->table, event->pid);
		return;
	case BIRTH_ACK:
	case BIRTH_NONE:
		return;
	}
}

static void note_events(const struct watcher *watcher)
{
	struct birth_event event;
	int r = 0;

	for (int i = 0; i < EVENTS_AT_ONCE && r != -EAGAIN; i++) {
		r = event_read(watcher->events, &event);
		if (r == 0)
			note_event(watcher, &event);
		else if (r != -EAGAIN)
			watcher->table->lost++;
	}
}

static void watch_births(int end, void *context)
{
	struct watcher *watcher = context;
	bool over = false;

	/* A command line can be read while the process lives, so each exec
	 * needs us soon. */
	sys_run_soon(100, -15);
	watcher->procfd = procfs_open();
	while (!over) {
		struct pollfd fds[] = {
			{ end, POLLIN, 0 },
			{ watcher->events, POLLIN, 0 },
		};

		(void)poll_fds(fds, 2, -1);
		over = fds[0].revents;
		note_events(watcher); /* Once more after the end. */
	}
	event_close(&watcher->events);
}

/* ----------------------------------------------------------------- our side */

static int start_child(struct watch *ret, int events)
{
	struct table *table =
		mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct watcher watcher = { .table = table, .events = events };
	const struct aside_work work = {
		.run = watch_births,
		.context = &watcher,
		.is_pipe = true,
		.fd = events,
	};

	if (table == MAP_FAILED)
		return -errno;
	table_begin(table, getpid());
	int r = aside_open(&ret->aside, &work);

	if (r < 0) {
		(void)munmap(table, sizeof(*table));
		return r;
	}
	ret->table = table;
	return 0;
}

int watch_open(struct watch *ret, enum plan_ancestry wish, struct fault *fault)
{
	CLEANUP_CLOSE int events = -1;
	int r;

	if (wish != PLAN_ANCESTRY_CONNECTOR && wish != PLAN_ANCESTRY_AUTO)
		return 0;
	r = event_open(&events);
	if (r == 0)
		r = start_child(ret, events);
	if (r == 0 || wish == PLAN_ANCESTRY_AUTO)
		return 0;
	return fault_set(fault, r,
			 "--ancestry connector: the kernel's process events "
			 "cannot be read: %s%s",
			 strerror(-r),
			 r == -EPERM ? " (not in a container; before Linux 6.6 "
				       "only as root)"
				     : "");
}

/* Main is the last one: not the supervisor, and not we. */
static size_t list_ancestors(const struct watch *watch, uint32_t number,
			     pid_t top, uint32_t ret[REPORT_DEPTH])
{
	const struct birth *birth = table_at(watch->table, number);
	size_t count = 0;

	while (birth && count < REPORT_DEPTH) {
		const struct birth *parent =
			table_at(watch->table, birth->parent);

		if (!parent || parent->pid == top)
			break;
		ret[count++] = birth->parent;
		birth = parent;
	}
	return count;
}

/* If it is a leftover, its command was read then. */
static void copy_command(const struct jig_report *report, pid_t pid,
			 struct ancestor *ret)
{
	for (uint32_t i = 0; i < report->leftover_count; i++)
		if (report->leftovers[i].pid == pid)
			text_copy(ret->command, sizeof(ret->command),
				  report->leftovers[i].command);
}

static void add_ancestor(const struct watch *watch, struct jig_report *report,
			 uint32_t number, int64_t epoch_us,
			 struct leftover *leftover)
{
	const struct birth *birth = table_at(watch->table, number);
	struct ancestor ancestor = {
		.pid = birth->pid,
		.parent = leftover->ancestor,
		.forked = birth->forked,
		.began_us = epoch_us + birth->began_us,
	};

	memcpy(ancestor.command, birth->command, sizeof(ancestor.command));
	ancestor.command[sizeof(ancestor.command) - 1] = '\0';
	if (!*ancestor.command)
		copy_command(report, ancestor.pid, &ancestor);
	leftover->ancestor = report_add_ancestor(report, &ancestor);
}

static void describe_ancestors(const struct watch *watch, pid_t top,
			       struct jig_report *report,
			       struct leftover *items, uint32_t count)
{
	int64_t epoch_us = clock_wall_us() - clock_us();
	uint32_t numbers[REPORT_DEPTH];

	for (uint32_t i = 0; i < count; i++) {
		uint32_t number = table_find(watch->table, items[i].pid,
					     items[i].seen_us);
		size_t depth = list_ancestors(watch, number, top, numbers);

		/* What is not noted keeps what its living parents show. */
		if (number)
			items[i].ancestor = 0;
		while (depth > 0)
			add_ancestor(watch, report, numbers[--depth], epoch_us,
				     &items[i]);
	}
}

void watch_close(struct watch *watch, pid_t top, struct jig_report *report)
{
	if (!watch->table)
		return;
	aside_shut(&watch->aside);
	(void)aside_wait(&watch->aside, clock_in_us(END_US));
	(void)aside_close(&watch->aside); /* Or it is abandoned. */
	report->ancestry = ANCESTRY_CONNECTOR;
	report->ancestry_lost = watch->table->lost;
	describe_ancestors(watch, top, report, report->leftovers,
			   report->leftover_count);
	describe_ancestors(watch, top, report, report->survivors,
			   report->survivor_count);
	(void)munmap(watch->table, sizeof(*watch->table));
	watch->table = NULL;
}
