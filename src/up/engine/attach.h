/* SPDX-License-Identifier: MIT */
/*
 * Terminals that are attached to an instance's terminal: they show its output,
 * and what a user types there is the instance's input.
 *
 * Invariant: a client that does not read, or a program that does not read, does
 * not delay others: pending input has a limit, and the client limits the rest.
 *
 * What does not belong here: the socket and its clients (up/control).
 */
#ifndef JIG_UP_ENGINE_ATTACH_H
#define JIG_UP_ENGINE_ATTACH_H

#include <stddef.h>
#include <sys/ioctl.h>

struct instance;
struct attached;

/** Show bytes that the instance has written on all attached terminals. */
void attach_show(struct instance *instance, const char *bytes, size_t size);

/**
 * Attach a terminal.
 * @show     gets the bytes; @end is called when the instance has ended.
 * @return   detach() it; NULL if memory is short.
 */
struct attached *attach(struct instance *instance,
			void (*show)(void *context, const char *bytes,
				     size_t size),
			void (*end)(void *context), void *context);

/** Pass on typed bytes. While 1 MiB of them is pending, more are dropped. */
void attach_type(struct attached *attached, const char *bytes, size_t size);

/** Write pending input: the instance's terminal may take it now. */
void attach_flush(struct instance *instance);

/** Set its window size. The instance gets the smallest of all. */
void attach_resize(struct attached *attached, const struct winsize *size);

void detach(struct attached *attached);

/** The instance has ended: call @end of all, and detach them. */
void attach_end(struct instance *instance);

#endif
