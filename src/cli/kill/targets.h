/* SPDX-License-Identifier: MIT */
/*
 * Targets: processes that jig did not start, chosen by process group, by tree
 * or one by one, to be signalled or ended.
 *
 * Invariant: a number is never signalled. Each target is pinned (pidfd), its
 * start time, and its process group where that is why it is a target, are read
 * again while it is pinned, and only then it is signalled, through the pin. For
 * a process of a tree the chain of parents is confirmed as well, unless it
 * existed before its parent was read: then its ppid is this parent's. jig
 * itself and pid 1 are never hit as part of a group or a tree.
 *
 * What it cannot know: a child that is born and orphaned between two looks
 * leaves the tree unseen, unless its session tells (target_scope.session).
 *
 * What does not belong here: fixtures of jig's own, which have cages.
 */
#ifndef JIG_CLI_KILL_TARGETS_H
#define JIG_CLI_KILL_TARGETS_H

#include "base/list.h"
#include "proc/descent.h"
#include "proc/stat.h"

/** Whom is meant: exactly one of the numbers is set. */
struct target_scope {
	pid_t group; /* all whose process group it is */
	pid_t tree; /* this one and all that descends from it */
	pid_t pid; /* this one */
	bool session; /* with tree: and all of each session whose leader is
			 in it, adopted by init or not */
};

/** Why a careful person would not signal it. */
enum target_bar {
	TARGET_FREE,
	TARGET_INIT, /* pid 1 */
	TARGET_KERNEL, /* a kernel thread: signals do nothing */
	TARGET_SELF,
	TARGET_ANCESTOR, /* we descend from it: the shell, the terminal, … */
};

enum target_fate {
	TARGET_MET, /* seen; nothing was done */
	TARGET_HIT, /* it got the signal */
	TARGET_GONE, /* it had ended, or was a zombie when met */
	TARGET_LEFT, /* it left the process group before it was pinned */
	TARGET_DENIED, /* -EPERM */
	TARGET_SURVIVED, /* SIGKILL has not ended it */
	TARGET_SPARED, /* jig itself, and pid 1 in a group or a tree */
};

struct target {
	struct proc_stat stat; /* when it was met */
	enum target_bar bar;
	enum target_fate fate;
	/** It cannot be a stranger with a reused pid; else this is confirmed
	 * when it is pinned. */
	bool sure;
};

struct targets {
	int procfd; /* borrowed */
	struct target_scope scope;
	struct list items; /* of struct target, parents before children */
	/* Of a group, so that a number used anew is noticed. */
	pid_t sid;
	uint64_t leader_ticks; /* 0: it had ended before */
};

/**
 * Look who they are. Nothing is signalled.
 *
 * @procfd  must stay open as long as the targets.
 * @return  0, -ESRCH when nobody alive is meant, or -errno.
 */
int targets_open(int procfd, const struct target_scope *scope,
		 struct targets *ret);

/** Look again and add who is new. @return how many those are, or -errno. */
int targets_look(struct targets *targets);

/** Whether anybody has a bar: then nobody should be hit without asking. */
bool targets_are_barred(const struct targets *targets);

/**
 * Ask with signal 0 who would not let us: those become TARGET_DENIED, who has
 * ended TARGET_GONE. @return 0 or -errno.
 */
int targets_ask(struct targets *targets);

/**
 * Send @signo once to each, the oldest first: a parent that is told before its
 * children does not take their end for a crash. A process that appears
 * meanwhile is found by another look.
 *
 * @wake  and SIGCONT: a stopped process acts on nothing else.
 * @return  0; -EAGAIN when new ones kept coming (8 looks); -EMFILE …
 */
int targets_signal(struct targets *targets, int signo, bool wake);

/**
 * The stop policy: SIGTERM and SIGCONT, @grace_us for all of them to end, then
 * SIGSTOP until nobody is new, and SIGKILL.
 *
 * @return  0 when all are gone (or zombies of a foreign parent); -EPERM when
 *          some are not ours to end; -ETIMEDOUT when some do not end.
 */
int targets_end(struct targets *targets, int64_t grace_us);

/**
 * Whether a process, read while it was pinned, is @target still, and belongs
 * to the others for certain. @return 1, 0, -EAGAIN (try again) or -errno.
 */
int targets_confirm(const struct targets *targets, const struct target *target,
		    struct descent *descent, const struct proc_stat *now);

/** How many have this fate. */
size_t targets_count(const struct targets *targets, enum target_fate fate);

void targets_free(struct targets *targets);

#endif
