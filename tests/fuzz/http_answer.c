// SPDX-License-Identifier: MIT
/* An answer, in one piece and in pieces whose size its first byte gives. */
#include "net/http_answer.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_answer whole = { 0 }, parts = { 0 };
	const char *text = (const char *)data;
	size_t step = size ? data[0] % 7 + 1U : 1;

	MUST(http_answer_take(&whole, text, size) == 0);
	for (size_t i = 0; i < size; i += step)
		MUST(http_answer_take(&parts, text + i,
				      size - i < step ? size - i : step) == 0);
	MUST(whole.part == parts.part && whole.status == parts.status);
	MUST(whole.body.used == parts.body.used);
	MUST(whole.body.used <= HTTP_BODY_MAX);
	http_answer_clear(&whole);
	http_answer_clear(&parts);
	return 0;
}
