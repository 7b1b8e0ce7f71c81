/* SPDX-License-Identifier: MIT */
/*
 * A cage: what holds a fixture's processes together, so that all of them can
 * be named, signalled and ended, and so that "empty" can be proved.
 *
 * The guard opens the cage and forks the supervisor, so both hold it and
 * either can end it when the other has died. Each kind is one `struct cage_ops`
 * in a file of its own. cage.c has the table of the kinds and cage_confirm(),
 * which the kinds call in their sweeps: so both need each other.
 *
 * Invariant: a cage never signals a process that is not inside of it. Numbers
 * are signalled only where they cannot be another's: unreaped children of ours
 * (procfs_children()), or through a handle (proc/handle.h).
 *
 * Not here: when to signal (core/supervisor/stopping.c), and the report
 * (core/shared/report.h).
 */
#ifndef JIG_CAGE_CAGE_H
#define JIG_CAGE_CAGE_H

#include <jig.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/text/words.h"
#include "proc/descent.h"
#include "proc/spawn.h"

enum cage_strength {
	CAGE_MAY_ESCAPE, /* a process can leave it on purpose */
	CAGE_CONTAINED, /* all descendants, while guard or supervisor lives */
	CAGE_KERNEL, /* the kernel ends all of it when its init dies */
};

/** Limits on the whole cage, from cgroup controllers; 0: none. */
struct cage_limits {
	uint64_t memory_bytes; /* memory.max */
	uint64_t pids; /* pids.max */
	uint32_t cpu_permille; /* cpu.max: 1000 is one whole processor */
};

struct kin;

struct cage {
	const struct cage_ops *ops;
	int procfd; /* /proc as we number processes; -1: none */
	uint64_t namespace; /* the guard's pid namespace: its inode, or 0 */
	int outer_procfd; /* as our parent does, where that differs; or -1 */
	pid_t reaper; /* whose descendants are the members */
	pid_t main; /* the main process, once there is one */
	pid_t session; /* the guard's: other processes are in it, too */
	bool automatic; /* this kind was not requested */
	const struct kin *kin; /* which children are members; NULL: all */
	char why[FAULT_SIZE]; /* why this kind: for -v and the report */

	char name[64]; /* of its directory or registry file */
	int parent; /* directory that holds it, or -1 */
	int dir; /* cgroup directory (locked), or -1 */
	int registry; /* directory of `lock`, or -1 */
	int lock; /* registry file (locked), or -1 */
	bool unregistered; /* the registry's file system may not answer */
	bool scoped; /* systemd made the parent for us */
	uint64_t brand; /* see cage/brand.h; 0: none */
	int64_t opened_us; /* before main, on clock_us(); 0: long ago */
	bool strayed; /* a member was seen that is no descendant any more */
	bool unchecked; /* whether there is one could not be read */
	struct cage_limits limits;
	bool user_namespace; /* the pid namespace needs one… */
	uid_t uid; /* … that maps these */
	gid_t gid;
};

#define CAGE_ALL INT32_MAX

/** Why it is not proved empty, to be added to the cage's `why`; "" if the cage
 * has seen no reason for doubt. */
static inline const char *cage_doubt(const struct cage *cage)
{
	if (cage->strayed)
		return "; not proved empty: a process had entered a pid "
		       "namespace that was there before";
	return cage->unchecked ? "; not proved empty: /proc could not be read"
			       : "";
}

struct cage_ops {
	enum jig_cage kind;
	enum cage_strength strength;
	bool subreaper; /* orphans come to the supervisor */
	bool own_pids; /* the supervisor is init of a pid namespace */

	/** Take what it needs. @return 0, or -errno with the reason. */
	int (*open)(struct cage *cage, struct fault *fault);

	/** Flags of the clone(2) that makes the supervisor. */
	unsigned long (*clone_flags)(void);

	/** In the supervisor, before its first spawn. */
	int (*enter)(struct cage *cage, struct fault *fault);

	/**
	 * All processes in it but the supervisor: a list of struct proc_stat.
	 * @return  0, or -errno: *ret holds what was found, and is incomplete.
	 */
	int (*members)(struct cage *cage, struct list *ret);

	/**
	 * Whether a process, read while it was pinned, is in it for another
	 * reason than descent; NULL: there is none. @return 1, 0 or -errno.
	 */
	int (*holds)(const struct cage *cage, const struct proc_stat *now);

	/**
	 * SIGKILL to all that is in it, once. A process that is created
	 * meanwhile is left to the next call.
	 * @round  counts the calls, from 0: later ones may try harder.
	 * @return  how many got it, CAGE_ALL when the kernel does not say, or
	 *          -errno.
	 */
	int (*kill)(struct cage *cage, unsigned round);

	/** 1: its own proof of emptiness holds; 0: not yet. */
	int (*is_empty)(struct cage *cage);

	/** Give back what open() took; the cage is empty, or abandoned. */
	void (*remove)(struct cage *cage);
};

extern const struct cage_ops cage_cgroup, cage_pidns, cage_subreaper,
	cage_pgroup;

#define CAGE_NONE                                                              \
	((struct cage){ .procfd = -1,                                          \
			.outer_procfd = -1,                                    \
			.parent = -1,                                          \
			.dir = -1,                                             \
			.registry = -1,                                        \
			.lock = -1 })

/** "cgroup", "pidns", "subreaper", "pgroup", "auto". */
extern const struct words cage_words;

/** The word of a kind; "auto" of what is none. */
const char *cage_kind_name(enum jig_cage kind);
const char *cage_strength_name(enum cage_strength strength);

/** Whether anything is limited. */
bool cage_is_limited(const struct cage_limits *limits);

/** The back end of a kind; NULL for JIG_CAGE_AUTO. */
const struct cage_ops *cage_ops_of(enum jig_cage kind);

/**
 * Open a cage of @kind; JIG_CAGE_AUTO takes a cgroup where one can be had
 * without changing what the command sees, else the subreaper.
 *
 * @return  0, or -errno with the reason in @fault: -ENOTSUP this machine or
 *          user cannot have that kind, or not with these limits.
 */
int cage_open(enum jig_cage kind, const struct cage_limits *limits,
	      struct cage *ret, struct fault *fault);

/**
 * Whether a process, read while it was pinned, is in it. A sweep calls this
 * before it signals (cage/sweep.h).
 *
 * @descent  of this cage alone.
 */
int cage_confirm(const struct cage *cage, struct descent *descent,
		 const struct proc_stat *now);

/** Make the spawn start inside of it; @storage must outlive the spawn. */
struct cage_spawn {
	struct spawn_limit limits[32];
};
int cage_prepare(const struct cage *cage, struct spawn *spawn,
		 struct cage_spawn *storage);

/** Whether cage_clear_abandoned() may have anything to do: cheap. */
bool cage_has_abandoned(const struct cage *cage);

/**
 * End and remove what an earlier jig of this user had to abandon, because its
 * guard and supervisor were killed together; see cage/registry.h. It may take
 * long, so it belongs into a process of its own.
 */
void cage_clear_abandoned(const struct cage *cage);

/** Add the descriptors that guard and supervisor need of it. */
void cage_descriptors(const struct cage *cage, struct fd_except *ret);

/** Close descriptors; removes nothing. Accepts CAGE_NONE. */
void cage_close(struct cage *cage);

#endif
