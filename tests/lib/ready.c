// SPDX-License-Identifier: MIT
/*
 * Promise: what jig.h says of readiness, of named sockets and ports, and of
 * captured output.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "lib.h"

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* A shell line whose output is kept. */
static struct jig_command captured(const char *line)
{
	struct jig_command command = SHELL(line);

	command.out.kind = JIG_STDIO_CAPTURE;
	command.err.kind = JIG_STDIO_CAPTURE;
	return command;
}

/* Wait until poll(2) shows news of it. */
static bool has_news(struct jig *fixture)
{
	struct pollfd one = { .fd = jig_fd(fixture), .events = POLLIN };

	return poll(&one, 1, DEADLINE_MS) == 1;
}

/* The guard: we have no other child. */
static pid_t only_child(void)
{
	struct jig_process *all;
	size_t count;
	pid_t found = 0;

	assert_int_equal(jig_list(&all, &count, sizeof(*all)), 0);
	for (size_t i = 0; i < count; i++)
		if (all[i].ppid == getpid())
			found = all[i].pid;
	free(all);
	assert_true(found > 0);
	return found;
}

/* The last @lines are @expected. */
static void assert_tail(struct jig *fixture, unsigned lines,
			const char *expected)
{
	char *tail = NULL;
	ssize_t n = jig_tail(fixture, lines, &tail);

	assert_int_equal(n, strlen(expected));
	assert_string_equal(tail, expected);
	free(tail);
}

static void without_a_probe_it_is_ready_at_once(void **state)
{
	struct jig *fixture = start(SHELL("exec sleep 600"));

	(void)state;
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	assert_int_equal(jig_wait_ready(fixture, 0), 0);
	assert_true(jig_ready_us(fixture) >= 0);
	assert_string_equal(jig_problem(fixture), "");
	jig_free(fixture);
}

static void waiting_has_a_limit_and_a_reason(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");

	(void)state;
	command.ready = LIST("file:/nowhere/ready");
	struct jig *fixture = start(command);

	assert_int_equal(jig_wait_ready(fixture, 0), -ETIMEDOUT);
	/* The reason may have come with the start: then it is no news. */
	while (!*jig_problem(fixture)) {
		assert_true(has_news(fixture));
		assert_int_equal(jig_wait_ready(fixture, 0), -ETIMEDOUT);
	}
	assert_int_equal(jig_wait_ready(fixture, 20), -ETIMEDOUT);
	assert_int_equal(jig_ready_us(fixture), -1);
	assert_string_equal(jig_problem(fixture),
			    "file:/nowhere/ready: it does not exist");
	jig_free(fixture);
}

static void an_event_loop_sees_that_it_is_ready(void **state)
{
	struct jig_command command =
		captured("read x; echo up on 80; exec sleep 600");
	int in;

	(void)state;
	command.in.kind = JIG_STDIO_PIPE;
	command.ready = LIST("log:^up on (?P<port>[0-9]+)( never)?");
	struct jig *fixture = start(command);

	in = jig_take_pipe(fixture, 0);
	assert_null(jig_match(fixture, "port"));
	assert_int_equal(write(in, "\n", 1), 1);
	while (jig_wait_ready(fixture, 0) == -ETIMEDOUT)
		assert_true(has_news(fixture));
	assert_int_equal(jig_wait_ready(fixture, 0), 0);
	assert_string_equal(jig_match(fixture, "port"), "80");
	assert_string_equal(jig_match(fixture, "1"), "80");
	assert_null(jig_match(fixture, "2"));
	assert_null(jig_match(fixture, "por"));
	assert_null(jig_match(fixture, ""));
	assert_true(jig_ready_us(fixture) > 0);
	(void)close(in);
	jig_free(fixture);
}

/* EDGE_CASES 31. */
static void a_death_before_is_an_error_at_once(void **state)
{
	struct jig_command command = captured("echo oh no; exit 3");
	int code = 0;

	(void)state;
	command.ready = LIST("tcp:1");
	struct jig *fixture = start(command);

	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), -ECHILD);
	assert_int_equal(jig_wait_ready(fixture, -1), -ECHILD);
	assert_non_null(
		strstr(jig_problem(fixture), "it exited with status 3 after"));
	assert_non_null(strstr(jig_problem(fixture), "waiting for tcp:1"));
	assert_tail(fixture, 0, "oh no\n");
	assert_int_equal(jig_wait(fixture, DEADLINE_MS, &code), 0);
	assert_int_equal(code, 3);
	jig_free(fixture);
}

static void its_time_is_over(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");

	(void)state;
	command.ready = LIST("notify");
	command.start_timeout_us = 500000;
	struct jig *fixture = start(command);

	assert_int_equal(jig_wait_ready(fixture, -1), -ETIME);
	assert_non_null(
		strstr(jig_problem(fixture), "no READY=1 has come yet"));
	assert_int_equal(code_of(fixture), 128 + SIGTERM);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_UNREADY);
	jig_free(fixture);
}

static void a_stop_before_is_told(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");

	(void)state;
	command.ready = LIST("notify");
	command.start_timeout_us = -1;
	struct jig *fixture = start(command);

	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), -ECHILD);
	assert_non_null(strstr(jig_problem(fixture), "stopped before"));
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_STOP);
	jig_free(fixture);
}

/* EDGE_CASES 32. */
static void a_foreigner_is_an_error(void **state)
{
	struct jig_command command = SHELL("exec sleep 600");
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char probe[32];

	(void)state;
	assert_int_equal(bind(fd, (void *)&at, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &size), 0);
	(void)snprintf(probe, sizeof(probe), "tcp:%d", ntohs(at.sin_port));
	command.ready = LIST(probe);
	struct jig *fixture = start(command);

	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), -EADDRINUSE);
	assert_non_null(strstr(jig_problem(fixture),
			       "does not belong to this fixture"));
	jig_free(fixture);
	(void)close(fd);
}

/* The usual case: the server cannot bind, and gives up at once. */
static void a_foreigner_is_named_though_the_command_ends(void **state)
{
	struct jig_command command = SHELL("exit 1");
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char probe[64], named[64];

	(void)state;
	assert_int_equal(bind(fd, (void *)&at, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)&at, &size), 0);
	(void)snprintf(named, sizeof(named), "process %d (", getpid());
	for (int any = 0; any <= 1; any++) {
		(void)snprintf(probe, sizeof(probe), "http:127.0.0.1:%d/%s",
			       ntohs(at.sin_port), any ? " owner=any" : "");
		command.ready = LIST(probe);
		struct jig *fixture = start(command);

		assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS),
				 any ? -ECHILD : -EADDRINUSE);
		assert_non_null(strstr(jig_problem(fixture), named));
		assert_non_null(strstr(jig_problem(fixture), "status 1"));
		jig_free(fixture);
	}
	(void)close(fd);
}

static void sockets_and_ports_have_names(void **state)
{
	struct jig_command command =
		captured("echo {web} {port:web} {fd:web} $OWN_PORT $ADDED; "
			 "exec sleep 600");
	char expected[128], path[64], no[80];

	(void)state;
	/* The same test may run twice at once, see meson.build. */
	(void)snprintf(path, sizeof(path), "ready-%d.s", getpid());
	(void)snprintf(no, sizeof(no), "no=unix:%s", path);
	command.listen = LIST("web=127.0.0.1:0", "v6=[::1]:0", no);
	command.ports = LIST("own");
	command.env = LIST("ADDED={port:own}");
	command.ready = LIST("log:{web}");
	struct jig *fixture = start(command);

	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	(void)snprintf(expected, sizeof(expected), "127.0.0.1:%d",
		       jig_port(fixture, "web"));
	assert_string_equal(jig_address(fixture, "web"), expected);
	(void)snprintf(expected, sizeof(expected), "[::1]:%d",
		       jig_port(fixture, "v6"));
	assert_string_equal(jig_address(fixture, "v6"), expected);
	assert_string_equal(jig_address(fixture, "no"), path);
	assert_int_equal(jig_port(fixture, "no"), -ENOENT);
	assert_int_equal(jig_port(fixture, "we"), -ENOENT);
	assert_null(jig_address(fixture, "webs"));
	(void)snprintf(expected, sizeof(expected), "%s %d 3 %d %d\n",
		       jig_address(fixture, "web"), jig_port(fixture, "web"),
		       jig_port(fixture, "own"), jig_port(fixture, "own"));
	assert_tail(fixture, 1, expected);
	jig_free(fixture);
	assert_int_equal(access(path, F_OK), -1);
}

static void the_tail_is_the_last_lines(void **state)
{
	struct jig *fixture =
		start(captured("echo a; echo b >&2; printf 'c\\nd'"));

	(void)state;
	assert_int_equal(code_of(fixture), 0);
	assert_tail(fixture, 0, "a\nb\nc\nd");
	assert_tail(fixture, 1, "d");
	assert_tail(fixture, 2, "c\nd");
	assert_tail(fixture, 100, "a\nb\nc\nd");
	assert_int_equal(jig_output_bytes(fixture), 7);
	assert_int_equal(jig_output_lost(fixture), 0);
	jig_free(fixture);
}

static void without_a_capture_there_is_no_tail(void **state)
{
	struct jig *fixture = start(SHELL("true"));
	char *tail = NULL;

	(void)state;
	assert_int_equal(jig_tail(fixture, 0, &tail), -ENOENT);
	assert_null(tail);
	assert_int_equal(jig_output_bytes(fixture), 0);
	jig_free(fixture);
}

static void one_output_alone_is_captured(void **state)
{
	struct jig_command command = SHELL("echo out; echo err >&2");
	struct jig *fixture;
	char text[16];
	int out;

	(void)state;
	command.out.kind = JIG_STDIO_PIPE;
	command.err.kind = JIG_STDIO_CAPTURE;
	fixture = start(command);
	out = jig_take_pipe(fixture, 1);
	assert_string_equal(read_line(out, text, sizeof(text)), "out");
	assert_int_equal(code_of(fixture), 0);
	assert_tail(fixture, 0, "err\n");
	(void)close(out);
	jig_free(fixture);
}

static void the_ring_is_bounded_and_counts(void **state)
{
	struct jig_command command =
		captured("i=0; while [ $i -lt 1000 ]; do echo 123456789; "
			 "i=$((i+1)); done");
	char *tail = NULL;

	(void)state;
	command.ring_size = 100;
	command.log = "/dev/full";
	struct jig *fixture = start(command);

	assert_int_equal(code_of(fixture), 0);
	assert_int_equal(jig_output_bytes(fixture), 10000);
	assert_int_equal(jig_output_lost(fixture), 10000);
	assert_int_equal(jig_tail(fixture, 0, &tail), 100);
	assert_memory_equal(tail, "123456789\n", 10);
	free(tail);
	jig_free(fixture);
}

static void the_tail_outlives_the_guard(void **state)
{
	struct jig_command command = captured("echo up; exec sleep 600");

	(void)state;
	command.ready = LIST("log:up", "|notify");
	struct jig *fixture = start(command);
	int main = dup(jig_pidfd(fixture));

	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	assert_int_equal(kill(only_child(), SIGKILL), 0);
	assert_int_equal(jig_wait(fixture, DEADLINE_MS, NULL), -EPROTO);
	assert_true(has_ended(main, DEADLINE_MS));
	assert_tail(fixture, 1, "up\n");
	assert_int_equal(jig_wait_ready(fixture, 0), 0);
	jig_free(fixture);
}

static void the_guards_death_before_is_told(void **state)
{
	struct jig_command command = captured("exec sleep 600");

	(void)state;
	command.ready = LIST("notify");
	struct jig *fixture = start(command);

	assert_int_equal(kill(only_child(), SIGKILL), 0);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), -EPROTO);
	jig_free(fixture);
}

static void what_makes_no_sense_is_einval(void **state)
{
	static const char *const probes[] = { "",	"x",	   "tcp:0",
					      "log:(",	"|notify", "fd:2",
					      "delay:", "notify:x" };
	static const char *const listens[] = { "", "x", "=:0", "a=x:0", "a=" };
	char error[512];

	(void)state;
	for (size_t i = 0; i < COUNT(probes) + COUNT(listens); i++) {
		struct jig_command command = SHELL("true");
		struct jig *fixture = NULL;
		const char *const *one = i < COUNT(probes)
						 ? &probes[i]
						 : &listens[i - COUNT(probes)];

		const char *list[] = { *one, NULL };

		if (i < COUNT(probes))
			command.ready = list;
		else
			command.listen = list;
		command.error = error;
		command.error_size = sizeof(error);
		*error = '\0';
		if (jig_start(&command, &fixture) != -EINVAL)
			fail_msg("'%s' is taken", *one);
		assert_null(fixture);
		assert_true(strlen(error) > 0);
	}
}

static void what_ceases_to_serve_is_stopped(void **state)
{
	struct jig_command command = SHELL("echo >&3; exec sleep 1000");
	struct jig *fixture;

	(void)state;
	command.ready = LIST("fd");
	command.live = LIST("exec:echo gone >&2; exit 3", "file:/");
	command.live_interval_us = 1000;
	command.live_failures = 2;
	command.live_timeout_us = 60000000;
	fixture = start(command);
	assert_non_null(fixture);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	while (!strstr(jig_problem(fixture), "exit status 3: gone"))
		assert_true(has_news(fixture));
	assert_int_equal(code_of(fixture), 128 + SIGTERM);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_UNHEALTHY);
	/* It was ready: that does not change. */
	assert_int_equal(jig_wait_ready(fixture, 0), 0);
	assert_non_null(strstr(jig_problem(fixture), "2 attempts in a row"));
	jig_free(fixture);
}

static void looks_can_be_delayed_bounded_and_repeated(void **state)
{
	/* The first hangs; of the others the third is the second in a row. */
	struct jig_command command = SHELL("exec sleep 1000");
	char dir[] = "/tmp/jig-lib-live-XXXXXX", look[256], rest[64];
	struct jig *fixture;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(look, sizeof(look),
		       "exec:cd %s && echo >>n && test -s n && "
		       "case $(wc -l <n) in 1) exec sleep 1000;; esac",
		       dir);
	command.ready = LIST(look);
	command.ready_delay_us = 1;
	command.ready_timeout_us = 1000000; /* Only the first one needs it. */
	command.ready_successes = 2;
	command.probe_interval_us = 1000;
	fixture = start(command);
	assert_non_null(fixture);
	assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
	jig_free(fixture);
	(void)snprintf(rest, sizeof(rest), "%s/n", dir);

	int fd = open(rest, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, look, sizeof(look)), 3);
	(void)close(fd);
	assert_int_equal(unlink(rest), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void a_live_probe_that_speaks_once_is_einval(void **state)
{
	struct jig_command command = SHELL(":");
	struct jig *fixture = NULL;
	char error[512] = "";

	(void)state;
	command.live = LIST("notify");
	command.error = error;
	command.error_size = sizeof(error);
	assert_int_equal(jig_start(&command, &fixture), -EINVAL);
	assert_non_null(strstr(error, "asked again"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ceases_to_serve_is_stopped),
		cmocka_unit_test(looks_can_be_delayed_bounded_and_repeated),
		cmocka_unit_test(a_live_probe_that_speaks_once_is_einval),
		cmocka_unit_test(without_a_probe_it_is_ready_at_once),
		cmocka_unit_test(waiting_has_a_limit_and_a_reason),
		cmocka_unit_test(an_event_loop_sees_that_it_is_ready),
		cmocka_unit_test(a_death_before_is_an_error_at_once),
		cmocka_unit_test(its_time_is_over),
		cmocka_unit_test(a_stop_before_is_told),
		cmocka_unit_test(a_foreigner_is_an_error),
		cmocka_unit_test(a_foreigner_is_named_though_the_command_ends),
		cmocka_unit_test(sockets_and_ports_have_names),
		cmocka_unit_test(the_tail_is_the_last_lines),
		cmocka_unit_test(without_a_capture_there_is_no_tail),
		cmocka_unit_test(one_output_alone_is_captured),
		cmocka_unit_test(the_ring_is_bounded_and_counts),
		cmocka_unit_test(the_tail_outlives_the_guard),
		cmocka_unit_test(the_guards_death_before_is_told),
		cmocka_unit_test(what_makes_no_sense_is_einval),
	};

	return RUN(tests);
}
