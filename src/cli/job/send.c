// SPDX-License-Identifier: MIT
/* `jig send`: type text at a job's terminal. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/job/begin/job.h"
#include "job/ask.h"

#define CHUNK 65536

static int take_no_newline(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct job_settings *)data)->no_newline = true;
	return 0;
}

static const struct option send_options[] = {
	{ 'n', "no-newline", NULL, NULL, "do not type Enter after the text",
	  take_no_newline },
	{ 0 },
};

/* A connection to a job's keeper. */
struct typing {
	unsigned job;
	int fd;
};

static int send_bytes(const struct typing *to, const char *bytes, size_t size)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };

	frame_add(&out, FRAME_INPUT, bytes, size);
	return out.error ? out.error
			 : ask_send(to->job, to->fd, out.text, out.used);
}

static int send_stdin(const struct typing *to)
{
	static char bytes[CHUNK];

	for (;;) {
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		int r = n < 0 ? 0 : send_bytes(to, bytes, (size_t)n);

		if (r < 0)
			return r;
	}
}

static int send_words(const struct typing *to, int count, char **words,
		      bool newline)
{
	int r = 0;

	for (int i = 0; r == 0 && i < count; i++) {
		r = i > 0 ? send_bytes(to, " ", 1) : 0;
		if (r == 0)
			r = send_bytes(to, words[i], strlen(words[i]));
	}
	/* The Enter key sends a carriage return. */
	return r == 0 && newline ? send_bytes(to, "\r", 1) : r;
}

static const char *reason(int r, const struct fault *fault)
{
	if (*fault->text)
		return fault->text;
	return r > 0 ? "job has terminated" : job_error(r);
}

static int send_to(const struct jig_job *job, int count, char **words,
		   bool newline)
{
	struct fault fault = { "" };
	CLEANUP_CLOSE int fd =
		ask_begin(job->number, (const char *const[]){ "input", NULL },
			  -1);
	const struct typing to = { .job = job->number, .fd = fd };
	int r = fd < 0 ? fd : 0;

	if (r == 0)
		r = count > 0 ? send_words(&to, count, words, newline)
			      : send_stdin(&to);
	if (fd >= 0)
		(void)shutdown(fd, SHUT_WR); /* or it has gone */
	if (fd >= 0 && (r == 0 || r == -EPIPE)) {
		/* No limit: until the job has read the input. */
		(void)ask_await(job->number, fd, POLLIN, -1);
		r = ask_status(fd, -1, &fault);
	}
	if (r != 0)
		complain("send: %%%u: %s", job->number, reason(r, &fault));
	return r ? 1 : 0;
}

static int send_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(job_settings_free) struct job_settings settings;
	struct fault fault;
	struct jig_job job;
	int status;
	int first = job_parse(command, argc, argv, &settings, &status);

	if (first < 0)
		return status;
	if (first == argc) {
		fault_set(&fault, -EINVAL, "send takes a jobspec");
		return complain_usage(command, &fault);
	}
	if (job_find("send", argv[first], &job) < 0)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN); /* a valid signal */
	return send_to(&job, argc - first - 1, argv + first + 1,
		       !settings.no_newline);
}

static const struct page_pair send_examples[] = {
	{ "jig send %1 quit", "type \"quit\" and Enter into job 1" },
	{ NULL, NULL },
};

const struct command command_send = {
	.name = "send",
	.usage = "[OPTION…] JOBSPEC [TEXT…]",
	.words = "job",
	.summary = "type text, or stdin, into a job's terminal",
	.manual = "jig-send(1)",
	.options = { send_options },
	.has_text = true,
	.examples = send_examples,
	.run = send_run,
};
