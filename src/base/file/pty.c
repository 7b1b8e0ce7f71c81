// SPDX-License-Identifier: MIT
#include "base/file/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41) /* Linux 4.13 */
#endif

/* By the master itself where the kernel can: its path may lead elsewhere, or
 * nowhere, in a container or chroot. */
static int open_slave(int master)
{
	int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
	int fd = RETRY(ioctl(master, TIOCGPTPEER, flags));
	char path[64];

	if (fd >= 0)
		return fd;
	int r = ptsname_r(master, path, sizeof(path));

	if (r != 0)
		return r > 0 ? -r : -errno;
	fd = RETRY(open(path, flags));
	return fd < 0 ? -errno : fd;
}

static int open_master(void)
{
	CLEANUP_CLOSE int fd =
		posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0)
		return -errno;
	return take_fd(&fd);
}

int pty_open(const struct winsize *size, struct pty *ret, struct fault *fault)
{
	static const struct winsize usual = { .ws_row = 24, .ws_col = 80 };
	CLEANUP_CLOSE int master = open_master();
	CLEANUP_CLOSE int slave = master < 0 ? master : open_slave(master);

	if (slave < 0)
		return fault_set(fault, slave, "cannot open a pty: %s",
				 strerror(-slave));
	if (ioctl(master, TIOCSWINSZ, size ? size : &usual) < 0)
		return fault_set(fault, -errno,
				 "cannot set the size of a pty: %s",
				 strerror(errno));
	*ret = (struct pty){ take_fd(&master), take_fd(&slave) };
	return 0;
}

int pty_resize(const struct pty *pty, const struct winsize *size)
{
	return ioctl(pty->master, TIOCSWINSZ, size) < 0 ? -errno : 0;
}

static unsigned short smaller(unsigned short a, unsigned short b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

void pty_size_fit(struct winsize *size, const struct winsize *other)
{
	size->ws_row = smaller(size->ws_row, other->ws_row);
	size->ws_col = smaller(size->ws_col, other->ws_col);
}

void pty_close(struct pty *pty)
{
	cleanup_close(&pty->master);
	cleanup_close(&pty->slave);
}

int pty_size_parse(const char *text, struct winsize *ret)
{
	unsigned rows, columns;
	char end;

	if (sscanf(text, "%5ux%5u%c", &rows, &columns, &end) != 2 ||
	    rows == 0 || columns == 0 || rows > USHRT_MAX ||
	    columns > USHRT_MAX)
		return -EINVAL;
	*ret = (struct winsize){ .ws_row = (unsigned short)rows,
				 .ws_col = (unsigned short)columns };
	return 0;
}
