// SPDX-License-Identifier: MIT
/*
 * The same bytes give the same lines, however their reads are cut, and what is
 * plain loses none of them.
 *
 * The first byte says the format, and how the reads are cut.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "up/output/output.h"

#define LIMIT ((size_t)200000)

static struct output *open_on(int fd, enum output_format format)
{
	const struct output_settings settings = {
		.format = format,
		.no_times = true,
		.colour = COLOUR_ALWAYS,
		.backlog_bytes = 300,
		.out = fd,
		.err = -1,
	};
	struct output *output;

	MUST(output_open(&settings, &output, NULL) == 0);
	return output;
}

/* Feed all in parts that a small generator picks from @seed; 0: at once. */
static void feed(struct stream *stream, const char *from, size_t size,
		 unsigned seed)
{
	while (size > 0) {
		seed = seed * 1103515245 + (seed ? 12345 : 0);

		size_t part = seed ? 1 + seed / 65536 % 97 : size;

		part = part < size ? part : size;
		output_feed(stream, from, part);
		from += part;
		size -= part;
	}
}

/* What comes out; free() it. */
static char *run(const char *from, size_t size, enum output_format format,
		 unsigned seed, size_t *ret_size)
{
	int fd = memfd_create("output", MFD_CLOEXEC);
	struct output *output = open_on(fd, format);
	struct buffer backlog = { 0 };
	struct stream *stream;

	MUST(output_begin(output, "web.1", false, NULL, &stream, NULL) == 0);
	feed(stream, from, size, seed);
	output_end(stream);
	MUST(output_backlog(output, NULL, 0, &backlog) == 0);
	MUST(backlog.used <= 300);
	buffer_free(&backlog);
	MUST(output_lost_lines(output) == 0);
	output_close(output, 20000); /* A child writes to a file. */

	off_t end = lseek(fd, 0, SEEK_END);
	char *text = malloc((size_t)end + 1);

	MUST(end >= 0 && text);
	MUST(pread(fd, text, (size_t)end, 0) == end);
	close(fd);
	*ret_size = (size_t)end;
	return text;
}

/* Nothing is added to a plain text but newlines: where a line was cut, and at
 * the end. */
static void must_be_all(const char *from, size_t size, const char *text,
			size_t text_size)
{
	size_t at = 0;

	for (size_t i = 0; i < size; i++, at++) {
		if (at < text_size && text[at] != from[i])
			MUST(text[at++] == '\n');
		MUST(at < text_size && text[at] == from[i]);
	}
	MUST(text_size - at <= 1);
	MUST(text_size == 0 || text[text_size - 1] == '\n');
}

/* The time of a JSON line is not the same twice. */
static void blank_times(char *text, size_t size)
{
	static const char head[] = "{\"time\":\"";

	for (size_t i = 0; i + 40 < size; i++)
		if ((i == 0 || text[i - 1] == '\n') &&
		    memcmp(text + i, head, sizeof(head) - 1) == 0)
			memset(text + i + sizeof(head) - 1, '0', 24);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > LIMIT)
		return 0;

	enum output_format format = data[0] % 3;
	unsigned seed = data[0] / 3 + 1U;
	size_t once_size, parts_size;
	char *from = fuzz_text(data + 1, size - 1);
	char *once = run(from, size - 1, format, 0, &once_size);
	char *parts = run(from, size - 1, format, seed, &parts_size);

	if (format == OUTPUT_JSON) {
		blank_times(once, once_size);
		blank_times(parts, parts_size);
	}
	MUST(once_size == parts_size);
	MUST(memcmp(once, parts, once_size) == 0);
	if (format == OUTPUT_PLAIN)
		must_be_all(from, size - 1, once, once_size);
	free(from);
	free(once);
	free(parts);
	return 0;
}
