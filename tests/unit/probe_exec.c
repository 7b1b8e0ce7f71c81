// SPDX-License-Identifier: MIT
/*
 * The probe runs its own program with `run`: so this one, asked for that, is
 * the jig that was built beside it ($JIG).
 */
#include "unit.h"

#include <sys/stat.h>

#include "probe.h"

static void status_zero_is_ready(void **state)
{
	struct probe_view view = view_of(getpid());
	struct probe probe = probe_of("exec:true");

	(void)state;
	assert_ready(&probe, &view);
	assert_ready(&probe, &view);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	probe_close(&probe);
	view_close(&view);
}

static void it_is_tried_until_it_succeeds(void **state)
{
	struct probe_view view = view_of(getpid());
	char folder[] = "/tmp/jig-unit-XXXXXX", text[96];

	(void)state;
	assert_non_null(mkdtemp(folder));
	/* The first run fails, and makes the second one succeed. */
	(void)snprintf(text, sizeof(text), "exec:rmdir %s/* || ! mkdir %s/x",
		       folder, folder);
	struct probe probe = probe_of(text);

	assert_not_yet(&probe, &view, "exit status 1: rmdir: ");
	assert_ready(&probe, &view);
	probe_close(&probe);
	assert_int_equal(rmdir(folder), 0);
	view_close(&view);
}

static void why_it_failed_is_told(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "exec:exit 3", "exit status 3" },
		{ "exec:echo no; echo one >&2; printf two >&2; exit 4",
		  "exit status 4: two" },
		{ "exec:kill -9 $$", "ended by SIGKILL" },
		{ "exec:/nonexistent/program", "exit status 127: " },
		{ "exec:printf '\\033[1mred' >&2; false", "?[1mred" },
	};
	struct probe_view view = view_of(getpid());

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct probe probe = probe_of(cases[i].text);

		assert_not_yet(&probe, &view, cases[i].words);
		probe_close(&probe);
	}
	view_close(&view);
}

static void much_output_does_not_hang_it(void **state)
{
	struct probe_view view = view_of(getpid());
	struct probe probe =
		probe_of("exec:head -c 300000 /dev/zero | tr '\\0' x >&2");

	(void)state;
	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
}

static void its_input_is_empty(void **state)
{
	struct probe_view view = view_of(getpid());
	struct probe probe = probe_of("exec:! read line");

	(void)state;
	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
}

/* Neither of what ends nor of what hangs: all holders of the pipe are gone. */
static void check_nothing_is_left(const char *command, bool wait)
{
	struct probe_view view = view_of(getpid());
	char text[128];
	int ends[2];
	struct pollfd end = { .events = POLLIN };

	/* A fifo that everything of the run holds open. */
	char folder[] = "/tmp/jig-unit-XXXXXX", fifo[64];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	ends[0] = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(ends[0] >= 0);
	(void)snprintf(text, sizeof(text), command, fifo);

	struct probe probe = probe_of(text);
	struct fault fault;
	char byte;

	assert_int_equal(probe.ops->look(&probe, &view, &fault), 0);
	end.fd = ends[0];
	assert_int_equal(poll(&end, 1, 20000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	if (wait)
		assert_ready(&probe, &view);
	probe_close(&probe);
	assert_int_equal(poll(&end, 1, 20000), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0); /* no writer */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	(void)close(ends[0]);
	assert_int_equal(unlink(fifo), 0);
	assert_int_equal(rmdir(folder), 0);
	view_close(&view);
}

static void nothing_of_a_run_is_left(void **state)
{
	(void)state;
	check_nothing_is_left("exec:exec 9>%s; printf x >&9; "
			      "setsid sleep 60 & true",
			      true);
}

static void a_run_ends_with_its_probe(void **state)
{
	(void)state;
	check_nothing_is_left("exec:exec 9>%s; setsid sleep 60 & "
			      "trap '' TERM; printf x >&9; sleep 60; :",
			      false);
}

static void what_the_guard_reaps_is_told(void **state)
{
	struct probe_view view = view_of(getpid());
	struct probe probe = probe_of("exec:true");
	struct fault fault;
	int status = -1;

	(void)state;
	assert_int_equal(probe.ops->look(&probe, &view, &fault), 0);

	pid_t pid = waitpid(-1, &status, 0);

	probe.ops->reaped(&probe, pid + 1, 256);
	probe.ops->reaped(&probe, pid, status);
	/* And the loop looks at once. */
	short events;
	struct pollfd fd = { .fd = probe.ops->descriptor(&probe, &events),
			     .events = POLLIN };

	if (fd.fd >= 0)
		assert_int_equal(poll(&fd, 1, 20000), 1);
	assert_int_equal(probe.ops->look(&probe, &view, &fault), 1);
	probe_close(&probe);
	view_close(&view);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_zero_is_ready),
		cmocka_unit_test(it_is_tried_until_it_succeeds),
		cmocka_unit_test(why_it_failed_is_told),
		cmocka_unit_test(much_output_does_not_hang_it),
		cmocka_unit_test(its_input_is_empty),
		cmocka_unit_test(nothing_of_a_run_is_left),
		cmocka_unit_test(a_run_ends_with_its_probe),
		cmocka_unit_test(what_the_guard_reaps_is_told),
	};

	if (argc > 1 && strcmp(argv[1], "run") == 0) {
		(void)execv(getenv("JIG"), argv);
		return 125;
	}
	return RUN(tests);
}
