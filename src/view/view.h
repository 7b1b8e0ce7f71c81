/* SPDX-License-Identifier: MIT */
/*
 * A view of the machine's processes, as `jig ps` shows them: a snapshot, of
 * which some are selected and put in order.
 *
 * Order: by session, in it by process group, in that by pid; leaders first. The
 * kernel's own threads (session 0) stand in front.
 *
 * Invariant: what a column does not need is not read; see enum view_need. A
 * process that ends meanwhile is left out, or (when it is noticed late) shown
 * with what its stat file had told.
 *
 * What does not belong here: how it is written (view/columns/columns.h).
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

/** What is to be read besides /proc/PID/stat. Bits. */
enum view_need {
	VIEW_USER = 1, /* uid */
	VIEW_STATUS = 2, /* uid, real_uid, resident_kib, is_locked */
	VIEW_ARGUMENTS = 4, /* arguments */
	VIEW_FIXTURES = 8, /* view.fixtures */
	VIEW_CAGE = 16, /* cage */
	VIEW_NAMES = 32, /* view.users */
};

/** Longest arguments of one process that are kept, in bytes. */
#define VIEW_ARGUMENTS_MAX (128 << 10)
#define VIEW_CAGE_SIZE 48

struct view_process {
	uint32_t index; /* in view.stats */
	uid_t uid, real_uid; /* (uid_t)-1: not read */
	uint64_t resident_kib;
	bool is_locked; /* has memory that is never swapped */
	/** In view.text: each ends with a NUL, see procfs_arguments(). */
	size_t arguments, arguments_size;
	/** The innermost cage by its control group, "jig-123-0f…"; "": none. */
	char cage[VIEW_CAGE_SIZE];
};

struct view {
	struct list stats; /* of struct proc_stat: everybody, or as pids name */
	struct list shown; /* of struct view_process, in order */
	struct fixtures fixtures; /* of stats */
	struct user_names users;
	struct buffer text;
	char *drivers; /* the text of /proc/tty/drivers, or NULL */
	int64_t now_us; /* since boot, suspended time too */
	int64_t wall_us; /* the same moment since 1970 */
	uint64_t memory_kib; /* of the machine; 0: not known */
	long hertz; /* ticks a second */
};

/**
 * Whom to show: a process must fit each kind that is given, and of a kind one
 * of those that are named.
 */
struct view_selection {
	struct list pids, sessions, groups; /* of pid_t */
	struct list ttys; /* of int: device numbers */
	struct list users; /* of uid_t: effective */
	struct list cages; /* of const char *: a name, or a pid in it */
	struct list fixtures; /* of const char *: the same */
	struct list guards; /* of pid_t: fixtures by their guards */
	/** Everybody. Else, and without any of these: our user's that have a
	 * terminal or belong to a fixture. */
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

/** The @index-th that is shown, and its stat. */
const struct view_process *view_at(const struct view *view, size_t index);
const struct proc_stat *view_stat(const struct view *view,
				  const struct view_process *process);

/** Since it was started, and what it has had of the processors. */
int64_t view_age_us(const struct view *view, const struct proc_stat *stat);
int64_t view_cpu_us(const struct view *view, const struct proc_stat *stat);

/** How far below its session's leader: 0, its group's leader 1, others 2. */
unsigned view_depth(const struct proc_stat *stat);

/** Whether it is in the foreground of its terminal. */
static inline bool view_is_foreground(const struct proc_stat *stat)
{
	return stat->tpgid > 0 && stat->tpgid == stat->pgid;
}

/**
 * The innermost cage in the text of /proc/PID/cgroup. Pure.
 * @return  0; -ENOENT: none is there, *ret is "" then.
 */
int view_parse_cage(const char *text, char ret[VIEW_CAGE_SIZE]);

/** All that is known, as a JSON array, one object a process:
 * view/columns/json.c. */
void view_add_json(const struct view *view, struct buffer *ret);

/** Accepts a zeroed one. */
void view_free(struct view *view);
void view_selection_free(struct view_selection *selection);

/* select.c */

/** What matching needs of view_take(), beside the columns' needs. */
unsigned view_selection_needs(const struct view_selection *selection);

/** Whom a selection means by its cages and fixtures: numbers. */
struct view_targets {
	struct list guards; /* of pid_t: whose cages' control groups */
	struct list caged; /* of uint32_t: these cages' fixtures */
	struct list fixtures; /* of uint32_t, see view/fixture_of.h */
};

/** @return 0, or -ENOENT with the reason: it names nobody. */
int view_find_targets(const struct view *view,
		      const struct view_selection *selection,
		      struct view_targets *ret, struct fault *fault);

/** Accepts a zeroed one. */
void view_targets_free(struct view_targets *targets);

/** What stat alone tells of the @index-th; others come later. */
bool view_fits_stat(const struct view *view, size_t index,
		    const struct view_selection *selection,
		    const struct view_targets *targets);
bool view_fits_user(const struct view_selection *selection, uid_t uid);
bool view_fits_cage(const struct view *view, size_t index, const char *cgroup,
		    const struct view_selection *selection,
		    const struct view_targets *targets);

#endif
