/* SPDX-License-Identifier: MIT */
/*
 * Frames on a stream socket between a command and what it controls (a running
 * `jig up`, a job): one byte of kind, four bytes of length (little-endian), the
 * payload. Pure functions over bytes; the caller reads and writes.
 *
 * A request is the command's words: FRAME_WORDS. The answer is output to be
 * printed (FRAME_OUT, FRAME_ERR), and then an exit status (FRAME_STATUS). A
 * terminal that is attached sends FRAME_INPUT and FRAME_RESIZE meanwhile.
 */
#ifndef JIG_BASE_TEXT_FRAME_H
#define JIG_BASE_TEXT_FRAME_H

#include <stdint.h>

#include "base/list.h"

/** The largest payload. */
#define FRAME_SIZE 65536
#define FRAME_HEAD 5

enum frame_kind {
	FRAME_WORDS = 'W', /* argv: texts, each with its NUL */
	FRAME_OUT = 'O', /* bytes for stdout */
	FRAME_ERR = 'E', /* bytes for stderr */
	FRAME_STATUS = 'S', /* one byte: the exit status; the last frame */
	FRAME_RAW = 'R', /* put your terminal into raw mode: it is attached */
	FRAME_INPUT = 'I', /* what was typed */
	FRAME_LIMIT = 'L', /* how long an answer may take: microseconds, eight
			    * bytes, little-endian */
	FRAME_RESIZE =
		'Z', /* rows and columns: two bytes each, little-endian */
};

struct frame {
	enum frame_kind kind;
	const char *payload; /* in the bytes that were given */
	size_t size;
};

/**
 * The frame that @bytes begin with.
 * @return  how many bytes it is; 0: not whole yet; -EBADMSG: no such kind, or
 *          too long, or a payload that its kind cannot have.
 */
long frame_parse(const char *bytes, size_t size, struct frame *ret);

/** Append one; a long payload of OUT, ERR or INPUT becomes several. */
void frame_add(struct buffer *to, enum frame_kind kind, const void *payload,
	       size_t size);

/** FRAME_LIMIT, and what such a frame says. */
void frame_add_limit(struct buffer *to, int64_t us);
int64_t frame_limit(const struct frame *frame);

/** FRAME_WORDS of an argv. @return 0, -EINVAL (no words) or -E2BIG. */
int frame_add_words(struct buffer *to, char *const *words);

/** The words of FRAME_WORDS: of const char *, pointing into it, NULL at the
 * end. @return how many, or -EBADMSG, -ENOMEM. */
int frame_words(const struct frame *frame, struct list *ret);

#endif
