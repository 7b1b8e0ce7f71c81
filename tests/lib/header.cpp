// SPDX-License-Identifier: MIT
// Promise: jig.h is good C++, and its functions have C linkage.
#include <jig.h>

#include <cstring>

int main()
{
	jig_command command = {};

	return command.cage == JIG_CAGE_AUTO && std::strlen(jig_version()) > 0
		       ? 0
		       : 1;
}
