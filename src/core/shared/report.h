/* SPDX-License-Identifier: MIT */
/*
 * The report: what happened in a fixture, from the supervisor to its readers.
 *
 * Invariant: a plain value of fixed size, so that it can be sent as it is,
 * copied, and checked with report_check() by the receiver.
 * Counts are true even where more happened than there is room to describe.
 *
 * The supervisor writes it into memory that it shares with the guard, so the
 * data outlive it, and its exit is the only message at the end.
 */
#ifndef JIG_CORE_SHARED_REPORT_H
#define JIG_CORE_SHARED_REPORT_H

#include <jig.h>

#include "base/list.h"
#include "base/text/words.h"

#define REPORT_LEFTOVERS 64
#define REPORT_SURVIVORS 16
#define REPORT_SIGNALS 16
#define REPORT_VIA 256

/** A signal that the supervisor sent for a stop. */
struct report_signal {
	int32_t signo;
	uint32_t count; /* to how many processes; 0: to whole cage by kernel */
	int64_t at_us; /* since the start */
};

/** A leftover or survivor, as the processes of jig exchange it. Not struct
 * jig_leftover, which can grow: all of them are of one version. */
struct leftover {
	pid_t pid;
	pid_t ppid;
	pid_t pgid;
	pid_t sid;
	uid_t uid;
	char state;
	uint32_t how;
	uint32_t fate;
	int32_t value;
	int64_t after_us;
	char comm[16];
	char command[176];
};

struct jig_report {
	uint32_t reason; /* enum jig_reason */
	int32_t main_pid;
	int32_t main_status; /* wait(2); -1: never seen to end */
	uint32_t cage; /* enum jig_cage */
	uint32_t strength; /* enum cage_strength */
	uint32_t proved; /* emptiness was proved */
	uint32_t daemon; /* it went on after main's end, as was requested */
	uint32_t complete; /* the supervisor has written all of it */
	int64_t began_us; /* microseconds since 1970 */
	int64_t wall_us; /* start to verified end */
	int64_t main_us; /* start to the end of main; -1: never seen */
	int64_t user_us, system_us;
	uint64_t peak_bytes;
	uint64_t seen; /* processes reaped or found; a lower bound */
	uint32_t signal_count, leftover_count, survivor_count;
	uint32_t leftover_total, survivor_total;
	uint32_t killed; /* of the leftovers, by SIGKILL */
	struct report_signal signals[REPORT_SIGNALS];
	char why[512]; /* why this cage */
	char via[REPORT_VIA]; /* how its machine is reached; "": this one */
	struct leftover survivors[REPORT_SURVIVORS];
	struct leftover leftovers[REPORT_LEFTOVERS];
};

/** Words for enum jig_reason. */
extern const struct words report_reason_words;

/** How many bytes of it are in use: the last array is sent as far as filled. */
size_t report_size(const struct jig_report *report);

/**
 * Whether bytes that came over a socket are a report. Pure.
 * @return  0, or -EBADMSG.
 */
int report_check(const void *data, size_t size);

/** Copy what is in use: most reports are far shorter than the struct. */
void report_copy(struct jig_report *to, const struct jig_report *from);

/** 128 + n for signals, 255 at most; -1 when main was never seen to end. */
int report_code(const struct jig_report *report);

/** The JSON of docs/report.schema.json. @return 0 or -ENOMEM. */
int report_json(const struct jig_report *report, struct buffer *ret);

/**
 * The short paragraph for a terminal; empty when nothing was left.
 * @of      whose leftovers they are: "the command".
 * @return  0 or -ENOMEM.
 */
int report_text(const struct jig_report *report, const char *of,
		struct buffer *ret);

#endif
