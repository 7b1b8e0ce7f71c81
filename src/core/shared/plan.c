// SPDX-License-Identifier: MIT
#include "core/shared/plan.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/text.h"

static const char *const groups[] = {
	[JIG_GROUP_AUTO] = "auto",
	[JIG_GROUP_SESSION] = "session",
	[JIG_GROUP_PGROUP] = "pgroup",
	[JIG_GROUP_FOREGROUND] = "foreground",
	[JIG_GROUP_TERMINAL] = "terminal",
	[JIG_GROUP_JOB] = "job",
	[JIG_GROUP_INHERIT] = "inherit",
};

static const char *const stop_modes[] = {
	[JIG_STOP_ALL] = "all",
	[JIG_STOP_MAIN] = "main",
};

static const char *const ancestries[] = {
	[PLAN_ANCESTRY_PROC] = "proc",
	[PLAN_ANCESTRY_CONNECTOR] = "connector",
	[PLAN_ANCESTRY_AUTO] = "auto",
	[PLAN_ANCESTRY_NONE] = "none",
};

const struct words plan_group_words = WORDS_OF(groups);
const struct words plan_stop_mode_words = WORDS_OF(stop_modes);
const struct words plan_ancestry_words = WORDS_OF(ancestries);

void plan_default_steps(struct plan *plan)
{
	plan->steps[0] = (struct jig_step){ SIGTERM, 10000000 };
	plan->steps[1] = (struct jig_step){ SIGKILL, PLAN_KILL_US };
	plan->step_count = 2;
}

/* The next word, of at most 31 letters. @return its length, 0 at the end. */
static ssize_t next_word(const char **text, char word[32])
{
	*text += strspn(*text, " ,\t");

	size_t length = strcspn(*text, " ,\t");

	if (length > 31)
		return -EINVAL;
	memcpy(word, *text, length);
	word[length] = '\0';
	*text += length;
	return (ssize_t)length;
}

int plan_parse_steps(const char *text, struct jig_step *ret, size_t *ret_count)
{
	struct jig_step steps[PLAN_STEPS] = { 0 };
	size_t count = 0;
	bool waited = true;
	char word[32];
	ssize_t n;

	while ((n = next_word(&text, word)) > 0) {
		int signo = text_signal(word);

		/* "10" is a signal only where a signal is due. */
		if (signo > 0 && (waited || word[0] < '0' || word[0] > '9')) {
			if (count + 1 >= PLAN_STEPS)
				return -E2BIG;
			steps[count++] = (struct jig_step){ signo, 0 };
			waited = false;
			if (signo == SIGKILL)
				break;
			continue;
		}
		if (waited ||
		    text_duration(word, &steps[count - 1].wait_us) < 0)
			return -EINVAL;
		waited = true;
	}
	if (n < 0 || count == 0)
		return -EINVAL;
	if (steps[count - 1].signal != SIGKILL)
		steps[count++].signal = SIGKILL;
	else if (text[strspn(text, " ,\t")])
		return -EINVAL; /* Nothing comes after SIGKILL. */
	steps[count - 1].wait_us = PLAN_KILL_US;
	memcpy(ret, steps, sizeof(steps));
	*ret_count = count;
	return 0;
}
