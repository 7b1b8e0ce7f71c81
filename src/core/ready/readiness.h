/* SPDX-License-Identifier: MIT */
/*
 * Whether a fixture is ready: all of its probes, and of alternatives any one.
 *
 * Each probe is asked until it has answered "yes" once, or as often in a row as
 * was requested. The interval between two attempts is the probe's own, or the
 * requested one, or grows from 5 ms to 100 ms. A probe with a descriptor is
 * also asked when that is ready, and a probe that only receives messages is
 * asked only then.
 *
 * Pure except for the clock and the probes: this module decides, and the guard
 * acts. All times are those of the caller's clock: for the guard, the run
 * clock.
 */
#ifndef JIG_CORE_READY_READINESS_H
#define JIG_CORE_READY_READINESS_H

#include <poll.h>

#include "core/probe/probe.h"

#define READINESS_PROBES 16

/** The default start timeout, microseconds. */
#define READINESS_TIMEOUT_US 60000000

enum readiness_state {
	READINESS_WAITING,
	READINESS_READY,
	READINESS_FAILED, /* never will be: `error` and `problem` */
	READINESS_STOPPED, /* no more attempts */
};

struct readiness {
	struct probe probes[READINESS_PROBES];
	bool alternative[READINESS_PROBES]; /* to the one before it */
	bool ready[READINESS_PROBES];
	int64_t next_us[READINESS_PROBES]; /* the next look */
	int64_t gap_us[READINESS_PROBES];
	size_t count;

	int64_t timeout_us; /* 0: READINESS_TIMEOUT_US; -1: none */
	int64_t interval_us; /* between two attempts; 0: adapts */
	int64_t delay_us; /* before the first attempt */
	int64_t look_timeout_us; /* of one attempt; 0: the kind's own */
	unsigned successes; /* in a row, of those that can be asked again */
	unsigned said_yes[READINESS_PROBES];

	enum readiness_state state;
	int64_t deadline_us; /* -1: none */
	int error;
	struct fault problem;
	struct fault occupied; /* a foreign process has the place; else "" */
};

/**
 * Add a probe; "|PROBE" is an alternative to the one before it.
 * @text  must outlive it.
 * @return  0 or -EINVAL with the reason.
 */
int readiness_add(struct readiness *readiness, const char *text,
		  struct fault *fault);

/** Before the command starts. @return 0 or -errno with the reason. */
int readiness_open(struct readiness *readiness, struct probe_setup *setup,
		   struct fault *fault);

/** The supervisor has the command's ends of what open() made: close ours. */
void readiness_let_go(struct readiness *readiness);

/** The command has started at @now_us. */
void readiness_started(struct readiness *readiness, int64_t now_us);

/** The command has not executed yet: if the time since readiness_started() is
 * over, `state` becomes READINESS_FAILED. */
void readiness_await_start(struct readiness *readiness, int64_t now_us);

/** Ask all of them once more, from @now_us on: each has again(). */
void readiness_restart(struct readiness *readiness, int64_t now_us);

/** Whether it may still become ready without another attempt of any probe. */
bool readiness_is_pending(const struct readiness *readiness);

/**
 * What poll(2) is to watch, and until when at most.
 * @return  how many of READINESS_PROBES.
 */
size_t readiness_watch(const struct readiness *readiness, struct pollfd *ret,
		       int64_t *ret_until_us);

/** Ask each probe that is due at @now_us, or has a descriptor that is ready. */
void readiness_look(struct readiness *readiness, const struct probe_view *view,
		    const struct pollfd *polled, size_t count, int64_t now_us);

/** After it is ready or has failed, or during a stop: let no sender of messages
 * wait. */
void readiness_drop(struct readiness *readiness, const struct pollfd *polled,
		    size_t count);

/** The same, but act on the messages: for a manager that they are passed to. */
void readiness_listen(struct readiness *readiness,
		      const struct probe_view *view,
		      const struct pollfd *polled, size_t count);

/** The command has ended: read all messages that it had sent before. */
void readiness_look_last(struct readiness *readiness,
			 const struct probe_view *view);

/** It is being stopped: if it is not ready by now, that is not a failure. */
void readiness_stop(struct readiness *readiness);

/** A line of output. */
void readiness_line(struct readiness *readiness, const char *line,
		    size_t length);

/**
 * The command has ended first: whether a foreign process holds the place of one
 * of the probes. readiness_ended() then gives that as the reason.
 */
void readiness_look_back(struct readiness *readiness,
			 const struct probe_view *view);

/** The command has ended first. @status  of wait(2). */
void readiness_ended(struct readiness *readiness, int status, int64_t after_us);

/** A child of ours was reaped that may be a probe's. */
void readiness_reaped(struct readiness *readiness, pid_t pid, int status);

/** "tcp:8080: no process listens there": the first probe that is not ready. */
void readiness_waiting_for(const struct readiness *readiness, char *buffer,
			   size_t size);

/** Whether this child of the guard is the run of a probe. */
bool readiness_owns(const struct readiness *readiness, pid_t pid);

/** Request the end of what the probes have started, without a wait. */
void readiness_end(struct readiness *readiness);

void readiness_close(struct readiness *readiness);

#endif
