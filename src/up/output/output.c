// SPDX-License-Identifier: MIT
#include "up/output/output.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "proc/dropping.h"
#include "up/output/parts.h"

/* Interval between attempts after an error such as ENOSPC. */
#define RETRY_US ((int64_t)1000000)

/* -------------------------------------------------------------- opening */

/* For two descriptors of one terminal, pipe or file use one buffer; otherwise
 * they would split each other's lines. */
static bool is_same_file(int out, int err)
{
	struct stat a, b;

	return out >= 0 && err >= 0 && fstat(out, &a) == 0 &&
	       fstat(err, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Where a write may block, a child writes. */
static int open_writer(struct sink *sink, struct writer *ret)
{
	struct sink pipe;
	int r = 0;

	if (sink->kind == SINK_FILE)
		r = writer_open_file(sink->fd, ret, &pipe);
	else if (sink->kind == SINK_BLOCKING)
		r = writer_open_raw(sink->fd, ret, &pipe);
	if (r < 0 || !ret->share)
		return r;
	pipe.is_terminal = sink->is_terminal;
	sink_close(sink);
	*sink = pipe;
	return 0;
}

static int open_sinks(struct output *output)
{
	const struct output_settings *settings = &output->settings;
	bool has_colour = settings->format == OUTPUT_PREFIX;
	int r;

	output->is_same = is_same_file(settings->out, settings->err);
	sink_open(settings->out, &output->out);
	sink_open(output->is_same ? -1 : settings->err, &output->err);
	r = open_writer(&output->out, &output->out_writer);
	if (r == 0)
		r = open_writer(&output->err, &output->err_writer);
	output->out_is_coloured =
		has_colour &&
		prefix_is_coloured(settings->colour, &output->out);
	output->err_is_coloured =
		has_colour &&
		prefix_is_coloured(settings->colour, &output->err);
	return r;
}

int output_open(const struct output_settings *settings, struct output **ret,
		struct fault *fault)
{
	struct output *output = calloc(1, sizeof(*output));
	int r;

	if (!output)
		return fault_set(fault, -ENOMEM, "out of memory");
	output->settings = *settings;
	output->events.queue = QUEUE_NONE;
	if (settings->log_dir) {
		output->log_dir = strdup(settings->log_dir);
		if (!output->log_dir) {
			free(output);
			return fault_set(fault, -ENOMEM, "out of memory");
		}
	}
	tzset();
	r = open_sinks(output);
	if (r < 0)
		fault_set(fault, r, "cannot start a writer: %s", strerror(-r));
	else
		r = events_open(settings->events, &output->events, fault);
	if (r < 0) {
		output_close(output, 0);
		return r;
	}
	prefix_tick(output);
	*ret = output;
	return 0;
}

void output_let_go(struct output *output)
{
	if (output->out_writer.share)
		drop_file(output->settings.out);
	if (output->err_writer.share || output->is_same)
		drop_file(output->settings.err);
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

/* ------------------------------------------------------------- flushing */

/* Lines of stdout that we or its writer dropped. */
static uint64_t lost_on_stdout(const struct output *output)
{
	return output->out.lost + writer_lost(&output->out_writer);
}

static void output_tell_lost(struct output *output)
{
	uint64_t lost = lost_on_stdout(output) - output->told;

	if (lost == 0)
		return;
	output->told += lost;
	output_say(output, "jig", "%" PRIu64 " lines could not be written",
		   lost);
}

bool output_flush(struct output *output)
{
	int64_t now_us = clock_us();

	logs_flush(output, now_us);
	events_flush(&output->events);

	int out = sink_flush(&output->out);
	int err = sink_flush(&output->err);

	if (out == 0 && lost_on_stdout(output) > output->told &&
	    writer_error(&output->out_writer) == 0) {
		output_tell_lost(output);
		out = sink_flush(&output->out);
	}
	writer_look(&output->out_writer, &output->out, now_us);
	writer_look(&output->err_writer, &output->err, now_us);
	/* Without a reader nothing is pending. */
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

int output_wanted(const struct output *output, struct list *ret)
{
	const struct sink *sinks[] = { &output->out, &output->err };
	int events = events_waits(&output->events);
	int r = logs_wanted(output, ret);

	if (r == 0 && events >= 0)
		r = list_append(ret, &events, sizeof(events));
	for (size_t i = 0; r == 0 && i < sizeof(sinks) / sizeof(sinks[0]); i++)
		if (sinks[i]->error == -EAGAIN)
			r = list_append(ret, &sinks[i]->fd, sizeof(int));
	return r;
}

void output_tidy(struct output *output)
{
	logs_tidy(output);
}

uint64_t output_lost_lines(const struct output *output)
{
	return lost_on_stdout(output) + output->err.lost +
	       writer_lost(&output->err_writer) + logs_lost(output);
}

/* ------------------------------------------------------------------ time */

/* When to show the partial line of a stream; -1: never. */
static int64_t prompt_due(const struct stream *stream)
{
	bool waits = stream->partial.used > stream->shown &&
		     stream->sink->is_terminal && !stream->is_muted &&
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
			next = clock_sooner(next, due);
	}
	return next;
}

static bool is_stuck(const struct sink *sink)
{
	return sink->error < 0 && sink->error != -EAGAIN && !sink->is_gone;
}

/* Whether to try again without an event: our disk or a child's disk is full. */
static bool has_stuck(const struct output *output)
{
	return is_stuck(&output->out) || is_stuck(&output->err) ||
	       lost_on_stdout(output) > output->told;
}

int64_t output_tick(struct output *output, int64_t now_us)
{
	prefix_tick(output);

	int64_t next = show_prompts(output, now_us);

	(void)output_flush(output); /* output_wanted() reports it */
	next = clock_sooner(next, logs_due(output, now_us));
	return has_stuck(output)
		       ? clock_sooner(next, clock_add_us(now_us, RETRY_US))
		       : next;
}

/* --------------------------------------------------------------- closing */

/* For a message after stdout was closed. */
#define LAST_WORD_US 250000
#define NOT_ALL "jig: the end of the output could not be written to stdout\n"

/* Children report their progress in shared memory only: check by a timer. */
#define PAUSE_MIN_NS 20000L
#define PAUSE_MAX_NS 2000000L

/* Or an error: do not wait for a full disk. */
static bool is_written(struct output *output)
{
	(void)output_flush(output); /* Each sink has its own error. */
	return output->out.error != -EAGAIN && output->err.error != -EAGAIN &&
	       events_are_written(&output->events) && logs_are_idle(output) &&
	       writer_is_idle(&output->out_writer, &output->out) &&
	       writer_is_idle(&output->err_writer, &output->err);
}

static struct pollfd waits_for(const struct sink *sink)
{
	return (struct pollfd){ .fd = sink->error == -EAGAIN ? sink->fd : -1,
				.events = POLLOUT };
}

void output_drain(struct output *output, int ms)
{
	int64_t deadline = clock_in_us(clock_ms_us(ms));
	struct timespec pause = { .tv_nsec = PAUSE_MIN_NS };

	while (!is_written(output) && clock_us() < deadline) {
		struct pollfd fds[] = { waits_for(&output->out),
					waits_for(&output->err),
					{ .fd = events_waits(&output->events),
					  .events = POLLOUT } };

		/* The next flush tries, also after EINTR. */
		(void)ppoll(fds, sizeof(fds) / sizeof(fds[0]), &pause, NULL);
		if (pause.tv_nsec < PAUSE_MAX_NS)
			pause.tv_nsec *= 2;
	}
}

#define SILENT                                                                 \
	"process %d waits for a file system that does not answer; it ends "    \
	"when this answers"

void output_say_abandoned(struct output *output, pid_t pid)
{
	if (pid > 0)
		output_say(output, "jig", SILENT, (int)pid);
}

/* If stdout takes nothing, stderr may. */
static void close_stdout(struct output *output, int64_t until_us)
{
	struct writer *writer = &output->out_writer;
	bool is_written = writer_is_idle(writer, &output->out);
	pid_t pid = writer_close(writer, &output->out, until_us);
	char text[160];
	int size = 0;

	if (pid > 0)
		size = snprintf(text, sizeof(text), "jig: " SILENT "\n",
				(int)pid);
	if (size > 0)
		sink_add(&output->err, text, (size_t)size);
	if (!is_written)
		sink_add(&output->err, NOT_ALL, strlen(NOT_ALL));
	(void)sink_flush(&output->err); /* There is no place for a message. */
	writer_free(writer);
}

static void close_stderr(struct output *output, int64_t until_us)
{
	int64_t soon = clock_in_us(LAST_WORD_US);

	(void)writer_close(&output->err_writer, &output->err,
			   until_us > soon ? until_us : soon);
	writer_free(&output->err_writer);
}

void output_close(struct output *output, int ms)
{
	if (!output)
		return;

	int64_t until_us = clock_in_us(clock_ms_us(ms));

	while (output->streams.count > 0)
		output_end(*(struct stream **)output->streams.items);
	output_drain(output, ms);
	logs_close(output, until_us);
	events_close(&output->events, until_us);
	(void)output_flush(output); /* Write these messages. */
	close_stdout(output, until_us);
	close_stderr(output, until_us);
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
