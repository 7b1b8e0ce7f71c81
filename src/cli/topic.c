// SPDX-License-Identifier: MIT
#include "cli/topic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/retry.h"
#include "cli/command/command.h"
#include "cli/run/run.h"

static const struct page_pair ready[] = {
	{ "tcp:[HOST:]PORT", "a process of the fixture listens there" },
	{ "unix:PATH", "the same for a unix socket; unix:@NAME" },
	{ "http:[HOST:]PORT[/PATH]",
	  "a GET request is answered with 200 to 399; options: expect=2xx, "
	  "expect=TEXT, method=HEAD, header=NAME: VALUE, body=TEXT" },
	{ "log:REGEX", "a line of output matches" },
	{ "file:PATH", "the file exists, and was written after the start" },
	{ "exec:COMMAND", "the shell command exits with 0" },
	{ "notify", "READY=1 has arrived, see sd_notify(3)" },
	{ "fd[:N]", "a newline was written to descriptor N (default 3)" },
	{ "delay:TIME", "this time has passed since the start" },
	{ NULL, NULL },
};

static const struct page_pair jobspecs[] = {
	{ "%N, N", "the job with this number" },
	{ "%%, %+, %", "the current job" },
	{ "%-", "the previous job" },
	{ "%NAME, NAME", "the job with this name" },
	{ "%TEXT", "the job whose command begins with this text" },
	{ "%?TEXT", "the job whose command contains this text" },
	{ NULL, NULL },
};

static const struct page_pair stop_policies[] = {
	{ "--stop-signal INT", "the first signal (default TERM)" },
	{ "--grace 5s", "the time from this signal to SIGKILL (default 10s)" },
	{ "--stop 'INT 2s TERM 10s KILL'",
	  "any steps: each sends its signal, and waits until no process is "
	  "left, at most for this time" },
	{ "--stop-mode main", "a step's signal for the main process only; "
			      "after its end for all others" },
	{ NULL, NULL },
};

static const struct page_pair cages[] = {
	{ "cgroup", "a control group of its own: contained, and the kernel "
		    "kills all at once; needs a writable cgroup v2" },
	{ "pidns", "a pid namespace: the kernel ends all, whatever ends jig; "
		   "needs root or user namespaces" },
	{ "subreaper", "jig adopts each orphan: contained; needs nothing" },
	{ "pgroup", "a process group only: a process may escape with "
		    "setsid(2)" },
	{ NULL, NULL },
};

static const struct page_pair env_files[] = {
	{ "docker", "the default: NAME=value, export NAME=value; quotes, "
		    "${NAME:-default}, # comments" },
	{ "honcho", "NAME=value, split as a shell does; no expansion" },
	{ "foreman", "NAME=value without blanks; no comments, no expansion" },
	{ NULL, NULL },
};

const struct topic topics[] = {
	{
		.name = "probes",
		.summary = "probes that tell when a server is ready",
		.volume = "7",
		.page = "jig-ready",
		.pairs = ready,
		.text = "Give them to --ready; several must all succeed. "
			"--or adds an alternative to the one before it. "
			"--live takes tcp:, unix:, http:, exec: and file:.",
	},
	{
		.name = "jobspecs",
		.summary = "how to name a job",
		.volume = "1",
		.page = "jig-jobs",
		.section = "JOBSPECS",
		.pairs = jobspecs,
		.text = "restart, stop, logs and attach take a word without % "
			"as the name of a job, or of a service of `jig up`.",
	},
	{
		.name = "stop-policies",
		.summary = "the signals of a stop, and the time between them",
		.volume = "1",
		.page = "jig-run",
		.section = "How to stop",
		.pairs = stop_policies,
		.text = "The last step is always SIGKILL. Times: 500ms, 10s, "
			"2m, 1h; without a unit they are seconds.",
	},
	{
		.name = "cages",
		.summary = "how jig holds the processes of a command together",
		.volume = "1",
		.page = "jig-run",
		.section = "CAGES",
		.pairs = cages,
		.text = "--cage auto, the default, is cgroup where it works, "
			"else subreaper. `jig doctor` tries all.",
	},
	{
		.name = "env-files",
		.summary = "the formats of .env files",
		.volume = "1",
		.page = "jig-run",
		.section = "ENVIRONMENT FILES",
		.pairs = env_files,
		.text = "--env-file names the files of `jig run`, -e those of "
			"`jig up`; --env-dialect chooses the format.",
	},
	{
		.name = "exit-status",
		.summary = "what the exit statuses of jig mean",
		.volume = "1",
		.page = "jig-run",
		.section = "EXIT STATUS",
		.pairs = run_statuses,
		.text = "If several apply: 120, then 125, 124, 122.",
	},
	{ .name = NULL },
};

const struct topic *topic_find(const char *name)
{
	for (const struct topic *topic = topics; topic->name; topic++)
		if (strcmp(topic->name, name) == 0)
			return topic;
	return NULL;
}

static int topic_print(const struct topic *topic)
{
	char line[128];
	struct page page;

	page_open(&page, STDOUT_FILENO);
	(void)snprintf(line, sizeof(line), "%s: %s\n", topic->name,
		       topic->summary);
	page_text(&page, 0, line);
	page_pairs(&page, topic->pairs);
	(void)snprintf(line, sizeof(line), "\nThe manual: %s(%s)%s%s",
		       topic->page, topic->volume, topic->section ? ", " : "",
		       topic->section ? topic->section : "");
	page_text(&page, 0, "");
	page_text(&page, 0, topic->text);
	page_text(&page, 0, line);
	return page_close(&page) < 0 ? EXIT_JIG : 0;
}

/* `man -w` prints the page's path, or fails. */
static bool man_has(const struct topic *topic)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		fd_nullify(STDIN_FILENO, STDERR_FILENO);
		(void)execlp("man", "man", "-w", topic->volume, topic->page,
			     (char *)NULL);
		_exit(EXIT_NOT_FOUND);
	}
	return pid > 0 && RETRY(waitpid(pid, &status, 0)) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* less(1) begins at the section, if it is the pager; another one at the
 * beginning. */
static void seek_section(const char *section)
{
	const char *old = getenv("LESS");
	char options[1024];

	if (section &&
	    snprintf(options, sizeof(options), "%s%s+/^ *%s", old ? old : "",
		     old ? " " : "", section) < (int)sizeof(options))
		(void)setenv("LESS", options, true); /* or without */
}

int topic_show(const struct topic *topic)
{
	if (fd_is_terminal(STDOUT_FILENO) && man_has(topic)) {
		seek_section(topic->section);
		(void)execlp("man", "man", topic->volume, topic->page,
			     (char *)NULL);
	}
	return topic_print(topic);
}
