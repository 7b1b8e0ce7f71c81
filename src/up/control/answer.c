// SPDX-License-Identifier: MIT
/* What a client receives: lines, and its exit status. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "up/control/control.h"

#define PREFIX "jig: "

void control_client_say(struct control_client *client, enum frame_kind kind,
			const char *format, ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	/* One line: a newline in a name does not end it. */
	bool is_ended = length > 0 && text[length - 1] == '\n';
	size_t size = text_clean(text, (size_t)length - is_ended, "");

	if (is_ended)
		text[size++] = '\n';
	frame_add(&client->out, kind, text, size);
	free(text);
}

void control_client_say_lines(struct control_client *client, char *text)
{
	char *rest = NULL;

	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, PREFIX, strlen(PREFIX)) == 0)
			line += strlen(PREFIX);
		control_client_say(client, FRAME_ERR, "%s\n", line);
	}
}

void control_client_refuse(struct control_client *client)
{
	const struct up *up = client->control->up;
	CLEANUP(buffer_free) struct buffer reason = { 0 };

	if (up->was_downed)
		buffer_printf(&reason, "jig down");
	else
		up_say_reason(up, &reason);
	control_client_say(client, FRAME_ERR, "`jig up` %s: %s\n",
			   up->stopping ? "stops" : "has ended",
			   reason.text ? reason.text : "");
	control_client_end(client, 1);
}

void control_client_tell(struct control_client *client, struct json *json)
{
	buffer_add(&json->out, "\n", 1);
	if (json->out.error == 0)
		frame_add(&client->out, FRAME_OUT, json->out.text,
			  json->out.used);
	buffer_free(&json->out);
}

void control_client_end(struct control_client *client, int status)
{
	unsigned char byte = (unsigned char)status;

	if (client->is_done)
		return;
	frame_add(&client->out, FRAME_STATUS, &byte, 1);
	client->is_done = true;
	client->is_waiting = false;
}
