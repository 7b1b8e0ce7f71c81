// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "core/wire.h"
#include "report_sample.h"

struct line {
	int ours, theirs;
};

static int set_up(void **state)
{
	struct line *line = calloc(1, sizeof(*line));
	int pair[2];

	if (!line ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	*line = (struct line){ pair[0], pair[1] };
	*state = line;
	return 0;
}

static int tear_down(void **state)
{
	struct line *line = *state;

	cleanup_close(&line->ours);
	cleanup_close(&line->theirs);
	free(line);
	return 0;
}

static void assert_arrives(struct line *line, struct wire *sent,
			   struct wire *got)
{
	int fd = -1;

	assert_int_equal(wire_send(line->ours, sent, -1), 0);
	assert_int_equal(wire_receive(line->theirs, got, &fd), 1);
	assert_int_equal(fd, -1);
	assert_memory_equal(got, sent, wire_size(sent));
}

static bool is_failure(unsigned type)
{
	return type == WIRE_FAILED || type == WIRE_UNREADY ||
	       type == WIRE_UNHEALTHY;
}

static void every_message_arrives_as_it_was(void **state)
{
	struct wire wire, got;

	for (unsigned type = WIRE_STARTED; type <= WIRE_LAST; type++) {
		memset(&wire, 0, sizeof(wire));
		wire.type = type;
		wire.value = is_failure(type) ? -ENOENT : 4711;
		wire.target = -1;
		if (type == WIRE_ENDED)
			wire.report = report_sample();
		if (type != WIRE_ENDED)
			(void)strcpy(wire.text, "why");
		assert_arrives(*state, &wire, &got);
	}
}

static void messages_keep_their_order(void **state)
{
	struct line *line = *state;
	struct wire wire = { .type = WIRE_SIGNAL }, got;
	int fd = -1;

	for (wire.value = 1; wire.value <= 20; wire.value++)
		assert_int_equal(wire_send(line->ours, &wire, -1), 0);
	for (int i = 1; i <= 20; i++) {
		assert_int_equal(wire_receive(line->theirs, &got, &fd), 1);
		assert_int_equal(got.value, i);
	}
	assert_int_equal(wire_receive(line->theirs, &got, &fd), -EAGAIN);
}

static void a_descriptor_comes_along(void **state)
{
	struct line *line = *state;
	struct wire wire = { .type = WIRE_STARTED, .value = 1 }, got;
	int pair[2], fd = -1;
	char byte;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	assert_int_equal(wire_send(line->ours, &wire, pair[1]), 0);
	(void)close(pair[1]);
	assert_int_equal(wire_receive(line->theirs, &got, &fd), 1);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	(void)close(fd);
	(void)close(pair[0]);
}

/* The packet @size bytes of @wire is refused. */
static void assert_refused(struct line *line, const struct wire *wire,
			   size_t size)
{
	struct wire got;
	int fd = -1;

	assert_int_equal(send(line->ours, wire, size, 0), (ssize_t)size);
	assert_int_equal(wire_receive(line->theirs, &got, &fd), -EBADMSG);
	assert_int_equal(fd, -1);
}

static void what_is_cut_or_too_long_is_refused(void **state)
{
	struct wire wire = { .version = WIRE_VERSION, .type = WIRE_SIGNAL };
	size_t size = wire_size(&wire);
	struct wire *two = calloc(2, sizeof(*two));

	for (size_t cut = 1; cut < size; cut++)
		assert_refused(*state, &wire, cut);
	assert_refused(*state, &wire, size + 1);
	wire.type = WIRE_FAILED;
	wire.value = -1;
	assert_refused(*state, &wire, wire_size(&wire) - 1);
	two[0] = wire;
	assert_refused(*state, two, sizeof(*two) + 1);
	free(two);
}

static void another_version_or_type_is_refused(void **state)
{
	struct wire wire = { .version = WIRE_VERSION + 1, .type = WIRE_SIGNAL };

	assert_refused(*state, &wire, wire_size(&wire));
	wire.version = WIRE_VERSION;
	wire.type = 0;
	assert_refused(*state, &wire, wire_size(&wire));
	wire.type = WIRE_LAST + 1;
	assert_refused(*state, &wire, wire_size(&wire));
}

static void a_failure_needs_a_reason(void **state)
{
	struct wire wire = { .version = WIRE_VERSION, .type = WIRE_FAILED };

	wire.value = 0; /* No error at all. */
	assert_refused(*state, &wire, wire_size(&wire));
	wire.value = -EPERM;
	memset(wire.text, 'x', sizeof(wire.text));
	assert_refused(*state, &wire, wire_size(&wire));
}

static void a_bad_report_is_refused(void **state)
{
	struct wire wire = { .version = WIRE_VERSION, .type = WIRE_ENDED };
	size_t size;

	wire.report = report_sample();
	size = wire_size(&wire);
	wire.report.reason = 99;
	assert_refused(*state, &wire, size);
}

static unsigned open_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Send @count descriptors with a packet; nobody may keep them. */
static void send_descriptors(int socket, const struct wire *wire, size_t count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(4 * sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)wire, wire_size(wire) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen =
					  CMSG_SPACE(count * sizeof(int)) };
	int fds[4] = { 0, 0, 0, 0 };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, count * sizeof(int));
	assert_true(sendmsg(socket, &message, 0) > 0);
}

static void descriptors_of_a_bad_message_are_closed(void **state)
{
	struct line *line = *state;
	struct wire wire = { .version = WIRE_VERSION + 1,
			     .type = WIRE_STARTED },
		    got;
	unsigned before = open_descriptors();
	int fd = -1;

	send_descriptors(line->ours, &wire, 1);
	assert_int_equal(wire_receive(line->theirs, &got, &fd), -EBADMSG);
	assert_int_equal(open_descriptors(), before);
}

static void descriptors_that_nobody_expects_are_closed(void **state)
{
	struct line *line = *state;
	struct wire wire = { .version = WIRE_VERSION, .type = WIRE_STARTED },
		    got;
	unsigned before = open_descriptors();

	for (size_t count = 2; count <= 4; count++) {
		int fd = -1;

		send_descriptors(line->ours, &wire, count);
		(void)wire_receive(line->theirs, &got, &fd);
		cleanup_close(&fd);
		assert_int_equal(open_descriptors(), before);
	}
}

static void a_closed_peer_is_told(void **state)
{
	struct line *line = *state;
	struct wire wire = { .type = WIRE_STOP }, got;
	int fd = -1;

	assert_int_equal(wire_send(line->theirs, &wire, -1), 0);
	cleanup_close(&line->theirs);
	/* What it had sent is still read; no SIGPIPE comes. */
	assert_int_equal(wire_receive(line->ours, &got, &fd), 1);
	assert_int_equal(wire_receive(line->ours, &got, &fd), 0);
	assert_int_equal(wire_send(line->ours, &wire, -1), -EPIPE);
}

static void a_full_line_does_not_block(void **state)
{
	struct line *line = *state;
	struct wire wire = { .type = WIRE_SIGNAL, .value = 1 };
	int r = 0;

	for (int i = 0; i < 100000 && r == 0; i++)
		r = wire_send(line->ours, &wire, -1);
	assert_int_equal(r, -EAGAIN);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(every_message_arrives_as_it_was),
		TEST(messages_keep_their_order),
		TEST(a_descriptor_comes_along),
		TEST(what_is_cut_or_too_long_is_refused),
		TEST(another_version_or_type_is_refused),
		TEST(a_failure_needs_a_reason),
		TEST(a_bad_report_is_refused),
		TEST(descriptors_of_a_bad_message_are_closed),
		TEST(descriptors_that_nobody_expects_are_closed),
		TEST(a_closed_peer_is_told),
		TEST(a_full_line_does_not_block),
	};

	return RUN(tests);
}
