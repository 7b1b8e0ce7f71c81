// SPDX-License-Identifier: MIT
/*
 * Our standard input, as requests to write it there. It is read as soon as the
 * command there runs, as ssh(1) does, up to a number of writes that the agent
 * has not answered: it answers when the command has room for them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "via/relay.h"

/* A terminal whose foreground we are not in is asked again after this time. To
 * read from it would suspend us, or fail. */
#define ASK_US 300000LL

/* Not more is stored for a transport that takes nothing. */
#define STORED_MAX (8UL * RELAY_WRITE_SIZE)

/* Opened once more, so that O_NONBLOCK applies to us only. */
static int input_reopen(void)
{
	return open("/proc/self/fd/0",
		    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void input_begin(struct relay_input *input)
{
	struct stat status;
	int fd = -1;

	*input = (struct relay_input){ .fd = -1 };
	if (fstat(STDIN_FILENO, &status) < 0)
		status = (struct stat){ .st_mode = S_IFCHR,
					.st_rdev = makedev(1, 3) };
	input->is_socket = S_ISSOCK(status.st_mode);
	input->is_terminal = fd_is_terminal(STDIN_FILENO);
	input->is_null =
		S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
	if (input->is_null)
		return;
	if (S_ISFIFO(status.st_mode) || input->is_terminal)
		fd = input_reopen();
	input->fd = fd >= 0 ? fd : fd_dup_above(STDIN_FILENO, VIA_GUARD_FD + 1);
	/* The writer of a pipe sees the end of the command's reading. */
	fd_nullify(STDIN_FILENO, STDIN_FILENO);
}

void relay_input_close(struct relay_input *input)
{
	cleanup_close(&input->fd);
	input->fd = -1;
}

/* It fails for a terminal that does not control us: its input is ours. */
static bool input_is_background(const struct relay_input *input)
{
	pid_t group = input->is_terminal ? tcgetpgrp(input->fd) : -1;

	return group > 0 && group != getpgrp();
}

int relay_input_watch(struct relay *relay, int64_t *ret_until_us)
{
	struct relay_input *input = &relay->input;

	if (relay->state != RELAY_RUNNING || input->fd < 0 ||
	    input->waiting >= RELAY_WRITES || relay->out.used > STORED_MAX)
		return -1;
	if (!input_is_background(input))
		return input->fd;
	*ret_until_us = clock_sooner(*ret_until_us, clock_in_us(ASK_US));
	return -1;
}

static void input_send(struct relay *relay, const char *bytes, size_t size)
{
	struct json json = { 0 };

	request_begin(&json, "write", REQUEST_WRITE);
	json_string(&json, "fixture", "command");
	json_base64(&json, "base64", bytes, size);
	if (size == 0)
		json_bool(&json, "close", true);
	relay->input.waiting++;
	request_send(relay, &json);
}

void relay_input_read(struct relay *relay)
{
	struct relay_input *input = &relay->input;
	char bytes[RELAY_WRITE_SIZE];
	ssize_t n;

	if (input->fd < 0 || input_is_background(input))
		return;
	n = input->is_socket
		    ? recv(input->fd, bytes, sizeof(bytes), MSG_DONTWAIT)
		    : read(input->fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* It has just become one of the background: SIGTTIN is blocked. */
	if (n < 0 && errno == EIO && input_is_background(input))
		return;
	/* An error is an end: there is no more to send. */
	input_send(relay, bytes, n > 0 ? (size_t)n : 0);
	if (n <= 0)
		relay_input_close(input);
}

void relay_input_answered(struct relay *relay, bool failed)
{
	struct relay_input *input = &relay->input;

	input->waiting -= input->waiting > 0;
	if (failed)
		relay_input_close(input);
}
