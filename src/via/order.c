// SPDX-License-Identifier: MIT
/*
 * The form of an order: texts that end with a NUL, first a name and then its
 * value. "word" may come more than once, in order.
 */
#include "via/order.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

/* The words of a command line are far fewer. */
#define ORDER_SIZE (4UL << 20)

/* ----------------------------------------------------------------- splitting
 */

static bool via_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The characters that a backslash quotes between double quotes. */
static bool via_is_special(char c)
{
	return c != '\0' && strchr("\"\\$`\n", c) != NULL;
}

/* A part between quotes, behind the first one. @return behind the last one;
 * NULL: there is none. */
static const char *via_take_quoted(const char *text, char quote,
				   struct buffer *word)
{
	for (; *text != quote; text++) {
		if (!*text)
			return NULL;
		if (quote == '"' && *text == '\\' && via_is_special(text[1]))
			text++;
		buffer_add(word, text, 1);
	}
	return text + 1;
}

/* @return behind the word; NULL: a quote is not closed. */
static const char *via_take_word(const char *text, struct buffer *word)
{
	buffer_add(word, "", 0); /* '' is a word, too. */
	while (text && *text && !via_is_blank(*text)) {
		if (*text == '\'' || *text == '"') {
			text = via_take_quoted(text + 1, *text, word);
			continue;
		}
		if (*text == '\\' && !*++text)
			return NULL;
		buffer_add(word, text++, 1);
	}
	return text;
}

int via_split(const char *text, struct list *ret)
{
	struct list words = { 0 };
	int r = 0;

	for (;;) {
		struct buffer word = { 0 };

		while (via_is_blank(*text))
			text++;
		if (!*text)
			break;
		text = via_take_word(text, &word);
		r = word.error ? word.error : text ? 0 : -EINVAL;
		if (r < 0)
			buffer_free(&word);
		else
			r = list_take_text(&words, word.text);
		if (r < 0)
			break;
	}
	if (r == 0 && (words.count == 0 || !**(char **)words.items))
		r = -EINVAL;
	if (r < 0)
		list_free_texts(&words);
	else
		*ret = words;
	return r;
}

/* ------------------------------------------------------------------- writing
 */

static void order_put(struct buffer *out, const char *name, const char *value)
{
	if (!value)
		return;
	buffer_add(out, name, strlen(name) + 1);
	buffer_add(out, value, strlen(value) + 1);
}

static void order_put_number(struct buffer *out, const char *name,
			     int64_t value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	order_put(out, name, text);
}

int via_order_write(const struct via_order *order)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };
	CLEANUP_CLOSE int fd = memfd_create("jig-via", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < order->words.count; i++)
		order_put(&out, "word",
			  *(char **)list_at(&order->words, i, sizeof(char *)));
	order_put(&out, "text", order->text);
	order_put(&out, "jig", order->jig);
	order_put(&out, "address", order->address);
	order_put(&out, "start", order->start);
	order_put_number(&out, "timeout", order->timeout_us);
	order_put_number(&out, "stop", order->stop_us);
	order_put_number(&out, "pushes", order->pushes);
	order_put_number(&out, "probes", order->has_probes);
	if (out.error)
		return out.error;
	if (out.used > ORDER_SIZE)
		return -E2BIG;
	r = fd_write_all(fd, out.text, out.used);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}

/* ------------------------------------------------------------------- reading
 */

static int order_take_text(char **to, const char *value)
{
	char *copy = strdup(value);

	free(*to);
	*to = copy;
	return copy ? 0 : -ENOMEM;
}

static int order_take_number(int64_t *to, const char *value)
{
	uint64_t number;
	int r = text_number(value, INT64_MAX, &number);

	if (r == 0)
		*to = (int64_t)number;
	return r;
}

static int order_take_flag(bool *to, const char *value)
{
	*to = strcmp(value, "1") == 0;
	return 0;
}

static int order_take(struct via_order *order, const char *name,
		      const char *value)
{
	if (strcmp(name, "word") == 0)
		return list_take_text(&order->words, strdup(value));
	if (strcmp(name, "text") == 0)
		return order_take_text(&order->text, value);
	if (strcmp(name, "jig") == 0)
		return order_take_text(&order->jig, value);
	if (strcmp(name, "address") == 0)
		return order_take_text(&order->address, value);
	if (strcmp(name, "start") == 0)
		return order_take_text(&order->start, value);
	if (strcmp(name, "timeout") == 0)
		return order_take_number(&order->timeout_us, value);
	if (strcmp(name, "stop") == 0)
		return order_take_number(&order->stop_us, value);
	if (strcmp(name, "pushes") == 0)
		return order_take_flag(&order->pushes, value);
	if (strcmp(name, "probes") == 0)
		return order_take_flag(&order->has_probes, value);
	return -EINVAL;
}

static int order_take_all(struct via_order *order, const char *text,
			  size_t size)
{
	const char *end = text + size;
	int r = 0;

	while (r == 0 && text < end) {
		const char *value = text + strlen(text) + 1;

		if (value >= end)
			return -EINVAL;
		r = order_take(order, text, value);
		text = value + strlen(value) + 1;
	}
	if (r == 0 && (order->words.count == 0 || !order->text || !order->jig ||
		       !order->start))
		r = -EINVAL;
	return r;
}

int via_order_read(int fd, struct via_order *ret)
{
	CLEANUP_FREE char *text = NULL;
	struct via_order order = { 0 };
	ssize_t n = fd_read_to_end(fd, ORDER_SIZE, &text);
	int r = n < 0 ? (int)n : order_take_all(&order, text, (size_t)n);

	if (r < 0)
		via_order_free(&order);
	else
		*ret = order;
	return r;
}

void via_order_free(struct via_order *order)
{
	list_free_texts(&order->words);
	free(order->text);
	free(order->jig);
	free(order->address);
	free(order->start);
	*order = (struct via_order){ 0 };
}
