// SPDX-License-Identifier: MIT
/* The table of a service's properties: what it writes it reads, and what
 * differs is found. tests/integration/repository/test_properties.py proves that
 * no property lacks a row. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "up/project/field.h"
#include "up/project/given.h"

static void add_text(struct project *project, struct list *list,
		     const char *text)
{
	const char *copy = project_copy(project, text);

	assert_non_null(copy);
	assert_int_equal(list_append(list, (void *)&copy, sizeof(copy)), 0);
}

/* A service with each kind of a property, and one with none. */
static void make(struct project *project)
{
	struct dependency on = { .name = "db", .condition = CONDITION_HEALTHY };
	struct jig_step step = { .signal = 2, .wait_us = 3000000 };
	struct service web = { .name = "web",
			       .shell = "run",
			       .replicas = 2,
			       .line = 7,
			       .port_index = 1 };
	struct service db = { .name = "db", .is_tty = true, .replicas = 1 };
	struct fault fault;
	int status = 3;

	*project = (struct project){ .name = "shop",
				     .file = "/x/Procfile",
				     .directory = "/x",
				     .has_ports = true,
				     .ending = ENDING_FIRST };
	add_text(project, &project->env, "A=1");
	add_text(project, &web.env, "B=2");
	add_text(project, &web.ready.probes, "tcp:1");
	add_text(project, &web.namespaces, "n");
	web.availability.backoff_us = 5;
	web.timetable.cron.days = UINT64_C(1) << 40;
	web.log.path = "/x/log";
	assert_int_equal(list_append(&web.depends, &on, sizeof(on)), 0);
	assert_int_equal(list_append(&web.shutdown.steps, &step, sizeof(step)),
			 0);
	assert_int_equal(list_append(&web.success, &status, sizeof(status)), 0);
	assert_int_equal(project_add(project, &db), 0);
	assert_int_equal(project_add(project, &web), 0);
	assert_int_equal(project_settle(project, "5000", &fault), 0);
}

static int copy(const struct project *from, struct project *ret)
{
	CLEANUP(buffer_free) struct buffer bytes = { 0 };

	field_write(from, NULL, NULL, &bytes);
	assert_int_equal(bytes.error, 0);
	return field_read(bytes.text, bytes.used, ret);
}

static void assert_differs(const struct service *old, const struct service *new,
			   const char *expected)
{
	CLEANUP(list_free_texts) struct list why = { 0 };
	CLEANUP(buffer_free) struct buffer text = { 0 };

	assert_int_equal(field_compare(old, new, &why), 0);
	buffer_add(&text, "", 0);
	for (size_t i = 0; i < why.count; i++)
		buffer_printf(&text, "%s%s", i ? ", " : "",
			      *(char **)list_at(&why, i, sizeof(char *)));
	assert_string_equal(text.text ? text.text : "", expected);
}

static void what_was_written_is_read(void **state)
{
	CLEANUP(project_free) struct project one = { 0 };
	CLEANUP(project_free) struct project other = { 0 };
	CLEANUP(buffer_free) struct buffer first = { 0 };
	CLEANUP(buffer_free) struct buffer second = { 0 };

	(void)state;
	make(&one);
	assert_int_equal(copy(&one, &other), 0);
	field_write(&one, NULL, NULL, &first);
	field_write(&other, NULL, NULL, &second);
	assert_int_equal(first.used, second.used);
	assert_memory_equal(first.text, second.text, first.used);

	const struct service *web = project_find(&other, "web");

	assert_string_equal(web->shell, "run");
	assert_string_equal(*(char **)web->given.env.items, "A=1");
	assert_int_equal(service_port(web, 2), 5101);
	assert_int_equal(((struct jig_step *)web->shutdown.steps.items)->signal,
			 2);
	assert_differs(project_find(&one, "web"), web, "");
}

static void half_of_it_is_refused(void **state)
{
	CLEANUP(project_free) struct project one = { 0 };
	CLEANUP(buffer_free) struct buffer bytes = { 0 };

	(void)state;
	make(&one);
	field_write(&one, NULL, NULL, &bytes);
	for (size_t size = 0; size < bytes.used; size++) {
		CLEANUP(project_free) struct project other = { 0 };

		assert_int_equal(field_read(bytes.text, size, &other),
				 -EBADMSG);
	}
}

static void each_kind_of_difference_is_named_once(void **state)
{
	CLEANUP(project_free) struct project one = { 0 };
	CLEANUP(project_free) struct project other = { 0 };

	(void)state;
	make(&one);
	assert_int_equal(copy(&one, &other), 0);

	const struct service *old = project_find(&one, "web");
	struct service *new = project_find(&other, "web");

	new->line = 9;
	new->description = "a text without effect";
	new->replicas = 3;
	assert_differs(old, new, "");
	new->ready.period_us = new->ready.delay_us = 4;
	assert_differs(old, new, "readiness_probe/ready");
	new->timetable.cron.any_day = true;
	((struct jig_step *)new->shutdown.steps.items)->wait_us++;
	((struct dependency *)new->depends.items)->condition =
		CONDITION_STARTED;
	*(int *)new->success.items = 4;
	new->log.path = NULL;
	assert_differs(old, new,
		       "depends_on, readiness_probe/ready, schedule, "
		       "shutdown/stop, "
		       "success_exit_codes, log_location");
}

static void variables_are_named_without_their_values(void **state)
{
	CLEANUP(project_free) struct project one = { 0 };
	CLEANUP(project_free) struct project other = { 0 };

	(void)state;
	make(&one);
	assert_int_equal(copy(&one, &other), 0);

	struct service *new = project_find(&other, "web");

	*(char **)new->given.env.items = "A=secret";
	*(char **)new->env.items = "C=secret";
	new->port_index = 2;
	assert_differs(project_find(&one, "web"), new,
		       "variable A, variable C is new, variable B is gone, "
		       "PORT 5100 becomes 5200");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(half_of_it_is_refused),
		cmocka_unit_test(each_kind_of_difference_is_named_once),
		cmocka_unit_test(variables_are_named_without_their_values),
	};

	return RUN(tests);
}
