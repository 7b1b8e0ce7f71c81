/* SPDX-License-Identifier: MIT */
/*
 * An instance of a service: web.1, one fixture after another.
 *
 * It knows how to start, watch, stop and restart its own fixture. When it may
 * start, and what its end means for the others, the engine decides
 * (schedule.h).
 *
 * Invariant: `fixture` is not NULL exactly in the states STARTING, READY and
 * STOPPING (but for a stop whose command still runs before it).
 */
#ifndef JIG_UP_ENGINE_INSTANCE_H
#define JIG_UP_ENGINE_INSTANCE_H

#include <jig.h>
#include <stdbool.h>

#include "base/pty.h"
#include "up/engine/loop.h"
#include "up/output/output.h"
#include "up/project/project.h"

struct up;
struct attached;

enum instance_state {
	INSTANCE_WAITING, /* for what it depends on */
	INSTANCE_STARTING, /* begun, and is not ready yet */
	INSTANCE_READY,
	INSTANCE_STOPPING,
	INSTANCE_BACKOFF, /* will be started again after a while */
	INSTANCE_LAUNCHED, /* a daemon whose command has ended */
	INSTANCE_ENDED, /* by itself: `code` */
	INSTANCE_STOPPED, /* because somebody asked for it */
	INSTANCE_SKIPPED, /* what it depends on will never be */
	INSTANCE_DISABLED, /* until somebody starts it */
};

/** One stream that it writes to. */
struct feed {
	struct instance *instance;
	int fd; /* -1: none */
	struct watch *watch;
	struct stream *stream;
};

struct instance {
	struct up *up;
	struct service *service;
	unsigned number; /* from 1 on */
	char *name; /* "web.1" */
	int port; /* PORT, or 0 */

	enum instance_state state;
	struct jig *fixture;
	bool was_executed; /* the fixture's command: execve(2) may hang */
	int start_error; /* -errno: its start has failed though it runs; or 0 */
	struct watch *watch;
	struct alarm start_alarm; /* time limit for its execve(2) */
	struct feed feeds[2]; /* stdout (or the terminal), stderr */
	struct pty pty;
	struct attached *attached; /* terminals that show it: attach.h */

	struct jig *stopper; /* shutdown.command */
	bool stopper_was_executed;
	struct watch *stopper_watch;
	struct alarm stopper_alarm;

	int code; /* of its last end, as a shell has it */
	bool succeeded; /* by the service's own list of statuses */
	char problem[256]; /* why it is not ready, or was skipped */
	bool was_started, was_ready; /* ever */
	bool is_wanted; /* false: somebody has stopped it */
	bool is_gone; /* scaled away: to be freed when it has ended */
	bool restart_asked; /* `jig restart`: start it when it has ended */
	unsigned restarts; /* since it was last healthy for a while */
	unsigned restarts_ever;
	struct alarm backoff;
	int64_t backoff_us; /* of the last one */
	int64_t started_us; /* on clock_us() */
	size_t leftovers, survivors; /* of all its fixtures */
};

/** @return NULL for want of memory. */
struct instance *instance_new(struct up *up, struct service *service,
			      unsigned number);

/** It must not have a fixture. */
void instance_free(struct instance *instance);

/** Begin to start its fixture, and do not wait: its program may lie on a file
 * system that does not answer. A failure is an end with 126 or 127, which this
 * function reports. */
void instance_start(struct instance *instance);

/**
 * Begin to stop it: shutdown.command first, then by its policy. Again: hurry.
 * One that has no fixture is stopped at once.
 */
void instance_stop(struct instance *instance);

/** Whether one of its fixtures was asked to stop, and has not ended. */
bool instance_is_awaited(const struct instance *instance);

/** Then: see whether it has ended, and rouse a guard that does not act. */
void instance_look(struct instance *instance);

/** Whether a fixture runs, or is to run again by itself. */
bool instance_is_alive(const struct instance *instance);

/** Whether it has a fixture (or a command that stops it). */
bool instance_is_running(const struct instance *instance);

/** Whether it has ended as it should not: by its status, or before its probes
 * said that it is ready; or will never start. */
bool instance_has_failed(const struct instance *instance);

/** "starting", "ready", …, for people and JSON. */
const char *instance_state_name(const struct instance *instance);

/** Read streams or, as long as nobody takes the output, do not. */
void instance_read(struct instance *instance, bool on);

#endif
