/* SPDX-License-Identifier: MIT */
/*
 * The engine of `jig up`: the instances of a project on one event loop.
 *
 * In one round of the loop, events change instances. Then step() (up/run.c)
 * starts and stops instances, answers commands, and writes output.
 *
 * Invariant: there is one thread, and no call waits for a service. A start only
 * begins (fixture_begin()); its result arrives as an event.
 *
 * What does not belong here: the loop itself, signals and the control socket
 * (up/run.c, up/control).
 */
#ifndef JIG_UP_ENGINE_UP_H
#define JIG_UP_ENGINE_UP_H

#include "base/input.h"
#include "cli/command/up_options.h"
#include "net/manager.h"
#include "up/engine/instance.h"
#include "up/loop/loop.h"
#include "up/output/output.h"
#include "up/project/project.h"

struct control;
struct background;

struct up {
	const struct up_settings *settings;
	struct project *project; /* `jig reload` replaces it */
	struct list pasts; /* of struct project *: before it, see up/reload */
	const char *jig; /* the jig program */
	struct jig_step grace; /* SIGTERM and --timeout, if it was given */

	uv_loop_t loop;
	struct output *output;
	struct list instances; /* of struct instance *, in the file's order */
	struct control *control; /* NULL: none */
	struct alarm output_alarm, start_alarm;
	struct alarm down_alarm; /* when `jig down` hurries (again) */
	int64_t down_until_us; /* that time, on clock_us() */
	struct alarm rouse_alarm; /* in a stop: see up_rouse() */
	struct list output_watches; /* of struct output_watch */
	struct watch *signals, *owner;
	int signal_fd, owner_fd;
	struct input input; /* of INPUT_OWNER, instead of owner_fd */

	/** `jig up -- command`: runs once all are ready; its end ends all. */
	char **around; /* its words, or NULL */
	struct jig *around_fixture;
	bool around_was_executed;
	struct watch *around_watch;

	struct manager manager; /* is told that all are ready */
	struct alarm manager_alarm; /* it is owed a message */

	bool was_ready; /* all instances were, once */
	bool stopping, hurried;
	uint64_t signals_seen; /* a second signal of a kind hurries */
	int64_t signal_us; /* time of the last one, on clock_us() */
	bool has_changed; /* step again before waiting for an event */
	size_t survivors; /* of instances that are freed already */
	bool is_over, was_downed; /* was_downed: by `jig down` */
	char reason[256]; /* of the stop of all; "": none was requested */
	bool has_status;
	int status; /* our exit status, once has_status */
	int ended_by; /* the signal in this status; 0: none */
	struct background *background; /* -D: gets the result; else NULL */
};

static inline struct instance *up_instance(const struct up *up, size_t index)
{
	return *(struct instance **)list_at(&up->instances, index,
					    sizeof(struct instance *));
}

/** Append instances until @service has @count, or stop those above.
 * @return 0 or -ENOMEM. */
int up_scale(struct up *up, struct service *service, unsigned count);

/** Note why all will stop, unless a reason is noted already. */
void up_note_reason(struct up *up, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** For people: why all has ended. */
void up_say_reason(const struct up *up, struct buffer *ret);

/** Stop all. @status becomes our exit status, unless one was set before. */
void up_stop(struct up *up, int status);

/** Whether no instance will become ready any more. */
bool up_is_ready(const struct up *up);

#endif
