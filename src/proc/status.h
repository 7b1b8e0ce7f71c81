/* SPDX-License-Identifier: MIT */
/*
 * The fields of /proc/PID/status that we need, see proc_pid_status(5): user,
 * exact memory, signals.
 *
 * It costs the kernel more than stat, so read it only for processes that are
 * shown.
 */
#ifndef JIG_PROC_STATUS_H
#define JIG_PROC_STATUS_H

#include <stdint.h>
#include <sys/types.h>

struct proc_status {
	pid_t tgid; /* of a thread: the process's pid */
	uid_t real_uid, uid; /* the second is the effective one */
	uint64_t resident_kib, locked_kib; /* 0 of a zombie, a kernel thread */
	uint64_t ignored; /* SigIgn: bit n-1 is signal n */
	uint64_t caught; /* SigCgt */
};

/**
 * Parse the text of a status file. Pure.
 *
 * A missing line counts as 0: older kernels lack some lines, and a process
 * without memory has no memory lines.
 *
 * @return  0, or -EINVAL without the users; *ret is untouched then.
 */
int status_parse(const char *text, struct proc_status *ret);

/** Read one process's. @return 0, -ESRCH when it has ended, or -errno. */
int status_read(int procfd, pid_t pid, struct proc_status *ret);

/**
 * The signals that this process ignores, as in `ignored`: one file instead of
 * a system call for each signal.
 * @return  0, or -errno: it is not known.
 */
int status_ignored(int procfd, uint64_t *ret);

#endif
