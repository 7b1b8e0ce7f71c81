/* SPDX-License-Identifier: MIT */
/*
 * What the user has said about signals to jig: which of them count as another
 * one (--rewrite), and which requests to stop are main's instead (--forward).
 *
 * Zeroed, there are no rules. Not here: what a signal means (core/guard).
 */
#ifndef JIG_CORE_SHARED_SIGNAL_RULES_H
#define JIG_CORE_SHARED_SIGNAL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/sys.h"

struct signal_rules {
	short counts_as[SYS_RTMAX + 1]; /* 0: as itself; -1: dropped */
	uint64_t forward; /* as sys_signal_mask() has them */
};

/** Add "FROM:TO"; TO may be 0. @return 0 or -EINVAL with the reason. */
int signal_rules_rewrite(struct signal_rules *rules, const char *text,
			 struct fault *fault);

/** Add "HUP,USR1". @return 0 or -EINVAL with the reason. */
int signal_rules_forward(struct signal_rules *rules, const char *text,
			 struct fault *fault);

/** What this signal counts as; 0: it is dropped. */
int signal_rules_meaning(const struct signal_rules *rules, int signo);

/** Whether this signal is main's, whatever it means otherwise. */
static inline bool signal_rules_are_mains(const struct signal_rules *rules,
					  int signo)
{
	return rules->forward & SYS_SIGNAL(signo);
}

/** What this signal requests while no main process runs. @return a signal of
 * SYS_STOP_SIGNALS, or 0: nothing. */
int signal_rules_stop(const struct signal_rules *rules, int signo);

#endif
