// SPDX-License-Identifier: MIT
/* Promise: jig.h alone is strict C11, and zero means the default. */
#include <jig.h>

int main(void)
{
	struct jig_command command = { .size = sizeof(command) };

	return command.cage == JIG_CAGE_AUTO && command.in.kind == 0 &&
			       jig_version()[0]
		       ? 0
		       : 1;
}
