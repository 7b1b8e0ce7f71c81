/* SPDX-License-Identifier: MIT */
/*
 * A brand: a mark that every descendant inherits and that does not wash off.
 *
 * When guard and supervisor are killed at the same instant, the orphans of a
 * subreaper cage belong to nobody. The next jig recognises them by a brand that
 * outlives setsid, double forks, closed descriptors and a cleared environment:
 * the limit RLIMIT_RTTIME (setrlimit(2): microseconds that a real-time task may
 * run without blocking), set to a random number above 2^40 us (12 days), which
 * limits nobody. A nested jig's brand is lower, since limits can only fall.
 *
 * Not a defence against somebody who wants to lose it: `ulimit -R` can.
 */
#ifndef JIG_CAGE_BRAND_H
#define JIG_CAGE_BRAND_H

#include <stdint.h>

#include "base/list.h"
#include "proc/spawn.h"

/** A new brand below our own; 0 when RLIMIT_RTTIME leaves no room for one. */
uint64_t brand_new(void);

/** The limit that a spawn must set to bear it. */
struct spawn_limit brand_limit(uint64_t brand);

/**
 * Find the brand in the text of /proc/PID/limits. Pure.
 * @return  the soft limit, 0 when it is unlimited or not there.
 */
uint64_t brand_parse(const char *limits);

/** SIGKILL everybody of ours who bears it. @return 0 or -errno. */
int brand_kill(int procfd, uint64_t brand);

#endif
