/* SPDX-License-Identifier: MIT */
/*
 * Other jigs around us and inside of our cage.
 *
 * A name is no identity: any process can call itself jig-supervisor. So a
 * supervisor is one that runs the program that we run. An ordinary user's jig
 * cannot be looked at by that user (it is undumpable); there the size of its
 * program must do. A process that pretends all this hides those from the stop
 * signal that descend from it, which it could do by ignoring the signal before
 * it starts them; and SIGKILL at the end makes no difference between them.
 *
 * Nothing here waits for a file system: names of files are compared, the files
 * are not looked up.
 */
#ifndef JIG_CORE_INNER_H
#define JIG_CORE_INNER_H

#include <stdbool.h>

#include "proc/stat.h"

/** Whether it is the supervisor of another jig. */
bool inner_is_supervisor(int procfd, const struct proc_stat *stat);

/** Whether @pid is the supervisor of a jig that we ourselves run in. */
bool inner_is_around_us(int procfd, pid_t pid);

#endif
