// SPDX-License-Identifier: MIT
/*
 * Edge case 1: a child in main's own process group. It escapes from a tool
 * that ends main only.
 */
#include "hostile.h"

int main(int argc, char **argv)
{
	begin(argc, argv);
	if (spawn() == 0) {
		settle();
		hold();
	}
	finish(1);
}
