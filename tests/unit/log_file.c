// SPDX-License-Identifier: MIT
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "up/output/log_file.h"

struct place {
	char folder[64];
	char path[128];
};

static int remove_one(const char *path, const struct stat *status, int kind,
		      struct FTW *walk)
{
	(void)status, (void)kind, (void)walk;
	return remove(path);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	(void)snprintf(place->folder, sizeof(place->folder),
		       "/tmp/jig-log-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	(void)snprintf(place->path, sizeof(place->path), "%s/logs/web.1.log",
		       place->folder);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	(void)setrlimit(RLIMIT_FSIZE, &none);
	(void)nftw(place->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

static struct log_writer *opened(const struct log_file *file)
{
	struct log_writer *log = log_file_new(file);

	assert_non_null(log);
	assert_int_equal(log_file_open(log), 0);
	return log;
}

static void add(struct log_writer *log, const char *line)
{
	char text[16384];
	int size = snprintf(text, sizeof(text), "%s\n", line);

	log_file_add(log, text, (size_t)size);
}

/* What stands in PATH + suffix. */
static char *content(const struct place *place, const char *suffix)
{
	char path[160];
	char *text = NULL;

	(void)snprintf(path, sizeof(path), "%s%s", place->path, suffix);
	return fd_read_whole(AT_FDCWD, path, 1 << 24, &text) < 0 ? NULL : text;
}

static void expect(const struct place *place, const char *suffix,
		   const char *text)
{
	char *found = content(place, suffix);

	assert_non_null(found);
	assert_string_equal(found, text);
	free(found);
}

static void lines_are_appended(void **state)
{
	struct place *place = *state;
	struct log_file file = { .path = place->path };
	struct log_writer *log = opened(&file);

	add(log, "one");
	assert_true(log_file_flush(log));
	expect(place, "", "one\n");
	log_file_close(log);

	log = opened(&file);
	add(log, "two");
	add(log, "");
	assert_true(log_file_flush(log));
	expect(place, "", "one\ntwo\n\n");
	log_file_close(log);
}

static void a_file_that_is_full_moves_over(void **state)
{
	struct place *place = *state;
	struct log_file file = {
		.path = place->path,
		.max_bytes = 10,
		.max_files = 2,
	};
	struct log_writer *log = opened(&file);

	for (int i = 0; i < 8; i++)
		add(log, (const char[]){ (char)('0' + i), 'x', 'x', 'x', 0 });
	assert_true(log_file_flush(log));
	expect(place, "", "6xxx\n7xxx\n");
	expect(place, ".1", "4xxx\n5xxx\n");
	expect(place, ".2", "2xxx\n3xxx\n");
	assert_null(content(place, ".3"));
	add(log, "longer than all");
	add(log, "8xxx");
	assert_true(log_file_flush(log));
	expect(place, "", "8xxx\n");
	expect(place, ".1", "longer than all\n");
	log_file_close(log);
}

/* All numbers, from the oldest file to the youngest, without a gap. */
static void check_numbers(const struct place *place, int files, int count)
{
	int next = 0;

	for (int i = files; i >= 0; i--) {
		char suffix[16] = "";

		if (i > 0)
			(void)snprintf(suffix, sizeof(suffix), ".%d", i);

		char *text = content(place, suffix);

		for (char *line = text; line && *line;
		     line = strchr(line, '\n') + 1)
			assert_int_equal(atoi(line), next++);
		free(text);
	}
	assert_int_equal(next, count);
}

static void rotation_loses_no_line(void **state)
{
	struct place *place = *state;
	struct log_file file = {
		.path = place->path,
		.max_bytes = 1000,
		.max_files = 100,
	};
	struct log_writer *log = opened(&file);
	char line[16];

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(line, sizeof(line), "%d", i);
		add(log, line);
	}
	assert_true(log_file_flush(log));
	check_numbers(place, 100, 5000);
	log_file_close(log);
}

static void what_cannot_be_rotated_grows(void **state)
{
	struct place *place = *state;
	char taken[160];
	struct log_file file = {
		.path = place->path,
		.max_bytes = 5,
	};
	struct log_writer *log = opened(&file);

	/* A directory stands where the older file is to be. */
	(void)snprintf(taken, sizeof(taken), "%s.1", place->path);
	assert_int_equal(mkdir(taken, 0700), 0);
	add(log, "1xxx");
	add(log, "2xxx");
	add(log, "3xxx");
	assert_true(log_file_flush(log));
	expect(place, "", "1xxx\n2xxx\n3xxx\n");
	log_file_close(log);
}

static void old_files_go_after_their_days(void **state)
{
	struct place *place = *state;
	struct log_file file = { .path = place->path,
				 .max_bytes = 5,
				 .max_files = 9,
				 .max_days = 2 };
	struct log_writer *log = opened(&file);
	struct timespec old[2] = { { .tv_sec = time(NULL) - 200000 },
				   { .tv_sec = time(NULL) - 200000 } };
	char path[160];

	for (int i = 0; i < 4; i++)
		add(log, "xxxx");
	(void)snprintf(path, sizeof(path), "%s.2", place->path);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	log_file_tick(log, time(NULL) + 4000);

	char *young = content(place, ".1");

	assert_non_null(young);
	free(young);
	assert_null(content(place, ".2"));
	assert_null(content(place, ".3"));
	log_file_close(log);
}

static void a_file_that_was_moved_away_is_made_again(void **state)
{
	struct place *place = *state;
	struct log_file file = {
		.path = place->path,
	};
	struct log_writer *log = opened(&file);
	char other[160];

	add(log, "before");
	(void)snprintf(other, sizeof(other), "%s.old", place->path);
	assert_int_equal(rename(place->path, other), 0);
	log_file_tick(log, 1);
	add(log, "after");
	assert_true(log_file_flush(log));
	expect(place, "", "after\n");
	expect(place, ".old", "before\n");
	log_file_close(log);
}

static void a_directory_that_vanished_is_made_again(void **state)
{
	struct place *place = *state;
	struct log_file file = {
		.path = place->path,
	};
	struct log_writer *log = opened(&file);
	char folder[128];

	(void)snprintf(folder, sizeof(folder), "%s/logs", place->folder);
	assert_int_equal(unlink(place->path), 0);
	assert_int_equal(rmdir(folder), 0);
	log_file_tick(log, 1);
	add(log, "again");
	assert_true(log_file_flush(log));
	expect(place, "", "again\n");
	log_file_close(log);
}

static void a_directory_that_cannot_be_made_is_tried_again(void **state)
{
	struct place *place = *state;
	char path[160];
	struct log_file file = { .path = path };
	struct log_writer *log = log_file_new(&file);

	(void)snprintf(path, sizeof(path), "%s/file/x.log", place->folder);

	char at[128];

	(void)snprintf(at, sizeof(at), "%s/file", place->folder);
	close(open(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_non_null(log);
	assert_int_equal(log_file_open(log), -ENOTDIR);
	assert_int_equal(log->error, -ENOTDIR);
	add(log, "kept");
	assert_int_equal(log_file_waiting(log), 1);
	/* It is tried again. */
	assert_int_equal(unlink(at), 0);
	log_file_tick(log, 1);
	assert_true(log_file_flush(log));
	assert_int_equal(log->error, 0);
	log_file_close(log);
	(void)snprintf(place->path, sizeof(place->path), "%s/file/x.log",
		       place->folder);
	expect(place, "", "kept\n");
}

static void a_torn_line_is_not_continued(void **state)
{
	struct place *place = *state;
	struct log_file file = {
		.path = place->path,
	};
	struct log_writer *log = opened(&file);
	int fd = open(place->path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(write(fd, "whole\nto", 8), 8);
	close(fd);
	log_file_close(log);
	log = opened(&file);
	add(log, "next");
	assert_true(log_file_flush(log));
	expect(place, "", "whole\nto\nnext\n");
	log_file_close(log);
}

static void a_path_that_was_taken_is_an_error_but_loses_nothing(void **state)
{
	struct place *place = *state;
	struct log_file file = {
		.path = place->path,
	};
	struct log_writer *log = opened(&file);
	char other[160];

	(void)snprintf(other, sizeof(other), "%s.old", place->path);
	assert_int_equal(rename(place->path, other), 0);
	assert_int_equal(mkdir(place->path, 0700), 0);
	log_file_tick(log, 1);
	add(log, "still");
	assert_true(log_file_flush(log));
	assert_int_equal(log->error, -EISDIR);
	expect(place, ".old", "still\n");
	assert_int_equal(rmdir(place->path), 0);
	log_file_tick(log, 2);
	add(log, "again");
	assert_true(log_file_flush(log));
	assert_int_equal(log->error, 0);
	expect(place, "", "again\n");
	log_file_close(log);
}

static void a_link_is_followed(void **state)
{
	struct place *place = *state;
	char link[128];
	struct log_file file = {
		.path = link,
	};
	struct log_writer *log;

	(void)snprintf(link, sizeof(link), "%s/link", place->folder);
	assert_int_equal(symlink("target", link), 0);
	log = opened(&file);
	add(log, "through");
	log_file_tick(log, 1);
	assert_true(log_file_flush(log));
	log_file_close(log);
	(void)snprintf(place->path, sizeof(place->path), "%s/target",
		       place->folder);
	expect(place, "", "through\n");
}

static void a_pipe_is_not_waited_for_nor_rotated(void **state)
{
	struct place *place = *state;
	char path[128];
	static char line[8192];
	struct log_file file = { .path = path, .max_bytes = 10 };

	(void)snprintf(path, sizeof(path), "%s/fifo", place->folder);
	assert_int_equal(mkfifo(path, 0600), 0);

	int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct log_writer *log = opened(&file);

	memset(line, 'x', sizeof(line) - 1);
	while (log->sink.lost == 0)
		add(log, line);
	assert_int_equal(log->error, 0);
	assert_false(log_file_flush(log));
	for (bool all = false; !all; all = log_file_flush(log))
		while (read(reader, line, sizeof(line)) > 0)
			;
	assert_int_equal(log->told, log->sink.lost);

	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_true(S_ISFIFO(status.st_mode));
	log_file_close(log);
	close(reader);
}

static void limit_files(rlim_t size)
{
	struct rlimit limit = { size, RLIM_INFINITY };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Of lines "N": the last number but for those that were lost. */
static int check_lost(const struct place *place, unsigned long *ret_lost)
{
	char *text = content(place, ""), *save = NULL;
	int last = -1;

	*ret_lost = 0;
	assert_non_null(text);
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "jig: %lu lines were lost", ret_lost) == 1) {
			last += (int)*ret_lost;
			continue;
		}
		assert_int_equal(strlen(line), 1000);
		assert_int_equal(atoi(line), ++last);
	}
	free(text);
	return last;
}

static void a_full_disk_tears_nothing_and_says_what_it_cost(void **state)
{
	struct place *place = *state;
	struct log_file file = {
		.path = place->path,
	};
	struct log_writer *log = opened(&file);
	char line[1001];
	unsigned long lost;
	int i;

	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files(12345);
	for (i = 0; i < 3000; i++) {
		(void)snprintf(line, sizeof(line), "%-1000d", i);
		add(log, line);
	}
	assert_false(log_file_flush(log));
	assert_int_equal(log->error, -EFBIG);
	assert_true(log->sink.lost > 0);
	limit_files(RLIM_INFINITY);
	assert_true(log_file_flush(log));
	assert_int_equal(log->error, 0);
	(void)snprintf(line, sizeof(line), "%-1000d", i);
	add(log, line);
	assert_true(log_file_flush(log));
	assert_int_equal(check_lost(place, &lost), 3000);
	assert_int_equal(lost, log->sink.lost);
	log_file_close(log);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_appended),
		TEST(a_file_that_is_full_moves_over),
		TEST(rotation_loses_no_line),
		TEST(what_cannot_be_rotated_grows),
		TEST(old_files_go_after_their_days),
		TEST(a_file_that_was_moved_away_is_made_again),
		TEST(a_directory_that_vanished_is_made_again),
		TEST(a_directory_that_cannot_be_made_is_tried_again),
		TEST(a_torn_line_is_not_continued),
		TEST(a_path_that_was_taken_is_an_error_but_loses_nothing),
		TEST(a_link_is_followed),
		TEST(a_pipe_is_not_waited_for_nor_rotated),
		TEST(a_full_disk_tears_nothing_and_says_what_it_cost),
	};

	return RUN(tests);
}
