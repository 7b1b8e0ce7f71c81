/* SPDX-License-Identifier: MIT */
/*
 * Other jigs: around this one, and inside of its cage.
 *
 * Any process can name itself jig-supervisor, and any process can execute jig's
 * program under this name. So a process counts as a supervisor only if it runs
 * jig's own program, and was forked by a process that ran it: a supervisor is a
 * fork of its guard and executes nothing. jig's program takes the name away
 * from itself when it starts (inner_drop_name()), so only a supervisor has all
 * three.
 *
 * An ordinary user cannot read the program of another jig (it is undumpable);
 * then the size of the program is compared. A process that fakes all this, with
 * the program's code changed, keeps the stop signal from its descendants. It
 * could do so anyway: a process that ignores the signal starts descendants
 * which ignore it, too. SIGKILL at the end reaches all of them.
 *
 * Nothing here blocks on a file system: names of files are compared, and the
 * files are not looked up.
 */
#ifndef JIG_CORE_SUPERVISOR_INNER_H
#define JIG_CORE_SUPERVISOR_INNER_H

#include <stdbool.h>

#include "proc/stat.h"

/** Whether the process is the supervisor of another jig. */
bool inner_is_supervisor(int procfd, const struct proc_stat *stat);

/** If jig was executed under a supervisor's name: have another one. */
void inner_drop_name(void);

/** Whether @pid is the supervisor of a jig around this one. */
bool inner_is_around_us(int procfd, pid_t pid);

#endif
