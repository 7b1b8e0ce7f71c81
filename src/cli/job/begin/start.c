// SPDX-License-Identifier: MIT
/*
 * The files `start` and `again` of a job: NUL-terminated texts: the directory,
 * the number of words, these words ("start", "--name", …); then, only in
 * `start`, the environment.
 *
 * `start` is removed at the end of the job, because an environment may hold
 * secrets. `again` stays, for a restart after the end, but is not written if
 * the words contain values of --env.
 */
#include "cli/job/begin/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file/lock.h"
#include "base/file/self.h"
#include "base/list.h"
#include "base/text.h"
#include "cli/command/command.h"
#include "core/shared/board.h"
#include "job/store.h"

/* Twice the kernel's default limit of argv and environment together. */
#define START_MAX (4UL << 20)

static void job_start_add(struct buffer *to, const char *text)
{
	buffer_add(to, text, strlen(text) + 1);
}

static bool job_start_is_line(char *const *words)
{
	return !words[1] && strpbrk(words[0], " \t\n|&;<>()$`\"'*?~") &&
	       access(words[0], F_OK) < 0;
}

char **job_start_words(char **words, char *shell[4])
{
	if (!job_start_is_line(words))
		return words;
	shell[0] = "/bin/sh";
	shell[1] = "-c";
	shell[2] = words[0];
	shell[3] = NULL;
	return shell;
}

void job_start_describe(struct job_record *record, char *const *words)
{
	if (!getcwd(record->directory, sizeof(record->directory)))
		text_copy(record->directory, sizeof(record->directory), "?");
	if (job_start_is_line(words))
		text_copy(record->command, sizeof(record->command), words[0]);
	else
		record_quote(words, record->command, sizeof(record->command));
	record->rank_us = clock_wall_us();
}

/* "--again N" belongs to this restart, not to the job. */
static bool job_start_is_again(char **argv, int at)
{
	return strcmp(argv[at], "--again") == 0;
}

static void job_start_add_words(struct buffer *to,
				const struct job_invocation *invocation)
{
	char here[4096], count[16];
	int skipped =
		invocation->argc > 2 && job_start_is_again(invocation->argv, 1)
			? 2
			: 0;

	/* "": unknown, so the job cannot be started again. */
	job_start_add(to, getcwd(here, sizeof(here)) ? here : "");
	(void)snprintf(count, sizeof(count), "%d", invocation->argc - skipped);
	job_start_add(to, count);
	for (int i = 0; i < invocation->argc; i++)
		if (i == 0 || i > skipped)
			job_start_add(to, invocation->argv[i]);
}

/* @return a descriptor, or -errno. */
static int job_start_write_new(int directory, const char *name,
			       const struct buffer *text)
{
	CLEANUP_CLOSE int fd =
		lock_open(directory, name, O_WRONLY | O_CREAT, 0);
	int r = text->error ? text->error : fd < 0 ? fd : 0;

	if (r == 0)
		r = fd_write_all(fd, text->text, text->used);
	return r < 0 ? r : take_fd(&fd);
}

int job_start_save(int directory, const struct job_invocation *invocation,
		   struct fault *fault)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	job_start_add_words(&text, invocation);
	CLEANUP_CLOSE int again =
		invocation->has_values
			? -1
			: job_start_write_new(directory, "again", &text);
	int r = invocation->has_values || again >= 0 ? 0 : again;

	for (char **one = environ; *one; one++)
		job_start_add(&text, *one);
	if (r >= 0)
		r = job_start_write_new(directory, "start", &text);
	return r < 0 ? fault_set(fault, r,
				 "cannot save how the job is started: %s",
				 strerror(-r))
		     : r;
}

static int take_texts(const char **at, const char *end, size_t count,
		      struct list *ret)
{
	char *null = NULL;
	int r = 0;

	for (; r == 0 && count > 0 && *at < end; count--) {
		r = list_append(ret, at, sizeof(*at));
		*at += strlen(*at) + 1;
	}
	return r < 0 ? r : list_append(ret, &null, sizeof(null));
}

/* "jig start --again N --name …": the saved words after ours. */
static int begin_words(struct list *argv, const char *command, char *again)
{
	const char *words[] = { "jig", command, "--again", again };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(*words); i++)
		r = list_append(argv, &words[i], sizeof(char *));
	return r;
}

static int job_start_parse(size_t size, struct job_start *ret)
{
	const char *at = ret->text, *end = at + size;
	uint64_t count;

	if (size == 0 || end[-1] != '\0')
		return -EBADMSG;
	ret->directory = at;
	at += strlen(at) + 1;
	if (at >= end || text_number(at, START_MAX, &count) < 0 || count == 0)
		return -EBADMSG;
	at += strlen(at) + 1;
	if (at >= end)
		return -EBADMSG;
	int r = begin_words(&ret->argv, at,
			    ret->again); /* "start", "session" */

	at += strlen(at) + 1;
	if (r == 0)
		r = take_texts(&at, end, count - 1, &ret->argv);
	return r < 0 ? r : take_texts(&at, end, SIZE_MAX, &ret->env);
}

/* @return number of bytes, or -errno with the reason. */
static ssize_t read_file(int directory, struct job_start *ret,
			 struct fault *fault)
{
	ssize_t n = fd_read_whole(directory, "start", START_MAX, &ret->text);

	ret->has_env = n >= 0;
	if (n == -ENOENT)
		n = fd_read_whole(directory, "again", START_MAX, &ret->text);
	if (n == -ENOENT)
		return fault_set(fault, (int)n,
				 "it has ended, and the values of its --env "
				 "were not saved");
	return n < 0 ? fault_set(fault, (int)n,
				 "cannot read how it was started: %s",
				 strerror((int)-n))
		     : n;
}

static ssize_t read_start(unsigned number, struct job_start *ret,
			  struct fault *fault)
{
	CLEANUP_CLOSE int store = store_open(fault);
	CLEANUP_CLOSE int directory =
		store < 0 ? store : store_directory(store, number);

	if (store < 0)
		return store;
	return directory < 0 ? fault_set(fault, directory, "no such job")
			     : read_file(directory, ret, fault);
}

void job_start_free(struct job_start *start)
{
	list_free(&start->argv);
	list_free(&start->env);
	free(start->text);
}

static int complain_of_directory(const struct job_start *start,
				 struct fault *fault)
{
	if (!*start->directory)
		return fault_set(fault, -ENOENT,
				 "the directory of its start has no path");
	return fault_set(fault, -errno, "cannot change to directory %s: %s",
			 start->directory, strerror(errno));
}

int job_start_load(const struct jig_job *job, struct job_start *ret,
		   struct fault *fault)
{
	*ret = (struct job_start){ 0 };
	ssize_t n = read_start(job->number, ret, fault);

	if (n < 0)
		return (int)n;
	/* The value of --again; a renamed job keeps its name. */
	(void)snprintf(ret->again, sizeof(ret->again), "%u%s%s", job->number,
		       *job->name ? "=" : "", job->name);
	int r = job_start_parse((size_t)n, ret);

	if (r < 0)
		return fault_set(
			fault, r,
			"the file that says how it was started is invalid");
	return access(ret->directory, X_OK) < 0
		       ? complain_of_directory(ret, fault)
		       : 0;
}

int job_start_again(const struct job_start *start, struct fault *fault)
{
	if (chdir(start->directory) < 0)
		return complain_of_directory(start, fault);
	(void)execve(self_program(), start->argv.items,
		     start->has_env ? start->env.items : environ);
	return fault_set(fault, -errno, "cannot execute jig: %s",
			 strerror(errno));
}

int job_start_refuse(int lifeline, struct board *board, int error,
		     const struct fault *fault)
{
	if (lifeline >= 0)
		board_refuse(lifeline, board, error, fault->text);
	else
		complain("%s", fault->text);
	return EXIT_JIG;
}
