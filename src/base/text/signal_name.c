// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/sys.h"
#include "base/text.h"

/* One row a signal; the number comes from the platform's headers. */
static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP },	 { "INT", SIGINT },	{ "QUIT", SIGQUIT },
	{ "ILL", SIGILL },	 { "TRAP", SIGTRAP },	{ "ABRT", SIGABRT },
	{ "IOT", SIGABRT },	 { "BUS", SIGBUS },	{ "FPE", SIGFPE },
	{ "KILL", SIGKILL },	 { "USR1", SIGUSR1 },	{ "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },	 { "PIPE", SIGPIPE },	{ "ALRM", SIGALRM },
	{ "TERM", SIGTERM },	 { "CHLD", SIGCHLD },	{ "CLD", SIGCHLD },
	{ "CONT", SIGCONT },	 { "STOP", SIGSTOP },	{ "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },	 { "TTOU", SIGTTOU },	{ "URG", SIGURG },
	{ "XCPU", SIGXCPU },	 { "XFSZ", SIGXFSZ },	{ "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },	 { "WINCH", SIGWINCH }, { "IO", SIGIO },
	{ "POLL", SIGIO },	 { "PWR", SIGPWR },	{ "SYS", SIGSYS },
#ifdef SIGSTKFLT
	{ "STKFLT", SIGSTKFLT },
#endif
};

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))
#define LAST_SIGNAL 64

/* "RTMIN", "RTMIN+3", "RTMAX-1". */
static int real_time(const char *name)
{
	uint64_t offset = 0;
	bool from_min = strncasecmp(name, "RTMIN", 5) == 0;

	if (!from_min && strncasecmp(name, "RTMAX", 5) != 0)
		return -EINVAL;
	if (name[5] && (name[5] != (from_min ? '+' : '-') ||
			text_number(name + 6, LAST_SIGNAL, &offset) < 0))
		return -EINVAL;

	int number =
		from_min ? SYS_RTMIN + (int)offset : SYS_RTMAX - (int)offset;

	return number < SYS_RTMIN || number > SYS_RTMAX ? -EINVAL : number;
}

int text_signal(const char *text)
{
	uint64_t number;

	if (text_number(text, LAST_SIGNAL, &number) == 0)
		return number > 0 ? (int)number : -EINVAL;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (strcasecmp(text, signals[i].name) == 0)
			return signals[i].number;
	return real_time(text);
}

const char *text_signal_at(size_t index, const void *unused)
{
	(void)unused;
	return index < SIGNAL_COUNT ? signals[index].name : NULL;
}

const char *text_signal_name(int signo, char *buffer, size_t size)
{
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		if (signals[i].number != signo)
			continue;
		(void)snprintf(buffer, size, "SIG%s", signals[i].name);
		return buffer;
	}
	if (signo >= SYS_RTMIN && signo <= SYS_RTMAX)
		(void)snprintf(buffer, size, "SIGRTMIN+%d", signo - SYS_RTMIN);
	else
		(void)snprintf(buffer, size, "signal %d", signo);
	return buffer;
}
