/* SPDX-License-Identifier: MIT */
/*
 * The service manager that has started us, see sd_notify(3): NOTIFY_SOCKET of
 * our own environment.
 *
 * Only our messages count for it (NotifyAccess=main of systemd.service(5)), so
 * we pass on what the command says, and READY=1 once the fixture is ready.
 *
 * Invariant: no call here blocks, except the opening.
 */
#ifndef JIG_NET_MANAGER_H
#define JIG_NET_MANAGER_H

#include <stdbool.h>

#include "base/fault.h"

struct manager {
	int fd; /* connected, above 2; or -1 */
	bool was_ready; /* READY=1 was requested: a later one is main's own */
	bool owes_ready; /* its queue was full */
};

#define MANAGER_NONE ((struct manager){ .fd = -1 })

/** The variables by which a manager addresses its service: NULL-terminated.
 * They are not for other processes, such as the fixtures of --with. */
extern const char *const manager_variables[];

/** Connect to it if NOTIFY_SOCKET names one, "@name" or "/path".
 * @return  0, also if there is none; or -errno with the reason. */
int manager_open(struct manager *manager, struct fault *fault);

/** Send a message; lost if the queue is full. MANAGER_NONE is told nothing. */
void manager_tell(const struct manager *manager, const char *text);

/** Send READY=1, or note that it is owed. */
void manager_tell_ready(struct manager *manager);

/** Whether a line of the command's message is passed on. MAINPID= is not: we
 * are the process that the manager stops, and whose status it takes. */
bool manager_takes(const struct manager *manager, const char *line);

#endif
