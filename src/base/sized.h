/* SPDX-License-Identifier: MIT */
/*
 * Structs that begin with their size, and so can grow at their end while host
 * and library are of different versions: jig.h, "Sizes". As clone3(2) and
 * sched_getattr(2) in the kernel (copy_struct_from_user(), linux/uaccess.h).
 *
 * Invariant: nothing behind a host's size is read or written. The first member
 * of each struct is a size_t; no struct has padding (repository/test_abi.py),
 * so every byte is a field's.
 */
#ifndef JIG_BASE_SIZED_H
#define JIG_BASE_SIZED_H

#include <stdbool.h>
#include <stddef.h>

/** Larger than any struct of ours: an uninitialized size does not make us read
 * far. A newer host may have a larger one, so a larger size is -E2BIG and not
 * -EINVAL. */
#define SIZED_MAX 65536

/** The size of a struct's first version, which ended with @last. */
#define SIZED_FIRST(type, last)                                                \
	(offsetof(type, last) + sizeof(((type *)0)->last))

/**
 * Whether a struct of this @size can be one of which the first version had
 * @first bytes.
 * @return  0; -EINVAL too small, or not a multiple of sizeof(size_t); -E2BIG
 *          above SIZED_MAX.
 */
int sized_check(size_t size, size_t first);

/**
 * Read a host's struct: fields that it does not have become zero.
 *
 * @ret   of @ret_size bytes, which is stored as its size.
 * @from  begins with its size.
 * @return  0; as sized_check(); -E2BIG a byte that we do not know is not zero.
 */
int sized_read(void *ret, size_t ret_size, const void *from, size_t first);

/**
 * Write a host's struct: what fits, and zeroes behind what we know.
 *
 * @to    begins with its size, which sized_check() has allowed, and keeps it.
 * @from  of @from_size bytes, of which the size is not read.
 */
void sized_write(void *to, const void *from, size_t from_size);

/** sized_write() to the item at @index of an array that we make of @size. */
void sized_put(void *items, size_t index, size_t size, const void *from,
	       size_t from_size);

/**
 * Whether all of a host's array have the same size, which is allowed.
 * @return  0, as sized_check().
 */
int sized_check_array(const void *items, size_t count, size_t first);

/** The size at the beginning of a struct. */
size_t sized_of(const void *item);

/** The item at @index of an array that sized_check_array() has allowed. */
static inline const void *sized_at(const void *items, size_t index)
{
	return (const char *)items + index * sized_of(items);
}

/** Whether bytes that are reserved are zero. */
bool sized_is_zero(const void *bytes, size_t count);

#endif
