// SPDX-License-Identifier: MIT
#include "up/control/ended.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "base/text.h"
#include "base/text/json.h"
#include "up/control/control.h"

#define SUFFIX ".ended"
#define MAGIC UINT64_C(0x31646e65676970) /* "pigend1": the layout below */

/* Lines fill one half, then the other: one whole half is always there. */
#define HALF ((size_t)128 << 10)

/* The file. Each number is written last, when what it counts is there. */
struct ended_page {
	uint64_t magic;
	int64_t pid, last, end; /* seconds since 1970; end 0: it was killed */
	char reason[512];
	uint32_t half; /* into which lines go now */
	_Atomic uint32_t used[2];
	char lines[2][HALF];
};

/* Before each line. */
struct ended_line {
	uint32_t name, text; /* their sizes; the name has a NUL */
};

struct ended {
	struct up *up;
	struct ended_page *page;
	int follower;
	char path[CONTROL_PATH + sizeof(SUFFIX)];
};

static void ended_path(const char *socket, char *ret)
{
	(void)snprintf(ret, CONTROL_PATH + sizeof(SUFFIX), "%s" SUFFIX, socket);
}

void ended_forget(const char *socket)
{
	char path[CONTROL_PATH + sizeof(SUFFIX)];

	ended_path(socket, path);
	(void)unlink(path); /* Usually there is none. */
}

/* ------------------------------------------------------------------- keeping
 */

static void ended_add(void *context, const char *name, const char *text,
		      size_t size)
{
	struct ended_page *page = ((struct ended *)context)->page;
	struct ended_line line = { (uint32_t)strlen(name) + 1, (uint32_t)size };
	size_t all = sizeof(line) + line.name + line.text;
	uint32_t half = page->half, used = page->used[half];
	char *to;

	if (size > HALF || all > HALF)
		return;
	if (used + all > HALF) {
		half = !half;
		used = 0;
		page->used[half] = 0;
		page->half = half;
	}
	to = page->lines[half] + used;
	memcpy(to, &line, sizeof(line));
	memcpy(to + sizeof(line), name, line.name);
	memcpy(to + sizeof(line) + line.name, text, size);
	page->used[half] = used + (uint32_t)all;
}

/* Reserve its blocks: a write into a hole of a full disk is SIGBUS. */
static struct ended_page *map_new(const char *path)
{
	CLEANUP_CLOSE int fd = -1;
	void *page;

	(void)unlink(path);
	fd = RETRY(open(path,
			O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			0600));
	if (fd < 0)
		return NULL;
	if (posix_fallocate(fd, 0, sizeof(struct ended_page)) != 0) {
		(void)unlink(path);
		return NULL;
	}
	page = mmap(NULL, sizeof(struct ended_page), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	return page == MAP_FAILED ? NULL : page;
}

struct ended *ended_open(struct up *up, const char *socket)
{
	struct ended *ended = calloc(1, sizeof(*ended));

	if (!ended)
		return NULL;
	ended->up = up;
	ended_path(socket, ended->path);
	ended->page = map_new(ended->path);
	ended->follower =
		ended->page ? output_follow(up->output, NULL, ended_add, ended)
			    : -1;
	if (ended->follower < 0) {
		ended_close(ended, NULL);
		return NULL;
	}
	ended->page->magic = MAGIC;
	ended->page->pid = getpid();
	ended_touch(ended);
	return ended;
}

void ended_touch(struct ended *ended)
{
	if (ended)
		ended->page->last = time(NULL);
}

void ended_close(struct ended *ended, const char *reason)
{
	if (!ended)
		return;
	if (ended->follower >= 0)
		output_unfollow(ended->up->output, ended->follower);
	if (ended->page && reason) {
		text_copy(ended->page->reason, sizeof(ended->page->reason),
			  reason);
		ended->page->end = time(NULL);
	} else {
		(void)unlink(ended->path);
	}
	if (ended->page)
		(void)munmap(ended->page, sizeof(*ended->page));
	free(ended);
}

/* ------------------------------------------------------------------- showing
 */

static int ended_read(const char *path, struct ended_page **ret)
{
	CLEANUP_CLOSE int fd =
		RETRY(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
	struct ended_page *page;
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || (size_t)status.st_size != sizeof(*page))
		return -EBADMSG;
	/* Private: a line that is added meanwhile may be half there. */
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_PRIVATE,
		    fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	page->reason[sizeof(page->reason) - 1] = '\0';
	if (page->magic != MAGIC || page->half > 1 || page->used[0] > HALF ||
	    page->used[1] > HALF) {
		(void)munmap(page, sizeof(*page));
		return -EBADMSG;
	}
	*ret = page;
	return 0;
}

static void ended_time(int64_t seconds, char *ret, size_t size)
{
	time_t when = (time_t)seconds;
	struct tm local;

	if (!localtime_r(&when, &local) ||
	    strftime(ret, size, "%Y-%m-%d %H:%M:%S", &local) == 0)
		(void)snprintf(ret, size, "an unknown time");
}

#define KILLED "it was killed (SIGKILL), or the machine has stopped"

static void describe(const struct ended_page *page, struct buffer *ret)
{
	char when[32];

	ended_time(page->end ? page->end : page->last, when, sizeof(when));
	buffer_printf(ret, "ended: %s, %s %s (pid %" PRId64 ")",
		      page->end ? page->reason : KILLED,
		      page->end ? "at" : "after", when, page->pid);
}

static void ended_json(const struct ended_page *page)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	json_open(&json, "ended", '{');
	json_string(&json, "reason", page->end ? page->reason : KILLED);
	json_bool(&json, "killed", page->end == 0);
	json_number(&json, "time", page->end ? page->end : page->last);
	json_number(&json, "pid", page->pid);
	json_close(&json, '}');
	json_close(&json, '}');
	buffer_add(&json.out, "\n", 1);
	if (json.out.error == 0)
		(void)say_now(json.out.text, json.out.used);
	buffer_free(&json.out);
}

struct kept_line {
	const char *text;
	size_t size;
};

static int add_half(const struct ended_page *page, unsigned half,
		    const char *wanted, struct list *ret)
{
	const char *at = page->lines[half], *end = at + page->used[half];
	struct ended_line line;
	int r = 0;

	while (r == 0 && (size_t)(end - at) >= sizeof(line)) {
		memcpy(&line, at, sizeof(line));
		at += sizeof(line);
		if (line.name == 0 || line.name > (size_t)(end - at) ||
		    line.text > (size_t)(end - at) - line.name ||
		    at[line.name - 1] != '\0')
			return -EBADMSG;
		struct kept_line kept = { at + line.name, line.text };

		if (output_is_meant(wanted, at))
			r = list_append(ret, &kept, sizeof(kept));
		at += line.name + line.text;
	}
	return r;
}

/* "logs", lines, "follow" or "", name or "". */
static int ended_logs(const struct ended_page *page, const char *const *words)
{
	CLEANUP(list_free) struct list lines = { 0 };
	CLEANUP(buffer_free) struct buffer why = { 0 };
	const char *wanted = *words[3] ? words[3] : NULL;
	uint64_t most = 0;
	int r = add_half(page, !page->half, wanted, &lines);

	if (r == 0)
		r = add_half(page, page->half, wanted, &lines);
	if (text_number(words[1], UINT32_MAX, &most) < 0 || most == 0)
		most = lines.count;
	for (size_t i = most < lines.count ? lines.count - most : 0;
	     i < lines.count; i++) {
		const struct kept_line *line =
			list_at(&lines, i, sizeof(*line));

		if (say_now(line->text, line->size) < 0)
			return EXIT_JIG;
	}
	describe(page, &why);
	complain("%s", why.text ? why.text : "ended");
	return r == 0 ? 0 : EXIT_JIG;
}

static int ended_show(const struct up_settings *settings,
		      const struct ended_page *page, const char *const *words)
{
	CLEANUP(buffer_free) struct buffer why = { 0 };

	if (strcmp(words[0], "logs") == 0)
		return ended_logs(page, words);
	if (strcmp(words[0], "ps") == 0 && settings->status_json) {
		ended_json(page);
		return 1;
	}
	describe(page, &why);
	if (why.error)
		return EXIT_JIG;
	if (strcmp(words[0], "ps") == 0) {
		say_line("%s; its last lines: jig logs", why.text);
		return 1;
	}
	say_line("%s; what was kept of it is removed", why.text);
	return 0;
}

static bool ended_is_asked(const char *word)
{
	return strcmp(word, "ps") == 0 || strcmp(word, "logs") == 0 ||
	       strcmp(word, "down") == 0;
}

int ended_answer(const struct up_settings *settings, const char *file,
		 const char *const *words)
{
	char socket[CONTROL_PATH], path[CONTROL_PATH + sizeof(SUFFIX)];
	int status = -ENOENT;

	for (unsigned i = 1; ended_is_asked(words[0]) && i <= CONTROL_MAX;
	     i++) {
		struct ended_page *page = NULL;

		if (control_path(file, i, socket, sizeof(socket)) < 0)
			break;
		ended_path(socket, path);
		if (ended_read(path, &page) < 0 || !page)
			continue;
		int one = ended_show(settings, page, words);

		status = one > status ? one : status;
		(void)munmap(page, sizeof(*page));
		if (strcmp(words[0], "down") == 0)
			(void)unlink(path);
	}
	return status;
}
