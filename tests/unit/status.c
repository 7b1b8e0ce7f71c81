// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "proc/procfs.h"
#include "proc/status.h"

#define STATUS                                                                 \
	"Name:\tUid: 9 9\\nVmRSS: 9\n"                                         \
	"Umask:\t0022\nState:\tS (sleeping)\nTgid:\t42\nNgid:\t0\nPid:\t43\n"  \
	"Uid:\t1000\t1001\t1002\t1003\nGid:\t5\t6\t7\t8\n"                     \
	"VmSize:\t  123456 kB\nVmLck:\t      16 kB\nVmRSS:\t    5300 kB\n"     \
	"SigIgn:\t0000000000001000\nSigCgt:\t0000000180014a07\n"

static void every_line_is_where_it_belongs(void **state)
{
	struct proc_status status;

	(void)state;
	assert_int_equal(status_parse(STATUS, &status), 0);
	assert_int_equal(status.tgid, 42);
	assert_int_equal(status.real_uid, 1000);
	assert_int_equal(status.uid, 1001);
	assert_int_equal(status.resident_kib, 5300);
	assert_int_equal(status.locked_kib, 16);
	assert_int_equal(status.ignored, 0x1000);
	assert_int_equal(status.caught, 0x180014a07);
}

static void a_process_without_memory_has_none(void **state)
{
	struct proc_status status;

	(void)state;
	assert_int_equal(status_parse("Name:\tx\nUid:\t0\t7\t0\t0\n", &status),
			 0);
	assert_int_equal(status.uid, 7);
	assert_int_equal(status.resident_kib, 0);
	assert_int_equal(status.locked_kib, 0);
}

static void without_users_it_is_einval_and_changes_nothing(void **state)
{
	static const char *const texts[] = {
		"", "\n", "Name:\tx\n", "VmRSS:\t1 kB\n", "xUid:\t1\t1\n", "Ui"
	};
	struct proc_status status = { .uid = 7 };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(status_parse(texts[i], &status), -EINVAL);
		assert_int_equal(status.uid, 7);
	}
}

static void every_beginning_of_a_file_is_safe(void **state)
{
	(void)state;
	for (size_t n = 0; n < strlen(STATUS); n++) {
		CLEANUP_FREE char *text = strndup(STATUS, n);
		struct proc_status status;
		int r = status_parse(text, &status);

		assert_true(r == 0 || r == -EINVAL);
	}
}

static void our_own_status_is_right(void **state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_status status;

	(void)state;
	assert_int_equal(status_read(procfd, getpid(), &status), 0);
	assert_int_equal(status.tgid, getpid());
	assert_int_equal(status.real_uid, getuid());
	assert_int_equal(status.uid, geteuid());
	assert_true(status.resident_kib > 0);
	assert_int_equal(status_read(procfd, 1 << 30, &status), -ESRCH);
}

static void edge_16_what_we_ignore_is_known_at_once(void **state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	uint64_t ours = SYS_SIGNAL(SIGUSR1) | SYS_SIGNAL(40), before, ignored;

	(void)state;
	assert_int_equal(status_ignored(procfd, &before), 0);
	assert_ptr_not_equal(signal(SIGUSR1, SIG_IGN), SIG_ERR);
	assert_ptr_not_equal(signal(40, SIG_IGN), SIG_ERR);
	assert_int_equal(status_ignored(procfd, &ignored), 0);
	assert_true(ignored == (before | ours));
	sys_signal_default(SIGUSR1);
	sys_signal_default(40);
	assert_int_equal(status_ignored(procfd, &ignored), 0);
	assert_true(ignored == (before & ~ours));
	assert_int_equal(status_ignored(-1, &ignored), -ENOENT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_where_it_belongs),
		cmocka_unit_test(a_process_without_memory_has_none),
		cmocka_unit_test(
			without_users_it_is_einval_and_changes_nothing),
		cmocka_unit_test(every_beginning_of_a_file_is_safe),
		cmocka_unit_test(our_own_status_is_right),
		cmocka_unit_test(edge_16_what_we_ignore_is_known_at_once),
	};

	return RUN(tests);
}
