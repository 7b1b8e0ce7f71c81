// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "view/tty_name.h"

/* As /proc/tty/drivers has them. */
#define DRIVERS                                                                \
	"/dev/tty             /dev/tty        5       0 system:/dev/tty\n"     \
	"/dev/console         /dev/console    5       1 system:console\n"      \
	"usbserial            /dev/ttyUSB   188 0-511 serial\n"                \
	"hvc                  /dev/hvc      229 0-7 system\n"                  \
	"pty_slave            /dev/pts      136 0-1048575 pty:slave\n"

static void assert_name(unsigned device_major, unsigned device_minor,
			const char *wanted)
{
	char name[TTY_NAME_SIZE];
	int tty = (int)makedev(device_major, device_minor);

	assert_int_equal(tty_name(DRIVERS, tty, name), 0);
	assert_string_equal(name, wanted);
}

static void terminals_have_the_names_that_ps_has(void **state)
{
	(void)state;
	assert_name(136, 0, "pts/0");
	assert_name(136, 3, "pts/3");
	assert_name(137, 1, "pts/257");
	assert_name(4, 1, "tty1");
	assert_name(4, 63, "tty63");
	assert_name(4, 64, "ttyS0");
	assert_name(4, 66, "ttyS2");
	assert_name(188, 4, "ttyUSB4");
	assert_name(229, 2, "hvc2");
	assert_name(5, 1, "console");
}

static void none_and_unknown_ones_are_a_question_mark(void **state)
{
	char name[TTY_NAME_SIZE];

	(void)state;
	assert_int_equal(tty_name(DRIVERS, 0, name), -ENOENT);
	assert_string_equal(name, "?");
	assert_int_equal(tty_name(DRIVERS, (int)makedev(99, 1), name), -ENOENT);
	assert_string_equal(name, "?");
	assert_int_equal(tty_name(DRIVERS, (int)makedev(188, 512), name),
			 -ENOENT);
	assert_int_equal(tty_name("", (int)makedev(188, 1), name), -ENOENT);
}

static void drivers_that_are_garbage_name_no_terminal(void **state)
{
	static const char *const texts[] = {
		"\n\n\n",	  "usbserial /dev/",
		"a /dev/b c d e", "x /dev/y 188",
		"x /dev/y 188 -", "x /dev/y 188 9999999999999-",
	};
	char name[TTY_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(tty_name(texts[i], (int)makedev(188, 1), name),
				 -ENOENT);
		assert_string_equal(name, "?");
	}
}

static void a_terminal_is_found_by_all_its_names(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), tty = -1;
	struct stat st;
	char path[64];

	(void)state;
	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	assert_int_equal(ptsname_r(master, path, sizeof(path)), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(tty_find(path, &tty), 0);
	assert_int_equal(tty, st.st_rdev);
	tty = -1;
	assert_int_equal(tty_find(path + strlen("/dev/"), &tty), 0);
	assert_int_equal(tty, st.st_rdev);
	(void)close(master);
	assert_int_equal(tty_find("?", &tty), 0);
	assert_int_equal(tty, 0);
}

static void what_is_no_terminal_is_not_found(void **state)
{
	int tty = 77;

	(void)state;
	assert_int_equal(tty_find("pts/no-such", &tty), -ENOENT);
	assert_int_equal(tty_find("/", &tty), -ENOTTY);
	assert_int_equal(tty, 77);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(terminals_have_the_names_that_ps_has),
		cmocka_unit_test(none_and_unknown_ones_are_a_question_mark),
		cmocka_unit_test(drivers_that_are_garbage_name_no_terminal),
		cmocka_unit_test(a_terminal_is_found_by_all_its_names),
		cmocka_unit_test(what_is_no_terminal_is_not_found),
	};

	return RUN(tests);
}
