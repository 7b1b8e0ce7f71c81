// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "event/event.h"
#include "up/output/output.h"

/* An output to two files, one for each stream. */
struct screen {
	int out, err;
	struct output *output;
};

static int new_file(void)
{
	char path[] = "/tmp/jig-output-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static struct screen open_screen(struct output_settings settings)
{
	struct screen screen = { .out = new_file(), .err = new_file() };
	struct fault fault;

	settings.out = screen.out;
	settings.err = screen.err;
	assert_int_equal(output_open(&settings, &screen.output, &fault), 0);
	return screen;
}

static void close_screen(struct screen *screen)
{
	output_close(screen->output, 1000);
	close(screen->out);
	close(screen->err);
}

static struct stream *begin(struct screen *screen, const char *name,
			    bool is_err)
{
	struct stream *stream = NULL;
	struct fault fault;

	assert_int_equal(output_begin(screen->output, name, is_err, NULL,
				      &stream, &fault),
			 0);
	return stream;
}

static void feed(struct stream *stream, const char *text)
{
	output_feed(stream, text, strlen(text));
}

/* A child writes it. */
static size_t read_file(const struct screen *screen, int fd, char *text,
			size_t size)
{
	ssize_t n;

	output_drain(screen->output, 10000);
	n = pread(fd, text, size - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	return (size_t)n;
}

static void expect(struct screen *screen, int fd, const char *text)
{
	static char found[1 << 16];

	(void)read_file(screen, fd, found, sizeof(found));
	assert_string_equal(found, text);
}

static size_t wanted(const struct output *output)
{
	struct list fds = { 0 };
	size_t count;

	assert_int_equal(output_wanted(output, &fds), 0);
	count = fds.count;
	list_free(&fds);
	return count;
}

static const struct output_settings no_times = { .no_times = true };
static const struct output_settings plain = { .format = OUTPUT_PLAIN };

static void names_are_as_wide_as_the_longest(void **state)
{
	struct screen screen = open_screen(no_times);
	struct stream *web = begin(&screen, "web.1", false);

	(void)state;
	feed(web, "narrow\n");
	output_widen(screen.output, "worker.12");
	feed(web, "wide\n");
	expect(&screen, screen.out, "web.1 | narrow\nweb.1     | wide\n");
	output_end(web);
	close_screen(&screen);
}

static void each_line_has_its_time(void **state)
{
	struct screen screen = open_screen((struct output_settings){ 0 });
	struct stream *web = begin(&screen, "web.1", false);
	char found[64];
	int hour, minute, second, end = 0;

	(void)state;
	feed(web, "line\n");
	assert_true(output_flush(screen.output));
	(void)read_file(&screen, screen.out, found, sizeof(found));
	(void)sscanf(found, "%2d:%2d:%2d web.1 | line%n", &hour, &minute,
		     &second, &end);
	assert_int_equal(end, 21);
	assert_string_equal(found + end, "\n");
	output_end(web);
	close_screen(&screen);
}

static void stderr_stays_a_stream_of_its_own(void **state)
{
	struct screen screen = open_screen(plain);
	struct stream *out = begin(&screen, "web.1", false);
	struct stream *err = begin(&screen, "web.1", true);

	(void)state;
	feed(out, "out\n");
	feed(err, "err\n");
	expect(&screen, screen.out, "out\n");
	expect(&screen, screen.err, "err\n");
	close_screen(&screen);
}

static void merged_streams_are_one(void **state)
{
	struct output_settings settings = plain;

	(void)state;
	settings.merge = true;

	struct screen screen = open_screen(settings);
	struct stream *out = begin(&screen, "web.1", false);
	struct stream *err = begin(&screen, "web.1", true);

	feed(err, "err\n");
	feed(out, "out\n");
	expect(&screen, screen.out, "err\nout\n");
	expect(&screen, screen.err, "");
	close_screen(&screen);
}

/* Every way to cut a text into three reads gives the same lines. */
static void lines_are_whole_wherever_reads_are_cut(void **state)
{
	static const char text[] = "a\n\nbc\r\n\r\rd\re\nend";
	size_t size = sizeof(text) - 1;

	(void)state;
	for (size_t i = 0; i <= size; i++)
		for (size_t j = i; j <= size; j++) {
			struct screen screen = open_screen(no_times);
			struct stream *web = begin(&screen, "w", false);

			output_feed(web, text, i);
			output_feed(web, text + i, j - i);
			output_feed(web, text + j, size - j);
			output_end(web);
			expect(&screen, screen.out,
			       "w | a\nw | \nw | bc\nw | \r\rd\re\nw | end\n");
			close_screen(&screen);
		}
}

static void lines_of_two_do_not_mix(void **state)
{
	struct screen screen = open_screen(no_times);
	struct stream *a = begin(&screen, "a", false);
	struct stream *b = begin(&screen, "b", false);

	(void)state;
	feed(a, "one ");
	feed(b, "two\nthree ");
	feed(a, "line\n");
	feed(b, "lines\n");
	expect(&screen, screen.out, "b | two\na | one line\nb | three lines\n");
	close_screen(&screen);
}

static void a_plain_line_is_as_the_program_wrote_it(void **state)
{
	static const char text[] = "progress\r50%\r100%\r\n\0binary\xff\n";
	struct screen screen = open_screen(plain);
	struct stream *web = begin(&screen, "web.1", false);
	char found[64];

	(void)state;
	output_feed(web, text, sizeof(text) - 1);
	assert_true(output_flush(screen.output));
	assert_int_equal(read_file(&screen, screen.out, found, sizeof(found)),
			 sizeof(text) - 1);
	assert_memory_equal(found, text, sizeof(text) - 1);
	output_end(web);
	close_screen(&screen);
}

static void a_line_without_end_is_cut_at_64_kib(void **state)
{
	enum { SIZE = 200000 };
	static char text[SIZE], found[SIZE + 100];
	struct screen screen = open_screen(plain);
	struct stream *web = begin(&screen, "web.1", false);

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < SIZE; i += 1000)
		output_feed(web, text, 1000);
	output_end(web);
	assert_true(output_flush(screen.output));
	assert_int_equal(read_file(&screen, screen.out, found, sizeof(found)),
			 SIZE + 4);
	assert_int_equal(found[65536], '\n');
	assert_int_equal(found[2 * 65537 - 1], '\n');
	assert_int_equal(found[SIZE + 3], '\n');
	close_screen(&screen);
}

static void a_colour_ends_with_its_line(void **state)
{
	struct output_settings settings = no_times;

	(void)state;
	settings.colour = COLOUR_ALWAYS;

	struct screen screen = open_screen(settings);
	struct stream *a = begin(&screen, "a", false);
	struct stream *b = begin(&screen, "b", false);

	feed(a, "\033[31mred\nplain\n");
	feed(b, "other\n");
	expect(&screen, screen.out,
	       "\033[36ma |\033[0m \033[31mred\033[0m\n"
	       "\033[36ma |\033[0m plain\n"
	       "\033[33mb |\033[0m other\n");
	close_screen(&screen);
}

static void a_file_gets_no_colours_but_the_programs_own(void **state)
{
	struct screen screen = open_screen(no_times);
	struct stream *web = begin(&screen, "a", false);

	(void)state;
	feed(web, "\033[31mred\n");
	expect(&screen, screen.out, "a | \033[31mred\n");
	close_screen(&screen);
}

static void a_json_line_is_an_object(void **state)
{
	static const char text[] = "a\"\\\t\x7f\xc3\xa4\xff\xe2\x82\0z\r\n";
	static const char expected[] =
		"\",\"name\":\"web.1\",\"stream\":\"stderr\",\"line\":"
		"\"a\\\"\\\\\\u0009\\u007f\xc3\xa4\xef\xbf\xbd"
		"\xef\xbf\xbd\xef\xbf\xbd\\u0000z\"}\n";
	struct screen screen =
		open_screen((struct output_settings){ .format = OUTPUT_JSON });
	struct stream *web = begin(&screen, "web.1", true);
	char found[256];

	(void)state;
	output_feed(web, text, sizeof(text) - 1);
	assert_true(output_flush(screen.output));
	(void)read_file(&screen, screen.err, found, sizeof(found));

	int numbers[7], end = 0;

	(void)sscanf(found, "{\"time\":\"%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n",
		     numbers, numbers + 1, numbers + 2, numbers + 3,
		     numbers + 4, numbers + 5, numbers + 6, &end);
	assert_int_equal(end, 33);
	assert_string_equal(found + end, expected);
	close_screen(&screen);
}

static void what_jig_says_has_a_prefix_too(void **state)
{
	struct screen screen = open_screen(no_times);
	struct stream *web = begin(&screen, "web.1", false);

	(void)state;
	feed(web, "part");
	output_say(screen.output, "web.1", "started with pid %d", 7);
	output_say(screen.output, "jig", "one\ntwo");
	output_end(web);
	expect(&screen, screen.out,
	       "web.1 | started with pid 7\njig   | one\njig   | two\n"
	       "web.1 | part\n");
	close_screen(&screen);

	screen = open_screen(plain);
	output_say(screen.output, "jig", "aside");
	expect(&screen, screen.out, "");
	expect(&screen, screen.err, "aside\n");
	close_screen(&screen);
}

static void the_backlog_has_what_stood_on_stdout(void **state)
{
	struct output_settings settings = no_times;

	(void)state;
	settings.colour = COLOUR_ALWAYS;

	struct screen screen = open_screen(settings);
	struct stream *a = begin(&screen, "a", false);
	struct stream *b = begin(&screen, "b", true);
	struct buffer text = { 0 };

	feed(a, "1\n");
	feed(b, "2\n");
	feed(a, "3\n4");
	assert_int_equal(output_backlog(screen.output, NULL, 0, &text), 0);
	assert_string_equal(text.text, "a | 1\nb | 2\na | 3\n");
	text.used = 0;
	output_end(a);
	assert_int_equal(output_backlog(screen.output, "a", 2, &text), 0);
	assert_string_equal(text.text, "a | 3\na | 4\n");
	buffer_free(&text);
	assert_int_equal(output_backlog(screen.output, "none", 0, &text), 0);
	assert_null(text.text);
	close_screen(&screen);
}

static void hear(void *context, const char *name, const char *text, size_t size)
{
	assert_true(output_is_meant(name, name));
	buffer_add(context, text, size);
}

static void followers_hear_what_they_asked_for(void **state)
{
	struct screen screen = open_screen(no_times);
	struct stream *a = begin(&screen, "a", false);
	struct stream *b = begin(&screen, "b", false);
	struct buffer all = { 0 }, one = { 0 };
	int first, second;

	(void)state;
	feed(a, "before\n");
	first = output_follow(screen.output, NULL, hear, &all);
	second = output_follow(screen.output, "b", hear, &one);
	assert_true(first > 0 && second > 0 && first != second);
	feed(a, "1\n");
	feed(b, "2\n");
	output_unfollow(screen.output, first);
	feed(a, "3\n");
	feed(b, "4\n");
	assert_string_equal(all.text, "a | 1\nb | 2\n");
	assert_string_equal(one.text, "b | 2\nb | 4\n");
	output_unfollow(screen.output, first);
	close_screen(&screen);
	buffer_free(&all);
	buffer_free(&one);
}

static void a_slow_reader_makes_streams_wait(void **state)
{
	static char bytes[65536];
	struct output_settings settings = { .err = -1 };
	struct output *output;
	struct stream *web;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	settings.out = ends[1];
	assert_int_equal(output_open(&settings, &output, NULL), 0);
	assert_int_equal(output_begin(output, "w", false, NULL, &web, NULL), 0);
	memset(bytes, '\n', sizeof(bytes));
	assert_int_equal(wanted(output), 0);
	while (!output_is_full(output)) {
		output_feed(web, bytes, sizeof(bytes));
		(void)output_flush(output);
	}
	assert_int_equal(wanted(output), 1);
	while (!output_flush(output))
		assert_true(read(ends[0], bytes, sizeof(bytes)) > 0);
	assert_int_equal(wanted(output), 0);
	assert_false(output_is_full(output));
	assert_int_equal(output_lost_lines(output), 0);
	output_close(output, 0);
	close(ends[0]);
	close(ends[1]);
}

static void lines_for_a_gone_reader_are_counted(void **state)
{
	struct output_settings settings = { .err = -1 };
	struct output *output;
	struct stream *web;
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	settings.out = ends[1];
	assert_int_equal(output_open(&settings, &output, NULL), 0);
	assert_int_equal(output_begin(output, "w", false, NULL, &web, NULL), 0);
	close(ends[0]);
	feed(web, "1\n2\n3\n");
	assert_true(output_flush(output));
	assert_int_equal(output_lost_lines(output), 3);
	assert_false(output_is_full(output));
	output_close(output, 1000);
	close(ends[1]);
}

/* ------------------------------------------------------------- terminals */

struct tty {
	int master, slave;
};

static struct tty open_tty(void)
{
	struct tty tty = { .master = posix_openpt(O_RDWR | O_NOCTTY |
						  O_CLOEXEC) };
	struct termios modes;

	assert_int_equal(unlockpt(tty.master), 0);
	tty.slave = open(ptsname(tty.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(tty.slave >= 0);
	assert_int_equal(tcgetattr(tty.slave, &modes), 0);
	cfmakeraw(&modes);
	assert_int_equal(tcsetattr(tty.slave, TCSANOW, &modes), 0);
	return tty;
}

static struct output *output_on(struct tty tty, enum output_format format)
{
	struct output_settings settings = { .format = format,
					    .no_times = true,
					    .colour = COLOUR_NEVER,
					    .out = tty.slave,
					    .err = tty.slave };
	struct output *output;

	assert_int_equal(output_open(&settings, &output, NULL), 0);
	return output;
}

static void shows(struct output *output, struct tty tty, const char *text)
{
	char found[4096];
	size_t size = 0;

	assert_true(output_flush(output));
	while (size < strlen(text)) {
		struct pollfd one = { .fd = tty.master, .events = POLLIN };

		assert_int_equal(poll(&one, 1, 30000), 1);

		ssize_t n = read(tty.master, found + size,
				 sizeof(found) - 1 - size);

		assert_true(n > 0);
		size += (size_t)n;
	}
	found[size] = '\0';
	assert_string_equal(found, text);
}

static struct stream *on(struct output *output, const char *name)
{
	struct stream *stream = NULL;

	assert_int_equal(output_begin(output, name, false, NULL, &stream, NULL),
			 0);
	return stream;
}

/* As if a second had passed. */
static void later(struct output *output)
{
	assert_int_equal(output_tick(output, clock_us() + 1000000), -1);
}

static void a_prompt_is_shown_after_a_while(void **state)
{
	struct tty tty = open_tty();
	struct output *output = output_on(tty, OUTPUT_PREFIX);
	struct stream *a = on(output, "a");
	int64_t now = clock_us(), due;

	(void)state;
	feed(a, "name? ");
	due = output_tick(output, now);
	assert_true(due > now && due <= clock_us() + 200000);
	assert_int_equal(output_tick(output, due), -1);
	shows(output, tty, "a | name? ");
	feed(a, "jig\nnext\n");
	shows(output, tty, "jig\na | next\n");
	output_close(output, 1000);
	close(tty.master);
	close(tty.slave);
}

static void another_line_ends_a_prompt(void **state)
{
	struct tty tty = open_tty();
	struct output *output = output_on(tty, OUTPUT_PREFIX);
	struct stream *a = on(output, "a"), *b = on(output, "b");

	(void)state;
	feed(a, "name? ");
	later(output);
	shows(output, tty, "a | name? ");
	feed(b, "other\n");
	shows(output, tty, "\nb | other\n");
	feed(a, "jig");
	later(output);
	shows(output, tty, "a | jig");
	feed(b, "more\n");
	feed(a, "\n");
	shows(output, tty, "\nb | more\n");
	feed(a, "on\n");
	shows(output, tty, "a | on\n");

	struct buffer text = { 0 };

	assert_int_equal(output_backlog(output, "a", 0, &text), 0);
	assert_string_equal(text.text, "a | name? jig\na | on\n");
	buffer_free(&text);
	output_close(output, 1000);
	close(tty.master);
	close(tty.slave);
}

static void a_shown_prompt_that_ends_gets_its_newline(void **state)
{
	struct tty tty = open_tty();
	struct output *output = output_on(tty, OUTPUT_PLAIN);
	struct stream *a = on(output, "a");

	(void)state;
	feed(a, "name? ");
	later(output);
	shows(output, tty, "name? ");
	output_end(a);
	shows(output, tty, "\n");
	output_close(output, 1000);
	close(tty.master);
	close(tty.slave);
}

static void json_has_no_prompts(void **state)
{
	struct tty tty = open_tty();
	struct output *output = output_on(tty, OUTPUT_JSON);
	struct stream *a = on(output, "a");
	int waiting = 0;

	(void)state;
	feed(a, "name? ");
	later(output);
	assert_int_equal(poll(&(struct pollfd){ .fd = tty.master,
						.events = POLLIN },
			      1, 0),
			 waiting);
	output_close(output, 1000);
	close(tty.master);
	close(tty.slave);
}

static void check_colour(enum output_colour colour, const char *no_color,
			 const char *expected)
{
	struct tty tty = open_tty();
	struct output_settings settings = { .no_times = true,
					    .colour = colour,
					    .out = tty.slave,
					    .err = tty.slave };
	struct output *output;

	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	if (no_color)
		assert_int_equal(setenv("NO_COLOR", no_color, 1), 0);
	else
		assert_int_equal(unsetenv("NO_COLOR"), 0);
	assert_int_equal(output_open(&settings, &output, NULL), 0);
	feed(on(output, "a"), "x\n");
	shows(output, tty, expected);
	output_close(output, 1000);
	close(tty.master);
	close(tty.slave);
}

static void no_color_is_honoured_when_it_is_not_empty(void **state)
{
	(void)state;
	check_colour(COLOUR_AUTO, NULL, "\033[36ma |\033[0m x\n");
	check_colour(COLOUR_AUTO, "", "\033[36ma |\033[0m x\n");
	check_colour(COLOUR_AUTO, "1", "a | x\n");
	check_colour(COLOUR_ALWAYS, "1", "\033[36ma |\033[0m x\n");
	check_colour(COLOUR_NEVER, NULL, "a | x\n");
}

/* ------------------------------------------------------------- log files */

static void both_streams_go_to_the_log_of_their_name(void **state)
{
	char folder[] = "/tmp/jig-output-XXXXXX", path[64], *text = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));

	struct output_settings settings = { .log_dir = folder,
					    .rotation.no_times = true };
	struct screen screen = open_screen(settings);
	struct stream *out = begin(&screen, "a/b.1", false);
	struct stream *err = begin(&screen, "a/b.1", true);

	feed(out, "out\npart");
	feed(err, "err\r\n");
	output_end(out);
	output_end(err);
	output_drain(screen.output, 10000);
	(void)snprintf(path, sizeof(path), "%s/a_b.1.log", folder);
	assert_true(fd_read_whole(AT_FDCWD, path, 4096, &text) > 0);
	assert_string_equal(text, "out\nerr\npart\n");
	free(text);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	close_screen(&screen);
}

static void a_log_that_cannot_be_opened_begins_nothing(void **state)
{
	struct log_file file = { .path = "/dev/null/x.log" };
	struct screen screen = open_screen(no_times);
	struct stream *stream = NULL;
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(output_begin(screen.output, "a", false, &file, &stream,
				      &fault),
			 -ENOTDIR);
	assert_null(stream);
	assert_non_null(strstr(fault.text, "/dev/null/x.log"));
	close_screen(&screen);
}

static void a_full_disk_is_said_once_and_stops_no_service(void **state)
{
	struct log_file file = { .path = "/dev/full" };
	struct screen screen = open_screen(no_times);
	struct stream *web = NULL;

	(void)state;
	assert_int_equal(output_begin(screen.output, "web.1", false, &file,
				      &web, NULL),
			 0);
	for (int i = 0; i < 3; i++) {
		feed(web, "line\n");
		/* Its child has tried. */
		output_drain(screen.output, 10000);
		(void)output_flush(screen.output);
		assert_false(output_is_full(screen.output));
	}
	expect(&screen, screen.out,
	       "web.1 | line\n"
	       "jig   | cannot write /dev/full: No space left on device\n"
	       "web.1 | line\nweb.1 | line\n");
	assert_true(output_tick(screen.output, clock_us()) > 0);
	output_end(web);
	output_tidy(screen.output); /* It may end, */
	for (uint64_t lost = 0; lost == 0; output_tidy(screen.output))
		lost = output_lost_lines(screen.output);
	assert_int_equal(output_lost_lines(screen.output), 3);
	close_screen(&screen);
}

static void send_event(struct output *output)
{
	struct json json = { 0 };

	event_begin(&json, "started", "web.1");
	event_end(&json);
	output_event(output, &json);
}

/* All that the pipe has, when @output has written all of it. */
static void count_events(struct output *output, int fd, uint64_t *ret_events,
			 uint64_t *ret_lost)
{
	static char text[1 << 16];
	CLEANUP(buffer_free) struct buffer all = { 0 };
	ssize_t n;

	do {
		(void)output_flush(output);
		n = read(fd, text, sizeof(text));
		if (n > 0)
			buffer_add(&all, text, (size_t)n);
	} while (n > 0);
	*ret_events = *ret_lost = 0;
	for (char *line = all.text, *end; line && (end = strchr(line, '\n'));
	     line = end + 1) {
		char *lost = strstr(line, "\"message\":\"");

		*end = '\0';
		if (strstr(line, "\"method\":\"started\""))
			++*ret_events;
		else if (lost)
			*ret_lost += strtoull(lost + 11, NULL, 10);
		else
			fail_msg("%s", line);
	}
}

static void events_without_a_reader_are_lost_and_counted(void **state)
{
	struct output_settings settings = plain;
	uint64_t events, lost, more, sent = 0;
	char to[16];
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	(void)snprintf(to, sizeof(to), "%d", ends[1]);
	settings.events = to;
	struct screen screen = open_screen(settings);

	assert_true(output_has_events(screen.output));
	for (; sent < 50000; sent++) /* 75 bytes each: more than a MiB. */
		send_event(screen.output);
	assert_int_equal(wanted(screen.output), 1);
	count_events(screen.output, ends[0], &events, &lost);
	assert_true(events > 1000 && events < sent);
	assert_int_equal(lost, 0);
	assert_int_equal(wanted(screen.output), 0);
	send_event(screen.output);
	count_events(screen.output, ends[0], &more, &lost);
	assert_int_equal(more, 1);
	assert_int_equal(events + lost, sent);
	/* Its reader ends: nothing is kept for it. */
	close(ends[0]);
	send_event(screen.output);
	assert_false(output_has_events(screen.output));
	assert_int_equal(wanted(screen.output), 0);
	close_screen(&screen);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_as_wide_as_the_longest),
		cmocka_unit_test(each_line_has_its_time),
		cmocka_unit_test(stderr_stays_a_stream_of_its_own),
		cmocka_unit_test(merged_streams_are_one),
		cmocka_unit_test(lines_are_whole_wherever_reads_are_cut),
		cmocka_unit_test(lines_of_two_do_not_mix),
		cmocka_unit_test(a_plain_line_is_as_the_program_wrote_it),
		cmocka_unit_test(a_line_without_end_is_cut_at_64_kib),
		cmocka_unit_test(a_colour_ends_with_its_line),
		cmocka_unit_test(a_file_gets_no_colours_but_the_programs_own),
		cmocka_unit_test(a_json_line_is_an_object),
		cmocka_unit_test(what_jig_says_has_a_prefix_too),
		cmocka_unit_test(the_backlog_has_what_stood_on_stdout),
		cmocka_unit_test(followers_hear_what_they_asked_for),
		cmocka_unit_test(a_slow_reader_makes_streams_wait),
		cmocka_unit_test(lines_for_a_gone_reader_are_counted),
		cmocka_unit_test(a_prompt_is_shown_after_a_while),
		cmocka_unit_test(another_line_ends_a_prompt),
		cmocka_unit_test(a_shown_prompt_that_ends_gets_its_newline),
		cmocka_unit_test(json_has_no_prompts),
		cmocka_unit_test(no_color_is_honoured_when_it_is_not_empty),
		cmocka_unit_test(both_streams_go_to_the_log_of_their_name),
		cmocka_unit_test(a_log_that_cannot_be_opened_begins_nothing),
		cmocka_unit_test(a_full_disk_is_said_once_and_stops_no_service),
		cmocka_unit_test(events_without_a_reader_are_lost_and_counted),
	};

	return RUN(tests);
}
