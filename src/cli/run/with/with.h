/* SPDX-License-Identifier: MIT */
/*
 * Fixtures around a command: `jig run --with 'server' … -- tests`.
 *
 * Each is started as a fixture of its own, with a guard of its own whose host
 * we are; each is ready before the next one starts (or all start at once). When
 * the command has ended, or a signal comes, they are stopped in reverse order.
 *
 * Invariant: from with_start() to with_stop() the signals that stop us are
 * blocked, so that none of them can end us before the fixtures are.
 */
#ifndef JIG_CLI_RUN_WITH_H
#define JIG_CLI_RUN_WITH_H

#include <jig.h>
#include <stdbool.h>

#include "base/fault.h"
#include "base/list.h"

/** As many as the guard keeps descriptors for. */
#define WITH_FIXTURES 64

struct with_fixture {
	const char *name;
	const char *shell; /* its command line */
	char **options; /* of `jig run`, NULL-terminated */
	char *log; /* or NULL */
	struct jig *fixture; /* NULL: not started, or over */
	bool was_started; /* its command was executed */
	int64_t began_us, ready_us; /* of clock_us(); the second -1: not yet */
	bool died; /* while the command ran, or before it */
};

struct with {
	struct list fixtures; /* of struct with_fixture, in order */
	struct list names; /* of struct name: of those that are ready */
	struct list texts; /* of char *, ours */
	bool parallel; /* start all at once */
	bool ignore_deaths; /* --if-dies ignore */
	bool quiet;
	const char *log_dir; /* NULL: none */
	pid_t owner; /* as jig_command.owner */
	int owner_fd; /* its pidfd, or -1 */
	int signals; /* signalfd */
	int signo; /* that ended the start, or 0 */
	int epoll; /* readable when a fixture has something to say */
};

#define WITH_NONE ((struct with){ .owner_fd = -1, .signals = -1, .epoll = -1 })

/** Add one. @options  NULL-terminated, outlives it. @return 0 or -errno. */
int with_add(struct with *with, const char *name, const char *shell,
	     char **options);

/**
 * Start all of them and wait until they are ready.
 * @return  0, or -errno with the reason; what had started is stopped already.
 *          -EINTR: by with->signo.
 */
int with_start(struct with *with, struct fault *fault);

/** The descriptors that with_noticed() and with_stop() need: ints. */
int with_descriptors(const struct with *with, struct list *ret);

/** The pids of their guards: our children, or they were. */
int with_guards(const struct with *with, struct list *ret);

/** For plan.noticed: whether the command may go on. */
bool with_noticed(void *with);

/**
 * Whether one died that should not have.
 * @asked  we were asked to stop; so were their guards, perhaps (an outer jig).
 */
bool with_has_died(const struct with *with, bool asked);

/**
 * Stop what still runs, in reverse order; says on stderr who left what behind.
 * @return  how many survivors there are.
 */
size_t with_stop(struct with *with);

/** "db ready 0.412 s, api ready 0.101 s", for the line at the end. */
void with_summary(const struct with *with, struct buffer *ret);

void with_free(struct with *with);

#endif
