// SPDX-License-Identifier: MIT
#include "up/words.h"

int run_scale(const struct request *request)
{
	return words_are(request, &command_scale, 1, 1000)
		       ? words_ask(request, "scale", false)
		       : EXIT_JIG;
}
