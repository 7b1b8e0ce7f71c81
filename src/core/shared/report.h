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
#include "base/text/json.h"
#include "base/text/words.h"
#include "core/shared/marks.h"

#define REPORT_LEFTOVERS 64
#define REPORT_SURVIVORS 16
#define REPORT_SIGNALS 16
#define REPORT_ANCESTORS 128
#define REPORT_DEPTH 32 /* described ancestors of one process */
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
	uint32_t ancestor; /* the nearest: 1 + its index; 0: not known */
	int64_t seen_us; /* it was alive then, on clock_us() */
	char comm[16];
	char command[176];
	struct marks marks;
};

/** What the ancestors in a report were read from. */
enum ancestry_source {
	ANCESTRY_NONE,
	ANCESTRY_PROC, /* parents that lived when the process was found */
	ANCESTRY_CONNECTOR, /* the kernel's process events */
};

/** A process that has started another one. */
struct ancestor {
	pid_t pid;
	uint32_t parent; /* 1 + its index, which is lower; 0: not known */
	bool forked; /* it has executed no program: command is its parent's */
	int64_t began_us; /* since 1970; -1: not known */
	char command[176]; /* "": not known */
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
	uint32_t ancestry; /* enum ancestry_source */
	uint32_t ancestry_lost; /* how often the source has lost anything */
	uint32_t ancestor_count;
	struct report_signal signals[REPORT_SIGNALS];
	char why[512]; /* why this cage */
	char via[REPORT_VIA]; /* how its machine is reached; "": this one */
	struct leftover survivors[REPORT_SURVIVORS];
	struct leftover leftovers[REPORT_LEFTOVERS];
	struct ancestor ancestors[REPORT_ANCESTORS];
};

/** Words for enum jig_reason. */
extern const struct words report_reason_words;

/** Words for enum ancestry_source. */
extern const struct words report_ancestry_words;

/** How many bytes of it are in use: the last arrays are sent as far as filled.
 */
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

/* report_ancestry.c */

/** Add an ancestor, unless it is there; its parent was added before.
 * @return  1 + its index; if there is no room, that of its parent. */
uint32_t report_add_ancestor(struct jig_report *report,
			     const struct ancestor *ancestor);

/** @number  1 + its index. @return the ancestor, or NULL. */
const struct ancestor *report_ancestor(const struct jig_report *report,
				       uint32_t number);

/** The part of report_check() about ancestors; all counts are checked. */
int report_check_ancestry(const struct jig_report *report);

/** The part of report_json() about the ancestors of one process. */
void report_json_ancestry(struct json *json, const struct jig_report *report,
			  const struct leftover *leftover);

/** The line of report_text() about the ancestors of one process: none if there
 * is at most the main command. */
void report_text_ancestry(struct buffer *out, const struct jig_report *report,
			  const struct leftover *leftover);

/* report_json.c, report_text.c */

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
