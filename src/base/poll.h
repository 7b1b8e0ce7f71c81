/* SPDX-License-Identifier: MIT */
/*
 * poll(2) for a process that must always react, or whose signal handlers run
 * all the time.
 *
 * poll(2) fails with EINVAL if it gets more entries than RLIMIT_NOFILE allows,
 * and another process of the same user may lower this limit (prlimit(2)). A
 * loop that only repeats the call would use a processor and react to nothing.
 */
#ifndef JIG_BASE_POLL_H
#define JIG_BASE_POLL_H

#include <poll.h>
#include <stddef.h>

/**
 * As poll(2). If poll(2) fails: as select(2), which has no such limit; if that
 * fails as well, a short sleep and "no event". So the caller can at least check
 * its deadlines, and does not use a processor.
 *
 * In these two cases an entry without events shows nothing.
 *
 * A signal does not end it: it waits for the rest of the time.
 *
 * @return  how many entries have an event, 0 or more.
 */
int poll_fds(struct pollfd *fds, size_t count, int timeout_ms);

#endif
