// SPDX-License-Identifier: MIT
#include "cli/run/option/value.h"

#include <errno.h>
#include <string.h>

#include "base/list.h"
#include "base/text.h"

int option_wrong(struct fault *fault, const char *option, const char *value,
		 const char *wanted)
{
	return fault_set(fault, -EINVAL, "--%s '%s' is not %s", option, value,
			 wanted);
}

int option_time(const char *option, const char *value, int64_t least,
		int64_t *ret, struct fault *fault)
{
	int64_t us;

	if (text_duration(value, &us) < 0 || us < least)
		return option_wrong(fault, option, value,
				    "a duration such as 500ms, 10s or 2m");
	*ret = us;
	return 0;
}

int option_count(const char *option, const char *value, unsigned *ret,
		 struct fault *fault)
{
	uint64_t count;

	if (text_number(value, 1000000, &count) < 0 || count == 0)
		return option_wrong(fault, option, value,
				    "a number from 1 to 1000000");
	*ret = (unsigned)count;
	return 0;
}

int option_word(const char *option, const char *value,
		const struct words *words, struct fault *fault)
{
	int i = words_parse(words, value);
	struct buffer all = { 0 };
	const char *nearest;

	if (i >= 0)
		return i;
	nearest = words_nearest(words, value);
	if (nearest)
		return fault_set(fault, -EINVAL,
				 "unknown --%s '%s'; did you mean '%s'?",
				 option, value, nearest);
	for (size_t j = 0; j < words->count; j++)
		buffer_printf(&all, "%s%s", j > 0 ? ", " : "", words->table[j]);
	(void)fault_set(fault, -EINVAL, "unknown --%s '%s'; it is one of: %s",
			option, value, all.text ? all.text : "");
	buffer_free(&all);
	return -EINVAL;
}
