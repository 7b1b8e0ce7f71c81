/* SPDX-License-Identifier: MIT */
/*
 * Waking the process at the other end of a socket pair: it looks at the board
 * (core/board.h) then. A descriptor may travel with the packet.
 *
 * Invariant: a packet is one byte and says nothing that the board does not say,
 * but for its descriptor; so a packet that finds the socket full is not needed:
 * the other end has packets to read already, and looks after it has read them.
 * The death of a process shows as end of file.
 */
#ifndef JIG_CORE_WAKE_H
#define JIG_CORE_WAKE_H

/** Most packets that are read at once: a peer that floods us is not served
 * alone. */
#define WAKE_PACKETS 64

enum wake_kind {
	WAKE_LOOK = 'w', /* no descriptor */
	WAKE_BOARD = 'b', /* the board's memfd: the first packet of a host */
	WAKE_MAIN = 'm', /* main's pidfd */
	WAKE_RING = 'r', /* the memfd of the ring of its output */
};

/**
 * Wake it. Never blocks and never raises SIGPIPE.
 * @return  0; -EPIPE: the other end is gone; else -errno: call again later.
 */
int wake(int socket);

/**
 * The same with a descriptor. For the first packets of a socket, which find
 * room always; a descriptor that cannot be sent (RLIMIT_NOFILE, see unix(7)) is
 * left out.
 */
int wake_with(int socket, enum wake_kind kind, int fd);

/**
 * Read one packet; does not block.
 * @ret_fd  the descriptor that came with it, or -1; the caller closes it.
 * @return  its enum wake_kind; 0 when the other end is gone; -EAGAIN; -EBADMSG:
 *          no packet of this version; or -errno.
 */
int wake_receive(int socket, int *ret_fd);

#endif
