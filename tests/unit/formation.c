// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "up/project/formation.h"

/* web depends on db, db on disk; off is disabled and depends on worker. */
static void make(struct project *project)
{
	static const struct {
		const char *name, *on;
	} rows[] = {
		{ "web", "db" },     { "worker", NULL }, { "db", "disk" },
		{ "off", "worker" }, { "disk", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct service service = { .name = rows[i].name,
					   .replicas = 1,
					   .port_index = (int)i };
		struct dependency on = { .name = rows[i].on };

		service.disabled = strcmp(rows[i].name, "off") == 0;
		if (on.name)
			assert_int_equal(list_append(&service.depends, &on,
						     sizeof(on)),
					 0);
		assert_int_equal(project_add(project, &service), 0);
	}
}

/* "web=1 worker=1 …": how many; '-' for what is disabled. */
static void assert_is(const struct project *project, const char *expected)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	for (size_t i = 0; i < project->services.count; i++) {
		const struct service *service = project_service(project, i);

		buffer_printf(&text, "%s%s=%u%s", i ? " " : "", service->name,
			      service->replicas, service->disabled ? "-" : "");
	}
	assert_string_equal(text.text, expected);
}

#define BEFORE "web=1 worker=1 db=1 off=1- disk=1"

static void numbers_are_set(void **state)
{
	static const struct {
		const char *text;
		bool exclusive;
		const char *expected;
	} rows[] = {
		{ "web=2", false, "web=2 worker=1 db=1 off=1- disk=1" },
		{ "web=2,worker=0", false,
		  "web=2 worker=0 db=1 off=1- disk=1" },
		{ " web = 2 , worker=3 ", false,
		  "web=2 worker=3 db=1 off=1- disk=1" },
		{ "web=2,web=3", false, "web=3 worker=1 db=1 off=1- disk=1" },
		{ "web=2", true, "web=2 worker=0 db=0 off=1- disk=0" },
		{ "all=1,web=2", true, "web=2 worker=1 db=1 off=1- disk=1" },
		{ "web=2,all=3", false, "web=2 worker=3 db=3 off=1- disk=3" },
		{ "all=0", true, "web=0 worker=0 db=0 off=1- disk=0" },
		{ "web=10000", false, "web=10000 worker=1 db=1 off=1- disk=1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(project_free) struct project project = { 0 };
		struct fault fault;

		make(&project);
		assert_int_equal(formation_apply(&project, rows[i].text,
						 rows[i].exclusive, &fault),
				 0);
		assert_is(&project, rows[i].expected);
	}
}

static void a_wrong_formation_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		int expected;
		const char *why;
	} rows[] = {
#define NOT_ONE " is not of the form NAME=N (at most 10000)"
		{ "", -EINVAL, "''" NOT_ONE },
		{ "web", -EINVAL, "'web'" NOT_ONE },
		{ "web=", -EINVAL, "'web='" NOT_ONE },
		{ "=2", -EINVAL, "'=2'" NOT_ONE },
		{ "web=-1", -EINVAL, "'web=-1'" NOT_ONE },
		{ "web=1x", -EINVAL, "'web=1x'" NOT_ONE },
		{ "web=1=2", -EINVAL, "'web=1=2'" NOT_ONE },
		{ "web=10001", -EINVAL, "'web=10001'" NOT_ONE },
		{ "web=99999999999999999999", -EINVAL,
		  "'web=99999999999999999999'" NOT_ONE },
		{ "worker=2,,web=2", -EINVAL, "''" NOT_ONE },
		{ "worker=2,web=2,", -EINVAL, "''" NOT_ONE },
		{ "worker=2,wroker=2", -ENOENT,
		  "no service 'wroker'; did you mean 'worker'?" },
		{ "all=3,zzzz=2", -ENOENT, "no service 'zzzz'" },
		{ "Web=2", -ENOENT, "no service 'Web'; did you mean 'web'?" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(project_free) struct project project = { 0 };
		struct fault fault = { "" };

		make(&project);
		int r = formation_apply(&project, rows[i].text, i % 2, &fault);

		if (r != rows[i].expected ||
		    strcmp(fault.text, rows[i].why) != 0)
			fail_msg("'%s': %d %s", rows[i].text, r, fault.text);
		assert_is(&project, BEFORE);
	}
}

static void assert_selects(const char *const *names, const char *expected)
{
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault;

	make(&project);
	assert_int_equal(formation_select(&project, names, false, &fault), 0);
	assert_is(&project, expected);
}

static void names_bring_what_they_depend_on(void **state)
{
	(void)state;
	assert_selects((const char *const[]){ NULL }, BEFORE);
	assert_selects((const char *const[]){ "web", NULL },
		       "web=1 worker=0 db=1 off=0- disk=1");
	assert_selects((const char *const[]){ "disk", "disk", NULL },
		       "web=0 worker=0 db=0 off=0- disk=1");
	assert_selects((const char *const[]){ "db", "worker", NULL },
		       "web=0 worker=1 db=1 off=0- disk=1");
}

static void what_is_disabled_runs_when_it_is_named(void **state)
{
	(void)state;
	assert_selects((const char *const[]){ "off", NULL },
		       "web=0 worker=1 db=0 off=1 disk=0");
}

static void a_wrong_name_selects_nothing(void **state)
{
	CLEANUP(project_free) struct project project = { 0 };
	const char *const names[] = { "web", "dissk", NULL };
	struct fault fault;

	(void)state;
	make(&project);
	assert_int_equal(formation_select(&project, names, false, &fault),
			 -ENOENT);
	assert_string_equal(fault.text,
			    "no service 'dissk'; did you mean 'disk'?");
	assert_is(&project, BEFORE);
}

static void names_are_left_out(void **state)
{
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault;

	(void)state;
	make(&project);
	assert_int_equal(formation_leave_out(&project, "web,wrker", &fault),
			 -ENOENT);
	assert_is(&project, BEFORE);
	assert_int_equal(formation_leave_out(&project, "web, worker", &fault),
			 0);
	assert_is(&project, "web=0 worker=0 db=1 off=1- disk=1");
}

static void the_first_that_says_a_port_is_believed(void **state)
{
	static const struct {
		const char *option, *file, *environment;
		unsigned expected; /* 0: an error */
	} rows[] = {
		{ NULL, NULL, NULL, 5000 },    { NULL, NULL, "80", 80 },
		{ NULL, "PORT=90", "80", 90 }, { "70", "PORT=90", "80", 70 },
		{ "1", NULL, NULL, 1 },	       { "65535", NULL, NULL, 65535 },
		{ NULL, "PORT=", "80", 80 },   { NULL, "PORTAL=7", "", 5000 },
		{ "0", NULL, NULL, 0 },	       { "65536", NULL, NULL, 0 },
		{ "", NULL, NULL, 0 },	       { "-1", NULL, NULL, 0 },
		{ "80x", NULL, NULL, 0 },      { NULL, "PORT=x", "80", 0 },
		{ NULL, NULL, "0", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(project_free) struct project project = { 0 };
		struct fault fault = { "" };
		unsigned port = 0;

		if (rows[i].file)
			assert_int_equal(list_append(&project.env,
						     &rows[i].file,
						     sizeof(char *)),
					 0);
		int r = formation_base_port(&project, rows[i].option,
					    rows[i].environment, &port, &fault);

		assert_int_equal(r, rows[i].expected ? 0 : -EINVAL);
		assert_int_equal(port, rows[i].expected);
		assert_int_equal(*fault.text != '\0', r < 0);
	}
}

static void ports_are_as_far_apart_as_asked(void **state)
{
	struct project project = { 0 };
	struct service first = { 0 }, second = { .port_index = 1 };
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(project_add(&project, &first), 0);
	assert_int_equal(project_add(&project, &second), 0);
	assert_int_equal(formation_space(&project, "10,3", &fault), 0);
	assert_int_equal(formation_port(5000, project_service(&project, 1), 2),
			 5013);
	assert_int_equal(formation_space(&project, "x", &fault), -EINVAL);
	assert_int_equal(formation_space(&project, "1,0", &fault), -EINVAL);
	assert_int_equal(formation_space(&project, "1,", &fault), -EINVAL);
	assert_int_equal(formation_space(&project, "0", &fault), 0);
	assert_int_equal(formation_port(5000, project_service(&project, 1), 1),
			 5000);
	project_free(&project);
}

static void ports_are_a_hundred_apart(void **state)
{
	const struct service first = { 0 }, third = { .port_index = 2 };

	(void)state;
	assert_int_equal(formation_port(5000, &first, 1), 5000);
	assert_int_equal(formation_port(5000, &first, 3), 5002);
	assert_int_equal(formation_port(5000, &third, 1), 5200);
	assert_int_equal(formation_port(5000, &third, 2), 5201);
	assert_int_equal(formation_port(65335, &third, 1), 65535);
	assert_int_equal(formation_port(65335, &third, 2), -ERANGE);
	assert_int_equal(formation_port(65535, &first, 10000), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_set),
		cmocka_unit_test(a_wrong_formation_changes_nothing),
		cmocka_unit_test(names_bring_what_they_depend_on),
		cmocka_unit_test(what_is_disabled_runs_when_it_is_named),
		cmocka_unit_test(a_wrong_name_selects_nothing),
		cmocka_unit_test(names_are_left_out),
		cmocka_unit_test(the_first_that_says_a_port_is_believed),
		cmocka_unit_test(ports_are_a_hundred_apart),
		cmocka_unit_test(ports_are_as_far_apart_as_asked),
	};

	return RUN(tests);
}
