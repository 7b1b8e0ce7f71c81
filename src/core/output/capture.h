/* SPDX-License-Identifier: MIT */
/*
 * The output of a command, read by the guard: kept in a ring, written to a log
 * file, passed on to our own output, and shown line by line to `log:` probes.
 *
 * Invariant: the command waits only for an output that is passed on (inherited)
 * and whose reader is slow, as without jig; while the capture is paused; and
 * for a log file that takes nothing, for a second at most. We ourselves wait
 * for none of them (core/output/outlet.h). Bytes that a log file refuses (a
 * full disk), or does not take in that second (a file system that does not
 * answer), are counted as lost, and the command goes on.
 */
#ifndef JIG_CORE_OUTPUT_CAPTURE_H
#define JIG_CORE_OUTPUT_CAPTURE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/file/pty.h"
#include "base/list.h"
#include "core/output/outlet.h"
#include "core/output/ring.h"

/** Which outputs are captured. Bits. */
enum capture_which {
	CAPTURE_OUT = 1,
	CAPTURE_ERR = 2,
};

struct capture_stream {
	int fd; /* our end of the pipe; -1: not captured, or at its end */
	int command_end; /* the command's, until it has started */
	struct outlet forward; /* where it is passed on to, or closed */
	size_t last_read; /* bytes of the last read(2) */
	bool is_unrecorded; /* goes neither into the ring nor into the log */
	struct buffer waiting; /* to be passed on */
	struct buffer line; /* the line that has no newline yet */
	bool at_line_start; /* of what the log has */
};

struct capture {
	unsigned which;
	bool pass_on; /* to our own stdout and stderr, too */
	unsigned watched; /* not captured: only looked at, and passed on */
	size_t ring_size; /* 0: RING_SIZE */
	const char *log_path; /* NULL: none */
	const char *prefix; /* before each line of the log; NULL: none */
	bool times;

	struct capture_stream streams[2]; /* stdout, stderr; or both in one */
	struct ring *ring;
	int ring_fd;
	struct outlet log;
	struct buffer log_waiting; /* no room in the pipe of the log's writer */
	int64_t log_moved_us; /* when the log took something, or began to wait
			       */
	bool log_stuck; /* it took nothing for long: what comes is lost */
	/** Called for each line, and for the beginning of the last one. */
	void (*line)(void *context, const char *line, size_t length);
	void *context;

	/** Instead of pipes: the command's terminal, for all three of its
	 * standard descriptors. The caller holds the slave, too: so the master
	 * never shows an end. */
	const struct pty *terminal;
	bool paused; /* nothing is read; what it writes waits */
	/** Called when bytes have come, which are in the ring already. */
	void (*taken)(void *context, const char *bytes, size_t size);
	void *taken_context;
};

#define CAPTURE_STREAM_NONE                                                    \
	{                                                                      \
		.fd = -1, .command_end = -1, .forward = OUTLET_NONE_INIT       \
	}
#define CAPTURE_NONE                                                           \
	((struct capture){                                                     \
		.ring_fd = -1,                                                 \
		.log = OUTLET_NONE_INIT,                                       \
		.streams = { CAPTURE_STREAM_NONE, CAPTURE_STREAM_NONE } })

/**
 * Open pipes, ring and log.
 * @fds  gets the command's ends, as struct spawn_fd.
 * @return  0 or -errno with the reason.
 */
int capture_open(struct capture *capture, struct list *fds,
		 struct fault *fault);

/** The supervisor has the command's ends: close ours. */
void capture_let_go(struct capture *capture);

/** Add the descriptors of the capture. */
void capture_descriptors(const struct capture *capture, struct fd_except *ret);

/** Most descriptors that capture_watch() gives. */
#define CAPTURE_FDS 5

/** What poll(2) is to watch. @return how many. */
size_t capture_watch(const struct capture *capture, struct pollfd *ret);

/** Until when at most, on clock_us(); -1: no limit. */
int64_t capture_deadline(const struct capture *capture);

/** Read and write what can be, without waiting. */
void capture_work(struct capture *capture);

/** The command has ended: read all that it had written, as far as there is room
 * for it in the log. Reads a pipe's capacity at most. */
void capture_drain(struct capture *capture);

/** The fixture has ended: take what still is in the pipes, end the last line.
 */
void capture_finish(struct capture *capture);

void capture_close(struct capture *capture);

#endif
