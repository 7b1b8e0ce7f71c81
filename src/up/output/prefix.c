// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "up/output/parts.h"

/* Those of the sixteen colours that are readable on black and on white, without
 * red, which means an error. The numbers are from ECMA-48. */
static const char *const colours[] = {
	"\033[36m",   "\033[33m",   "\033[32m",	  "\033[35m",	"\033[34m",
	"\033[1;36m", "\033[1;33m", "\033[1;32m", "\033[1;35m", "\033[1;34m",
};

#define COLOURS (sizeof(colours) / sizeof(*colours))

bool prefix_is_coloured(enum output_colour colour, const struct sink *sink)
{
	/* https://no-color.org: set and not empty. */
	const char *none = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (colour != COLOUR_AUTO)
		return colour == COLOUR_ALWAYS;
	return sink->is_terminal && !(none && *none) &&
	       !(term && strcmp(term, "dumb") == 0);
}

void prefix_tick(struct output *output)
{
	struct tm local;

	output->wall_us = clock_wall_us();

	time_t now = (time_t)(output->wall_us / 1000000);

	if (output->prefixes > 0 && now == output->second)
		return;
	output->second = now;
	output->prefixes++;
	if (!localtime_r(&now, &local))
		return;
	(void)strftime(output->clock, sizeof(output->clock), "%H:%M:%S ",
		       &local);
	(void)strftime(output->stamp, sizeof(output->stamp),
		       "%Y-%m-%d %H:%M:%S ", &local);
}

static size_t limited(int size)
{
	return size < PREFIX_SIZE ? (size_t)size : PREFIX_SIZE - 1;
}

static void make(struct output *output, struct instance_output *instance)
{
	struct prefix *prefix = &instance->prefix;
	const char *time = output->settings.no_times ? "" : output->clock;
	int width = (int)output->width;
	int plain = snprintf(prefix->plain, PREFIX_SIZE, "%s%-*.*s | ", time,
			     width, PREFIX_SIZE / 2, instance->shown);
	int coloured =
		snprintf(prefix->coloured, PREFIX_SIZE, "%s%s%-*.*s |\033[0m ",
			 colours[instance->colour % COLOURS], time, width,
			 PREFIX_SIZE / 2, instance->shown);

	prefix->plain_size = limited(plain);
	prefix->coloured_size = limited(coloured);
	prefix->made = output->prefixes;
}

const struct prefix *prefix_of(struct output *output,
			       struct instance_output *instance)
{
	if (instance->prefix.made != output->prefixes)
		make(output, instance);
	return &instance->prefix;
}
