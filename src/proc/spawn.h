/* SPDX-License-Identifier: MIT */
/*
 * Starting a program: everything between fork and exec, declared.
 *
 * No callback runs in the child, because no callback is safe there: the child
 * shares the parent's memory until execve(2) (CLONE_VM). So it makes system
 * calls only, and none through libc, because errno is shared as well. It writes
 * an error into the parent's memory.
 *
 * There are two forms. spawn_program() blocks until execve (CLONE_VFORK). It is
 * for callers with nothing else to do, because a file system that does not
 * answer can block it for ever. Guard and supervisor begin, poll, and may
 * abandon:
 *
 *     r = spawn_begin(&spawn, &spawning, &stage, &fault);
 *     poll(spawning.fd, POLLIN)         in the caller's loop
 *     r = spawn_poll(&spawning, &child, &stage, &fault);
 *     spawn_abandon(&spawning)          instead, if it takes too long
 *
 * Invariant: the caller's signal mask, dispositions and descriptors are the
 * same before and after, also after an error.
 */
#ifndef JIG_PROC_SPAWN_H
#define JIG_PROC_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/sys.h"

/** Limit of fds in one spawn, because the child has no heap. */
#define SPAWN_FDS_MAX 256

/** In the child, descriptor `from` of the parent becomes `to`. */
struct spawn_fd {
	int from;
	int to;
};

/** The terminal's signals: nohup(1), the & of a shell without job control and
 * a script's trap ignore them for a command. */
#define SPAWN_CALLERS_SIGNALS                                                  \
	(SYS_SIGNAL(SIGHUP) | SYS_SIGNAL(SIGINT) | SYS_SIGNAL(SIGQUIT) |       \
	 SYS_SIGNAL(SIGTSTP) | SYS_TERMINAL_REFUSES)

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
	SPAWN_GROUP_CALLER, /* the parent's session and group */
	SPAWN_GROUP_SESSION, /* setsid(2) */
	SPAWN_GROUP_OWN, /* own group in the parent's session */
	SPAWN_GROUP_FOREGROUND, /* that, and the foreground of `terminal` */
	SPAWN_GROUP_TERMINAL, /* setsid(2), stdin its controlling terminal */
	/** For the supervisor, which leads the session; not for a spawn. */
	SPAWN_GROUP_JOB,
};

/** Whether the child gets its own session, in which no shell controls jobs. */
static inline bool spawn_group_leads(enum spawn_group group)
{
	return group == SPAWN_GROUP_SESSION || group == SPAWN_GROUP_TERMINAL ||
	       group == SPAWN_GROUP_JOB;
}

/** A zeroed field means "as in the parent". */
struct spawn {
	char *const *argv;
	char *const *envp; /* NULL: the parent's */
	const char *path; /* NULL: look argv[0] up in envp's PATH */
	const char *cwd;
	const struct spawn_fd *fds;
	size_t fd_count;
	bool close_others; /* every descriptor that fds does not name */
	/** A descriptor that the child closes before any call that may hang. So
	 * a child that hangs does not keep that socket open; 0: none. */
	int drop;
	enum spawn_group group;
	int terminal; /* for SPAWN_GROUP_FOREGROUND */
	const struct spawn_user *user;
	const struct spawn_limit *limits;
	size_t limit_count;
	/** Cgroup directory in which the child starts (clone3), or which it
	 * enters first if clone3 cannot do it; 0: the parent's. */
	int cgroup;
	bool set_umask;
	mode_t umask;
	int nice; /* added to the parent's */
	/** Signals that stay ignored if the parent ignores them: a mask as in
	 * sys_signal_mask(). All others get SIG_DFL. */
	uint64_t keep_ignored;
	/** The signals that the caller ignores; its others have SIG_DFL. NULL:
	 * not known, then the child looks at each. */
	const uint64_t *ignored;
	bool blocks_all; /* the caller blocks every signal */
	/** Where the child writes its pid first of all, or NULL. The memory
	 * outlives a caller that is killed directly after the clone. */
	int32_t *pid_slot;
	/** The child ends before execve(2) if this is not its parent, which was
	 * killed; 0: it does not ask. What has read 0 in `pid_slot` after the
	 * parent's death knows that the program will not run. */
	pid_t parent;
	/** Ten digits and a NUL in @envp, which the child overwrites with its
	 * pid, or NULL. The parent shares this memory, too. */
	char *pid_text;
};

/** The step that failed. */
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
	int pidfd; /* -1 if the kernel has none; the caller closes it */
};

/**
 * Start it; returns once execve(2) has succeeded or failed.
 *
 * In the program every signal has the disposition SIG_DFL, but for those of
 * `keep_ignored`, and no signal is blocked, whatever the caller's settings are.
 *
 * @fault  the reason, for a person; may be NULL.
 * @ret_stage  where it failed; may be NULL.
 * @return  0, or -errno of the stage that failed; a child that failed is
 *          reaped already.
 */
int spawn_program(const struct spawn *spawn, struct spawned *ret,
		  enum spawn_stage *ret_stage, struct fault *fault);

/** A spawn that was begun, until spawn_poll() has a result. */
struct spawning {
	pid_t pid; /* an unreaped child of the caller; 0: no spawn runs */
	int pidfd; /* of the child; -1 if the kernel has none */
	int fd; /* readable when spawn_poll() has a result; or -1 */
	void *start;
};

#define SPAWNING_NONE ((struct spawning){ .pidfd = -1, .fd = -1 })

/**
 * Begin to start it; does not block on a file system. The child runs in
 * parallel.
 *
 * @spawn  the caller must not change it, nor anything that it points to, until
 *         spawn_poll() has a result or the child was abandoned.
 * @return  0; or -errno: there is no child.
 */
int spawn_begin(const struct spawn *spawn, struct spawning *ret,
		enum spawn_stage *ret_stage, struct fault *fault);

/**
 * Get the result. Does not block.
 *
 * Except for 0 it fills *ret and empties *spawning. The caller closes the
 * pidfd and reaps the child, also a child that has failed: it is exiting, and
 * may hang in its exit. A child that was killed before execve counts as
 * started; its wait status shows the signal.
 *
 * @return  1: execve has succeeded; 0: not known yet; else -errno of the stage
 *          that failed, -EAGAIN of execve(2) or setresuid(2) among them.
 */
int spawn_poll(struct spawning *spawning, struct spawned *ret,
	       enum spawn_stage *ret_stage, struct fault *fault);

/** The same when the child is known to have ended, so there is a result. */
int spawn_ended(struct spawning *spawning, struct spawned *ret,
		enum spawn_stage *ret_stage, struct fault *fault);

/**
 * Kill the child. It runs no more code in user space, even if it still hangs in
 * the kernel. The caller notes its pid before the call, and reaps it later. The
 * pages of its stack are not freed. Accepts SPAWNING_NONE.
 */
void spawn_abandon(struct spawning *spawning);

#endif
