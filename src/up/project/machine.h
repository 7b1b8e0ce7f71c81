/* SPDX-License-Identifier: MIT */
/*
 * The machine on which a service runs: its `via`, as fields of a command.
 *
 * Invariant: a service without `via` runs here, and its command is unchanged.
 *
 * What does not belong here: how a file says it (up/files/compose_via.c), and
 * the way there (via/).
 */
#ifndef JIG_UP_PROJECT_MACHINE_H
#define JIG_UP_PROJECT_MACHINE_H

#include "up/project/project.h"

/** Whether it runs on another machine. */
static inline bool service_is_far(const struct service *service)
{
	return service->machine.via != NULL;
}

/** Set the transport and the directory of a command of this service. The
 * command borrows their texts. */
void machine_choose(const struct service *service, struct jig_command *ret);

/** The time until jig there has answered. */
int64_t machine_timeout_us(const struct machine *machine);

/** In `via` and `address`: the node of the instance. */
#define MACHINE_NODE "{node}"

/**
 * A text with the node of an instance in place of each mark.
 * @number  from 0 on.
 * @text    NULL is allowed.
 * @ret     free() it. NULL: @text is NULL.
 * @return  0 or -ENOMEM.
 */
int machine_text(const struct service *service, unsigned number,
		 const char *text, char **ret);

/** The words of an instance's transport, for people. As machine_text(); @ret
 * is NULL if it runs here. */
int machine_name(const struct service *service, unsigned number, char **ret);

/**
 * The host by which this side reaches an instance: its address, or the host of
 * ssh(1).
 * @number  from 0 on.
 * @ret     free() it. NULL: not known, so addresses are those there.
 * @return  0 or -ENOMEM.
 */
int machine_host(const struct service *service, unsigned number, char **ret);

#endif
