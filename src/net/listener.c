// SPDX-License-Identifier: MIT
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file/directory.h"
#include "base/retry.h"
#include "base/text.h"
#include "net/socket_diag.h"
#include "proc/stat.h"

/* PID_MAX_LIMIT of 64 bit kernels. */
#define PID_LAST (1 << 22)

/* A table that is larger has more than 100,000 sockets. */
#define TABLE_LIMIT (64 << 20)

/* From include/net/tcp_states.h and include/uapi/linux/net.h. */
#define STATE_LISTEN 0x0a
#define FLAG_ACCEPTS 0x10000 /* __SO_ACCEPTCON */
#define TYPE_STREAM 1

/* One line of a table as fields with blanks between; never past its end. */
struct line {
	const char *next;
	const char *end;
};

static bool next_line(const char **text, struct line *ret)
{
	if (!**text)
		return false;
	ret->next = *text;
	ret->end = *text + strcspn(*text, "\n");
	*text = ret->end + (*ret->end == '\n');
	return true;
}

static bool next_field(struct line *line, struct line *ret)
{
	while (line->next < line->end && *line->next == ' ')
		line->next++;
	ret->next = line->next;
	while (line->next < line->end && *line->next != ' ')
		line->next++;
	ret->end = line->next;
	return ret->next < ret->end;
}

static bool skip_fields(struct line *line, int count)
{
	struct line field;

	while (count > 0 && next_field(line, &field))
		count--;
	return count == 0;
}

static int digit_of(char c, int base)
{
	int value = c >= '0' && c <= '9'   ? c - '0'
		    : c >= 'A' && c <= 'F' ? c - 'A' + 10
		    : c >= 'a' && c <= 'f' ? c - 'a' + 10
					   : 99;

	return value < base ? value : -1;
}

/* All of [text, end), which must be digits and fit. */
static bool number(const char *text, const char *end, int base, uint64_t max,
		   uint64_t *ret)
{
	uint64_t value = 0;

	if (text == end)
		return false;
	for (; text < end; text++) {
		int digit = digit_of(*text, base);

		if (digit < 0 ||
		    value > (max - (uint64_t)digit) / (uint64_t)base)
			return false;
		value = value * (uint64_t)base + (uint64_t)digit;
	}
	*ret = value;
	return true;
}

static bool number_field(struct line *line, int base, uint64_t max,
			 uint64_t *ret)
{
	struct line field;

	return next_field(line, &field) &&
	       number(field.next, field.end, base, max, ret);
}

/* The kernel prints each 32 bits of the address as a number of its own byte
 * order, so on little-endian machines 127.0.0.1 is 0100007F. */
static bool listener_parse_address(const struct line *field, bool v6,
				   struct listener *ret)
{
	size_t words = v6 ? 4 : 1;
	const char *colon = field->next + words * 8;
	uint64_t value;

	if (field->end - field->next != (ptrdiff_t)words * 8 + 5 ||
	    *colon != ':')
		return false;
	for (size_t i = 0; i < words; i++) {
		const char *word = field->next + i * 8;

		if (!number(word, word + 8, 16, UINT32_MAX, &value))
			return false;
		memcpy(ret->address + i * 4, &(uint32_t){ (uint32_t)value }, 4);
	}
	if (!number(colon + 1, field->end, 16, UINT16_MAX, &value))
		return false;
	ret->port = (uint16_t)value;
	ret->v6 = v6;
	return true;
}

/* sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode */
static bool parse_tcp_line(struct line line, bool v6, struct listener *ret)
{
	struct listener found = { 0 };
	struct line field;
	uint64_t state, uid, inode;

	if (!skip_fields(&line, 1) || !next_field(&line, &field) ||
	    !listener_parse_address(&field, v6, &found) ||
	    !skip_fields(&line, 1) ||
	    !number_field(&line, 16, UINT8_MAX, &state) ||
	    state != STATE_LISTEN || !skip_fields(&line, 3) ||
	    !number_field(&line, 10, UINT32_MAX, &uid) ||
	    !skip_fields(&line, 1) ||
	    !number_field(&line, 10, UINT64_MAX, &inode))
		return false;
	found.uid = (uid_t)uid;
	found.inode = inode;
	*ret = found;
	return true;
}

int listener_parse_tcp(const char *text, bool v6, uint16_t port,
		       struct list *ret)
{
	struct listener found;
	struct line line;

	while (next_line(&text, &line))
		if (parse_tcp_line(line, v6, &found) && found.port == port &&
		    list_append(ret, &found, sizeof(found)) < 0)
			return -ENOMEM;
	return 0;
}

/* Num RefCount Protocol Flags Type St Inode Path */
static bool parse_unix_line(struct line line, const char *path,
			    struct listener *ret)
{
	size_t length = strlen(path);
	uint64_t flags, type, inode;

	if (!skip_fields(&line, 3) ||
	    !number_field(&line, 16, UINT32_MAX, &flags) ||
	    !(flags & FLAG_ACCEPTS) ||
	    !number_field(&line, 16, UINT16_MAX, &type) ||
	    type != TYPE_STREAM || !skip_fields(&line, 1) ||
	    !number_field(&line, 10, UINT64_MAX, &inode))
		return false;
	/* One blank, and then the path, which may begin with one. */
	if (length == 0 || length >= sizeof(ret->path) ||
	    line.end - line.next != (ptrdiff_t)length + 1 ||
	    memcmp(line.next + 1, path, length) != 0)
		return false;
	*ret = (struct listener){ .inode = inode, .uid = (uid_t)-1 };
	memcpy(ret->path, path, length);
	return true;
}

int listener_parse_unix(const char *text, const char *path, struct list *ret)
{
	struct listener found;
	struct line line;

	while (next_line(&text, &line))
		if (parse_unix_line(line, path, &found) &&
		    list_append(ret, &found, sizeof(found)) < 0)
			return -ENOMEM;
	return 0;
}

static int read_table(int procfd, pid_t pid, const char *name, char **ret)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%d/net/%s", pid, name);

	ssize_t n = fd_read_whole(procfd, path, TABLE_LIMIT, ret);

	return n < 0 ? (int)n : 0;
}

static int find_tcp(int procfd, pid_t pid, bool v6, uint16_t port,
		    struct list *ret)
{
	CLEANUP_FREE char *text = NULL;
	int r = read_table(procfd, pid, v6 ? "tcp6" : "tcp", &text);

	return r < 0 ? r : listener_parse_tcp(text, v6, port, ret);
}

int listener_compare_networks(int procfd, pid_t pid)
{
	char path[32], own[64], its[64];
	ssize_t n, m;

	/* "net:[4026531840]". stat(2) would make an inode each time. */
	(void)snprintf(path, sizeof(path), "%d/ns/net", pid);
	n = readlinkat(procfd, "self/ns/net", own, sizeof(own));
	if (n < 0)
		return -errno;
	m = readlinkat(procfd, path, its, sizeof(its));
	if (m < 0)
		return -errno;
	return n == m && memcmp(own, its, (size_t)n) == 0;
}

bool listener_shares_network(int procfd, pid_t pid)
{
	return listener_compare_networks(procfd, pid) == 1;
}

bool listener_is_absent(int procfd, pid_t pid, uint16_t port)
{
	return listener_shares_network(procfd, pid) &&
	       socket_diag_is_absent(port) == 1;
}

static int ask_kernel(int procfd, pid_t pid, uint16_t port, struct list *ret)
{
	char path[32];

	if (listener_shares_network(procfd, pid))
		return socket_diag_find_tcp(-1, -1, port, ret);
	(void)snprintf(path, sizeof(path), "%d/ns/net", pid);
	CLEANUP_CLOSE int its =
		RETRY(openat(procfd, path, O_RDONLY | O_CLOEXEC));
	CLEANUP_CLOSE int own =
		RETRY(openat(procfd, "self/ns/net", O_RDONLY | O_CLOEXEC));

	return its < 0 || own < 0 ? -EACCES
				  : socket_diag_find_tcp(its, own, port, ret);
}

int listener_find_tcp(int procfd, pid_t pid, uint16_t port, struct list *ret)
{
	if (ask_kernel(procfd, pid, port, ret) == 0)
		return 0;

	int r = find_tcp(procfd, pid, false, port, ret);
	int r6 = find_tcp(procfd, pid, true, port, ret);

	/* Kernels without IPv6 have no such table; nor without IPv4. */
	if (r6 == -ENOENT)
		return r;
	return r == -ENOENT ? r6 : r < 0 ? r : r6;
}

int listener_find_unix(int procfd, pid_t pid, const char *path,
		       struct list *ret)
{
	CLEANUP_FREE char *text = NULL;
	int r = read_table(procfd, pid, "unix", &text);

	return r < 0 ? r : listener_parse_unix(text, path, ret);
}

int listener_is_held(int procfd, pid_t pid, uint64_t inode)
{
	char path[32], wanted[48], link[48];
	struct dirent *entry;

	(void)snprintf(wanted, sizeof(wanted), "socket:[%" PRIu64 "]", inode);
	(void)snprintf(path, sizeof(path), "%d/fd", pid);
	CLEANUP_CLOSE int fds =
		RETRY(openat(procfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fds < 0)
		return -errno;
	CLEANUP_DIR DIR *dir = directory_list(fds);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		ssize_t n = readlinkat(fds, entry->d_name, link, sizeof(link));

		if (n == (ssize_t)strlen(wanted) &&
		    memcmp(link, wanted, (size_t)n) == 0)
			return 1;
	}
	return 0;
}

int listener_find_holder(int procfd, uint64_t inode, pid_t *ret_pid,
			 char ret_comm[16])
{
	struct dirent *entry;

	CLEANUP_DIR DIR *dir = directory_list(procfd);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		struct proc_stat stat;
		uint64_t pid;

		if (text_number(entry->d_name, PID_LAST, &pid) < 0 ||
		    listener_is_held(procfd, (pid_t)pid, inode) != 1 ||
		    stat_read(procfd, (pid_t)pid, &stat) < 0)
			continue;
		*ret_pid = (pid_t)pid;
		text_copy(ret_comm, 16, stat.comm);
		return 0;
	}
	return -ESRCH;
}
