// SPDX-License-Identifier: MIT
#include "up/load/ask.h"

#include <errno.h>

int ask_program(const char *jig, struct jig_command *command, char **ret,
		struct fault *fault)
{
	struct jig *fixture = NULL;
	int code = -1, r;

	command->size = sizeof(*command);
	command->in.kind = JIG_STDIO_NULL;
	command->out.kind = JIG_STDIO_CAPTURE;
	command->group = JIG_GROUP_SESSION;
	command->program = jig;
	command->error = fault->text;
	command->error_size = sizeof(fault->text);
	r = jig_start(command, &fixture);
	if (r == 0)
		r = jig_wait(fixture, -1, &code);
	if (r == 0 && jig_tail(fixture, 0, ret) == -ENOMEM)
		r = -ENOMEM;
	jig_free(fixture);
	return r < 0 ? r : code;
}
