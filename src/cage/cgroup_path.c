// SPDX-License-Identifier: MIT
#include "cage/cgroup_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int cgroup_parse_own(const char *text, char *ret, size_t size)
{
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (length > 3 && strncmp(line, "0::", 3) == 0) {
			if (length - 3 >= size)
				return -ENAMETOOLONG;
			memcpy(ret, line + 3, length - 3);
			ret[length - 3] = '\0';
			return 0;
		}
		line += length;
		line += *line == '\n';
	}
	return -ENOENT;
}

/* The line `0::/path`, or NULL. */
static const char *find_v2(const char *text)
{
	while (text && strncmp(text, "0::", 3) != 0) {
		text = strchr(text, '\n');
		text += text != NULL;
	}
	return text;
}

int cgroup_find_own(char *text, const char **ret)
{
	const char *line = find_v2(text);
	char *own = line ? text + (line - text) + strlen("0::") : NULL;

	if (!own || strcspn(own, "\n") == 0)
		return -ENOENT;
	own[strcspn(own, "\n")] = '\0';
	*ret = own;
	return 0;
}

bool cgroup_path_has(const char *text, const char *name)
{
	size_t length = strlen(name);
	const char *p = find_v2(text);

	for (p = p ? p + 3 : ""; *p == '/'; p += strcspn(p, "/\n")) {
		p++;
		/* Behind the name of one that was removed: " (deleted)". */
		if (strncmp(p, name, length) == 0 &&
		    (p[length] == '\0' || strchr("/\n ", p[length])))
			return true;
	}
	return false;
}

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static int cgroup_path_unescape(const char *text, size_t length, char *ret,
				size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '\\' && i + 3 < length) {
			c = (char)((text[i + 1] - '0') * 64 +
				   (text[i + 2] - '0') * 8 +
				   (text[i + 3] - '0'));
			i += 3;
		}
		if (used + 1 >= size)
			return -ENAMETOOLONG;
		ret[used++] = c;
	}
	ret[used] = '\0';
	return 0;
}

/* The field of that number, counted from 1, blanks between. */
static const char *field(const char *line, const char *end, int number,
			 size_t *ret_length)
{
	const char *p = line;

	while (--number > 0) {
		p = memchr(p, ' ', (size_t)(end - p));
		if (!p)
			return NULL;
		p++;
	}
	const char *stop = memchr(p, ' ', (size_t)(end - p));

	*ret_length = (size_t)((stop ? stop : end) - p);
	return p;
}

/* The part of @own below @root; NULL when it is not below. */
static const char *below(const char *own, const char *root)
{
	size_t length = strlen(root);

	if (length > 0 && root[length - 1] == '/')
		length--;
	if (strncmp(own, root, length) != 0)
		return NULL;
	if (own[length] != '/' && own[length] != '\0')
		return NULL;
	return own + length;
}

static int cgroup_path_parse_line(const char *line, const char *end,
				  const char *own, char *ret, size_t size)
{
	char root[4096], mount[4096];
	size_t root_length, mount_length, type_length;
	/* The optional fields end with a lone hyphen. */
	const char *dash = memmem(line, (size_t)(end - line), " - ", 3);

	if (!dash)
		return -ENOENT;

	const char *type = field(dash + 3, end, 1, &type_length);
	const char *r = field(line, dash, 4, &root_length);
	const char *m = field(line, dash, 5, &mount_length);

	if (!r || !m || type_length != 7 || strncmp(type, "cgroup2", 7) != 0)
		return -ENOENT;
	if (cgroup_path_unescape(r, root_length, root, sizeof(root)) < 0 ||
	    cgroup_path_unescape(m, mount_length, mount, sizeof(mount)) < 0)
		return -ENAMETOOLONG;

	const char *rest = below(own, root);

	if (!rest)
		return -EXDEV;

	int n = snprintf(ret, size, "%s%s", strcmp(mount, "/") ? mount : "",
			 rest);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int cgroup_parse_mounts(const char *text, const char *own, char *ret,
			size_t size)
{
	int result = -ENOENT;
	char path[4096];

	for (const char *line = text; *line;) {
		const char *end = line + strcspn(line, "\n");
		int r = cgroup_path_parse_line(line, end, own, path,
					       sizeof(path));

		/* A later mount lies over an earlier one. */
		if (r == 0 && strlen(path) < size) {
			(void)strcpy(ret, path);
			result = 0;
		} else if (r == -EXDEV && result == -ENOENT) {
			result = r;
		}
		line = end + (*end == '\n');
	}
	return result;
}
