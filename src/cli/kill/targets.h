/* SPDX-License-Identifier: MIT */
/*
 * Targets: processes that jig did not start, chosen by process group, by tree
 * or by pid, to be signalled or ended.
 *
 * Invariant: jig never signals a bare number. It pins each target (pidfd),
 * reads again its start time and, if it was chosen by group, its process group,
 * and signals it through the pin. For a process of a tree jig also confirms the
 * chain of parents, unless the process existed before its parent was read: then
 * its ppid is this parent. jig itself and pid 1 are never signalled as part of
 * a group or a tree.
 *
 * Limit: a child that starts and is orphaned between two scans is missed,
 * unless its session shows it (target_scope.session).
 *
 * jig's own fixtures do not belong here: they have cages.
 *
 * Files, each calls only those before it: targets.c (the list), targets_find.c
 * (scans), targets_signal.c (one signal), targets_end.c (the stop policy).
 */
#ifndef JIG_CLI_KILL_TARGETS_H
#define JIG_CLI_KILL_TARGETS_H

#include "base/list.h"
#include "proc/descent.h"
#include "proc/stat.h"

/** The chosen processes: exactly one of the numbers is set. */
struct target_scope {
	pid_t group; /* all processes of this process group */
	pid_t tree; /* this process and all its descendants */
	pid_t pid; /* this process */
	/** With tree: also all processes of each session whose leader is in
	 * the tree, whichever parent they have. */
	bool session;
};

/** A reason to refuse without --force. */
enum target_bar {
	TARGET_FREE,
	TARGET_INIT, /* pid 1 */
	TARGET_KERNEL, /* a kernel thread: signals do nothing */
	TARGET_SELF,
	TARGET_ANCESTOR, /* our ancestor: the shell, the terminal, … */
};

enum target_fate {
	TARGET_MET, /* found; nothing was sent */
	TARGET_HIT, /* it got the signal */
	TARGET_GONE, /* it had ended, or was a zombie when it was found */
	TARGET_LEFT, /* it had left the scope before it was pinned */
	TARGET_DENIED, /* -EPERM */
	TARGET_SURVIVED, /* it did not end after SIGKILL */
	TARGET_SPARED, /* jig itself, and pid 1 in a group or a tree */
};

struct target {
	struct proc_stat stat; /* when it was found */
	enum target_bar bar;
	enum target_fate fate;
	/** It cannot be another process with a reused pid. Else this is
	 * confirmed while it is pinned. */
	bool sure;
};

struct targets {
	int procfd; /* borrowed */
	struct target_scope scope;
	struct list items; /* of struct target, parents before children */
	/* Of a group, to detect that its number was reused. */
	pid_t sid;
	uint64_t leader_ticks; /* start of its leader; 0: it had ended before */
};

static inline struct target *targets_at(const struct targets *targets,
					size_t index)
{
	return list_at(&targets->items, index, sizeof(struct target));
}

/** The target that is this process, by pid and start time; or NULL. */
struct target *targets_find(const struct targets *targets,
			    const struct proc_stat *stat);

/** The target that leads this session; NULL: none, or not scope.session. */
const struct target *targets_leader(const struct targets *targets, pid_t sid);

/**
 * Find the targets. Sends nothing.
 *
 * @procfd  must stay open as long as the targets.
 * @return  0, -ESRCH if no process of the scope is alive, or -errno.
 */
int targets_open(int procfd, const struct target_scope *scope,
		 struct targets *ret);

/** Scan again and add new targets. @return their number, or -errno. */
int targets_look(struct targets *targets);

/** Whether a target has a bar: then --force is needed. */
bool targets_are_barred(const struct targets *targets);

/**
 * Send signal 0: a target that we may not signal becomes TARGET_DENIED, one
 * that has ended TARGET_GONE. @return 0 or -errno.
 */
int targets_ask(struct targets *targets);

/**
 * Send @signo once to each, the oldest first: a parent that gets it before its
 * children does not take their end for a crash. Another scan finds processes
 * that have started meanwhile.
 *
 * @wake  also send SIGCONT: a suspended process handles no other signal.
 * @return  0; -EAGAIN new processes kept appearing (8 scans); -EMFILE …
 */
int targets_signal(struct targets *targets, int signo, bool wake);

/**
 * The stop policy: SIGTERM and SIGCONT, @grace_us for all of them to end, then
 * SIGSTOP until a scan finds no new process, and SIGKILL.
 *
 * @return  0: all have ended (or are zombies of a foreign parent); -EPERM: we
 *          may not signal some; -ETIMEDOUT: some do not end.
 */
int targets_end(struct targets *targets, int64_t grace_us);

/**
 * Whether a process, read while it was pinned, is still @target and still in
 * the scope. @return 1, 0, -EAGAIN (try again) or -errno.
 */
int targets_confirm(const struct targets *targets, const struct target *target,
		    struct descent *descent, const struct proc_stat *now);

/** Number of targets with this fate. */
size_t targets_count(const struct targets *targets, enum target_fate fate);

void targets_free(struct targets *targets);

#endif
