// SPDX-License-Identifier: MIT
/* One instance with real fixtures: its states from start to end. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "up/engine/up.h"

#define SECOND INT64_C(1000000)

struct one {
	struct up up;
	struct up_settings settings;
	struct project project;
	struct service service;
	struct instance *instance;
	struct alarm tick;
	char directory[32];
};

static int ends; /* calls of on_end() */

static void note_end(struct instance *instance)
{
	assert_false(instance_is_running(instance));
	ends++;
	instance->state = INSTANCE_ENDED;
}

static struct one *open_one(const char *shell)
{
	struct one *one = calloc(1, sizeof(*one));
	struct output_settings nowhere = { .out = -1, .err = -1 };
	struct fault fault;

	assert_non_null(one);
	ends = 0;
	strcpy(one->directory, "/tmp/jig-instance-XXXXXX");
	assert_non_null(mkdtemp(one->directory));
	one->settings.grace_us = -1;
	one->service = (struct service){ .name = "web",
					 .replicas = 1,
					 .shell = shell };
	one->service.given.directory = one->directory;
	one->up.settings = &one->settings;
	one->up.project = &one->project;
	one->up.jig = getenv("JIG");
	one->up.grace.signal = 15;
	assert_int_equal(uv_loop_init(&one->up.loop), 0);
	assert_int_equal(output_open(&nowhere, &one->up.output, &fault), 0);
	one->instance = instance_new(&one->up, &one->service, 1, note_end);
	assert_non_null(one->instance);
	return one;
}

static void tick(void *context)
{
	struct one *one = context;

	instance_look(one->instance);
}

static void run_once(struct one *one)
{
	assert_int_equal(alarm_set(&one->tick, &one->up.loop, 100000, tick,
				   one),
			 0);
	(void)uv_run(&one->up.loop, UV_RUN_ONCE);
}

/* Events until the instance is in that state, 30 s at most. */
static void wait_for(struct one *one, enum instance_state state)
{
	int64_t until = clock_in_us(30 * SECOND);

	while (one->instance->state != state) {
		if (clock_us() > until)
			fail_msg("it is '%s'",
				 instance_state_name(one->instance));
		run_once(one);
	}
}

static void close_one(struct one *one)
{
	assert_false(instance_is_running(one->instance));
	alarm_free(&one->tick);
	instance_free(one->instance);
	output_close(one->up.output, 0);
	(void)uv_run(&one->up.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&one->up.loop), 0);
	list_free(&one->service.argv);
	list_free(&one->service.success);
	list_free(&one->service.ready.probes);
	assert_int_equal(rmdir(one->directory), 0);
	free(one);
}

static void add_probe(struct one *one, const char *probe)
{
	assert_int_equal(list_append(&one->service.ready.probes, &probe,
				     sizeof(probe)),
			 0);
}

static void a_command_without_probes_is_ready_once_it_runs(void **state)
{
	struct one *one = open_one("sleep 1000");

	(void)state;
	instance_start(one->instance);
	assert_int_equal(one->instance->state, INSTANCE_STARTING);
	wait_for(one, INSTANCE_READY);
	assert_true(one->instance->was_executed && one->instance->was_ready);
	instance_stop(one->instance);
	assert_int_equal(one->instance->state, INSTANCE_STOPPING);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(ends, 1);
	assert_int_equal(one->instance->code, 143);
	close_one(one);
}

static void its_status_is_that_of_its_command(void **state)
{
	struct one *one = open_one("exit 3");
	int code = 3;

	(void)state;
	instance_start(one->instance);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(one->instance->code, 3);
	assert_true(instance_has_failed(one->instance));
	assert_int_equal(list_append(&one->service.success, &code,
				     sizeof(code)),
			 0);
	instance_start(one->instance);
	wait_for(one, INSTANCE_ENDED);
	assert_false(instance_has_failed(one->instance));
	assert_int_equal(ends, 2);
	close_one(one);
}

static void a_program_that_does_not_exist_is_an_end_with_127(void **state)
{
	static const char *const words[] = { "/nonexistent/program", NULL };
	struct one *one = open_one(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++)
		assert_int_equal(list_append(&one->service.argv, &words[i],
					     sizeof(words[i])),
				 0);
	instance_start(one->instance);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(ends, 1);
	assert_int_equal(one->instance->code, 127);
	assert_false(one->instance->was_executed);
	assert_true(*one->instance->problem);
	close_one(one);
}

static void it_is_not_ready_before_its_probe_succeeds(void **state)
{
	struct one *one = open_one("sleep 1000");
	char path[64], probe[80];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/up", one->directory);
	(void)snprintf(probe, sizeof(probe), "file:%s", path);
	add_probe(one, probe);
	instance_start(one->instance);
	while (!one->instance->was_executed)
		run_once(one);
	assert_int_equal(one->instance->state, INSTANCE_STARTING);
	assert_int_equal(mkdir(path, 0700), 0);
	wait_for(one, INSTANCE_READY);
	assert_int_equal(rmdir(path), 0);
	instance_stop(one->instance);
	wait_for(one, INSTANCE_ENDED);
	close_one(one);
}

static void a_start_that_takes_too_long_is_an_end(void **state)
{
	struct one *one = open_one("sleep 1000");

	(void)state;
	add_probe(one, "file:/nonexistent/file");
	one->service.start_timeout_us = SECOND / 5;
	instance_start(one->instance);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(one->instance->code, EXIT_JIG);
	assert_non_null(strstr(one->instance->problem, "/nonexistent/file"));
	assert_true(instance_has_failed(one->instance));
	close_one(one);
}

static void a_stop_without_a_fixture_takes_no_time(void **state)
{
	static const enum instance_state waiting[] = { INSTANCE_WAITING,
						       INSTANCE_BACKOFF };
	struct one *one = open_one("true");

	(void)state;
	for (size_t i = 0; i < COUNT(waiting); i++) {
		one->instance->state = waiting[i];
		instance_stop(one->instance);
		assert_int_equal(one->instance->state, INSTANCE_STOPPED);
	}
	assert_int_equal(ends, 0);
	close_one(one);
}

static void a_second_stop_does_not_wait_for_the_policy(void **state)
{
	struct one *one = open_one("trap '' TERM; while :; do sleep 0.1; done");

	(void)state;
	one->settings.grace_us = one->up.grace.wait_us = 3600 * SECOND;
	instance_start(one->instance);
	wait_for(one, INSTANCE_READY);
	instance_stop(one->instance);
	instance_stop(one->instance);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(ends, 1);
	close_one(one);
}

/* What a shutdown command has made. */
static void remove_down(const struct one *one)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/down", one->directory);
	assert_int_equal(rmdir(path), 0);
}

static void the_shutdown_command_comes_before_the_signals(void **state)
{
	/* Without a child: SIGTERM reaches also one that is made meanwhile. */
	struct one *one = open_one("trap 'test -d down && exit 7' TERM;"
				   "while :; do sleep 0.1; done");

	(void)state;
	one->service.shutdown.command = "mkdir down";
	instance_start(one->instance);
	wait_for(one, INSTANCE_READY);
	instance_stop(one->instance);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(one->instance->code, 7);
	assert_int_equal(ends, 1);
	remove_down(one);
	close_one(one);
}

static void a_shutdown_command_that_hangs_does_not_delay_the_stop(void **state)
{
	struct one *one = open_one("sleep 1000");

	(void)state;
	one->service.shutdown.command = "sleep 1000";
	one->service.shutdown.command_timeout_us = SECOND / 10;
	instance_start(one->instance);
	wait_for(one, INSTANCE_READY);
	instance_stop(one->instance);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(one->instance->code, 143);
	assert_int_equal(ends, 1);
	close_one(one);
}

static void a_daemon_is_stopped_by_its_shutdown_command(void **state)
{
	struct one *one = open_one("true");

	(void)state;
	one->service.shutdown.command = "mkdir down";
	one->instance->state = INSTANCE_LAUNCHED;
	instance_stop(one->instance);
	assert_int_equal(one->instance->state, INSTANCE_STOPPING);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(ends, 1);
	remove_down(one);
	close_one(one);
}

static void leftovers_are_counted(void **state)
{
	struct one *one = open_one("sleep 1000 & exit 0");

	(void)state;
	instance_start(one->instance);
	wait_for(one, INSTANCE_ENDED);
	assert_int_equal(one->instance->code, 0);
	assert_int_equal(one->instance->leftovers, 1);
	assert_int_equal(one->instance->survivors, 0);
	close_one(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_command_without_probes_is_ready_once_it_runs),
		cmocka_unit_test(its_status_is_that_of_its_command),
		cmocka_unit_test(
			a_program_that_does_not_exist_is_an_end_with_127),
		cmocka_unit_test(it_is_not_ready_before_its_probe_succeeds),
		cmocka_unit_test(a_start_that_takes_too_long_is_an_end),
		cmocka_unit_test(a_stop_without_a_fixture_takes_no_time),
		cmocka_unit_test(a_second_stop_does_not_wait_for_the_policy),
		cmocka_unit_test(the_shutdown_command_comes_before_the_signals),
		cmocka_unit_test(
			a_shutdown_command_that_hangs_does_not_delay_the_stop),
		cmocka_unit_test(a_daemon_is_stopped_by_its_shutdown_command),
		cmocka_unit_test(leftovers_are_counted),
	};

	return RUN(tests);
}
