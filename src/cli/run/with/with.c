// SPDX-License-Identifier: MIT
#include "cli/run/with/with.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "lib/fixture.h"
#include "tty/say.h"

/* Lines of the output of a fixture that has failed. */
#define TAIL_LINES 20

int with_add(struct with *with, const char *name, const char *shell,
	     char **options)
{
	struct with_fixture fixture = {
		.name = name,
		.shell = shell,
		.options = options,
		.ready_us = -1,
	};

	return list_append(&with->fixtures, &fixture, sizeof(fixture));
}

int with_descriptors(const struct with *with, struct list *ret)
{
	int own[] = { with->epoll, with->signals, with->owner_fd };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(own) / sizeof(*own); i++)
		r = list_append(ret, &own[i], sizeof(*own));
	for (size_t i = 0; r == 0 && i < with->fixtures.count; i++) {
		const struct jig *fixture = with_at(with, i)->fixture;
		int fds[] = { fixture->socket, fixture->main_pidfd,
			      fixture->guard.pidfd };

		for (size_t j = 0; r == 0 && j < sizeof(fds) / sizeof(*fds);
		     j++)
			r = list_append(ret, &fds[j], sizeof(*fds));
	}
	return r;
}

int with_guards(const struct with *with, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < with->fixtures.count; i++) {
		const struct jig *fixture = with_at(with, i)->fixture;

		r = list_append(ret, &fixture->guard.pid, sizeof(pid_t));
	}
	return r;
}

void with_summary(const struct with *with, struct buffer *ret)
{
	for (size_t i = 0; i < with->fixtures.count; i++) {
		const struct with_fixture *fixture = with_at(with, i);

		buffer_printf(ret, "%s%s ", i ? ", " : "", fixture->name);
		if (fixture->ready_us < 0)
			buffer_printf(ret, "not ready");
		else
			buffer_printf(ret, "%s after %.3f s%s",
				      fixture->has_probe ? "ready" : "started",
				      (double)(fixture->ready_us -
					       fixture->began_us) /
					      1e6,
				      fixture->died ? ", died" : "");
	}
}

void with_say_tail(const struct with_fixture *fixture)
{
	CLEANUP_FREE char *tail = NULL;
	ssize_t length = jig_tail(fixture->fixture, TAIL_LINES, &tail);

	if (length <= 0)
		return;
	complain("the last lines of %s:", fixture->name);
	complain_bytes(tail, (size_t)length);
}

void with_say_tails(const struct with *with)
{
	for (size_t i = 0; i < with->fixtures.count; i++)
		if (with_at(with, i)->fixture && !with_at(with, i)->died)
			with_say_tail(with_at(with, i));
}

void with_free(struct with *with)
{
	list_free_texts(&with->texts);
	list_free(&with->names);
	list_free(&with->fixtures);
	cleanup_close(&with->signals);
	cleanup_close(&with->epoll);
	cleanup_close(&with->owner_fd);
}
