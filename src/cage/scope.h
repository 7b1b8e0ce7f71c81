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

/**
 * Outlive our session. If our control group is that of a session, and logind
 * kills its processes at its end (KillUserProcesses=yes in logind.conf(5), from
 * which root is exempt), enter a scope of the user manager. That outlives the
 * session only if it lingers, see loginctl(1).
 *
 * @return  0; -ENOTSUP or another -errno with the reason: logind will end us.
 */
int scope_outlive_session(int procfd, struct fault *fault);

/** Whether the manager that would be asked answers; for `jig doctor`. */
int scope_probe(struct fault *fault);

#endif
