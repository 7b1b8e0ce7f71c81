/* SPDX-License-Identifier: MIT */
/*
 * A probe: one way to tell that a fixture is ready.
 *
 * Probes run in the guard, on its one poll loop, so none of them may block:
 * look() is one attempt, and returns "yes", "not yet" or "never". Each kind is
 * one constant struct probe_ops in a file of its own, core/probe/kind/KIND.c.
 * core/ready/readiness.h calls them, decides how often, and defines "all of"
 * and "any of".
 *
 * Invariant: for kinds that ask a socket (tcp, unix, http), the answer is "yes"
 * only when a process of this fixture's cage holds the listening socket, or
 * when owner=any was requested.
 */
#ifndef JIG_CORE_PROBE_PROBE_H
#define JIG_CORE_PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"
#include "cage/cage.h"

/** Room for why it is not ready yet, as "connection refused". */
#define PROBE_REASON 256

struct manager;
struct probe_ops;

struct probe {
	const struct probe_ops *ops;
	const char *text; /* as the user gave it: "tcp:8080" */
	void *state; /* the kind's own, from parse() to close() */
	int64_t timeout_us; /* of one look that waits; 0: the kind's own */
	char reason[PROBE_REASON]; /* of the last look that said "not yet" */
};

/** What a probe may need of the command's start; it appends. */
struct probe_setup {
	struct list
		*env; /* of char *: "NAME=value", ours; freed by the caller */
	struct list *fds; /* of struct spawn_fd; `from` stays the probe's */
};

/** What a probe may look at. */
struct probe_view {
	struct cage *cage; /* procfd, members() */
	pid_t main;
	bool main_ended; /* a daemon serves: cage->reaper is asked instead */
	bool is_last; /* no look follows: all messages that have come */
	uid_t user; /* with which main was started */
	int64_t started_us, now_us; /* on the run clock */
	struct manager *manager; /* gets what main notifies; or NULL */
};

struct probe_ops {
	const char *kind; /* what stands before the colon */
	const char *form; /* "tcp:[HOST:]PORT", for errors and help */
	/** Its descriptor tells all: there is no look without it, and a last
	 * one when main has ended. */
	bool by_message;

	/**
	 * Parse the text behind the colon ("" without one), and keep it.
	 * @return  0, or -EINVAL with the reason.
	 */
	int (*parse)(struct probe *probe, const char *rest,
		     struct fault *fault);

	/** Before the command starts; may be NULL. @return 0 or -errno. */
	int (*open)(struct probe *probe, struct probe_setup *setup,
		    struct fault *fault);

	/** The supervisor has the command's ends: close ours; may be NULL. */
	void (*let_go)(struct probe *probe);

	/**
	 * Look once; never blocks.
	 * NULL for a kind that only reads lines.
	 * @return  1 ready; 0 not yet, `reason` says why; -errno never, with
	 *          the reason in @fault (-EADDRINUSE: a foreign listener).
	 */
	int (*look)(struct probe *probe, const struct probe_view *view,
		    struct fault *fault);

	/**
	 * Read and forget some messages, after it is ready or during a stop: a
	 * sender waits until its message has been read. The descriptor is
	 * polled as long as the fixture lives. NULL: there is no such wait.
	 */
	void (*drop)(struct probe *probe);

	/**
	 * A line of output, without its newline and colours; the last one may
	 * be a line's beginning, and come again when it is longer. May be NULL.
	 * @return  as look().
	 */
	int (*line)(struct probe *probe, const char *line, size_t length);

	/**
	 * A descriptor that is worth a look when poll(2) finds it so; may be
	 * NULL, and may give -1 for "none now: look again after a while".
	 */
	int (*descriptor)(const struct probe *probe, short *ret_events);

	/**
	 * The default interval between two attempts, microseconds; NULL: that
	 * of core/ready/readiness.h.
	 */
	int64_t (*interval_us)(const struct probe *probe);

	/** Whether the last look's "not yet" only means that an answer is
	 * awaited; NULL: it never does. */
	bool (*is_pending)(const struct probe *probe);

	/** Forget the answer: the next attempt asks again. NULL for a kind that
	 * reports once. */
	void (*again)(struct probe *probe);

	/** Until when it has asked to be waited for, on the run clock; may be
	 * NULL. */
	int64_t (*extended_us)(const struct probe *probe);

	/**
	 * The command has ended before this was ready: does a foreign process
	 * hold its place? May be NULL.
	 * @return  0 none is known; -EADDRINUSE, and @fault names it; 1 the
	 *          same with owner=any, where it may be meant.
	 */
	int (*occupied)(const struct probe *probe,
			const struct probe_view *view, struct fault *fault);

	/** A child of the guard was reaped: perhaps its own; may be NULL. */
	void (*reaped)(struct probe *probe, pid_t pid, int status);

	/** Whether this child of the guard is its own; may be NULL. */
	bool (*owns)(const struct probe *probe, pid_t pid);

	/** What its groups matched, "NAME=text" or "1=text"; may be NULL. */
	const struct list *(*matches)(const struct probe *probe);

	/** Request the end of what it has started, without a wait. Accepts a
	 * probe whose parse() failed. May be NULL. */
	void (*end)(struct probe *probe);

	/** Free everything. Accepts a probe whose parse() failed. */
	void (*close)(struct probe *probe);
};

void probe_close(struct probe *probe);

/** The time limit of one attempt; @usual_us is the default of its kind. */
int64_t probe_limit_us(const struct probe *probe, int64_t usual_us);

/** A time for a person: "1 s", "250 ms", "20 us". @return  @buffer. */
const char *probe_time_text(int64_t us, char buffer[32]);

/** That limit for a person. */
const char *probe_limit_text(const struct probe *probe, int64_t usual_us,
			     char buffer[32]);

#endif
