// SPDX-License-Identifier: MIT
#include "base/text/frame.h"
#include "fuzz.h"

/* What was parsed is what would be sent. */
static void check(const struct frame *frame, const char *bytes, size_t size)
{
	struct buffer again = { 0 };

	frame_add(&again, frame->kind, frame->payload, frame->size);
	MUST(again.error ||
	     (again.used == size && memcmp(again.text, bytes, size) == 0));
	buffer_free(&again);
}

static void check_words(const struct frame *frame)
{
	struct list words = { 0 };
	struct buffer again = { 0 };
	int count = frame_words(frame, &words);

	MUST(count > 0);
	MUST(((char **)words.items)[count] == NULL);
	MUST(frame_add_words(&again, words.items) == 0);
	MUST(again.used == FRAME_HEAD + frame->size);
	list_free(&words);
	buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_text(data, size);
	struct frame frame;
	size_t used = 0;
	long n;

	while ((n = frame_parse(bytes + used, size - used, &frame)) > 0) {
		MUST((size_t)n <= size - used);
		check(&frame, bytes + used, (size_t)n);
		if (frame.kind == FRAME_WORDS)
			check_words(&frame);
		used += (size_t)n;
	}
	free(bytes);
	return 0;
}
