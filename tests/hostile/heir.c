// SPDX-License-Identifier: MIT
/*
 * Edge case 18: a process in a session of its own that, when it gets SIGTERM,
 * leaves a new one behind in a new session, and exits. The heir is born after
 * the list of those to be killed was made.
 */
#include "hostile.h"

#include <signal.h>
#include <unistd.h>

enum { HEIRS = 10000 };

static noreturn void reign(const sigset_t *endings)
{
	static const struct timespec look_again = { .tv_sec = 1 };

	for (;;) {
		if (sigtimedwait(endings, NULL, &look_again) < 0)
			continue; /* the fuse ends this loop */
		if (!may_multiply(HEIRS))
			_exit(0);
		if (spawn() != 0)
			_exit(0);
		own_session();
	}
}

int main(int argc, char **argv)
{
	sigset_t endings;

	begin(argc, argv);
	if (spawn() == 0) {
		sigemptyset(&endings);
		sigaddset(&endings, SIGTERM);
		sigaddset(&endings, SIGINT);
		sigaddset(&endings, SIGHUP);
		sigprocmask(SIG_BLOCK, &endings, NULL);
		own_session();
		settle();
		reign(&endings);
	}
	finish(1);
}
