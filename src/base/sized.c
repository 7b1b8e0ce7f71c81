// SPDX-License-Identifier: MIT
#include "base/sized.h"

#include <errno.h>
#include <string.h>

size_t sized_of(const void *item)
{
	return *(const size_t *)item;
}

bool sized_is_zero(const void *bytes, size_t count)
{
	const unsigned char *byte = bytes;

	while (count > 0 && byte[count - 1] == 0)
		count--;
	return count == 0;
}

int sized_check(size_t size, size_t first)
{
	if (size < first || size % sizeof(size_t) != 0)
		return -EINVAL;
	return size > SIZED_MAX ? -E2BIG : 0;
}

int sized_read(void *ret, size_t ret_size, const void *from, size_t first)
{
	size_t size = sized_of(from);
	size_t known = size < ret_size ? size : ret_size;
	int r = sized_check(size, first);

	if (r < 0)
		return r;
	if (!sized_is_zero((const char *)from + known, size - known))
		return -E2BIG;
	memcpy(ret, from, known);
	memset((char *)ret + known, 0, ret_size - known);
	memcpy(ret, &ret_size, sizeof(ret_size));
	return 0;
}

void sized_write(void *to, const void *from, size_t from_size)
{
	size_t size = sized_of(to);
	size_t known = size < from_size ? size : from_size;

	memcpy(to, from, known);
	memset((char *)to + known, 0, size - known);
	memcpy(to, &size, sizeof(size));
}

void sized_put(void *items, size_t index, size_t size, const void *from,
	       size_t from_size)
{
	char *item = (char *)items + index * size;

	memcpy(item, &size, sizeof(size));
	sized_write(item, from, from_size);
}

int sized_check_array(const void *items, size_t count, size_t first)
{
	int r = count == 0 ? 0 : sized_check(sized_of(items), first);

	for (size_t i = 1; r == 0 && i < count; i++)
		if (sized_of(sized_at(items, i)) != sized_of(items))
			r = -EINVAL;
	return r;
}
