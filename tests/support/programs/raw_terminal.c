// SPDX-License-Identifier: MIT
/*
 * A command that puts its terminal into raw mode, for up/test_raw_terminal.py.
 *
 *   raw_terminal [SIGNAL…]
 *
 * It says "raw" once the modes are set, then reads keys:
 *   the detach key (ctrl-] d)  closes, says "detached", ends with 0
 *   c                          crashes with SIGSEGV
 *   others                     said as "typed HH"
 * It says "SIZE ROWSxCOLUMNS" first. Each SIGNAL (a number) is ignored.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tty/raw_terminal.h"

static void say_size(void)
{
	struct winsize size;

	if (raw_terminal_size(0, &size) == 0)
		printf("SIZE %dx%d\n", size.ws_row, size.ws_col);
}

/* Whether to go on. */
static bool take(struct detach_key *key)
{
	char typed[64], passed[65];
	size_t size = 0;
	ssize_t n = read(0, typed, sizeof(typed));

	if (n <= 0 || detach_key_filter(key, typed, (size_t)n, passed, &size))
		return false;
	for (size_t i = 0; i < size; i++) {
		if (passed[i] == 'c')
			(void)raise(SIGSEGV);
		printf("typed %02x\r\n", (unsigned char)passed[i]);
	}
	return true;
}

int main(int argc, char **argv)
{
	struct raw_terminal terminal = RAW_TERMINAL_NONE, second;
	struct rlimit no_core = { 0, 0 };
	struct detach_key key;
	struct fault fault;

	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++)
		(void)signal(atoi(argv[i]), SIG_IGN);
	say_size();
	if (raw_terminal_open(0, &terminal, &fault) < 0) {
		printf("refused: %s\n", fault.text);
		return 3;
	}
	if (raw_terminal_open(0, &second, NULL) == 0 ||
	    detach_key_parse("ctrl-] d", &key) < 0)
		return 4;
	printf("raw\r\n");
	while (take(&key))
		;
	raw_terminal_close(&terminal);
	raw_terminal_close(&terminal);
	printf("detached\n");
	return 0;
}
