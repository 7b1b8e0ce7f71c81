// SPDX-License-Identifier: MIT
#include "unit.h"

#include "probe.h"

/* A server of ours on @host, and what @format asks for. */
static void check_ready(const char *host, const char *format)
{
	uint16_t port = 0;
	int fd = listen_on(host, &port);
	pid_t server = child_holder(fd);
	struct probe_view view = view_of(server);
	struct probe probe = probe_of(text_of(format, port));

	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
	child_end(server);
}

static void main_that_listens_is_ready(void **state)
{
	(void)state;
	check_ready("127.0.0.1", "tcp:%u");
	check_ready("127.0.0.1", "tcp:127.0.0.1:%u");
	check_ready("0.0.0.0", "tcp:localhost:%u");
	check_ready("0.0.0.0", "tcp:127.0.0.1:%u");
}

/* EDGE_CASES 33. */
static void localhost_may_be_ipv6_only(void **state)
{
	(void)state;
	check_ready("::1", "tcp:localhost:%u");
	check_ready("::1", "tcp:%u");
	check_ready("::1", "tcp:[::1]:%u");
	check_ready("::", "tcp:127.0.0.1:%u");
	check_ready("::", "tcp:[::1]:%u");
	check_ready("::ffff:127.0.0.1", "tcp:127.0.0.1:%u");
	check_ready("::ffff:127.0.0.1", "tcp:%u");
}

static void a_member_that_listens_is_ready(void **state)
{
	uint16_t port = 0;
	pid_t main = child_sleeper();
	int fd = listen_on("127.0.0.1", &port);
	pid_t worker = child_holder(fd);
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("tcp:%u", port));

	(void)state;
	cage_add(worker);
	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
	child_end(worker);
	child_end(main);
}

/* EDGE_CASES 32. */
static void a_foreign_listener_is_named(void **state)
{
	uint16_t port = 0;
	pid_t main = child_sleeper();
	int fd = listen_on("127.0.0.1", &port);
	pid_t foreigner = child_holder(fd);
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("tcp:%u", port));
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(look_until(&probe, &view, &fault), -EADDRINUSE);
	assert_non_null(strstr(fault.text,
			       text_of("process %u (", (unsigned)foreigner)));
	assert_non_null(strstr(fault.text, "does not belong to this fixture"));
	probe_close(&probe);
	view_close(&view);
	child_end(foreigner);
	child_end(main);
}

/* A client that tries ::1 first would reach the foreign process. */
static void a_foreigner_on_the_other_loopback_is_named(void **state)
{
	uint16_t port = 0;
	int fd = listen_on("127.0.0.1", &port);
	pid_t main = child_holder(fd);
	pid_t foreigner = child_holder(listen_on("::1", &port));
	struct probe_view view = view_of(main);
	struct probe both = probe_of(text_of("tcp:%u", port));
	char text[32];
	struct fault fault = { "" };

	(void)state;
	(void)snprintf(text, sizeof(text), "tcp:127.0.0.1:%u", port);
	struct probe one = probe_of(text);

	assert_int_equal(look_until(&both, &view, &fault), -EADDRINUSE);
	assert_ready(&one, &view);
	probe_close(&both);
	probe_close(&one);
	view_close(&view);
	child_end(foreigner);
	child_end(main);
}

static void what_we_hold_ourselves_is_not_foreign(void **state)
{
	uint16_t port = 0;
	pid_t main = child_sleeper();
	int fd = listen_on("127.0.0.1", &port);
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("tcp:%u", port));

	(void)state;
	assert_not_yet(&probe, &view, "is not known");
	assert_not_yet(&probe, &view, "is not known");
	probe_close(&probe);
	view_close(&view);
	(void)close(fd);
	child_end(main);
}

static void a_shared_port_is_ready_when_ours_is_among_them(void **state)
{
	uint16_t port = 0;
	int fd = listen_on("127.0.0.1", &port);
	/* Both hold the same socket, as after a fork. */
	pid_t foreigner = child_sleeper(), main = child_holder(fd);
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("tcp:%u", port));

	(void)state;
	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
	child_end(foreigner);
	child_end(main);
}

static void no_listener_is_not_yet(void **state)
{
	uint16_t port = 0;
	int fd = listen_on("127.0.0.1", &port);
	pid_t main = child_sleeper();
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("tcp:%u", port));
	struct probe other = probe_of("tcp:[::1]:1");

	(void)state;
	(void)close(fd);
	child_end(main);
	main = child_sleeper();
	view.main = main;
	assert_not_yet(&probe, &view, "no process listens there");
	assert_not_yet(&other, &view, "no process listens there");
	probe_close(&probe);
	probe_close(&other);
	view_close(&view);
	child_end(main);
}

static void another_address_is_told(void **state)
{
	uint16_t port = 0;
	pid_t main = child_holder(listen_on("127.0.0.2", &port));
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("tcp:%u", port));

	(void)state;
	assert_not_yet(&probe, &view, "but one listens on 127.0.0.2");
	probe_close(&probe);
	view_close(&view);
	child_end(main);
}

static void a_dead_main_is_not_yet(void **state)
{
	uint16_t port = 0;
	pid_t main = child_sleeper();
	int fd = listen_on("127.0.0.1", &port);
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("tcp:%u", port));

	(void)state;
	child_end(main);
	assert_not_yet(&probe, &view, "has ended");
	probe_close(&probe);
	view_close(&view);
	(void)close(fd);
}

static void looks_leave_the_processor_alone(void **state)
{
	pid_t main = child_sleeper();
	struct probe_view view = view_of(main);
	struct probe probe = probe_of("tcp:[::1]:1");
	struct fault fault;

	(void)state;
	assert_int_equal(probe.ops->look(&probe, &view, &fault), 0);
	assert_true(probe.ops->interval_us(&probe) >= 5000);
	assert_true(probe.ops->interval_us(&probe) <= 1000000);
	probe_close(&probe);
	view_close(&view);
	child_end(main);
}

/* We do not belong to the fixture: as a process that holds a container's port.
 */
static void of_any_owner_a_foreign_listener_will_do(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	static const char *const forms[] = { "tcp:%u owner=any",
					     "tcp:localhost:%u   owner=any" };
	pid_t main = child_sleeper();
	struct probe_view view = view_of(main);

	(void)state;
	for (size_t i = 0; i < COUNT(hosts) * COUNT(forms); i++) {
		uint16_t port = 0;
		int fd = listen_on(hosts[i / 2], &port);
		struct probe probe = probe_of(text_of(forms[i % 2], port));

		assert_ready(&probe, &view);
		(void)close(fd);
		probe.ops->again(&probe);
		assert_not_yet(&probe, &view, "Connection refused");
		while (probe.ops->is_pending(&probe))
			assert_not_yet(&probe, &view, "refused");
		probe_close(&probe);
	}
	view_close(&view);
	child_end(main);
}

static void bad_ports_and_hosts_are_refused(void **state)
{
	(void)state;
	assert_refused("tcp:", "names no port");
	assert_refused("tcp:80 owner=me", "not owner=any");
	assert_refused("tcp:80 owner=any x", "not owner=any");
	assert_refused("tcp: owner=any", "names no port");
	assert_refused("tcp", "names no port");
	assert_refused("tcp:0", "not a port: 1 to 65535");
	assert_refused("tcp:65536", "not a port: 1 to 65535");
	assert_refused("tcp:-1", "neither an IP address nor localhost");
	assert_refused("tcp:localhost:", "not a port: 1 to 65535");
	assert_refused("tcp:127.0.0.1", "names no port");
	assert_refused("tcp:example.org:80", "neither an IP address");
	assert_refused("tcp:[::1:80", "HOST:PORT");
	assert_refused("tcp:[::1]80", "HOST:PORT");
	assert_refused("tcp:127.0.0.1:80x", "'80x' is not a port");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(main_that_listens_is_ready),
		cmocka_unit_test(localhost_may_be_ipv6_only),
		cmocka_unit_test(a_member_that_listens_is_ready),
		cmocka_unit_test(a_foreign_listener_is_named),
		cmocka_unit_test(a_foreigner_on_the_other_loopback_is_named),
		cmocka_unit_test(what_we_hold_ourselves_is_not_foreign),
		cmocka_unit_test(
			a_shared_port_is_ready_when_ours_is_among_them),
		cmocka_unit_test(no_listener_is_not_yet),
		cmocka_unit_test(another_address_is_told),
		cmocka_unit_test(a_dead_main_is_not_yet),
		cmocka_unit_test(looks_leave_the_processor_alone),
		cmocka_unit_test(of_any_owner_a_foreign_listener_will_do),
		cmocka_unit_test(bad_ports_and_hosts_are_refused),
	};

	return RUN(tests);
}
