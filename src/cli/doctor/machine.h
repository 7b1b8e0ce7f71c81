/* SPDX-License-Identifier: MIT */
/*
 * What this machine offers, in words: facts behind `jig doctor`.
 *
 * Each function writes one line and decides nothing; what works is for
 * cli/doctor/trial.h to find out.
 */
#ifndef JIG_CLI_DOCTOR_MACHINE_H
#define JIG_CLI_DOCTOR_MACHINE_H

#include <stddef.h>

/** "Linux 6.1.0-18-amd64 x86_64". */
void machine_kernel(char *buffer, size_t size);

/** "pure v2", "hybrid: v2 at …", "v1 only"; and our own cgroup. */
void machine_cgroup(char *buffer, size_t size);

/** cgroup.kill and cgroup.freeze in a cgroup of ours: "kill, freeze". */
void machine_cgroup_files(char *buffer, size_t size);

/** Controllers that --memory, --pids and --cpu could use here. */
void machine_controllers(char *buffer, size_t size);

/** Whether an ordinary user can make a user namespace, and why not. */
void machine_user_namespaces(char *buffer, size_t size);

/** "pidfd_open, clone3, close_range", as far as they work. */
void machine_calls(char *buffer, size_t size);

/** "mounted", "mounted with hidepid", "missing". */
void machine_proc(char *buffer, size_t size);

/** Whether systemd's manager (the user's; for root the system's) answers. */
void machine_systemd(char *buffer, size_t size);

#endif
