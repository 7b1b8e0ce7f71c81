/* SPDX-License-Identifier: MIT */
/*
 * A feed: reads one stream of an instance into the output.
 *
 * Invariant: a feed reads a bounded number of bytes in one round, so one noisy
 * service does not delay others.
 *
 * What does not belong here: lines and prefixes (up/output).
 */
#ifndef JIG_UP_ENGINE_FEED_H
#define JIG_UP_ENGINE_FEED_H

#include "up/engine/instance.h"

/**
 * Read from @fd from now on. The feed owns @fd, also after a failure.
 * @return  0 or -errno with the reason.
 */
int feed_open(struct feed *feed, int fd, bool is_err, struct fault *fault);

/** Resume or pause reading. */
void feed_enable(struct feed *feed, bool on);

/** Read what is left, end the stream, and close. A feed that was never opened
 * is allowed. */
void feed_close(struct feed *feed);

#endif
