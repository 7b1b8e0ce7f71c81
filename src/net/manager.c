// SPDX-License-Identifier: MIT
#include "net/manager.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"

/* sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3). */
const char *const manager_variables[] = {
	"NOTIFY_SOCKET", "WATCHDOG_PID",   "WATCHDOG_USEC",  "LISTEN_PID",
	"LISTEN_FDS",	 "LISTEN_FDNAMES", "LISTEN_PIDFDID", NULL,
};

/* @address  "@name" or "/path". */
static int manager_connect(struct manager *manager, const char *address)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t length = strlen(address);

	if ((*address != '@' && *address != '/') || length < 2)
		return -EINVAL;
	if (length >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, address, length);
	if (*address == '@')
		to.sun_path[0] = '\0';

	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* An abstract name has no NUL at its end. */
	if (RETRY(connect(fd, (struct sockaddr *)&to,
			  (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				      length + (*address == '/')))) < 0)
		return -errno;
	int r = fd_leave_stdio(&fd);

	if (r == 0)
		manager->fd = take_fd(&fd);
	return r;
}

int manager_open(struct manager *manager, struct fault *fault)
{
	const char *address = getenv("NOTIFY_SOCKET");
	int r = address ? manager_connect(manager, address) : 0;

	return r < 0 ? fault_set(fault, r, "NOTIFY_SOCKET is %s: %s", address,
				 strerror(-r))
		     : 0;
}

static int manager_send(const struct manager *manager, const char *text)
{
	ssize_t n = send(manager->fd, text, strlen(text),
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 ? -errno : 0;
}

void manager_tell(const struct manager *manager, const char *text)
{
	(void)manager_send(manager,
			   text); /* As sd_notify(3): it may be gone. */
}

void manager_tell_ready(struct manager *manager)
{
	int r = manager_send(manager, "READY=1");

	manager->was_ready = true;
	manager->owes_ready = r == -EAGAIN || r == -ENOBUFS || r == -EINTR;
}

bool manager_takes(const struct manager *manager, const char *line)
{
	static const char *const names[] = {
		"STATUS=",	   "RELOADING=",     "STOPPING=",
		"WATCHDOG=",	   "WATCHDOG_USEC=", "EXTEND_TIMEOUT_USEC=",
		"MONOTONIC_USEC=", "ERRNO=",	     "BUSERROR=",
	};

	/* The fixture's READY=1 is ours: other probes may not hold yet. */
	if (strcmp(line, "READY=1") == 0)
		return manager->was_ready;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strncmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}
