// SPDX-License-Identifier: MIT
#include "up/engine/instance.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "lib/fixture.h"
#include "up/engine/attach.h"
#include "up/engine/feed.h"
#include "up/engine/instance_start.h"
#include "up/engine/schedule.h"
#include "up/engine/up.h"
#include "up/project/formation.h"

#define STOPPER_US 10000000
#define TAIL_LINES 20
/* As jig_command.start_timeout_us has it. */
#define START_US 60000000

struct instance *instance_new(struct up *up, struct service *service,
			      unsigned number)
{
	struct instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return NULL;
	*instance = (struct instance){
		.up = up,
		.service = service,
		.number = number,
		.pty = PTY_NONE,
		.is_wanted = true,
		.feeds = { { .fd = -1 }, { .fd = -1 } },
	};
	int port = up->project->has_ports
			   ? formation_port(up->base_port, service, number)
			   : 0;

	instance->port = port > 0 ? port : 0;
	instance->feeds[0].instance = instance->feeds[1].instance = instance;
	if (asprintf(&instance->name, "%s.%u", service->name, number) < 0) {
		free(instance);
		return NULL;
	}
	if (up->output)
		output_widen(up->output, instance->name);
	return instance;
}

void instance_free(struct instance *instance)
{
	alarm_free(&instance->backoff);
	alarm_free(&instance->start_alarm);
	alarm_free(&instance->stopper_alarm);
	free(instance->name);
	free(instance);
}

bool instance_is_running(const struct instance *instance)
{
	return instance->fixture || instance->stopper;
}

bool instance_is_alive(const struct instance *instance)
{
	return instance_is_running(instance) ||
	       instance->state == INSTANCE_WAITING ||
	       instance->state == INSTANCE_BACKOFF ||
	       instance->state == INSTANCE_LAUNCHED;
}

bool instance_has_failed(const struct instance *instance)
{
	bool has_probes = instance->service->ready.probes.count > 0;

	if (instance->state == INSTANCE_SKIPPED)
		return true;
	return instance->state == INSTANCE_ENDED &&
	       (!instance->succeeded || (has_probes && !instance->was_ready));
}

const char *instance_state_name(const struct instance *instance)
{
	static const char *const names[] = {
		[INSTANCE_WAITING] = "waiting",
		[INSTANCE_STARTING] = "starting",
		[INSTANCE_READY] = "ready",
		[INSTANCE_STOPPING] = "stopping",
		[INSTANCE_BACKOFF] = "back-off",
		[INSTANCE_LAUNCHED] = "launched",
		[INSTANCE_ENDED] = "ended",
		[INSTANCE_STOPPED] = "stopped",
		[INSTANCE_SKIPPED] = "skipped",
		[INSTANCE_DISABLED] = "disabled",
	};

	return names[instance->state];
}

void instance_read(struct instance *instance, bool on)
{
	for (int i = 0; i < 2; i++)
		feed_enable(&instance->feeds[i], on);
}

static void say(const struct instance *instance, const char *text)
{
	if (!instance->up->settings->quiet)
		output_say(instance->up->output, instance->name, "%s", text);
}

/* -------------------------------------------------------------- its end */

static bool is_success(const struct service *service, int code)
{
	return code == 0 || list_has(&service->success, &code, sizeof(code));
}

static void say_end(const struct instance *instance, int code)
{
	char name[TEXT_SIGNAL_SIZE], text[128];

	if (code > 128 && code <= 128 + 64)
		(void)snprintf(text, sizeof(text), "ended by %s",
			       text_signal_name(code - 128, name,
						sizeof(name)));
	else
		(void)snprintf(text, sizeof(text), "exited with status %d",
			       code);
	say(instance, text);
}

static void say_leftover(const struct instance *instance,
			 const struct jig_leftover *leftover, const char *word)
{
	char text[320], command[200];

	(void)snprintf(text, sizeof(text), "left behind: pid %d (%s)%s%s",
		       leftover->pid,
		       text_printable(leftover->command, command,
				      sizeof(command)),
		       *word ? ", " : "", word);
	say(instance, text);
}

/* Of an end by itself; in a stop everybody who is slow is a "leftover". */
static void tell_leftovers(struct instance *instance,
			   const struct jig_report *report)
{
	size_t count = jig_report_leftovers(report);
	struct jig_leftover leftover = { .size = sizeof(leftover) };

	instance->leftovers += count;
	for (size_t i = 0; jig_report_leftover(report, i, &leftover) == 0; i++)
		say_leftover(instance, &leftover, "");
	count = jig_report_survivors(report);
	instance->survivors += count;
	for (size_t i = 0; jig_report_survivor(report, i, &leftover) == 0; i++)
		say_leftover(instance, &leftover, "and it cannot be ended");
}

/* What jig did to it because something was wrong is no status of its own. */
static int judge(const struct jig_report *report, int code)
{
	switch (report ? jig_report_reason(report) : JIG_REASON_FAILURE) {
	case JIG_REASON_FAILURE:
	case JIG_REASON_GUARD:
	case JIG_REASON_UNREADY:
	case JIG_REASON_UNHEALTHY:
		return EXIT_JIG;
	default:
		return code;
	}
}

/* Close all that belongs to the fixture. */
static void close_fixture(struct instance *instance)
{
	/* The terminal may be a feed's already, which closes it. */
	if (instance->feeds[0].fd == instance->pty.master)
		instance->pty.master = -1;
	for (int i = 0; i < 2; i++)
		feed_close(&instance->feeds[i]);
	attach_end(instance);
	pty_close(&instance->pty);
	instance->pty = PTY_NONE;
	alarm_free(&instance->start_alarm);
	watch_free(&instance->watch);
}

static void free_fixture(struct instance *instance)
{
	jig_free(instance->fixture);
	instance->fixture = NULL;
}

static void ended(struct instance *instance, int code)
{
	const struct jig_report *report = jig_report(instance->fixture);

	close_fixture(instance);
	if (!instance->was_executed)
		say(instance, "stopped before it was executed");
	else if (instance->start_error == 0)
		say_end(instance, code);
	code = instance->start_error < 0
		       ? instance_start_status(instance->start_error)
		       : judge(report, code);
	if (report)
		tell_leftovers(instance, report);
	free_fixture(instance);
	instance->code = code;
	instance->succeeded = is_success(instance->service, code);
	schedule_ended(instance);
}

/* --------------------------------------------------------- what it reports */

/* Its guard stops it, or it has ended: the end is seen below. We ask for the
 * stop as well, so that the guard is roused if it does not act. */
static void note_problem(struct instance *instance, const char *problem)
{
	(void)snprintf(instance->problem, sizeof(instance->problem), "%s",
		       problem);
	instance->state = INSTANCE_STOPPING;
	(void)jig_stop(instance->fixture); /* Else it has ended. */
	say(instance, instance->problem);
}

static void look_ready(struct instance *instance)
{
	int r = jig_wait_ready(instance->fixture, 0);
	char text[64];

	if (r == -ETIMEDOUT)
		return;
	if (r < 0) {
		note_problem(instance, jig_problem(instance->fixture));
		return;
	}
	instance->state = INSTANCE_READY;
	instance->was_ready = true;
	if (instance->service->ready.probes.count == 0)
		return;
	(void)snprintf(text, sizeof(text), "ready after %.3f s",
		       (double)jig_ready_us(instance->fixture) / 1e6);
	say(instance, text);
}

/* A liveness probe has failed as often as it may: it is being stopped. */
static void look_well(struct instance *instance)
{
	const char *problem = jig_problem(instance->fixture);

	if (*problem)
		note_problem(instance, problem);
}

/* --------------------------------------------------------------- its start */

static int open_feeds(struct instance *instance, struct fault *fault)
{
	int r;

	if (instance->pty.master >= 0)
		return feed_open(&instance->feeds[0], instance->pty.master,
				 false, fault);
	r = feed_open(&instance->feeds[0], jig_take_pipe(instance->fixture, 1),
		      false, fault);
	return r < 0 ? r
		     : feed_open(&instance->feeds[1],
				 jig_take_pipe(instance->fixture, 2), true,
				 fault);
}

static void say_why_not(struct instance *instance, const struct fault *fault)
{
	text_copy(instance->problem, sizeof(instance->problem), fault->text);
	output_say(instance->up->output, instance->name, "cannot start: %s",
		   fault->text);
}

/* There is nothing to wait for: no guard, or a guard that has reported the
 * error.
 */
static void failed(struct instance *instance, int error,
		   const struct fault *fault)
{
	bool was_stopped = instance->state == INSTANCE_STOPPING;

	close_fixture(instance);
	if (was_stopped)
		say(instance, "stopped before it was executed");
	else
		say_why_not(instance, fault);
	free_fixture(instance);
	instance->was_started = true;
	instance->code = was_stopped ? EXIT_JIG : instance_start_status(error);
	instance->succeeded = false;
	schedule_ended(instance);
}

/* It runs, but its output cannot be read. So stop it, at once, since it has
 * done nothing yet. Its end is an event as any other. */
static void give_up(struct instance *instance, int error,
		    const struct fault *fault)
{
	say_why_not(instance, fault);
	instance->start_error = error;
	instance->state = INSTANCE_STOPPING;
	if (jig_stop(instance->fixture) == 0)
		(void)jig_hurry(instance->fixture);
}

static void executed(struct instance *instance)
{
	struct fault fault = { "" };
	char text[64];

	instance->up->has_changed = true;
	instance->was_executed = instance->was_started = true;
	instance->started_us = clock_us();
	alarm_free(&instance->start_alarm);
	int r = open_feeds(instance, &fault);

	if (r < 0) {
		give_up(instance, r, &fault);
		return;
	}
	(void)snprintf(text, sizeof(text), "started with pid %d",
		       jig_pid(instance->fixture));
	say(instance, text);
}

/* @return false: it has failed, and there is no fixture any more. */
static bool look_executed(struct instance *instance)
{
	struct fault fault = { "" };
	int r;

	if (instance->was_executed)
		return true;
	r = fixture_started(instance->fixture, &fault);
	if (r > 0)
		executed(instance);
	else if (r < 0)
		failed(instance, r, &fault);
	return r >= 0;
}

static void has_news(void *context)
{
	struct instance *instance = context;
	int code = EXIT_JIG;

	if (!look_executed(instance))
		return;
	if (instance->was_executed && instance->state == INSTANCE_STARTING)
		look_ready(instance);
	else if (instance->state == INSTANCE_READY)
		look_well(instance);
	int r = jig_wait(instance->fixture, 0, &code);

	if (r == -ETIMEDOUT)
		return;
	if (r < 0)
		say(instance, "its guard was killed");
	ended(instance, code);
}

static void is_late(void *context)
{
	struct instance *instance = context;

	if (instance->was_executed || instance->state != INSTANCE_STARTING)
		return;
	(void)snprintf(instance->problem, sizeof(instance->problem),
		       "not executed within the time that it was given to be "
		       "ready (does its file system answer?)");
	say(instance, instance->problem);
	instance->start_error = -ETIME;
	instance->state = INSTANCE_STOPPING;
	(void)jig_stop(instance->fixture);
}

/* The guard's own time for it runs from execve(2) on. */
static int set_start_alarm(struct instance *instance)
{
	const struct service *service = instance->service;
	int64_t us = service->start_timeout_us;

	if (us == 0 && service->ready.probes.count > 0)
		us = START_US;
	return us <= 0 ? 0
		       : alarm_set(&instance->start_alarm, &instance->up->loop,
				   us, is_late, instance);
}

static int begin(struct instance *instance, struct fault *fault)
{
	int r = instance_start_fixture(instance, fault);

	if (r < 0)
		return r;
	instance->watch =
		watch_new(&instance->up->loop, jig_fd(instance->fixture),
			  UV_READABLE, has_news, instance);
	if (!instance->watch || set_start_alarm(instance) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	return 0;
}

void instance_start(struct instance *instance)
{
	struct fault fault = { "" };

	instance->up->has_changed = true;
	instance->state = INSTANCE_STARTING;
	instance->problem[0] = '\0';
	instance->was_executed = false;
	instance->start_error = 0;
	instance->started_us = clock_us();
	int r = begin(instance, &fault);

	if (r < 0)
		failed(instance, r, &fault);
}

/* ---------------------------------------------------------------- its stop */

/* The last lines of what its shutdown command has written. */
static void say_tail(const struct instance *instance)
{
	CLEANUP_FREE char *tail = NULL;
	char *rest = NULL;

	if (jig_tail(instance->stopper, TAIL_LINES, &tail) <= 0)
		return;
	for (char *line = strtok_r(tail, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		say(instance, line);
}

static void stopper_done(struct instance *instance)
{
	say_tail(instance);
	watch_free(&instance->stopper_watch);
	alarm_free(&instance->stopper_alarm);
	jig_free(instance->stopper);
	instance->stopper = NULL;
	if (instance->fixture)
		(void)jig_stop(instance->fixture);
	else
		schedule_ended(instance);
}

static void say_no_stopper(const struct instance *instance,
			   const struct fault *fault)
{
	output_say(instance->up->output, instance->name,
		   "cannot run its shutdown command: %s", fault->text);
}

static void stopper_news(void *context)
{
	struct instance *instance = context;
	struct fault fault = { "" };
	int r = instance->stopper_was_executed
			? 1
			: fixture_started(instance->stopper, &fault);

	if (r < 0 && alarm_is_set(&instance->stopper_alarm))
		say_no_stopper(instance, &fault);
	instance->stopper_was_executed = r > 0;
	if (r < 0 || jig_wait(instance->stopper, 0, NULL) != -ETIMEDOUT)
		stopper_done(instance);
}

static void stopper_late(void *context)
{
	struct instance *instance = context;

	say(instance, "its shutdown command takes too long; stopped");
	(void)jig_stop(instance->stopper);
}

/* @return whether it runs: then the signals come after its end. */
static bool run_stopper(struct instance *instance)
{
	const struct shutdown *shutdown = &instance->service->shutdown;
	int64_t us = shutdown->command_timeout_us;
	struct fault fault = { "" };

	/* A service that was not executed needs no shutdown command. */
	if (!shutdown->command ||
	    (instance->fixture && !instance->was_executed))
		return false;
	instance->stopper_was_executed = false;
	if (instance_start_stopper(instance, &instance->stopper, &fault) < 0) {
		say_no_stopper(instance, &fault);
		return false;
	}
	instance->stopper_watch =
		watch_new(&instance->up->loop, jig_fd(instance->stopper),
			  UV_READABLE, stopper_news, instance);
	if (!instance->stopper_watch ||
	    alarm_set(&instance->stopper_alarm, &instance->up->loop,
		      us > 0 ? us : STOPPER_US, stopper_late, instance) < 0) {
		(void)jig_stop(instance->stopper);
		stopper_done(instance);
	}
	return true;
}

static void hurry(struct instance *instance)
{
	if (instance->stopper)
		(void)jig_hurry(instance->stopper);
	else if (instance->fixture)
		(void)jig_hurry(instance->fixture);
}

void instance_stop(struct instance *instance)
{
	bool was_launched = instance->state == INSTANCE_LAUNCHED;

	if (instance->state == INSTANCE_STOPPING) {
		hurry(instance);
		return;
	}
	alarm_free(&instance->backoff);
	if (!instance->fixture && !was_launched) {
		if (instance->state == INSTANCE_WAITING ||
		    instance->state == INSTANCE_BACKOFF)
			instance->state = INSTANCE_STOPPED;
		return;
	}
	instance->state = INSTANCE_STOPPING;
	if (run_stopper(instance))
		return;
	if (instance->fixture)
		(void)jig_stop(instance->fixture);
	else
		schedule_ended(instance);
}

bool instance_is_awaited(const struct instance *instance)
{
	return fixture_is_awaited(instance->fixture) ||
	       fixture_is_awaited(instance->stopper);
}

void instance_look(struct instance *instance)
{
	if (fixture_is_awaited(instance->stopper))
		stopper_news(instance);
	if (fixture_is_awaited(instance->fixture))
		has_news(instance);
}
