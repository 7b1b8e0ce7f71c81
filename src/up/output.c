// SPDX-License-Identifier: MIT
#include "up/output.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "up/output_parts.h"

/* How often is tried again what failed for want of room on a disk. */
#define RETRY_US ((int64_t)1000000)

/* -------------------------------------------------------------- opening */

/* Two descriptors of one terminal, pipe or file: one buffer for both, or their
 * lines would be torn by each other's. */
static bool is_same_file(int out, int err)
{
	struct stat a, b;

	return out >= 0 && err >= 0 && fstat(out, &a) == 0 &&
	       fstat(err, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static void open_sinks(struct output *output)
{
	const struct output_settings *settings = &output->settings;
	bool has_colour = settings->format == OUTPUT_PREFIX;

	output->is_same = is_same_file(settings->out, settings->err);
	sink_open(settings->out, &output->out);
	sink_open(output->is_same ? -1 : settings->err, &output->err);
	output->is_coloured[0] =
		has_colour &&
		prefix_is_coloured(settings->colour, &output->out);
	output->is_coloured[1] =
		has_colour &&
		prefix_is_coloured(settings->colour, &output->err);
}

int output_open(const struct output_settings *settings, struct output **ret,
		struct fault *fault)
{
	struct output *output = calloc(1, sizeof(*output));

	if (!output)
		return fault_set(fault, -ENOMEM, "out of memory");
	output->settings = *settings;
	if (settings->log_dir) {
		output->log_dir = strdup(settings->log_dir);
		if (!output->log_dir) {
			free(output);
			return fault_set(fault, -ENOMEM, "out of memory");
		}
	}
	tzset();
	open_sinks(output);
	prefix_tick(output);
	*ret = output;
	return 0;
}

void output_widen(struct output *output, const char *name)
{
	size_t width = strlen(name);

	if (width > NAME_WIDTH_MAX)
		width = NAME_WIDTH_MAX;
	if (width <= output->width)
		return;
	output->width = width;
	output->prefixes++;
}

/* ------------------------------------------------------------ its parts */

static void output_instance_free(struct instance_output *instance)
{
	backlog_free(&instance->backlog);
	free(instance->name);
	free(instance->shown);
	free(instance);
}

static struct instance_output *output_instance_new(struct output *output,
						   const char *name)
{
	struct instance_output *instance = calloc(1, sizeof(*instance));
	size_t bytes = output->settings.backlog_bytes;

	if (!instance)
		return NULL;
	instance->name = strdup(name);
	instance->shown = strdup(name);
	instance->colour = (unsigned)output->instances.count;
	instance->backlog = BACKLOG(bytes ? bytes : BACKLOG_DEFAULT);
	if (!instance->name || !instance->shown ||
	    list_append(&output->instances, &instance, sizeof(void *)) < 0) {
		output_instance_free(instance);
		return NULL;
	}
	instance->shown[text_clean(instance->shown, strlen(name), "")] = '\0';
	return instance;
}

struct instance_output *output_instance(struct output *output, const char *name)
{
	struct instance_output **all = output->instances.items;

	for (size_t i = 0; i < output->instances.count; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return output_instance_new(output, name);
}

static struct log_writer **log_at(const struct output *output, size_t index)
{
	return list_at(&output->logs, index, sizeof(struct log_writer *));
}

int output_log(struct output *output, const struct log_file *file,
	       struct log_writer **ret, struct fault *fault)
{
	struct log_writer *log;

	/* Two writers of one file would rotate it from under each other. */
	for (size_t i = 0; i < output->logs.count; i++) {
		log = *log_at(output, i);
		if (strcmp(log->file.path, file->path) == 0) {
			log->users++;
			*ret = log;
			return 0;
		}
	}

	int r = log_file_open(file, &log, fault);

	if (r < 0)
		return r;
	if (list_append(&output->logs, &log, sizeof(void *)) < 0) {
		log_file_close(log);
		return fault_set(fault, -ENOMEM, "out of memory");
	}
	log->users = 1;
	*ret = log;
	return 0;
}

/* A log file that cannot be written is said once, until it can. */
static void report(struct output *output, struct log_writer *log)
{
	bool is_new = log->error < 0 && !log->is_reported;

	log->is_reported = log->error < 0;
	if (is_new)
		output_say(output, "jig", "cannot write %s: %s", log->file.path,
			   strerror(-log->error));
}

void output_unlog(struct output *output, struct log_writer *log)
{
	if (!log || --log->users > 0)
		return;
	for (size_t i = 0; i < output->logs.count; i++)
		if (*log_at(output, i) == log) {
			*log_at(output, i) =
				*log_at(output, --output->logs.count);
			break;
		}
	(void)log_file_flush(log); /* what stays is lost now */
	report(output, log);
	sink_forget(&log->sink);
	output->lost_before += log->sink.lost;
	log_file_close(log);
}

/* ------------------------------------------------------------- flushing */

static void flush_logs(struct output *output)
{
	for (size_t i = 0; i < output->logs.count; i++) {
		struct log_writer *log = *log_at(output, i);

		log_file_tick(log, output->second);
		(void)log_file_flush(log); /* output_tick() tries again */
		report(output, log);
	}
}

static void tell_lost(struct output *output)
{
	uint64_t lost = output->out.lost - output->told;

	if (lost == 0)
		return;
	output->told = output->out.lost;
	output_say(output, "jig", "%" PRIu64 " lines could not be written",
		   lost);
}

bool output_flush(struct output *output)
{
	flush_logs(output);

	int out = sink_flush(&output->out);
	int err = sink_flush(&output->err);

	if (out == 0 && output->out.lost > output->told) {
		tell_lost(output);
		out = sink_flush(&output->out);
	}
	/* A gone reader leaves nothing that waits. */
	return (out == 0 || out == -EPIPE) && (err == 0 || err == -EPIPE);
}

bool output_is_gone(const struct output *output)
{
	return output->out.is_gone;
}

bool output_is_full(const struct output *output)
{
	return sink_is_full(&output->out) || sink_is_full(&output->err);
}

size_t output_wanted(const struct output *output, int ret[2])
{
	size_t count = 0;

	if (output->out.error == -EAGAIN)
		ret[count++] = output->out.fd;
	if (output->err.error == -EAGAIN)
		ret[count++] = output->err.fd;
	return count;
}

uint64_t output_lost_lines(const struct output *output)
{
	uint64_t lost =
		output->out.lost + output->err.lost + output->lost_before;

	for (size_t i = 0; i < output->logs.count; i++)
		lost += (*log_at(output, i))->sink.lost;
	return lost;
}

/* ------------------------------------------------------------------ time */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* When the partial line of a stream is to be shown; -1: never. */
static int64_t prompt_due(const struct stream *stream)
{
	bool waits = stream->partial.used > stream->shown &&
		     stream->sink->is_terminal &&
		     stream->output->settings.format != OUTPUT_JSON;

	return waits ? clock_add_us(stream->since_us, PROMPT_US) : -1;
}

static int64_t show_prompts(struct output *output, int64_t now_us)
{
	struct stream **all = output->streams.items;
	int64_t next = -1;

	for (size_t i = 0; i < output->streams.count; i++) {
		int64_t due = prompt_due(all[i]);

		if (due < 0)
			continue;
		if (due <= now_us)
			write_partial(all[i]);
		else
			next = sooner(next, due);
	}
	return next;
}

static bool is_stuck(const struct sink *sink)
{
	return sink->error < 0 && sink->error != -EAGAIN && !sink->is_gone;
}

/* Whether something is to be tried again that no descriptor will tell of. */
static bool has_stuck(const struct output *output)
{
	if (is_stuck(&output->out) || is_stuck(&output->err))
		return true;
	for (size_t i = 0; i < output->logs.count; i++)
		if (sink_waiting(&(*log_at(output, i))->sink) > 0)
			return true;
	return false;
}

int64_t output_tick(struct output *output, int64_t now_us)
{
	prefix_tick(output);

	int64_t next = show_prompts(output, now_us);

	(void)output_flush(output); /* said by output_wanted() */
	return has_stuck(output) ? sooner(next, clock_add_us(now_us, RETRY_US))
				 : next;
}

/* --------------------------------------------------------------- closing */

static void drain(struct output *output, int ms)
{
	int64_t deadline = clock_in_us(clock_ms_us(ms));

	while (!output_flush(output)) {
		struct pollfd fds[2];
		int wanted[2];
		size_t count = output_wanted(output, wanted);

		for (size_t i = 0; i < count; i++)
			fds[i] = (struct pollfd){ .fd = wanted[i],
						  .events = POLLOUT };
		if (count == 0 || clock_us() >= deadline)
			return;
		/* Interrupted or not: the next flush says how it stands. */
		(void)poll(fds, count, clock_poll_ms(deadline));
	}
}

void output_close(struct output *output, int ms)
{
	if (!output)
		return;
	while (output->streams.count > 0)
		output_end(*(struct stream **)output->streams.items);
	drain(output, ms);
	for (size_t i = 0; i < output->instances.count; i++) {
		struct instance_output **all = output->instances.items;

		output_instance_free(all[i]);
	}
	past_free(output);
	list_free(&output->instances);
	list_free(&output->streams);
	list_free(&output->logs);
	buffer_free(&output->json);
	sink_close(&output->out);
	sink_close(&output->err);
	free(output->log_dir);
	free(output);
}
