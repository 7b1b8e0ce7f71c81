// SPDX-License-Identifier: MIT
#include "net/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/environment.h"

static int is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

int name_check(const char *text, size_t length)
{
	if (length == 0 || length >= NAME_SIZE ||
	    !isalpha((unsigned char)*text))
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if (!is_name_byte(text[i]))
			return -EINVAL;
	return 0;
}

const struct name *name_find(const struct list *names, const char *text,
			     size_t length)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct name *one = list_at(names, i, sizeof(*one));

		if (strlen(one->name) == length &&
		    memcmp(one->name, text, length) == 0)
			return one;
	}
	return NULL;
}

/* "127.0.0.1" of "127.0.0.1:80", "::1" of "[::1]:80". */
static void add_host(struct buffer *out, const char *address)
{
	const char *end = strrchr(address, ':');
	size_t length = end ? (size_t)(end - address) : strlen(address);

	if (*address == '[' && length > 2)
		buffer_add(out, address + 1, length - 2);
	else
		buffer_add(out, address, length);
}

static void add_value(struct buffer *out, const struct name *name, char what)
{
	if (what == 'f')
		buffer_printf(out, "%d", name->fd);
	else if (what == 'p')
		buffer_printf(out, "%d", name->port);
	else if (what == 'h')
		add_host(out, name->address);
	else
		buffer_printf(out, "%s", name->address);
}

/* "port:", "addr:", "fd:", "host:" at the beginning of @text. @return its first
 * letter, or 0. */
static char expand_kind(const char *text, size_t *ret_length)
{
	static const char *const kinds[] = { "fd:", "addr:", "port:", "host:" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		*ret_length = strlen(kinds[i]);
		if (strncmp(text, kinds[i], *ret_length) == 0)
			return *kinds[i];
	}
	*ret_length = 0;
	return 0;
}

/* @text is behind an opening brace. @return bytes used up; 0: not ours. */
static size_t expand_one(const struct list *names, const char *text,
			 struct buffer *out)
{
	size_t all = strcspn(text, "}"), skip;
	char what = expand_kind(text, &skip);

	if (text[all] != '}')
		return 0;
	const struct name *name = name_find(names, text + skip, all - skip);

	if (!name || (what == 'f' && name->fd < 0) ||
	    ((what == 'p' || what == 'h') && name->port == 0))
		return 0;
	add_value(out, name, what);
	return all + 1;
}

int names_expand(const struct list *names, const char *text, char **ret)
{
	struct buffer out = { 0 };

	buffer_add(&out, "", 0); /* An empty text is one, too. */
	while (*text) {
		size_t plain = strcspn(text, "{");
		/* ${NAME} is the shell's. */
		bool dollar = plain > 0 && text[plain - 1] == '$';

		buffer_add(&out, text, plain);
		text += plain;
		if (!*text)
			break;
		text++;

		size_t used = dollar ? 0 : expand_one(names, text, &out);

		if (used == 0)
			buffer_add(&out, "{", 1);
		text += used;
	}
	if (out.error || !out.text) {
		buffer_free(&out);
		return -ENOMEM;
	}
	*ret = out.text;
	return 0;
}

const char *names_next(const char *text, size_t *ret_length)
{
	const char *begin = text;

	while ((text = strchr(text, '{'))) {
		bool dollar = text > begin && text[-1] == '$';
		size_t skip, length;

		text++;
		if (dollar || !expand_kind(text, &skip))
			continue;
		length = strcspn(text + skip, "}");
		if (text[skip + length] != '}' ||
		    name_check(text + skip, length) < 0)
			continue;
		*ret_length = length;
		return text + skip;
	}
	return NULL;
}

/* What the name of a variable consists of; the rest becomes '_'. */
static char variable_byte(char c)
{
	return isalnum((unsigned char)c) ? (char)toupper((unsigned char)c)
					 : '_';
}

int name_add_variables(const char *name, const char *address, int port,
		       struct list *env, struct list *texts)
{
	CLEANUP_FREE char *prefix = strdup(name);

	if (!prefix)
		return -ENOMEM;
	for (char *c = prefix; *c; c++)
		*c = variable_byte(*c);
	int r = environment_print(env, texts, "%s_ADDR=%s", prefix, address);

	return r < 0 || port == 0 ? r
				  : environment_print(env, texts, "%s_PORT=%d",
						      prefix, port);
}
