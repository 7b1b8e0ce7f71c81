// SPDX-License-Identifier: MIT
#include "up/output/log_outlet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Between a name and its line, as on the terminal. */
#define BAR " | "

#define FLUSH_SIZE ((size_t)64 << 10)
#define SILENT "the file system does not answer"

static int log_outlet_start(struct log_outlet *log, int64_t until_us,
			    struct fault *fault)
{
	int r = writer_open_log(&log->file, &log->writer, &log->sink);

	if (r < 0)
		return fault_set(fault, r, "cannot start a writer for %s: %s",
				 log->file.path, strerror(-r));
	r = writer_await_open(&log->writer, until_us);
	if (r == 0 || r == -ETIMEDOUT)
		return 0;
	return fault_set(fault, r, "cannot write the log file %s: %s",
			 log->file.path, strerror(-r));
}

int log_outlet_open(const struct log_file *file, int64_t until_us,
		    struct log_outlet **ret, struct fault *fault)
{
	struct log_outlet *log = calloc(1, sizeof(*log));
	char *path = strdup(file->path);
	int r;

	if (!log || !path) {
		free(log);
		free(path);
		return fault_set(fault, -ENOMEM, "out of memory");
	}
	log->file = *file;
	log->file.path = path;
	log->sink = SINK_CLOSED;
	r = log_outlet_start(log, until_us, fault);
	if (r < 0)
		(void)log_outlet_close(log, 0, &(uint64_t){ 0 });
	else
		*ret = log;
	return r;
}

bool log_outlet_is_late(const struct log_outlet *log)
{
	return writer_is_late(&log->writer);
}

/* --------------------------------------------------------------- writing */

static char *log_outlet_put(char *to, const char *from, size_t size)
{
	memcpy(to, from, size);
	return to + size;
}

void log_outlet_add(struct log_outlet *log, const char *stamp, const char *name,
		    const char *line, size_t size)
{
	size_t stamp_size = log->file.no_times ? 0 : strlen(stamp);
	size_t name_size = log->file.has_names ? strlen(name) : 0;
	size_t bar_size = log->file.has_names ? strlen(BAR) : 0;
	size_t all = stamp_size + name_size + bar_size + size + 1;
	char *to = sink_room(&log->sink, all);

	log->lines++;
	if (!to)
		return;
	to = log_outlet_put(to, stamp, stamp_size);
	to = log_outlet_put(to, name, name_size);
	to = log_outlet_put(to, BAR, bar_size);
	to = log_outlet_put(to, line, size);
	*to = '\n';
	sink_commit(&log->sink, all);
	if (sink_waiting(&log->sink) >= FLUSH_SIZE && log->sink.error == 0)
		(void)sink_flush(&log->sink); /* sink.error has the result. */
}

/* All lost lines are in one place: here. */
static void log_outlet_tell_lost(struct log_outlet *log)
{
	char text[128];
	int size =
		snprintf(text, sizeof(text),
			 "jig: %" PRIu64 " lines were lost here: " SILENT "\n",
			 log->sink.lost - log->told);

	log->told = log->sink.lost;
	log->lines++;
	sink_add(&log->sink, text, (size_t)size);
	(void)sink_flush(&log->sink); /* sink.error has the result. */
}

void log_outlet_flush(struct log_outlet *log, int64_t now_us)
{
	if (log_outlet_is_shut(log))
		return;
	if (sink_flush(&log->sink) == 0 && log->sink.lost > log->told)
		log_outlet_tell_lost(log);
	writer_look(&log->writer, &log->sink, now_us);
	log->sink.is_lossy = log->writer.is_stuck;
}

bool log_outlet_is_full(const struct log_outlet *log)
{
	return sink_is_full(&log->sink);
}

bool log_outlet_is_idle(const struct log_outlet *log)
{
	return writer_is_idle(&log->writer, &log->sink);
}

const char *log_outlet_error(const struct log_outlet *log)
{
	int error = writer_error(&log->writer);

	if (error == 0 && log->sink.is_gone)
		return "its writer was killed";
	if (error == 0)
		return NULL;
	return error == -ETIMEDOUT ? SILENT : strerror(-error);
}

uint64_t log_outlet_lost(const struct log_outlet *log)
{
	return log->sink.lost + writer_lost(&log->writer);
}

/* --------------------------------------------------------------- the end */

void log_outlet_shut(struct log_outlet *log)
{
	writer_shut(&log->sink);
}

bool log_outlet_is_shut(const struct log_outlet *log)
{
	return log->sink.fd < 0;
}

pid_t log_outlet_close(struct log_outlet *log, int64_t until_us,
		       uint64_t *ret_lost)
{
	pid_t pid = writer_close(&log->writer, &log->sink, until_us);
	uint64_t written = writer_written(&log->writer);

	*ret_lost = log->lines > written ? log->lines - written : 0;
	writer_free(&log->writer);
	sink_close(&log->sink);
	free((char *)log->file.path);
	free(log);
	return pid;
}
