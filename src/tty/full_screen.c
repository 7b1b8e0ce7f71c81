// SPDX-License-Identifier: MIT
#include "tty/full_screen.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/poll.h"
#include "base/sys.h"

/* The alternate screen, and a hidden cursor (xterm's private modes). */
#define SHOW "\033[?1049h\033[?25l"
#define HIDE "\033[?25h\033[?1049l"

/* Signals that end us and that another process sends. */
static const int ends[] = {
	SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGPIPE,
	SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU,
};

static const int others[] = { SIGTSTP, SIGWINCH, SIGCONT };

static bool is_ignored(int signo)
{
	struct sigaction now;

	return sigaction(signo, NULL, &now) == 0 &&
	       !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_IGN;
}

/* Signals that nohup(1) or a shell without jobs ignores stay ignored. */
static uint64_t wanted_signals(void)
{
	uint64_t wanted = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (!is_ignored(ends[i]))
			wanted |= SYS_SIGNAL(ends[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!is_ignored(others[i]))
			wanted |= SYS_SIGNAL(others[i]);
	return wanted;
}

static int full_screen_open_signals(struct full_screen *screen)
{
	uint64_t wanted = wanted_signals();

	screen->mask = sys_signal_mask(SYS_ALL_SIGNALS);
	wanted &= ~screen->mask; /* Blocked signals stay blocked. */
	(void)sys_signal_mask(screen->mask | wanted);
	screen->signals = sys_signalfd(wanted);
	if (screen->signals < 0)
		(void)sys_signal_mask(screen->mask);
	return screen->signals < 0 ? screen->signals : 0;
}

/* ---------------------------------------------------------- show and hide */

/* Ctrl-C is a signal for our whole process group, not a key. */
static void keep_signals(int fd)
{
	struct termios modes;

	if (tcgetattr(fd, &modes) < 0)
		return;
	modes.c_lflag |= ISIG;
	(void)tcsetattr(fd, TCSANOW, &modes); /* fails only if hung up */
}

static int full_screen_show(struct full_screen *screen, struct fault *fault)
{
	int fd = isatty(screen->in) ? screen->in : screen->out;
	int r = raw_terminal_open(fd, &screen->raw, fault);

	if (r < 0)
		return r;
	keep_signals(fd);
	(void)fd_write_all(screen->out, SHOW, strlen(SHOW)); /* hung up */
	screen->is_shown = true;
	return 0;
}

static void hide(struct full_screen *screen)
{
	if (!screen->is_shown)
		return;
	/* In the background the terminal belongs to the shell; hide() has run
	 * before we were suspended. */
	if (tcgetpgrp(screen->out) == getpgrp() || tcgetpgrp(screen->out) < 0)
		(void)fd_write_all(screen->out, HIDE, strlen(HIDE));
	raw_terminal_close(&screen->raw);
	screen->is_shown = false;
}

int full_screen_open(int in, int out, struct full_screen *ret,
		     struct fault *fault)
{
	struct full_screen screen = {
		.in = isatty(in) ? in : out,
		.out = out,
		.signals = -1,
		.raw = RAW_TERMINAL_NONE,
	};
	int r;

	if (!isatty(out))
		return fault_set(fault, -ENOTTY, "stdout is not a terminal");
	r = full_screen_open_signals(&screen);
	if (r < 0)
		return fault_set(fault, r, "cannot open a signalfd: %s",
				 strerror(-r));
	r = full_screen_show(&screen, fault);
	if (r < 0) {
		full_screen_close(&screen);
		return r;
	}
	*ret = screen;
	return 0;
}

void full_screen_close(struct full_screen *screen)
{
	hide(screen);
	cleanup_close(&screen->signals);
	(void)sys_signal_mask(screen->mask);
}

/* ------------------------------------------------------------------ drawing */

void full_screen_size(const struct full_screen *screen, size_t *ret_rows,
		      size_t *ret_columns)
{
	struct winsize size = { 0 };

	(void)raw_terminal_size(screen->out, &size); /* or 0 */
	*ret_rows = size.ws_row ? size.ws_row : 24;
	*ret_columns = size.ws_col ? size.ws_col : 80;
}

/* Overwrite line by line, and erase the rest of each line and of the screen. */
static void compose(const char *lines, struct buffer *ret)
{
	buffer_add(ret, "\033[H", 3);
	while (*lines) {
		size_t length = strcspn(lines, "\n");

		buffer_add(ret, lines, length);
		buffer_add(ret, "\033[K", 3);
		lines += length;
		if (*lines == '\n' && *++lines)
			buffer_add(ret, "\r\n", 2);
	}
	buffer_add(ret, "\033[J", 3);
}

int full_screen_draw(struct full_screen *screen, const char *lines)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	/* In the background: until `fg`. */
	if (!screen->is_shown && full_screen_show(screen, NULL) < 0)
		return 0;
	compose(lines, &text);
	return text.error ? text.error
			  : fd_write_all(screen->out, text.text, text.used);
}

/* ------------------------------------------------------------------ waiting */

/* By the signal itself, so with its wait status and its core. */
static void die(struct full_screen *screen, int signo)
{
	full_screen_close(screen);
	sys_signal_default(signo);
	(void)raise(signo); /* a valid signal */
	_exit(128 + signo); /* not reached */
}

/* Returns when we are continued. */
static void full_screen_suspend(struct full_screen *screen)
{
	uint64_t mask;

	hide(screen);
	(void)raise(
		SIGTSTP); /* a valid signal; pending until it is unblocked */
	mask = sys_signal_mask(screen->mask);
	(void)sys_signal_mask(mask);
	(void)full_screen_show(screen,
			       NULL); /* In the background: at the next draw. */
}

static void full_screen_take_signal(struct full_screen *screen)
{
	struct signalfd_siginfo info;

	if (read(screen->signals, &info, sizeof(info)) != sizeof(info))
		return;
	switch ((int)info.ssi_signo) {
	case SIGTSTP:
		full_screen_suspend(screen);
		return;
	case SIGWINCH:
		return;
	case SIGCONT: /* a shell has set its own modes meanwhile */
		hide(screen);
		(void)full_screen_show(screen, NULL); /* as above */
		return;
	default:
		die(screen, (int)info.ssi_signo);
	}
}

static enum full_screen_event full_screen_take_key(struct full_screen *screen,
						   char ret_key[16])
{
	ssize_t n = read(screen->in, ret_key, 15);

	if (n < 0 && errno == EBADF) {
		screen->in = -1; /* Opened for writing only: no keys. */
		return FULL_SCREEN_TIME;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return FULL_SCREEN_TIME;
	if (n <= 0)
		return FULL_SCREEN_GONE;
	ret_key[n] = '\0';
	return FULL_SCREEN_KEY;
}

enum full_screen_event full_screen_wait(struct full_screen *screen,
					int64_t until_us, char ret_key[16])
{
	/* Input in the background belongs to the shell. */
	enum { SIGNALS, IN, COUNT };
	struct pollfd fds[COUNT] = {
		[SIGNALS] = { .fd = screen->signals, .events = POLLIN },
		[IN] = { .fd = screen->is_shown ? screen->in : -1,
			 .events = POLLIN },
	};

	if (poll_fds(fds, COUNT, clock_poll_ms(until_us)) == 0)
		return FULL_SCREEN_TIME;
	if (fds[SIGNALS].revents) {
		full_screen_take_signal(screen);
		return FULL_SCREEN_TIME;
	}
	return full_screen_take_key(screen, ret_key);
}
