/* SPDX-License-Identifier: MIT */
/*
 * An order: what the relay of a fixture on another machine has to do. `jig run`
 * makes it, and the relay reads it from a descriptor: values of variables may
 * be secret, and other users can read the words of a process.
 *
 * Invariant: what was read is complete and checked.
 */
#ifndef JIG_VIA_ORDER_H
#define JIG_VIA_ORDER_H

#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"

/** The relay's descriptors: the order, and the socket to the guard. */
#define VIA_ORDER_FD 3
#define VIA_GUARD_FD 4

/** The word that makes jig the relay; the guard executes it. */
#define VIA_RELAY_WORD "--via-relay"

/** The relay's policy sends this signal: it requests a stop there. No other
 * process sends it; all other signals are forwarded. */
#define VIA_STOP_SIGNAL 64

/** The default of --via-timeout. */
#define VIA_TIMEOUT_US 30000000LL

/** Time that a stop there has beyond the length of its policy. */
#define VIA_MORE_US 5000000LL

struct via_order {
	struct list words; /* of char *, owned: the transport */
	char *text; /* these words as they were given */
	char *jig; /* the jig there: a path, or a name for its PATH */
	char *address; /* by which this side reaches that machine; NULL */
	char *start; /* members of the parameters of `start`, as JSON */
	int64_t timeout_us; /* until jig there has answered */
	int64_t stop_us; /* the length of the stop policy */
	bool pushes; /* copy jig there, if it is missing */
	bool has_probes;
};

/**
 * Split as a shell splits words and removes quotes; nothing is replaced.
 * @ret     of char *, list_free_texts() it.
 * @return  0; -EINVAL a quote is not closed, or there is no word; -ENOMEM.
 */
int via_split(const char *text, struct list *ret);

/** Whether these words, at least one, are of ssh(1). */
bool via_is_ssh(const struct list *words);

/** The host that ssh(1) connects to; NULL: it is none. May change @words. */
const char *via_host(const struct list *words);

/** Write it into an unnamed file. @return the descriptor, or -errno. */
int via_order_write(const struct via_order *order);

/** Read it. @return 0; -EINVAL it is none; or -errno. */
int via_order_read(int fd, struct via_order *ret);

void via_order_free(struct via_order *order);

#endif
