/* SPDX-License-Identifier: MIT */
/*
 * Waking the process at the other end of a socket pair, so that it reads the
 * board (core/shared/board.h). A packet may carry a descriptor.
 *
 * Invariant: a packet is one byte, and carries no state except its descriptor.
 * So a packet may be dropped if the socket is full: the other end has unread
 * packets, and reads the board after them. End of file shows that the process
 * at the other end has died.
 */
#ifndef JIG_CORE_SHARED_WAKE_H
#define JIG_CORE_SHARED_WAKE_H

/** Limit of packets in one round, so that a flood from one peer does not delay
 * other events. */
#define WAKE_PACKETS 64

enum wake_kind {
	WAKE_LOOK = 'w', /* without a descriptor */
	WAKE_BOARD = 'b', /* the board's memfd: the first packet of a host */
	WAKE_MAIN = 'm', /* main's pidfd */
	WAKE_RING = 'r', /* the memfd of the ring of its output */
};

/**
 * Wake the other end. Does not block and does not raise SIGPIPE.
 * @return  0; -EPIPE: the other end is closed; else -errno: call again later.
 */
int wake(int socket);

/**
 * The same with a descriptor. Only for the first packets of a socket, for which
 * there is always room. If the descriptor cannot be sent (RLIMIT_NOFILE, see
 * unix(7)), the packet goes without it.
 */
int wake_with(int socket, enum wake_kind kind, int fd);

/**
 * The same; if the descriptor cannot be sent, neither is the packet.
 * @return  0 or -errno.
 */
int wake_pass(int socket, enum wake_kind kind, int fd);

/**
 * Read one packet; does not block.
 * @ret_fd  the descriptor that came with it, or -1; the caller closes it.
 * @return  its enum wake_kind; 0: the other end is closed; -EAGAIN: there is
 *          none, or no memory to read it, call again later; -EBADMSG: not a
 *          packet of this version; or -errno: there will be no packet.
 */
int wake_receive(int socket, int *ret_fd);

#endif
