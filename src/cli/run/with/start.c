// SPDX-License-Identifier: MIT
#include "cli/run/with/with.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/self.h"
#include "base/sys.h"
#include "cli/run/with/line.h"
#include "lib/fixture.h"
#include "net/names.h"
#include "tty/say.h"

/* Of its output, when one has failed. */
#define TAIL_LINES 20
/* How often the line on a terminal is drawn anew. */
#define TICK_MS 100
/* In a stop: a guard that was stopped (SIGSTOP) makes nothing readable, and is
 * roused by jig_wait(). */
#define ROUSE_MS 100

static struct with_fixture *at(const struct with *with, size_t index)
{
	return list_at(&with->fixtures, index, sizeof(struct with_fixture));
}

int with_add(struct with *with, const char *name, const char *shell,
	     char **options)
{
	struct with_fixture fixture = {
		.name = name,
		.shell = shell,
		.options = options,
		.ready_us = -1,
	};

	return list_append(&with->fixtures, &fixture, sizeof(fixture));
}

/* A text that lives as long as we do. */
static char *keep(struct with *with, char *text)
{
	if (text && list_append(&with->texts, &text, sizeof(text)) == 0)
		return text;
	free(text);
	return NULL;
}

/* What the earlier ones have been given, for the words of a later one. */
static char *expand(struct with *with, const char *text)
{
	char *expanded = NULL;

	if (names_expand(&with->names, text, &expanded) < 0)
		return NULL;
	return keep(with, expanded);
}

/* "NAME_PORT=…", "NAME_ADDR=…" of each name so far; NULL-terminated. */
static int make_env(struct with *with, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < with->names.count; i++) {
		const struct name *name =
			list_at(&with->names, i, sizeof(*name));
		char variable[NAME_SIZE + 8];
		char *text = NULL;

		name_variable(name, "ADDR", variable, sizeof(variable));
		if (asprintf(&text, "%s=%s", variable, name->address) < 0)
			return -ENOMEM;
		text = keep(with, text);
		r = text ? list_append(ret, &text, sizeof(text)) : -ENOMEM;
		if (r < 0 || name->port == 0)
			continue;
		name_variable(name, "PORT", variable, sizeof(variable));
		if (asprintf(&text, "%s=%d", variable, name->port) < 0)
			return -ENOMEM;
		text = keep(with, text);
		r = text ? list_append(ret, &text, sizeof(text)) : -ENOMEM;
	}
	const char *end = NULL;

	return r < 0 ? r : list_append(ret, &end, sizeof(end));
}

/* Before all else: its file system may not answer. */
static int make_log_dir(const struct with *with, struct fault *fault)
{
	if (!with->log_dir || mkdir(with->log_dir, 0777) == 0 ||
	    errno == EEXIST)
		return 0;
	return fault_set(fault, -errno, "cannot make %s: %s", with->log_dir,
			 strerror(errno));
}

static int choose_log(struct with *with, struct with_fixture *fixture)
{
	char *path;

	if (!with->log_dir)
		return 0;
	if (asprintf(&path, "%s/%s.log", with->log_dir, fixture->name) < 0)
		return -ENOMEM;
	fixture->log = keep(with, path);
	return fixture->log ? 0 : -ENOMEM;
}

static int expand_options(struct with *with, const struct with_fixture *fixture,
			  struct list *ret)
{
	char *end = NULL;
	int r = 0;

	for (char **word = fixture->options; r == 0 && *word; word++) {
		char *text = expand(with, *word);

		r = text ? list_append(ret, &text, sizeof(text)) : -ENOMEM;
	}
	return r < 0 ? r : list_append(ret, &end, sizeof(end));
}

static int watch(struct with *with, struct with_fixture *fixture)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(with->epoll, EPOLL_CTL_ADD, jig_fd(fixture->fixture),
			 &event) < 0
		       ? -errno
		       : 0;
}

static int start_one(struct with *with, struct with_fixture *fixture,
		     struct fault *fault)
{
	CLEANUP(list_free) struct list env = { 0 }, options = { 0 };
	char reason[FAULT_SIZE] = "out of memory";
	int r = choose_log(with, fixture);

	if (r == 0)
		r = make_env(with, &env);
	if (r == 0)
		r = expand_options(with, fixture, &options);

	struct jig_command command = {
		.shell = expand(with, fixture->shell),
		.env = env.items,
		.in = { .kind = JIG_STDIO_NULL },
		.out = { .kind = JIG_STDIO_CAPTURE },
		.err = { .kind = JIG_STDIO_CAPTURE },
		.group = JIG_GROUP_SESSION,
		.log = fixture->log,
		.program = self_program(),
		.error = reason,
		.error_size = sizeof(reason),
	};

	fixture->began_us = clock_us();
	if (r == 0 && !command.shell)
		r = -ENOMEM;
	if (r == 0)
		r = fixture_begin(&command, options.items, &fixture->fixture);
	if (r == 0)
		r = watch(with, fixture);
	return r < 0 ? fault_set(fault, r, "%s: %s", fixture->name,
				 *fault->text ? fault->text : reason)
		     : 0;
}

static void say_tail(const struct with_fixture *fixture)
{
	CLEANUP_FREE char *tail = NULL;
	ssize_t length = jig_tail(fixture->fixture, TAIL_LINES, &tail);

	if (length <= 0)
		return;
	complain("the last lines of %s:", fixture->name);
	complain_bytes(tail, (size_t)length);
}

static int take_names(struct with *with, const struct with_fixture *fixture)
{
	const struct list *names = &fixture->fixture->names;
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->count; i++)
		r = list_append(&with->names,
				list_at(names, i, sizeof(struct name)),
				sizeof(struct name));
	return r;
}

/* Its program may lie on a file system that does not answer: no wait for it.
 * @return 1 its command runs, 0 not yet, -errno never. */
static int look_started(struct with_fixture *fixture, struct fault *fault)
{
	struct fault why = { "" };
	int r = fixture->was_started ? 1
				     : fixture_started(fixture->fixture, &why);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", fixture->name, why.text);
	fixture->was_started = r > 0;
	return r;
}

/* @return 1 ready, 0 not yet, -errno never. */
static int look(struct with *with, struct with_fixture *fixture,
		struct fault *fault)
{
	int r;

	if (fixture->ready_us >= 0)
		return 1;
	r = look_started(fixture, fault);
	if (r < 0)
		return r;
	r = jig_wait_ready(fixture->fixture, 0);
	if (r == -ETIMEDOUT)
		return 0;
	/* Both may have come at once. */
	if (look_started(fixture, fault) < 0)
		return -ECHILD;
	if (r < 0) {
		fixture->died = true;
		fault_set(fault, r, "%s is not ready: %s", fixture->name,
			  jig_problem(fixture->fixture));
		say_tail(fixture);
		return r;
	}
	fixture->ready_us = clock_us();
	r = take_names(with, fixture);
	return r < 0 ? r : 1;
}

/* Whether an earlier one has died while a later one starts. */
static int look_at_ready_ones(struct with *with, struct fault *fault)
{
	if (with_noticed(with))
		return 0;
	return fault_set(fault, -ECHILD, "a fixture has died");
}

static int look_at_signals(struct with *with, struct fault *fault)
{
	struct signalfd_siginfo info;

	if (read(with->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	with->signo = (int)info.ssi_signo;
	return fault_set(fault, -EINTR, "stopped by %s",
			 strsignal(with->signo));
}

static int wait_for_news(struct with *with, struct screen *screen,
			 struct fault *fault)
{
	struct pollfd fds[] = {
		{ .fd = with->epoll, .events = POLLIN },
		{ .fd = with->signals, .events = POLLIN },
		{ .fd = with->owner_fd, .events = POLLIN },
	};

	screen_draw(screen, with);
	(void)poll_fds(fds, 3, screen_is_drawn(screen) ? TICK_MS : -1);
	if (fds[2].revents)
		return fault_set(fault, -ESRCH, "the owner has died");
	return fds[1].revents ? look_at_signals(with, fault) : 0;
}

/* Until those from @first to @last are ready. */
static int await(struct with *with, size_t first, size_t last,
		 struct screen *screen, struct fault *fault)
{
	for (;;) {
		size_t ready = 0;
		int r = look_at_ready_ones(with, fault);

		for (size_t i = first; r >= 0 && i <= last; i++) {
			r = look(with, at(with, i), fault);
			ready += r == 1;
		}
		if (r < 0 || ready == last - first + 1)
			return r < 0 ? r : 0;
		r = wait_for_news(with, screen, fault);
		if (r < 0)
			return r;
	}
}

static int start_all(struct with *with, struct screen *screen,
		     struct fault *fault)
{
	size_t count = with->fixtures.count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		r = start_one(with, at(with, i), fault);
		if (r == 0 && !with->parallel)
			r = await(with, i, i, screen, fault);
	}
	if (r == 0 && with->parallel)
		r = await(with, 0, count - 1, screen, fault);
	return r;
}

static int open_all(struct with *with, struct fault *fault)
{
	pid_t owner = with->owner ? with->owner : getppid();

	(void)sys_signal_mask(SYS_STOP_SIGNALS);
	with->signals = sys_signalfd(SYS_STOP_SIGNALS);
	with->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (with->signals < 0 || with->epoll < 0)
		return fault_set(fault, -errno, "cannot watch: %s",
				 strerror(errno));
	/* Whether it may be none, or is gone already, the guard will say. */
	if (with->owner != JIG_OWNER_NONE && owner > 0)
		with->owner_fd = sys_pidfd_open(owner);
	return 0;
}

int with_start(struct with *with, struct fault *fault)
{
	struct screen screen = { 0 };
	int r = make_log_dir(with, fault);

	if (r == 0)
		r = open_all(with, fault);
	screen_open(&screen, with->quiet);
	if (r == 0)
		r = start_all(with, &screen, fault);
	screen_close(&screen, with);
	/* An outer jig's stop reaches all of us; whose end is seen first is
	 * chance. */
	if (r < 0 && r != -EINTR && with->signals >= 0 &&
	    look_at_signals(with, fault) < 0)
		r = -EINTR;
	if (r < 0)
		(void)with_stop(with);
	return r;
}

int with_descriptors(const struct with *with, struct list *ret)
{
	int own[] = { with->epoll, with->signals, with->owner_fd };
	int r = 0;

	for (size_t i = 0; r == 0 && i < 3; i++)
		r = list_append(ret, &own[i], sizeof(int));
	for (size_t i = 0; r == 0 && i < with->fixtures.count; i++) {
		const struct jig *fixture = at(with, i)->fixture;
		int fds[] = { fixture->socket, fixture->main_pidfd,
			      fixture->guard.pidfd };

		for (size_t j = 0; r == 0 && j < 3; j++)
			r = list_append(ret, &fds[j], sizeof(int));
	}
	return r;
}

int with_guards(const struct with *with, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < with->fixtures.count; i++) {
		const struct jig *fixture = at(with, i)->fixture;

		r = list_append(ret, &fixture->guard.pid, sizeof(pid_t));
	}
	return r;
}

static void say_death(struct with_fixture *fixture)
{
	const struct jig_report *report = jig_report(fixture->fixture);
	int status = report ? jig_report_status(report) : -1;

	if (report && jig_report_reason(report) == JIG_REASON_UNHEALTHY)
		complain("%s ceased to serve: %s", fixture->name,
			 jig_problem(fixture->fixture));
	else if (status < 0)
		complain("%s died", fixture->name);
	else if (WIFSIGNALED(status))
		complain("%s was ended by %s", fixture->name,
			 strsignal(WTERMSIG(status)));
	else
		complain("%s exited with status %d", fixture->name,
			 WEXITSTATUS(status));
	say_tail(fixture);
}

bool with_noticed(void *context)
{
	struct with *with = context;
	bool fine = true;

	for (size_t i = 0; i < with->fixtures.count; i++) {
		struct with_fixture *fixture = at(with, i);

		if (!fixture->fixture || fixture->ready_us < 0)
			continue;
		if (jig_wait(fixture->fixture, 0, NULL) == -ETIMEDOUT)
			continue;
		if (!fixture->died) {
			/* At its end of file it would wake us for ever. */
			(void)epoll_ctl(with->epoll, EPOLL_CTL_DEL,
					jig_fd(fixture->fixture), NULL);
			fixture->died = true;
			say_death(fixture);
		}
		fine = with->ignore_deaths;
	}
	return fine;
}

static bool was_stopped(const struct with_fixture *fixture)
{
	const struct jig_report *report = jig_report(fixture->fixture);

	return report && jig_report_reason(report) == JIG_REASON_STOP;
}

bool with_has_died(const struct with *with, bool asked)
{
	for (size_t i = 0; i < with->fixtures.count; i++)
		if (at(with, i)->died && !(asked && was_stopped(at(with, i))))
			return !with->ignore_deaths;
	return false;
}

/* One more signal hurries, as it does a single fixture. */
static void await_end(struct with *with, struct with_fixture *fixture)
{
	struct signalfd_siginfo info;

	while (jig_wait(fixture->fixture, 0, NULL) == -ETIMEDOUT) {
		struct pollfd fds[] = {
			{ .fd = jig_fd(fixture->fixture), .events = POLLIN },
			{ .fd = with->signals, .events = POLLIN },
		};

		if (poll_fds(fds, 2, ROUSE_MS) > 0 && fds[1].revents &&
		    read(with->signals, &info, sizeof(info)) == sizeof(info))
			(void)jig_hurry(fixture->fixture);
	}
}

static size_t say_leftovers(const struct with *with,
			    const struct with_fixture *fixture)
{
	const struct jig_report *report = jig_report(fixture->fixture);
	struct buffer text = { 0 };

	if (!report)
		return 0;
	if ((!with->quiet || report->survivor_total > 0) &&
	    report_text(report, &text) == 0 && text.used > 0) {
		complain("of %s:", fixture->name);
		complain_text(text.text);
	}
	buffer_free(&text);
	return report->survivor_total;
}

size_t with_stop(struct with *with)
{
	size_t survivors = 0;

	for (size_t i = with->fixtures.count; i-- > 0;) {
		struct with_fixture *fixture = at(with, i);

		if (!fixture->fixture)
			continue;
		(void)jig_stop(fixture->fixture);
		await_end(with, fixture);
		survivors += say_leftovers(with, fixture);
		jig_free(fixture->fixture);
		fixture->fixture = NULL;
	}
	return survivors;
}

void with_summary(const struct with *with, struct buffer *ret)
{
	for (size_t i = 0; i < with->fixtures.count; i++) {
		const struct with_fixture *fixture = at(with, i);

		buffer_printf(ret, "%s%s ", i ? ", " : "", fixture->name);
		if (fixture->ready_us < 0)
			buffer_printf(ret, "not ready");
		else
			buffer_printf(ret, "ready %.3f s%s",
				      (double)(fixture->ready_us -
					       fixture->began_us) /
					      1e6,
				      fixture->died ? ", died" : "");
	}
}

void with_free(struct with *with)
{
	for (size_t i = 0; i < with->texts.count; i++)
		free(*(char **)list_at(&with->texts, i, sizeof(char *)));
	list_free(&with->texts);
	list_free(&with->names);
	list_free(&with->fixtures);
	cleanup_close(&with->signals);
	cleanup_close(&with->epoll);
	cleanup_close(&with->owner_fd);
}
