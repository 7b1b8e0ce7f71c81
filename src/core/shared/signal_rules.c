// SPDX-License-Identifier: MIT
#include "core/shared/signal_rules.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/text.h"

/* No process can catch the first two. jig lives by the others: children end,
 * and a suspended job is continued. */
#define NOT_TAKEN                                                              \
	(SYS_SIGNAL(SIGKILL) | SYS_SIGNAL(SIGSTOP) | SYS_SIGNAL(SIGCHLD) |     \
	 SYS_SIGNAL(SIGCONT) | SYS_TERMINAL_REFUSES)

#define DROPPED (-1)

/* The word from @text to @end. @return a signal, or -EINVAL. */
static int rule_signal(const char *text, size_t length)
{
	char word[32];

	if (length == 0 || length >= sizeof(word))
		return -EINVAL;
	text_copy(word, length + 1, text);
	return text_signal(word);
}

static int refuse_signal(const char *option, const char *text, int signo,
			 struct fault *fault)
{
	char name[TEXT_SIGNAL_SIZE];

	return fault_set(fault, -EINVAL, "%s '%s': jig cannot give %s away",
			 option, text,
			 text_signal_name(signo, name, sizeof(name)));
}

int signal_rules_rewrite(struct signal_rules *rules, const char *text,
			 struct fault *fault)
{
	size_t length = strcspn(text, ":");
	const char *to = text + length + 1;
	int from = rule_signal(text, length);
	int signo = from > 0 && text[length] == ':' ? 0 : -EINVAL;

	if (signo == 0 && strcmp(to, "0") != 0)
		signo = text_signal(to);
	if (signo < 0)
		return fault_set(fault, -EINVAL,
				 "--rewrite '%s' is not two signals, such as "
				 "HUP:QUIT, or HUP:0",
				 text);
	if (NOT_TAKEN & SYS_SIGNAL(from))
		return refuse_signal("--rewrite", text, from, fault);
	rules->counts_as[from] = (short)(signo ? signo : DROPPED);
	return 0;
}

int signal_rules_forward(struct signal_rules *rules, const char *text,
			 struct fault *fault)
{
	const char *next = text;
	uint64_t found = 0;
	size_t length;

	do {
		length = strcspn(next, ",");
		int signo = rule_signal(next, length);

		if (signo <= 0)
			return fault_set(fault, -EINVAL,
					 "--forward '%s' is not a list of "
					 "signals, such as HUP,QUIT",
					 text);
		if ((NOT_TAKEN | SYS_SIGNAL(SIGTSTP)) & SYS_SIGNAL(signo))
			return refuse_signal("--forward", text, signo, fault);
		found |= SYS_SIGNAL(signo);
		next += length + 1;
	} while (next[-1] == ',');
	rules->forward |= found;
	return 0;
}

int signal_rules_meaning(const struct signal_rules *rules, int signo)
{
	int other = rules->counts_as[signo];

	return other == DROPPED ? 0 : other ? other : signo;
}

int signal_rules_stop(const struct signal_rules *rules, int signo)
{
	int meaning = signal_rules_meaning(rules, signo);

	return meaning && !signal_rules_are_mains(rules, meaning) &&
			       (SYS_STOP_SIGNALS & SYS_SIGNAL(meaning))
		       ? meaning
		       : 0;
}
