// SPDX-License-Identifier: MIT
#include "base/text/ansi.h"

#define ESC 0x1b
#define BEL 0x07

static size_t skip_between(const char *text, size_t i, size_t length,
			   unsigned char low, unsigned char high)
{
	while (i < length && (unsigned char)text[i] >= low &&
	       (unsigned char)text[i] <= high)
		i++;
	return i;
}

/* One byte more if it can end a sequence; else it is text again. */
static size_t skip_final(const char *text, size_t i, size_t length,
			 unsigned char low)
{
	return i < length && (unsigned char)text[i] >= low &&
			       (unsigned char)text[i] <= 0x7e
		       ? i + 1
		       : i;
}

static size_t skip_csi(const char *text, size_t i, size_t length)
{
	i = skip_between(text, i, length, 0x30, 0x3f); /* parameters */
	i = skip_between(text, i, length, 0x20, 0x2f); /* intermediates */
	return skip_final(text, i, length, 0x40);
}

static size_t skip_string(const char *text, size_t i, size_t length)
{
	for (; i < length; i++) {
		if (text[i] == BEL)
			return i + 1;
		if (text[i] == ESC && i + 1 < length && text[i + 1] == '\\')
			return i + 2;
	}
	return length;
}

/* @i is the ESC. @return the index behind the sequence. */
static size_t skip_escape(const char *text, size_t i, size_t length)
{
	if (++i == length)
		return length;
	switch (text[i]) {
	case '[':
		return skip_csi(text, i + 1, length);
	case ']': /* OSC */
	case 'P': /* DCS */
	case 'X': /* SOS */
	case '^': /* PM */
	case '_': /* APC */
		return skip_string(text, i + 1, length);
	default:
		i = skip_between(text, i, length, 0x20, 0x2f);
		return skip_final(text, i, length, 0x30);
	}
}

size_t ansi_strip(char *text, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		if (text[i] == ESC)
			i = skip_escape(text, i, length);
		else
			text[used++] = text[i++];
	}
	return used;
}
