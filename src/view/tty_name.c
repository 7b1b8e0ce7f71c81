// SPDX-License-Identifier: MIT
#include "view/tty_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* From Documentation/admin-guide/devices.txt of the kernel. */
enum {
	MAJOR_TTY = 4,
	SERIAL_FIRST = 64, /* of MAJOR_TTY's minors: ttyS0 */
	MAJOR_PTS_FIRST = 136,
	MAJOR_PTS_LAST = 143,
};

static void write_name(char *ret, const char *prefix, size_t length,
		       unsigned number)
{
	(void)snprintf(ret, TTY_NAME_SIZE, "%.*s%u",
		       (int)(length < 24 ? length : 24), prefix, number);
}

/*
 * "pty_slave  /dev/pts  136 0-1048575 pty:slave". A driver of type "system"
 * with one minor number, such as /dev/console, has a node without a number.
 */
static int parse_driver(const char *line, unsigned device_major,
			unsigned device_minor, char *ret)
{
	char node[64], range[32], type[32] = "", *end;
	unsigned major_number;
	int count = sscanf(line, "%*63s /dev/%63s %9u %31s %31s", node,
			   &major_number, range, type);
	unsigned long first, last;

	if (count < 3 || major_number != device_major)
		return -ENOENT;
	first = last = strtoul(range, &end, 10);
	if (*end == '-')
		last = strtoul(end + 1, NULL, 10);
	if (device_minor < first || device_minor > last)
		return -ENOENT;
	if (*end != '-' && strncmp(type, "system", 6) == 0)
		(void)snprintf(ret, TTY_NAME_SIZE, "%.24s", node);
	else
		write_name(ret, node, strlen(node),
			   device_minor - (unsigned)first);
	return 0;
}

static int find_driver(const char *drivers, unsigned device_major,
		       unsigned device_minor, char *ret)
{
	for (const char *line = drivers; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (parse_driver(line, device_major, device_minor, ret) == 0)
			return 0;
	}
	return -ENOENT;
}

int tty_name(const char *drivers, int tty, char ret[TTY_NAME_SIZE])
{
	unsigned device_major = major((dev_t)(unsigned)tty);
	unsigned device_minor = minor((dev_t)(unsigned)tty);

	(void)snprintf(ret, TTY_NAME_SIZE, "?");
	if (tty == 0)
		return -ENOENT;
	if (device_major == MAJOR_TTY && device_minor < SERIAL_FIRST)
		write_name(ret, "tty", 3, device_minor);
	else if (device_major == MAJOR_TTY)
		write_name(ret, "ttyS", 4, device_minor - SERIAL_FIRST);
	else if (device_major >= MAJOR_PTS_FIRST &&
		 device_major <= MAJOR_PTS_LAST)
		write_name(ret, "pts/", 4,
			   (device_major - MAJOR_PTS_FIRST) * 256 +
				   device_minor);
	else
		return find_driver(drivers, device_major, device_minor, ret);
	return 0;
}

int tty_find(const char *name, int *ret)
{
	static const char *const places[] = { "/dev/", "/dev/tty" };
	struct stat st;

	if (strcmp(name, "?") == 0) {
		*ret = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char path[256];

		(void)snprintf(path, sizeof(path), "%s%s",
			       *name == '/' ? "" : places[i], name);
		if (stat(path, &st) < 0)
			continue;
		if (!S_ISCHR(st.st_mode))
			return -ENOTTY;
		*ret = (int)st.st_rdev;
		return 0;
	}
	return -ENOENT;
}
