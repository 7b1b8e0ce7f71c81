// SPDX-License-Identifier: MIT
#include "job/addresses.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "base/text.h"

#define ADDRESSES_FILE "addresses"
#define ADDRESSES_MAX (64 << 10)

void addresses_write(int directory, const struct list *names)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	if (!names || names->count == 0)
		return;
	for (size_t i = 0; i < names->count; i++) {
		const struct name *name = list_at(names, i, sizeof(*name));

		buffer_printf(&text, "%s %d %s\n", name->name, name->port,
			      name->address);
	}
	CLEANUP_CLOSE int fd =
		RETRY(openat(directory, ADDRESSES_FILE,
			     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));

	/* An error: the addresses are not shown. */
	if (fd >= 0 && !text.error)
		(void)fd_write_all(fd, text.text, text.used);
}

/* "NAME PORT ADDRESS": a path may contain blanks. */
static void take_address_line(char *line,
			      void (*take)(void *context, const char *name,
					   int port, const char *address),
			      void *context)
{
	const char *name = strsep(&line, " ");
	const char *number = strsep(&line, " ");
	uint64_t port;

	if (line && text_number(number, 65535, &port) == 0)
		take(context, name, (int)port, line);
}

void addresses_read(int directory,
		    void (*take)(void *context, const char *name, int port,
				 const char *address),
		    void *context)
{
	CLEANUP_FREE char *text = NULL;
	char *line, *rest;

	if (fd_read_whole(directory, ADDRESSES_FILE, ADDRESSES_MAX, &text) < 0)
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		take_address_line(line, take, context);
}
