/* SPDX-License-Identifier: MIT */
/*
 * An instance of a service (web.1): one fixture after another, each of which it
 * starts, watches and stops.
 *
 *                    schedule_starts()
 *   WAITING ──────────────────────────────► STARTING ──┐
 *    │  ▲              instance_start()        │       │ note_problem()
 *    │  │                         look_ready() │       │ give_up()
 *    │  │                                      ▼       │ start_is_late()
 *    │  │                                    READY ────┤ instance_stop()
 *    │  │                                              ▼
 *    │  │      has_news(): it has ended ◄────────── STOPPING
 *    │  │              │     stopper_done()            ▲
 *    │  │              ▼                               │ instance_stop()
 *    │  │  on_end(): schedule_ended() decides          │
 *    │  │    ├─ a stop was requested ───────► STOPPED  │
 *    │  ├────┼─ `jig restart`, scaled up again         │
 *    │  │    ├─ daemon's command, status 0 ─► LAUNCHED ┤
 *    │  │    │                     launched_in_vain() ┘
 *    │  │    ├─ timetable_back_off() ───────► BACKOFF
 *    │  │    ├─ timetable_wait() ───────────► SCHEDULED
 *    │  │    └─ ended_for_good() ───────────► ENDED
 *    │  │
 *    │  ├── start_again(), from BACKOFF; timetable_is_due() from
 *    │  │   SCHEDULED
 *    │  └── instance_restart(), revive(): from each state without a fixture
 *    │
 *    ├── skip(): a dependency will never be met ─► SKIPPED; it may be met
 *    │   again: schedule_unskip() makes it WAITING
 *    └── instance_stop(), also from BACKOFF and SCHEDULED ─► STOPPED
 *
 * STARTING and READY also end directly: has_news(), and look_executed() after
 * a failed execve(2).
 * append() makes new instances in WAITING, SCHEDULED or DISABLED; `jig stop`
 * makes each instance that is not alive STOPPED (stop_one()).
 *
 * Invariants:
 *   1. In STARTING and READY there is a fixture. In STOPPING there is a
 *      fixture, a stopper (shutdown.command), a prober, or several of them.
 *      In LAUNCHED there may be a prober, until the daemon is ready. In all
 *      other states there is none of them.
 *   2. STOPPING always ends: the fixture's guard limits each step of the stop
 *      policy, `stopper_alarm` limits the stopper, and the prober gets
 *      SIGKILL soon. No order of stops, no dependency and no slow output can
 *      keep an instance in STOPPING.
 *   3. on_end() is called once for each start, and once more when a launched
 *      daemon was stopped. Before, the streams were closed, and fixture,
 *      stopper and prober have ended and were freed.
 *   4. A fixture that was not executed gets no stopper, no READY and no line
 *      "started with pid".
 *   5. `code`, `succeeded`, leftovers and survivors change only at an end.
 *
 * What does not belong here: when an instance may start, and what its end means
 * for the others (schedule.h).
 *
 * The functions are in instance.c (values), instance_run.c (start and end),
 * instance_stop.c, instance_probe.c (a launched daemon) and instance_start.c
 * (the command line of a fixture).
 * Instances read `up`, which owns them: settings, output and loop are common to
 * all. So up.h includes this header, and instance*.c include up.h.
 */
#ifndef JIG_UP_ENGINE_INSTANCE_H
#define JIG_UP_ENGINE_INSTANCE_H

#include <jig.h>
#include <stdbool.h>

#include "base/file/pty.h"
#include "up/loop/loop.h"
#include "up/output/output.h"
#include "up/project/project.h"

struct up;
struct attached;

enum instance_state {
	INSTANCE_WAITING, /* for its dependencies */
	INSTANCE_STARTING, /* the start has begun; it is not ready yet */
	INSTANCE_READY,
	INSTANCE_STOPPING,
	INSTANCE_BACKOFF, /* will start again after a while */
	INSTANCE_SCHEDULED, /* will start at its next time */
	INSTANCE_LAUNCHED, /* a daemon whose command has ended */
	INSTANCE_ENDED, /* by itself: `code` */
	INSTANCE_STOPPED, /* by request */
	INSTANCE_SKIPPED, /* a dependency will never be met */
	INSTANCE_DISABLED, /* until a user starts it */
};

/** One stream that it writes to. */
struct feed {
	struct instance *instance;
	int fd; /* -1: none */
	struct watch *watch;
	struct stream *stream;
};

enum { FEED_OUT, FEED_ERR, INSTANCE_FEEDS };

struct instance {
	struct up *up;
	struct service *service;
	struct service *next; /* its new form, from its end on; or NULL */
	void (*on_end)(struct instance *instance); /* see instance_new() */
	unsigned number; /* from 1 on */
	char *name; /* "web.1" */
	int port; /* PORT, or 0 */

	enum instance_state state;
	struct jig *fixture;
	bool was_executed; /* the fixture's command; execve(2) may hang */
	int start_error; /* -errno: it runs, but its start has failed; or 0 */
	struct watch *watch;
	struct alarm start_alarm; /* time limit for its execve(2) */
	struct feed feeds[INSTANCE_FEEDS]; /* stdout: or the terminal */
	struct pty pty;
	struct attached *attached; /* terminals that show it, see attach.h */

	struct jig *stopper; /* shutdown.command */
	bool stopper_was_executed;
	struct watch *stopper_watch;
	struct alarm stopper_alarm;

	struct jig *prober; /* of a launched daemon, see instance_probe.h */
	bool prober_was_executed;
	struct watch *prober_watch;

	int code; /* exit status of its last end, as in a shell */
	bool succeeded; /* `code` is 0 or in the service's list */
	char problem[256]; /* why it is not ready, or is skipped */
	bool is_lost; /* what it has left on another machine is not known */
	bool was_started, was_ready; /* ever */
	bool is_wanted; /* false: `jig stop` has stopped it */
	bool is_removed; /* by `jig scale`: freed after its end */
	bool restarts_at_end; /* `jig restart`: WAITING after its end */
	bool is_leaving; /* `jig reload` ends it: up/reload/leave.c */
	bool is_held; /* its start waits for the end of those that leave */
	unsigned restarts; /* since it last ran for a minute */
	unsigned restarts_ever;
	struct alarm backoff; /* and of its timetable */
	int64_t due_us; /* the next time of its timetable, see timetable.c */
	int64_t backoff_us; /* the last wait before a restart */
	int64_t started_us; /* on clock_us() */
	size_t leftovers, survivors; /* of all its fixtures */
};

/**
 * Make an instance in the state WAITING.
 * @on_end  called after each end of its fixture; sets the next state.
 * @return  NULL if memory is short.
 */
struct instance *instance_new(struct up *up, struct service *service,
			      unsigned number,
			      void (*on_end)(struct instance *instance));

/** It must not have a fixture. */
void instance_free(struct instance *instance);

/** Begin to start its fixture, without waiting: the program may be on a file
 * system that does not answer. A failure is an end with 126 or 127, which this
 * function prints. */
void instance_start(struct instance *instance);

/**
 * Begin to stop it: first shutdown.command, then the stop policy. A second call
 * starts the next step at once. An instance that only waits becomes STOPPED.
 */
void instance_stop(struct instance *instance);

/** `jig restart`: stop it, and start it again at its end. */
void instance_restart(struct instance *instance);

/** Without a fixture: take the new form of its service, if there is one. */
void instance_adopt(struct instance *instance);

/** Whether one of its fixtures was requested to stop, and has not ended. */
bool instance_is_awaited(const struct instance *instance);

/** In that case: check whether it has ended, and wake a guard that does not
 * act. */
void instance_look(struct instance *instance);

/** Whether a fixture runs, or will run without a further request. */
bool instance_is_alive(const struct instance *instance);

/** Whether it has a fixture, a prober, or a command that stops it. */
bool instance_is_running(const struct instance *instance);

/** A service without a probe counts as ready once it has lived for a second, as
 * in Supervisord's startsecs. @return when that is, on clock_us(); 0: it has,
 * or has a probe, or is not READY. */
int64_t instance_settles_us(const struct instance *instance);

/** Whether it restarts again and again: its next start is not waited for. */
bool instance_is_hopeless(const struct instance *instance);

/** Whether its end is a failure (by its status, or because it was not ready
 * yet), or it will never start. */
bool instance_has_failed(const struct instance *instance);

#define INSTANCE_END_SIZE 320

/** "exited with status 3", "ended by SIGKILL", or its problem. */
void instance_describe_end(const struct instance *instance,
			   char ret[INSTANCE_END_SIZE]);

/** Append its last lines of output, each after two spaces. */
void instance_last_lines(const struct instance *instance, struct buffer *ret);

/** "starting", "ready", …, for people and JSON. */
const char *instance_state_name(const struct instance *instance);

/** Read its streams, or pause reading while the output is full. */
void instance_read(struct instance *instance, bool on);

/* ------------------------------------------------- for instance*.c only */

/** A line about it on our output, unless --quiet is given. */
void instance_say(const struct instance *instance, const char *text);

/** Call on_end(), unless a fixture, a stopper or a prober still runs. */
void instance_end(struct instance *instance);

/** As instance_look(), for shutdown.command only. */
void instance_look_stopper(struct instance *instance);

/* --events: jig-agent(7). */

void instance_tell_started(const struct instance *instance);
void instance_tell_ready(const struct instance *instance);
/** Of its `problem`. */
void instance_tell_unhealthy(const struct instance *instance);
/** @report  NULL: it is not known, or it was never executed. */
void instance_tell_end(const struct instance *instance,
		       const struct jig_report *report);

#endif
