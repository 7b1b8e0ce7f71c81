/* SPDX-License-Identifier: MIT */
/*
 * Starting a program: everything between fork and exec, declared.
 *
 * There is no callback to run in the child, because none is safe: the child
 * shares our memory until execve(2) (CLONE_VM), so it makes system calls only,
 * not even through libc (errno is ours too), and what went wrong is written
 * into our memory.
 *
 * Two forms. spawn_program() waits for execve (CLONE_VFORK): for who has
 * nothing else to do, since a file system that does not answer can hold it up
 * for ever. Guard and supervisor begin, poll, and may abandon:
 *
 *     r = spawn_begin(&spawn, &spawning, &stage, &fault);
 *     poll(spawning.fd, POLLIN)         beside all that you watch
 *     r = spawn_poll(&spawning, &child, &stage, &fault);
 *     spawn_abandon(&spawning)          instead, when it takes too long
 *
 * Invariant: the caller's signal mask, dispositions and descriptors are the
 * same before and after, whatever happened between.
 */
#ifndef JIG_PROC_SPAWN_H
#define JIG_PROC_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"

/** At most so many in one spawn: the child has no heap. */
#define SPAWN_FDS_MAX 256

/** In the child, descriptor `from` of the parent becomes `to`. */
struct spawn_fd {
	int from;
	int to;
};

struct spawn_limit {
	int resource; /* RLIMIT_… */
	uint64_t soft, hard;
};

struct spawn_user {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
};

enum spawn_group {
	SPAWN_GROUP_KEEP, /* the parent's session and group */
	SPAWN_GROUP_SESSION, /* setsid(2) */
	SPAWN_GROUP_OWN, /* own group in the parent's session */
	SPAWN_GROUP_FOREGROUND, /* that, and the foreground of `terminal` */
	SPAWN_GROUP_TERMINAL, /* setsid(2), stdin its controlling terminal */
	/** For the supervisor, which leads the session; not for a spawn. */
	SPAWN_GROUP_JOB,
};

/** Whether it is a session of its own, where no shell controls jobs. */
static inline bool spawn_group_leads(enum spawn_group group)
{
	return group == SPAWN_GROUP_SESSION || group == SPAWN_GROUP_TERMINAL ||
	       group == SPAWN_GROUP_JOB;
}

/** Zeroed fields mean "as the parent has it". */
struct spawn {
	char *const *argv;
	char *const *envp; /* NULL: ours */
	const char *path; /* NULL: look argv[0] up in envp's PATH */
	const char *cwd;
	const struct spawn_fd *fds;
	size_t fd_count;
	bool close_others; /* every descriptor that fds does not name */
	/** Closed before all that may hang, so that a child which does is not
	 * taken for us by who waits at the other end; 0: none. */
	int drop;
	enum spawn_group group;
	int terminal; /* for SPAWN_GROUP_FOREGROUND */
	const struct spawn_user *user;
	const struct spawn_limit *limits;
	size_t limit_count;
	/** Cgroup directory to be born in (clone3), or, where that cannot be
	 * had, to enter before anything else; 0: ours. */
	int cgroup;
	bool set_umask;
	mode_t umask;
	int nice; /* added to ours */
	/** Where the child writes its pid before all else, or NULL: memory that
	 * outlives a caller which is killed just behind the clone. */
	int32_t *pid_slot;
	/** Where in @envp the child's pid is to stand: ten digits and a NUL
	 * that the child overwrites, or NULL. It is in our memory, too. */
	char *pid_text;
};

/** Where in the child it failed. */
enum spawn_stage {
	SPAWN_CLONE,
	SPAWN_CGROUP,
	SPAWN_SESSION,
	SPAWN_FOREGROUND,
	SPAWN_TERMINAL,
	SPAWN_FDS,
	SPAWN_CWD,
	SPAWN_LIMITS,
	SPAWN_NICE,
	SPAWN_USER,
	SPAWN_EXEC,
};

struct spawned {
	pid_t pid;
	int pidfd; /* -1 where the kernel gives none; the caller closes it */
};

/**
 * Start it; returns once execve(2) has succeeded or failed.
 *
 * Every signal's disposition is SIG_DFL in the program and no signal is
 * blocked, whatever ours are.
 *
 * @fault  the reason, for a person; may be NULL.
 * @ret_stage  where it failed; may be NULL.
 * @return  0, or -errno of the stage that failed; a child that failed is
 *          reaped already.
 */
int spawn_program(const struct spawn *spawn, struct spawned *ret,
		  enum spawn_stage *ret_stage, struct fault *fault);

/** One that was begun, until spawn_poll() has an answer. */
struct spawning {
	pid_t pid; /* an unreaped child of ours; 0: none is under way */
	int pidfd; /* of it, or -1 where the kernel gives none */
	int fd; /* readable as soon as spawn_poll() has an answer; or -1 */
	void *start;
};

#define SPAWNING_NONE ((struct spawning){ .pidfd = -1, .fd = -1 })

/**
 * Begin to start it; never waits for a file system. The child runs beside us.
 *
 * @spawn  it, and all that it points to, stays as it is until spawn_poll() has
 *         answered, or the child has been abandoned.
 * @return  0; or -errno, when there is no child.
 */
int spawn_begin(const struct spawn *spawn, struct spawning *ret,
		enum spawn_stage *ret_stage, struct fault *fault);

/**
 * How it went. Does not wait.
 *
 * Except for -EAGAIN it fills *ret and leaves *spawning empty: the caller
 * closes the pidfd and reaps the child as any other. Also the one that has
 * failed: it is on its way out, and may be held up there as well. A child that
 * was killed before execve counts as started; its wait status says the rest.
 *
 * @return  0: execve has succeeded; -EAGAIN: not known yet; else -errno of the
 *          stage that failed.
 */
int spawn_poll(struct spawning *spawning, struct spawned *ret,
	       enum spawn_stage *ret_stage, struct fault *fault);

/**
 * Kill the child; it runs no instruction of ours any more, even where it hangs
 * in the kernel for a while. The caller reaps its pid as any other's (note it
 * before). The pages that it has as its stack are not given back. Accepts
 * SPAWNING_NONE.
 */
void spawn_abandon(struct spawning *spawning);

#endif
