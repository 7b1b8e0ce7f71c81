/* SPDX-License-Identifier: MIT */
/*
 * A connection that is being made without waiting for it.
 *
 * Invariant: an attempt has a limit of one second, or the one that was
 * requested; an attempt that hangs is abandoned and made again. Not here: which
 * process owns the listener (core/probe/ownership.h).
 */
#ifndef JIG_CORE_PROBE_CONNECTOR_H
#define JIG_CORE_PROBE_CONNECTOR_H

#include "core/output/asking.h"
#include "core/probe/probe.h"
#include "net/endpoint.h"

#define CONNECTOR_ATTEMPT_US 1000000
#define CONNECTOR_PAUSE_US 25000 /* between an attempt that failed and next */

struct connector {
	int fd; /* -1: no attempt is made now */
	bool connected;
	int64_t deadline_us; /* of the attempt, on clock_us() */
	int64_t attempt_us; /* how long one may take; kept by close() */
	bool v6; /* of localhost ::1 is next; kept by close() */
	struct asking asking; /* for a path; kept by close() */
};

#define CONNECTOR_NONE                                                         \
	((struct connector){ .fd = -1, .attempt_us = CONNECTOR_ATTEMPT_US })

/**
 * Begin an attempt, or see how far it is.
 * @listener  see endpoint_address(); NULL: of localhost both are tried.
 * @return  1 connected: `fd`; 0 not yet, @reason says why.
 */
int connector_look(struct connector *connector, const struct endpoint *endpoint,
		   const struct listener *listener, char reason[PROBE_REASON]);

/** Whether the attempt's time is up. */
bool connector_is_late(const struct connector *connector);

/** While it connects; -1 when none is made. */
int connector_descriptor(const struct connector *connector, short *ret_events);

/** Until the attempt's end, or until the next one. */
int64_t connector_interval_us(const struct connector *connector);

/** Whether a connection is accepted within 20 ms, on this machine's loopback.
 */
bool connector_try(const struct endpoint *endpoint);

/** Abandon the attempt. Accepts CONNECTOR_NONE. */
void connector_close(struct connector *connector);

/** The same, and make no other one. */
void connector_free(struct connector *connector);

#endif
