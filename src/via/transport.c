// SPDX-License-Identifier: MIT
/*
 * The child that leads to the other machine: `VIA jig agent`. Its standard
 * error is ours, for its messages and its questions; its standard input and
 * output are pipes, because some shells take a socket for a sign that they are
 * remote.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text.h"
#include "via/relay.h"

/* The end of a transport, once its input is closed. */
#define LEAVE_US 2000000LL

/* It is in the group of the command, so that it may use the terminal. What the
 * terminal, a shell or timeout(1) sends to this group is for the command, and
 * we forward it. */
#define NOT_ITS                                                                \
	(SYS_STOP_SIGNALS | SYS_SIGNAL(SIGTSTP) | SYS_SIGNAL(SIGUSR1) |        \
	 SYS_SIGNAL(SIGUSR2))

/* ------------------------------------------------------------------- words */

static bool transport_needs_quotes(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789_-+./:,@%";

	return !*word || word[strspn(word, plain)];
}

char *transport_quote(const char *word)
{
	struct buffer out = { 0 };

	buffer_add(&out, "'", 1);
	for (; *word; word++)
		if (*word == '\'')
			buffer_add(&out, "'\\''", 4);
		else
			buffer_add(&out, word, 1);
	buffer_add(&out, "'", 1);
	if (out.error)
		buffer_free(&out);
	return out.text;
}

static int transport_add(const struct relay *relay, struct list *argv,
			 struct list *texts, const char *word)
{
	char *quoted;
	int r;

	/* ssh(1) joins its words with blanks, and a shell there splits them. */
	if (!via_is_ssh(&relay->order.words) || !transport_needs_quotes(word))
		return list_append(argv, &word, sizeof(word));
	quoted = transport_quote(word);
	r = list_take_text(texts, quoted);
	return r < 0 ? r : list_append(argv, &quoted, sizeof(quoted));
}

static int transport_words(const struct relay *relay, struct list *argv,
			   struct list *texts)
{
	const struct via_order *order = &relay->order;
	const char *const plain[] = { order->jig, "agent", NULL };
	const char *const pushing[] = { "sh", NULL };
	int r = 0;

	for (size_t i = 0; r == 0 && i < order->words.count; i++)
		r = list_append(argv, list_at(&order->words, i, sizeof(char *)),
				sizeof(char *));
	for (const char *const *word = order->pushes ? pushing : plain;
	     r == 0 && *word; word++)
		r = transport_add(relay, argv, texts, *word);
	return r < 0 ? r : list_end(argv);
}

/* ------------------------------------------------------------------- start */

/* A child of spawn_program() inherits what we ignore. What comes meanwhile is
 * kept: we block all signals, and the kernel ignores none that is blocked. */
static void transport_ignore(struct sigaction *saved)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	for (int signo = 1; signo < SYS_RTMIN; signo++)
		if (NOT_ITS & SYS_SIGNAL(signo)) /* A valid signal. */
			(void)sigaction(signo, &ignore, &saved[signo]);
}

static void transport_restore(const struct sigaction *saved)
{
	for (int signo = 1; signo < SYS_RTMIN; signo++)
		if (NOT_ITS & SYS_SIGNAL(signo))
			(void)sigaction(signo, &saved[signo], NULL);
}

static int transport_spawn(struct relay *relay, char *const *argv, int in,
			   int out, struct fault *fault)
{
	const struct spawn_fd fds[] = { { in, STDIN_FILENO },
					{ out, STDOUT_FILENO } };
	const struct spawn spawn = {
		.argv = argv,
		.fds = fds,
		.fd_count = 2,
		.keep_ignored = NOT_ITS,
	};
	struct sigaction saved[SYS_RTMIN] = { 0 };
	struct fault why = { "" };
	int r;

	transport_ignore(saved);
	r = spawn_program(&spawn, &relay->transport, NULL, &why);
	transport_restore(saved);
	return r < 0 ? fault_set(fault, r, "cannot run the transport: %s",
				 why.text)
		     : 0;
}

int transport_start(struct relay *relay, struct fault *fault)
{
	CLEANUP(list_free) struct list argv = { 0 };
	CLEANUP(list_free_texts) struct list texts = { 0 };
	int down[2], up[2];

	if (pipe2(down, O_CLOEXEC) < 0)
		return fault_set(fault, -errno, "cannot make a pipe: %s",
				 strerror(errno));
	CLEANUP_CLOSE int in = down[0];

	relay->to = down[1];
	if (pipe2(up, O_CLOEXEC) < 0)
		return fault_set(fault, -errno, "cannot make a pipe: %s",
				 strerror(errno));
	CLEANUP_CLOSE int from = up[0];
	CLEANUP_CLOSE int out = up[1];
	int r = transport_words(relay, &argv, &texts);

	if (r == 0 && fcntl(relay->to, F_SETFL, O_NONBLOCK) < 0) /* Our end. */
		r = -errno;
	if (r == 0)
		r = lines_open(from, &relay->from);
	if (r < 0)
		return fault_set(fault, r, "cannot start the transport: %s",
				 strerror(-r));
	return transport_spawn(relay, argv.items, in, out, fault);
}

/* --------------------------------------------------------------------- end */

void transport_look(struct relay *relay)
{
	int status;

	if (relay->transport.pid == 0 ||
	    waitpid(relay->transport.pid, &status, WNOHANG) !=
		    relay->transport.pid)
		return;
	relay->status = status;
	relay->transport.pid = 0;
	cleanup_close(&relay->transport.pidfd);
}

void transport_close(struct relay *relay)
{
	cleanup_close(&relay->to);
	if (relay->kill_us < 0)
		relay->kill_us = clock_in_us(LEAVE_US);
}

void transport_kill(struct relay *relay)
{
	if (relay->transport.pid > 0) /* Ours, unreaped. */
		(void)kill(relay->transport.pid, SIGKILL);
}

static int transport_explain_status(const struct relay *relay, int code,
				    struct fault *fault)
{
	const struct via_order *order = &relay->order;

	if ((code == 127 || code == 126) && order->pushes)
		return fault_set(
			fault, -ENOPKG,
			"'%s' has not found a 'sh' that it can run there, "
			"which --via-push needs: install jig there, or name it "
			"by --via-jig%s%s",
			order->text, *relay->seen ? "; it has printed: " : "",
			relay->seen);
	if (code == 127 || code == 126)
		return fault_set(
			fault, -ENOPKG,
			"'%s' has not found a '%s' that it can run "
			"there: install jig there, name it by "
			"--via-jig, or copy it there by --via-push%s%s",
			order->text, order->jig,
			*relay->seen ? "; it has printed: " : "", relay->seen);
	return fault_set(fault, -EHOSTUNREACH,
			 "'%s' has ended with status %d before jig there has "
			 "answered%s%s",
			 order->text, code,
			 *relay->seen ? "; it has printed: " : "", relay->seen);
}

int transport_explain(const struct relay *relay, struct fault *fault)
{
	int status = relay->status;

	if (status >= 0 && WIFSIGNALED(status))
		return fault_set(fault, -EHOSTUNREACH,
				 "'%s' was ended by signal %d before jig there "
				 "has answered",
				 relay->order.text, WTERMSIG(status));
	if (status >= 0)
		return transport_explain_status(relay, WEXITSTATUS(status),
						fault);
	return fault_set(fault, -EHOSTUNREACH,
			 "'%s' has closed its output before jig there has "
			 "answered%s%s",
			 relay->order.text,
			 *relay->seen ? "; it has printed: " : "", relay->seen);
}

const char *transport_address(const struct relay *relay)
{
	return relay->order.address ? relay->order.address
				    : via_host(&relay->order.words);
}
