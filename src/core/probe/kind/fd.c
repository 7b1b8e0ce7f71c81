// SPDX-License-Identifier: MIT
/*
 * fd[:N]: the command writes a newline to its descriptor N, as s6 has it.
 *
 * The text before the newline has no meaning.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "core/probe/kind/kinds.h"
#include "proc/spawn.h"

#define FD_FIRST 3
#define FD_LAST 1023

struct fd {
	int number; /* in the command */
	int ours, theirs; /* ends of the pipe, or -1 */
	bool ready;
};

static int probe_fd_parse(struct probe *probe, const char *rest,
			  struct fault *fault)
{
	struct fd *fd = calloc(1, sizeof(*fd));
	uint64_t number = FD_FIRST;

	if (!fd)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	fd->ours = fd->theirs = -1;
	probe->state = fd;
	text_copy(probe->reason, sizeof(probe->reason),
		  "no newline has come yet");
	if (*rest &&
	    (text_number(rest, FD_LAST, &number) < 0 || number < FD_FIRST))
		return fault_set(fault, -EINVAL,
				 "'%s' is not a descriptor number: %d to %d",
				 rest, FD_FIRST, FD_LAST);
	fd->number = (int)number;
	return 0;
}

static int open_fd(struct probe *probe, struct probe_setup *setup,
		   struct fault *fault)
{
	struct fd *fd = probe->state;
	int ends[2];

	for (size_t i = 0; i < setup->fds->count; i++) {
		const struct spawn_fd *taken =
			list_at(setup->fds, i, sizeof(*taken));

		if (taken->to == fd->number)
			return fault_set(fault, -EINVAL,
					 "%s: descriptor %d of the command is "
					 "another one already",
					 probe->text, fd->number);
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fault_set(fault, -errno, "%s: cannot make a pipe: %s",
				 probe->text, strerror(errno));
	fd->ours = ends[0];
	fd->theirs = ends[1];
	/* Ours alone: the command's end blocks, as it expects. */
	if (fcntl(fd->ours, F_SETFL, O_NONBLOCK) < 0)
		return fault_set(fault, -errno, "%s: %s", probe->text,
				 strerror(errno));

	struct spawn_fd theirs = { .from = fd->theirs, .to = fd->number };

	return list_append(setup->fds, &theirs, sizeof(theirs));
}

static void let_go(struct probe *probe)
{
	struct fd *fd = probe->state;

	cleanup_close(&fd->theirs);
}

static int probe_fd_look(struct probe *probe, const struct probe_view *view,
			 struct fault *fault)
{
	struct fd *fd = probe->state;
	char text[512];
	ssize_t n;

	(void)view;
	while (!fd->ready && (n = read(fd->ours, text, sizeof(text))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return fault_set(fault, -errno, "%s: cannot read: %s",
					 probe->text, strerror(errno));
		fd->ready = memchr(text, '\n', (size_t)n);
	}
	if (fd->ready)
		return 1;
	return fault_set(fault, -EPIPE,
			 "%s: the command closed descriptor %d without a "
			 "newline",
			 probe->text, fd->number);
}

/* Once it is ready, end of file is no news. */
static int probe_fd_descriptor(const struct probe *probe, short *ret_events)
{
	const struct fd *fd = probe->state;

	*ret_events = POLLIN;
	return fd->ready ? -1 : fd->ours;
}

static void close_fd(struct probe *probe)
{
	struct fd *fd = probe->state;

	if (!fd)
		return;
	cleanup_close(&fd->ours);
	cleanup_close(&fd->theirs);
	free(fd);
	probe->state = NULL;
}

const struct probe_ops probe_fd = {
	.kind = "fd",
	.by_message = true,
	.form = "fd or fd:N",
	.parse = probe_fd_parse,
	.open = open_fd,
	.let_go = let_go,
	.look = probe_fd_look,
	.descriptor = probe_fd_descriptor,
	.close = close_fd,
};
