/* SPDX-License-Identifier: MIT */
/* Whether somebody listens already where a service is told to (PORT). */
#ifndef JIG_UP_PROJECT_PORT_H
#define JIG_UP_PROJECT_PORT_H

#include <stddef.h>

/**
 * Who listens on a TCP port of ours.
 *
 * @ret  "pid 123 (nginx)", or "another process" where we may not see which.
 * @return  whether anybody does; false also where it cannot be known.
 */
int port_holder(int port, char *ret, size_t size);

#endif
