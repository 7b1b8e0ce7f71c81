/* SPDX-License-Identifier: MIT */
/*
 * Starting a program: everything between fork and exec, declared.
 *
 * There is no callback to run in the child, because none is safe: the child
 * shares our memory until execve(2) (CLONE_VM | CLONE_VFORK), so it makes
 * system calls only, and what went wrong is written into our memory.
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

#endif
