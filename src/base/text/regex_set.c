// SPDX-License-Identifier: MIT
#include "base/text/regex_set.h"

#include <string.h>

#define BYTES 256

static bool regex_set_has(const struct regex_set *set, unsigned c)
{
	return set->bits[c / 64] >> (c % 64) & 1;
}

void regex_set_add(struct regex_set *set, unsigned char first,
		   unsigned char last)
{
	for (unsigned c = first ? first : 1; c <= last; c++)
		set->bits[c / 64] |= 1ULL << (c % 64);
}

static void add_others(struct regex_set *set, const struct regex_set *than)
{
	for (unsigned c = 1; c < BYTES; c++)
		if (!regex_set_has(than, c))
			regex_set_add(set, (unsigned char)c, (unsigned char)c);
}

struct range {
	unsigned char first, last;
};

struct class
{
	const char *name;
	struct range ranges[4]; /* up to one that ends with 0 */
};

static const struct class classes[] = {
	{ "d", { { '0', '9' } } },
	{ "w", { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } } },
	{ "s", { { '\t', '\r' }, { ' ', ' ' } } },
	{ "digit", { { '0', '9' } } },
	{ "alpha", { { 'A', 'Z' }, { 'a', 'z' } } },
	{ "alnum", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' } } },
	{ "upper", { { 'A', 'Z' } } },
	{ "lower", { { 'a', 'z' } } },
	{ "space", { { '\t', '\r' }, { ' ', ' ' } } },
	{ "blank", { { '\t', '\t' }, { ' ', ' ' } } },
	{ "xdigit", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
	{ "punct", { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } } },
	{ "print", { { ' ', '~' } } },
	{ "graph", { { '!', '~' } } },
	{ "cntrl", { { 1, 0x1f }, { 0x7f, 0x7f } } },
};

static bool add_named(struct regex_set *set, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const struct class *class = &classes[i];

		if (strlen(class->name) != length ||
		    memcmp(class->name, name, length) != 0)
			continue;
		for (size_t j = 0; j < 4 && class->ranges[j].last; j++)
			regex_set_add(set, class->ranges[j].first,
				      class->ranges[j].last);
		return true;
	}
	return false;
}

bool regex_set_add_class(struct regex_set *set, char letter)
{
	char lower = (char)(letter | 0x20);
	struct regex_set named = { { 0 } };

	if (!strchr("dwsDWS", letter) || letter == '\0')
		return false;
	if (lower == letter)
		return add_named(set, &lower, 1);
	(void)add_named(&named, &lower, 1); /* It is one of them. */
	add_others(set, &named);
	return true;
}

bool regex_set_add_posix(struct regex_set *set, const char *name, size_t length)
{
	return length > 1 && add_named(set, name, length);
}

bool regex_set_is_empty(const struct regex_set *set)
{
	return !(set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3]);
}

/* Characters with a meaning inside of brackets, some at certain places only. */
static bool is_special(unsigned c)
{
	return c == ']' || c == '[' || c == '^' || c == '-';
}

static void write_byte(unsigned c, struct buffer *ret)
{
	buffer_add(ret, &(char){ (char)c }, 1);
}

static void write_plain(const struct regex_set *set, struct buffer *ret)
{
	for (unsigned c = 1; c < BYTES; c++) {
		unsigned last = c;

		if (!regex_set_has(set, c) || is_special(c))
			continue;
		while (last + 1 < BYTES && regex_set_has(set, last + 1) &&
		       !is_special(last + 1))
			last++;
		write_byte(c, ret);
		if (last > c + 1)
			write_byte('-', ret);
		if (last > c)
			write_byte(last, ret);
		c = last;
	}
}

void regex_set_write(const struct regex_set *set, bool negated,
		     struct buffer *ret)
{
	size_t begin;

	buffer_add(ret, "[^", negated ? 2 : 1);
	begin = ret->used;
	if (regex_set_has(set, ']'))
		write_byte(']', ret);
	write_plain(set, ret);
	if (regex_set_has(set, '['))
		write_byte('[', ret);
	/* A hyphen is itself at either end, a circumflex not at the first. */
	bool hyphen = regex_set_has(set, '-'),
	     lone = ret->used == begin && !negated;

	if (hyphen && lone)
		write_byte('-', ret);
	if (regex_set_has(set, '^')) {
		if (lone && !hyphen) {
			ret->used--; /* the bracket */
			buffer_add(ret, "\\^", 2);
			return;
		}
		write_byte('^', ret);
	}
	if (hyphen && !lone)
		write_byte('-', ret);
	write_byte(']', ret);
}
