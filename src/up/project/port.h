/* SPDX-License-Identifier: MIT */
/*
 * Whether a process listens already on the port of a service (PORT).
 *
 * Invariant: it sends nothing to the port, and takes no lock on a process's
 * memory.
 *
 * What does not belong here: which port an instance has (formation.h).
 */
#ifndef JIG_UP_PROJECT_PORT_H
#define JIG_UP_PROJECT_PORT_H

#include <stddef.h>

/**
 * Describe the process that listens on a TCP port.
 *
 * @ret     "pid 123 (nginx)"; "another process": it is not visible to us.
 * @return  whether a process listens; false also if this is unknown.
 */
int port_holder(int port, char *ret, size_t size);

#endif
