// SPDX-License-Identifier: MIT
#include "view/user_names.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct user_name {
	uid_t uid;
	uint32_t line; /* position in the file */
	char name[64];
};

static int user_names_compare(const void *a, const void *b)
{
	const struct user_name *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

int user_names_read(struct user_names *ret)
{
	struct user_names names = { 0 };
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry;
	int r = 0;

	while (r == 0 && file && (entry = fgetpwent(file))) {
		struct user_name one = { .uid = entry->pw_uid,
					 .line = (uint32_t)names.all.count };

		text_copy(one.name, sizeof(one.name), entry->pw_name);
		r = list_append(&names.all, &one, sizeof(one));
	}
	if (file)
		(void)fclose(file); /* read only: nothing can be lost */
	if (r < 0) {
		user_names_free(&names);
		return r;
	}
	if (names.all.count > 0)
		qsort(names.all.items, names.all.count,
		      sizeof(struct user_name), user_names_compare);
	*ret = names;
	return 0;
}

const char *user_names_of(const struct user_names *names, uid_t uid)
{
	const struct user_name *all = names->all.items;
	size_t low = 0, count = names->all.count;

	while (count > 0) {
		size_t half = count / 2;

		if (all[low + half].uid < uid) {
			low += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return low < names->all.count && all[low].uid == uid ? all[low].name
							     : NULL;
}

int user_names_find(const struct user_names *names, const char *text,
		    uid_t *ret)
{
	const struct user_name *all = names->all.items;
	uint64_t number;

	for (size_t i = 0; i < names->all.count; i++) {
		if (strcmp(all[i].name, text) == 0) {
			*ret = all[i].uid;
			return 0;
		}
	}
	/* (uid_t)-1 means "unchanged" in system calls: not a user. */
	if (text_number(text, UINT32_MAX - 1, &number) < 0)
		return -ENOENT;
	*ret = (uid_t)number;
	return 0;
}

void user_names_free(struct user_names *names)
{
	list_free(&names->all);
}
