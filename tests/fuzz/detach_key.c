// SPDX-License-Identifier: MIT
/*
 * A key that is parsed is found wherever reads are cut, and nothing but the key
 * is taken from what is typed.
 *
 * Before the first NUL stands the key, behind it what is typed.
 */
#include "fuzz.h"
#include "tty/raw_terminal.h"

static void filter_in_two(struct detach_key key, const char *typed, size_t size,
			  size_t cut, char *to, size_t *ret_size, bool *found)
{
	size_t first = 0, second = 0;

	*found = detach_key_filter(&key, typed, cut, to, &first);
	MUST(first <= cut + 1);
	if (!*found)
		*found = detach_key_filter(&key, typed + cut, size - cut,
					   to + first, &second);
	*ret_size = first + second;
	MUST(*ret_size <= size + 1);
}

static void type(struct detach_key key, const char *typed, size_t size)
{
	char *once = malloc(size + 1), *cut = malloc(size + 2);
	size_t once_size, cut_size;
	struct detach_key copy = key;
	bool was_found =
		detach_key_filter(&copy, typed, size, once, &once_size);

	MUST(once_size <= size);
	MUST(key.first || (!was_found && once_size == size));
	for (size_t at = 0; at <= size && at < 64; at++) {
		bool found;

		filter_in_two(key, typed, size, at, cut, &cut_size, &found);
		MUST(found == was_found && cut_size == once_size);
		MUST(memcmp(once, cut, once_size) == 0);
	}
	free(once);
	free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	size_t key_size = strlen(text);
	struct detach_key key;

	if (detach_key_parse(text, &key) == 0 && key_size < size) {
		MUST(key.first < 0x20 && (key.first || !key.second));
		type(key, text + key_size + 1, size - key_size - 1);
	}
	free(text);
	return 0;
}
