// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "up/output/sink.h"

#define BOTH O_CLOEXEC

static int new_file(void)
{
	char path[] = "/tmp/jig-sink-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static void nothing_is_written_nowhere(void **state)
{
	struct sink sink;

	(void)state;
	sink_open(-1, &sink);
	sink_add(&sink, "x\n", 2);
	assert_int_equal(sink_flush(&sink), 0);
	assert_int_equal(sink.lost, 0);
	sink_close(&sink);

	int closed = new_file();

	close(closed);
	sink_open(closed, &sink);
	assert_int_equal(sink.kind, SINK_NONE);
	sink_close(&sink);
}

static void a_pipe_of_others_stays_blocking(void **state)
{
	struct sink sink;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, BOTH), 0);
	sink_open(ends[1], &sink);
	assert_int_equal(sink.kind, SINK_NONBLOCKING);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(sink.fd, F_GETFD) & FD_CLOEXEC);
	sink_close(&sink);
	close(ends[0]);
	close(ends[1]);
}

/* All that was ever added, read back while it is flushed. */
static void pump(struct sink *sink, int from, size_t lines)
{
	char line[64], got[64];

	for (size_t i = 0; i < lines; i++) {
		int size = snprintf(line, sizeof(line), "line %07zu\n", i);

		sink_add(sink, line, (size_t)size);
	}
	assert_int_equal(sink_flush(sink), -EAGAIN);
	for (size_t i = 0; i < lines; i++) {
		int size = snprintf(line, sizeof(line), "line %07zu\n", i);
		size_t done = 0;

		while (done < (size_t)size) {
			ssize_t n = read(from, got + done, (size_t)size - done);

			assert_true(n > 0);
			done += (size_t)n;
		}
		assert_memory_equal(got, line, (size_t)size);
		if (i % 1000 == 0 || sink_waiting(sink) < 4096)
			(void)sink_flush(sink);
	}
	assert_int_equal(sink_flush(sink), 0);
	assert_int_equal(sink->lost, 0);
}

static void a_slow_reader_loses_nothing(void **state)
{
	struct sink sink;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, BOTH), 0);
	sink_open(ends[1], &sink);
	pump(&sink, ends[0], 200000);
	sink_close(&sink);
	close(ends[0]);
	close(ends[1]);
}

static void a_socket_is_not_made_to_wait_for(void **state)
{
	struct sink sink;
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    ends),
			 0);
	sink_open(ends[1], &sink);
	assert_int_equal(sink.kind, SINK_SOCKET);
	pump(&sink, ends[0], 100000);
	assert_false(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	sink_close(&sink);
	close(ends[0]);
	close(ends[1]);
}

static void it_is_full_only_while_a_reader_is_slow(void **state)
{
	static char line[1024];
	struct sink sink;
	int ends[2];

	(void)state;
	memset(line, 'x', sizeof(line));
	assert_int_equal(pipe2(ends, BOTH), 0);
	sink_open(ends[1], &sink);
	while (sink_waiting(&sink) < 2 * SINK_FULL)
		sink_add(&sink, line, sizeof(line));
	assert_false(sink_is_full(&sink));
	assert_int_equal(sink_flush(&sink), -EAGAIN);
	assert_true(sink_is_full(&sink));
	assert_int_equal(sink.lost, 0);
	sink_close(&sink);
	close(ends[0]);
	close(ends[1]);
}

static void a_reader_that_has_gone_is_counted(void **state)
{
	struct sink sink;
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(ends, BOTH), 0);
	sink_open(ends[1], &sink);
	close(ends[0]);
	sink_add(&sink, "a\n", 2);
	sink_add(&sink, "b\n", 2);
	assert_int_equal(sink_flush(&sink), -EPIPE);
	assert_int_equal(sink.lost, 2);
	sink_add(&sink, "c\n", 2);
	assert_int_equal(sink.lost, 3);
	assert_int_equal(sink_waiting(&sink), 0);
	assert_int_equal(sink_flush(&sink), -EPIPE);
	sink_close(&sink);
	close(ends[1]);
}

static void a_pipe_without_a_reader_from_the_start_is_gone(void **state)
{
	struct sink sink;
	int ends[2];

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(ends, BOTH), 0);
	close(ends[0]);
	sink_open(ends[1], &sink);
	sink_add(&sink, "a\n", 2);
	assert_int_equal(sink_flush(&sink), -EPIPE);
	assert_int_equal(sink.lost, 1);
	sink_close(&sink);
	close(ends[1]);
}

static void a_file_is_written_where_others_write(void **state)
{
	int fd = new_file();
	struct sink sink;
	char got[8] = { 0 };

	(void)state;
	assert_int_equal(write(fd, "a\n", 2), 2);
	sink_open(fd, &sink);
	assert_int_equal(sink.kind, SINK_FILE);
	sink_add(&sink, "b\n", 2);
	assert_int_equal(sink_flush(&sink), 0);
	assert_int_equal(write(fd, "c\n", 2), 2);
	assert_int_equal(pread(fd, got, 7, 0), 6);
	assert_string_equal(got, "a\nb\nc\n");
	sink_close(&sink);
	close(fd);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit = { size, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Whether a file holds whole lines of 0s, then of 1s… and nothing torn. */
static void check_whole(int fd)
{
	char got[10];
	off_t at = 0;

	while (pread(fd, got, 10, at) == 10) {
		assert_int_equal(got[9], '\n');
		for (int i = 1; i < 9; i++)
			assert_int_equal(got[i], got[0]);
		at += 10;
	}
	assert_int_equal(lseek(fd, 0, SEEK_END), at);
}

static void a_full_disk_is_not_waited_for_and_tears_nothing(void **state)
{
	int fd = new_file();
	struct sink sink;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	sink_open(fd, &sink);
	limit_files(25);
	for (int i = 0; i < 5; i++)
		sink_add(&sink, "000000000\n", 10);
	assert_int_equal(sink_flush(&sink), -EFBIG);
	assert_int_equal(lseek(fd, 0, SEEK_END), 25);
	while (sink.lost < 3)
		sink_add(&sink, "111111111\n", 10);
	assert_true(sink_waiting(&sink) >= SINK_FULL);
	assert_true(sink_waiting(&sink) < SINK_FULL + 100);
	assert_false(sink_is_full(&sink));
	limit_files(RLIM_INFINITY);
	assert_int_equal(sink_flush(&sink), 0);
	sink_add(&sink, "222222222\n", 10);
	assert_int_equal(sink_flush(&sink), 0);
	assert_int_equal(sink.lost, 3);
	check_whole(fd);
	sink_close(&sink);
	close(fd);
}

static void what_is_lossy_drops_all_until_it_is_empty(void **state)
{
	static char line[1 << 16];
	struct sink sink;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, BOTH | O_NONBLOCK), 0);
	sink_open(ends[1], &sink);
	sink.is_lossy = true;
	assert_int_equal(sink_flush(&sink), 0);
	while (sink.lost == 0)
		sink_add(&sink, line, sizeof(line));
	assert_int_equal(sink_flush(&sink), -EAGAIN);
	sink_add(&sink, "x\n", 2);
	assert_int_equal(sink.lost, 2);
	while (sink_flush(&sink) == -EAGAIN)
		assert_true(read(ends[0], line, sizeof(line)) > 0);
	sink_add(&sink, "y\n", 2);
	assert_int_equal(sink.lost, 2);
	assert_int_equal(sink_waiting(&sink), 2);
	sink_close(&sink);
	close(ends[0]);
	close(ends[1]);
}

static void the_side_that_shows_a_terminal_is_not_opened_again(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct sink sink;

	(void)state;
	assert_true(master >= 0);
	sink_open(master, &sink);
	assert_int_equal(sink.kind, SINK_BLOCKING);
	assert_int_equal(sink.fd, master);
	sink_close(&sink);
	assert_int_equal(fcntl(master, F_GETFD), FD_CLOEXEC);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_written_nowhere),
		cmocka_unit_test(a_pipe_of_others_stays_blocking),
		cmocka_unit_test(a_slow_reader_loses_nothing),
		cmocka_unit_test(a_socket_is_not_made_to_wait_for),
		cmocka_unit_test(it_is_full_only_while_a_reader_is_slow),
		cmocka_unit_test(a_reader_that_has_gone_is_counted),
		cmocka_unit_test(
			a_pipe_without_a_reader_from_the_start_is_gone),
		cmocka_unit_test(a_file_is_written_where_others_write),
		cmocka_unit_test(
			a_full_disk_is_not_waited_for_and_tears_nothing),
		cmocka_unit_test(what_is_lossy_drops_all_until_it_is_empty),
		cmocka_unit_test(
			the_side_that_shows_a_terminal_is_not_opened_again),
	};

	return RUN(tests);
}
