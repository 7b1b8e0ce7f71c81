/* SPDX-License-Identifier: MIT */
/*
 * A plan: what the guard starts and how it ends, complete and checked. The
 * command line makes it; guard and supervisor only read it.
 */
#ifndef JIG_CORE_SHARED_PLAN_H
#define JIG_CORE_SHARED_PLAN_H

#include <jig.h>

#include "base/input.h"
#include "base/list.h"
#include "base/text/words.h"
#include "cage/cage.h"
#include "core/output/capture.h"
#include "core/ready/liveness.h"
#include "core/ready/readiness.h"
#include "core/shared/signal_rules.h"
#include "proc/spawn.h"

struct board;
struct manager;
struct remote;

#define PLAN_STEPS 16
#define PLAN_LIMITS 16
#define PLAN_FDS 64
#define PLAN_PORTS 32
#define PLAN_GUARD_FDS 256

/** How long SIGKILL is repeated before survivors are named: this long after the
 * last death, but not longer than the maximum in all. */
#define PLAN_KILL_US 5000000
#define PLAN_KILL_MAX_US 60000000

/** A relay of short-lived processes can go on as fast as we reap: it must not
 * delay a step of the stop, or the next round of SIGKILL. */
#define PLAN_REAPED_AT_ONCE 256

/** timeout(1), make(1) and npm(1) send on what the terminal has sent to the
 * whole process group. The same signal within this time is one request. */
#define PLAN_REPEATED_US 300000

/** What the ancestry of leftovers is read from, see enum ancestry_source. */
enum plan_ancestry {
	PLAN_ANCESTRY_PROC,
	PLAN_ANCESTRY_CONNECTOR,
	PLAN_ANCESTRY_AUTO, /* the connector if possible, else /proc */
	PLAN_ANCESTRY_NONE,
};

/** Words for enum jig_group, enum jig_stop_mode and enum plan_ancestry. */
extern const struct words plan_group_words, plan_stop_mode_words,
	plan_ancestry_words;

struct plan {
	char *const *argv;
	const char *path; /* NULL: argv[0] is looked up */
	char **envp; /* complete */
	const char *cwd;
	struct spawn_user user;
	bool set_user;
	struct spawn_limit limits[PLAN_LIMITS];
	size_t limit_count;
	bool set_umask;
	mode_t umask;
	int nice;
	enum jig_group group;
	/** For struct spawn, beside SPAWN_CALLERS_SIGNALS in the caller's
	 * group. */
	uint64_t keep_ignored;
	/** Descriptors that the command gets at a number of their own. */
	struct spawn_fd fds[PLAN_FDS];
	size_t fd_count;
	/** Eleven bytes of envp that the command's pid is written to, or NULL.
	 */
	char *pid_text;

	struct capture *capture; /* of its output, or NULL */
	struct readiness *readiness; /* decides when it is ready, or NULL */
	struct manager *manager; /* is told; or NULL */
	struct liveness *liveness; /* decides whether it still is, or NULL */
	const struct list *names; /* of struct name: for a host; or NULL */
	/** Sockets that reserve the ports of --port: guard and supervisor leave
	 * them open until the host is told the end. */
	int port_sockets[PLAN_PORTS];
	size_t port_count;

	enum jig_cage cage;
	struct cage_limits cage_limits;

	/** The last step is SIGKILL always. */
	struct jig_step steps[PLAN_STEPS];
	size_t step_count;
	enum jig_stop_mode stop_mode;
	int64_t timeout_us; /* 0: none */
	struct signal_rules rules; /* of signals to us */
	enum plan_ancestry ancestry;
	bool daemon; /* main's end with status 0 is not that of the fixture */

	/** 0: our parent; JIG_OWNER_NONE; INPUT_OWNER; or a pid. */
	pid_t owner;
	struct input input; /* of INPUT_OWNER */
	int lifeline; /* socket to a libjig host, or -1 */
	struct board *board; /* the host's, or NULL */
	int report_fd; /* where the report is written at the end, or -1 */
	/** The fixture runs on another machine, and main is the relay
	 * (core/shared/remote.h); or NULL. */
	struct remote *remote;
	/** Watched by the guard, or -1: when it is readable, @noticed says
	 * whether the fixture goes on. */
	int watched;
	/** Of pid_t: children of the guard that are guards of --with, or NULL.
	 */
	const struct list *guards;
	/** Of int: more descriptors that the guard leaves open, at most
	 * PLAN_GUARD_FDS; or NULL. */
	const struct list *guard_fds;
	bool (*noticed)(void *context);
	void *noticed_context;
};

/** SIGTERM, 10 s, SIGKILL. */
void plan_default_steps(struct plan *plan);

/**
 * Parse a stop policy: "TERM 10s KILL", "INT 2s TERM 5s", commas or blanks
 * between. SIGKILL is added where it is missing. Pure.
 *
 * @return  0; -EINVAL; -E2BIG more than PLAN_STEPS steps.
 */
int plan_parse_steps(const char *text, struct jig_step *ret, size_t *ret_count);

#endif
