// SPDX-License-Identifier: MIT
/* Promise: a host's board is shared with the guard, and only as far as allowed
 * (core/shared/board_share.c). */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "core/shared/board.h"

static void a_hosts_board_is_shared(void **state)
{
	struct board *host, *guard;
	int fd;

	(void)state;
	assert_int_equal(board_create(&host, &fd), 0);
	assert_int_equal(board_attach(fd, &guard), 0);
	atomic_fetch_add(&host->host_hurries, 1);
	assert_int_equal(atomic_load(&guard->host_hurries), 1);
	atomic_store(&guard->main, 4711);
	assert_int_equal(atomic_load(&host->main), 4711);
	/* It cannot be made shorter under the feet of the other. */
	assert_int_equal(ftruncate(fd, 0), -1);
	board_close(host);
	board_close(guard);
	(void)close(fd);
}

static void write_report(struct board *board)
{
	board->report.leftover_count = 1;
	_exit(0);
}

static void a_host_cannot_write_the_guards_part(void **state)
{
	struct board *host;
	int fd, status;

	(void)state;
	assert_int_equal(board_create(&host, &fd), 0);
	pid_t child = fork();

	if (child == 0) {
		(void)signal(SIGSEGV, SIG_DFL);
		write_report(host);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	/* A sanitizer exits with a status of its own. */
	assert_int_not_equal(status, 0);
	board_close(host);
	(void)close(fd);
}

static void another_version_is_refused(void **state)
{
	struct board *host, *guard = NULL;
	int fd;

	(void)state;
	assert_int_equal(board_create(&host, &fd), 0);
	host->version++;
	assert_int_equal(board_attach(fd, &guard), -ENOPKG);
	host->version--;
	host->magic++;
	assert_int_equal(board_attach(fd, &guard), -ENOPKG);
	board_close(host);
	(void)close(fd);

	CLEANUP_CLOSE int other = memfd_create("other", MFD_CLOEXEC);
	assert_int_equal(ftruncate(other, 4096), 0);
	assert_int_equal(board_attach(other, &guard), -ENOPKG);
	assert_null(guard);
}

static _Noreturn void be_limited_host(void)
{
	struct rlimit limit = { 4096, 4096 };
	struct board *board;
	int fd;

	(void)signal(SIGXFSZ, SIG_DFL);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		_exit(2);
	_exit(board_create(&board, &fd) != -EFBIG);
}

static void a_limit_on_files_does_not_end_the_host(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		be_limited_host();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hosts_board_is_shared),
		cmocka_unit_test(a_host_cannot_write_the_guards_part),
		cmocka_unit_test(another_version_is_refused),
		cmocka_unit_test(a_limit_on_files_does_not_end_the_host),
	};

	return RUN(tests);
}
