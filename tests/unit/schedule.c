// SPDX-License-Identifier: MIT
/* Which instances start, stop and restart, and when; instances are only states
 * here: instance_start(), instance_stop() and instance_look() are replaced. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "up/engine/schedule.h"

#define SECOND INT64_C(1000000)

struct plan {
	struct up up;
	struct up_settings settings;
	struct project project;
};

static char calls[4096]; /* "+a -b ": what was started and stopped */
static int no_fixture; /* its address stands for one; never dereferenced */

static void record(char sign, const struct instance *instance)
{
	size_t used = strlen(calls);

	(void)snprintf(calls + used, sizeof(calls) - used, "%c%s ", sign,
		       instance->service->name);
}

void instance_start(struct instance *instance)
{
	record('+', instance);
	instance->state = INSTANCE_STARTING;
	instance->fixture = (struct jig *)&no_fixture;
	instance->started_us = clock_us();
	instance->was_started = instance->was_executed = true;
}

void instance_stop(struct instance *instance)
{
	if (!instance->fixture && instance->state != INSTANCE_LAUNCHED) {
		if (instance->state == INSTANCE_WAITING ||
		    instance->state == INSTANCE_BACKOFF)
			instance->state = INSTANCE_STOPPED;
		return;
	}
	record('-', instance);
	instance->state = INSTANCE_STOPPING;
}

void instance_look(struct instance *instance)
{
	(void)instance;
}

static void assert_calls(const char *expected)
{
	assert_string_equal(calls, expected);
	calls[0] = '\0';
}

static void become_ready(struct instance *instance)
{
	instance->state = INSTANCE_READY;
	instance->was_ready = true;
}

static void end(struct instance *instance, int code)
{
	instance->fixture = NULL;
	instance->code = code;
	instance->succeeded = code == 0;
	schedule_ended(instance);
}

static void add_service(struct project *project, char *word,
			enum condition condition)
{
	char *names = word, *name = strsep(&names, ":");
	struct service service = { .name = project_copy(project, name),
				   .replicas = 1 };

	while (names && (name = strsep(&names, ","))) {
		struct dependency on = { .name = project_copy(project, name),
					 .condition = condition };

		assert_int_equal(list_append(&service.depends, &on, sizeof(on)),
				 0);
	}
	assert_int_equal(project_add(project, &service), 0);
}

/* "a:b,c d": services, each with what it depends on. */
static struct plan *open_plan(const char *text, enum condition condition)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	struct output_settings nowhere = { .out = -1, .err = -1 };
	char *copy = strdup(text), *rest = copy, *word;
	struct fault fault;

	assert_non_null(plan);
	calls[0] = '\0';
	plan->settings.grace_us = -1;
	plan->up.settings = &plan->settings;
	plan->up.project = &plan->project;
	assert_int_equal(uv_loop_init(&plan->up.loop), 0);
	assert_int_equal(output_open(&nowhere, &plan->up.output, &fault), 0);
	while ((word = strsep(&rest, " ")))
		add_service(&plan->project, word, condition);
	free(copy);
	for (size_t i = 0; i < plan->project.services.count; i++) {
		struct instance *one =
			instance_new(&plan->up,
				     project_service(&plan->project, i), 1,
				     schedule_ended);

		assert_int_equal(list_append(&plan->up.instances, &one,
					     sizeof(struct instance *)),
				 0);
	}
	return plan;
}

static void close_plan(struct plan *plan)
{
	for (size_t i = 0; i < plan->up.instances.count; i++)
		instance_free(up_instance(&plan->up, i));
	list_free(&plan->up.instances);
	alarm_free(&plan->up.start_alarm);
	output_close(plan->up.output, 0);
	(void)uv_run(&plan->up.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&plan->up.loop), 0);
	project_free(&plan->project);
	free(plan);
}

static struct instance *at(struct plan *plan, size_t index)
{
	return up_instance(&plan->up, index);
}

static void start_all(struct plan *plan)
{
	for (size_t i = 0; i < plan->up.instances.count; i++)
		schedule_starts(&plan->up);
	for (size_t i = 0; i < plan->up.instances.count; i++)
		become_ready(at(plan, i));
	calls[0] = '\0';
}

/* ------------------------------------------------------------------- starts */

static void services_start_in_the_order_of_the_file(void **state)
{
	struct plan *plan = open_plan("c a b", CONDITION_STARTED);

	(void)state;
	schedule_starts(&plan->up);
	assert_calls("+c +a +b ");
	schedule_starts(&plan->up);
	assert_calls("");
	close_plan(plan);
}

static void a_service_starts_after_its_dependencies(void **state)
{
	struct plan *plan = open_plan("a:b b:c c", CONDITION_HEALTHY);

	(void)state;
	for (size_t i = 3; i > 0; i--) {
		schedule_starts(&plan->up);
		assert_true(at(plan, i - 1)->state == INSTANCE_STARTING);
		become_ready(at(plan, i - 1));
	}
	assert_calls("+c +b +a ");
	close_plan(plan);
}

static void the_next_start_waits_for_the_execution_of_the_one_before(
	void **state)
{
	struct plan *plan = open_plan("a b", CONDITION_STARTED);

	(void)state;
	at(plan, 0)->state = INSTANCE_STARTING; /* execve(2) hangs */
	at(plan, 0)->started_us = clock_us();
	assert_true(schedule_is_starting(&plan->up));
	schedule_starts(&plan->up);
	assert_calls("");
	/* … but for half a second at most. */
	at(plan, 0)->started_us = clock_us() - SECOND / 2;
	assert_false(schedule_is_starting(&plan->up));
	schedule_starts(&plan->up);
	assert_calls("+b ");
	close_plan(plan);
}

static void a_dependency_that_cannot_be_met_skips_the_service(void **state)
{
	struct plan *plan = open_plan("a:b b", CONDITION_SUCCEEDED);

	(void)state;
	schedule_starts(&plan->up);
	end(at(plan, 1), 1);
	schedule_starts(&plan->up);
	assert_calls("+b ");
	assert_int_equal(at(plan, 0)->state, INSTANCE_SKIPPED);
	assert_true(instance_has_failed(at(plan, 0)));
	assert_non_null(strstr(at(plan, 0)->problem, "b"));
	assert_false(plan->up.stopping);
	close_plan(plan);
}

static void a_skipped_service_ends_all_if_the_file_says_so(void **state)
{
	struct plan *plan = open_plan("a:b b", CONDITION_SUCCEEDED);

	(void)state;
	project_service(&plan->project, 0)->availability.exit_on_skipped = true;
	schedule_starts(&plan->up);
	end(at(plan, 1), 1);
	schedule_starts(&plan->up);
	assert_true(plan->up.stopping);
	assert_int_equal(plan->up.status, 1);
	close_plan(plan);
}

/* -------------------------------------------------------------------- stops */

static void a_service_stops_before_its_dependencies(void **state)
{
	struct plan *plan = open_plan("c a:b b:c", CONDITION_STARTED);

	(void)state;
	start_all(plan);
	up_stop(&plan->up, 0);
	schedule_stops(&plan->up);
	schedule_stops(&plan->up);
	assert_calls("-a ");
	end(at(plan, 1), 0);
	schedule_stops(&plan->up);
	assert_calls("-b ");
	end(at(plan, 2), 0);
	schedule_stops(&plan->up);
	assert_calls("-c ");
	close_plan(plan);
}

static void services_without_an_order_stop_together(void **state)
{
	struct plan *plan = open_plan("a b c", CONDITION_STARTED);

	(void)state;
	start_all(plan);
	up_stop(&plan->up, 0);
	schedule_stops(&plan->up);
	assert_calls("-c -b -a ");
	close_plan(plan);
}

static void an_ordered_shutdown_stops_one_at_a_time_from_the_last(void **state)
{
	struct plan *plan = open_plan("a b c", CONDITION_STARTED);

	(void)state;
	plan->project.ordered_shutdown = true;
	start_all(plan);
	up_stop(&plan->up, 0);
	for (size_t i = 3; i > 0; i--) {
		schedule_stops(&plan->up);
		schedule_stops(&plan->up);
		end(at(plan, i - 1), 0);
	}
	assert_calls("-c -b -a ");
	close_plan(plan);
}

static void a_hurried_stop_has_no_order(void **state)
{
	struct plan *plan = open_plan("c a:b b:c", CONDITION_STARTED);

	(void)state;
	plan->project.ordered_shutdown = true;
	start_all(plan);
	up_stop(&plan->up, 0);
	plan->up.hurried = true;
	schedule_stops(&plan->up);
	assert_calls("-b -a -c ");
	close_plan(plan);
}

static void nothing_starts_in_a_stop(void **state)
{
	struct plan *plan = open_plan("a b", CONDITION_STARTED);

	(void)state;
	at(plan, 1)->state = INSTANCE_BACKOFF;
	up_stop(&plan->up, 0);
	schedule_starts(&plan->up);
	schedule_stops(&plan->up);
	assert_calls("");
	assert_int_equal(at(plan, 0)->state, INSTANCE_STOPPED);
	assert_int_equal(at(plan, 1)->state, INSTANCE_STOPPED);
	assert_true(schedule_is_over(&plan->up));
	close_plan(plan);
}

/* Dependencies point to later services only, so they have no circle. */
static void random_project(char *text, size_t size, unsigned count)
{
	size_t used = 0;

	for (unsigned i = 0; i < count; i++) {
		char mark = ':';

		used += (size_t)snprintf(text + used, size - used, "%ss%u",
					 i ? " " : "", i);
		for (unsigned k = i + 1; k < count; k++) {
			if (rand() % 3 != 0)
				continue;
			used += (size_t)snprintf(text + used, size - used,
						 "%cs%u", mark, k);
			mark = ',';
		}
	}
}

static void random_state(struct instance *instance)
{
	static const enum instance_state states[] = {
		INSTANCE_WAITING,  INSTANCE_STARTING, INSTANCE_READY,
		INSTANCE_STOPPING, INSTANCE_BACKOFF,  INSTANCE_LAUNCHED,
		INSTANCE_ENDED,	   INSTANCE_STOPPED,  INSTANCE_SKIPPED,
		INSTANCE_DISABLED,
	};

	instance->state = states[(size_t)rand() % COUNT(states)];
	if (instance->state == INSTANCE_STARTING ||
	    instance->state == INSTANCE_READY ||
	    instance->state == INSTANCE_STOPPING)
		instance->fixture = (struct jig *)&no_fixture;
	instance->was_executed = true;
}

/* Each round ends what stops. In each at least one stop must be under way. */
static void assert_stop_goes_on(struct plan *plan)
{
	size_t count = plan->up.instances.count;

	up_stop(&plan->up, 0);
	for (size_t round = 0; !schedule_is_over(&plan->up); round++) {
		assert_true(round <= count);
		schedule_stops(&plan->up);
		for (size_t i = 0; i < count; i++)
			if (at(plan, i)->state == INSTANCE_STOPPING)
				end(at(plan, i), 143);
	}
}

static void a_stop_ends_whatever_the_order(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 300; i++) {
		char text[1024];
		struct plan *plan;

		random_project(text, sizeof(text), 1 + (unsigned)rand() % 8);
		plan = open_plan(text, CONDITION_STARTED);
		plan->project.ordered_shutdown = i % 2 == 0;
		for (size_t k = 0; k < plan->up.instances.count; k++)
			random_state(at(plan, k));
		assert_stop_goes_on(plan);
		close_plan(plan);
	}
}

/* --------------------------------------------------------------------- ends */

static struct plan *open_restarting(enum restart restart)
{
	struct plan *plan = open_plan("a b", CONDITION_STARTED);

	project_service(&plan->project, 0)->availability.restart = restart;
	start_all(plan);
	return plan;
}

static void fail_again(struct plan *plan)
{
	at(plan, 0)->state = INSTANCE_READY;
	end(at(plan, 0), 1);
}

static void the_back_off_doubles_up_to_its_limit(void **state)
{
	struct plan *plan = open_restarting(RESTART_ON_FAILURE);
	static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60 };

	(void)state;
	for (size_t i = 0; i < COUNT(seconds); i++) {
		fail_again(plan);
		assert_int_equal(at(plan, 0)->state, INSTANCE_BACKOFF);
		assert_true(at(plan, 0)->backoff_us == seconds[i] * SECOND);
	}
	assert_int_equal(at(plan, 0)->restarts_ever, COUNT(seconds));
	close_plan(plan);
}

static void a_back_off_in_the_file_may_exceed_the_usual_limit(void **state)
{
	struct plan *plan = open_restarting(RESTART_ALWAYS);
	struct service *service = project_service(&plan->project, 0);

	(void)state;
	service->availability.backoff_us = 90 * SECOND;
	fail_again(plan);
	fail_again(plan);
	assert_true(at(plan, 0)->backoff_us == 90 * SECOND);
	service->availability.backoff_us = INT64_MAX / 2 + 1;
	service->availability.backoff_max_us = INT64_MAX;
	fail_again(plan);
	assert_true(at(plan, 0)->backoff_us == INT64_MAX);
	close_plan(plan);
}

static void a_minute_of_life_resets_the_back_off(void **state)
{
	struct plan *plan = open_restarting(RESTART_ON_FAILURE);

	(void)state;
	fail_again(plan);
	fail_again(plan);
	at(plan, 0)->started_us = clock_us() - 60 * SECOND;
	fail_again(plan);
	assert_true(at(plan, 0)->backoff_us == SECOND);
	close_plan(plan);
}

static void it_starts_again_after_the_back_off(void **state)
{
	struct plan *plan = open_restarting(RESTART_ON_FAILURE);

	(void)state;
	project_service(&plan->project, 0)->availability.backoff_us = 1000;
	fail_again(plan);
	while (at(plan, 0)->state == INSTANCE_BACKOFF)
		(void)uv_run(&plan->up.loop, UV_RUN_ONCE);
	schedule_starts(&plan->up);
	assert_calls("+a ");
	close_plan(plan);
}

static void success_is_no_reason_to_restart_on_failure(void **state)
{
	struct plan *plan = open_restarting(RESTART_ON_FAILURE);

	(void)state;
	end(at(plan, 0), 0);
	assert_int_equal(at(plan, 0)->state, INSTANCE_ENDED);
	close_plan(plan);
}

static void restarts_have_a_limit(void **state)
{
	struct plan *plan = open_restarting(RESTART_ALWAYS);

	(void)state;
	plan->settings.max_restarts = 2;
	fail_again(plan);
	fail_again(plan);
	fail_again(plan);
	assert_int_equal(at(plan, 0)->state, INSTANCE_ENDED);
	assert_int_equal(at(plan, 0)->restarts_ever, 2);
	close_plan(plan);
}

static void a_stop_ends_restarts(void **state)
{
	struct plan *plan = open_restarting(RESTART_ALWAYS);

	(void)state;
	up_stop(&plan->up, 0);
	fail_again(plan);
	assert_int_equal(at(plan, 0)->state, INSTANCE_STOPPED);
	close_plan(plan);
}

static void a_requested_restart_needs_no_policy(void **state)
{
	struct plan *plan = open_restarting(RESTART_NO);

	(void)state;
	at(plan, 0)->restarts_at_end = true;
	at(plan, 0)->state = INSTANCE_STOPPING;
	end(at(plan, 0), 143);
	assert_int_equal(at(plan, 0)->state, INSTANCE_WAITING);
	assert_false(at(plan, 0)->restarts_at_end);
	close_plan(plan);
}

static void a_daemon_lives_on_after_its_command(void **state)
{
	struct plan *plan = open_restarting(RESTART_ALWAYS);

	(void)state;
	project_service(&plan->project, 0)->is_daemon = true;
	end(at(plan, 0), 0);
	assert_int_equal(at(plan, 0)->state, INSTANCE_LAUNCHED);
	assert_true(instance_is_alive(at(plan, 0)));
	close_plan(plan);
}

static void the_first_end_ends_all_with_its_status(void **state)
{
	struct plan *plan = open_plan("a b", CONDITION_STARTED);

	(void)state;
	plan->project.ending = ENDING_FIRST;
	start_all(plan);
	end(at(plan, 1), 3);
	assert_true(plan->up.stopping);
	end(at(plan, 0), 4);
	assert_int_equal(plan->up.status, 3);
	assert_true(schedule_is_over(&plan->up));
	close_plan(plan);
}

static void only_a_failure_ends_all_on_failure(void **state)
{
	struct plan *plan = open_plan("a b c", CONDITION_STARTED);

	(void)state;
	plan->project.ending = ENDING_ON_FAILURE;
	start_all(plan);
	end(at(plan, 0), 0);
	assert_false(plan->up.stopping);
	end(at(plan, 1), 5);
	assert_true(plan->up.stopping);
	assert_int_equal(plan->up.status, 5);
	close_plan(plan);
}

static void a_run_is_over_when_all_have_ended(void **state)
{
	struct plan *plan = open_plan("a b", CONDITION_STARTED);

	(void)state;
	plan->project.ending = ENDING_ANY_CAN_DIE;
	start_all(plan);
	end(at(plan, 0), 0);
	assert_false(schedule_is_over(&plan->up));
	end(at(plan, 1), 0);
	assert_true(schedule_is_over(&plan->up));
	/* `jig stop` is not an end: the service may be started again. */
	at(plan, 0)->state = INSTANCE_STOPPED;
	assert_false(schedule_is_over(&plan->up));
	at(plan, 0)->state = INSTANCE_ENDED;
	plan->project.ending = ENDING_KEEP_GOING;
	assert_false(schedule_is_over(&plan->up));
	close_plan(plan);
}

static void one_that_was_scaled_to_zero_keeps_it_running(void **state)
{
	struct plan *plan = open_plan("a b", CONDITION_STARTED);
	struct service *service = project_service(&plan->project, 1);

	(void)state;
	plan->project.ending = ENDING_ANY_CAN_DIE;
	service->given.replicas = 1;
	service->replicas = 0;
	start_all(plan);
	end(at(plan, 0), 0);
	end(at(plan, 1), 0);
	assert_false(schedule_is_over(&plan->up));
	service->replicas = 1;
	assert_true(schedule_is_over(&plan->up));
	service->replicas = 0;
	up_stop(&plan->up, 0);
	assert_true(schedule_is_over(&plan->up));
	/* It was not started: -c b=0. */
	plan->up.stopping = false;
	service->given.replicas = 0;
	assert_true(schedule_is_over(&plan->up));
	close_plan(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_start_in_the_order_of_the_file),
		cmocka_unit_test(a_service_starts_after_its_dependencies),
		cmocka_unit_test(
			the_next_start_waits_for_the_execution_of_the_one_before),
		cmocka_unit_test(
			a_dependency_that_cannot_be_met_skips_the_service),
		cmocka_unit_test(
			a_skipped_service_ends_all_if_the_file_says_so),
		cmocka_unit_test(a_service_stops_before_its_dependencies),
		cmocka_unit_test(services_without_an_order_stop_together),
		cmocka_unit_test(
			an_ordered_shutdown_stops_one_at_a_time_from_the_last),
		cmocka_unit_test(a_hurried_stop_has_no_order),
		cmocka_unit_test(nothing_starts_in_a_stop),
		cmocka_unit_test(a_stop_ends_whatever_the_order),
		cmocka_unit_test(the_back_off_doubles_up_to_its_limit),
		cmocka_unit_test(
			a_back_off_in_the_file_may_exceed_the_usual_limit),
		cmocka_unit_test(a_minute_of_life_resets_the_back_off),
		cmocka_unit_test(it_starts_again_after_the_back_off),
		cmocka_unit_test(success_is_no_reason_to_restart_on_failure),
		cmocka_unit_test(restarts_have_a_limit),
		cmocka_unit_test(a_stop_ends_restarts),
		cmocka_unit_test(a_requested_restart_needs_no_policy),
		cmocka_unit_test(a_daemon_lives_on_after_its_command),
		cmocka_unit_test(the_first_end_ends_all_with_its_status),
		cmocka_unit_test(only_a_failure_ends_all_on_failure),
		cmocka_unit_test(a_run_is_over_when_all_have_ended),
		cmocka_unit_test(one_that_was_scaled_to_zero_keeps_it_running),
	};

	return RUN(tests);
}
