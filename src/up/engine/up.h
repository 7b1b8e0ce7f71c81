/* SPDX-License-Identifier: MIT */
/*
 * The engine of `jig up`: the instances of a project on one event loop.
 *
 * One round of the loop (up/run.c): events change instances; then the round
 * starts those that may start, stops those that are to stop, answers commands,
 * and writes the output.
 *
 * Invariant: everything runs on one thread, and nothing waits for a service: a
 * start is begun (fixture_begin()), and an event brings its result.
 */
#ifndef JIG_UP_ENGINE_UP_H
#define JIG_UP_ENGINE_UP_H

#include "cli/command/up_options.h"
#include "up/engine/instance.h"
#include "up/engine/loop.h"
#include "up/output/output.h"
#include "up/project/project.h"

struct control;
struct background;

struct up {
	const struct up_settings *settings;
	struct project *project;
	const char *jig; /* the jig program */
	struct jig_step grace; /* SIGTERM and --timeout, where one was given */
	unsigned base_port;

	uv_loop_t loop;
	struct output *output;
	struct list instances; /* of struct instance *, in the file's order */
	struct control *control; /* NULL: none */
	struct alarm output_alarm, start_alarm;
	struct alarm down_alarm; /* `jig down` has hurried, or will */
	int64_t down_until_us; /* when, on clock_us() */
	struct alarm rouse_alarm; /* in a stop: see up_rouse() */
	struct list output_watches; /* struct output_watch: wait to write */
	struct watch *signals, *owner;
	int signal_fd, owner_fd;

	/** `jig up -- command`: runs when all are ready, and decides. */
	char **around; /* its words, or NULL */
	struct jig *around_fixture;
	bool around_was_executed;
	struct watch *around_watch;

	bool said_ready; /* all were, once */
	bool stopping, hurried;
	uint64_t signals_seen; /* the same one again hurries */
	int64_t signal_us; /* when one was counted last, on clock_us() */
	bool has_changed; /* look again before waiting for an event */
	size_t survivors; /* of all that have gone already */
	bool is_over;
	bool has_status;
	int status; /* our own, once has_status */
	int ended_by; /* the signal that it stands for; 0: none */
	struct background *background; /* -D: gets the result; or NULL */
};

static inline struct instance *up_instance(const struct up *up, size_t index)
{
	return *(struct instance **)list_at(&up->instances, index,
					    sizeof(struct instance *));
}

/** Append instances until there are @count of it, or stop those above.
 * @return 0 or -ENOMEM. */
int up_scale(struct up *up, struct service *service, unsigned count);

/** Stop all; @status is ours, unless one was set before. */
void up_stop(struct up *up, int status);

/** Whether all that were to start are ready, or have ended. */
bool up_is_ready(const struct up *up);

#endif
