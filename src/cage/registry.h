/* SPDX-License-Identifier: MIT */
/*
 * Names of cages, so that one whose guard and supervisor were both killed can
 * be found and cleared by the next jig of the same user.
 *
 * A cage's name is `jig-GUARDPID-BRAND-NAMESPACE`: of its cgroup directory; or,
 * for cages without one in the kernel, of a directory in the user's runtime
 * directory. NAMESPACE is the inode of the pid namespace: containers may share
 * that directory, and in another pid namespace the bearers of the brand are not
 * seen. It is missing where it is not known (no /proc). Guard and supervisor
 * hold a flock(2) on it. The kernel drops the lock when both are dead: then the
 * cage is abandoned. The pid in the name is only a filter that saves most
 * look-ups.
 */
#ifndef JIG_CAGE_REGISTRY_H
#define JIG_CAGE_REGISTRY_H

#include "cage/cage.h"

/**
 * Parse a cage's name. Pure.
 * @return  0, or -EINVAL when the name is not one of ours.
 */
int registry_parse(const char *name, pid_t *ret_guard, uint64_t *ret_brand);

/** Name a cage of the calling process, its guard. @number  its brand, or one
 * that is none. */
void registry_name(struct cage *cage, uint64_t number);

/* An abandoned cage's entry. */
struct registry_entry {
	char name[64]; /* a dot, "jig-", a pid, 16 digits, a pid namespace */
	uint64_t brand; /* 0: no process has it */
	int fd; /* locked by us */
	bool elsewhere; /* of another pid namespace: bearers are not seen */
};

/* Limit of entries that are locked at a time. */
#define REGISTRY_BATCH 64

/* Abandoned entries of the directory @parent. */
struct registry_batch {
	int parent;
	size_t count;
	struct registry_entry entries[REGISTRY_BATCH];
};

typedef void (*registry_clear)(struct registry_batch *batch, void *context);

/** Whether there is something to do for an entry of another pid namespace. */
typedef bool (*registry_foreign)(int entry);

/**
 * Call @clear for the abandoned entries of directory @parent, some of them each
 * time, until all were seen. They are locked by us meanwhile, from before their
 * brands are known until @clear has ended the bearers and removed them: the
 * maker of a new entry, which is not locked yet, could be about to start a
 * process with that brand. It does not get the lock, and takes another brand.
 *
 * Only entries that are ours alone are taken: directories of our user which no
 * other user may write to. Of those of another pid namespace only those are for
 * which @foreign is true (NULL: none), and all if our namespace is the first
 * one, where all processes are seen.
 *
 * @own  the name of the caller's directory in it; NULL: there is none.
 * @return  0 or -errno: not all were seen.
 */
int registry_each_abandoned(int procfd, int parent, const char *own,
			    registry_foreign foreign, registry_clear clear,
			    void *context);

/**
 * Whether @parent holds an abandoned entry, or so many entries that only a
 * process of its own can check them. The check is bounded: it reads the names,
 * looks which guards live, and tries some locks. If only the caller's @own is
 * there, it reads just the link count.
 */
bool registry_has_abandoned(int procfd, int parent, const char *own,
			    registry_foreign foreign);

/**
 * SIGKILL the processes that have the brands of @batch, in one pass over /proc;
 * each entry's brand is 0 when that is done. A brand that brand_refuse() takes
 * out stays.
 * @return  0 or -errno.
 */
int registry_end_bearers(int procfd, struct registry_batch *batch);

/**
 * Open the directory of all entries. Guard and supervisor use it, and must not
 * wait: so there is none on a file system that may not answer (NFS, FUSE).
 * @return  a descriptor; -EREMOTE it is on such a file system; or -errno.
 */
int registry_open(void);

/** The name of the cage's entry; NULL: it has none. */
const char *registry_own(const struct cage *cage);

/** Make and lock the cage's entry. @return 0 or -errno (no directory for it).
 */
int registry_enter(struct cage *cage);

/** Remove it. */
void registry_leave(struct cage *cage);

/**
 * Clear every abandoned cage that has an entry, through its brand. A brand that
 * jig cannot have written is refused: the entry is removed, and nothing is
 * signalled.
 */
void registry_clear_abandoned(const struct cage *cage);

#endif
