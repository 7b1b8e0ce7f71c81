// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/fd.h"
#include "job/keeper/parts.h"

void client_count_terminals(struct keeper *keeper)
{
	uint32_t count = 0;

	for (struct client *client = keeper->clients; client;
	     client = client->next)
		count += client->kind == CLIENT_ATTACHED;
	record_begin(keeper->job.record);
	keeper->job.record->clients = count;
	record_end(keeper->job.record);
}

void client_free(struct keeper *keeper, struct client *client)
{
	struct client **link = &keeper->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client_count_terminals(keeper);
	/* A child before its execve may have a copy of the descriptor, so
	 * closing it would not remove it from epoll. */
	(void)epoll_ctl(keeper->epoll, EPOLL_CTL_DEL, client->fd, NULL);
	cleanup_close(&client->fd);
	buffer_free(&client->in);
	buffer_free(&client->out);
	free(client);
}

void client_end(struct client *client, int status)
{
	if (client->status < 0)
		client->status = status;
}

void client_refuse(struct client *client, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text) - 1, format, arguments);
	va_end(arguments);
	(void)strcat(text, "\n");
	frame_add(&client->out, FRAME_ERR, text, strlen(text));
	client_end(client, 1);
}
