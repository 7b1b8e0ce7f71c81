/* SPDX-License-Identifier: MIT */
/*
 * A brand: a mark that every descendant inherits and that is rarely removed.
 *
 * When guard and supervisor are killed at the same instant, init adopts the
 * orphans of a subreaper cage. The next jig recognises them by a brand that
 * outlives setsid, double forks, closed descriptors and a cleared environment:
 * the limit RLIMIT_RTTIME (setrlimit(2): microseconds that a real-time task may
 * run without blocking), set to a random number above 2^40 us (12 days), which
 * limits nothing. A nested jig's brand is lower, since limits can only fall.
 *
 * Not a defence against a process that wants to remove it: `ulimit -R` can.
 */
#ifndef JIG_CAGE_BRAND_H
#define JIG_CAGE_BRAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "proc/spawn.h"

/** A new brand below our own; 0 when RLIMIT_RTTIME leaves no room for one. */
uint64_t brand_new(void);

/** The limit that a spawn must set. */
struct spawn_limit brand_limit(uint64_t brand);

/**
 * Find the brand in the text of /proc/PID/limits. Pure.
 * @return  the hard limit, 0 when it is unlimited or not there.
 */
uint64_t brand_parse(const char *limits);

/** Whether brand_new() can have made it. */
bool brand_is_valid(uint64_t brand);

/**
 * The brand of a process, its hard limit: 0 when that is unlimited.
 * @return  0; -ESRCH when it has ended, or another -errno: it is not known, and
 *          *ret is untouched.
 */
int brand_of(int procfd, pid_t pid, uint64_t *ret);

/** All processes that are seen to have @brand: a list of struct proc_stat. */
int brand_list(int procfd, uint64_t brand, struct list *ret);

/**
 * Whether a living process has it. @return 1, 0 or -errno.
 *
 * @first    its first bearer's number; that process has ended.
 * @age_us   since before the first bearer was born: if numbers cannot have come
 *           round in that time, and few were given out since, only those are
 *           asked. Else all processes are.
 */
int brand_is_borne(int procfd, uint64_t brand, pid_t first, int64_t age_us);

/**
 * Remove from @brands each one for which no process may be killed: invalid
 * ones, and those of init, ourselves, our session's leader and our ancestors.
 * If the brand of one of these processes cannot be read, remove all.
 *
 * @brands  a list of uint64_t.
 */
void brand_refuse(int procfd, struct list *brands);

/**
 * SIGKILL each process that has one of @brands and that we may signal, in one
 * sweep for all brands.
 *
 * @brands  a list of uint64_t, which brand_refuse() has seen.
 * @return  0 or -errno.
 */
int brand_kill(int procfd, struct list *brands);

#endif
