// SPDX-License-Identifier: MIT
/*
 * The probes of a readiness, from their text to their end. Not here: what their
 * answers mean (readiness.c).
 */
#include <errno.h>

#include "base/clock.h"
#include "core/probe/kind/kinds.h"
#include "core/ready/readiness.h"

int readiness_add(struct readiness *readiness, const char *text,
		  struct fault *fault)
{
	size_t i = readiness->count;
	bool alternative = *text == '|';

	if (i == READINESS_PROBES)
		return fault_set(fault, -E2BIG, "more than %d probes",
				 READINESS_PROBES);
	if (alternative && i == 0)
		return fault_set(fault, -EINVAL,
				 "'%s' is an alternative to nothing", text);
	int r = probe_parse(&readiness->probes[i], text + alternative, fault);

	if (r < 0)
		return r;
	readiness->alternative[i] = alternative;
	readiness->count++;
	return 0;
}

int readiness_open(struct readiness *readiness, struct probe_setup *setup,
		   struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];

		probe->timeout_us = readiness->look_timeout_us;
		if (probe->ops->open)
			r = probe->ops->open(probe, setup, fault);
	}
	return r;
}

void readiness_let_go(struct readiness *readiness)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];

		if (probe->ops->let_go)
			probe->ops->let_go(probe);
	}
}

void readiness_started(struct readiness *readiness, int64_t now_us)
{
	int64_t timeout = readiness->timeout_us;

	for (size_t i = 0; i < readiness->count; i++)
		readiness->next_us[i] =
			clock_add_us(now_us, readiness->delay_us);
	if (timeout == 0)
		timeout = READINESS_TIMEOUT_US;
	readiness->deadline_us =
		timeout < 0 ? -1 : clock_add_us(now_us, timeout);
}

void readiness_restart(struct readiness *readiness, int64_t now_us)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];

		probe->ops->again(probe);
		probe->reason[0] = '\0';
		readiness->ready[i] = false;
		readiness->said_yes[i] = 0;
		readiness->gap_us[i] = 0;
	}
	readiness->state = READINESS_WAITING;
	readiness_started(readiness, now_us);
}

void readiness_reaped(struct readiness *readiness, pid_t pid, int status)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];

		if (probe->ops->reaped)
			probe->ops->reaped(probe, pid, status);
	}
}

bool readiness_owns(const struct readiness *readiness, pid_t pid)
{
	for (size_t i = 0; i < readiness->count; i++) {
		const struct probe *probe = &readiness->probes[i];

		if (probe->ops->owns && probe->ops->owns(probe, pid))
			return true;
	}
	return false;
}

void readiness_end(struct readiness *readiness)
{
	for (size_t i = 0; i < readiness->count; i++)
		if (readiness->probes[i].ops->end)
			readiness->probes[i].ops->end(&readiness->probes[i]);
}

void readiness_close(struct readiness *readiness)
{
	readiness_end(readiness); /* They all end in the same time. */
	for (size_t i = 0; i < readiness->count; i++)
		probe_close(&readiness->probes[i]);
	readiness->count = 0;
}
