/* SPDX-License-Identifier: MIT */
/*
 * The client's side of one connection to a `jig up`.
 *
 * Invariant: no wait without a word. A `jig up` that has ended or is suspended
 * is named.
 *
 * What does not belong here: which `jig up` is asked (client.h).
 */
#ifndef JIG_UP_CONTROL_TALK_H
#define JIG_UP_CONTROL_TALK_H

#include "cli/command/up_options.h"

/** Connect to a socket. @return a descriptor or -errno. */
int talk_connect(const char *path);

/**
 * Send to one `jig up`, and print what it answers.
 * @is_last  no other one is asked: print that it has no such service.
 * @return   its status; -ESRCH: it has ended.
 */
int talk_ask(const struct up_settings *settings, const char *path,
	     const char *const *words, bool is_last);

#endif
