// SPDX-License-Identifier: MIT
/*
 * A command that says what happens to it, word by word: what the scenarios of
 * terminal/test_as_if.py run with and without jig in front of it.
 *
 *   guest tell INT end TERM 5 read
 *
 *   tell SIGNAL           say "got SIGNAL" when it comes, and go on
 *   end SIGNAL STATUS     say it, and exit
 *   ignore SIGNAL
 *   log FILE              from here on what is said goes to this file
 *   lines N               so many numbered lines; 0: without an end
 *   look                  the session, the foreground and the terminal
 *   cbreak                change the terminal's modes
 *   ask                   a line from /dev/tty, without echo
 *   raise SIGNAL, raise-group SIGNAL
 *   ready                 say so
 *   read                  say "ready", then each line that is read; "quit N"
 *   pause                 say "ready", and stay
 *   exit STATUS
 *   call COMMAND …        run it, and say each state that wait(2) shows of it
 *
 * A handler writes by itself, so no signal is lost between two system calls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* Nothing stays longer than this, whatever a test forgets. */
enum { FUSE_S = 600, NO_STATUS = -1 };

static int output = STDOUT_FILENO;
static int status_of[NSIG];

static void say(const char *first, const char *second)
{
	char line[512];
	int length = snprintf(line, sizeof(line), "%s%s\n", first, second);

	if (length > 0 && write(output, line, (size_t)length) < 0)
		_exit(errno == EIO ? 99 : 98);
}

static int signal_of(const char *name)
{
	for (int signo = 1; signo < SIGRTMIN; signo++)
		if (sigabbrev_np(signo) && !strcmp(sigabbrev_np(signo), name))
			return signo;
	exit(97);
}

static void on_signal(int signo)
{
	int saved_errno = errno;

	say("got ", sigabbrev_np(signo));
	if (status_of[signo] != NO_STATUS)
		_exit(status_of[signo]);
	errno = saved_errno;
}

static void handle(const char *name, int status)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_RESTART };
	int signo = signal_of(name);

	status_of[signo] = status;
	sigaction(signo, &action, NULL);
}

static void say_lines(long count)
{
	char number[32];

	for (long i = 1; i <= count || count == 0; i++) {
		snprintf(number, sizeof(number), "%ld", i);
		say("line ", number);
	}
}

static void look(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	char session[32];

	snprintf(session, sizeof(session), "%d", getsid(0));
	say("session ", session);
	say("terminal ", fd >= 0 ? "yes" : "no");
	if (fd < 0)
		return;
	say("foreground ", tcgetpgrp(fd) == getpgrp() ? "yes" : "no");
	close(fd);
}

static void cbreak(void)
{
	struct termios modes;

	if (tcgetattr(STDIN_FILENO, &modes) < 0)
		exit(96);
	modes.c_lflag &= ~(tcflag_t)ICANON;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &modes) < 0)
		exit(95);
}

static void ask(void)
{
	FILE *tty = fopen("/dev/tty", "r+");
	struct termios before, modes;
	char line[128] = "";

	if (!tty || tcgetattr(fileno(tty), &before) < 0) {
		say("no terminal", "");
		return;
	}
	modes = before;
	modes.c_lflag &= ~(tcflag_t)ECHO;
	modes.c_lflag |= ECHONL;
	tcsetattr(fileno(tty), TCSADRAIN, &modes);
	say("password?", "");
	if (!fgets(line, sizeof(line), tty))
		say("no answer", "");
	line[strcspn(line, "\n")] = '\0';
	tcsetattr(fileno(tty), TCSADRAIN, &before);
	say("password is ", line);
	fclose(tty);
}

static void read_lines(void)
{
	char line[128];

	say("ready", "");
	for (;;) {
		ssize_t length = read(STDIN_FILENO, line, sizeof(line) - 1);

		if (length < 0)
			say("read: ", strerrorname_np(errno));
		if (length <= 0)
			exit(length < 0);
		line[length] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "quit ", 5))
			exit(atoi(line + 5));
		say("read ", line);
	}
}

static void say_state(int status)
{
	char number[16];
	int value = WIFEXITED(status)	  ? WEXITSTATUS(status)
		    : WIFSIGNALED(status) ? WTERMSIG(status)
		    : WIFSTOPPED(status)  ? WSTOPSIG(status)
					  : 0;

	snprintf(number, sizeof(number), "%d", value);
	if (WIFEXITED(status))
		say("child: exit ", number);
	else
		say(WIFSTOPPED(status) ? "child: stopped by "
				       : "child: ended by ",
		    sigabbrev_np(value));
}

/* The keys of the terminal are for the child: we only watch. */
static void call(char **command)
{
	static const int keys[] = { SIGINT, SIGQUIT, SIGTSTP, SIGTTIN,
				    SIGTTOU };
	int status = 0;
	pid_t child;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		signal(keys[i], SIG_IGN);
	child = fork();
	if (child == 0) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			signal(keys[i], SIG_DFL);
		execvp(command[0], command);
		_exit(127);
	}
	do {
		if (waitpid(child, &status, WUNTRACED) != child)
			exit(94);
		say_state(status);
	} while (WIFSTOPPED(status));
	exit(0);
}

static char *take(char ***words)
{
	char *word = *++*words;

	if (!word)
		exit(93);
	return word;
}

static void act(char ***words)
{
	const char *word = **words;

	if (!strcmp(word, "tell")) {
		handle(take(words), NO_STATUS);
	} else if (!strcmp(word, "end")) {
		const char *name = take(words);

		handle(name, atoi(take(words)));
	} else if (!strcmp(word, "ignore")) {
		signal(signal_of(take(words)), SIG_IGN);
	} else if (!strcmp(word, "log")) {
		output = open(take(words), O_WRONLY | O_CREAT | O_APPEND, 0666);
	} else if (!strcmp(word, "lines")) {
		say_lines(atol(take(words)));
	} else if (!strcmp(word, "raise")) {
		raise(signal_of(take(words)));
	} else if (!strcmp(word, "raise-group")) {
		kill(0, signal_of(take(words)));
	} else if (!strcmp(word, "exit")) {
		exit(atoi(take(words)));
	} else if (!strcmp(word, "look")) {
		look();
	} else if (!strcmp(word, "cbreak")) {
		cbreak();
	} else if (!strcmp(word, "ask")) {
		ask();
	} else if (!strcmp(word, "ready")) {
		say("ready", "");
	} else if (!strcmp(word, "read")) {
		read_lines();
	} else if (!strcmp(word, "call")) {
		call(*words + 1);
	} else if (!strcmp(word, "pause")) {
		say("ready", "");
		for (;;)
			pause();
	} else {
		exit(92);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	alarm(FUSE_S);
	for (char **words = argv + 1; *words; words++)
		act(&words);
	return 0;
}
