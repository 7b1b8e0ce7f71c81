// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "tty/raw_terminal.h"

#define PREFIX "ctrl-"

/* The control character of '@' to '_' and of letters, as terminals make it.
 * 0 (of '@') means "no key". */
static unsigned char detach_key_control(char of)
{
	if (of >= 'a' && of <= 'z')
		of = (char)(of - 'a' + 'A');
	return of > '@' && of <= '_' ? (unsigned char)(of - '@') : 0;
}

/* The key at the start of @text. @return its length, or 0. */
static size_t key_at(const char *text, unsigned char *ret)
{
	size_t ctrl = strlen(PREFIX);

	if (strncasecmp(text, PREFIX, ctrl) == 0) {
		*ret = detach_key_control(text[ctrl]);
		return *ret ? ctrl + 1 : 0;
	}
	*ret = (unsigned char)*text;
	return *text > ' ' && *text < 0x7f ? 1 : 0;
}

int detach_key_parse(const char *text, struct detach_key *ret)
{
	struct detach_key key = { 0 };

	if (strcmp(text, "none") == 0) {
		*ret = key;
		return 0;
	}

	size_t size = key_at(text, &key.first);

	/* A plain letter as the key could not be typed any more. */
	if (size < 2)
		return -EINVAL;
	text += size;
	if (*text == ' ') {
		size = key_at(text + 1, &key.second);
		if (size == 0 || key.second == key.first)
			return -EINVAL;
		text += 1 + size;
	}
	if (*text)
		return -EINVAL;
	*ret = key;
	return 0;
}

bool detach_key_filter(struct detach_key *key, const char *from, size_t size,
		       char *to, size_t *ret_size)
{
	bool found = false;
	size_t used = 0;

	for (size_t i = 0; i < size && !found; i++) {
		unsigned char byte = (unsigned char)from[i];
		bool was_armed = key->is_armed;
		bool is_first = key->first && byte == key->first;

		key->is_armed = !was_armed && is_first && key->second;
		found = was_armed ? byte == key->second
				  : is_first && !key->second;
		if (found || key->is_armed)
			continue;
		if (was_armed && !is_first)
			to[used++] = (char)key->first;
		to[used++] = from[i];
	}
	*ret_size = used;
	return found;
}
