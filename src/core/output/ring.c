// SPDX-License-Identifier: MIT
#include "core/output/ring.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Of the mapping: another program's memory is no ring. */
#define MAGIC 0x6a69672d72696e67ULL

/*
 * Bytes from `total` - `size` to `total` are there. The writer raises `begun`
 * first, so that a reader can tell which of its copy were overwritten
 * meanwhile.
 */
struct ring {
	uint64_t magic;
	uint64_t size; /* of `data` */
	_Atomic uint64_t begun, total, lost;
	char data[];
};

/* NULL with errno. */
static struct ring *map(int fd, size_t size)
{
	void *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int ring_create(size_t size, struct ring **ret, int *ret_fd)
{
	size_t all = sizeof(struct ring) + size;

	if (size == 0 || size > RING_SIZE_MAX)
		return -EINVAL;
	CLEANUP_CLOSE int fd = memfd_create("jig-ring", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)all) < 0)
		return -errno;
	struct ring *ring = map(fd, all);

	if (!ring)
		return -errno;
	ring->magic = MAGIC;
	ring->size = size;
	*ret = ring;
	*ret_fd = take_fd(&fd);
	return 0;
}

int ring_attach(int fd, struct ring **ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= (off_t)sizeof(struct ring))
		return -EINVAL;
	struct ring *ring = map(fd, (size_t)st.st_size);

	if (!ring)
		return -errno;
	if (ring->magic != MAGIC ||
	    ring->size + sizeof(*ring) != (uint64_t)st.st_size) {
		(void)munmap(ring, (size_t)st.st_size);
		return -EINVAL;
	}
	*ret = ring;
	return 0;
}

void ring_close(struct ring *ring)
{
	if (ring)
		(void)munmap(ring, sizeof(*ring) + ring->size);
}

void ring_write(struct ring *ring, const void *data, size_t size)
{
	const char *from = data;
	uint64_t total = ring->total;

	if (size > ring->size) {
		total += size - ring->size;
		from += size - ring->size;
		size = ring->size;
	}
	atomic_store(&ring->begun, total + size);
	/* Also where a store may overtake an earlier one (ARM). */
	atomic_thread_fence(memory_order_seq_cst);
	while (size > 0) {
		uint64_t at = total % ring->size;
		size_t part = ring->size - at < size ? ring->size - at : size;

		memcpy(ring->data + at, from, part);
		from += part;
		total += part;
		size -= part;
	}
	atomic_store(&ring->total, total);
}

void ring_lose(struct ring *ring, size_t size)
{
	atomic_fetch_add(&ring->lost, size);
}

uint64_t ring_total(const struct ring *ring)
{
	return atomic_load(&ring->total);
}

uint64_t ring_lost(const struct ring *ring)
{
	return atomic_load(&ring->lost);
}

/* A copy of the bytes from @from to @to of the stream. */
static void copy_out(const struct ring *ring, char *copy, uint64_t from,
		     uint64_t to)
{
	while (from < to) {
		uint64_t at = from % ring->size;
		uint64_t part = ring->size - at < to - from ? ring->size - at
							    : to - from;

		memcpy(copy, ring->data + at, part);
		copy += part;
		from += part;
	}
}

size_t ring_copy(const struct ring *ring, uint64_t *from, char *to, size_t size)
{
	uint64_t total = atomic_load(&ring->total);

	if (total - *from > ring->size)
		*from = total - ring->size;
	if (size > total - *from)
		size = total - *from;
	copy_out(ring, to, *from, *from + size);
	return size;
}

/* Where the last @lines of a text begin. */
static size_t ring_last_lines(const char *text, size_t size, unsigned lines)
{
	size_t at = size;

	/* The newline at the very end ends the last line, and begins none. */
	if (at > 0 && text[at - 1] == '\n')
		at--;
	while (at > 0) {
		if (text[at - 1] == '\n' && --lines == 0)
			return at;
		at--;
	}
	return 0;
}

int ring_tail(const struct ring *ring, unsigned lines, struct buffer *ret)
{
	uint64_t to = atomic_load(&ring->total);
	uint64_t from = to > ring->size ? to - ring->size : 0;
	CLEANUP_FREE char *copy = malloc(to - from + 1);

	if (!copy)
		return -ENOMEM;
	copy_out(ring, copy, from, to);
	atomic_thread_fence(memory_order_acquire);

	uint64_t begun = atomic_load(&ring->begun);
	uint64_t kept = begun > ring->size ? begun - ring->size : 0;
	size_t torn = kept <= from ? 0 : kept < to ? kept - from : to - from;
	size_t size = to - from - torn;
	size_t skip = lines ? ring_last_lines(copy + torn, size, lines) : 0;

	buffer_add(ret, copy + torn + skip, size - skip);
	buffer_add(ret, "", 0);
	return ret->error;
}
