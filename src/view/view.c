// SPDX-License-Identifier: MIT
#include "view/view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "cage/cgroup_path.h"
#include "cage/registry.h"
#include "proc/procfs.h"
#include "proc/session_order.h"
#include "proc/status.h"

/* The state of one call of view_take(). */
struct taking {
	int procfd;
	unsigned needs;
	const struct view_selection *selection;
	struct view_targets targets;
	struct view *view;
};

static void read_machine(struct taking *taking)
{
	struct view *view = taking->view;
	struct timespec now = { 0 };
	struct sysinfo info;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* exists on Linux */
	view->now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	view->wall_us = clock_wall_us();
	view->hertz = sysconf(_SC_CLK_TCK);
	if (sysinfo(&info) == 0)
		view->memory_kib =
			(uint64_t)info.totalram * info.mem_unit >> 10;
	/* On an error, fewer terminals have names. */
	(void)fd_read_whole(taking->procfd, "tty/drivers", 1 << 20,
			    &view->drivers);
}

int view_parse_cage(const char *text, char ret[VIEW_CAGE_SIZE])
{
	char path[4096], name[VIEW_CAGE_SIZE];
	pid_t guard;
	uint64_t brand;

	*ret = '\0';
	if (cgroup_parse_own(text, path, sizeof(path)) < 0)
		return -ENOENT;
	for (const char *part = path; *part;) {
		size_t length = strcspn(part, "/");

		(void)snprintf(name, sizeof(name), "%.*s", (int)length, part);
		if (length < sizeof(name) &&
		    registry_parse(name, &guard, &brand) == 0)
			(void)snprintf(ret, VIEW_CAGE_SIZE, "%s", name);
		part += length + (part[length] == '/');
	}
	return *ret ? 0 : -ENOENT;
}

/* "" on an error: then no cage is shown. */
static void read_cgroup(const struct taking *taking, pid_t pid, char *text,
			size_t size)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "%d/cgroup", pid);
	if (fd_read_file(taking->procfd, path, text, size) < 0)
		*text = '\0';
}

/* @return 0, or -errno: it has ended. */
static int read_users(const struct taking *taking, pid_t pid,
		      struct view_process *process)
{
	struct proc_status status;
	int r;

	if (!(taking->needs & VIEW_STATUS))
		return procfs_user(taking->procfd, pid, &process->uid);
	r = status_read(taking->procfd, pid, &status);
	if (r < 0)
		return r;
	process->uid = status.uid;
	process->real_uid = status.real_uid;
	process->resident_kib = status.resident_kib;
	process->is_locked = status.locked_kib > 0;
	return 0;
}

static int read_arguments(const struct taking *taking, pid_t pid,
			  struct view_process *process)
{
	struct buffer *text = &taking->view->text;
	ssize_t n;

	process->arguments = text->used;
	n = procfs_arguments(taking->procfd, pid, VIEW_ARGUMENTS_MAX, text);
	process->arguments_size = n > 0 ? (size_t)n : 0;
	/* If another user's are hidden, it has none, as in ps(1). */
	return n == -ESRCH || n == -ENOMEM ? (int)n : 0;
}

/*
 * Read the files of the @index-th process, as needed.
 * @return  1: show it; 0: it does not match, or has ended; or -ENOMEM.
 */
static int read_process(const struct taking *taking, uint32_t index,
			struct view_process *process)
{
	const struct proc_stat *stat =
		list_at(&taking->view->stats, index, sizeof(*stat));
	char cgroup[4096] = "";
	int r = 0;

	if (!view_fits_stat(taking->view, index, taking->selection,
			    &taking->targets))
		return 0;
	if (taking->needs & (VIEW_USER | VIEW_STATUS))
		r = read_users(taking, stat->pid, process);
	if (r < 0 || !view_fits_user(taking->selection, process->uid))
		return 0;
	if (taking->needs & VIEW_CAGE) {
		read_cgroup(taking, stat->pid, cgroup, sizeof(cgroup));
		(void)view_parse_cage(cgroup, process->cage); /* or "" */
	}
	if (!view_fits_cage(taking->view, index, cgroup, taking->selection,
			    &taking->targets))
		return 0;
	if (taking->needs & VIEW_ARGUMENTS)
		r = read_arguments(taking, stat->pid, process);
	return r == 0 ? 1 : r == -ENOMEM ? r : 0;
}

static struct session_place view_place_of(const struct proc_stat *stat)
{
	return (struct session_place){ stat->sid, stat->pgid, stat->pid };
}

/* A process with its place, so that sorting needs no searches. */
struct placed {
	struct session_place place;
	struct view_process process;
};

static int view_compare(const void *a, const void *b)
{
	return session_order(((const struct placed *)a)->place,
			     ((const struct placed *)b)->place);
}

static int sort_into(struct list *placed, struct list *shown)
{
	struct placed *items = placed->items;
	int r = 0;

	if (placed->count > 0)
		qsort(items, placed->count, sizeof(*items), view_compare);
	for (size_t i = 0; r == 0 && i < placed->count; i++)
		r = list_append(shown, &items[i].process,
				sizeof(items[i].process));
	return r;
}

static int show_selected(const struct taking *taking)
{
	CLEANUP(list_free) struct list placed = { 0 };
	struct view *view = taking->view;
	const struct proc_stat *stats = view->stats.items;
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < view->stats.count; i++) {
		struct placed one = { .place = view_place_of(&stats[i]),
				      .process = { .index = i,
						   .uid = (uid_t)-1,
						   .real_uid = (uid_t)-1 } };

		r = read_process(taking, i, &one.process);
		if (r > 0)
			r = list_append(&placed, &one, sizeof(one));
	}
	return r < 0 ? r : sort_into(&placed, &view->shown);
}

/* A thread that is not the first one has files in /proc, but no entry. */
static bool is_process(int procfd, pid_t pid)
{
	struct proc_status status;

	return status_read(procfd, pid, &status) == 0 && status.tgid == pid;
}

/* Only the given pids: other processes matter only for fixtures. */
static int read_named(const struct taking *taking)
{
	const struct list *pids = &taking->selection->pids;
	const pid_t *pid = pids->items;
	int r = 0;

	for (size_t i = 0; r == 0 && i < pids->count; i++) {
		const struct list before = { .items = pids->items, .count = i };
		struct proc_stat stat;

		if (!list_has(&before, &pid[i], sizeof(pid[i])) &&
		    is_process(taking->procfd, pid[i]) &&
		    stat_read(taking->procfd, pid[i], &stat) == 0)
			r = list_append(&taking->view->stats, &stat,
					sizeof(stat));
	}
	return r;
}

static int view_take_one(struct taking *taking, struct fault *fault)
{
	struct view *view = taking->view;
	int r;

	read_machine(taking);
	if (taking->selection->pids.count > 0 &&
	    !(taking->needs & VIEW_FIXTURES))
		r = read_named(taking);
	else
		r = procfs_scan(taking->procfd, &view->stats);
	if (r == 0 && taking->needs & VIEW_FIXTURES)
		r = fixtures_find(&view->stats, &view->fixtures);
	if (r == 0 && taking->needs & VIEW_NAMES)
		r = user_names_read(&view->users);
	if (r < 0)
		return fault_set(fault, r, "cannot read /proc: %s",
				 strerror(-r));
	r = view_find_targets(view, taking->selection, &taking->targets, fault);
	if (r < 0)
		return r;
	r = show_selected(taking);
	return r < 0 ? fault_set(fault, r, "out of memory") : 0;
}

int view_take(const struct view_selection *selection, unsigned needs,
	      struct view *ret, struct fault *fault)
{
	struct view view = { 0 };
	CLEANUP_CLOSE int procfd = procfs_open();
	struct taking taking = {
		.procfd = procfd,
		.needs = needs | view_selection_needs(selection),
		.selection = selection,
		.view = &view,
	};
	int r;

	if (procfd == -ENOENT)
		return fault_set(fault, procfd, "there is no /proc");
	if (procfd < 0)
		return fault_set(fault, procfd, "cannot open /proc: %s",
				 strerror(-procfd));
	r = view_take_one(&taking, fault);
	view_targets_free(&taking.targets);
	if (r < 0) {
		view_free(&view);
		return r;
	}
	*ret = view;
	return 0;
}

const struct view_process *view_at(const struct view *view, size_t index)
{
	return list_at(&view->shown, index, sizeof(struct view_process));
}

const struct proc_stat *view_stat(const struct view *view,
				  const struct view_process *process)
{
	return list_at(&view->stats, process->index, sizeof(struct proc_stat));
}

static int64_t ticks_us(const struct view *view, uint64_t ticks)
{
	return (int64_t)ticks * (1000000 / view->hertz);
}

int64_t view_age_us(const struct view *view, const struct proc_stat *stat)
{
	int64_t age = view->now_us - ticks_us(view, stat->start_ticks);

	return age > 0 ? age : 0; /* it may have started while we read */
}

int64_t view_cpu_us(const struct view *view, const struct proc_stat *stat)
{
	return ticks_us(view, stat->user_ticks + stat->system_ticks);
}

unsigned view_depth(const struct proc_stat *stat)
{
	if (stat->sid == 0 || stat->pid == stat->sid)
		return 0;
	return stat->pgid == stat->sid || stat->pid == stat->pgid ? 1 : 2;
}

void view_free(struct view *view)
{
	list_free(&view->stats);
	list_free(&view->shown);
	fixtures_free(&view->fixtures);
	user_names_free(&view->users);
	buffer_free(&view->text);
	free(view->drivers);
	*view = (struct view){ 0 };
}
