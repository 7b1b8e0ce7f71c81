// SPDX-License-Identifier: MIT
#include "core/ready/liveness.h"

#include <errno.h>

#include "base/clock.h"

/* A probe that is late says so by itself, and knows more than our clock. */
#define SLACK_US 1000000

static int64_t or_else(int64_t asked, int64_t usual)
{
	return asked > 0 ? asked : usual;
}

int liveness_add(struct liveness *liveness, const char *text,
		 struct fault *fault)
{
	struct readiness *round = &liveness->round;
	int r = readiness_add(round, text, fault);

	if (r < 0)
		return r;
	if (round->probes[round->count - 1].ops->again)
		return 0;
	probe_close(&round->probes[--round->count]);
	return fault_set(fault, -EINVAL,
			 "'%s': this kind of probe reports once and cannot be "
			 "asked again; --live needs tcp, unix, http, exec or "
			 "file",
			 text);
}

void liveness_start(struct liveness *liveness, int64_t now_us)
{
	int64_t timeout = or_else(liveness->timeout_us, LIVENESS_TIMEOUT_US);

	if (liveness->state != LIVENESS_IDLE)
		return;
	liveness->round.timeout_us = clock_add_us(timeout, SLACK_US);
	for (size_t i = 0; i < liveness->round.count; i++)
		liveness->round.probes[i].timeout_us = timeout;
	liveness->next_us = clock_add_us(now_us, liveness->delay_us);
	liveness->state = LIVENESS_WAITING;
}

void liveness_suspend(struct liveness *liveness)
{
	struct readiness *round = &liveness->round;

	if (liveness->state != LIVENESS_ASKING)
		return;
	for (size_t i = 0; i < round->count; i++)
		round->probes[i].ops->again(&round->probes[i]);
	liveness->state = LIVENESS_WAITING;
	liveness->next_us = 0;
}

size_t liveness_watch(const struct liveness *liveness, struct pollfd *ret,
		      int64_t *ret_until_us)
{
	*ret_until_us = -1;
	if (liveness->state == LIVENESS_ASKING)
		return readiness_watch(&liveness->round, ret, ret_until_us);
	if (liveness->state == LIVENESS_WAITING)
		*ret_until_us = liveness->next_us;
	return 0;
}

static void begin_round(struct liveness *liveness, int64_t now_us)
{
	readiness_restart(&liveness->round, now_us);
	liveness->state = LIVENESS_ASKING;
	liveness->next_us = clock_add_us(now_us, or_else(liveness->interval_us,
							 LIVENESS_INTERVAL_US));
}

static void liveness_fail(struct liveness *liveness)
{
	const struct readiness *round = &liveness->round;
	unsigned allowed =
		liveness->failures ? liveness->failures : LIVENESS_FAILURES;
	char why[FAULT_SIZE / 2];
	bool told = round->state == READINESS_FAILED && round->error != -ETIME;

	liveness->state = LIVENESS_WAITING;
	if (++liveness->failed < allowed)
		return;
	readiness_waiting_for(round, why, sizeof(why));
	(void)fault_set(&liveness->problem, -EHOSTDOWN, "%s (%u attempt%s)",
			told ? round->problem.text : why, allowed,
			allowed > 1 ? "s in a row" : "");
	liveness->state = LIVENESS_FAILED;
}

void liveness_look(struct liveness *liveness, const struct probe_view *view,
		   const struct pollfd *polled, size_t count, int64_t now_us)
{
	struct readiness *round = &liveness->round;

	if (liveness->state == LIVENESS_WAITING && now_us >= liveness->next_us)
		begin_round(liveness, now_us);
	if (liveness->state != LIVENESS_ASKING)
		return;
	readiness_look(round, view, polled, count, now_us);
	if (round->state == READINESS_READY) {
		liveness->failed = 0;
		liveness->state = LIVENESS_WAITING;
	} else if (round->state != READINESS_WAITING ||
		   !readiness_is_pending(round)) {
		liveness_fail(liveness);
	}
}

void liveness_stop(struct liveness *liveness)
{
	if (liveness->state != LIVENESS_FAILED)
		liveness->state = LIVENESS_STOPPED;
}

void liveness_reaped(struct liveness *liveness, pid_t pid, int status)
{
	readiness_reaped(&liveness->round, pid, status);
}

void liveness_close(struct liveness *liveness)
{
	readiness_close(&liveness->round);
}
