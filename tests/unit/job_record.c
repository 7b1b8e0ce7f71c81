// SPDX-License-Identifier: MIT
/* A job's record: no reader sees half of a change, nor what is no record. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "job/record.h"

static int empty_file(void)
{
	int fd = memfd_create("record", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static struct job_record *create(int fd)
{
	struct job_record *record = NULL;

	assert_int_equal(record_create(fd, &record), 0);
	record->number = 1;
	return record;
}

static void unmap(struct job_record *record)
{
	assert_int_equal(munmap(record, sizeof(*record)), 0);
}

static void a_new_one_is_whole_and_is_read_as_it_is(void **state)
{
	CLEANUP_CLOSE int fd = empty_file();
	struct job_record *record = create(fd), copy = { 0 };

	(void)state;
	assert_int_equal(record->state, JIG_JOB_STARTING);
	assert_int_equal(record->wait_status, -1);
	assert_int_equal(lseek(fd, 0, SEEK_END), sizeof(*record));
	assert_int_equal(record_check(record), 0);
	record_begin(record);
	record->state = JIG_JOB_RUNNING;
	record->main = 4711;
	(void)strcpy(record->command, "sleep 1000");
	record_end(record);
	assert_int_equal(record_read(fd, &copy), 0); /* at any position */
	assert_memory_equal(&copy, record, sizeof(copy));
	unmap(record);
}

static void while_it_is_written_it_is_not_to_be_read(void **state)
{
	CLEANUP_CLOSE int fd = empty_file();
	struct job_record *record = create(fd), copy = { 0 };

	(void)state;
	record_begin(record);
	assert_int_equal(record_check(record), -EAGAIN);
	assert_int_equal(record_read(fd, &copy), -EAGAIN); /* gives up */
	record_end(record);
	assert_int_equal(record_check(record), 0);
	assert_int_equal(record_read(fd, &copy), 0);
	unmap(record);
}

/* For ever: every text and number says the same. A keeper rests between two
 * changes; without a rest of some microseconds a reader might find none. */
static void write_and_write(struct job_record *record)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int64_t i = 1;; i++) {
		record_begin(record);
		record->started_us = i;
		memset(record->command, 'a' + (int)(i % 26),
		       sizeof(record->command) - 1);
		memset(record->directory, 'a' + (int)(i % 26),
		       sizeof(record->directory) - 1);
		record->ended_us = i;
		record->rank_us = i;
		record_end(record);
		if (i % 16 == 0)
			clock_sleep_us(20);
	}
}

static bool is_of_one_change(const struct job_record *record)
{
	size_t size = sizeof(record->command) - 1;

	return record->started_us == record->ended_us &&
	       record->started_us == record->rank_us &&
	       memcmp(record->command, record->directory, size) == 0 &&
	       memcmp(record->command, record->command + 1, size - 1) == 0;
}

static void no_reader_sees_half_of_a_change(void **state)
{
	CLEANUP_CLOSE int fd = empty_file();
	struct job_record *record = create(fd), copy;
	pid_t writer = fork();
	int64_t last = 0;
	unsigned news = 0;

	(void)state;
	if (writer == 0)
		write_and_write(record);
	assert_true(writer > 0);
	for (int i = 0; i < 20000 || news < 10; i++) {
		assert_int_equal(record_read(fd, &copy), 0);
		assert_true(is_of_one_change(&copy));
		assert_true(copy.started_us >= last);
		news += copy.started_us > last;
		last = copy.started_us;
	}
	assert_int_equal(kill(writer, SIGKILL), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	unmap(record);
}

static void a_file_of_another_size_is_none(void **state)
{
	static const off_t sizes[] = { 0, 1, 16,
				       sizeof(struct job_record) - 1 };
	struct job_record copy;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		CLEANUP_CLOSE int fd = empty_file();
		struct job_record *record = create(fd);

		assert_int_equal(ftruncate(fd, sizes[i]), 0);
		assert_int_equal(record_read(fd, &copy), -EBADMSG);
		unmap(record);
	}
}

static void a_pipe_is_an_error(void **state)
{
	struct job_record copy;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(record_read(ends[0], &copy), -ESPIPE);
	(void)close(ends[0]);
	(void)close(ends[1]);
	assert_int_equal(record_read(-1, &copy), -EBADF);
}

#define SET(member, value)                                                     \
	{                                                                      \
		offsetof(struct job_record, member), sizeof(int32_t), value    \
	}

static void what_cannot_be_is_refused(void **state)
{
	/* Each is 32 bits wide, or the low half of 64. */
	static const struct {
		size_t offset, size;
		int32_t value;
	} changes[] = {
		SET(magic, 0),		SET(size, 0),
		SET(size, 1),		SET(number, 0),
		SET(state, -1),		SET(state, JIG_JOB_LOST),
		SET(state, 1000000),	SET(main, -1),
		SET(session, -1),	SET(keeper, -1),
		SET(keeper, INT32_MIN),
	};
	CLEANUP_CLOSE int fd = empty_file();
	struct job_record *record = create(fd);

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct job_record wrong = *record;

		memcpy((char *)&wrong + changes[i].offset, &changes[i].value,
		       changes[i].size);
		assert_int_equal(record_check(&wrong), -EBADMSG);
	}
	unmap(record);
}

static void a_text_without_an_end_is_refused(void **state)
{
	CLEANUP_CLOSE int fd = empty_file();
	struct job_record *record = create(fd), wrong;

	(void)state;
	wrong = *record;
	memset(wrong.terminal, 'x', sizeof(wrong.terminal));
	assert_int_equal(record_check(&wrong), -EBADMSG);
	wrong = *record;
	memset(wrong.directory, 'x', sizeof(wrong.directory));
	assert_int_equal(record_check(&wrong), -EBADMSG);
	wrong = *record;
	memset(wrong.command, 'x', sizeof(wrong.command));
	assert_int_equal(record_check(&wrong), -EBADMSG);
	unmap(record);
}

static void what_has_no_room_or_cannot_be_written_is_an_error(void **state)
{
	struct job_record *record = NULL;
	CLEANUP_CLOSE int sealed =
		memfd_create("record", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CLEANUP_CLOSE int readable = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(fcntl(sealed, F_ADD_SEALS, F_SEAL_GROW), 0);
	assert_int_equal(record_create(sealed, &record), -EPERM);
	assert_true(record_create(readable, &record) < 0);
	assert_null(record);
}

/* ---------------------------------------------------------------- quoting */

static void words_are_quoted_as_a_shell_needs_them(void **state)
{
	static const struct {
		const char *words[4];
		const char *line;
	} cases[] = {
		{ { NULL }, "" },
		{ { "sleep", "1000" }, "sleep 1000" },
		{ { "a=b", "/x-y_z.c", "%1,+@:" }, "a=b /x-y_z.c %1,+@:" },
		{ { "echo", "" }, "echo ''" },
		{ { "echo", "a b" }, "echo 'a b'" },
		{ { "echo", "it's" }, "echo 'it'\\''s'" },
		{ { "'" }, "''\\'''" },
		{ { "a;b", "$x", "*" }, "'a;b' '$x' '*'" },
		{ { "~", "#", "!" }, "'~' '#' '!'" },
		{ { "a\nb" }, "'a\nb'" },
		{ { "\xc3\xa4" }, "'\xc3\xa4'" },
	};
	char line[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		record_quote((char *const *)(void *)cases[i].words, line,
			     sizeof(line));
		assert_string_equal(line, cases[i].line);
	}
}

static void a_line_that_is_too_long_is_cut(void **state)
{
	char *const words[] = { (char *)"abc", (char *)"def", NULL };
	char line[6];

	(void)state;
	record_quote(words, line, sizeof(line));
	assert_string_equal(line, "abc d");
	record_quote(words, line, 1);
	assert_string_equal(line, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_one_is_whole_and_is_read_as_it_is),
		cmocka_unit_test(while_it_is_written_it_is_not_to_be_read),
		cmocka_unit_test(no_reader_sees_half_of_a_change),
		cmocka_unit_test(a_file_of_another_size_is_none),
		cmocka_unit_test(a_pipe_is_an_error),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(a_text_without_an_end_is_refused),
		cmocka_unit_test(
			what_has_no_room_or_cannot_be_written_is_an_error),
		cmocka_unit_test(words_are_quoted_as_a_shell_needs_them),
		cmocka_unit_test(a_line_that_is_too_long_is_cut),
	};

	return RUN(tests);
}
