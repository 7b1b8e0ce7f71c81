/* SPDX-License-Identifier: MIT */
/*
 * Facts about this machine, for `jig doctor`.
 *
 * Each function writes one line and decides nothing. Whether a cage works does
 * not belong here: cli/doctor/trial.h.
 */
#ifndef JIG_CLI_DOCTOR_MACHINE_H
#define JIG_CLI_DOCTOR_MACHINE_H

#include <stddef.h>

/** "Linux 6.1.0-18-amd64 x86_64". */
void machine_kernel(char *buffer, size_t size);

/** "pure v2", "hybrid: v2 at …", "v1 only"; and our own cgroup. */
void machine_cgroup(char *buffer, size_t size);

/** Whether a cgroup of ours has cgroup.kill. */
void machine_cgroup_files(char *buffer, size_t size);

/** Controllers that --memory, --pids and --cpu can use here. */
void machine_controllers(char *buffer, size_t size);

/** Whether an ordinary user can create a user namespace, and why not. */
void machine_user_namespaces(char *buffer, size_t size);

/** Which system calls work: "pidfd_open yes, close_range yes". */
void machine_calls(char *buffer, size_t size);

/** "mounted", "mounted with hidepid", "missing". */
void machine_proc(char *buffer, size_t size);

/** Whether systemd's manager (the user's; for root the system's) answers. */
void machine_systemd(char *buffer, size_t size);

#endif
