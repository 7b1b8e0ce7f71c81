// SPDX-License-Identifier: MIT
/*
 * Promise: a host that is linked with libjig.a may have names that the library
 * has inside, as functions and as variables, and each uses its own.
 */
#include <jig.h>
#include <stdio.h>
#include <string.h>

static int calls;

/* Of base/, proc/, cage/, core/ and job/. */
int list_append(void);
int clock_us(void);
int fault_set(void);
int spawn_program(void);
int fixture_start(void);
int report_code(void);
int store_list(void);
extern int cage_ops_of;
extern const char screen_modes[];

int cage_ops_of = 42;
const char screen_modes[] = "the host's";

int list_append(void)
{
	return ++calls;
}

int clock_us(void)
{
	return ++calls;
}

int fault_set(void)
{
	return ++calls;
}

int spawn_program(void)
{
	return ++calls;
}

int fixture_start(void)
{
	return ++calls;
}

int report_code(void)
{
	return ++calls;
}

int store_list(void)
{
	return ++calls;
}

int main(void)
{
	char why[256] = "";
	struct jig_command command = { .size = sizeof(command),
				       .shell = "sleep 600 & exit 3",
				       .error = why,
				       .error_size = sizeof(why) };
	struct jig *fixture;
	int code = -1, ours = list_append() + clock_us();

	if (jig_start(&command, &fixture) < 0) {
		(void)fprintf(stderr, "%s\n", why);
		return 1;
	}
	if (jig_wait(fixture, -1, &code) < 0 || code != 3 ||
	    jig_report_leftovers(jig_report(fixture)) != 1)
		return 2;
	jig_free(fixture);
	/* The library has called none of ours, and ours are ours. */
	if (ours != 3 || calls != 2 || cage_ops_of != 42 ||
	    strcmp(screen_modes, "the host's") != 0)
		return 3;
	return 0;
}
