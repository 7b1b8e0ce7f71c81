// SPDX-License-Identifier: MIT
/* Promise: JIG_GROUP_TERMINAL gives the command a terminal of its own, and
 * no other process holds it. */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

struct sides {
	int master, slave;
};

static struct sides open_pty(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(master >= 0);
	assert_int_equal(unlockpt(master), 0);

	int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(slave >= 0);
	return (struct sides){ master, slave };
}

static struct jig_command on(struct jig_command command, int slave)
{
	struct jig_stdio stdio = { .kind = JIG_STDIO_FD, .fd = slave };

	command.group = JIG_GROUP_TERMINAL;
	command.in = command.out = command.err = stdio;
	return command;
}

static void edge_24_the_master_sees_the_end_while_the_guard_lives(void **state)
{
	struct sides pty = open_pty();
	/* The process that is left has not opened it, and guard and supervisor
	 * wait for this process: if either held it, there would be no end. */
	struct jig_command command =
		SHELL("trap '' TERM HUP; sleep 1000 </dev/null >/dev/null 2>&1 "
		      "& test -t 0 </dev/tty && echo on a terminal");
	struct jig_step steps[] = { { SIGTERM, 60000000 }, { SIGKILL, 0 } };
	struct jig *fixture;
	char text[64];

	(void)state;
	command = on(command, pty.slave);
	command.steps = steps;
	command.step_count = 2;
	fixture = start(command);
	assert_non_null(fixture);
	(void)close(pty.slave);
	(void)read_all(pty.master, text, sizeof(text)); /* To its EIO. */
	assert_string_equal(text, "on a terminal\r\n");
	assert_int_equal(read(pty.master, text, 1), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
	/* The first begins the stop where main's end had not yet; the second
	 * hurries it. */
	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(jig_hurry(fixture), 0);
	assert_int_equal(code_of(fixture), 0);
	jig_free(fixture);
	(void)close(pty.master);
}

static int refusal(struct jig_command command, const char *words)
{
	struct jig *fixture = NULL;
	char error[512] = "";
	int r;

	command.error = error;
	command.error_size = sizeof(error);
	r = jig_start(&command, &fixture);
	assert_null(fixture);
	if (!strstr(error, words))
		fail_msg("'%s' does not hold '%s'", error, words);
	return r;
}

static void what_is_no_terminal_is_enotty(void **state)
{
	struct jig_command command = SHELL(":");

	(void)state;
	command.group = JIG_GROUP_TERMINAL;
	command.in.kind = JIG_STDIO_NULL;
	assert_int_equal(refusal(command, "it is not a terminal"), -ENOTTY);
}

static void another_sessions_terminal_is_eperm(void **state)
{
	struct sides pty = open_pty();
	struct jig *fixture = start(on(SHELL("sleep 1000"), pty.slave));

	(void)state;
	assert_non_null(fixture);
	/* Root may not take it away either. */
	assert_int_equal(refusal(on(SHELL(":"), pty.slave), "another session"),
			 -EPERM);
	assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
	(void)close(pty.slave);
	/* A hang-up: no process has the other end any more. */
	(void)close(pty.master);
	assert_int_equal(code_of(fixture), 128 + SIGHUP);
	jig_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			edge_24_the_master_sees_the_end_while_the_guard_lives),
		cmocka_unit_test(what_is_no_terminal_is_enotty),
		cmocka_unit_test(another_sessions_terminal_is_eperm),
	};

	return RUN(tests);
}
