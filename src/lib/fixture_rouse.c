// SPDX-License-Identifier: MIT
/*
 * Waking the guard, and ending a stop that the guard does not act on.
 *
 * A guard that was stopped or that hangs makes nothing readable. So during a
 * stop each call that reads the guard's packets also checks it by the clock,
 * even if the call does not wait.
 */
#include <errno.h>

#include "base/clock.h"
#include "core/shared/wake.h"
#include "lib/fixture.h"

/* Interval between checks of a guard that is to act. */
#define LOOK_US 100000

/* After a stop was requested, and after the deadline of the supervisor's next
 * step: a guard that does not act by then is killed. It would have killed the
 * supervisor long before. */
#define LAST_US 30000000
/* Host and guard may have been frozen together: then it needs a moment. */
#define LATE_LOOKS 10

int fixture_wake(struct jig *fixture)
{
	_Atomic uint32_t *wakes = &fixture->board->host_wakes;
	int r = 0;

	/* A stop is urgent: a guard that has stopped itself is woken, too. */
	if (fixture->stopping || board_may_wake(fixture->board, wakes)) {
		r = wake(fixture->socket);
		board_has_woken(wakes);
	}
	/* Out of memory: fixture_update() tries again. */
	fixture->owes_wake = r < 0 && r != -EPIPE;
	return r == -EPIPE ? -ESRCH : 0;
}

int fixture_ask_stop(struct jig *fixture)
{
	if (!fixture->stopping) {
		fixture->stop_us = clock_us();
		fixture->rouse_us = clock_add_us(fixture->stop_us, LOOK_US);
	}
	fixture->stopping = true;
	int r = fixture_wake(fixture);

	if (r == 0)
		guard_continue_stopped(&fixture->guard);
	return r;
}

bool fixture_is_awaited(const struct jig *fixture)
{
	return fixture && fixture->stopping && !fixture->ended &&
	       !fixture->gone && fixture->error == 0;
}

int64_t fixture_rouse_us(const struct jig *fixture)
{
	return fixture_is_awaited(fixture) ? fixture->rouse_us : -1;
}

/* Before the guard has taken the request, the deadline on the board may be that
 * of the fixture's timeout. */
static int64_t last_us(const struct jig *fixture)
{
	int64_t due = board_stop_asked(fixture->board).wanted
			      ? pulse_get(&fixture->board->pulse)
			      : 0;

	return clock_add_us(due > fixture->stop_us ? due : fixture->stop_us,
			    LAST_US);
}

/* A guard that has not mapped the board is killed as a mute one is. */
static bool is_late(const struct jig *fixture, int64_t now)
{
	return guard_is_there(fixture->board) && now >= last_us(fixture);
}

/* A packet has no effect on a guard that stops itself at the same moment. So a
 * stop is sent again. One that another process has stopped is continued, and
 * one that does not act is killed. */
void fixture_rouse(struct jig *fixture)
{
	int64_t now = clock_us();

	if (!fixture_is_awaited(fixture) || now < fixture->rouse_us)
		return;
	fixture->rouse_us = clock_add_us(now, LOOK_US);
	if (atomic_load(&fixture->board->asleep))
		(void)fixture_wake(fixture); /* Repeated. */
	guard_continue_stopped(&fixture->guard);
	if (!is_late(fixture, now))
		fixture->late_looks = 0;
	else if (++fixture->late_looks >= LATE_LOOKS)
		guard_kill(&fixture->guard);
}
