// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/fd.h"
#include "base/file/self.h"
#include "base/poll.h"
#include "base/sys.h"
#include "cli/run/with/line.h"
#include "lib/fixture.h"
#include "net/manager.h"
#include "net/names.h"
#include "tty/say.h"

/* Interval at which the line on a terminal is redrawn. */
#define TICK_MS 100

/* @text is freed by with_free(), or now. @return NULL: no memory. */
static char *own(struct with *with, char *text)
{
	return list_take_text(&with->texts, text) < 0 ? NULL : text;
}

/* @text with the names of fixtures that are ready replaced. */
static char *with_start_expand(struct with *with, const char *text)
{
	char *expanded = NULL;

	if (names_expand(&with->names, text, &expanded) < 0)
		return NULL;
	return own(with, expanded);
}

/* Ours without what is for us or the command alone, and "NAME_PORT=…",
 * "NAME_ADDR=…" of each name so far, and the fixture's own; NULL-terminated. */
static int with_start_make_env(struct with *with,
			       const struct with_fixture *fixture,
			       struct list *ret)
{
	int r = environment_inherit(ret, environ);

	for (const char *const *p = manager_variables; *p; p++)
		environment_remove(ret, *p);
	for (size_t i = 0; r == 0 && i < with->names.count; i++) {
		const struct name *name =
			list_at(&with->names, i, sizeof(*name));

		r = name_add_variables(name->name, name->address, name->port,
				       ret, &with->texts);
	}
	if (r == 0)
		r = environment_print(ret, &with->texts, "JIG_FIXTURE=%s",
				      fixture->name);
	return r < 0 ? r : list_end(ret);
}

/* Before the first start, because the file system may not answer. */
static int with_start_make_log_dir(const struct with *with, struct fault *fault)
{
	if (!with->log_dir || mkdir(with->log_dir, 0777) == 0 ||
	    errno == EEXIST)
		return 0;
	return fault_set(fault, -errno, "cannot create %s: %s", with->log_dir,
			 strerror(errno));
}

static int with_start_choose_log(struct with *with,
				 struct with_fixture *fixture)
{
	char *path;

	if (!with->log_dir)
		return 0;
	if (asprintf(&path, "%s/%s.log", with->log_dir, fixture->name) < 0)
		return -ENOMEM;
	fixture->log = own(with, path);
	return fixture->log ? 0 : -ENOMEM;
}

static int expand_options(struct with *with, const struct with_fixture *fixture,
			  struct list *ret)
{
	int r = 0;

	for (char **word = fixture->options; r == 0 && *word; word++) {
		char *text = with_start_expand(with, *word);

		r = text ? list_append(ret, &text, sizeof(text)) : -ENOMEM;
	}
	return r < 0 ? r : list_end(ret);
}

static int with_start_watch(struct with *with, struct with_fixture *fixture)
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
	int r = with_start_choose_log(with, fixture);

	if (r == 0)
		r = with_start_make_env(with, fixture, &env);
	if (r == 0)
		r = expand_options(with, fixture, &options);

	struct jig_command command = {
		.shell = with_start_expand(with, fixture->shell),
		.env = env.items,
		.clear_env = true,
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
		r = with_start_watch(with, fixture);
	return r < 0 ? fault_set(fault, r, "%s: %s", fixture->name,
				 *fault->text ? fault->text : reason)
		     : 0;
}

static int with_start_take_names(struct with *with,
				 const struct with_fixture *fixture)
{
	const struct list *names = &fixture->fixture->names;
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->count; i++)
		r = list_append(&with->names,
				list_at(names, i, sizeof(struct name)),
				sizeof(struct name));
	return r;
}

/* Does not wait: the program may be on a file system that does not answer.
 * @return 1 its command runs, 0 not yet, -errno it cannot. */
static int check_started(struct with_fixture *fixture, struct fault *fault)
{
	struct fault why = { "" };
	int r = fixture->was_started ? 1
				     : fixture_started(fixture->fixture, &why);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", fixture->name, why.text);
	fixture->was_started = r > 0;
	return r;
}

/* @return 1 ready, 0 not yet, -errno it cannot become ready. */
static int check_ready(struct with *with, struct with_fixture *fixture,
		       struct fault *fault)
{
	int r;

	if (fixture->ready_us >= 0)
		return 1;
	r = check_started(fixture, fault);
	if (r < 0)
		return r;
	r = jig_wait_ready(fixture->fixture, 0);
	if (r == -ETIMEDOUT)
		return 0;
	/* The start and the end may have come together. */
	if (check_started(fixture, fault) < 0)
		return -ECHILD;
	if (r < 0) {
		fixture->died = true;
		fault_set(fault, r, "%s is not ready: %s", fixture->name,
			  jig_problem(fixture->fixture));
		with_say_tail(fixture);
		return r;
	}
	fixture->ready_us = clock_us();
	r = with_start_take_names(with, fixture);
	return r < 0 ? r : 1;
}

/* An earlier fixture may die while a later one starts. */
static int check_deaths(struct with *with, struct fault *fault)
{
	if (with_noticed(with))
		return 0;
	return fault_set(fault, -ECHILD, "a fixture has died");
}

static int read_signal(struct with *with, struct fault *fault)
{
	struct signalfd_siginfo info;

	if (read(with->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	with->signo = signal_rules_stop(with->rules, (int)info.ssi_signo);
	if (with->signo == 0)
		return 0;
	(void)asked_add(&with->asked, with->signo);
	return fault_set(fault, -EINTR, "stopped by %s",
			 strsignal(with->signo));
}

static int await_event(struct with *with, struct with_line *line,
		       struct fault *fault)
{
	enum { FIXTURES, SIGNALS, OWNER, COUNT };
	struct pollfd fds[COUNT] = {
		[FIXTURES] = { .fd = with->epoll, .events = POLLIN },
		[SIGNALS] = { .fd = with->signals, .events = POLLIN },
		[OWNER] = { .fd = with->owner_fd,
			    .events = with->owner_events },
	};

	with_line_draw(line, with);
	(void)poll_fds(fds, COUNT, line->is_drawn ? TICK_MS : -1);
	if (fds[OWNER].revents)
		return fault_set(fault, -ESRCH, "the owner has died");
	return fds[SIGNALS].revents ? read_signal(with, fault) : 0;
}

/* Wait until those from @first to @last are ready. */
static int with_start_await(struct with *with, size_t first, size_t last,
			    struct with_line *line, struct fault *fault)
{
	for (;;) {
		size_t ready = 0;
		int r = check_deaths(with, fault);

		for (size_t i = first; r >= 0 && i <= last; i++) {
			r = check_ready(with, with_at(with, i), fault);
			ready += r == 1;
		}
		if (r < 0 || ready == last - first + 1)
			return r < 0 ? r : 0;
		r = await_event(with, line, fault);
		if (r < 0)
			return r;
	}
}

static int start_all(struct with *with, struct with_line *line,
		     struct fault *fault)
{
	size_t count = with->fixtures.count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		r = start_one(with, with_at(with, i), fault);
		if (r == 0 && !with->parallel)
			r = with_start_await(with, i, i, line, fault);
	}
	if (r == 0 && with->parallel)
		r = with_start_await(with, 0, count - 1, line, fault);
	return r;
}

static int with_start_open_all(struct with *with, struct fault *fault)
{
	pid_t owner = with->owner ? with->owner : getppid();

	(void)sys_signal_mask(SYS_STOP_SIGNALS);
	with->signals = sys_signalfd(SYS_STOP_SIGNALS);
	with->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (with->signals < 0 || with->epoll < 0)
		return fault_set(fault, -errno,
				 "cannot open a signalfd or epoll: %s",
				 strerror(errno));
	/* Without one, or if it has died, the guard reports the error. */
	if (with->owner != JIG_OWNER_NONE && owner > 0) {
		with->owner_fd = sys_pidfd_open(owner);
		with->owner_events = POLLIN;
	}
	return 0;
}

int with_start(struct with *with, struct fault *fault)
{
	struct with_line line = { 0 };
	int r = with_start_make_log_dir(with, fault);

	if (r == 0)
		r = with_start_open_all(with, fault);
	with_line_open(&line, with->quiet);
	if (r == 0)
		r = start_all(with, &line, fault);
	with_line_close(&line);
	/* An outer jig's stop reaches us and the fixtures, in any order: a
	 * signal is the reason, even if a death was seen first. */
	if (r < 0 && r != -EINTR && with->signals >= 0 &&
	    read_signal(with, fault) < 0)
		r = -EINTR;
	if (r < 0)
		(void)with_stop(with);
	return r;
}
