/* SPDX-License-Identifier: MIT */
/*
 * Fixtures around a command: `jig run --with 'server' … -- tests`.
 *
 * Each fixture has a guard of its own, whose host is this process. A fixture
 * starts when the one before it is ready (or all start at once). When the
 * command has ended, or a signal requests it, they are stopped in reverse
 * order.
 *
 * Invariant: from with_start() to with_stop() the signals that stop us are
 * blocked, so that none of them can end us before the fixtures have ended.
 * Options do not belong here: cli/run/fixtures.h.
 */
#ifndef JIG_CLI_RUN_WITH_WITH_H
#define JIG_CLI_RUN_WITH_WITH_H

#include <jig.h>
#include <stdbool.h>

#include "base/fault.h"
#include "base/list.h"
#include "core/shared/asked.h"
#include "core/shared/signal_rules.h"

/** Limit: the guard keeps descriptors for this number of fixtures. */
#define WITH_FIXTURES 64

struct with_fixture {
	const char *name;
	const char *shell; /* its command line */
	char **options; /* of `jig run`, NULL-terminated */
	char *log; /* or NULL */
	struct jig *fixture; /* NULL: not started, or freed */
	bool was_started; /* its command was executed */
	int64_t began_us, ready_us; /* of clock_us(); ready_us -1: not yet */
	bool died; /* while the command ran, or before it */
	/* Of its options. */
	bool has_probe; /* --ready */
	bool fail_leftovers; /* --leftovers fail */
	bool hide_leftovers; /* --leftovers ignore, --quiet */
};

struct with {
	struct list fixtures; /* of struct with_fixture, in order */
	struct list names; /* of struct name: of fixtures that are ready */
	struct list texts; /* of char *, owned */
	bool parallel; /* start all at once */
	bool ignore_deaths; /* --if-dies ignore */
	bool quiet;
	bool lost; /* what a fixture of --via has left is not known */
	bool left; /* a fixture with --leftovers fail had some */
	const char *log_dir; /* NULL: none */
	pid_t owner; /* as jig_command.owner, or INPUT_OWNER */
	int owner_fd; /* its pidfd, or of INPUT_OWNER its input.fd; or -1 */
	short owner_events; /* that show its end */
	const struct signal_rules *rules; /* of signals to us */
	struct asked asked; /* signals that have requested a stop */
	int signals; /* signalfd */
	int signo; /* the signal that ended the start, or 0 */
	int epoll; /* readable: an event of a fixture */
};

#define WITH_NONE ((struct with){ .owner_fd = -1, .signals = -1, .epoll = -1 })

static inline struct with_fixture *with_at(const struct with *with,
					   size_t index)
{
	return list_at(&with->fixtures, index, sizeof(struct with_fixture));
}

/** Add one. @options  NULL-terminated, outlives @with. @return 0 or -errno. */
int with_add(struct with *with, const char *name, const char *shell,
	     char **options);

/**
 * Start all of them and wait until they are ready.
 * @return  0, or -errno with the reason; then all that had started is stopped.
 *          -EINTR: with->signo requested a stop.
 */
int with_start(struct with *with, struct fault *fault);

/** The descriptors that with_noticed() and with_stop() need: ints. */
int with_descriptors(const struct with *with, struct list *ret);

/** The pids of their guards, which are or were our children. */
int with_guards(const struct with *with, struct list *ret);

/** For plan.noticed: whether the command may go on. */
bool with_noticed(void *with);

/**
 * Whether a fixture has died too early. If our stop was requested (`asked`), an
 * outer jig may have stopped their guards as well, and such an end is not too
 * early.
 */
bool with_has_died(const struct with *with);

/**
 * Stop all that run, in reverse order; prints their leftovers on stderr.
 * @return  number of survivors.
 */
size_t with_stop(struct with *with);

/** Print the last lines of a fixture on stderr. */
void with_say_tail(const struct with_fixture *fixture);

/** The same of each that has not died: its death has printed them. */
void with_say_tails(const struct with *with);

/** "db ready after 0.412 s, api started after 0.004 s", for the line at the
 * end. */
void with_summary(const struct with *with, struct buffer *ret);

void with_free(struct with *with);

#endif
