// SPDX-License-Identifier: MIT
#include "tty/raw_terminal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The signals whose default action ends a process. */
static const int ends[] = {
	SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGALRM,
	SIGUSR1, SIGUSR2, SIGABRT, SIGBUS,  SIGFPE,  SIGILL,
	SIGSEGV, SIGSYS,  SIGTRAP, SIGXCPU, SIGXFSZ,
};

#define ENDS (sizeof(ends) / sizeof(*ends))

/* For the handler. A handler has no context argument, and a process has one
 * table of handlers; this code is only in commands, never in the library.
 * is_open is set last and cleared first. */
static struct {
	volatile sig_atomic_t is_open;
	int fd;
	struct termios modes;
} saved;

/* In the background the terminal belongs to the shell, which has set its own
 * modes; a change would also suspend us with SIGTTOU. A terminal that does not
 * control our session has no background. */
static bool is_background(int fd)
{
	pid_t foreground = tcgetpgrp(fd);

	return foreground >= 0 && foreground != getpgrp();
}

/* Async-signal-safe. TCSANOW: do not wait for output of a frozen terminal. */
static void put_back(int fd, const struct termios *modes)
{
	if (!is_background(fd))
		(void)tcsetattr(fd, TCSANOW, modes); /* fails only if hung up */
}

/* SA_RESETHAND and SA_NODEFER: the raised signal ends us with its core and its
 * wait status. */
static void restore_and_die(int signo)
{
	int before = errno;

	if (saved.is_open)
		put_back(saved.fd, &saved.modes);
	(void)raise(signo); /* a valid signal */
	errno = before;
}

static bool has_handler(int signo, void (*handler)(int))
{
	struct sigaction now;

	return sigaction(signo, NULL, &now) == 0 &&
	       !(now.sa_flags & SA_SIGINFO) && now.sa_handler == handler;
}

/* Signals that are ignored or handled do not end us: leave them. */
static void set_handlers(void (*from)(int), void (*to)(int))
{
	struct sigaction action = {
		.sa_handler = to,
		.sa_flags = (int)SA_RESETHAND | SA_NODEFER,
	};

	(void)sigfillset(&action.sa_mask); /* cannot fail: the set is ours */
	for (size_t i = 0; i < ENDS; i++)
		if (has_handler(ends[i], from))
			(void)sigaction(ends[i], &action, NULL); /* as above */
}

static int set_raw(int fd, const struct termios *modes)
{
	struct termios raw = *modes;

	cfmakeraw(&raw);
	return tcsetattr(fd, TCSANOW, &raw) < 0 ? -errno : 0;
}

int raw_terminal_open(int fd, struct raw_terminal *ret, struct fault *fault)
{
	struct raw_terminal terminal = { .fd = fd };

	if (tcgetattr(fd, &terminal.modes) < 0)
		return fault_set(fault, -ENOTTY, "stdin is not a terminal");
	if (is_background(fd))
		return fault_set(
			fault, -EIO,
			"not in the foreground of the terminal; run fg");
	if (saved.is_open)
		return fault_set(fault, -EBUSY, "a terminal is raw already");
	saved.fd = fd;
	saved.modes = terminal.modes;
	saved.is_open = 1;
	set_handlers(SIG_DFL, restore_and_die);

	int r = set_raw(fd, &terminal.modes);

	if (r < 0) {
		raw_terminal_close(&terminal);
		return fault_set(fault, r, "cannot change the terminal: %s",
				 strerror(-r));
	}
	*ret = terminal;
	return 0;
}

void raw_terminal_again(const struct raw_terminal *terminal)
{
	if (terminal->fd >= 0 && !is_background(terminal->fd))
		(void)set_raw(terminal->fd, &terminal->modes); /* hung up */
}

void raw_terminal_close(struct raw_terminal *terminal)
{
	if (terminal->fd < 0)
		return;
	/* Remove the handlers last: until then a signal restores the modes. */
	put_back(terminal->fd, &terminal->modes);
	saved.is_open = 0;
	set_handlers(restore_and_die, SIG_DFL);
	*terminal = RAW_TERMINAL_NONE;
}

int raw_terminal_size(int fd, struct winsize *ret)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return -errno;
	*ret = size;
	return 0;
}
