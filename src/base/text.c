// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int text_number(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned digit = (unsigned)(unsigned char)*text - '0';

		if (digit > 9)
			return -EINVAL;
		if (value > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		value = value * 10 + digit;
	}
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

/*
 * "12.345" as a whole part and millionths: enough for microseconds, and exact
 * where a double would round.
 */
static int decimal(const char **text, uint64_t *ret_whole,
		   uint32_t *ret_millionths)
{
	const char *p = *text;
	uint64_t whole = 0;
	uint32_t millionths = 0, unit = 100000;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		unsigned digit = (unsigned)(unsigned char)*p - '0';

		if (whole > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		whole = whole * 10 + digit;
	}
	if (*p == '.') {
		p++;
		if (!isdigit((unsigned char)*p))
			return -EINVAL;
		for (; isdigit((unsigned char)*p); p++, unit /= 10)
			millionths += (uint32_t)(*p - '0') * unit;
	}
	*text = p;
	*ret_whole = whole;
	*ret_millionths = millionths;
	return 0;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static int scaled(const char *text, const struct unit *units, uint64_t max,
		  uint64_t *ret)
{
	uint64_t whole;
	uint32_t millionths;
	int r = decimal(&text, &whole, &millionths);

	if (r < 0)
		return r;
	for (; units->name; units++) {
		if (strcasecmp(text, units->name) != 0)
			continue;
		if (whole > max / units->factor)
			return -ERANGE;
		/* factor is at most 2^40, millionths below 2^20. */
		uint64_t rest = millionths * units->factor / 1000000;

		if (rest > max - whole * units->factor)
			return -ERANGE;
		*ret = whole * units->factor + rest;
		return 0;
	}
	return -EINVAL;
}

int text_duration(const char *text, int64_t *ret_us)
{
	static const struct unit units[] = {
		{ "", 1000000 },     { "us", 1 },	   { "ms", 1000 },
		{ "s", 1000000 },    { "m", 60000000 },	   { "min", 60000000 },
		{ "h", 3600000000 }, { "d", 86400000000 }, { NULL, 0 },
	};
	uint64_t us;
	int r = scaled(text, units, INT64_MAX, &us);

	if (r < 0)
		return r;
	/* No unit has a digit. Zero mostly means "never", or the default. */
	if (us == 0 && strpbrk(text, "123456789"))
		us = 1;
	*ret_us = (int64_t)us;
	return 0;
}

int text_size(const char *text, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "", 1 },	     { "b", 1 },
		{ "k", 1ULL << 10 }, { "kb", 1ULL << 10 },
		{ "m", 1ULL << 20 }, { "mb", 1ULL << 20 },
		{ "g", 1ULL << 30 }, { "gb", 1ULL << 30 },
		{ "t", 1ULL << 40 }, { "tb", 1ULL << 40 },
		{ NULL, 0 },
	};

	return scaled(text, units, UINT64_MAX - 1, ret);
}

/* But for case. */
static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The number of changes, insertions, omissions and swaps of neighbours. */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 40 };
	size_t rows[3][MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > MAX || lb > MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *now = rows[i % 3], *last = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best =
				last[j - 1] + !is_same(a[i - 1], b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
			    is_same(a[i - 2], b[j - 1]) &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
	}
	return rows[la % 3][lb];
}

/* See text_nearest(): whether one of them was probably meant. */
static bool is_near(const char *wrong, const char *candidate, size_t changes)
{
	enum { LONG = 5 };

	if (strlen(wrong) >= LONG && strlen(candidate) >= LONG)
		return changes <= 2;
	return changes <= 1 && is_same(*wrong, *candidate);
}

/* The number of candidates that begin with @start, and the first two. */
static size_t continuations(const char *start,
			    const char *(*next)(size_t index,
						const void *table),
			    const void *table, const char *ret[2])
{
	const char *candidate;
	size_t count = 0;

	for (size_t i = 0; *start && (candidate = next(i, table)); i++) {
		if (strncasecmp(candidate, start, strlen(start)) != 0)
			continue;
		if (count < 2)
			ret[count] = candidate;
		count++;
	}
	return count;
}

const char *text_nearest(const char *wrong,
			 const char *(*next)(size_t index, const void *table),
			 const void *table)
{
	const char *begins[2], *nearest = NULL, *candidate;
	size_t least = SIZE_MAX;

	if (continuations(wrong, next, table, begins) == 1)
		return begins[0];
	for (size_t i = 0; (candidate = next(i, table)); i++) {
		size_t changes = distance(wrong, candidate);

		if (changes < least && is_near(wrong, candidate, changes)) {
			least = changes;
			nearest = candidate;
		}
	}
	return nearest;
}

const char *text_suggest(const char *wrong,
			 const char *(*next)(size_t index, const void *table),
			 const void *table, const struct text_quotes *quotes,
			 char *buffer, size_t size)
{
	const char *begins[2] = { NULL };
	bool two = continuations(wrong, next, table, begins) == 2;

	if (!two)
		begins[0] = text_nearest(wrong, next, table);
	buffer[0] = '\0';
	if (two)
		(void)snprintf(buffer, size, "; did you mean %s%s%s or %s%s%s?",
			       quotes->before, begins[0], quotes->after,
			       quotes->before, begins[1], quotes->after);
	else if (begins[0])
		(void)snprintf(buffer, size, "; did you mean %s%s%s?",
			       quotes->before, begins[0], quotes->after);
	return buffer;
}

void text_copy(char *to, size_t size, const char *from)
{
	if (!memccpy(to, from, '\0', size))
		to[size - 1] = '\0';
}

size_t text_utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = s[0] < 0x80			  ? 1
		   : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
		   : s[0] >= 0xe0 && s[0] <= 0xef ? 3
		   : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
						  : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, above U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

size_t text_utf8_put(char *to, uint32_t code)
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t size = code < 0x80      ? 1
		      : code < 0x800   ? 2
		      : code < 0x10000 ? 3
				       : 4;

	for (size_t i = size; i > 1; i--, code >>= 6)
		to[i - 1] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)(first[size] | code);
	return size;
}

uint32_t text_code_point(const char *sequence, size_t size)
{
	static const unsigned char masks[] = { 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)*sequence & masks[size - 1];

	for (size_t i = 1; i < size; i++)
		c = c << 6 | ((unsigned char)sequence[i] & 0x3f);
	return c;
}

bool text_is_control(const char *sequence, size_t size)
{
	uint32_t c = text_code_point(sequence, size);

	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	       c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

/* Bytes of the sequence at @text, of at most @left; 0: it is not UTF-8. */
static size_t bounded_sequence(const char *text, size_t left)
{
	char part[5] = "";

	memcpy(part, text, left < 4 ? left : 4);
	return text_utf8_length(part);
}

/* strchr(3) would find the NUL at the end. */
static bool text_is_allowed(const char *allowed, char c)
{
	return c != '\0' && strchr(allowed, c);
}

size_t text_clean(char *text, size_t length, const char *allowed)
{
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		size_t n = bounded_sequence(text + i, length - i);
		bool passes = n > 0 && (text_is_allowed(allowed, text[i]) ||
					!text_is_control(text + i, n));

		if (passes)
			memmove(text + used, text + i, n);
		else
			text[used] = '?';
		used += passes ? n : 1;
		i += n > 0 ? n : 1;
	}
	return used;
}

/* The size of the text's first character in bytes, and when printed. */
static size_t next_printable(const char *text, size_t *ret_width)
{
	size_t n = text_utf8_length(text);

	*ret_width = n > 0 && !text_is_control(text, n) ? n : 1;
	return n > 0 ? n : 1;
}

static size_t printable_size(const char *text)
{
	size_t size = 0, width;

	while (*text) {
		text += next_printable(text, &width);
		size += width;
	}
	return size;
}

char *text_printable(const char *text, char *buffer, size_t size)
{
	static const char dots[] = "…";
	bool fits = printable_size(text) < size;
	size_t used = 0, room = fits ? size : size - sizeof(dots) + 1, width;

	if (!fits && size < sizeof(dots)) {
		buffer[0] = '\0';
		return buffer;
	}
	while (*text) {
		size_t n = next_printable(text, &width);

		if (used + width >= room)
			break;
		if (width == 1 && (n > 1 || text_utf8_length(text) == 0 ||
				   text_is_control(text, n)))
			buffer[used] = '?';
		else
			memcpy(buffer + used, text, width);
		used += width;
		text += n;
	}
	memcpy(buffer + used, dots, fits ? 0 : sizeof(dots) - 1);
	buffer[used + (fits ? 0 : sizeof(dots) - 1)] = '\0';
	return buffer;
}
