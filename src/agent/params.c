// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "base/text.h"

/* A number of JSON that is written out: at most so many characters. */
#define NUMBER_SIZE 24
/* Of a terminal: rows, columns. */
#define SIZE_LIMIT 65535

int params_wrong(const struct params *params, const char *field,
		 const char *format, ...)
{
	struct refusal *refusal = params->refusal;
	char why[FAULT_SIZE / 2];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	refusal->code = ANSWER_PARAMS;
	refusal->error = 0;
	text_copy(refusal->field, sizeof(refusal->field), field);
	return fault_set(&refusal->fault, -EINVAL, "%s: %s", field, why);
}

static int params_unknown(const struct params *params, const char *name,
			  const char *(*next)(size_t index, const void *table),
			  const void *table)
{
	const char *nearest = text_nearest(name, next, table);

	if (!nearest)
		return params_wrong(params, name, "there is no such field");
	return params_wrong(params, name,
			    "there is no such field; did you mean '%s'?",
			    nearest);
}

const char *params_next_name(size_t index, const void *table)
{
	const char *const *names = table;

	return names ? names[index] : NULL;
}

static bool params_knows(const char *name,
			 const char *(*next)(size_t index, const void *table),
			 const void *table)
{
	const char *one;

	for (size_t i = 0; (one = next(i, table)); i++)
		if (strcmp(one, name) == 0)
			return true;
	return false;
}

int params_check(const struct params *params,
		 const char *(*next)(size_t index, const void *table),
		 const void *table)
{
	const struct list *values = params->values;

	if (!params->object)
		return 0;
	for (uint32_t i = json_first(values, params->object); i;
	     i = json_next(values, params->object, i)) {
		const char *name = json_at(values, i)->name;

		if (!params_knows(name, next, table))
			return params_unknown(params, name, next, table);
	}
	return 0;
}

const struct json_item *params_at(const struct params *params,
				  const char *field)
{
	uint32_t index = params->object ? json_member(params->values,
						      params->object, field)
					: 0;
	const struct json_item *item =
		index ? json_at(params->values, index) : NULL;

	return item && item->kind != JSON_NULL ? item : NULL;
}

int params_text(const struct params *params, const char *field,
		const char **ret)
{
	const struct json_item *item = params_at(params, field);

	if (!item)
		return 0;
	if (item->kind != JSON_STRING)
		return params_wrong(params, field, "it is not a string");
	if (!json_plain(item))
		return params_wrong(params, field, "it contains a NUL");
	*ret = item->text;
	return 1;
}

int params_bool(const struct params *params, const char *field, bool *ret)
{
	const struct json_item *item = params_at(params, field);

	if (!item)
		return 0;
	if (item->kind != JSON_TRUE && item->kind != JSON_FALSE)
		return params_wrong(params, field, "it is not true or false");
	*ret = item->kind == JSON_TRUE;
	return 1;
}

int params_number(const struct params *params, const char *field, uint64_t max,
		  uint64_t *ret)
{
	const struct json_item *item = params_at(params, field);
	char text[NUMBER_SIZE];

	if (!item)
		return 0;
	if (item->kind != JSON_NUMBER || item->size >= sizeof(text))
		return params_wrong(params, field,
				    "it is not a whole number from 0 to "
				    "%" PRIu64,
				    max);
	memcpy(text, item->text, item->size);
	text[item->size] = '\0';
	if (text_number(text, max, ret) < 0)
		return params_wrong(params, field,
				    "'%s' is not a whole number from 0 to "
				    "%" PRIu64,
				    text, max);
	return 1;
}

int params_time(const struct params *params, const char *field, int64_t *ret_us)
{
	const struct json_item *item = params_at(params, field);
	char text[NUMBER_SIZE];

	if (!item)
		return 0;
	if ((item->kind != JSON_STRING && item->kind != JSON_NUMBER) ||
	    item->size >= sizeof(text) || memchr(item->text, '\0', item->size))
		return params_wrong(params, field, "it is not a duration");
	memcpy(text, item->text, item->size);
	text[item->size] = '\0';
	if (text_duration(text, ret_us) < 0)
		return params_wrong(params, field,
				    "'%s' is not a duration such as 500ms, "
				    "10s or 2m, or a number of seconds",
				    text);
	return 1;
}

int params_word(const struct params *params, const char *field,
		const struct words *words, int *ret)
{
	const char *text = NULL;
	int r = params_text(params, field, &text);
	struct buffer all = { 0 };

	if (r <= 0)
		return r;
	r = words_parse(words, text);
	if (r >= 0) {
		*ret = r;
		return 1;
	}
	for (size_t i = 0; i < words->count; i++)
		if (words->table[i])
			buffer_printf(&all, "%s%s", all.used ? ", " : "",
				      words->table[i]);
	r = params_wrong(params, field, "'%s' is not one of %s", text,
			 all.text ? all.text : "the words");
	buffer_free(&all);
	return r;
}

int params_size(const struct params *params, struct winsize *ret)
{
	uint64_t rows = ret->ws_row, columns = ret->ws_col;
	int r = params_number(params, "rows", SIZE_LIMIT, &rows);

	if (r >= 0)
		r = params_number(params, "columns", SIZE_LIMIT, &columns);
	if (r < 0)
		return r;
	if (rows == 0 || columns == 0)
		return params_wrong(params, rows ? "columns" : "rows",
				    "it is missing, or 0");
	ret->ws_row = (unsigned short)rows;
	ret->ws_col = (unsigned short)columns;
	return 0;
}
