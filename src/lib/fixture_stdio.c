// SPDX-License-Identifier: MIT
/* The descriptors of a fixture's command: its stdio, and those by number. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/retry.h"
#include "lib/fixture.h"

/* As jig.h says. */
#define LAST_FD 1023

static int add_fd(struct guard_spawn *plan, int from, int to)
{
	struct spawn_fd fd = { from, to };

	return list_append(&plan->fds, &fd, sizeof(fd));
}

static int fixture_stdio_open_file(const char *path, int number)
{
	int flags = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND;
	int fd = RETRY(open(path, flags | O_CLOEXEC, 0666));

	return fd < 0 ? -errno : fd;
}

static int open_null(void)
{
	int fd = RETRY(open("/dev/null", O_RDWR | O_CLOEXEC));

	return fd < 0 ? -errno : fd;
}

static int fixture_stdio_open_pipe(struct guard_spawn *plan, int number)
{
	int pair[2];
	bool reads = number == 0;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	plan->pipes[number] = pair[reads ? 1 : 0];
	(void)fd_leave_stdio(&plan->pipes[number]);
	return pair[reads ? 0 : 1];
}

/* Where @to comes from, or -1: it is closed in the host. */
static int find_source(const struct guard_spawn *plan, int to)
{
	for (size_t i = 0; i < plan->fds.count; i++) {
		const struct spawn_fd *fd = list_at(&plan->fds, i, sizeof(*fd));

		if (fd->to == to)
			return fd->from;
	}
	return -1;
}

/* @inherited  whether the host has it open: asked before anything of ours is
 * opened, which takes the lowest free numbers. */
static int add_stdio(struct guard_spawn *plan, const struct jig_stdio *stdio,
		     int number, bool inherited)
{
	int fd = number;

	switch (stdio->kind) {
	case JIG_STDIO_INHERIT:
		/* Closed in the host: the guard opens /dev/null there. */
		return inherited ? add_fd(plan, fd, number) : 0;
	case JIG_STDIO_NULL:
		fd = open_null();
		plan->opened[number] = fd;
		break;
	case JIG_STDIO_PIPE:
		fd = plan->opened[number] =
			fixture_stdio_open_pipe(plan, number);
		break;
	case JIG_STDIO_FILE:
		if (!stdio->path)
			return -EINVAL;
		fd = plan->opened[number] =
			fixture_stdio_open_file(stdio->path, number);
		break;
	case JIG_STDIO_FD:
		fd = stdio->fd < 0 ? -EBADF : stdio->fd;
		break;
	case JIG_STDIO_CAPTURE: /* The guard makes the pipe. */
		return number == 0 ? -EINVAL : 0;
	case JIG_STDIO_OUTPUT:
		if (number != 2)
			return -EINVAL;
		fd = find_source(plan, 1);
		return fd < 0 ? 0 : add_fd(plan, fd, number);
	default:
		return -EINVAL;
	}
	return fd < 0 ? fd : add_fd(plan, fd, number);
}

static int check_open(int fd, const char *what, struct fault *fault)
{
	if (fcntl(fd, F_GETFD) >= 0)
		return 0;
	return fault_set(fault, -EBADF, "cannot pass %s: %d is not open", what,
			 fd);
}

/* The sockets of `listen` are passed from 3 on, as sd_listen_fds(3) has it. */
static bool is_listening(const struct jig_command *command, int to)
{
	int number = 3;

	for (const char *const *p = command->listen; p && *p; p++)
		if (number++ == to)
			return true;
	return false;
}

int guard_spawn_check(const struct jig_command *command, struct fault *fault)
{
	const struct jig_stdio *stdio[] = { &command->in, &command->out,
					    &command->err };
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	int r = command->via && command->fd_count > 0
			? fault_set(fault, -EINVAL,
				    "descriptors cannot be passed to another "
				    "machine")
			: 0;

	for (int i = 0; r == 0 && i < 3; i++)
		if (stdio[i]->kind == JIG_STDIO_FD)
			r = check_open(stdio[i]->fd, names[i], fault);
	for (size_t i = 0; r == 0 && i < command->fd_count; i++) {
		r = check_open(command->fds[i].from, "a descriptor", fault);
		if (r == 0 && is_listening(command, command->fds[i].to))
			r = fault_set(fault, -EINVAL,
				      "descriptor %d is that of a socket to "
				      "listen at",
				      command->fds[i].to);
	}
	return r;
}

int guard_spawn_fds(struct guard_spawn *plan, const struct jig_command *command,
		    int lifeline, struct fault *fault)
{
	const struct jig_stdio *stdio[] = { &command->in, &command->out,
					    &command->err };
	static const char *const names[] = { "stdin", "stdout", "stderr" };
	bool inherited[3];
	int r;

	for (int i = 0; i < 3; i++)
		inherited[i] = stdio[i]->kind == JIG_STDIO_INHERIT &&
			       fcntl(i, F_GETFD) >= 0;
	for (int i = 0; i < 3; i++) {
		if (stdio[i]->kind == JIG_STDIO_OUTPUT &&
		    command->out.kind == JIG_STDIO_CAPTURE)
			continue; /* To the guard's pipe, too. */
		r = add_stdio(plan, stdio[i], i, inherited[i]);
		if (r < 0)
			return fault_set(fault, r, "cannot open %s %s: %s",
					 names[i],
					 stdio[i]->path ? stdio[i]->path : "",
					 strerror(-r));
	}
	for (size_t i = 0; i < command->fd_count; i++) {
		if (command->fds[i].to < 3 || command->fds[i].to > LAST_FD)
			return fault_set(fault, -EINVAL,
					 "descriptor numbers go from 3 to %d",
					 LAST_FD);
		r = add_fd(plan, command->fds[i].from, command->fds[i].to);
		if (r < 0)
			return r;
	}
	return add_fd(plan, lifeline, plan->lifeline);
}
