// SPDX-License-Identifier: MIT
/*
 * Edge case 6: 200 generations deep (or HOSTILE_COUNT), each in a session of
 * its own, all of them alive. They escape from a tool that walks a few levels,
 * or ends parents before children.
 */
#include "hostile.h"

static noreturn void descend(int generations)
{
	own_session();
	settle();
	for (int i = 1; i < generations; i++) {
		if (spawn() != 0)
			hold();
		own_session();
		settle();
	}
	hold();
}

int main(int argc, char **argv)
{
	begin(argc, argv);

	int generations = count_or(200);
	if (spawn() == 0)
		descend(generations);
	finish(generations);
}
