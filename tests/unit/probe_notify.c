// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <stddef.h>

#include "probe.h"

static char *variable; /* NOTIFY_SOCKET=@… of the probe that is open */

static struct probe open_notify(void)
{
	CLEANUP(list_free) struct list env = { 0 };
	struct probe_setup setup = { .env = &env };
	struct probe probe = probe_of("notify");
	struct fault fault;

	assert_int_equal(probe.ops->open(&probe, &setup, &fault), 0);
	assert_int_equal(env.count, 1);
	variable = *(char **)list_at(&env, 0, sizeof(char *));
	assert_ptr_equal(strstr(variable, "NOTIFY_SOCKET=@"), variable);
	return probe;
}

static void close_notify(struct probe *probe)
{
	probe_close(probe);
	free(variable);
	variable = NULL;
}

static void close_both(struct probe *probe, struct probe_view *view)
{
	child_end(view->main);
	view_close(view);
	close_notify(probe);
}

static void await_messages(const struct probe *probe)
{
	struct pollfd fd = { .events = POLLIN };

	fd.fd = probe->ops->descriptor(probe, &fd.events);
	assert_int_equal(poll(&fd, 1, 20000), 1);
}

static bool is_drained(const struct probe *probe)
{
	struct pollfd fd = { .events = POLLIN };

	fd.fd = probe->ops->descriptor(probe, &fd.events);
	return poll(&fd, 1, 0) == 0;
}

/* As sd_notify(3), with a descriptor (or -1). */
static void notify_with(const char *text, int passed)
{
	const char *name = strchr(variable, '@') + 1;
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct iovec part = { (void *)(uintptr_t)text, strlen(text) };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct msghdr header = {
		.msg_name = &un,
		.msg_namelen =
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    strlen(name)),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path + 1, name, strlen(name));
	if (passed >= 0) {
		header.msg_control = control;
		header.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		*c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
				       .cmsg_type = SCM_RIGHTS,
				       .cmsg_len = CMSG_LEN(sizeof(int)) };
		memcpy(CMSG_DATA(c), &passed, sizeof(int));
	}
	if (sendmsg(fd, &header, 0) < 0)
		abort();
	(void)close(fd);
}

/* A child that says @text, and lives. */
static pid_t child_says_text(const char *text)
{
	pid_t pid = child_fork();

	if (pid == 0) {
		notify_with(text, -1);
		for (;;)
			pause();
	}
	return pid;
}

static void ready_from_main_is_ready(void **state)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(child_says_text("READY=1"));

	(void)state;
	assert_ready(&probe, &view);
	assert_ready(&probe, &view);
	close_both(&probe, &view);
}

static void ready_from_a_member_is_ready(void **state)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(child_sleeper());
	pid_t member = child_says_text("STATUS=x\nREADY=1\n");

	(void)state;
	cage_add(member);
	assert_ready(&probe, &view);
	child_end(member);
	close_both(&probe, &view);
}

/* A message is read once, so this look has to get it right. */
static void a_daemon_is_heard_before_mains_end_is_known(void **state)
{
	struct probe probe = open_notify();
	pid_t main = child_sleeper();
	struct probe_view view = view_of(main);
	pid_t member = child_says_text("READY=1");

	(void)state;
	cage_add(member);
	child_end(main);
	assert_false(view.main_ended);
	assert_ready(&probe, &view);
	child_end(member);
	view_close(&view);
	close_notify(&probe);
}

static void a_foreigner_is_not_heard(void **state)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(child_sleeper());

	(void)state;
	notify_with("READY=1\nSTATUS=foreign", -1);
	await_messages(&probe);
	assert_not_yet(&probe, &view, "no READY=1 has come yet");
	assert_true(is_drained(&probe));
	close_both(&probe, &view);
}

/* systemd-notify(1) says it and ends. */
static void a_process_that_has_ended_is_heard(void **state)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(child_sleeper());
	pid_t pid = child_fork();

	(void)state;
	if (pid == 0) {
		notify_with("READY=1", -1);
		_exit(0);
	}
	(void)child_wait(pid);
	assert_ready(&probe, &view);
	close_both(&probe, &view);
}

#define MESSAGES 8 /* fewer than a queue holds */
#define STRANGER 65534

/* The messages of another user, which is below no process of the fixture. */
static pid_t stranger_sends(bool stays)
{
	pid_t pid = child_fork();

	if (pid == 0) {
		if (setresuid(STRANGER, STRANGER, STRANGER) < 0)
			abort();
		for (int i = 0; i < MESSAGES; i++)
			notify_with("READY=1", -1);
		while (stays)
			pause();
		_exit(0);
	}
	return pid;
}

static void a_stranger_costs_no_listing(void **state)
{
	if (getuid() != 0)
		skip();

	struct probe probe = open_notify();
	struct probe_view view = view_of(child_sleeper());
	pid_t stranger;

	(void)state;
	view.cage->reaper = view.main;
	stranger = stranger_sends(true);
	await_messages(&probe);
	cage_listings = 0;
	assert_not_yet(&probe, &view, "no READY=1 has come yet");
	assert_int_equal(cage_listings, 0);
	child_end(stranger);
	close_both(&probe, &view);
}

static void strangers_that_have_ended_cost_one(void **state)
{
	if (getuid() != 0)
		skip();

	struct probe probe = open_notify();
	struct probe_view view = view_of(child_sleeper());
	pid_t stranger;

	(void)state;
	stranger = stranger_sends(false);
	await_messages(&probe);
	(void)child_wait(stranger);
	cage_listings = 0;
	assert_not_yet(&probe, &view, "no READY=1 has come yet");
	assert_true(is_drained(&probe));
	assert_int_equal(cage_listings, 1);
	close_both(&probe, &view);
}

static void messages_are_dropped_unread(void **state)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(child_says_text("READY=1"));

	(void)state;
	await_messages(&probe);
	cage_listings = 0;
	probe.ops->drop(&probe);
	assert_true(is_drained(&probe));
	assert_int_equal(cage_listings, 0);
	assert_not_yet(&probe, &view, "no READY=1 has come yet");
	close_both(&probe, &view);
}

static void the_status_is_the_reason(void **state)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(
		child_says_text("FOO=1\nSTATUS=migrating\t3/10\nMAINPID=1"));

	(void)state;
	assert_not_yet(&probe, &view, "migrating?3/10");
	assert_true(probe.ops->extended_us(&probe) <= 0);
	close_both(&probe, &view);
}

static void more_time_may_be_asked_for(void **state)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(
		child_says_text("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=seen"));

	(void)state;
	assert_not_yet(&probe, &view, "seen");
	int64_t left = probe.ops->extended_us(&probe) - clock_us();

	assert_true(left > 30000000 && left <= 60000000);
	close_both(&probe, &view);
}

static void check_never(const char *text, const char *words)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(child_says_text(text));
	struct fault fault = { "" };

	assert_int_equal(look_until(&probe, &view, &fault), -ECANCELED);
	if (!strstr(fault.text, words))
		fail_msg("'%s' does not hold '%s'", fault.text, words);
	close_both(&probe, &view);
}

static void a_command_that_stops_is_never_ready(void **state)
{
	(void)state;
	check_never("STOPPING=1\nSTATUS=bad config", "bad config");
	check_never("ERRNO=13", strerror(EACCES));
}

/* Barriers wait for that. */
static void descriptors_are_closed(void **state)
{
	struct probe probe = open_notify();
	struct probe_view view = view_of(child_sleeper());
	struct pollfd end = { .events = POLLIN };
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	notify_with("BARRIER=1", ends[1]);
	(void)close(ends[1]);
	end.fd = ends[0];
	/* The child was forked before, so the message holds the last one. */
	assert_not_yet(&probe, &view, "no READY=1");
	assert_int_equal(poll(&end, 1, 20000), 1);
	assert_true(end.revents & POLLHUP);
	(void)close(ends[0]);
	close_both(&probe, &view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_from_main_is_ready),
		cmocka_unit_test(ready_from_a_member_is_ready),
		cmocka_unit_test(a_daemon_is_heard_before_mains_end_is_known),
		cmocka_unit_test(a_foreigner_is_not_heard),
		cmocka_unit_test(a_process_that_has_ended_is_heard),
		cmocka_unit_test(a_stranger_costs_no_listing),
		cmocka_unit_test(strangers_that_have_ended_cost_one),
		cmocka_unit_test(messages_are_dropped_unread),
		cmocka_unit_test(the_status_is_the_reason),
		cmocka_unit_test(more_time_may_be_asked_for),
		cmocka_unit_test(a_command_that_stops_is_never_ready),
		cmocka_unit_test(descriptors_are_closed),
	};

	return RUN(tests);
}
