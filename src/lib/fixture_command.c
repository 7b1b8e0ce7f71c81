// SPDX-License-Identifier: MIT
/* A host's command, which may be of another version's size. */
#include <errno.h>

#include "base/sized.h"
#include "lib/fixture.h"

int fixture_read_command(const struct jig_command *command,
			 struct jig_command *ret)
{
	int r = sized_read(ret, sizeof(*ret), command,
			   SIZED_FIRST(struct jig_command, error_size));

	if (r == 0 && !sized_is_zero(ret->reserved, sizeof(ret->reserved)))
		r = -E2BIG;
	/* Of a size that makes no sense not even `error` can be read. */
	if (r == -E2BIG && command->size <= SIZED_MAX)
		return fixture_explain(command, r,
				       "a field of the command is set that "
				       "this library, libjig " JIG_VERSION
				       ", does not know: it is older than the "
				       "header");
	return r;
}
