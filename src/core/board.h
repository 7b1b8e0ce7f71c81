/* SPDX-License-Identifier: MIT */
/*
 * The board: what host, guard and supervisor of one fixture tell each other, in
 * memory that all three map. A packet (core/wake.h) says only "look".
 *
 * Invariant: state only moves forward, and the newest is what counts; so no
 * reader can be too slow, no queue can be full, and nothing is lost. Each field
 * has one writer, except for the pending signals, which are atomic counters.
 * What belongs together is written first and published last, by a store with
 * release order, so a writer that is killed half-way has published nothing.
 *
 * Whoever reads trusts nobody: every index and number is checked here. A host
 * can write the first part only (PROT_READ for the rest), so that a mistake in
 * its memory cannot harm guard and supervisor.
 *
 * Big parts are pages that nobody touches until they are used.
 *
 * What does not belong here: what the requests mean (core/requests.c for the
 * supervisor, guard.c for the guard, fixture.c for the host).
 */
#ifndef JIG_CORE_BOARD_H
#define JIG_CORE_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "core/names.h"
#include "core/pulse.h"
#include "core/report.h"

/** Changes with every change of the struct. */
#define BOARD_VERSION 0x4a490008U

/** The failure was ours, before the spawn. */
#define BOARD_NO_STAGE (-1)

/** Main's process group: behind enum jig_target. */
#define BOARD_TARGET_GROUP 2
#define BOARD_TARGETS 3
#define BOARD_SIGNALS 64
/** From this signal on they are counted, as the kernel queues them. */
#define BOARD_COUNTED 32
/** Most of one real-time signal that wait for the supervisor. */
#define BOARD_QUEUE (1U << 20)

#define BOARD_NAMES 64
/** Bytes of all matches, each with its NUL. */
#define BOARD_MATCHES (64 * 1024)
/** Of the host's part: a multiple of every page size. */
#define BOARD_PART (64 * 1024)

/** A text of which only the newest counts. */
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
	/* The host's: it creates the board, and asks. */
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	_Atomic uint32_t host_stops; /* how many jig_stop() there were */

	/* Host and guard add, the supervisor takes. */
	_Atomic uint32_t signal_turn;
	struct board_pending pending[BOARD_TARGETS];

	/* The guard's, downwards. */
	_Alignas(BOARD_PART) _Atomic uint32_t first_stop; /* see board.c */
	_Atomic uint32_t stops; /* requests by JIG_REASON_STOP */
	_Atomic uint64_t pause; /* see board.c */
	_Atomic uint32_t asleep; /* it has stopped itself: see wake_guard() */

	/* The supervisor's; of a job, its keeper's. */
	_Atomic uint32_t start; /* enum board_start; of a failure, whoever's */
	_Atomic uint64_t main_state; /* see board.c */
	_Atomic uint32_t main_end; /* enum board_end; status: report */
	_Atomic uint32_t reported; /* the report is complete */
	struct pulse pulse; /* by when it is done with what it does next */

	/* The guard's, upwards. */
	_Atomic uint32_t attached; /* it has mapped the board */
	_Atomic int32_t main; /* as it numbers it; 0: not started; of a job, its
				 number */
	_Atomic uint32_t name_count; /* before `main` */
	_Atomic uint32_t match_bytes; /* before `ready` */
	_Atomic int64_t ready; /* µs from start to ready, and 1 */
	_Atomic int32_t unready; /* -errno: it never will be; why: problem */
	_Atomic uint32_t ended; /* all is done, the report is the last word */

	struct jig_report report; /* the supervisor's; then the guard's */

	struct board_text problem; /* the guard's: waits for, or why not */
	int32_t error, stage; /* of a failure, with its text */
	char why[FAULT_SIZE];
	struct name names[BOARD_NAMES];
	char matches[BOARD_MATCHES];
};

/** One for this process and its children. @return 0 or -errno. */
int board_new(struct board **ret);

/**
 * One for a host, which may write its own part of it, and a program.
 * @ret_fd  a memfd for board_attach(); the caller closes it.
 * @return  0 or -errno (-EFBIG: RLIMIT_FSIZE).
 */
int board_create(struct board **ret, int *ret_fd);

/**
 * A board and a socket pair, for a host. The board waits in pair[1] already.
 * @return  0, or -errno with the reason.
 */
int board_open_line(struct board **ret, int pair[2], struct fault *fault);

/** Map a host's. @return 0, -ENOPKG: it is of another version, or -errno. */
int board_attach(int fd, struct board **ret);

/**
 * Take a host's from the first packet of its socket.
 * @return  as board_attach().
 */
int board_take_over(int socket, struct board **ret);

/** Unmap. Accepts NULL. */
void board_close(struct board *board);

/* ---------------------------------------------------------------- downwards */

/**
 * Have a signal sent. A standard signal that waits already is one; real-time
 * signals are counted; SIGCONT and the stop signals take each other back: all
 * as in the kernel.
 * @return  0; -EINVAL; -EAGAIN: BOARD_QUEUE of it wait, as sigqueue(3) says.
 */
int board_add_signal(struct board *board, int target, int signo);

/** Whether any waits. */
bool board_has_signals(const struct board *board);

/**
 * Take one that waits: the targets in the order of their last SIGCONT or stop
 * signal, in each the lowest number first.
 * @ret_count  how often it was sent.
 * @return  the signal; 0: none waits.
 */
int board_take_signal(struct board *board, int *ret_target,
		      unsigned *ret_count);

/** Some of those that were taken could not be sent yet. */
void board_put_back(struct board *board, int target, int signo, unsigned count);

/** The guard asks for a stop. @signo  the first signal; 0: the policy's. */
void board_ask_stop(struct board *board, enum jig_reason reason, int signo);

struct board_stop {
	bool wanted;
	enum jig_reason reason; /* of the first request */
	int signo;
	uint32_t count; /* of those by JIG_REASON_STOP */
};

struct board_stop board_stop_asked(const struct board *board);

/** The guard wants all to be stopped, or to go on. */
void board_ask_pause(struct board *board, bool suspended);

struct board_pause {
	uint32_t turn; /* another one with every request */
	uint32_t resumes; /* how often it was to go on */
	bool suspended; /* what is wanted now */
};

struct board_pause board_pause_asked(const struct board *board);

/* ------------------------------------------------------------------ upwards */

/** The first failure counts. */
void board_fail(struct board *board, int error, int stage, const char *text);

/**
 * Tell a host that there is nothing to guard.
 * @board  NULL: it speaks another version, which a bare packet tells it.
 */
void board_refuse(int socket, struct board *board, int error, const char *text);

/** @return the error, negative, with its text; 0: there is no failure. */
int board_failure(const struct board *board, int *ret_stage, char *ret,
		  size_t size);

/** Main was stopped by @signo, or goes on (0), after so many resumes. */
void board_tell_state(struct board *board, int signo, uint32_t resumes);

struct board_state {
	uint32_t turn;
	int signo; /* 0: it runs */
	uint32_t resumes;
};

struct board_state board_main_state(const struct board *board);

/** Write a text, cut to what fits. */
void board_write(struct board_text *text, const char *from);

/** @return whether it is whole: else it is being written, a wake will come. */
bool board_read(const struct board_text *text, char *ret, size_t size);

/** What does not fit is left out. */
void board_add_name(struct board *board, const struct name *name);
void board_add_match(struct board *board, const char *text);

/** Copies of what was added. @return 0 or -ENOMEM. */
int board_names(const struct board *board, struct list *ret);

/** The matches, of char *, each to be freed. */
int board_matches(const struct board *board, struct list *ret);

/** Copy the report, checked. @return 0, or -EBADMSG. */
int board_report(const struct board *board, struct jig_report *ret);

#endif
