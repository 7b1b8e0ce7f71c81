// SPDX-License-Identifier: MIT
#include "up/engine/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "up/engine/up.h"

/* What was typed and is not read yet; what comes on top is dropped. */
#define TYPED_MAX (1u << 20)

struct attached {
	struct instance *instance;
	void (*show)(void *context, const char *bytes, size_t size);
	void (*end)(void *context);
	void *context;
	struct winsize size;
	struct buffer typed;
	struct attached *next;
};

struct attached *attach(struct instance *instance,
			void (*show)(void *context, const char *bytes,
				     size_t size),
			void (*end)(void *context), void *context)
{
	struct attached *attached = calloc(1, sizeof(*attached));

	if (!attached)
		return NULL;
	*attached = (struct attached){ .instance = instance,
				       .show = show,
				       .end = end,
				       .context = context,
				       .next = instance->attached };
	instance->attached = attached;
	return attached;
}

void attach_show(struct instance *instance, const char *bytes, size_t size)
{
	for (struct attached *one = instance->attached; one; one = one->next)
		one->show(one->context, bytes, size);
}

/* @return whether some of it still waits. */
static bool write_typed(struct attached *attached)
{
	struct buffer *typed = &attached->typed;
	ssize_t n = typed->used ? write(attached->instance->feeds[0].fd,
					typed->text, typed->used)
				: 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		n = 0;
	/* Nobody reads there any more: it is being closed. */
	if (n < 0)
		n = (ssize_t)typed->used;
	buffer_drop(typed, (size_t)n);
	return typed->used > 0;
}

void attach_flush(struct instance *instance)
{
	bool waits = false;

	for (struct attached *one = instance->attached; one; one = one->next)
		waits |= write_typed(one);
	if (instance->feeds[0].watch)
		watch_set(instance->feeds[0].watch,
			  waits ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void attach_type(struct attached *attached, const char *bytes, size_t size)
{
	if (attached->typed.used + size > TYPED_MAX)
		return;
	buffer_add(&attached->typed, bytes, size);
	attach_flush(attached->instance);
}

/* The smallest of all, so that everybody sees all of it. */
static void resize(struct instance *instance)
{
	struct winsize size = { 0 };

	for (struct attached *one = instance->attached; one; one = one->next)
		pty_size_fit(&size, &one->size);
	if (size.ws_row && size.ws_col && instance->pty.master >= 0)
		(void)pty_resize(&instance->pty, &size);
}

void attach_resize(struct attached *attached, const struct winsize *size)
{
	attached->size = *size;
	resize(attached->instance);
}

static void unlink_one(struct attached *attached)
{
	struct attached **link = &attached->instance->attached;

	while (*link != attached)
		link = &(*link)->next;
	*link = attached->next;
}

void detach(struct attached *attached)
{
	unlink_one(attached);
	resize(attached->instance);
	buffer_free(&attached->typed);
	free(attached);
}

void attach_end(struct instance *instance)
{
	while (instance->attached) {
		struct attached *one = instance->attached;
		void (*end)(void *context) = one->end;
		void *context = one->context;

		detach(one);
		end(context);
	}
}
