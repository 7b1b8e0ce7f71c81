// SPDX-License-Identifier: MIT
/* Does nothing, successfully; with an argument, nothing until a signal. */
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		pause();
	return 0;
}
