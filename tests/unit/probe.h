/* SPDX-License-Identifier: MIT */
/*
 * A cage of exactly the processes that a test names, and looking at probes in
 * it as a guard does: again and again until they say something, with a
 * deadline that only a broken probe meets.
 */
#ifndef JIG_TESTS_PROBE_H
#define JIG_TESTS_PROBE_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "child.h"
#include "core/probe/kind/kinds.h"
#include "proc/procfs.h"

#define DEADLINE_US 20000000

static pid_t cage_pids[8];
static size_t cage_count, cage_listings;

static inline int cage_members(struct cage *cage, struct list *ret)
{
	struct list found = { 0 };

	cage_listings++;
	for (size_t i = 0; i < cage_count; i++) {
		struct proc_stat stat;

		if (stat_read(cage->procfd, cage_pids[i], &stat) == 0)
			(void)list_append(&found, &stat, sizeof(stat));
	}
	*ret = found;
	return 0;
}

static const struct cage_ops cage_named = {
	.kind = JIG_CAGE_SUBREAPER,
	.members = cage_members,
};

/** A fixture whose main process is @main; end it with view_close(). */
static inline struct probe_view view_of(pid_t main)
{
	static struct cage cage;

	cage = CAGE_NONE;
	cage.ops = &cage_named;
	cage.procfd = procfs_open();
	cage.reaper = getpid();
	cage_count = 0;
	return (struct probe_view){ .cage = &cage,
				    .main = main,
				    .started_us = clock_us() };
}

static inline void view_close(struct probe_view *view)
{
	cage_close(view->cage);
}

static inline void cage_add(pid_t pid)
{
	cage_pids[cage_count++] = pid;
}

static inline struct probe probe_of(const char *text)
{
	struct probe probe = { 0 };
	struct fault fault = { "" };

	if (probe_parse(&probe, text, &fault) != 0)
		fail_msg("%s: %s", text, fault.text);
	return probe;
}

/** It is refused, with one sentence that holds @words. */
static inline void assert_refused(const char *text, const char *words)
{
	struct probe probe = { 0 };
	struct fault fault = { "" };

	if (probe_parse(&probe, text, &fault) != -EINVAL)
		fail_msg("'%s' is not refused", text);
	if (!strstr(fault.text, words))
		fail_msg("'%s': '%s' does not hold '%s'", text, fault.text,
			 words);
	assert_null(strchr(fault.text, '\n'));
}

/** Wait as the guard's loop does for the next look. */
static inline void await_next_look(struct probe *probe)
{
	int64_t us =
		probe->ops->interval_us ? probe->ops->interval_us(probe) : 5000;
	struct pollfd fd = { .fd = -1 };

	if (probe->ops->descriptor)
		fd.fd = probe->ops->descriptor(probe, &fd.events);
	assert_true(us > 0);
	(void)poll(&fd, 1, clock_poll_ms(clock_us() + us));
}

/** Look once. @return as look(). */
static inline int look_now(struct probe *probe, const struct probe_view *view,
			   struct fault *fault)
{
	struct probe_view now = *view;

	now.now_us = clock_us();
	return probe->ops->look(probe, &now, fault);
}

/** Look until it says ready or never. @return as look(). */
static inline int look_until(struct probe *probe, const struct probe_view *view,
			     struct fault *fault)
{
	int64_t deadline = clock_us() + DEADLINE_US;
	int r;

	while ((r = look_now(probe, view, fault)) == 0) {
		if (clock_us() > deadline)
			fail_msg("%s: %s", probe->text, probe->reason);
		await_next_look(probe);
	}
	return r;
}

static inline void assert_ready(struct probe *probe,
				const struct probe_view *view)
{
	struct fault fault = { "" };
	int r = look_until(probe, view, &fault);

	if (r != 1)
		fail_msg("%s: %d, %s", probe->text, r, fault.text);
}

/** Look until it is "not yet" for a reason that holds @words. */
static inline void assert_not_yet(struct probe *probe,
				  const struct probe_view *view,
				  const char *words)
{
	int64_t deadline = clock_us() + DEADLINE_US;
	struct fault fault = { "" };

	for (;;) {
		int r = look_now(probe, view, &fault);

		if (r != 0)
			fail_msg("%s: %d, %s", probe->text, r, fault.text);
		if (strstr(probe->reason, words))
			return;
		if (clock_us() > deadline)
			fail_msg("%s: '%s', not '%s'", probe->text,
				 probe->reason, words);
		await_next_look(probe);
	}
}

/* ----------------------------------------------------------- real sockets */

/** Bind and listen; @port 0 takes a free one. */
static inline int listen_on(const char *host, uint16_t *port)
{
	bool v6 = strchr(host, ':');
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(*port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(*port) };
	struct sockaddr *address = v6 ? (void *)&in6 : (void *)&in;
	socklen_t size = v6 ? sizeof(in6) : sizeof(in);
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, host,
				   v6 ? (void *)&in6.sin6_addr
				      : (void *)&in.sin_addr),
			 1);
	assert_int_equal(bind(fd, address, size), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, address, &size), 0);
	*port = ntohs(v6 ? in6.sin6_port : in.sin_port);
	return fd;
}

/** A child that holds @fd, which we no longer do. */
static inline pid_t child_holder(int fd)
{
	pid_t pid = child_sleeper();

	(void)close(fd);
	return pid;
}

/** "tcp:HOST:PORT" and the like; valid until the next call. */
static inline const char *text_of(const char *format, unsigned number)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), format, number);
	return text;
}

#endif
