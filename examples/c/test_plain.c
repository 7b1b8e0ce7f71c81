// SPDX-License-Identifier: MIT
/*
 * A test without a test library: its exit status says whether it has passed,
 * which is all that CTest and Meson want.
 *
 *     add_executable(test_plain test_plain.c)       # CMake
 *     target_link_libraries(test_plain jig)
 *     add_test(NAME pages COMMAND test_plain)
 *
 *     test('pages', executable('test_plain', 'test_plain.c',
 *          dependencies: dependency('libjig')))     # Meson
 *
 * With an argument it tests the server at that address, and starts none: so it
 * runs behind `jig run --with`, see test_client in meson.build.
 */
#include "http_get.h"
#include "jig_fixture.h"

static int test_pages(const char *address)
{
	int there = http_get(address, "/");
	int missing = http_get(address, "/none");

	if (there == 200 && missing == 404)
		return 0;
	fprintf(stderr, "%s: / gives %d, /none gives %d\n", address, there,
		missing);
	return 1;
}

int main(int argc, char **argv)
{
	struct jig *server;
	int status;

	if (argc > 1)
		return test_pages(argv[1]);
	server = jig_fixture_start(&(struct jig_command){
		.argv = (const char *[]){ "python3", "-m", "http.server",
					  "--bind", "127.0.0.1", "{port:web}",
					  NULL },
		.ports = (const char *[]){ "web", NULL },
		.ready = (const char *[]){ "http:{web}/", NULL },
	});
	status = test_pages(jig_address(server, "web"));
	jig_fixture_stop(server);
	return status;
}
