// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/compat.h"
#include "base/fd.h"
#include "child.h"

static int memory_file(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	return fd;
}

/* A name for an open descriptor. */
static const char *name_of(int fd, char name[32])
{
	(void)snprintf(name, 32, "/proc/self/fd/%d", fd);
	return name;
}

static void a_small_file_is_read_and_ended(void **state)
{
	CLEANUP_CLOSE int fd = memory_file("hello");
	char name[32], text[16], cut[4];

	(void)state;
	name_of(fd, name);
	assert_int_equal(fd_read_file(AT_FDCWD, name, text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	assert_int_equal(fd_read_file(AT_FDCWD, name, cut, sizeof(cut)), 3);
	assert_string_equal(cut, "hel");
	assert_int_equal(fd_read_file(AT_FDCWD, "/nowhere/at/all", text, 16),
			 -ENOENT);
}

static void a_whole_file_is_read_up_to_the_limit(void **state)
{
	CLEANUP_FREE char *content = malloc(20001);
	char *text = NULL, name[32];

	(void)state;
	memset(content, 'x', 20000);
	content[20000] = '\0';
	CLEANUP_CLOSE int fd = memory_file(content);
	name_of(fd, name);
	assert_int_equal(fd_read_whole(AT_FDCWD, name, 19999, &text), -EFBIG);
	assert_null(text);
	assert_int_equal(fd_read_whole(AT_FDCWD, name, 20000, &text), 20000);
	assert_string_equal(text, content);
	free(text);
}

static void a_write_without_a_reader_is_an_error(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	(void)close(pair[0]);

	void (*before)(int) = signal(SIGPIPE, SIG_IGN);

	assert_int_equal(fd_write_all(pair[1], "x", 1), -EPIPE);
	(void)signal(SIGPIPE, before);
	(void)close(pair[1]);
	assert_int_equal(fd_write_file(AT_FDCWD, "/nowhere/at/all", "x"),
			 -ENOENT);
}

static void a_duplicate_is_above_the_floor_and_close_on_exec(void **state)
{
	CLEANUP_CLOSE int fd = memory_file("");
	CLEANUP_CLOSE int copy = fd_dup_above(fd, 100);

	(void)state;
	assert_true(copy >= 100);
	assert_int_equal(fcntl(copy, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fd_cloexec(copy, false), 0);
	assert_int_equal(fcntl(copy, F_GETFD), 0);
	assert_int_equal(fd_cloexec(copy, true), 0);
	assert_int_equal(fcntl(copy, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fd_dup_above(-1, 3), -EBADF);
	assert_int_equal(fd_cloexec(-1, true), -EBADF);
}

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void open_numbers(const int *numbers, size_t count)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < count; i++)
		if (dup2(null, numbers[i]) != numbers[i])
			_exit(2);
}

/* All from 20 on are closed, except 20, 22 and 200; those below 20 stay open.
 */
static int closes_all_but_the_kept(void)
{
	static const int numbers[] = { 19, 20, 21, 22, 23, 199, 200, 201, 500 };
	static const int kept[] = { -1, 5, 20, 22, 22, 200 };

	open_numbers(numbers, COUNT(numbers));
	fd_close_from(20, kept, COUNT(kept));
	return is_open(19) && is_open(20) && is_open(22) && is_open(200) &&
	       !is_open(21) && !is_open(23) && !is_open(199) && !is_open(201) &&
	       !is_open(500);
}

static int closes_all_but_the_kept_in_any_order(void)
{
	static const int numbers[] = { 20, 21, 22, 23, 200 };
	int kept[] = { 200, -1, 22, 20 };

	open_numbers(numbers, COUNT(numbers));
	fd_close_except(20, kept, COUNT(kept));
	return is_open(20) && is_open(22) && is_open(200) && !is_open(21) &&
	       !is_open(23);
}

static int closes_all(void)
{
	static const int numbers[] = { 20, 21, 1000 };

	open_numbers(numbers, COUNT(numbers));
	fd_close_from(20, NULL, 0);
	return !is_open(20) && !is_open(21) && !is_open(1000);
}

/* From now on the system call @number fails with ENOSYS here. */
static bool refuse(unsigned number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(code), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int without_close_range(void)
{
	return refuse(SYS_close_range) && closes_all_but_the_kept() &&
	       closes_all_but_the_kept_in_any_order() && closes_all();
}

/* Neither close_range nor the list in /proc: number by number. */
static int without_proc_either(void)
{
	return refuse(SYS_close_range) && refuse(SYS_getdents64) &&
	       closes_all_but_the_kept() && closes_all();
}

static void all_but_the_kept_are_closed(void **state)
{
	(void)state;
	assert_true(child_says(closes_all_but_the_kept));
	assert_true(child_says(closes_all_but_the_kept_in_any_order));
	assert_true(child_says(closes_all));
}

static void edge_23_closing_works_without_close_range(void **state)
{
	(void)state;
	assert_true(child_says(without_close_range));
	assert_true(child_says(without_proc_either));
}

static int nullified_hold_nothing(void)
{
	static const int numbers[] = { 20, 21, 22 };
	int pair[2];
	char byte;

	open_numbers(numbers, COUNT(numbers));
	if (pipe2(pair, O_CLOEXEC) < 0 || dup2(pair[1], 21) < 0)
		return 0;
	(void)close(pair[1]);
	fd_nullify(20, 22);
	/* No process has the pipe open any more: its reader sees end of file.
	 */
	return read(pair[0], &byte, 1) == 0 && is_open(20) && is_open(21) &&
	       is_open(22) && fcntl(21, F_GETFD) == FD_CLOEXEC;
}

static void a_nullified_pipe_is_held_no_more(void **state)
{
	(void)state;
	assert_true(child_says(nullified_hold_nothing));
}

static void cleanup_accepts_what_is_empty_and_keeps_errno(void **state)
{
	int none = -1, fd = memory_file(""), copy = fd;

	(void)state;
	errno = EXDEV;
	cleanup_close(&none);
	cleanup_close(&fd);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(fd, -1);
	assert_false(is_open(copy));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_file_is_read_and_ended),
		cmocka_unit_test(a_whole_file_is_read_up_to_the_limit),
		cmocka_unit_test(a_write_without_a_reader_is_an_error),
		cmocka_unit_test(
			a_duplicate_is_above_the_floor_and_close_on_exec),
		cmocka_unit_test(all_but_the_kept_are_closed),
		cmocka_unit_test(edge_23_closing_works_without_close_range),
		cmocka_unit_test(a_nullified_pipe_is_held_no_more),
		cmocka_unit_test(cleanup_accepts_what_is_empty_and_keeps_errno),
	};

	return RUN(tests);
}
