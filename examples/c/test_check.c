// SPDX-License-Identifier: MIT
/*
 * A server for each test with Check. Check forks for every test and kills the
 * child that takes too long: that ends the server too, since the child is its
 * owner.
 */
#include <check.h>

#define JIG_FIXTURE_FAIL(text) ck_abort_msg("%s", (text))
#include "http_get.h"
#include "jig_fixture.h"

static struct jig *server;

static void set_up(void)
{
	server = jig_fixture_start(&(struct jig_command){
		.argv = (const char *[]){ "python3", "-m", "http.server",
					  "--bind", "127.0.0.1", "{port:web}",
					  NULL },
		.ports = (const char *[]){ "web", NULL },
		.ready = (const char *[]){ "http:{web}/", NULL },
	});
}

static void tear_down(void)
{
	jig_fixture_stop(server);
}

START_TEST(a_page_is_there)
{
	ck_assert_int_eq(http_get(jig_address(server, "web"), "/"), 200);
}
END_TEST

START_TEST(a_missing_page_is_not)
{
	ck_assert_int_eq(http_get(jig_address(server, "web"), "/none"), 404);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("server");
	TCase *pages = tcase_create("pages");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(pages, set_up, tear_down);
	tcase_set_timeout(pages, 60);
	tcase_add_test(pages, a_page_is_there);
	tcase_add_test(pages, a_missing_page_is_not);
	suite_add_tcase(suite, pages);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
