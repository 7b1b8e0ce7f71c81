// SPDX-License-Identifier: MIT
/*
 * The log files of an output, one for each path.
 *
 *   used        by streams
 *   unused      its child takes the remaining lines. Until then a new user of
 *               the path gets this log, so no path has two writers
 *   shut        its child has taken all lines and ends; a new log may be opened
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "up/output/parts.h"

/* How long the first open(2) that does not answer may delay a start; later ones
 * do not. */
#define OPEN_US 1000000LL
/* Intervals between checks of a child's progress; and of a stuck child's. */
#define LOOK_US 100000LL
#define RETRY_US 1000000LL
/* The time that a shut one has for its end. */
#define END_US 2000000LL

static struct log_outlet **log_at(const struct output *output, size_t index)
{
	return list_at(&output->logs, index, sizeof(struct log_outlet *));
}

static struct log_outlet *output_logs_find(const struct output *output,
					   const char *path)
{
	for (size_t i = 0; i < output->logs.count; i++) {
		struct log_outlet *log = *log_at(output, i);

		if (!log_outlet_is_shut(log) && !log->sink.is_gone &&
		    strcmp(log->file.path, path) == 0)
			return log;
	}
	return NULL;
}

static int64_t output_logs_patience(const struct output *output)
{
	for (size_t i = 0; i < output->logs.count; i++)
		if (log_outlet_is_late(*log_at(output, i)))
			return 0;
	return clock_in_us(OPEN_US);
}

int output_log(struct output *output, const struct log_file *file,
	       struct log_outlet **ret, struct fault *fault)
{
	/* With two writers of one file, each would rotate the other's file. */
	struct log_outlet *log = output_logs_find(output, file->path);
	int r;

	if (log) {
		log->users++;
		*ret = log;
		return 0;
	}
	r = log_outlet_open(file, output_logs_patience(output), &log, fault);
	if (r < 0)
		return r;
	if (list_append(&output->logs, &log, sizeof(void *)) < 0) {
		(void)log_outlet_close(log, 0, &(uint64_t){ 0 });
		return fault_set(fault, -ENOMEM, "out of memory");
	}
	log->users = 1;
	*ret = log;
	return 0;
}

void output_unlog(struct log_outlet *log)
{
	if (log)
		log->users--;
}

/* Report a failure once, until the log file can be written again. */
static void report(struct output *output, struct log_outlet *log)
{
	const char *error = log_outlet_error(log);
	bool is_new = error && !log->is_reported;

	log->is_reported = error != NULL;
	if (is_new)
		output_say(output, "jig", "cannot write %s: %s", log->file.path,
			   error);
}

void logs_flush(struct output *output, int64_t now_us)
{
	for (size_t i = 0; i < output->logs.count; i++) {
		struct log_outlet *log = *log_at(output, i);

		log_outlet_flush(log, now_us);
		report(output, log);
	}
}

int logs_wanted(const struct output *output, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < output->logs.count; i++) {
		const struct log_outlet *log = *log_at(output, i);

		if (!log_outlet_is_shut(log) && log->sink.error == -EAGAIN)
			r = list_append(ret, &log->sink.fd, sizeof(int));
	}
	return r;
}

bool logs_are_idle(const struct output *output)
{
	for (size_t i = 0; i < output->logs.count; i++)
		if (!log_outlet_is_idle(*log_at(output, i)))
			return false;
	return true;
}

int64_t logs_due(const struct output *output, int64_t now_us)
{
	int64_t wait = -1;

	for (size_t i = 0; i < output->logs.count; i++) {
		const struct log_outlet *log = *log_at(output, i);
		bool waits = log->users == 0 || log_outlet_is_late(log) ||
			     !log_outlet_is_idle(log);

		if (waits && !log->writer.is_stuck)
			return clock_add_us(now_us, LOOK_US);
		/* Report its next failure, too. */
		if (waits || log->is_reported)
			wait = RETRY_US;
	}
	return wait < 0 ? -1 : clock_add_us(now_us, wait);
}

/* -------------------------------------------------------------- the end */

static void output_logs_end(struct output *output, struct log_outlet *log,
			    int64_t until_us)
{
	CLEANUP_FREE char *path = strdup(log->file.path);
	uint64_t lost;
	pid_t pid;

	report(output, log);
	pid = log_outlet_close(log, until_us, &lost);
	output->lost_before += lost;
	if (lost > 0 && path)
		output_say(output, "jig", "%" PRIu64 " lines are not in %s",
			   lost, path);
	output_say_abandoned(output, pid);
}

void logs_tidy(struct output *output)
{
	int64_t now_us = clock_us();

	for (size_t i = output->logs.count; i > 0; i--) {
		struct log_outlet *log = *log_at(output, i - 1);

		if (log->users > 0)
			continue;
		if (!log_outlet_is_shut(log) && log_outlet_is_idle(log)) {
			log_outlet_shut(log);
			log->until_us = clock_add_us(now_us, END_US);
		}
		if (!log_outlet_is_shut(log) ||
		    (!writer_has_ended(&log->writer) && now_us < log->until_us))
			continue;
		*log_at(output, i - 1) = *log_at(output, --output->logs.count);
		output_logs_end(output, log, now_us);
	}
}

void logs_close(struct output *output, int64_t until_us)
{
	for (size_t i = 0; i < output->logs.count; i++)
		log_outlet_shut(*log_at(output, i));
	while (output->logs.count > 0) {
		struct log_outlet *log = *log_at(output, --output->logs.count);

		output_logs_end(output, log, until_us);
	}
}

uint64_t logs_lost(const struct output *output)
{
	uint64_t lost = output->lost_before;

	for (size_t i = 0; i < output->logs.count; i++)
		lost += log_outlet_lost(*log_at(output, i));
	return lost;
}
