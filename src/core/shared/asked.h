/* SPDX-License-Identifier: MIT */
/*
 * The signals that have requested a stop of us, and which of them are one.
 *
 * Zeroed, none has. Not here: what a request does (core/guard, cli/run/with).
 */
#ifndef JIG_CORE_SHARED_ASKED_H
#define JIG_CORE_SHARED_ASKED_H

#include <stdbool.h>
#include <stdint.h>

struct asked {
	uint64_t signals; /* as sys_signal_mask() has them */
	int last; /* the last that counted; 0: none */
	int64_t last_us; /* when, on clock_us() */
	int64_t main_end_us; /* main has ended, which begins a stop; 0: not */
};

/**
 * Add a signal.
 *
 * Within PLAN_REPEATED_US the same signal counts once; and SIGHUP beside
 * another one: a shell that hangs up sends SIGTERM as well to a job that is
 * suspended, and systemd does with SendSIGHUP=. Within the same time after
 * main's end none counts: the one that has ended main (Ctrl-C, or kill(2) to
 * the process group) may reach us later than main, and its end, do.
 *
 * @return  whether it is a request of its own.
 */
bool asked_add(struct asked *asked, int signo);

#endif
