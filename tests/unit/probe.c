// SPDX-License-Identifier: MIT
/* The table of kinds, and the kinds that need no server: file, delay, fd. */
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

#include "probe.h"
#include "proc/spawn.h"

static char folder[] = "/tmp/jig-unit-XXXXXX";
static char path[64], text[80];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/file", folder);
	(void)snprintf(text, sizeof(text), "file:%s", path);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static void write_file(const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int open_probe(struct probe *probe, struct list *env, struct list *fds)
{
	struct fault fault;
	struct probe_setup setup = { env, fds };

	return probe->ops->open(probe, &setup, &fault);
}

static void a_wrong_kind_is_named_with_the_nearest(void **state)
{
	(void)state;
	assert_refused("tpc:80", "did you mean tcp?");
	assert_refused("htp:80/", "did you mean http?");
	assert_refused("notfy", "did you mean notify?");
	assert_refused("https://localhost/", "exec:");
	assert_refused("", "unknown probe");
	assert_refused("8080", "there are tcp, unix, http, log");
	assert_refused(":80", "unknown probe");
	assert_refused("t\033[1m\n:80", "unknown probe");
	assert_refused("notify:x", "takes no argument");
}

static void closing_what_was_never_opened_is_fine(void **state)
{
	static const char *const texts[] = { "tcp:80", "unix:/x", "http:80/",
					     "log:x",  "file:/x", "exec:x",
					     "notify", "fd",	  "delay:1" };
	struct probe empty = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct probe probe = probe_of(texts[i]);

		assert_string_equal(probe.text, texts[i]);
		probe_close(&probe);
		assert_null(probe.ops);
	}
	probe_close(&empty);
}

static void a_file_that_appears_is_ready(void **state)
{
	struct probe_view view = view_of(getpid());
	struct probe probe = probe_of(text);

	(void)state;
	(void)unlink(path);
	assert_int_equal(open_probe(&probe, NULL, NULL), 0);
	assert_not_yet(&probe, &view, "it does not exist");
	write_file("");
	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
}

/* EDGE_CASES 33: a stale pid file. */
static void a_stale_file_is_not_ready(void **state)
{
	struct probe_view view = view_of(getpid());
	struct probe probe = probe_of(text);

	(void)state;
	write_file("123");
	assert_int_equal(open_probe(&probe, NULL, NULL), 0);
	assert_not_yet(&probe, &view, "has not changed since the start");
	write_file("1234");
	assert_ready(&probe, &view);
	probe_close(&probe);

	probe = probe_of(text);
	assert_int_equal(open_probe(&probe, NULL, NULL), 0);
	assert_not_yet(&probe, &view, "has not changed since the start");
	assert_int_equal(unlink(path), 0);
	assert_not_yet(&probe, &view, "it does not exist");
	write_file("12345");
	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
}

static void a_delay_passes(void **state)
{
	struct probe_view view = view_of(getpid());
	struct probe probe = probe_of("delay:30ms"), none = probe_of("delay:0");
	int64_t begin = view.started_us;

	(void)state;
	assert_ready(&none, &view);
	assert_not_yet(&probe, &view, "0.0 s to go");
	assert_ready(&probe, &view);
	assert_true(clock_us() - begin >= 30000);
	probe_close(&probe);
	probe_close(&none);
	view_close(&view);
	assert_refused("delay:", "is not a time");
	assert_refused("delay:1x", "is not a time");
	assert_refused("delay:-1", "is not a time");
}

/* @return the command's end of a pipe that was opened. */
static int their_end(const struct list *fds, int expected_number)
{
	const struct spawn_fd *one = list_at(fds, 0, sizeof(*one));

	assert_int_equal(fds->count, 1);
	assert_int_equal(one->to, expected_number);
	assert_true(fcntl(one->from, F_GETFD) & FD_CLOEXEC);
	return one->from;
}

static void a_newline_on_the_descriptor_is_ready(void **state)
{
	CLEANUP(list_free) struct list fds = { 0 };
	struct probe_view view = view_of(getpid());
	struct probe probe = probe_of("fd:7");
	short events = 0;

	(void)state;
	assert_int_equal(open_probe(&probe, NULL, &fds), 0);
	int theirs = dup(their_end(&fds, 7));

	probe.ops->let_go(&probe);
	assert_true(probe.ops->descriptor(&probe, &events) >= 0);
	assert_int_equal(events, POLLIN);
	assert_not_yet(&probe, &view, "no newline");
	assert_int_equal(write(theirs, "ok", 2), 2);
	assert_not_yet(&probe, &view, "no newline");
	assert_int_equal(write(theirs, "!\nmore", 6), 6);
	assert_ready(&probe, &view);
	(void)close(theirs);
	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
}

static void a_closed_descriptor_is_never(void **state)
{
	CLEANUP(list_free) struct list fds = { 0 };
	struct probe_view view = view_of(getpid());
	struct probe probe = probe_of("fd");
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(open_probe(&probe, NULL, &fds), 0);
	assert_int_equal(write(their_end(&fds, 3), "x", 1), 1);
	probe.ops->let_go(&probe);
	assert_int_equal(look_until(&probe, &view, &fault), -EPIPE);
	assert_non_null(strstr(fault.text, "without a newline"));
	probe_close(&probe);
	view_close(&view);
}

static void a_descriptor_is_one_probes_only(void **state)
{
	CLEANUP(list_free) struct list fds = { 0 };
	struct probe one = probe_of("fd:5"), two = probe_of("fd:5");

	(void)state;
	assert_int_equal(open_probe(&one, NULL, &fds), 0);
	assert_int_equal(open_probe(&two, NULL, &fds), -EINVAL);
	assert_int_equal(fds.count, 1);
	probe_close(&one);
	probe_close(&two);
	assert_refused("fd:2", "not a descriptor number: 3 to 1023");
	assert_refused("fd:1024", "not a descriptor number: 3 to 1023");
	assert_refused("fd:x", "not a descriptor number: 3 to 1023");
	assert_refused("file:", "names no path");
	assert_refused("exec:", "names no command");
	assert_refused("exec:  ", "names no command");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrong_kind_is_named_with_the_nearest),
		cmocka_unit_test(closing_what_was_never_opened_is_fine),
		cmocka_unit_test(a_file_that_appears_is_ready),
		cmocka_unit_test(a_stale_file_is_not_ready),
		cmocka_unit_test(a_delay_passes),
		cmocka_unit_test(a_newline_on_the_descriptor_is_ready),
		cmocka_unit_test(a_closed_descriptor_is_never),
		cmocka_unit_test(a_descriptor_is_one_probes_only),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, make_folder,
					   remove_folder);
}
