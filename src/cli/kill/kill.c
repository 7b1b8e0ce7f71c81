// SPDX-License-Identifier: MIT
/* `jig kill`: options, and each target in turn. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command/command.h"
#include "cli/kill/job.h"
#include "cli/kill/words.h"

#define GRACE_US 10000000
#define LAST_SIGNAL 64
#define NAMES_A_LINE 16

struct settings {
	struct kill_request request;
};

/* words.c has taken signals before; only "-qs" and the like get here. */
static int kill_take_signal(void *data, const char *value, struct fault *fault)
{
	(void)data;
	return fault_set(fault, -EINVAL,
			 "write the signal as an option of its own: -s %s",
			 value);
}

static int take_list(void *data, const char *value, struct fault *fault)
{
	(void)data;
	(void)value;
	return fault_set(fault, -EINVAL, "write -l as an option of its own");
}

static int take_tree(void *data, const char *value, struct fault *fault)
{
	struct settings *settings = data;
	uint64_t pid;

	if (text_number(value, INT32_MAX, &pid) < 0 || pid == 0)
		return fault_set(fault, -EINVAL,
				 "--tree '%s' is not a process id", value);
	if (settings->request.tree)
		return fault_set(fault, -EINVAL, "--tree is given twice");
	settings->request.tree = (pid_t)pid;
	return 0;
}

static int take_grace(void *data, const char *value, struct fault *fault)
{
	struct settings *settings = data;

	if (text_duration(value, &settings->request.grace_us) < 0)
		return fault_set(
			fault, -EINVAL,
			"--grace '%s' is not a duration such as 5s or 200ms",
			value);
	return 0;
}

#define TAKE_FLAG(name)                                                        \
	static int take_##name(void *data, const char *value,                  \
			       struct fault *fault)                            \
	{                                                                      \
		(void)value;                                                   \
		(void)fault;                                                   \
		((struct settings *)data)->request.name = true;                \
		return 0;                                                      \
	}

TAKE_FLAG(all)
TAKE_FLAG(no_wait)
TAKE_FLAG(session)
TAKE_FLAG(dry_run)
TAKE_FLAG(force)
TAKE_FLAG(quiet)
TAKE_FLAG(verbose)

static const struct option options[] = {
	{ 's', "signal", "SIG", NULL,
	  "send this signal once (also -SIG, -9); to a job's foreground; "
	  "default: the stop policy",
	  kill_take_signal },
	{ 'a', "all", NULL, NULL, "job: send the signal to all its processes",
	  take_all },
	{ 0, "no-wait", NULL, NULL, "job: do not wait for its end",
	  take_no_wait },
	{ 0, "tree", "PID", NULL, "a process and all its descendants",
	  take_tree },
	{ 0, "session", NULL, NULL,
	  "with --tree: also each session created in the tree", take_session },
	{ 0, "grace", "TIME", NULL,
	  "other processes: time from SIGTERM to SIGKILL (default 10s)",
	  take_grace },
	{ 0, "dry-run", NULL, NULL,
	  "show which processes would get a signal; send nothing",
	  take_dry_run },
	{ 0, "force", NULL, NULL,
	  "accept processes that started jig, or in which it runs",
	  take_force },
	{ 'l', "list", NULL, NULL,
	  "list the signals, or translate numbers, statuses and names",
	  take_list },
	{ 'q', "quiet", NULL, NULL, "print only errors", take_quiet },
	{ 'v', "verbose", NULL, NULL, "name each process that got a signal",
	  take_verbose },
	{ 0 },
};

static bool takes_value(const char *word)
{
	for (const struct option *option = options; option->name; option++)
		if (strncmp(word, "--", 2) == 0 &&
		    strcmp(word + 2, option->name) == 0)
			return option->argument != NULL;
	return false;
}

static int list_signals(const struct kill_words *words)
{
	char text[TEXT_SIGNAL_SIZE];
	unsigned printed = 0;
	char number[8];

	for (size_t i = 0; i < words->targets.count; i++) {
		const struct kill_word *word =
			list_at(&words->targets, i, sizeof(*word));

		if (kill_words_translate(word->text, text, sizeof(text)) < 0) {
			complain("'%s' is not a signal or an exit status",
				 word->text);
			return 1;
		}
		say_line("%s", text);
	}
	for (int i = 1; words->targets.count == 0 && i <= LAST_SIGNAL; i++) {
		(void)snprintf(number, sizeof(number), "%d", i);
		if (kill_words_translate(number, text, sizeof(text)) < 0)
			continue;
		say_words("%s%s", text, ++printed % NAMES_A_LINE ? " " : "\n");
	}
	if (printed % NAMES_A_LINE)
		say_words("\n");
	return 0;
}

static int kill_word(const struct kill_request *all,
		     const struct kill_word *word, struct kill_jobs *jobs)
{
	struct kill_request request = *all;

	request.tree = 0;
	if (word->kind == KILL_WORD_OTHER)
		return kill_job(&request, word->text, jobs);
	if (word->kind == KILL_WORD_GROUP)
		request.group = word->number;
	else
		request.pid = word->number;
	return kill_foreign(&request);
}

/* As in bash's kill: 0 if one of the targets got the signal. */
struct tally {
	bool any, broken;
};

static void count(struct tally *tally, int status)
{
	tally->any |= status == 0;
	tally->broken |= status == EXIT_JIG;
}

static int kill_all(const struct settings *settings,
		    const struct kill_words *words)
{
	const struct kill_request *request = &settings->request;
	CLEANUP(kill_jobs_free) struct kill_jobs jobs = { 0 };
	struct tally tally = { 0 };

	if (request->tree)
		count(&tally, kill_foreign(request));
	for (size_t i = 0; i < words->targets.count; i++) {
		size_t before = jobs.ending.count;
		int status = kill_word(request,
				       list_at(&words->targets, i,
					       sizeof(struct kill_word)),
				       &jobs);

		if (jobs.ending.count ==
		    before) /* else kill_job_await() counts it */
			count(&tally, status);
	}
	if (jobs.ending.count > 0)
		count(&tally, kill_job_await(request, &jobs.ending));
	return tally.broken ? EXIT_JIG : !tally.any;
}

static bool is_job_meant(const struct kill_words *words)
{
	for (size_t i = 0; i < words->targets.count; i++)
		if (((const struct kill_word *)words->targets.items)[i].kind ==
		    KILL_WORD_OTHER)
			return true;
	return false;
}

/* Check options and words together. */
static int complete(struct settings *settings, const struct kill_words *words,
		    struct fault *fault)
{
	struct kill_request *request = &settings->request;

	if (words->targets.count == 0 && !request->tree)
		return fault_set(
			fault, -EINVAL,
			"no target was given: a jobspec, name, pid or -pgid");
	if (request->session && !request->tree)
		return fault_set(fault, -EINVAL, "--session needs --tree");
	if ((request->all || request->no_wait) && !is_job_meant(words))
		return fault_set(fault, -EINVAL,
				 "--%s is only for jobs, and none was given",
				 request->all ? "all" : "no-wait");
	request->signo = words->signo;
	/* As in kill(2), signal 0 sends nothing. */
	request->is_probe = words->is_given && words->signo == 0;
	if (request->is_probe)
		request->quiet = request->dry_run = true;
	return 0;
}

static int kill_parse(const struct command *command,
		      const struct kill_words *words, struct settings *settings,
		      struct fault *fault)
{
	int r = options_parse(command, (int)words->options.count,
			      words->options.items, settings, fault);

	return r < 0 || words->is_list ? r : complete(settings, words, fault);
}

static int kill_run(const struct command *command, int argc, char **argv)
{
	CLEANUP(kill_words_free) struct kill_words words = { 0 };
	struct settings settings = { .request = { .grace_us = GRACE_US } };
	struct fault fault;
	int r = kill_words_parse(argc, argv, takes_value, &words, &fault);

	if (r == 0)
		r = kill_parse(command, &words, &settings, &fault);
	if (options_want_help(r))
		return command_print_help(command, r);
	if (r < 0)
		return complain_usage(command, &fault);
	return words.is_list ? list_signals(&words)
			     : kill_all(&settings, &words);
}

static const struct page_pair kill_examples[] = {
	{ "jig kill %1", "end job 1, and all that it started" },
	{ "jig kill -s HUP %web", "send one signal" },
	{ "jig kill --dry-run --tree 4711",
	  "show a process tree that would end" },
	{ NULL, NULL },
};

const struct command command_kill = {
	.name = "kill",
	.task = TASK_JOBS,
	.usage =
		"[OPTION…] [-SIG] [--tree PID] [JOBSPEC | NAME | PID | -PGID]…",
	.words = "process+",
	.summary = "end or signal jobs, and processes that jig did not start",
	.manual = "jig-kill(1)",
	.options = { options },
	.examples = kill_examples,
	.run = kill_run,
};
