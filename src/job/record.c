// SPDX-License-Identifier: MIT
#include "job/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/retry.h"
#include "base/text.h"

/* A change is a few stores, but the writer may lose the processor in it. After
 * a second of tries, the keeper was suspended or killed. */
#define TRIES 10000

static bool record_is_text(const char *text, size_t size)
{
	return memchr(text, 0, size) != NULL;
}

int record_check(const struct job_record *record)
{
	if (record->magic != RECORD_MAGIC || record->size != sizeof(*record) ||
	    record->number == 0)
		return -EBADMSG;
	if (record->changes % 2)
		return -EAGAIN;
	if (record->state < JIG_JOB_STARTING || record->state > JIG_JOB_ENDED ||
	    record->main < 0 || record->session < 0 || record->keeper < 0)
		return -EBADMSG;
	return record_is_text(record->terminal, sizeof(record->terminal)) &&
			       record_is_text(record->directory,
					      sizeof(record->directory)) &&
			       record_is_text(record->command,
					      sizeof(record->command))
		       ? 0
		       : -EBADMSG;
}

static void count_change(struct job_record *record)
{
	(void)__atomic_add_fetch(&record->changes, 1, __ATOMIC_SEQ_CST);
}

void record_begin(struct job_record *record)
{
	count_change(record);
}

void record_end(struct job_record *record)
{
	count_change(record);
}

static int read_once(int fd, struct job_record *ret)
{
	uint64_t after[2]; /* magic, changes */
	ssize_t n = RETRY(pread(fd, ret, sizeof(*ret), 0));

	if (n < 0)
		return -errno;
	if (n != sizeof(*ret))
		return -EBADMSG;
	int r = record_check(ret);

	if (r < 0)
		return r;
	if (RETRY(pread(fd, after, sizeof(after), 0)) != sizeof(after))
		return -EBADMSG;
	return after[1] == ret->changes ? 0 : -EAGAIN;
}

int record_read(int fd, struct job_record *ret)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < TRIES; i++) {
		if (i > 0)
			clock_sleep_us(100);
		r = read_once(fd, ret);
	}
	return r;
}

/* Allocate the room now: else a store into the mapping could cause SIGBUS
 * later. Written bytes have room, also on a file system without fallocate(2)
 * (ramfs, NFS before 4.2); a hole of ftruncate(2) has none. */
static int record_make_room(int fd)
{
	static const struct job_record nothing;
	int r;

	do
		r = posix_fallocate(fd, 0, sizeof(nothing));
	while (r == EINTR);
	if (r != EOPNOTSUPP && r != ENOSYS && r != EINVAL)
		return -r;
	return fd_write_all(fd, &nothing, sizeof(nothing));
}

int record_create(int fd, struct job_record **ret)
{
	size_t size = sizeof(struct job_record);
	int r = record_make_room(fd);

	if (r < 0)
		return r;
	void *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	struct job_record *record = memory;

	record->magic = RECORD_MAGIC;
	record->size = (uint32_t)size;
	record->state = JIG_JOB_STARTING;
	record->wait_status = -1;
	*ret = record;
	return 0;
}

static bool record_is_plain(const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_@%+=:,./-";

	return *word && strspn(word, safe) == strlen(word);
}

static void record_add_quoted(struct buffer *line, const char *word)
{
	buffer_add(line, "'", 1);
	for (; *word; word++) {
		if (*word == '\'')
			buffer_add(line, "'\\''", 4);
		else
			buffer_add(line, word, 1);
	}
	buffer_add(line, "'", 1);
}

void record_quote(char *const *words, char *ret, size_t size)
{
	CLEANUP(buffer_free) struct buffer line = { 0 };

	for (size_t i = 0; words[i]; i++) {
		if (i > 0)
			buffer_add(&line, " ", 1);
		if (record_is_plain(words[i]))
			buffer_add(&line, words[i], strlen(words[i]));
		else
			record_add_quoted(&line, words[i]);
	}
	text_copy(ret, size, line.text && !line.error ? line.text : "");
}
