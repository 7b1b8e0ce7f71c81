// SPDX-License-Identifier: MIT
#include "core/shared/asked.h"

#include <signal.h>

#include "base/clock.h"
#include "base/sys.h"
#include "core/shared/plan.h"

bool asked_add(struct asked *asked, int signo)
{
	int64_t now = clock_us();
	int last = asked->last;
	bool are_one =
		last == signo || (last && (last == SIGHUP || signo == SIGHUP));

	if (asked->main_end_us && now - asked->main_end_us < PLAN_REPEATED_US)
		return false;
	asked->signals |= SYS_SIGNAL(signo);
	if (are_one && now - asked->last_us < PLAN_REPEATED_US)
		return false;
	asked->last = signo;
	asked->last_us = now;
	return true;
}
