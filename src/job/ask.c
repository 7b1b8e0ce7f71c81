// SPDX-License-Identifier: MIT
#include "job/ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/text.h"
#include "job/keeper_pin.h"
#include "job/store.h"

/* A start normally takes a millisecond. */
#define START_US 1000000
/* A keeper takes a connection at once, unless it is suspended. */
#define CONNECT_US 10000000
/* Enough for a queue with room, if the deadline is over. */
#define CONNECT_MIN_US 1000

/* A keeper answers at once. */
#define ANSWER_US 10000000

/* Interval at which a suspended keeper is continued. */
#define LOOK_MS 100

static int ask_connect_path(unsigned number, const char *name, int64_t limit_us)
{
	struct sockaddr_un address;
	struct fault fault;
	CLEANUP_CLOSE int store = store_open(&fault);
	CLEANUP_CLOSE int directory =
		store < 0 ? store : store_directory(store, number);
	int r = directory < 0
			? directory
			: store_address(directory, number, name, &address);

	if (r < 0)
		return r;
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	r = retry_connect(fd, &address, limit_us);
	return r == -ENOENT ? -ECONNREFUSED : r < 0 ? r : take_fd(&fd);
}

int ask_connect_to(unsigned number, const char *name)
{
	return ask_connect_path(number, name, CONNECT_US);
}

int ask_begin(unsigned number, const char *const *words, int64_t deadline_us)
{
	int64_t until = clock_sooner(clock_in_us(CONNECT_US), deadline_us);

	keeper_continue(number); /* else connect(2) may wait */
	int64_t left = until - clock_us();
	CLEANUP_CLOSE int fd =
		ask_connect_path(number, "socket",
				 left > CONNECT_MIN_US ? left : CONNECT_MIN_US);
	int r = fd < 0 ? fd : ask_words(fd, words);

	return r < 0 ? r : take_fd(&fd);
}

int ask_words(int fd, const char *const *words)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };
	int r = frame_add_words(&out, (char *const *)words);
	size_t done = 0;

	while (r == 0 && done < out.used) {
		ssize_t n = RETRY(send(fd, out.text + done, out.used - done,
				       MSG_NOSIGNAL));

		if (n < 0)
			r = -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return r;
}

static int read_exactly(int fd, char *to, size_t size, int64_t deadline_us)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	size_t done = 0;

	while (done < size) {
		if (poll_fds(&in, 1, clock_poll_ms(deadline_us)) == 0 &&
		    deadline_us >= 0 && clock_us() >= deadline_us)
			return -ETIMEDOUT;

		ssize_t n = recv(fd, to + done, size - done, MSG_DONTWAIT);

		if (n == 0)
			return -EPIPE;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return errno == ECONNRESET ? -EPIPE : -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* One frame into *bytes. @return 0 or -errno. */
static int read_frame(int fd, int64_t deadline_us, struct buffer *bytes,
		      struct frame *ret)
{
	static const char nothing[256];
	char head[FRAME_HEAD] = { 0 };
	int r = read_exactly(fd, head, sizeof(head), deadline_us);

	if (r < 0)
		return r;
	const unsigned char *length = (const unsigned char *)head + 1;
	size_t size = length[0] | (size_t)length[1] << 8 |
		      (size_t)length[2] << 16 | (size_t)length[3] << 24;

	if (size > FRAME_SIZE)
		return -EBADMSG;
	bytes->used = 0;
	buffer_add(bytes, head, sizeof(head));
	for (size_t left = size; left > 0;) {
		size_t part = left < sizeof(nothing) ? left : sizeof(nothing);

		buffer_add(bytes, nothing, part);
		left -= part;
	}
	if (bytes->error)
		return bytes->error;
	r = read_exactly(fd, bytes->text + FRAME_HEAD, size, deadline_us);
	if (r < 0)
		return r;
	return frame_parse(bytes->text, bytes->used, ret) > 0 ? 0 : -EBADMSG;
}

static void note_reason(const struct frame *frame, struct fault *fault)
{
	size_t size = frame->size < sizeof(fault->text)
			      ? frame->size
			      : sizeof(fault->text) - 1;

	memcpy(fault->text, frame->payload, size);
	while (size > 0 && fault->text[size - 1] == '\n')
		size--;
	/* It may have several lines: newlines and tabs stay. */
	fault->text[text_clean(fault->text, size, "\n\t")] = '\0';
}

int ask_status(int fd, int64_t deadline_us, struct fault *fault)
{
	CLEANUP(buffer_free) struct buffer bytes = { 0 };

	for (;;) {
		struct frame frame = { 0 };
		int r = read_frame(fd, deadline_us, &bytes, &frame);

		if (r < 0)
			return r;
		if (frame.kind == FRAME_STATUS)
			return (unsigned char)frame.payload[0];
		if (frame.kind == FRAME_ERR && fault)
			note_reason(&frame, fault);
	}
}

static int ask_wait(unsigned number, struct pollfd *one, int64_t deadline_us,
		    int look_ms)
{
	int64_t look_us = clock_ms_us(look_ms);

	for (;;) {
		int64_t until = clock_sooner(clock_in_us(look_us), deadline_us);

		if (poll_fds(one, 1, clock_poll_ms(until)) > 0)
			return 0;
		if (deadline_us >= 0 && clock_us() >= deadline_us)
			return -ETIMEDOUT;
		keeper_continue(number);
	}
}

int ask_await(unsigned number, int fd, short events, int64_t deadline_us)
{
	struct pollfd one = { .fd = fd, .events = events };

	return ask_wait(number, &one, deadline_us, KEEPER_LOOK_MS);
}

int ask_send(unsigned number, int fd, const char *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = send(fd, bytes + done, size - done,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n < 0)
			(void)ask_await(number, fd, POLLOUT, -1); /* no limit */
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int open_until(unsigned number, const char *const *words,
		      int64_t deadline_us)
{
	CLEANUP_CLOSE int fd = ask_begin(number, words, deadline_us);
	struct pollfd one = { .fd = fd, .events = POLLIN };
	int r = fd < 0 ? fd : ask_wait(number, &one, deadline_us, LOOK_MS);

	return r < 0 ? r : take_fd(&fd);
}

int ask_open(unsigned number, const char *const *words)
{
	return open_until(number, words, clock_in_us(ANSWER_US));
}

static int ask_once(unsigned number, const char *const *words,
		    struct fault *fault, int *ret_fd)
{
	int64_t deadline_us = clock_in_us(ANSWER_US);
	CLEANUP_CLOSE int fd = open_until(number, words, deadline_us);
	int r = fd < 0 ? fd : ask_status(fd, deadline_us, fault);

	if (r == 0 && ret_fd)
		*ret_fd = take_fd(&fd);
	return r;
}

static int ask_again(unsigned number, const char *const *words,
		     struct fault *fault, int *ret_fd)
{
	int64_t until = clock_in_us(START_US);
	int r;

	while ((r = ask_once(number, words, fault, ret_fd)) ==
		       ASK_NOT_STARTED &&
	       clock_us() < until)
		clock_sleep_us(2000);
	return r;
}

int ask(unsigned number, const char *const *words, struct fault *fault)
{
	return ask_again(number, words, fault, NULL);
}

int ask_raw(unsigned number, const char *const *words, int *ret_fd)
{
	return ask_again(number, words, NULL, ret_fd);
}
