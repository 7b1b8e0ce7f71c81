/* SPDX-License-Identifier: MIT */
/*
 * A view of the machine's processes, for `jig ps`: a snapshot, from which
 * processes are selected and sorted.
 *
 * Order: by session, then by process group, then by pid; leaders first. Kernel
 * threads (session 0) come first.
 *
 * Invariant: files that no column needs are not read; see enum view_need. A
 * process that ends meanwhile is omitted, or shown with the values of its stat
 * file.
 *
 * Output does not belong here: view/columns/columns.h.
 */
#ifndef JIG_VIEW_VIEW_H
#define JIG_VIEW_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"
#include "proc/stat.h"
#include "view/fixture_of.h"
#include "view/user_names.h"

/** What to read besides /proc/PID/stat. Bits. */
enum view_need {
	VIEW_USER = 1, /* uid */
	VIEW_STATUS = 2, /* uid, real_uid, resident_kib, is_locked */
	VIEW_ARGUMENTS = 4, /* arguments */
	VIEW_FIXTURES = 8, /* view.fixtures */
	VIEW_CAGE = 16, /* cage */
	VIEW_NAMES = 32, /* view.users */
};

/** Limit of the stored arguments of one process, in bytes. */
#define VIEW_ARGUMENTS_MAX (128 << 10)
#define VIEW_CAGE_SIZE 48

struct view_process {
	uint32_t index; /* in view.stats */
	uid_t uid, real_uid; /* (uid_t)-1: not read */
	uint64_t resident_kib;
	bool is_locked; /* has locked memory */
	/** In view.text: NUL-terminated each, see procfs_arguments(). */
	size_t arguments, arguments_size;
	/** The innermost cage by control group, "jig-123-0f…"; "": none. */
	char cage[VIEW_CAGE_SIZE];
};

struct view {
	struct list
		stats; /* of struct proc_stat: all, or only the given pids */
	struct list shown; /* of struct view_process, sorted */
	struct fixtures fixtures; /* of stats */
	struct user_names users;
	struct buffer text;
	char *drivers; /* the text of /proc/tty/drivers, or NULL */
	int64_t now_us; /* since boot, with suspend */
	int64_t wall_us; /* the same moment, since 1970 */
	uint64_t memory_kib; /* of the machine; 0: unknown */
	long hertz; /* clock ticks per second */
};

/**
 * Which processes to show: a process must match each given kind, and in a kind
 * one of the values.
 */
struct view_selection {
	struct list pids, sessions, groups; /* of pid_t */
	struct list ttys; /* of int: device numbers */
	struct list users; /* of uid_t: effective */
	struct list cages; /* of const char *: a name, or the pid of a member */
	struct list fixtures; /* of const char *: the same */
	struct list guards; /* of pid_t: fixtures by their guards */
	/** All processes. The default, if nothing is given: those of our user
	 * that have a terminal or belong to a fixture. */
	bool all;
};

/**
 * Take a snapshot.
 *
 * @needs  bits of enum view_need.
 * @ret    view_free() it.
 * @return  0, or -errno with the reason: -ENOENT no such fixture or cage.
 */
int view_take(const struct view_selection *selection, unsigned needs,
	      struct view *ret, struct fault *fault);

/** The @index-th shown process; and its stat. */
const struct view_process *view_at(const struct view *view, size_t index);
const struct proc_stat *view_stat(const struct view *view,
				  const struct view_process *process);

/** Time since the start of a process; and its processor time. */
int64_t view_age_us(const struct view *view, const struct proc_stat *stat);
int64_t view_cpu_us(const struct view *view, const struct proc_stat *stat);

/** Indent: 0 a session's leader, 1 its group or a group's leader, 2 others. */
unsigned view_depth(const struct proc_stat *stat);

/** Whether it is in the foreground of its terminal. */
static inline bool view_is_foreground(const struct proc_stat *stat)
{
	return stat->tpgid > 0 && stat->tpgid == stat->pgid;
}

/**
 * The innermost cage in the text of /proc/PID/cgroup. Pure.
 * @return  0; -ENOENT: none, *ret is "" then.
 */
int view_parse_cage(const char *text, char ret[VIEW_CAGE_SIZE]);

/** The view as a JSON array, one object for each process: columns/json.c. */
void view_add_json(const struct view *view, struct buffer *ret);

/** Accepts a zeroed view. */
void view_free(struct view *view);
void view_selection_free(struct view_selection *selection);

/* select.c */

/** What matching must read, in addition to what the columns need. */
unsigned view_selection_needs(const struct view_selection *selection);

/** The cages and fixtures of a selection, found in a snapshot. */
struct view_targets {
	struct list guards; /* of pid_t: of cages that are control groups */
	struct list caged; /* of uint32_t: fixtures of these cages */
	struct list fixtures; /* of uint32_t, see view/fixture_of.h */
};

/** @return 0, or -ENOENT with the reason: no such cage or fixture. */
int view_find_targets(const struct view *view,
		      const struct view_selection *selection,
		      struct view_targets *ret, struct fault *fault);

/** Accepts a zeroed struct. */
void view_targets_free(struct view_targets *targets);

/** Whether the @index-th process matches by its stat file; by its user; by its
 * cage. */
bool view_fits_stat(const struct view *view, size_t index,
		    const struct view_selection *selection,
		    const struct view_targets *targets);
bool view_fits_user(const struct view_selection *selection, uid_t uid);
bool view_fits_cage(const struct view *view, size_t index, const char *cgroup,
		    const struct view_selection *selection,
		    const struct view_targets *targets);

#endif
