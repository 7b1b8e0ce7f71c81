// SPDX-License-Identifier: MIT
#include "up/reload/fresh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "proc/aside.h"
#include "up/load/environment_commands.h"
#include "up/load/load.h"
#include "up/load/nodes.h"
#include "up/project/field.h"
#include "up/project/given.h"

/* The child's file in memory: messages, NUL, one of these, the project. */
enum outcome { OUTCOME_READ = 'r', OUTCOME_WRONG = 'w' };

struct fresh {
	struct up *up;
	struct aside aside;
	int file;
	struct watch *watch;
	void (*done)(void *context);
	void *context;
};

void project_drop(struct project **project)
{
	if (!*project)
		return;
	project_free(*project);
	free(*project);
	*project = NULL;
}

/* ----------------------------------------------------------------- the child
 */

/* As run_up() does it. Relative paths begin at the caller's directory. */
static int fresh_load(const struct up *up, struct project *project,
		      struct fault *fault)
{
	const struct up_settings *settings = up->settings;
	static const char *const none[] = { NULL };
	int r = 0;

	if (settings->here && chdir(settings->here) < 0)
		return fault_set(fault, -errno, "cannot enter %s: %s",
				 settings->here, strerror(errno));
	r = load_project(settings, settings->words ? settings->words : none,
			 project, fault);
	if (r == 0 && strcmp(project->file, up->project->file) != 0)
		r = fault_set(fault, -EEXIST,
			      "%s is the project's file now, and not %s: jig "
			      "down, then jig up",
			      project->file, up->project->file);
	if (r == 0)
		r = nodes_find(up->jig, project, fault);
	if (r == 0)
		r = environment_commands_run(settings, up->jig, project, fault);
	return r == 0 ? project_settle(project, settings->port, fault) : r;
}

/* Memory and messages are a copy of the parent's. */
static void fresh_run(int fd, void *context)
{
	struct fresh *fresh = context;
	CLEANUP(project_free) struct project project = { 0 };
	CLEANUP(buffer_free) struct buffer out = { 0 };
	struct fault fault = { "out of memory" };
	char head[2] = { '\0', OUTCOME_READ };
	int r;

	(void)fd; /* Our end of it says that we have ended. */
	if (dup2(fresh->file, STDERR_FILENO) < 0)
		return;
	r = fresh_load(fresh->up, &project, &fault);
	if (r < 0) {
		complain("%s", fault.text);
		head[1] = OUTCOME_WRONG;
	}
	buffer_add(&out, head, sizeof(head));
	if (r == 0)
		field_write(&project, NULL, NULL, &out);
	/* If this fails, the parent finds no outcome, or half of a project. */
	if (!out.error)
		(void)!fd_write_all(fresh->file, out.text, out.used);
}

/* ---------------------------------------------------------------- the parent
 */

static int check_pipes(const struct up_settings *settings, struct fault *fault)
{
	for (size_t i = 0; i < settings->files.count; i++) {
		const char *path =
			*(char **)list_at(&settings->files, i, sizeof(path));

		if (strcmp(path, "-") == 0 || load_is_pipe(path))
			return fault_set(fault, -EOPNOTSUPP,
					 "the project came from a pipe (-f "
					 "%s), which cannot be read again",
					 path);
	}
	return 0;
}

static void fresh_has_ended(void *context)
{
	struct fresh *fresh = context;

	watch_free(&fresh->watch);
	fresh->done(fresh->context);
}

int fresh_open(struct up *up, void (*done)(void *context), void *context,
	       struct fresh **ret, struct fault *fault)
{
	struct fresh *fresh;
	int r = check_pipes(up->settings, fault);

	if (r < 0)
		return r;
	fresh = calloc(1, sizeof(*fresh));
	if (!fresh)
		return fault_set(fault, -ENOMEM, "out of memory");
	*fresh = (struct fresh){
		.up = up, .aside = ASIDE_NONE, .done = done, .context = context
	};
	fresh->file = memfd_create("jig", MFD_CLOEXEC);
	struct aside_work work = { .run = fresh_run,
				   .context = fresh,
				   .fd = fresh->file };

	r = fresh->file < 0 ? -errno : aside_open(&fresh->aside, &work);
	if (r == 0)
		fresh->watch = watch_new(&up->loop, fresh->aside.fd,
					 UV_READABLE | UV_DISCONNECT,
					 fresh_has_ended, fresh);
	if (r == 0 && !fresh->watch)
		r = -ENOMEM;
	if (r < 0) {
		fresh_free(&fresh);
		return fault_set(fault, r, "cannot read the files: %s",
				 strerror(-r));
	}
	*ret = fresh;
	return 0;
}

/* @bytes  behind the messages. */
static int take_project(const char *bytes, size_t size, struct project **ret)
{
	struct project *project;
	int r;

	if (size < 2)
		return -EPIPE; /* It was killed. */
	if (bytes[1] != OUTCOME_READ)
		return -EINVAL;
	project = calloc(1, sizeof(*project));
	r = project ? field_read(bytes + 2, size - 2, project) : -ENOMEM;
	if (r < 0) {
		project_drop(&project);
		return r;
	}
	*ret = project;
	return 0;
}

int fresh_take(struct fresh *fresh, struct project **ret_project,
	       struct buffer *ret_messages)
{
	off_t end = lseek(fresh->file, 0, SEEK_END);
	size_t size = end > 0 ? (size_t)end : 0, length;
	char *bytes;
	int r;

	if (size == 0)
		return -EPIPE;
	bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fresh->file, 0);
	if (bytes == MAP_FAILED)
		return -errno;
	length = strnlen(bytes, size);
	buffer_add(ret_messages, bytes, length);
	r = take_project(bytes + length, size - length, ret_project);
	(void)munmap(bytes, size); /* Nothing could be done. */
	return r;
}

void fresh_free(struct fresh **fresh)
{
	if (!*fresh)
		return;
	watch_free(&(*fresh)->watch);
	(void)aside_close(&(*fresh)->aside); /* It ends when it can. */
	cleanup_close(&(*fresh)->file);
	free(*fresh);
	*fresh = NULL;
}
