/* SPDX-License-Identifier: MIT */
/*
 * The board: memory that host, guard and supervisor of one fixture map, and in
 * which they exchange requests and state. A packet (core/shared/wake.h) only
 * wakes the reader.
 *
 * Invariant: state only moves forward, and only the newest state counts. So no
 * reader can be too slow, no queue can be full, and nothing is lost. Each field
 * has one writer, except for the pending signals, which are atomic counters.
 * A writer writes the data first, and then publishes it by a store with release
 * order. So a writer that is killed half-way has published nothing.
 *
 * Readers do not trust writers: every index and number is checked here. A host
 * can write the first part only (PROT_READ for the rest), so a bug in the host
 * cannot harm guard and supervisor.
 *
 * Big parts use pages of their own, which cost nothing until they are used.
 *
 * Not here: the meaning of requests (core/supervisor/requests.c for the
 * supervisor, core/guard/board.c for the guard, lib/fixture.c for the host).
 */
#ifndef JIG_CORE_SHARED_BOARD_H
#define JIG_CORE_SHARED_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "core/shared/pulse.h"
#include "core/shared/report.h"
#include "core/shared/run_clock.h"
#include "net/names.h"

/** Change it with every change of the struct. */
#define BOARD_VERSION 0x4a49000cU

/** jig itself failed, before the spawn. */
#define BOARD_NO_STAGE (-1)

/** A target besides those of enum jig_target. */
enum board_target {
	BOARD_TARGET_GROUP = JIG_TARGET_ALL + 1, /* main's process group */
	BOARD_TARGETS,
};

#define BOARD_SIGNALS 64
/** Signals from this number on are counted, as the kernel queues them. */
#define BOARD_COUNTED 32
/** Limit of pending instances of one real-time signal. */
#define BOARD_QUEUE (1U << 20)

#define BOARD_NAMES 64
/** Bytes of all matches together, with their NULs. */
#define BOARD_MATCHES (64 * 1024)
/** Size of the host's part: a multiple of every page size. */
#define BOARD_PART (64UL * 1024)

/** A text; only the newest version counts. */
struct board_text {
	_Atomic uint32_t turn; /* odd while it is written */
	_Atomic uint64_t words[FAULT_SIZE / sizeof(uint64_t)];
};

/** Signals that the supervisor is to send to one target. */
struct board_pending {
	_Atomic uint64_t set; /* bit n - 1: signal n */
	_Atomic uint32_t turn; /* of the last SIGCONT or stop signal */
	_Atomic uint32_t counts[BOARD_SIGNALS + 1];
};

enum board_start {
	BOARD_STARTED = 1,
	BOARD_FAILED,
};

enum board_end {
	BOARD_MAIN_ENDED = 1,
	BOARD_MAIN_ENDED_IN_STOP,
};

struct board {
	union {
		struct {
			/* Written by the host, which creates the board. */
			uint64_t magic;
			uint32_t version;
			uint32_t size;
			_Atomic uint32_t host_stop; /* jig_stop() was called,
						       before any jig_hurry() */
			_Atomic uint32_t host_hurries; /* jig_hurry() calls */
			_Atomic uint32_t host_wakes; /* see board_may_wake() */

			/* Host and guard add signals, the supervisor takes
			 * them; with a remote plan, the guard. */
			_Atomic uint32_t signal_turn;
			struct board_pending pending[BOARD_TARGETS];

			/* Counts requests to be woken: fixture_pass_on(). */
			_Atomic uint32_t host_recalls;
		};
		char host_part[BOARD_PART]; /* whole pages */
	};

	/* Written by the guard, for the supervisor. */
	_Atomic uint32_t first_stop; /* see board.c */
	_Atomic uint32_t hurries; /* requests that begin the next step */
	_Atomic uint64_t pause; /* see board.c */
	_Atomic uint32_t resume_turn; /* written before `pause`: the turn of
					 `main_state` that it is to undo */
	_Atomic uint32_t asleep; /* the guard has suspended itself: see
				    board_may_wake() */
	_Atomic int64_t call_us; /* then: to be continued at; 0: never */

	/* Written by the supervisor; for a job, by its keeper. */
	_Atomic uint32_t start; /* enum board_start; any process may write
				 BOARD_FAILED */
	_Atomic uint32_t supervisor_wakes; /* see board_may_wake() */
	_Atomic int32_t main_pid; /* pid as the guard sees it */
	_Atomic uint64_t early; /* signals to our group that main, cloned later,
				 does not have; before main_pid */
	_Atomic uint64_t main_state; /* see board.c */
	_Atomic uint32_t main_end; /* enum board_end; status: report */
	_Atomic uint32_t reported; /* the report is complete */
	int64_t main_end_us; /* on clock_us(); before main_end */
	struct pulse pulse; /* deadline of its next step */
	struct run_clock run_clock; /* stands while it is suspended */

	/* Written by the guard, for the host. */
	_Atomic uint32_t attached; /* it has mapped the board */
	_Atomic int32_t main; /* pid as the guard sees it; 0: not started;
				 for a job, its number */
	_Atomic uint32_t name_count; /* written before `main` */
	_Atomic uint32_t match_bytes; /* written before `ready` */
	_Atomic int64_t ready; /* µs from start to ready, plus 1 */
	_Atomic int32_t unready; /* -errno: it will not be ready; see problem */
	_Atomic uint32_t ended; /* all is done, the report is final */

	struct jig_report report; /* by the supervisor, then by the guard */

	struct board_text problem; /* by the guard: what readiness waits for, or
				      why it failed */
	int32_t error, stage; /* of a failure; its text: why */
	char why[FAULT_SIZE];
	struct name names[BOARD_NAMES];
	char matches[BOARD_MATCHES];
};

/** Make a board for this process and its children. @return 0 or -errno. */
int board_new(struct board **ret);

/**
 * Make a board for a host and the jig program. The host may write its own part
 * only.
 * @ret_fd  a memfd for board_attach(); the caller closes it.
 * @return  0 or -errno (-EFBIG: RLIMIT_FSIZE).
 */
int board_create(struct board **ret, int *ret_fd);

/**
 * Make a board and a socket pair for a host. The board is already queued, to be
 * read from pair[1].
 * @return  0, or -errno with the reason.
 */
int board_open_line(struct board **ret, int pair[2], struct fault *fault);

/** Map a host's board. @return 0; -ENOPKG another version; or -errno. */
int board_attach(int fd, struct board **ret);

/**
 * Map a host's board from the first packet of its socket.
 * @return  as board_attach().
 */
int board_take_over(int socket, struct board **ret);

/** Unmap. Accepts NULL. */
void board_close(struct board *board);

/* ---------------------------------------------------------------- downwards */

/**
 * Ask the supervisor to send a signal. As in the kernel, a standard signal that
 * is pending is not added again, real-time signals are counted, and SIGCONT and
 * the stop signals cancel each other.
 * @return  0; -EINVAL; -EAGAIN: BOARD_QUEUE of it are pending, see sigqueue(3).
 */
int board_add_signal(struct board *board, int target, int signo);

/** Whether any signal is pending. */
bool board_has_signals(const struct board *board);

/**
 * Take one pending signal: targets in the order of their last SIGCONT or stop
 * signal, and for each target the lowest number first.
 * @ret_count  how often to send it.
 * @return  the signal; 0: none is pending.
 */
int board_take_signal(struct board *board, int *ret_target,
		      unsigned *ret_count);

/** Put back signals that were taken but could not be sent yet. */
void board_put_back(struct board *board, int target, int signo, unsigned count);

/**
 * The guard requests a stop. No effect while there is one, for whatever reason.
 * @signo  the first signal; 0: the policy's.
 */
void board_ask_stop(struct board *board, enum jig_reason reason, int signo);

/**
 * The guard requests a stop by JIG_REASON_STOP, or, while there is one, its
 * next step.
 */
void board_ask_hurry(struct board *board, int signo);

struct board_stop {
	bool wanted;
	enum jig_reason reason; /* of the first request */
	int signo;
	bool hurries; /* the first request is counted, too */
	uint32_t count; /* number of requests by board_ask_hurry() */
};

struct board_stop board_stop_asked(const struct board *board);

/** The guard requests that the supervisor suspends or continues the cage. */
void board_ask_pause(struct board *board, bool suspended);

/**
 * Host and supervisor, before a packet to the guard that is not urgent: it
 * would continue a guard that sleeps as a suspended job. After the packet
 * board_has_woken() is called.
 * @wakes  the caller's `host_wakes` or `supervisor_wakes`.
 */
static inline bool board_may_wake(const struct board *board,
				  _Atomic uint32_t *wakes)
{
	atomic_store(wakes, 1);
	if (!atomic_load(&board->asleep))
		return true;
	atomic_store(wakes, 0);
	return false;
}

static inline void board_has_woken(_Atomic uint32_t *wakes)
{
	atomic_store(wakes, 0);
}

struct board_pause {
	uint32_t turn; /* changes with every request */
	uint32_t resumes; /* number of requests to continue */
	bool suspended; /* the newest request: suspend */
};

struct board_pause board_pause_asked(const struct board *board);

/* ------------------------------------------------------------------ upwards */

/** Note a failure; only the first one counts. */
void board_fail(struct board *board, int error, int stage, const char *text);

/**
 * Tell a host that the guard does not start.
 * @board  NULL: the host has another version; send it only a packet.
 */
void board_refuse(int socket, struct board *board, int error, const char *text);

/** @return the error, negative, with its text; 0: there is no failure. */
int board_failure(const struct board *board, int *ret_stage, char *ret,
		  size_t size);

/** Main was suspended by @signo or continued (0), after @resumes requests. */
void board_tell_state(struct board *board, int signo, uint32_t resumes);

struct board_state {
	uint32_t turn;
	int signo; /* 0: it runs */
	uint32_t resumes;
};

struct board_state board_main_state(const struct board *board);

/** Write a text, cut to what fits. */
void board_write(struct board_text *text, const char *from);

/** @return whether it is complete; if not, a packet follows the write. */
bool board_read(const struct board_text *text, char *ret, size_t size);

/** Add one; if it does not fit, it is left out. */
void board_add_name(struct board *board, const struct name *name);
void board_add_match(struct board *board, const char *text);

/** Copies of the names. @return 0 or -ENOMEM. */
int board_names(const struct board *board, struct list *ret);

/** The matches, of char *, each to be freed. */
int board_matches(const struct board *board, struct list *ret);

/** Copy the report, checked. @return 0, or -EBADMSG. */
int board_report(const struct board *board, struct jig_report *ret);

#endif
