// SPDX-License-Identifier: MIT
#include "tty/page.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tty/charset.h"
#include "tty/say.h"
#include "tty/style.h"

/* Before the left side of a pair, between the sides, and the least that is left
 * for the right one. */
#define INDENT 2
#define GAP 2
#define LEAST_RIGHT 28
/* Where the right side begins if there is no room for it on the right. */
#define BELOW 8
#define LEAST_WIDTH 20

void page_open(struct page *page, int fd)
{
	size_t width = style_width(fd);

	*page = (struct page){
		.width = width == 0	       ? 80
			 : width < LEAST_WIDTH ? LEAST_WIDTH
					       : width,
		.column = 32,
		.bold = style_is_coloured(fd),
		.ascii = !charset_is_utf8(getenv("LC_ALL"), getenv("LC_CTYPE"),
					  getenv("LANG")),
		.fd = fd,
	};
}

/* The text in the character set of the page. @buffer holds it, if it is another
 * one. If memory is short, page_close() says so. */
static const char *page_charset(struct page *page, const char *text,
				struct buffer *buffer)
{
	static const char ellipsis[] = "…";
	const char *next;

	if (!page->ascii || !strstr(text, ellipsis))
		return text;
	while ((next = strstr(text, ellipsis))) {
		buffer_printf(buffer, "%.*s...", (int)(next - text), text);
		text = next + sizeof(ellipsis) - 1;
	}
	buffer_printf(buffer, "%s", text);
	if (buffer->error < 0)
		page->text.error = buffer->error;
	return buffer->text ? buffer->text : "";
}

/* Characters of UTF-8; each of ours has one column. */
static size_t columns_of(const char *text, size_t size)
{
	size_t columns = 0;

	for (size_t i = 0; i < size; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

/* At @column, or at once where the line is longer. */
static void page_add_word(struct page *page, size_t *used, size_t column,
			  const char *word, size_t size)
{
	size_t blanks = column > *used ? column - *used : 0;

	buffer_printf(&page->text, "%*s%.*s", (int)blanks, "", (int)size, word);
	*used += blanks + columns_of(word, size);
}

/* From column @at on; without the last newline. */
static void wrap(struct page *page, size_t at, size_t indent, const char *text)
{
	CLEANUP(buffer_free) struct buffer buffer = { 0 };
	size_t used = at;
	bool first = true;

	text = page_charset(page, text, &buffer);
	while (*text) {
		size_t size = strcspn(text, " \n");
		size_t columns = columns_of(text, size);

		if (!first && used + 1 + columns > page->width) {
			buffer_printf(&page->text, "\n");
			used = 0;
			first = true;
		}
		if (columns > 0) {
			page_add_word(page, &used, first ? indent : used + 1,
				      text, size);
			first = false;
		}
		text += size;
		if (*text == '\n') {
			buffer_printf(&page->text, "\n");
			used = 0;
			first = true;
		}
		text += *text != '\0';
	}
}

void page_heading(struct page *page, const char *name)
{
	CLEANUP(buffer_free) struct buffer words = { 0 };

	buffer_printf(&words, "%s:", name);
	buffer_printf(&page->text, "\n%s", page->bold ? "\033[1m" : "");
	wrap(page, 0, 0, words.text ? words.text : name);
	buffer_printf(&page->text, "%s\n", page->bold ? "\033[m" : "");
}

void page_text(struct page *page, size_t indent, const char *text)
{
	wrap(page, 0, indent, text);
	buffer_printf(&page->text, "\n");
}

void page_pair(struct page *page, const char *left, const char *right)
{
	CLEANUP(buffer_free) struct buffer buffer = { 0 };
	size_t columns, column = page->width < page->column + LEAST_RIGHT
					 ? BELOW
					 : page->column;

	left = page_charset(page, left, &buffer);
	columns = INDENT + columns_of(left, strlen(left));
	if (columns + 1 >= column) {
		/* With the blanks at its beginning: wrap() drops them. */
		page_text(page, INDENT + strspn(left, " "), left);
		columns = 0;
	} else {
		buffer_printf(&page->text, "%*s%s", INDENT, "", left);
	}
	wrap(page, columns, column, right);
	buffer_printf(&page->text, "\n");
}

void page_pairs(struct page *page, const struct page_pair *pairs)
{
	page->column = 0;
	for (const struct page_pair *pair = pairs; pair && pair->left; pair++) {
		size_t columns = columns_of(pair->left, strlen(pair->left));

		if (columns + INDENT + GAP > page->column)
			page->column = columns + INDENT + GAP;
	}
	for (; pairs && pairs->left; pairs++)
		page_pair(page, pairs->left, pairs->right);
}

int page_close(struct page *page)
{
	const struct buffer *text = &page->text;
	int r = text->error;

	if (r == 0 && text->used > 0 && page->fd == STDERR_FILENO)
		complain_bytes(text->text, text->used);
	else if (r == 0 && text->used > 0)
		r = say_bytes(text->text, text->used);
	if (r < 0)
		complain("cannot write to stdout: %s", strerror(-r));
	buffer_free(&page->text);
	return r;
}
