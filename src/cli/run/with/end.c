// SPDX-License-Identifier: MIT
/* The end of fixtures: one that dies, and all of them in a stop. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/poll.h"
#include "cli/run/with/with.h"
#include "lib/fixture.h"
#include "tty/say.h"

/* Interval of jig_wait() in a stop: a guard that was suspended (SIGSTOP) makes
 * nothing readable, and jig_wait() continues it. */
#define ROUSE_MS 100

/* A stop that takes longer is said. */
#define SAY_WAIT_US 2000000

static void say_death(struct with_fixture *fixture)
{
	const struct jig_report *report = jig_report(fixture->fixture);
	int status = report ? jig_report_status(report) : -1;

	if (report && jig_report_reason(report) == JIG_REASON_UNHEALTHY)
		complain("%s ceased to serve: %s", fixture->name,
			 jig_problem(fixture->fixture));
	else if (report && *report->via && status < 0)
		complain("%s: %s", fixture->name, report->why);
	else if (status < 0)
		complain("%s died", fixture->name);
	else if (WIFSIGNALED(status))
		complain("%s was ended by %s", fixture->name,
			 strsignal(WTERMSIG(status)));
	else
		complain("%s exited with status %d", fixture->name,
			 WEXITSTATUS(status));
	with_say_tail(fixture);
}

bool with_noticed(void *context)
{
	struct with *with = context;
	bool fine = true;

	for (size_t i = 0; i < with->fixtures.count; i++) {
		struct with_fixture *fixture = with_at(with, i);

		if (!fixture->fixture || fixture->ready_us < 0)
			continue;
		if (jig_wait(fixture->fixture, 0, NULL) == -ETIMEDOUT)
			continue;
		if (!fixture->died) {
			/* At end of file epoll would report it for ever. */
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

bool with_has_died(const struct with *with)
{
	for (size_t i = 0; i < with->fixtures.count; i++)
		if (with_at(with, i)->died &&
		    !(with->asked.signals && was_stopped(with_at(with, i))))
			return !with->ignore_deaths;
	return false;
}

/* The same signal again begins the next step of the policy, as without --with;
 * or the first one, if none has begun the stop. */
static bool with_end_hurries(struct with *with,
			     const struct signalfd_siginfo *info)
{
	int signo = signal_rules_stop(with->rules, (int)info->ssi_signo);
	uint64_t asked = with->asked.signals;

	return signo && asked_add(&with->asked, signo) &&
	       (asked == 0 || (asked & SYS_SIGNAL(signo)));
}

/* Once, so that a stop of ten seconds does not look like a hang. */
static void with_end_say_wait(const struct with *with,
			      const struct with_fixture *fixture,
			      int64_t *say_at_us)
{
	if (with->quiet || fixture->hide_leftovers || clock_us() < *say_at_us)
		return;
	*say_at_us = INT64_MAX;
	complain("waiting for the end of %s; Ctrl-C begins the next step of "
		 "its stop (--grace, --stop)",
		 fixture->name);
}

static void with_end_await_end(struct with *with, struct with_fixture *fixture)
{
	struct signalfd_siginfo info;
	int64_t say_at_us = clock_in_us(SAY_WAIT_US);

	while (jig_wait(fixture->fixture, 0, NULL) == -ETIMEDOUT) {
		with_end_say_wait(with, fixture, &say_at_us);

		struct pollfd fds[] = {
			{ .fd = jig_fd(fixture->fixture), .events = POLLIN },
			{ .fd = with->signals, .events = POLLIN },
		};
		const struct pollfd *signals = &fds[1];

		if (poll_fds(fds, sizeof(fds) / sizeof(*fds), ROUSE_MS) > 0 &&
		    signals->revents &&
		    read(with->signals, &info, sizeof(info)) == sizeof(info) &&
		    with_end_hurries(with, &info))
			(void)jig_hurry(fixture->fixture);
	}
}

static size_t with_end_say_leftovers(struct with *with,
				     const struct with_fixture *fixture)
{
	const struct jig_report *report = jig_report(fixture->fixture);
	struct buffer text = { 0 };

	if (!report)
		return 0;
	if (*report->via && !report->proved && report->survivor_total == 0) {
		with->lost = true;
		if (!fixture->died)
			complain("%s: %s", fixture->name, report->why);
	}
	if (report->leftover_total > 0 && fixture->fail_leftovers)
		with->left = true;
	if (((!with->quiet && !fixture->hide_leftovers) ||
	     report->survivor_total > 0) &&
	    report_text(report, fixture->name, &text) == 0 && text.used > 0)
		complain_text(text.text);
	buffer_free(&text);
	return report->survivor_total;
}

size_t with_stop(struct with *with)
{
	size_t survivors = 0;

	for (size_t i = with->fixtures.count; i-- > 0;) {
		struct with_fixture *fixture = with_at(with, i);

		if (!fixture->fixture)
			continue;
		(void)jig_stop(fixture->fixture);
		with_end_await_end(with, fixture);
		survivors += with_end_say_leftovers(with, fixture);
		jig_free(fixture->fixture);
		fixture->fixture = NULL;
	}
	return survivors;
}
