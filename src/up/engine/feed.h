/* SPDX-License-Identifier: MIT */
/*
 * A feed: one stream that an instance writes to, read into the output.
 */
#ifndef JIG_UP_ENGINE_FEED_H
#define JIG_UP_ENGINE_FEED_H

#include "up/engine/instance.h"

/**
 * Read from @fd, which becomes the feed's, from now on.
 * @return  0 or -errno with the reason.
 */
int feed_open(struct feed *feed, int fd, bool is_err, struct fault *fault);

/** Read on, or do not for now. */
void feed_enable(struct feed *feed, bool on);

/** Read what is there, end the stream, and close. Accepts one never opened. */
void feed_close(struct feed *feed);

#endif
