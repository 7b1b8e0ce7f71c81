/* SPDX-License-Identifier: MIT */
/*
 * Terminals that are attached to an instance's terminal: they see its bytes as
 * they come, and what is typed there is typed here.
 */
#ifndef JIG_UP_ENGINE_ATTACH_H
#define JIG_UP_ENGINE_ATTACH_H

#include <stddef.h>
#include <sys/ioctl.h>

struct instance;
struct attached;

/** Bytes that the instance wrote, to all that are attached. */
void attach_show(struct instance *instance, const char *bytes, size_t size);

/**
 * Attach one.
 * @show     gets the bytes; @end is called when the instance has ended.
 * @return   detach() it; NULL for want of memory.
 */
struct attached *attach(struct instance *instance,
			void (*show)(void *context, const char *bytes,
				     size_t size),
			void (*end)(void *context), void *context);

/** What was typed. What the program does not read in time is dropped once
 * 1 MiB waits. */
void attach_type(struct attached *attached, const char *bytes, size_t size);

/** The instance's terminal may take what waits. */
void attach_flush(struct instance *instance);

/** Its window; the instance's is the smallest of all. */
void attach_resize(struct attached *attached, const struct winsize *size);

void detach(struct attached *attached);

/** The instance has ended: all are told and gone. */
void attach_end(struct instance *instance);

#endif
