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
};

/**
 * Add a signal.
 *
 * Within PLAN_REPEATED_US the same signal counts once; and SIGHUP beside
 * another one: a shell that hangs up sends SIGTERM as well to a job that is
 * suspended, and systemd does with SendSIGHUP=.
 *
 * @return  whether it is a request of its own.
 */
bool asked_add(struct asked *asked, int signo);

#endif
