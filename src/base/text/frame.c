// SPDX-License-Identifier: MIT
#include "base/text/frame.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* As int64_t, and not negative. */
#define LIMIT_SIZE 8

static bool is_kind(unsigned char byte)
{
	return byte && strchr("WOESRIZL", byte);
}

/* Limits of a payload, by its kind. */
static bool frame_fits(enum frame_kind kind, const char *payload, size_t size)
{
	switch (kind) {
	case FRAME_WORDS:
		return size > 0 && payload[size - 1] == '\0';
	case FRAME_STATUS:
		return size == 1;
	case FRAME_RAW:
		return size == 0;
	case FRAME_RESIZE:
		return size == 4;
	case FRAME_LIMIT:
		return size == LIMIT_SIZE && !(payload[LIMIT_SIZE - 1] & 0x80);
	default:
		return true;
	}
}

long frame_parse(const char *bytes, size_t size, struct frame *ret)
{
	const unsigned char *head = (const unsigned char *)bytes;
	uint32_t length;

	if (size > 0 && !is_kind(head[0]))
		return -EBADMSG;
	if (size < FRAME_HEAD)
		return 0;
	length = head[1] | (uint32_t)head[2] << 8 | (uint32_t)head[3] << 16 |
		 (uint32_t)head[4] << 24;
	if (length > FRAME_SIZE)
		return -EBADMSG;
	if (size - FRAME_HEAD < length)
		return 0;
	if (!frame_fits(head[0], bytes + FRAME_HEAD, length))
		return -EBADMSG;
	*ret = (struct frame){ head[0], bytes + FRAME_HEAD, length };
	return FRAME_HEAD + (long)length;
}

static void add_one(struct buffer *to, enum frame_kind kind,
		    const char *payload, size_t size)
{
	unsigned char head[FRAME_HEAD] = { (unsigned char)kind,
					   (unsigned char)size,
					   (unsigned char)(size >> 8),
					   (unsigned char)(size >> 16),
					   (unsigned char)(size >> 24) };

	buffer_add(to, head, sizeof(head));
	if (size > 0)
		buffer_add(to, payload, size);
}

void frame_add(struct buffer *to, enum frame_kind kind, const void *payload,
	       size_t size)
{
	const char *bytes = payload;

	for (; size > FRAME_SIZE; bytes += FRAME_SIZE, size -= FRAME_SIZE)
		add_one(to, kind, bytes, FRAME_SIZE);
	add_one(to, kind, bytes, size);
}

void frame_add_limit(struct buffer *to, int64_t us)
{
	unsigned char bytes[LIMIT_SIZE];

	for (int i = 0; i < LIMIT_SIZE; i++)
		bytes[i] = (unsigned char)((uint64_t)us >> 8 * i);
	frame_add(to, FRAME_LIMIT, bytes, sizeof(bytes));
}

int64_t frame_limit(const struct frame *frame)
{
	uint64_t us = 0;

	for (int i = LIMIT_SIZE; i > 0; i--)
		us = us << 8 | (unsigned char)frame->payload[i - 1];
	return (int64_t)us;
}

int frame_add_words(struct buffer *to, char *const *words)
{
	struct buffer payload = { 0 };
	int r;

	if (!words[0])
		return -EINVAL;
	for (; *words; words++)
		buffer_add(&payload, *words, strlen(*words) + 1);
	r = payload.error ? payload.error
			  : (payload.used > FRAME_SIZE ? -E2BIG : 0);
	if (r == 0)
		frame_add(to, FRAME_WORDS, payload.text, payload.used);
	buffer_free(&payload);
	return r;
}

int frame_words(const struct frame *frame, struct list *ret)
{
	CLEANUP(list_free) struct list words = { 0 };
	const char *word = frame->payload;
	int count = 0, r = 0;

	if (frame->kind != FRAME_WORDS)
		return -EBADMSG;
	for (; r == 0 && word < frame->payload + frame->size; count++) {
		r = list_append(&words, &word, sizeof(word));
		word += strlen(word) + 1;
	}
	if (r == 0)
		r = list_end(&words);
	if (r < 0)
		return r;
	*ret = words;
	words = (struct list){ 0 };
	return count;
}
