// SPDX-License-Identifier: MIT
/* Promise: the command never waits for us; what it says is kept, logged and
 * shown line by line (core/output/capture.h). */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "core/output/capture.h"
#include "proc/spawn.h"

#define LOG "capture.log"

/* A capture whose command we play: its stdout is *@ret_out. */
static struct capture capture_of(struct capture capture, int *ret_out)
{
	CLEANUP(list_free) struct list fds = { 0 };
	struct fault fault = { "" };

	(void)unlink(LOG);
	if (capture_open(&capture, &fds, &fault) < 0)
		fail_msg("%s", fault.text);
	*ret_out = dup(((struct spawn_fd *)fds.items)[0].from);
	capture_let_go(&capture);
	return capture;
}

static struct capture plain(void)
{
	struct capture capture = CAPTURE_NONE;

	capture.which = CAPTURE_OUT | CAPTURE_ERR;
	return capture;
}

static void put(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void assert_log(const char *expected)
{
	char text[4096] = "";
	int fd = open(LOG, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, text, sizeof(text) - 1) >= 0);
	(void)close(fd);
	(void)unlink(LOG);
	assert_string_equal(text, expected);
}

static void assert_ring(const struct capture *capture, const char *expected)
{
	struct buffer text = { 0 };

	assert_int_equal(ring_tail(capture->ring, 0, &text), 0);
	assert_string_equal(text.text, expected);
	buffer_free(&text);
}

static void output_is_kept_and_logged(void **state)
{
	struct capture capture = plain();
	int out;

	(void)state;
	capture.log_path = LOG;
	capture = capture_of(capture, &out);
	put(out, "a\nb");
	capture_work(&capture);
	assert_ring(&capture, "a\nb");
	put(out, "c\n");
	capture_finish(&capture);
	assert_ring(&capture, "a\nbc\n");
	assert_log("a\nbc\n");
	(void)close(out);
	capture_close(&capture);
}

static void each_line_of_the_log_has_its_prefix(void **state)
{
	struct capture capture = plain();
	int out;

	(void)state;
	capture.log_path = LOG;
	capture.prefix = "x| ";
	capture = capture_of(capture, &out);
	put(out, "a\n\nb");
	capture_work(&capture);
	put(out, "c");
	capture_work(&capture);
	put(out, "\nd\n");
	capture_finish(&capture);
	assert_ring(&capture, "a\n\nbc\nd\n");
	assert_log("x| a\nx| \nx| bc\nx| d\n");
	(void)close(out);
	capture_close(&capture);
}

static struct buffer shown;

static void show(void *context, const char *line, size_t length)
{
	(void)context;
	buffer_printf(&shown, "<%.*s>", (int)length, line);
}

static void lines_are_shown_and_the_beginning_of_the_last(void **state)
{
	struct capture capture = plain();
	int out;

	(void)state;
	capture = capture_of(capture, &out);
	capture.line = show;
	put(out, "a\nb");
	capture_work(&capture);
	assert_string_equal(shown.text, "<a><b>");
	put(out, "c\n");
	capture_work(&capture);
	assert_string_equal(shown.text, "<a><b><bc>");
	buffer_free(&shown);
	(void)close(out);
	capture_close(&capture);
}

static void the_end_of_file_is_no_news(void **state)
{
	struct capture capture = plain();
	struct pollfd fds[4];
	int out;

	(void)state;
	capture = capture_of(capture, &out);
	assert_int_equal(capture_watch(&capture, fds), 1);
	(void)close(out);
	capture_work(&capture);
	assert_int_equal(capture_watch(&capture, fds), 0);
	capture_work(&capture);
	capture_finish(&capture);
	capture_close(&capture);
	capture_close(&capture);
}

static void a_full_disk_is_counted(void **state)
{
	struct capture capture = plain();
	int out;

	(void)state;
	capture.log_path = "/dev/full";
	capture = capture_of(capture, &out);
	put(out, "abc\n");
	capture_work(&capture);
	capture_finish(&capture); /* Another process writes the log. */
	assert_int_equal(ring_lost(capture.ring), 4);
	assert_ring(&capture, "abc\n");
	(void)close(out);
	capture_close(&capture);
}

static void a_log_that_cannot_be_is_an_error(void **state)
{
	struct capture capture = plain();
	struct list fds = { 0 };
	struct fault fault = { "" };

	(void)state;
	capture.log_path = "/nowhere/log";
	assert_int_equal(capture_open(&capture, &fds, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "/nowhere/log"));
	capture_close(&capture);
	list_free(&fds);
}

/* EDGE_CASES 24: another process has the pipe, and keeps it. */
static void a_held_pipe_does_not_hold_the_end(void **state)
{
	struct capture capture = plain();
	int out;

	(void)state;
	capture = capture_of(capture, &out);
	put(out, "last");
	capture_finish(&capture);
	assert_ring(&capture, "last");
	(void)close(out);
	capture_close(&capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_kept_and_logged),
		cmocka_unit_test(each_line_of_the_log_has_its_prefix),
		cmocka_unit_test(lines_are_shown_and_the_beginning_of_the_last),
		cmocka_unit_test(the_end_of_file_is_no_news),
		cmocka_unit_test(a_full_disk_is_counted),
		cmocka_unit_test(a_log_that_cannot_be_is_an_error),
		cmocka_unit_test(a_held_pipe_does_not_hold_the_end),
	};

	return RUN(tests);
}
