// SPDX-License-Identifier: MIT
#include "unit.h"

#include <limits.h>
#include <stddef.h>

#include "probe.h"

static char folder[] = "/tmp/jig-unit-XXXXXX";
static char path[64], text[80];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/socket", folder);
	(void)snprintf(text, sizeof(text), "unix:%s", path);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static int bind_unix(const char *name)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				     strlen(name) + (name[0] != '@'));

	memcpy(un.sun_path, name, strlen(name));
	if (name[0] == '@')
		un.sun_path[0] = '\0';
	else
		(void)unlink(name);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, size), 0);
	return fd;
}

static int listen_unix(const char *name)
{
	int fd = bind_unix(name);

	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void a_socket_of_ours_is_ready(void **state)
{
	pid_t main = child_holder(listen_unix(path));
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text);

	(void)state;
	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
	child_end(main);
}

static void an_abstract_socket_of_ours_is_ready(void **state)
{
	char name[48], asked[64];

	(void)state;
	(void)snprintf(name, sizeof(name), "@jig-unit-%d", getpid());
	(void)snprintf(asked, sizeof(asked), "unix:%s", name);

	pid_t main = child_holder(listen_unix(name));
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(asked);

	assert_ready(&probe, &view);
	child_end(main);
	main = child_sleeper();
	view.main = main;
	assert_not_yet(&probe, &view, "no process listens on it");
	probe_close(&probe);
	view_close(&view);
	child_end(main);
}

/* EDGE_CASES 33. */
static void a_stale_socket_is_not_yet(void **state)
{
	int bound = bind_unix(path);
	pid_t main = child_sleeper();
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text);

	(void)state;
	assert_not_yet(&probe, &view,
		       "no process listens on it"); /* bound only */
	(void)close(bound);
	assert_not_yet(&probe, &view, "no process listens on it");
	assert_int_equal(unlink(path), 0);
	assert_not_yet(&probe, &view, "no such socket");
	probe_close(&probe);
	view_close(&view);
	child_end(main);
}

static void of_any_owner_a_foreign_socket_will_do(void **state)
{
	pid_t main = child_sleeper();
	int fd = listen_unix(path);
	struct probe_view view = view_of(main);
	char any[100];

	(void)state;
	(void)snprintf(any, sizeof(any), "%s owner=any", text);
	struct probe probe = probe_of(any);

	assert_ready(&probe, &view);
	/* A second question is a new one: no process listens any more. */
	(void)close(fd);
	probe.ops->again(&probe);
	assert_not_yet(&probe, &view, "Connection refused");
	probe_close(&probe);
	view_close(&view);
	child_end(main);
}

static void a_foreign_socket_is_named(void **state)
{
	pid_t foreigner = child_holder(listen_unix(path));
	pid_t main = child_sleeper();
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text);
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(look_until(&probe, &view, &fault), -EADDRINUSE);
	assert_non_null(strstr(fault.text, "none of this fixture"));
	probe_close(&probe);
	view_close(&view);
	child_end(foreigner);
	child_end(main);
}

/* A server may bind "socket" in its own directory. */
static void paths_may_be_relative_on_either_side(void **state)
{
	char before[PATH_MAX];
	struct probe probe = probe_of(text), relative = probe_of("unix:socket");

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(folder), 0);

	pid_t main = child_holder(listen_unix("socket"));
	struct probe_view view = view_of(main);

	assert_ready(&probe, &view);
	assert_ready(&relative, &view);
	child_end(main);
	main = child_holder(listen_unix(path));
	view.main = main;
	assert_ready(&relative, &view);
	probe_close(&probe);
	probe_close(&relative);
	view_close(&view);
	child_end(main);
	assert_int_equal(chdir(before), 0);
}

static void bad_paths_are_refused(void **state)
{
	char asked[256];

	(void)state;
	assert_refused("unix:", "names no path");
	assert_refused("unix", "names no path");
	assert_refused("unix:@", "names no path");
	assert_refused("unix:/a\nb", "newline");
	memset(asked, 'a', sizeof(asked));
	memcpy(asked, "unix:", 5);
	asked[255] = '\0';
	assert_refused(asked, "longer than the 107 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_of_ours_is_ready),
		cmocka_unit_test(an_abstract_socket_of_ours_is_ready),
		cmocka_unit_test(a_stale_socket_is_not_yet),
		cmocka_unit_test(of_any_owner_a_foreign_socket_will_do),
		cmocka_unit_test(a_foreign_socket_is_named),
		cmocka_unit_test(paths_may_be_relative_on_either_side),
		cmocka_unit_test(bad_paths_are_refused),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, make_folder,
					   remove_folder);
}
