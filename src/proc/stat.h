/* SPDX-License-Identifier: MIT */
/*
 * One process as /proc/PID/stat shows it, see proc_pid_stat(5).
 *
 * Invariant: the data are a snapshot. Unless the reader had pinned the process,
 * they may be those of another one with the same pid; see proc/handle.h.
 *
 * Identity: a pid together with its start time names one process for as long
 * as the machine is up, if it was seen in a later tick than it started in: a
 * number can be used twice within one tick.
 */
#ifndef JIG_PROC_STAT_H
#define JIG_PROC_STAT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
	pid_t pid;
	pid_t ppid;
	pid_t pgid;
	pid_t sid;
	pid_t tpgid; /* foreground group of its terminal; -1 without one */
	int tty; /* device number of its controlling terminal; 0: none */
	char state; /* R S D T t Z X I, see proc_pid_stat(5) */
	int threads;
	int nice;
	int policy; /* SCHED_…, see sched(7) */
	uint32_t flags; /* PF_… of the kernel's sched.h */
	uint64_t user_ticks, system_ticks; /* sysconf(_SC_CLK_TCK) a second */
	uint64_t start_ticks; /* since boot */
	uint64_t seen_ticks; /* the same clock before it was read; 0: parsed */
	uint64_t virtual_bytes;
	uint64_t resident_pages;
	char comm[64];
};

/**
 * Parse the text of a stat file. Pure.
 *
 * The command name stands in parentheses and may itself hold any byte but NUL,
 * so the *last* parenthesis ends it.
 *
 * @return  0, or -EINVAL; *ret is untouched then.
 */
int stat_parse(const char *text, struct proc_stat *ret);

/** Read one process. @return 0, -ESRCH when it has ended, or -errno. */
int stat_read(int procfd, pid_t pid, struct proc_stat *ret);

/** Whether this -errno, from a read of one process, means that it has ended or
 * is hidden from us. Any other one is ours (no descriptors, no memory). */
static inline bool stat_is_absent(int error)
{
	return error == -ESRCH || error == -EACCES || error == -EPERM;
}

/** Number of waits of one tick after which the start's tick has passed on any
 * clock. */
#define STAT_WAITS 5

/** Whether pid and start time can be no other process's, see above. */
static inline bool stat_is_unique(const struct proc_stat *stat)
{
	return stat->start_ticks < stat->seen_ticks;
}

/**
 * Whether @child, which named the number of @parent as its parent, meant this
 * one: it was there already when @parent was read, and a process never gets a
 * parent that is younger than itself.
 */
static inline bool stat_is_child(const struct proc_stat *child,
				 const struct proc_stat *parent)
{
	return child->ppid == parent->pid &&
	       child->start_ticks < parent->seen_ticks;
}

/**
 * Dead and waiting to be reaped. A zombie leader whose other threads run on is
 * not: the process lives.
 */
static inline bool stat_is_dead(const struct proc_stat *stat)
{
	return stat->state == 'X' || (stat->state == 'Z' && stat->threads <= 1);
}

/** A thread of the kernel: it has no memory and no arguments of its own. */
static inline bool stat_is_kernel(const struct proc_stat *stat)
{
	return stat->flags & 0x00200000; /* PF_KTHREAD */
}

/** It is a fork that has executed no program yet: it runs its parent's. */
static inline bool stat_is_fork(const struct proc_stat *stat)
{
	return stat->flags & 0x00000040; /* PF_FORKNOEXEC */
}

/** Stopped by a signal or by a tracer: it cannot fork. */
static inline bool stat_is_stopped(const struct proc_stat *stat)
{
	return stat->state == 'T' || stat->state == 't';
}

/**
 * When a process that is to handle a signal gets SIGCONT: after the signal if
 * it is suspended, so that the signal's handler runs first; a program that
 * reads the terminal in the background would suspend itself again. Otherwise
 * before the signal: SIGCONT discards pending stop signals, also those of a
 * tracer that attaches when the signal is handled (a leak sanitizer at exit
 * waits for its SIGSTOP for ever). Other threads than the leader may be
 * suspended.
 */
static inline bool stat_wakes_after(const struct proc_stat *stat)
{
	return stat_is_stopped(stat) || stat->state == 'Z';
}

#endif
