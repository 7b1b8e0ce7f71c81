// SPDX-License-Identifier: MIT
/* The options of `jig run` that an init of a container has: which signals are
 * main's, which count as others, and which exit statuses do. */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"

int run_take_forward(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	return signal_rules_forward(&settings->plan.rules, value, fault);
}

int run_take_rewrite(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	return signal_rules_rewrite(&settings->plan.rules, value, fault);
}

int run_take_map_status(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	const char *equals = strchrnul(value, '=');
	size_t length = (size_t)(equals - value);
	uint64_t from, to;
	char number[8];

	text_copy(number, length < sizeof(number) ? length + 1 : 1, value);
	if (!*equals || text_number(number, 255, &from) < 0 ||
	    text_number(equals + 1, 255, &to) < 0)
		return option_wrong(fault, "map-status", value,
				    "two exit statuses, such as 143=0");
	settings->statuses[from] = (short)(to + 1);
	return 0;
}
