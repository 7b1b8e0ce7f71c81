// SPDX-License-Identifier: MIT
/*
 * Edge case 6: many at once (200, or HOSTILE_COUNT), each in a session of its
 * own. They escape from a tool that looks once, or for too short a time.
 */
#include "hostile.h"

int main(int argc, char **argv)
{
	begin(argc, argv);

	int count = count_or(200);
	for (int i = 0; i < count; i++) {
		if (spawn() == 0) {
			own_session();
			settle();
			hold();
		}
	}
	finish(count);
}
