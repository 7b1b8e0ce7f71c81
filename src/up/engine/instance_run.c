// SPDX-License-Identifier: MIT
/* An instance's fixture: its start, what it reports, its end. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "lib/fixture.h"
#include "up/engine/attach.h"
#include "up/engine/feed.h"
#include "up/engine/instance_probe.h"
#include "up/engine/instance_start.h"
#include "up/engine/up.h"
#include "up/project/machine.h"

/* The default of jig_command.start_timeout_us. */
#define START_US 60000000

/* -------------------------------------------------------------- its end */

static bool is_success(const struct service *service, int code)
{
	return code == 0 || list_has(&service->success, &code, sizeof(code));
}

static void instance_run_say_end(const struct instance *instance, int code)
{
	char name[TEXT_SIGNAL_SIZE], text[128];

	if (code > 128 && code <= 128 + 64)
		(void)snprintf(text, sizeof(text), "ended by %s",
			       text_signal_name(code - 128, name,
						sizeof(name)));
	else
		(void)snprintf(text, sizeof(text), "exited with status %d",
			       code);
	instance_say(instance, text);
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
	instance_say(instance, text);
}

/* A report has leftovers only if main has ended by itself. */
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

/* If jig has ended it because of a failure, its own status means nothing. */
static int instance_run_judge(const struct jig_report *report, int code)
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

/* The way to its machine has ended: only jig there knows the rest. */
static bool look_lost(struct instance *instance,
		      const struct jig_report *report)
{
	instance->is_lost = report && *report->via && report->main_status < 0;
	if (!instance->is_lost)
		return false;
	text_copy(instance->problem, sizeof(instance->problem), report->why);
	instance_say(instance, instance->problem);
	return true;
}

/* Close the streams and the terminal of the fixture. */
static void close_fixture(struct instance *instance)
{
	/* If a feed has the terminal, the feed closes it. */
	if (instance->feeds[FEED_OUT].fd == instance->pty.master)
		instance->pty.master = -1;
	for (int i = 0; i < INSTANCE_FEEDS; i++)
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

/* A daemon that is launched, but not ready yet: its command has succeeded. */
static void launched(struct instance *instance)
{
	CLEANUP(list_free_texts) struct list words = { 0 };
	int r = instance_probe_words(instance, &words);

	free_fixture(instance);
	instance->code = 0;
	instance->succeeded = true;
	instance_end(instance);
	if (instance->state == INSTANCE_LAUNCHED)
		instance_probe(instance, &words, r);
}

static void ended(struct instance *instance, int code)
{
	const struct jig_report *report = jig_report(instance->fixture);

	close_fixture(instance);
	if (!instance->was_executed)
		instance_say(instance, "stopped before it was executed");
	else if (look_lost(instance, report))
		code = EXIT_JIG;
	else if (instance->start_error == 0)
		instance_run_say_end(instance, code);
	code = instance->start_error < 0
		       ? instance_start_status(instance->start_error)
		       : instance_run_judge(report, code);
	if (report)
		tell_leftovers(instance, report);
	instance->code = code;
	instance_tell_end(instance, instance->was_executed ? report : NULL);
	if (instance_is_launching(instance)) {
		launched(instance);
		return;
	}
	free_fixture(instance);
	instance->succeeded = is_success(instance->service, code);
	instance_end(instance);
}

/* --------------------------------------------------------- what it reports */

/* Its guard stops it, or it has ended; has_news() sees the end. Request the
 * stop as well, so that stop.c acts if the guard does not. */
static void note_problem(struct instance *instance, const char *problem)
{
	(void)snprintf(instance->problem, sizeof(instance->problem), "%s",
		       problem);
	instance->state = INSTANCE_STOPPING;
	(void)jig_stop(instance->fixture); /* An error: it has ended. */
	instance_say(instance, instance->problem);
}

static void instance_run_look_ready(struct instance *instance)
{
	int r = jig_wait_ready(instance->fixture, 0);
	char text[64];

	if (r == -ETIMEDOUT)
		return;
	/* Its end follows. A foreign listener was there before, so that it will
	 * not become ready. */
	if (r < 0 && instance_is_launching(instance)) {
		if (r == -EADDRINUSE)
			text_copy(instance->problem, sizeof(instance->problem),
				  jig_problem(instance->fixture));
		return;
	}
	if (r < 0) {
		note_problem(instance, jig_problem(instance->fixture));
		return;
	}
	instance->state = INSTANCE_READY;
	instance->was_ready = true;
	instance_tell_ready(instance);
	if (instance->service->ready.probes.count == 0)
		return;
	(void)snprintf(text, sizeof(text), "ready after %.3f s",
		       (double)jig_ready_us(instance->fixture) / 1e6);
	instance_say(instance, text);
}

/* A liveness probe has failed as often as allowed: its guard stops it. */
static void look_well(struct instance *instance)
{
	const char *problem = jig_problem(instance->fixture);

	if (!*problem)
		return;
	note_problem(instance, problem);
	instance_tell_unhealthy(instance);
}

/* --------------------------------------------------------------- its start */

static int open_feeds(struct instance *instance, struct fault *fault)
{
	int r;

	if (instance->pty.master >= 0)
		return feed_open(&instance->feeds[FEED_OUT],
				 instance->pty.master, false, fault);
	r = feed_open(&instance->feeds[FEED_OUT],
		      jig_take_pipe(instance->fixture, 1), false, fault);
	return r < 0 ? r
		     : feed_open(&instance->feeds[FEED_ERR],
				 jig_take_pipe(instance->fixture, 2), true,
				 fault);
}

static void say_why_not(struct instance *instance, const struct fault *fault)
{
	text_copy(instance->problem, sizeof(instance->problem), fault->text);
	output_say(instance->up->output, instance->name, "cannot start: %s",
		   fault->text);
}

/* There is no guard, or it has reported the error: there is no end to wait for.
 */
static void instance_run_failed(struct instance *instance, int error,
				const struct fault *fault)
{
	bool was_stopped = instance->state == INSTANCE_STOPPING;

	close_fixture(instance);
	if (was_stopped)
		instance_say(instance, "stopped before it was executed");
	else
		say_why_not(instance, fault);
	free_fixture(instance);
	instance->was_started = true;
	instance->code = was_stopped ? EXIT_JIG : instance_start_status(error);
	instance_tell_end(instance, NULL);
	instance->succeeded = false;
	instance_end(instance);
}

/* It runs, but its output cannot be read. Stop it at once: it has only begun.
 * Its end is an event like any other. */
static void give_up(struct instance *instance, int error,
		    const struct fault *fault)
{
	say_why_not(instance, fault);
	instance->start_error = error;
	instance->state = INSTANCE_STOPPING;
	if (jig_stop(instance->fixture) == 0)
		(void)jig_hurry(instance->fixture);
}

/* A pid there means nothing here. */
static void instance_run_say_start(const struct instance *instance)
{
	CLEANUP_FREE char *via = NULL;
	char text[320];

	/* Without memory the line has no transport. */
	(void)machine_name(instance->service, instance->number - 1, &via);
	if (service_is_far(instance->service))
		(void)snprintf(text, sizeof(text), "started via '%.250s'",
			       via ? via : "");
	else
		(void)snprintf(text, sizeof(text), "started with pid %d",
			       jig_pid(instance->fixture));
	instance_say(instance, text);
}

static void executed(struct instance *instance)
{
	struct fault fault = { "" };

	instance->up->has_changed = true;
	instance->was_executed = instance->was_started = true;
	instance->started_us = clock_us();
	alarm_free(&instance->start_alarm);
	int r = open_feeds(instance, &fault);

	if (r < 0) {
		give_up(instance, r, &fault);
		return;
	}
	instance_run_say_start(instance);
	instance_tell_started(instance);
}

/* @return false: it has failed, and the fixture is freed. */
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
		instance_run_failed(instance, r, &fault);
	return r >= 0;
}

static void has_news(void *context)
{
	struct instance *instance = context;
	int code = EXIT_JIG;

	if (!look_executed(instance))
		return;
	if (instance->was_executed && instance->state == INSTANCE_STARTING)
		instance_run_look_ready(instance);
	else if (instance->state == INSTANCE_READY)
		look_well(instance);
	int r = jig_wait(instance->fixture, 0, &code);

	if (r == -ETIMEDOUT)
		return;
	/* Its start, or an error of it, may have come with its end. */
	if (!look_executed(instance))
		return;
	if (r < 0)
		instance_say(instance, "its guard was killed");
	ended(instance, code);
}

static void start_is_late(void *context)
{
	struct instance *instance = context;

	if (instance->was_executed || instance->state != INSTANCE_STARTING)
		return;
	(void)snprintf(instance->problem, sizeof(instance->problem),
		       "not executed before its start timeout (does %s "
		       "answer?)",
		       service_is_far(instance->service) ? "its machine"
							 : "its file system");
	instance_say(instance, instance->problem);
	instance->start_error = -ETIME;
	instance->state = INSTANCE_STOPPING;
	(void)jig_stop(instance->fixture);
}

/* The guard's own time limit begins at execve(2). */
static int set_start_alarm(struct instance *instance)
{
	const struct service *service = instance->service;
	int64_t us = service->start_timeout_us;

	if (us == 0 && service->ready.probes.count > 0)
		us = START_US;
	/* The way there has a time limit of its own. */
	if (us > 0 && service_is_far(service))
		us = clock_add_us(us, machine_timeout_us(&service->machine));
	return us <= 0 ? 0
		       : alarm_set(&instance->start_alarm, &instance->up->loop,
				   us, start_is_late, instance);
}

static int instance_run_begin(struct instance *instance, struct fault *fault)
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

	assert(!instance_is_running(instance)); /* Invariant 1. */
	instance->up->has_changed = true;
	instance->state = INSTANCE_STARTING;
	instance->problem[0] = '\0';
	instance->was_executed = false;
	instance->is_held = false;
	instance->start_error = 0;
	instance->started_us = clock_us();
	int r = instance_run_begin(instance, &fault);

	if (r < 0)
		instance_run_failed(instance, r, &fault);
}

void instance_look(struct instance *instance)
{
	instance_look_stopper(instance);
	instance_look_prober(instance);
	if (fixture_is_awaited(instance->fixture))
		has_news(instance);
}
