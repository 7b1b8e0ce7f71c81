// SPDX-License-Identifier: MIT
/*
 * The doorman of a session (outside.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file/directory.h"
#include "base/file/self.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/text/frame.h"
#include "cli/command/command.h"
#include "cli/job/begin/outside.h"
#include "job/store.h"
#include "proc/spawn.h"

#define ANSWER_MAX 4096

/* ------------------------------------------------------------ one request */

/* The job in the request, "%5". @return whether the request is valid. */
static bool read_request(int fd, char *ret, size_t size)
{
	CLEANUP(list_free) struct list words = { 0 };
	char bytes[256];
	size_t used = 0;
	struct frame frame;

	for (;;) {
		long n = frame_parse(bytes, used, &frame);

		if (n < 0 || used == sizeof(bytes))
			return false;
		if (n > 0)
			break;
		ssize_t got =
			RETRY(recv(fd, bytes + used, sizeof(bytes) - used, 0));

		if (got <= 0)
			return false;
		used += (size_t)got;
	}
	if (frame.kind != FRAME_WORDS || frame_words(&frame, &words) != 2)
		return false;
	const char *const *argv = words.items;

	return strcmp(argv[0], "start") == 0 && *argv[1] == '%' &&
	       (size_t)snprintf(ret, size, "%s", argv[1]) < size;
}

/* Reads its messages until the job's keeper has closed stderr. */
static int restart(const char *job, char *answer, size_t *ret_used)
{
	const char *argv[] = { "jig", "restart", job, NULL };
	int ends[2], status = 0;
	CLEANUP_CLOSE int null = RETRY(open("/dev/null", O_RDWR | O_CLOEXEC));

	if (null < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return EXIT_JIG;
	CLEANUP_CLOSE int ours = ends[0];
	const struct spawn_fd fds[] = { { null, 0 },
					{ null, 1 },
					{ ends[1], 2 } };
	const struct spawn spawn = {
		.argv = (char *const *)argv,
		.path = self_program(),
		.fds = fds,
		.fd_count = sizeof(fds) / sizeof(*fds),
		.close_others = true,
	};
	struct spawned child;
	struct fault fault;
	int r = spawn_program(&spawn, &child, NULL, &fault);

	cleanup_close(&ends[1]);
	if (r < 0)
		return EXIT_JIG;
	for (ssize_t n = 1; n > 0; *ret_used += n > 0 ? (size_t)n : 0)
		n = RETRY(
			read(ours, answer + *ret_used, ANSWER_MAX - *ret_used));
	cleanup_close(&child.pidfd);
	(void)RETRY(waitpid(child.pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_JIG;
}

static void outside_door_serve(int fd)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };
	char job[16], answer[ANSWER_MAX];
	size_t used = 0;

	if (!read_request(fd, job, sizeof(job)))
		return;
	unsigned char status = (unsigned char)restart(job, answer, &used);

	if (used > 0)
		frame_add(&out, FRAME_ERR, answer, used);
	frame_add(&out, FRAME_STATUS, &status, 1);
	if (!out.error) /* The client may have gone. */
		(void)fd_write_all(fd, out.text, out.used);
}

/* ------------------------------------------------------------ the doorman */

static bool outside_door_is_ours(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

/* In a child, because a job may need long to become ready. */
static void answer_one(int listener)
{
	CLEANUP_CLOSE int fd =
		RETRY(accept4(listener, NULL, NULL, SOCK_CLOEXEC));

	if (fd < 0 || !outside_door_is_ours(fd) || fork() != 0)
		return;
	(void)signal(SIGCHLD, SIG_DFL);
	outside_door_serve(fd);
	_exit(0);
}

__attribute__((noreturn)) static void be_doorman(int listener, int session)
{
	enum { LISTENER, SESSION, COUNT };
	struct pollfd events[COUNT] = {
		[LISTENER] = { .fd = listener, .events = POLLIN },
		[SESSION] = { .fd = session, .events = POLLIN },
	};
	int keep[] = { listener, session };

	(void)prctl(PR_SET_NAME, "jig-doorman");
	(void)setsid();
	directory_leave();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN); /* reap the children automatically */
	fd_nullify(STDIN_FILENO, STDERR_FILENO);
	fd_close_except(STDERR_FILENO + 1, keep, sizeof(keep) / sizeof(*keep));
	for (;;) {
		(void)poll_fds(events, COUNT, -1);
		if (events[SESSION].revents)
			break;
		if (events[LISTENER].revents)
			answer_one(listener);
	}
	_exit(0);
}

static int write_names(int directory, const struct list *names)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	for (size_t i = 0; i < names->count; i++) {
		const char *name = ((const char *const *)names->items)[i];

		buffer_printf(&text, "%s\n", name + (*name == '%'));
	}
	if (text.error)
		return text.error;
	CLEANUP_CLOSE int fd =
		RETRY(openat(directory, "keep",
			     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));

	return fd < 0 ? -errno : fd_write_all(fd, text.text, text.used);
}

/* A double fork: init, or a subreaper, adopts the doorman. */
static int fork_doorman(int listener, int session, int keeper)
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child == 0) {
		pid_t doorman = fork();

		if (doorman == 0) {
			(void)close(keeper);
			be_doorman(listener, session);
		}
		_exit(doorman < 0);
	}
	(void)RETRY(waitpid(child, &status, 0));
	return status == 0 ? 0 : -EAGAIN;
}

int outside_open(int directory, unsigned number, const struct list *names,
		 int *ret, struct fault *fault)
{
	CLEANUP_CLOSE int listener = store_listen(directory, number, "outside");
	int ends[2] = { -1, -1 };
	int r = listener < 0 ? listener : write_names(directory, names);

	if (r == 0 && pipe2(ends, O_CLOEXEC) < 0)
		r = -errno;
	if (r < 0)
		return fault_set(
			fault, r,
			"cannot open the socket of the session's doorman: %s",
			strerror(-r));
	CLEANUP_CLOSE int session = ends[0], keeper = ends[1];

	r = fork_doorman(listener, session, keeper);
	if (r < 0)
		return fault_set(fault, r, "cannot fork: %s", strerror(-r));
	*ret = take_fd(&keeper);
	return 0;
}
