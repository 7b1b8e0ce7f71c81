/* SPDX-License-Identifier: MIT */
/*
 * One message of sd_notify(3), with the sender that the kernel has checked.
 *
 * Invariant: no descriptor is ever received. Whether a sender is trusted does
 * not belong here (notify.c).
 */
#ifndef JIG_CORE_PROBE_KIND_NOTIFY_MESSAGE_H
#define JIG_CORE_PROBE_KIND_NOTIFY_MESSAGE_H

#include <sys/types.h>

#define NOTIFY_MESSAGE_MAX 4096

struct notify_message {
	char text[NOTIFY_MESSAGE_MAX + 1];
	pid_t sender; /* 0: unknown, or outside of our pid namespace */
	uid_t uid; /* its real one, which the kernel has checked */
};

/** Does not block. @return 1; 0 there is none; -errno. */
int notify_receive(int fd, struct notify_message *ret);

#endif
