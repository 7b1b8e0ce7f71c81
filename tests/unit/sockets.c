// SPDX-License-Identifier: MIT
/* Promise: what is bound, reserved and removed (net/sockets.h). */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/sockets.h"

static int listen_at(const char *spec, struct name *name, struct fault *fault)
{
	int fd = -1, r = socket_listen(spec, name, &fd, fault);

	return r < 0 ? r : fd;
}

static void assert_listens(const char *spec, const char *prefix)
{
	struct name name;
	struct fault fault = { "" };
	int fd = listen_at(spec, &name, &fault), on = 0;
	socklen_t size = sizeof(on);
	char expected[160];

	if (fd < 0)
		fail_msg("%s: %s", spec, fault.text);
	assert_string_equal(name.name, "a");
	assert_true(name.port > 0);
	(void)snprintf(expected, sizeof(expected), "%s:%d", prefix, name.port);
	assert_string_equal(name.address, expected);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size),
			 0);
	assert_true(on);
	(void)close(fd);
}

static void every_form_listens(void **state)
{
	(void)state;
	assert_listens("a=0", "127.0.0.1");
	assert_listens("a=:0", "127.0.0.1");
	assert_listens("a=localhost:0", "127.0.0.1");
	assert_listens("a=127.0.0.1:0", "127.0.0.1");
	assert_listens("a=*:0", "127.0.0.1");
	assert_listens("a=0.0.0.0:0", "127.0.0.1");
	assert_listens("a=[::1]:0", "[::1]");
	assert_listens("a=[::]:0", "[::1]");
}

static void a_path_is_bound_and_removed(void **state)
{
	struct name name;
	struct fault fault = { "" };
	struct stat st;
	int fd = listen_at("a=unix:sockets.s", &name, &fault);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(name.port, 0);
	assert_string_equal(name.address, "sockets.s");
	/* A server listens on it: no other may remove it. */
	assert_int_equal(listen_at("b=unix:sockets.s", &name, &fault),
			 -EADDRINUSE);
	(void)close(fd);
	/* Stale now. */
	fd = listen_at("a=unix:sockets.s", &name, &fault);
	assert_true(fd >= 0);
	(void)close(fd);
	socket_remove(&name);
	assert_int_equal(stat("sockets.s", &st), -1);
}

static void a_used_port_is_refused(void **state)
{
	struct name name;
	struct fault fault = { "" };
	char spec[32];
	int fd = listen_at("a=:0", &name, &fault);

	(void)state;
	(void)snprintf(spec, sizeof(spec), "b=:%d", name.port);
	assert_int_equal(listen_at(spec, &name, &fault), -EADDRINUSE);
	assert_non_null(strstr(fault.text, "cannot listen at"));
	(void)close(fd);
}

static void bad_forms_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"a",
		"=:0",
		"a=",
		"a=x",
		"a=:",
		"a=:-1",
		"a=::1:0",
		"a=[::1:0",
		"a=::1]:0",
		"a=[]:0x",
		"a=unix:",
		"a b=:0",
		"1=:0",
		"a=x.org:0",
		"a=1.2.3:0",
		"a=[1.2.3.4:0",
	};
	struct name name;
	struct fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		fault.text[0] = '\0';
		if (listen_at(bad[i], &name, &fault) != -EINVAL ||
		    socket_check(bad[i], &fault) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
		assert_non_null(strstr(fault.text, "NAME="));
	}
	assert_int_equal(socket_check("a=:65536", &fault), -EINVAL);
	assert_non_null(strstr(fault.text, "a number from 0 (any) to 65535"));
	assert_int_equal(socket_check("a=[::1]:80", &fault), 0);
}

static void ports_are_reserved_until_closed(void **state)
{
	struct name names[64];
	int fds[64];
	struct fault fault = { "" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(socket_reserve_port("p", &names[i], &fds[i],
						     &fault),
				 0);
		assert_true(names[i].port >= 10000 && names[i].port <= 32000);
		assert_int_equal(names[i].fd, -1);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(names[i].port, names[j].port);
	}
	for (size_t i = 0; i < COUNT(names); i++)
		(void)close(fds[i]);
}

static void a_ports_name_is_checked(void **state)
{
	static const char *const bad[] = { "",	  "9",	     "a b", "a=",
					   "a=0", "a=65536", "a=x", "=80" };
	struct fault fault;
	struct name name;
	int fd = -1;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (socket_check_port(bad[i], &fault) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
		assert_int_equal(socket_reserve_port(bad[i], &name, &fd,
						     &fault),
				 -EINVAL);
	}
	assert_int_equal(socket_check_port("a", &fault), 0);
	assert_int_equal(socket_check_port("a=80", &fault), 0);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_listens),
		cmocka_unit_test(a_path_is_bound_and_removed),
		cmocka_unit_test(a_used_port_is_refused),
		cmocka_unit_test(bad_forms_are_refused),
		cmocka_unit_test(ports_are_reserved_until_closed),
		cmocka_unit_test(a_ports_name_is_checked),
	};

	return RUN(tests);
}
