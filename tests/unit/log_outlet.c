// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "proc/aside.h"
#include "up/output/log_outlet.h"

#define SOON clock_in_us(10000000)

struct place {
	char folder[64], path[80];
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	(void)snprintf(place->folder, sizeof(place->folder),
		       "/tmp/jig-outlet-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	(void)snprintf(place->path, sizeof(place->path), "%s/log",
		       place->folder);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	(void)unlink(place->path);
	(void)rmdir(place->folder);
	free(place);
	return 0;
}

static struct log_outlet *opened(const struct log_file *file)
{
	struct log_outlet *log = NULL;
	struct fault fault = { "" };

	assert_int_equal(log_outlet_open(file, SOON, &log, &fault), 0);
	return log;
}

static void add(struct log_outlet *log, const char *line)
{
	log_outlet_add(log, "TIME ", "a.1", line, strlen(line));
}

static void await_idle(struct log_outlet *log)
{
	int64_t until = SOON;

	while (!log_outlet_is_idle(log)) {
		assert_true(clock_us() < until);
		log_outlet_flush(log, clock_us());
	}
}

static uint64_t closed(struct log_outlet *log)
{
	uint64_t lost;

	await_idle(log);
	assert_int_equal(log_outlet_close(log, SOON, &lost), 0);
	return lost;
}

static void expect(const struct place *place, const char *text)
{
	char *found = NULL;

	assert_true(fd_read_whole(AT_FDCWD, place->path, 1 << 20, &found) >= 0);
	assert_string_equal(found, text);
	free(found);
}

static void lines_have_what_the_file_wants_before_them(void **state)
{
	struct place *place = *state;
	struct log_file file = { .path = place->path };
	struct log_outlet *log = opened(&file);

	add(log, "one");
	assert_int_equal(closed(log), 0);
	expect(place, "TIME one\n");
	file.has_names = true;
	log = opened(&file);
	add(log, "two");
	assert_int_equal(closed(log), 0);
	file.no_times = true;
	file.has_names = false;
	log = opened(&file);
	add(log, "three");
	assert_int_equal(closed(log), 0);
	expect(place, "TIME one\nTIME a.1 | two\nthree\n");
}

static void a_path_that_cannot_be_opened_is_a_fault(void **state)
{
	struct log_file file = { .path = "/dev/null/x" };
	struct log_outlet *log = NULL;
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(log_outlet_open(&file, SOON, &log, &fault), -ENOTDIR);
	assert_null(log);
	assert_non_null(strstr(fault.text, file.path));
}

/* Its child stands still, as one does that waits for a file system. */
static void what_is_not_taken_is_dropped_after_a_second_and_told(void **state)
{
	static char line[1000], *found;
	struct place *place = *state;
	struct log_file file = { .path = place->path, .no_times = true };
	struct log_outlet *log = opened(&file);
	uint64_t lines = 0, lost, kept;
	char *told;
	int64_t now = clock_us();

	memset(line, 'x', sizeof(line) - 1);
	assert_int_equal(kill(log->writer.aside.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(log->writer.aside.pid, NULL,
				 WUNTRACED | __WALL),
			 log->writer.aside.pid);
	for (; !log_outlet_is_full(log); lines++) {
		add(log, line);
		log_outlet_flush(log, now);
	}
	assert_null(log_outlet_error(log));
	assert_int_equal(log_outlet_lost(log), 0);
	log_outlet_flush(log, clock_add_us(now, 1000000));
	assert_false(log_outlet_is_full(log));
	assert_non_null(log_outlet_error(log));
	for (int i = 0; i < 100; i++, lines++)
		add(log, line);
	lost = log_outlet_lost(log);
	assert_int_equal(lost, 100);
	assert_true(sink_waiting(&log->sink) < SINK_FULL + sizeof(line));

	assert_int_equal(kill(log->writer.aside.pid, SIGCONT), 0);
	await_idle(log);
	log_outlet_flush(log, clock_us());
	assert_null(log_outlet_error(log));
	add(log, "end");
	assert_int_equal(closed(log), lost);
	assert_true(fd_read_whole(AT_FDCWD, place->path, 1 << 24, &found) > 0);
	told = strstr(found, "jig: 100 lines were lost here: the file system "
			     "does not answer\nend\n");
	assert_non_null(told);
	kept = (uint64_t)(told - found) / sizeof(line);
	assert_int_equal(kept + lost, lines);
	free(found);
}

static void what_a_killed_child_did_not_write_is_counted(void **state)
{
	struct place *place = *state;
	struct log_file file = { .path = place->path, .no_times = true };
	struct log_outlet *log = opened(&file);
	uint64_t lost;

	add(log, "written");
	await_idle(log);
	assert_int_equal(kill(log->writer.aside.pid, SIGSTOP), 0);
	add(log, "not written");
	add(log, "nor this");
	log_outlet_flush(log, clock_us());
	assert_int_equal(log_outlet_close(log, 0, &lost), 0);
	assert_int_equal(lost, 2);
	expect(place, "written\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_have_what_the_file_wants_before_them),
		TEST(a_path_that_cannot_be_opened_is_a_fault),
		TEST(what_is_not_taken_is_dropped_after_a_second_and_told),
		TEST(what_a_killed_child_did_not_write_is_counted),
	};

	return RUN(tests);
}
