/* SPDX-License-Identifier: MIT */
/*
 * A scope from systemd: a cgroup subtree delegated to us on request.
 *
 * Asked for through busctl(1), which comes with systemd, so that the command
 * needs no D-Bus library: Manager.StartTransientUnit with Delegate=yes
 * (org.freedesktop.systemd1(5)), of the user's manager, or of the system's
 * for root.
 *
 * The calling process is moved into a leaf of the scope, `jig`: only a process
 * inside of a delegated subtree may create processes in it, and a cgroup with
 * controllers may hold no process itself. systemd removes the scope when it is
 * empty.
 */
#ifndef JIG_CAGE_SCOPE_H
#define JIG_CAGE_SCOPE_H

#include "base/fault.h"

/**
 * Make a scope and enter it.
 * @return  the scope's directory, or -errno with the reason.
 */
int scope_make(int procfd, struct fault *fault);

/** Whether the manager that would be asked answers; for `jig doctor`. */
int scope_probe(struct fault *fault);

#endif
