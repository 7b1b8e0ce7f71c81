// SPDX-License-Identifier: MIT
/*
 * `jig ready`: look until all probes hold, without a fixture.
 *
 * The probes are those of --ready. There is no command, so no listener belongs
 * to a fixture: any process may listen, or with --pid this process and its
 * descendants. What needs the command's output or its environment is refused.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text.h"
#include "cage/subreaper.h"
#include "cli/command/command.h"
#include "cli/look/ready_options.h"
#include "core/probe/kind/kinds.h"
#include "proc/procfs.h"

#define ANY_OWNER " owner=any"

/* What the loop watches, beside the probes. */
struct ready_watch {
	struct ready_settings *settings;
	struct cage cage; /* of --pid, and what probes ask of /proc */
	int signals;
	int process; /* pidfd of --pid, or -1 */
	int64_t started_us;
};

/* ------------------------------------------------------------------ probes */

static bool has_listener(const char *text)
{
	static const char *const kinds[] = { "tcp:", "unix:", "http:" };

	text += *text == '|';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(text, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

static int ready_add(struct ready_settings *settings, const char *text,
		     struct fault *fault)
{
	struct readiness *readiness = &settings->readiness;
	size_t i = readiness->count;
	bool any = settings->pid == 0 && has_listener(text) &&
		   !strstr(text, ANY_OWNER);

	if (i == READINESS_PROBES)
		return fault_set(fault, -E2BIG, "more than %d probes",
				 READINESS_PROBES);
	/* First without our addition: a message quotes what was typed. */
	struct probe typed;
	int r = probe_parse(&typed, text + (*text == '|'), fault);

	if (r < 0)
		return r;
	probe_close(&typed);
	buffer_printf(&settings->texts[i], "%s%s", text, any ? ANY_OWNER : "");
	if (!settings->texts[i].text)
		return fault_set(fault, -ENOMEM, "out of memory");

	r = readiness_add(readiness, settings->texts[i].text, fault);
	const struct probe *probe = &readiness->probes[i];

	if (r < 0)
		return r;
	/* For messages: as it was given. */
	readiness->probes[i].text = text + (*text == '|');
	if (probe->ops->line || probe->ops->by_message)
		return fault_set(fault, -ENOTSUP,
				 "'%s': this probe needs the command that it "
				 "is about; use jig run --ready",
				 probe->text);
	return 0;
}

/* ---------------------------------------------------------- whose listeners */

/* The process of --pid and its descendants, as the members of a cage. */
static int list_family(struct cage *cage, struct list *ret)
{
	struct proc_stat self;
	int r = stat_read(cage->procfd, cage->reaper, &self);

	if (r == 0)
		r = subreaper_members(cage, ret);
	return r < 0 ? r : list_append(ret, &self, sizeof(self));
}

static const struct cage_ops ready_family = {
	.kind = JIG_CAGE_SUBREAPER,
	.members = list_family,
};

static int open_process(struct ready_watch *watch, struct fault *fault)
{
	pid_t pid = watch->settings->pid;

	if (pid == 0)
		return 0;
	watch->process = sys_pidfd_open(pid);
	if (watch->process < 0)
		return fault_set(fault, watch->process,
				 "cannot watch process %d: %s", pid,
				 strerror(-watch->process));
	return 0;
}

/* SIGINT and SIGTERM end us, also as PID 1, for which the kernel has no default
 * actions. One that is ignored (nohup) stays so. */
static int ready_open_signals(struct ready_watch *watch, struct fault *fault)
{
	uint64_t mask = SYS_STOP_SIGNALS;

	for (int signo = 1; signo <= SYS_RTMAX; signo++)
		if ((mask & SYS_SIGNAL(signo)) && sys_signal_is_ignored(signo))
			mask &= ~SYS_SIGNAL(signo);
	sys_signal_default(SIGCHLD);
	(void)sys_signal_mask(mask);
	watch->signals = sys_signalfd(mask);
	return watch->signals < 0 ? fault_set(fault, watch->signals,
					      "cannot open a signalfd: %s",
					      strerror(-watch->signals))
				  : 0;
}

static int ready_open_watch(struct ready_watch *watch, struct fault *fault)
{
	int r = ready_open_signals(watch, fault);

	watch->cage = CAGE_NONE;
	watch->cage.ops = &ready_family;
	watch->cage.procfd = procfs_open(); /* Only --pid needs it. */
	watch->cage.reaper = watch->settings->pid;
	return r < 0 ? r : open_process(watch, fault);
}

/* ---------------------------------------------------------------- the loop */

static void ready_look(struct ready_watch *watch, const struct pollfd *polled,
		       size_t count)
{
	const struct probe_view view = {
		.cage = &watch->cage,
		.main = watch->settings->pid,
		.main_ended = true, /* The cage's reaper is asked. */
		.user = getuid(),
		.started_us = watch->started_us,
		.now_us = clock_us(),
	};

	readiness_look(&watch->settings->readiness, &view, polled, count,
		       view.now_us);
}

/* @return the signal that ended the wait; 0: see readiness.state. */
static int ready_loop(struct ready_watch *watch)
{
	struct readiness *readiness = &watch->settings->readiness;
	enum { SIGNALS, PROCESS, COUNT };
	struct pollfd fds[COUNT + READINESS_PROBES] = {
		[SIGNALS] = { watch->signals, POLLIN, 0 },
		[PROCESS] = { watch->process, POLLIN, 0 },
	};
	struct signalfd_siginfo info;
	int64_t until;

	while (readiness->state == READINESS_WAITING) {
		size_t count = readiness_watch(readiness, fds + COUNT, &until);

		(void)poll_fds(fds, COUNT + count, clock_poll_ms(until));
		if (fds[SIGNALS].revents &&
		    RETRY(read(watch->signals, &info, sizeof(info))) ==
			    sizeof(info))
			return (int)info.ssi_signo;
		ready_look(watch, fds + COUNT, count);
		if (fds[PROCESS].revents &&
		    readiness->state == READINESS_WAITING) {
			readiness->state = READINESS_FAILED;
			readiness->error =
				fault_set(&readiness->problem, -ESRCH,
					  "process %d has ended",
					  watch->settings->pid);
		}
	}
	return 0;
}

static int ready_status(const struct ready_settings *settings)
{
	const struct readiness *readiness = &settings->readiness;

	if (readiness->state == READINESS_READY)
		return 0;
	if (!settings->quiet)
		complain("not ready: %s", readiness->problem.text);
	return readiness->error == -ETIME ? EXIT_TIMEOUT : EXIT_JIG;
}

static int ready_wait(struct ready_settings *settings)
{
	struct ready_watch watch = { .settings = settings,
				     .signals = -1,
				     .process = -1,
				     .started_us = clock_us() };
	struct fault fault;
	int signo;

	if (ready_open_watch(&watch, &fault) < 0) {
		complain("%s", fault.text);
		return EXIT_JIG;
	}
	for (size_t i = 0; i < settings->readiness.count; i++)
		settings->readiness.probes[i].timeout_us =
			settings->readiness.look_timeout_us;
	readiness_started(&settings->readiness, watch.started_us);
	signo = ready_loop(&watch);
	if (signo) {
		/* What a probe runs ends with us: its guard watches us. */
		readiness_end(&settings->readiness);
		sys_die_of(signo);
		return 128 + signo; /* as PID 1 */
	}
	cleanup_close(&watch.signals);
	cleanup_close(&watch.process);
	cage_close(&watch.cage);
	return ready_status(settings);
}

static int ready_parse(const struct command *command, int argc, char **argv,
		       struct ready_settings *settings, struct fault *fault)
{
	int first = options_parse(command, argc, argv, settings, fault);

	if (first == argc)
		return fault_set(fault, -EINVAL, "no probe");
	for (int i = first; first >= 0 && i < argc; i++) {
		int r = ready_add(settings, argv[i], fault);

		first = r < 0 ? r : first;
	}
	return first;
}

static int ready_run(const struct command *command, int argc, char **argv)
{
	struct ready_settings settings = { 0 };
	struct fault fault = { "" };
	int first = ready_parse(command, argc, argv, &settings, &fault), status;

	if (options_want_help(first))
		status = command_print_help(command, first);
	else if (first < 0)
		status = complain_usage(command, &fault);
	else
		status = ready_wait(&settings);
	readiness_close(&settings.readiness);
	for (size_t i = 0; i < READINESS_PROBES; i++)
		buffer_free(&settings.texts[i]);
	return status;
}

static const struct page_pair ready_examples[] = {
	{ "jig ready tcp:5432", "wait until a process listens on the port" },
	{ "jig ready --timeout 5s http:8080/health file:/run/app.pid",
	  "both, within five seconds" },
	{ "jig ready --pid $! http:8080",
	  "a server of this process, and no other one" },
	{ NULL, NULL },
};

static const struct page_pair ready_statuses[] = {
	{ "0", "all probes hold" },
	{ "124", "the time of --timeout was over" },
	{ "125", "a probe can never hold, or wrong usage" },
	{ NULL, NULL },
};

const struct command command_ready = {
	.name = "ready",
	.task = TASK_LOOK,
	.usage = "[OPTION…] [--] PROBE…",
	.words = "waiting-probe+",
	.summary = "wait until servers and files are ready",
	.manual = "jig-ready(1)",
	.options = { ready_options },
	.examples = ready_examples,
	.statuses = ready_statuses,
	.run = ready_run,
};
