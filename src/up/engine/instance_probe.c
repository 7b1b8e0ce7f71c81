// SPDX-License-Identifier: MIT
#include "up/engine/instance_probe.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/command/command.h"
#include "core/ready/readiness.h"
#include "lib/fixture.h"
#include "net/names.h"
#include "up/engine/up.h"
#include "up/project/replica.h"

/* `jig ready` as the process that owns the listeners: no process of the service
 * is left, so each listener is foreign, unless the probe has owner=any. */
#define READY "exec \"$0\" ready --pid $$ \"$@\""

bool instance_is_launching(const struct instance *instance)
{
	int error = instance->fixture->unready;

	return instance->service->is_daemon &&
	       instance->state == INSTANCE_STARTING &&
	       (error == -ECHILD || error == -EADDRINUSE) &&
	       fixture_has_left_nothing(instance->fixture);
}

/* ------------------------------------------------------------------- words */

/* A probe that needs the output or the environment of its command. */
static bool needs_process(const char *probe)
{
	probe += *probe == '|';
	return strncmp(probe, "log:", 4) == 0 || strcmp(probe, "notify") == 0 ||
	       strcmp(probe, "fd") == 0 || strncmp(probe, "fd:", 3) == 0;
}

static int add_time(struct list *words, const char *option, int64_t us)
{
	char *text;

	if (us <= 0)
		return 0;
	if (asprintf(&text, "--%s=%" PRId64 "us", option, us) < 0)
		return -ENOMEM;
	return list_take_text(words, text);
}

static int64_t limit_us(const struct instance *instance)
{
	int64_t us = instance->service->start_timeout_us;

	return us == 0 ? READINESS_TIMEOUT_US : us;
}

/* What is left of its start timeout and its initial delay. */
static int instance_probe_add_limits(const struct instance *instance,
				     struct list *words)
{
	const struct check *ready = &instance->service->ready;
	int64_t ran_us = clock_us() - instance->started_us;
	int64_t left_us = limit_us(instance) - ran_us;
	char *text;
	int r;

	if (limit_us(instance) < 0)
		r = list_take_text(words, strdup("--timeout=none"));
	else
		r = add_time(words, "timeout", left_us > 1 ? left_us : 1);
	if (r == 0)
		r = add_time(words, "delay", ready->delay_us - ran_us);
	if (r == 0)
		r = add_time(words, "interval", ready->period_us);
	if (r == 0)
		r = add_time(words, "attempt", ready->timeout_us);
	if (r < 0 || ready->successes == 0)
		return r;
	if (asprintf(&text, "--successes=%u", ready->successes) < 0)
		return -ENOMEM;
	return list_take_text(words, text);
}

static int instance_probe_add(const struct instance *instance,
			      const struct list *probes, struct list *words)
{
	int r = list_take_text(words, strdup("--"));

	for (size_t i = 0; r == 0 && i < probes->count; i++) {
		const char *probe = *(char **)list_at(probes, i, sizeof(probe));
		char *text = NULL;

		if (needs_process(probe))
			return -ENOTSUP;
		r = names_expand(&instance->fixture->names, probe, &text);
		if (r == 0)
			r = list_take_text(words, text);
	}
	return r;
}

int instance_probe_words(const struct instance *instance, struct list *words)
{
	const char *const begin[] = { "/bin/sh", "-c", READY,
				      instance->up->jig };
	char *end = NULL;
	struct replica replica;
	int r = replica_make(instance->service, instance->number - 1,
			     instance->port, &replica);

	for (size_t i = 0; r == 0 && i < sizeof(begin) / sizeof(*begin); i++)
		r = list_take_text(words, strdup(begin[i]));
	if (r == 0)
		r = instance_probe_add_limits(instance, words);
	if (r == 0)
		r = instance_probe_add(instance, &replica.service.ready.probes,
				       words);
	if (r == 0)
		r = list_append(words, &end, sizeof(end));
	replica_free(&replica);
	return r;
}

/* ------------------------------------------------------------- its result */

/* Nothing of it runs here, so only its shutdown command can end it. */
static void launched_in_vain(struct instance *instance, const char *problem)
{
	text_copy(instance->problem, sizeof(instance->problem), problem);
	instance_say(instance, instance->problem);
	instance->code = EXIT_JIG;
	instance->succeeded = false;
	instance_stop(instance);
}

static void is_ready_at_last(struct instance *instance)
{
	char text[64];

	instance->was_ready = true;
	instance_tell_ready(instance);
	(void)snprintf(text, sizeof(text), "ready after %.3f s",
		       (double)(clock_us() - instance->started_us) / 1e6);
	instance_say(instance, text);
}

/* "jig: not ready: timeout after 0.2 s; waiting for …", with its own time. */
static void instance_probe_describe(const struct instance *instance, int code,
				    const char *said, char *ret, size_t size)
{
	static const char head[] = "not ready: ", wait[] = "; waiting for ";
	const char *text = said ? strstr(said, head) : NULL;
	const char *waits = said ? strstr(said, wait) : NULL;
	char time[32];
	size_t length;

	text = text ? text + strlen(head) : said ? said : "";
	length = strcspn(text, "\n");
	if (code == EXIT_TIMEOUT && waits)
		(void)snprintf(ret, size, "timeout after %s%.*s",
			       probe_time_text(limit_us(instance), time),
			       (int)strcspn(waits, "\n"), waits);
	else if (length > 0)
		(void)snprintf(ret, size, "%.*s", (int)length, text);
	else
		(void)snprintf(ret, size, "its probes were ended");
}

static void prober_done(struct instance *instance, int code)
{
	CLEANUP_FREE char *said = NULL;
	char problem[sizeof(instance->problem)];

	(void)jig_tail(instance->prober, 2, &said); /* Else: it said nothing. */
	watch_free(&instance->prober_watch);
	jig_free(instance->prober);
	instance->prober = NULL;
	instance->up->has_changed = true;
	if (instance->state != INSTANCE_LAUNCHED) {
		instance_end(instance);
	} else if (code == 0) {
		is_ready_at_last(instance);
	} else {
		instance_probe_describe(instance, code, said, problem,
					sizeof(problem));
		launched_in_vain(instance, problem);
	}
}

static void prober_news(void *context)
{
	struct instance *instance = context;
	struct fault fault = { "" };
	int code = EXIT_JIG;

	if (fixture_over(instance->prober, &instance->prober_was_executed,
			 &code, &fault) != 0)
		prober_done(instance, code);
}

static int instance_probe_begin(struct instance *instance,
				const struct list *words)
{
	struct jig_command command = {
		.argv = words->items,
		.in.kind = JIG_STDIO_NULL,
		.out.kind = JIG_STDIO_CAPTURE,
		.err.kind = JIG_STDIO_CAPTURE,
		.group = JIG_GROUP_SESSION,
		.program = instance->up->jig,
	};
	int r = fixture_begin(&command, NULL, &instance->prober);

	if (r < 0)
		return r;
	instance->prober_was_executed = false;
	instance->prober_watch =
		watch_new(&instance->up->loop, jig_fd(instance->prober),
			  UV_READABLE, prober_news, instance);
	if (instance->prober_watch)
		return 0;
	jig_free(instance->prober);
	instance->prober = NULL;
	return -ENOMEM;
}

void instance_probe(struct instance *instance, const struct list *words,
		    int error)
{
	assert(instance->state == INSTANCE_LAUNCHED && !instance->prober);
	if (*instance->problem) /* A foreign process has its place. */
		error = -EADDRINUSE;
	if (error == 0)
		error = instance_probe_begin(instance, words);
	if (error == -EADDRINUSE)
		launched_in_vain(instance, instance->problem);
	else if (error == -ENOTSUP)
		launched_in_vain(instance,
				 "its command has ended and left no process: "
				 "log, notify and fd can never hold");
	else if (error < 0)
		launched_in_vain(instance, "cannot run its probes");
}

void instance_probe_stop(struct instance *instance)
{
	if (instance->prober && jig_stop(instance->prober) == 0)
		(void)jig_hurry(instance->prober);
}

void instance_look_prober(struct instance *instance)
{
	if (fixture_is_awaited(instance->prober))
		prober_news(instance);
}
