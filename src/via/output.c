// SPDX-License-Identifier: MIT
/*
 * What the command there writes, to our standard output and error. The agent
 * sends as much as it has credit for; it gets new credit for what was written
 * here. So a slow reader here makes the command wait there.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "via/relay.h"

/* Credit is sent in steps, not for each line. */
#define STEP 131072

static const char *const output_streams[] = { "stdout", "stderr" };

/* One file: then the order of writing must stay. */
static bool output_is_one(void)
{
	struct stat out, err;

	return fstat(STDOUT_FILENO, &out) == 0 &&
	       fstat(STDERR_FILENO, &err) == 0 && out.st_dev == err.st_dev &&
	       out.st_ino == err.st_ino;
}

int relay_output_begin(struct relay *relay)
{
	int r = 0;

	relay->is_merged = output_is_one();
	for (int i = 0; r == 0 && i < 2; i++)
		r = outlet_open(STDOUT_FILENO + i, &relay->outputs[i].outlet);
	return r;
}

/* The command there gets SIGPIPE, or an error, as it would here. */
static void output_tell_gone(struct relay *relay, int stream)
{
	struct json json = { 0 };

	if (!relay->is_new)
		return;
	request_begin(&json, "close_output", 0);
	json_string(&json, "fixture", "command");
	json_string(&json, "stream", output_streams[stream]);
	request_send(relay, &json);
}

static void output_write_one(struct relay *relay, int stream)
{
	struct relay_output *output = &relay->outputs[stream];
	size_t done = 0;
	ssize_t n = 0;

	while (!output->is_gone && done < output->pending.used) {
		n = outlet_write(&output->outlet, output->pending.text + done,
				 output->pending.used - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (n < 0 && n != -EAGAIN && !output->is_gone) {
		output->is_gone = true;
		output->failure = n == -EPIPE ? 0 : (int)n;
		output_tell_gone(relay, stream);
	}
	if (output->is_gone)
		done = output->pending.used;
	relay->owed += done;
	buffer_drop(&output->pending, done);
}

void relay_output_write(struct relay *relay)
{
	for (int i = 0; i < 2; i++)
		output_write_one(relay, i);
	if (relay->owed < STEP || relay->state == RELAY_ENDED)
		return;
	request_credit(relay, relay->owed);
	relay->owed = 0;
}

bool relay_output_add(struct relay *relay, int stream,
		      const struct buffer *bytes)
{
	struct relay_output *output = &relay->outputs[stream];

	if (bytes->used > relay->credit)
		return false;
	relay->credit -= bytes->used;
	if (bytes->used > 0)
		buffer_add(&output->pending, bytes->text, bytes->used);
	relay_output_write(relay);
	return true;
}

bool relay_output_is_done(struct relay *relay)
{
	bool is_done = true;

	for (int i = 0; i < 2; i++) {
		struct relay_output *output = &relay->outputs[i];

		if (!output->is_gone && (output->pending.used > 0 ||
					 !outlet_is_idle(&output->outlet)))
			is_done = false;
	}
	return is_done;
}

int relay_output_failure(const struct relay *relay, int stream)
{
	const struct relay_output *output = &relay->outputs[stream];
	int r = outlet_failure(&output->outlet);

	return r < 0 ? r : output->failure;
}

void relay_output_end(struct relay *relay)
{
	uint64_t left;

	/* What could be written is written: no more time. */
	for (int i = 0; i < 2; i++)
		(void)outlet_close(&relay->outputs[i].outlet, clock_us(),
				   &left);
}
