/* SPDX-License-Identifier: MIT */
/*
 * The kernel's process events: which process was created by which, executed a
 * program, or ended. They come from the process event connector, a multicast
 * group of netlink.
 *
 * The kernel tells them to processes of its first user, pid and network
 * namespaces; before 6.6 only to those with CAP_NET_ADMIN. It tells the events
 * of all processes of the machine. A filter in the kernel removes what is about
 * threads; the rest is for the reader to choose from.
 *
 * Invariant: an event is lost only if event_read() says so.
 */
#ifndef JIG_CORE_ANCESTRY_EVENT_H
#define JIG_CORE_ANCESTRY_EVENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum birth_kind {
	BIRTH_NONE, /* an event that is not about a process */
	BIRTH_FORK,
	BIRTH_EXEC,
	BIRTH_EXIT,
	BIRTH_ACK, /* the answer to the request for events */
};

struct birth_event {
	enum birth_kind kind;
	pid_t pid; /* of a process, not of a thread */
	pid_t parent; /* of BIRTH_FORK */
	int64_t at_us; /* on clock_us() */
	int error; /* of BIRTH_ACK: 0 or -errno */
};

/**
 * Begin to receive events, in a buffer of the kernel.
 * @ret  a descriptor that does not block.
 * @return  0; -EPERM: the kernel does not tell them to us; or another -errno.
 */
int event_open(int *ret);

/** Tell the kernel that no more events are needed, and close the descriptor.
 * Kernels before 6.6 do not notice it otherwise. */
void event_close(int *fd);

/**
 * The next event.
 * @return  0; -EAGAIN: there is none now; -ENOBUFS: some were lost here; or
 *          another -errno.
 */
int event_read(int fd, struct birth_event *ret);

/** One message of the kernel. Pure. @return 0 or -EBADMSG. */
int event_parse(const void *data, size_t size, struct birth_event *ret);

#endif
