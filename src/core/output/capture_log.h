/* SPDX-License-Identifier: MIT */
/*
 * The log file of a capture: what of the output goes into it, and what happens
 * if it takes nothing. Only capture.c calls this.
 *
 * Invariant: no call waits for the log, except capture_log_finish(), until the
 * time that it is given. Each byte is written in order, or counted as lost.
 */
#ifndef JIG_CORE_OUTPUT_CAPTURE_LOG_H
#define JIG_CORE_OUTPUT_CAPTURE_LOG_H

#include "core/output/capture.h"

/** One read: a pipe's whole default size. */
#define CAPTURE_CHUNK 65536
/** Limit of bytes that wait to be passed on; beyond it we stop reading. */
#define CAPTURE_WAITING_MAX CAPTURE_CHUNK

/** Open `log_path`, if there is one. @return 0, or -errno with the reason. */
int capture_log_open(struct capture *capture, struct fault *fault);

/** Whether the command has to wait for the log. A log that is stuck delays
 * nothing. */
bool capture_log_is_full(const struct capture *capture);

/**
 * Let the log have what the command's pipe holds, without a copy, when that is
 * much: each part, however small, takes a whole page of the log's pipe.
 * @return  how many bytes; 0: write what is read.
 */
size_t capture_log_tee(struct capture *capture,
		       const struct capture_stream *stream);

/** Add what was read. @is_logged  capture_log_tee() had it already. */
void capture_log_add(struct capture *capture, struct capture_stream *stream,
		     const char *data, size_t size, bool is_logged);

/** Write what waits. */
void capture_log_push(struct capture *capture);

/** Write what waits, and close the log, until @until_us on clock_us(). */
void capture_log_finish(struct capture *capture, int64_t until_us);

#endif
