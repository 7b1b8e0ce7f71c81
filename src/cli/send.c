// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/job.h"
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
	{ 'n', "no-newline", NULL, NULL, "no Enter behind the text",
	  take_no_newline },
	{ 0 },
};

static int send_bytes(int fd, const char *bytes, size_t size)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };

	frame_add(&out, FRAME_INPUT, bytes, size);
	return out.error ? out.error : fd_write_all(fd, out.text, out.used);
}

static int send_stdin(int fd)
{
	static char bytes[CHUNK];

	for (;;) {
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
		int r = n < 0 ? 0 : send_bytes(fd, bytes, (size_t)n);

		if (r < 0)
			return r;
	}
}

static int send_words(int fd, int count, char **words, bool newline)
{
	int r = 0;

	for (int i = 0; r == 0 && i < count; i++) {
		r = i > 0 ? send_bytes(fd, " ", 1) : 0;
		if (r == 0)
			r = send_bytes(fd, words[i], strlen(words[i]));
	}
	/* The key that ends a line sends a carriage return. */
	return r == 0 && newline ? send_bytes(fd, "\r", 1) : r;
}

static const char *reason(int r, const struct fault *fault)
{
	if (*fault->text)
		return fault->text;
	return r == -ECONNREFUSED || r == -EPIPE || r > 0 ? "job has terminated"
							  : strerror(-r);
}

static int send_to(const struct jig_job *job, int count, char **words,
		   bool newline)
{
	struct fault fault = { "" };
	CLEANUP_CLOSE int fd = ask_connect(job->number);
	int r = fd < 0 ? fd
		       : ask_words(fd, (const char *const[]){ "input", NULL });

	if (r == 0)
		r = count > 0 ? send_words(fd, count, words, newline)
			      : send_stdin(fd);
	if (fd >= 0)
		(void)shutdown(fd, SHUT_WR); /* Or it has gone. */
	if (fd >= 0 && (r == 0 || r == -EPIPE))
		r = ask_status(fd, -1, &fault);
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
		fault_set(&fault, -EINVAL, "to which job?");
		return complain_usage(command, &fault);
	}
	if (job_find("send", argv[first], &job) < 0)
		return 1;
	(void)signal(SIGPIPE, SIG_IGN); /* A valid signal. */
	return send_to(&job, argc - first - 1, argv + first + 1,
		       !settings.no_newline);
}

const struct command command_send = {
	.name = "send",
	.usage = "[OPTION…] JOBSPEC [TEXT…]",
	.summary = "type text, or what stdin has, at a job's terminal",
	.manual = "jig-jobs(1)",
	.options = send_options,
	.run = send_run,
};
