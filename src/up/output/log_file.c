// SPDX-License-Identifier: MIT
#include "up/output/log_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"
#include "up/output/log_rotate.h"

#define FLUSH_SIZE ((size_t)64 << 10)
#define DAY_SECONDS 86400
/* Interval of the search for old files; also done after each rotation. */
#define AGE_SECONDS 3600

/* -------------------------------------------------------------- opening */

static unsigned old_files(const struct log_writer *log)
{
	return log->file.max_files ? log->file.max_files : 1;
}

static int open_once(const char *path)
{
	int fd = RETRY(open(path,
			    O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK |
				    O_NOCTTY | O_CLOEXEC,
			    0666));

	return fd < 0 ? -errno : fd;
}

static int log_file_open_path(const char *path)
{
	int fd = open_once(path);

	if (fd != -ENOENT)
		return fd;

	int r = log_make_directory(path);

	return r < 0 ? r : open_once(path);
}

static bool is_disk_full(int error)
{
	return error == -ENOSPC || error == -EDQUOT;
}

/* From now on, write to the file at the path. @return 0 or -errno. */
static int use_path(struct log_writer *log)
{
	int fd = log_file_open_path(log->file.path);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0) {
		close(fd);
		return -EIO;
	}
	sink_replace(&log->sink, fd);
	log->is_regular = S_ISREG(status.st_mode);
	log->is_astray = false;
	log->device = status.st_dev;
	log->inode = status.st_ino;
	log->size = (uint64_t)status.st_size + sink_waiting(&log->sink);
	return 0;
}

/* Whether the file ends with a partial line; it may be write-only. */
static bool ends_torn(const struct log_writer *log)
{
	CLEANUP_CLOSE int fd =
		log->is_regular && log->size > 0
			? RETRY(open(log->file.path,
				     O_RDONLY | O_NOCTTY | O_CLOEXEC))
			: -1;
	char last = '\n';

	return fd >= 0 &&
	       RETRY(pread(fd, &last, 1, (off_t)log->size - 1)) == 1 &&
	       last != '\n';
}

struct log_writer *log_file_new(const struct log_file *file)
{
	struct log_writer *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	if (file)
		log->file = *file;
	log->sink = SINK_CLOSED;
	/* Until there is a file, lines are pending. */
	log->sink.kind = SINK_DIRECT;
	log->sink.is_lossy = true;
	return log;
}

int log_file_open(struct log_writer *log)
{
	int r = use_path(log);

	log->error = r;
	if (r < 0 && !is_disk_full(r))
		return r;
	if (ends_torn(log))
		sink_add(&log->sink, "\n", 1);
	return 0;
}

void log_file_use(struct log_writer *log, int fd)
{
	sink_replace(&log->sink, fd);
}

void log_file_close(struct log_writer *log)
{
	sink_close(&log->sink);
	free(log);
}

/* -------------------------------------------------------------- rotation */

static void remove_old(struct log_writer *log, time_t now)
{
	if (log->file.max_days == 0 || !log->is_regular)
		return;
	log->aged = now;
	log_remove_old(log->file.path, old_files(log),
		       now - (time_t)log->file.max_days * DAY_SECONDS);
}

/* All lines before this point are written. If this fails, continue with the
 * open file, whatever its name is, for another max_bytes. */
static void rotate(struct log_writer *log)
{
	if (log_rotate(log->file.path, old_files(log)) < 0 || use_path(log) < 0)
		log->size = 0;
	else
		remove_old(log, time(NULL));
}

static void rotate_before(struct log_writer *log, size_t size)
{
	uint64_t limit = log->file.max_bytes;

	if (limit == 0 || !log->is_regular || log->size == 0 ||
	    log->size + size <= limit)
		return;
	if (log_file_flush(log))
		rotate(log);
}

/* --------------------------------------------------------------- writing */

void log_file_add(struct log_writer *log, const char *line, size_t size)
{
	rotate_before(log, size);
	sink_add(&log->sink, line, size);
	log->size += size;
	if (sink_waiting(&log->sink) >= FLUSH_SIZE && log->error == 0)
		(void)log_file_flush(log); /* log->error has the result */
}

static int log_file_push(struct log_writer *log)
{
	if (log->sink.fd < 0)
		return sink_waiting(&log->sink) > 0 ? log->error : 0;

	int r = sink_flush(&log->sink);

	/* A slow reader is not an error of the file. */
	if (r < 0 && r != -EAGAIN)
		log->error = r;
	return r;
}

static int log_file_tell_lost(struct log_writer *log)
{
	char text[128];
	uint64_t lost = log->sink.lost - log->told;
	int size = snprintf(text, sizeof(text),
			    "jig: %" PRIu64 " lines were lost here%s%s\n", lost,
			    log->error ? ": " : "",
			    log->error ? strerror(-log->error) : "");

	log->told = log->sink.lost;
	sink_add(&log->sink, text, (size_t)size);
	log->size += (uint64_t)size;
	log->owes_word = true;
	return log_file_push(log);
}

bool log_file_flush(struct log_writer *log)
{
	int r = log_file_push(log);

	if (r == 0 && log->sink.fd >= 0 && log->sink.lost > log->told)
		r = log_file_tell_lost(log);
	if (r == 0)
		log->owes_word = false;
	if (r == 0 && log->sink.fd >= 0 && !log->is_astray)
		log->error = 0;
	return r == 0;
}

uint64_t log_file_waiting(const struct log_writer *log)
{
	uint64_t lines = sink_lines(&log->sink);

	return lines > 0 && log->owes_word ? lines - 1 : lines;
}

/* Whether the path now names another file than the open one. */
static bool has_moved(const struct log_writer *log)
{
	struct stat status;

	if (!log->file.path)
		return false;
	if (log->sink.fd < 0)
		return true;
	if (!log->is_regular)
		return false;
	if (stat(log->file.path, &status) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return status.st_dev != log->device || status.st_ino != log->inode;
}

void log_file_tick(struct log_writer *log, time_t now)
{
	if (now == log->looked)
		return;
	log->looked = now;
	if (has_moved(log)) {
		/* Earlier lines belong to the old file. */
		if (log->sink.fd >= 0)
			(void)log_file_push(log);

		int r = use_path(log);

		log->is_astray = r < 0;
		if (r < 0)
			log->error = r;
	}
	if (now - log->aged >= AGE_SECONDS)
		remove_old(log, now);
}
