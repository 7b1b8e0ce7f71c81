// SPDX-License-Identifier: MIT
#include "base/text/json.h"
#include "base/text/json_reader.h"
#include "fuzz.h"

/* Each value lies within the one around it, and after the one before it. */
static void check(const struct list *values)
{
	for (uint32_t i = 0; i < values->count; i++) {
		const struct json_item *item = json_at(values, i);
		uint32_t last = i;

		MUST(item->end > i && item->end <= values->count);
		for (uint32_t k = json_first(values, i); k;
		     k = json_next(values, i, k)) {
			MUST(k == json_at(values, last)->end || last == i);
			MUST(json_at(values, k)->end <= item->end);
			MUST(!json_at(values, k)->name ==
			     (item->kind == JSON_ARRAY));
			last = k;
		}
	}
	MUST(json_at(values, 0)->end == values->count);
}

/* A string that was read is written and read again as the same bytes. */
static void check_string(const struct json_item *item)
{
	struct json json = { .is_line = true };
	struct list values = { 0 };
	struct json_fault fault;

	json_bytes(&json, NULL, item->text, item->size);
	MUST(json.out.error == 0);
	MUST(json_read(json.out.text, json.out.used, &values, &fault) == 0);
	MUST(json_at(&values, 0)->size == item->size);
	MUST(memcmp(json_at(&values, 0)->text, item->text, item->size) == 0);
	list_free(&values);
	buffer_free(&json.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct list values = { 0 };
	struct json_fault fault;

	if (json_read(text, size, &values, &fault) == 0) {
		check(&values);
		for (uint32_t i = 0; i < values.count; i++)
			if (json_at(&values, i)->kind == JSON_STRING)
				check_string(json_at(&values, i));
	} else {
		MUST(fault.why && fault.at <= size);
	}
	list_free(&values);
	free(text);
	return 0;
}
