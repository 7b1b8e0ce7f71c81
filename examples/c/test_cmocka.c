// SPDX-License-Identifier: MIT
/* A server for a group of tests with cmocka. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define JIG_FIXTURE_FAIL(text) fail_msg("%s", (text))
#include "http_get.h"
#include "jig_fixture.h"

static int set_up(void **state)
{
	*state = jig_fixture_start(&(struct jig_command){
		.argv = (const char *[]){ "python3", "-m", "http.server",
					  "--bind", "127.0.0.1", "{port:web}",
					  NULL },
		.ports = (const char *[]){ "web", NULL },
		.ready = (const char *[]){ "http:{web}/", NULL },
	});
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	jig_fixture_stop(*state);
	return 0;
}

static void a_page_is_there(void **state)
{
	assert_int_equal(http_get(jig_address(*state, "web"), "/"), 200);
}

static void a_missing_page_is_not(void **state)
{
	assert_int_equal(http_get(jig_address(*state, "web"), "/none"), 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_there),
		cmocka_unit_test(a_missing_page_is_not),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
