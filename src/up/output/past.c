// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "up/output/parts.h"

static struct follower *follower_at(const struct output *output, size_t index)
{
	return list_at(&output->followers, index, sizeof(struct follower));
}

static struct instance_output *instance_at(const struct output *output,
					   size_t index)
{
	struct instance_output **all = output->instances.items;

	return all[index];
}

bool output_is_meant(const char *wanted, const char *name)
{
	size_t length = wanted ? strlen(wanted) : 0;

	if (!wanted || strcmp(wanted, name) == 0)
		return true;
	return strncmp(wanted, name, length) == 0 && name[length] == '.' &&
	       name[length + 1] &&
	       strspn(name + length + 1, "0123456789") ==
		       strlen(name + length + 1);
}

static void output_past_tell(struct output *output, const char *name)
{
	const struct buffer *plain = &output->plain;

	if (plain->error)
		return;
	for (size_t i = 0; i < output->followers.count; i++) {
		const struct follower *follower = follower_at(output, i);

		if (output_is_meant(follower->name, name))
			follower->line(follower->context, name, plain->text,
				       plain->used);
	}
}

void past_add(struct output *output, struct instance_output *instance,
	      const struct iovec *pieces, size_t count)
{
	backlog_add(&instance->backlog, ++output->lines, pieces, count);
	if (output->followers.count == 0)
		return;
	output->plain.used = 0;
	output->plain.error = 0;
	for (size_t i = 0; i < count; i++)
		buffer_add(&output->plain, pieces[i].iov_base,
			   pieces[i].iov_len);
	output_past_tell(output, instance->name);
}

int output_backlog(const struct output *output, const char *name,
		   unsigned lines, struct buffer *ret)
{
	struct list all = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < output->instances.count; i++) {
		const struct instance_output *one = instance_at(output, i);

		if (output_is_meant(name, one->name))
			r = backlog_lines(&one->backlog, &all);
	}
	if (r == 0)
		backlog_print(&all, lines, ret);
	list_free(&all);
	return r < 0 ? r : ret->error;
}

int output_follow(struct output *output, const char *name,
		  void (*line)(void *context, const char *name,
			       const char *text, size_t size),
		  void *context)
{
	struct follower follower = {
		.handle = output->last_handle + 1,
		.name = name ? strdup(name) : NULL,
		.line = line,
		.context = context,
	};

	if ((name && !follower.name) ||
	    list_append(&output->followers, &follower, sizeof(follower)) < 0) {
		free(follower.name);
		return -ENOMEM;
	}
	return ++output->last_handle;
}

void output_unfollow(struct output *output, int handle)
{
	for (size_t i = 0; i < output->followers.count; i++) {
		struct follower *one = follower_at(output, i);

		if (one->handle != handle)
			continue;
		free(one->name);
		/* Keep the order of the others: a callback may remove itself,
		 * and then no other one misses a line or gets it twice. */
		memmove(one, one + 1,
			(--output->followers.count - i) * sizeof(*one));
		return;
	}
}

void past_free(struct output *output)
{
	for (size_t i = 0; i < output->followers.count; i++)
		free(follower_at(output, i)->name);
	list_free(&output->followers);
	buffer_free(&output->plain);
}
