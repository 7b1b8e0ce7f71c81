// SPDX-License-Identifier: MIT
/*
 * Edge case 5: a relay inside main's process group. Only a signal to the whole
 * group, sent while the group still has its number, meets it.
 */
#include "hostile.h"

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0)
		relay(NULL);
	finish(1);
}
