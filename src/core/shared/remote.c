// SPDX-License-Identifier: MIT
#include "core/shared/remote.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "base/retry.h"

/* Bytes of the packet that are in use. */
static size_t remote_size(const struct remote_packet *packet)
{
	const size_t head = offsetof(struct remote_packet, text);

	if (packet->kind == REMOTE_NAME)
		return head + sizeof(packet->name);
	if (packet->kind == REMOTE_REPORT)
		return head + report_size(&packet->report);
	return head + strlen(packet->text) + 1;
}

int remote_send(int fd, const struct remote_packet *packet)
{
	ssize_t n = RETRY(send(fd, packet, remote_size(packet),
			       MSG_NOSIGNAL | MSG_DONTWAIT));

	if (n >= 0)
		return 0;
	return errno == ECONNRESET ? -EPIPE : -errno;
}

static bool remote_is_name(const struct name *name)
{
	return memchr(name->name, 0, sizeof(name->name)) &&
	       memchr(name->address, 0, sizeof(name->address)) &&
	       name_check(name->name, strlen(name->name)) == 0;
}

static bool remote_is_right(const struct remote_packet *packet, size_t size)
{
	const size_t head = offsetof(struct remote_packet, text);

	if (size <= head)
		return false;
	switch (packet->kind) {
	case REMOTE_NAME:
		return size == head + sizeof(packet->name) &&
		       remote_is_name(&packet->name);
	case REMOTE_REPORT:
		return report_check(&packet->report, size - head) == 0;
	case REMOTE_MATCH:
	case REMOTE_STARTED:
	case REMOTE_READY:
	case REMOTE_UNREADY:
	case REMOTE_UNHEALTHY:
	case REMOTE_UNWRITTEN:
	case REMOTE_REFUSED:
	case REMOTE_STOPPED:
	case REMOTE_LOST:
	case REMOTE_STOP:
	case REMOTE_HURRY:
	case REMOTE_SIGNAL:
		return size <= head + sizeof(packet->text) &&
		       packet->text[size - head - 1] == '\0';
	default:
		return false;
	}
}

int remote_receive(int fd, struct remote_packet *ret)
{
	ssize_t n = RETRY(recv(fd, ret, sizeof(*ret), MSG_DONTWAIT));

	/* The other one closed before it had read all that we sent: reported
	 * once, before the packets that we have not read. */
	if (n < 0 && errno == ECONNRESET)
		n = RETRY(recv(fd, ret, sizeof(*ret), MSG_DONTWAIT));
	if (n < 0)
		return errno == ECONNRESET		     ? 0
		       : errno == ENOMEM || errno == ENOBUFS ? -EAGAIN
							     : -errno;
	if (n == 0)
		return 0;
	return remote_is_right(ret, (size_t)n) ? (int)ret->kind : -EBADMSG;
}
