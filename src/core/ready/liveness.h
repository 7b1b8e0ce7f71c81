/* SPDX-License-Identifier: MIT */
/*
 * Whether a fixture that was ready still serves: its probes are asked in
 * rounds. When too many rounds in a row have failed, it is unhealthy.
 *
 * A round is a readiness (core/ready/readiness.h) of its own: every probe is
 * asked once, and all must say yes within the time of one attempt. Between two
 * rounds the guard does not wake up.
 *
 * Pure except for the clock and the probes: this module decides, and the guard
 * acts. All times are those of the caller's clock: for the guard, the run
 * clock. It exists only where it was requested.
 */
#ifndef JIG_CORE_READY_LIVENESS_H
#define JIG_CORE_READY_LIVENESS_H

#include "core/ready/readiness.h"

#define LIVENESS_INTERVAL_US 10000000
#define LIVENESS_TIMEOUT_US 1000000
#define LIVENESS_FAILURES 3

enum liveness_state {
	LIVENESS_IDLE, /* not ready yet */
	LIVENESS_WAITING, /* for the next round */
	LIVENESS_ASKING,
	LIVENESS_FAILED, /* unhealthy: `problem` */
	LIVENESS_STOPPED, /* no more attempts */
};

struct liveness {
	/* What was requested; 0: the defaults above. */
	int64_t interval_us; /* from a round to the next */
	int64_t timeout_us; /* of one look */
	int64_t delay_us; /* from ready to the first round */
	unsigned failures; /* in a row */

	enum liveness_state state;
	unsigned failed; /* rounds in a row */
	int64_t next_us;
	struct fault problem;
	struct readiness round;
};

/**
 * Add a probe that can be asked again.
 * @text  must outlive it.
 * @return  0 or -EINVAL with the reason.
 */
int liveness_add(struct liveness *liveness, const char *text,
		 struct fault *fault);

/** It is ready: from here on it is asked. */
void liveness_start(struct liveness *liveness, int64_t now_us);

/** The user has suspended the fixture: a round that runs does not count, and
 * one begins as soon as the fixture goes on. */
void liveness_suspend(struct liveness *liveness);

/** What poll(2) is to watch, as readiness_watch(). */
size_t liveness_watch(const struct liveness *liveness, struct pollfd *ret,
		      int64_t *ret_until_us);

/** Ask, or hear the answers. */
void liveness_look(struct liveness *liveness, const struct probe_view *view,
		   const struct pollfd *polled, size_t count, int64_t now_us);

/** The fixture ends: no probe is asked any more. */
void liveness_stop(struct liveness *liveness);

/** A child of ours was reaped that may be a probe's. */
void liveness_reaped(struct liveness *liveness, pid_t pid, int status);

/** End what its probes have started. May be called twice. */
void liveness_close(struct liveness *liveness);

#endif
