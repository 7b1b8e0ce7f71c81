// SPDX-License-Identifier: MIT
#include "core/ready/readiness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/probe/kind/kinds.h"

/* Short for a person, and well below 1 % of a processor. */
#define FIRST_GAP_US 5000
#define LAST_GAP_US 100000

/* The probes from @first on that are alternatives to each other. */
static size_t group_end(const struct readiness *readiness, size_t first)
{
	size_t end = first + 1;

	while (end < readiness->count && readiness->alternative[end])
		end++;
	return end;
}

static bool group_ready(const struct readiness *readiness, size_t first,
			size_t end)
{
	for (size_t i = first; i < end; i++)
		if (readiness->ready[i])
			return true;
	return false;
}

/* The first group that is not ready; `count` when all are. */
static size_t first_waiting(const struct readiness *readiness)
{
	size_t first = 0;

	while (first < readiness->count) {
		size_t end = group_end(readiness, first);

		if (!group_ready(readiness, first, end))
			return first;
		first = end;
	}
	return first;
}

static bool readiness_probe_is_pending(const struct probe *probe)
{
	return probe->ops->is_pending && probe->ops->is_pending(probe);
}

bool readiness_is_pending(const struct readiness *readiness)
{
	size_t end;

	for (size_t first = 0; first < readiness->count; first = end) {
		bool pending = false;

		end = group_end(readiness, first);
		for (size_t i = first; i < end; i++)
			pending |= readiness->ready[i] ||
				   readiness_probe_is_pending(
					   &readiness->probes[i]);
		if (!pending)
			return false;
	}
	return true;
}

static void decide(struct readiness *readiness)
{
	if (readiness->state == READINESS_WAITING &&
	    first_waiting(readiness) == readiness->count)
		readiness->state = READINESS_READY;
}

static void readiness_fail(struct readiness *readiness, int error)
{
	readiness->state = READINESS_FAILED;
	readiness->error = error;
}

static void readiness_note(struct readiness *readiness, size_t i, int said)
{
	struct probe *probe = &readiness->probes[i];

	if (said > 0 && probe->ops->again &&
	    ++readiness->said_yes[i] < readiness->successes)
		probe->ops->again(probe);
	else if (said > 0)
		readiness->ready[i] = true;
	else if (said == 0 && !readiness_probe_is_pending(probe))
		readiness->said_yes[i] = 0;
	if (said < 0)
		readiness_fail(readiness, said);
	decide(readiness);
}

static bool readiness_is_open(const struct readiness *readiness, size_t i)
{
	return readiness->state == READINESS_WAITING && !readiness->ready[i];
}

/* Still asked, or its messages are still read. */
static bool readiness_is_watched(const struct readiness *readiness, size_t i)
{
	return readiness_is_open(readiness, i) ||
	       readiness->probes[i].ops->drop;
}

static int64_t deadline(const struct readiness *readiness)
{
	int64_t until = readiness->deadline_us;

	for (size_t i = 0; until >= 0 && i < readiness->count; i++) {
		const struct probe *probe = &readiness->probes[i];

		if (probe->ops->extended_us &&
		    probe->ops->extended_us(probe) > until)
			until = probe->ops->extended_us(probe);
	}
	return until;
}

/* Whether attempts follow each other without a message. */
static bool is_timed(const struct probe *probe)
{
	return probe->ops->look && !probe->ops->by_message;
}

size_t readiness_watch(const struct readiness *readiness, struct pollfd *ret,
		       int64_t *ret_until_us)
{
	int64_t until = deadline(readiness);
	size_t count = 0;

	for (size_t i = 0; i < readiness->count; i++) {
		const struct probe *probe = &readiness->probes[i];
		struct pollfd *one = &ret[count];

		if (!readiness_is_watched(readiness, i))
			continue;
		*one = (struct pollfd){ .fd = -1 };
		if (probe->ops->descriptor)
			one->fd = probe->ops->descriptor(probe, &one->events);
		if (one->fd >= 0)
			count++;
		if (readiness_is_open(readiness, i) && is_timed(probe))
			until = clock_sooner(until, readiness->next_us[i]);
	}
	*ret_until_us = readiness->state == READINESS_WAITING ? until : -1;
	return count;
}

static bool is_polled(const struct probe *probe, const struct pollfd *polled,
		      size_t count)
{
	short events = 0;
	int fd = probe->ops->descriptor ? probe->ops->descriptor(probe, &events)
					: -1;

	for (size_t i = 0; fd >= 0 && i < count; i++)
		if (polled[i].fd == fd && polled[i].revents)
			return true;
	return false;
}

static int64_t gap(struct readiness *readiness, size_t i)
{
	const struct probe *probe = &readiness->probes[i];
	int64_t *last = &readiness->gap_us[i];

	if (readiness->interval_us > 0)
		return readiness->interval_us;
	if (probe->ops->interval_us)
		return probe->ops->interval_us(probe);
	*last = *last == 0 ? FIRST_GAP_US : *last * 3 / 2;
	if (*last > LAST_GAP_US)
		*last = LAST_GAP_US;
	return *last;
}

static const char *limit_text(const struct readiness *readiness, char text[32])
{
	return probe_time_text(readiness->timeout_us > 0 ? readiness->timeout_us
							 : READINESS_TIMEOUT_US,
			       text);
}

static void expire(struct readiness *readiness, int64_t now_us)
{
	int64_t until = deadline(readiness);
	char waiting[FAULT_SIZE / 2], limit[32];

	if (readiness->state != READINESS_WAITING || until < 0 ||
	    now_us < until)
		return;
	readiness_waiting_for(readiness, waiting, sizeof(waiting));
	readiness_fail(readiness,
		       fault_set(&readiness->problem, -ETIME,
				 "timeout after %s; waiting for %s",
				 limit_text(readiness, limit), waiting));
}

void readiness_await_start(struct readiness *readiness, int64_t now_us)
{
	int64_t until = readiness->deadline_us;
	char limit[32];

	if (readiness->state == READINESS_WAITING && until >= 0 &&
	    now_us >= until)
		readiness_fail(
			readiness,
			fault_set(
				&readiness->problem, -ETIME,
				"the command was not executed within %s (does "
				"its file system answer?)",
				limit_text(readiness, limit)));
}

/* It is ready, others are not: it may still ask for more time. */
static void readiness_hear(struct readiness *readiness, size_t i,
			   const struct probe_view *view,
			   const struct pollfd *polled, size_t count)
{
	struct probe *probe = &readiness->probes[i];
	struct fault ignored;

	if (probe->ops->drop && is_polled(probe, polled, count))
		(void)probe->ops->look(probe, view, &ignored);
}

static bool is_due(const struct readiness *readiness, size_t i,
		   const struct pollfd *polled, size_t count, int64_t now_us)
{
	const struct probe *probe = &readiness->probes[i];

	return is_polled(probe, polled, count) ||
	       (is_timed(probe) && now_us >= readiness->next_us[i]);
}

void readiness_look(struct readiness *readiness, const struct probe_view *view,
		    const struct pollfd *polled, size_t count, int64_t now_us)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];

		if (!readiness_is_open(readiness, i))
			readiness_hear(readiness, i, view, polled, count);
		if (!readiness_is_open(readiness, i) ||
		    !is_due(readiness, i, polled, count, now_us))
			continue;
		readiness_note(readiness, i,
			       probe->ops->look(probe, view,
						&readiness->problem));
		readiness->next_us[i] = clock_add_us(now_us, gap(readiness, i));
	}
	decide(readiness); /* There may be no probe at all. */
	expire(readiness, now_us);
}

void readiness_drop(struct readiness *readiness, const struct pollfd *polled,
		    size_t count)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];

		if (probe->ops->drop && is_polled(probe, polled, count))
			probe->ops->drop(probe);
	}
}

void readiness_listen(struct readiness *readiness,
		      const struct probe_view *view,
		      const struct pollfd *polled, size_t count)
{
	for (size_t i = 0; i < readiness->count; i++)
		readiness_hear(readiness, i, view, polled, count);
}

void readiness_look_last(struct readiness *readiness,
			 const struct probe_view *view)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];
		int said;

		if (!readiness_is_open(readiness, i) || !probe->ops->by_message)
			continue;
		said = probe->ops->look(probe, view, &readiness->problem);
		/* End of file is a part of main's end, which tells more. */
		if (said != -EPIPE)
			readiness_note(readiness, i, said);
	}
}

void readiness_stop(struct readiness *readiness)
{
	if (readiness->state == READINESS_WAITING)
		readiness->state = READINESS_STOPPED;
}

void readiness_line(struct readiness *readiness, const char *line,
		    size_t length)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];

		if (readiness_is_open(readiness, i) && probe->ops->line)
			readiness_note(readiness, i,
				       probe->ops->line(probe, line, length));
	}
}

/* With owner=any it is no error in itself, but it may be the reason. */
static void add_reason(struct probe *probe, const char *more)
{
	char *end = probe->reason + strlen(probe->reason);
	const char *last = probe->reason + sizeof(probe->reason);

	if (end > probe->reason && last - end > 2)
		end = stpcpy(end, "; ");
	text_copy(end, (size_t)(last - end), more); /* Cut to what fits. */
}

void readiness_look_back(struct readiness *readiness,
			 const struct probe_view *view)
{
	for (size_t i = 0; i < readiness->count; i++) {
		struct probe *probe = &readiness->probes[i];
		struct fault found;

		if (readiness->occupied.text[0] ||
		    !readiness_is_open(readiness, i) || !probe->ops->occupied)
			continue;
		int r = probe->ops->occupied(probe, view, &found);

		if (r < 0)
			readiness->occupied = found;
		else if (r > 0)
			add_reason(probe, found.text);
	}
}

void readiness_ended(struct readiness *readiness, int status, int64_t after_us)
{
	char waiting[FAULT_SIZE / 2], how[64], name[TEXT_SIGNAL_SIZE];

	if (readiness->state != READINESS_WAITING)
		return;
	if (WIFSIGNALED(status))
		(void)snprintf(how, sizeof(how), "was ended by %s",
			       text_signal_name(WTERMSIG(status), name,
						sizeof(name)));
	else
		(void)snprintf(how, sizeof(how), "exited with status %d",
			       WEXITSTATUS(status));
	if (readiness->occupied.text[0]) {
		readiness_fail(readiness,
			       fault_set(&readiness->problem, -EADDRINUSE,
					 "%s; it %s after %d.%03d s",
					 readiness->occupied.text, how,
					 (int)(after_us / 1000000),
					 (int)(after_us / 1000 % 1000)));
		return;
	}
	readiness_waiting_for(readiness, waiting, sizeof(waiting));
	readiness_fail(
		readiness,
		fault_set(&readiness->problem, -ECHILD,
			  "it %s after %d.%03d s, before it was ready (waiting "
			  "for %s)",
			  how, (int)(after_us / 1000000),
			  (int)(after_us / 1000 % 1000), waiting));
}

void readiness_waiting_for(const struct readiness *readiness, char *buffer,
			   size_t size)
{
	size_t first = first_waiting(readiness);
	size_t end =
		first < readiness->count ? group_end(readiness, first) : first;
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = first; i < end && used < size; i++) {
		const struct probe *probe = &readiness->probes[i];
		int n = snprintf(buffer + used, size - used, "%s%s%s%s",
				 i > first ? " or " : "", probe->text,
				 *probe->reason ? ": " : "", probe->reason);

		used += n > 0 ? (size_t)n : 0;
	}
}
