// SPDX-License-Identifier: MIT
/* What it looks like when a server does not become ready: this test fails. */
#include "jig_fixture.h"

int main(void)
{
	jig_fixture_stop(jig_fixture_start(&(struct jig_command){
		.shell = "echo 'cannot read server.conf' >&2; exit 3",
		.ready = (const char *[]){ "tcp:{port:web}", NULL },
		.ports = (const char *[]){ "web", NULL },
	}));
	return 0;
}
