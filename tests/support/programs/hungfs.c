// SPDX-License-Identifier: MIT
/*
 * A file system that stops answering: hungfs DIRECTORY PROGRAM
 *
 * It mounts itself on DIRECTORY (/dev/fuse, no library; needs root, and is
 * meant for a private mount namespace, see hungfs.py). In it are
 *
 *     prog    a copy of PROGRAM, executable
 *     data    64 KiB of zeros
 *     dir/    a directory, and in it dir/file and dir/prog
 *
 * and what is created there. All is in memory and every user may write to it.
 *
 * Words on stdin tell it what to do, one in a line; it echoes each once it
 * holds:
 *
 *     hang OPERATION [NAME]  withhold the answer to every request of that kind
 *                            (for the node with this name), from now on
 *     answer                 answer what was withheld, and all that comes
 *     abort                  end: waiting processes get an error
 *
 * and it says "hung OPERATION NAME" for each request that it withholds. Its
 * end, however it comes, aborts the file system, so none is left in state D.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NODES = 64,
	NAME = 64,
	REQUEST = 1 << 18,
	HELD = 256,
	WRITE_MAX = 1 << 16,
	FILE_MAX = 1 << 24,
};

struct node {
	uint32_t mode; /* 0: unused */
	uint64_t parent;
	char name[NAME];
	char *data;
	size_t size;
};

struct held {
	char *request;
	size_t size;
};

static const struct {
	uint32_t opcode;
	const char *name;
} operations[] = {
	{ FUSE_LOOKUP, "lookup" },     { FUSE_GETATTR, "getattr" },
	{ FUSE_SETATTR, "setattr" },   { FUSE_OPEN, "open" },
	{ FUSE_OPENDIR, "opendir" },   { FUSE_READ, "read" },
	{ FUSE_READDIR, "readdir" },   { FUSE_WRITE, "write" },
	{ FUSE_FLUSH, "flush" },       { FUSE_RELEASE, "release" },
	{ FUSE_FSYNC, "fsync" },       { FUSE_STATFS, "statfs" },
	{ FUSE_CREATE, "create" },     { FUSE_MKNOD, "mknod" },
	{ FUSE_UNLINK, "unlink" },     { FUSE_READLINK, "readlink" },
	{ FUSE_GETXATTR, "getxattr" }, { FUSE_RENAME, "rename" },
	{ FUSE_MKDIR, "mkdir" },       { FUSE_POLL, "poll" },
};

static int fuse;
static struct node nodes[NODES]; /* 0 unused, 1 the root */
static struct held held[HELD];
static size_t held_count;
static uint32_t hung_opcode;
static char hung_name[NAME];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void say(const char *text)
{
	if (puts(text) < 0 || fflush(stdout) != 0)
		exit(0); /* The test has ended. */
}

static void reply(const struct fuse_in_header *in, int error, const void *data,
		  size_t size)
{
	static char out[sizeof(struct fuse_out_header) + REQUEST];
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size),
		.error = error,
		.unique = in->unique,
	};

	memcpy(out, &header, sizeof(header));
	if (size > 0)
		memcpy(out + sizeof(header), data, size);
	/* ENOENT: the caller was killed before we took the request. */
	if (write(fuse, out, header.len) < 0 && errno != ENOENT)
		perror("hungfs: reply");
}

static void fail(const struct fuse_in_header *in, int error)
{
	reply(in, -error, NULL, 0);
}

static uint64_t add(uint64_t parent, const char *name, uint32_t mode)
{
	for (uint64_t i = 1; i < NODES; i++) {
		if (nodes[i].mode)
			continue;
		nodes[i] = (struct node){ .mode = mode, .parent = parent };
		snprintf(nodes[i].name, NAME, "%s", name);
		return i;
	}
	return 0;
}

static uint64_t find(uint64_t parent, const char *name)
{
	for (uint64_t i = 2; i < NODES; i++)
		if (nodes[i].mode && nodes[i].parent == parent &&
		    strcmp(nodes[i].name, name) == 0)
			return i;
	return 0;
}

static bool resize(struct node *node, size_t size)
{
	char *data;

	if (size > FILE_MAX || !(data = realloc(node->data, size + 1)))
		return false;
	if (size > node->size)
		memset(data + node->size, 0, size - node->size);
	node->data = data;
	node->size = size;
	return true;
}

static void load(struct node *node, const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file || !resize(node, FILE_MAX))
		die(path);
	node->size = fread(node->data, 1, FILE_MAX, file);
	fclose(file);
}

static struct fuse_attr attributes(uint64_t id)
{
	return (struct fuse_attr){
		.ino = id,
		.mode = nodes[id].mode,
		.nlink = S_ISDIR(nodes[id].mode) ? 2 : 1,
		.size = nodes[id].size,
		.blocks = (nodes[id].size + 511) / 512,
		.blksize = 4096,
	};
}

static void reply_attr(const struct fuse_in_header *in, uint64_t id)
{
	struct fuse_attr_out out = { .attr = attributes(id) };

	reply(in, 0, &out, sizeof(out));
}

static struct fuse_entry_out entry_of(uint64_t id)
{
	return (struct fuse_entry_out){ .nodeid = id, .attr = attributes(id) };
}

static void reply_entry(const struct fuse_in_header *in, uint64_t id)
{
	struct fuse_entry_out out = entry_of(id);

	if (id == 0)
		fail(in, ENOENT);
	else
		reply(in, 0, &out, sizeof(out));
}

static void answer_init(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_init_in *init = body;
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_readahead = init->max_readahead,
		.max_write = WRITE_MAX,
		.max_background = 64,
		.congestion_threshold = 48,
		/* Dirty pages stay in the kernel until they must be written. */
		.flags = init->flags & FUSE_WRITEBACK_CACHE,
	};

	reply(in, 0, &out, sizeof(out));
}

static void answer_read(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_read_in *ask = body;
	const struct node *node = &nodes[in->nodeid];
	size_t left = ask->offset < node->size ? node->size - ask->offset : 0;

	reply(in, 0, node->data + ask->offset,
	      ask->size < left ? ask->size : left);
}

static void answer_write(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_write_in *ask = body;
	struct fuse_write_out out = { .size = ask->size };
	struct node *node = &nodes[in->nodeid];
	size_t end = ask->offset + ask->size;

	if (end > node->size && !resize(node, end)) {
		fail(in, ENOSPC);
		return;
	}
	memcpy(node->data + ask->offset, ask + 1, ask->size);
	reply(in, 0, &out, sizeof(out));
}

static void answer_readdir(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_read_in *ask = body;
	static char out[8192];
	size_t used = 0;

	for (uint64_t i = ask->offset + 1; i < NODES; i++) {
		struct fuse_dirent entry = { .ino = i, .off = i };
		size_t length = strlen(nodes[i].name);
		size_t size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + length);

		if (length == 0 || nodes[i].parent != in->nodeid)
			continue;
		if (used + size > sizeof(out) || used + size > ask->size)
			break;
		entry.namelen = (uint32_t)length;
		entry.type = nodes[i].mode >> 12;
		memset(out + used, 0, size);
		memcpy(out + used, &entry, FUSE_NAME_OFFSET);
		memcpy(out + used + FUSE_NAME_OFFSET, nodes[i].name, length);
		used += size;
	}
	reply(in, 0, out, used);
}

static void answer_setattr(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_setattr_in *ask = body;

	if ((ask->valid & FATTR_SIZE) &&
	    !resize(&nodes[in->nodeid], ask->size)) {
		fail(in, EFBIG);
		return;
	}
	if (ask->valid & FATTR_MODE)
		nodes[in->nodeid].mode =
			(nodes[in->nodeid].mode & S_IFMT) | (ask->mode & 07777);
	reply_attr(in, in->nodeid);
}

/* What is appended to (a log) is asked for at once: the kernel would keep the
 * few bytes of a slow writer for half a minute (FUSE_WRITEBACK_CACHE). */
static struct fuse_open_out opened_as(uint32_t flags)
{
	return (struct fuse_open_out){
		.fh = 1,
		.open_flags = flags & O_APPEND ? FOPEN_DIRECT_IO : 0,
	};
}

static void reply_open(const struct fuse_in_header *in,
		       const struct fuse_open_in *ask)
{
	const struct fuse_open_out opened = opened_as(ask->flags);

	reply(in, 0, &opened, sizeof(opened));
}

static void answer_create(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_create_in *ask = body;
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out = { .open = opened_as(ask->flags) };
	uint64_t id = add(in->nodeid, (const char *)(ask + 1),
			  S_IFREG | (ask->mode & 07777));

	out.entry = entry_of(id);
	if (id == 0)
		fail(in, ENOSPC);
	else
		reply(in, 0, &out, sizeof(out));
}

static void answer_mknod(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_mknod_in *ask = body;
	uint64_t id = add(in->nodeid, (const char *)(ask + 1), ask->mode);

	reply_entry(in, id);
}

static void answer_mkdir(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_mkdir_in *ask = body;
	uint64_t id = add(in->nodeid, (const char *)(ask + 1),
			  S_IFDIR | (ask->mode & 07777));

	reply_entry(in, id);
}

static void answer_rename(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_rename_in *ask = body;
	const char *from = (const char *)(ask + 1);
	const char *to = from + strlen(from) + 1;
	uint64_t id = find(in->nodeid, from), old = find(ask->newdir, to);

	if (id == 0) {
		fail(in, ENOENT);
		return;
	}
	nodes[old].name[0] = '\0'; /* Its number may be in use. */
	nodes[id].parent = ask->newdir;
	snprintf(nodes[id].name, NAME, "%s", to);
	fail(in, 0);
}

/* ENOSYS would end it: the kernel would not ask again. */
static void answer_poll(const struct fuse_in_header *in, const void *body)
{
	const struct fuse_poll_in *ask = body;
	struct fuse_poll_out out = {
		.revents = ask->events & (POLLIN | POLLOUT),
	};

	reply(in, 0, &out, sizeof(out));
}

static void answer_unlink(const struct fuse_in_header *in, const char *name)
{
	uint64_t id = find(in->nodeid, name);

	if (id == 0) {
		fail(in, ENOENT);
		return;
	}
	nodes[id].name[0] = '\0'; /* Its number may be in use. */
	fail(in, 0);
}

/* Of names. */
static void answer_change(const struct fuse_in_header *in, const void *body)
{
	switch (in->opcode) {
	case FUSE_CREATE:
		answer_create(in, body);
		break;
	case FUSE_MKNOD:
		answer_mknod(in, body);
		break;
	case FUSE_MKDIR:
		answer_mkdir(in, body);
		break;
	case FUSE_RENAME:
		answer_rename(in, body);
		break;
	case FUSE_UNLINK:
		answer_unlink(in, body);
		break;
	default:
		fail(in, ENOSYS);
	}
}

static void answer(const struct fuse_in_header *in)
{
	static const struct fuse_statfs_out statfs = {
		.st = { .bsize = 4096, .frsize = 4096, .namelen = NAME - 1 },
	};
	const void *body = in + 1;

	switch (in->opcode) {
	case FUSE_INIT:
		answer_init(in, body);
		break;
	case FUSE_LOOKUP:
		reply_entry(in, find(in->nodeid, body));
		break;
	case FUSE_GETATTR:
		reply_attr(in, in->nodeid);
		break;
	case FUSE_SETATTR:
		answer_setattr(in, body);
		break;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		reply_open(in, body);
		break;
	case FUSE_READ:
		answer_read(in, body);
		break;
	case FUSE_WRITE:
		answer_write(in, body);
		break;
	case FUSE_READDIR:
		answer_readdir(in, body);
		break;
	case FUSE_POLL:
		answer_poll(in, body);
		break;
	case FUSE_STATFS:
		reply(in, 0, &statfs, sizeof(statfs));
		break;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FSYNC:
	case FUSE_ACCESS:
		fail(in, 0);
		break;
	default:
		answer_change(in, body);
	}
}

/* What a request is about: a name in its body, or that of its node. */
static const char *subject(const struct fuse_in_header *in)
{
	const char *body = (const char *)(in + 1);

	switch (in->opcode) {
	case FUSE_LOOKUP:
	case FUSE_UNLINK:
		return body;
	case FUSE_CREATE:
		return body + sizeof(struct fuse_create_in);
	case FUSE_MKNOD:
		return body + sizeof(struct fuse_mknod_in);
	case FUSE_MKDIR:
		return body + sizeof(struct fuse_mkdir_in);
	case FUSE_RENAME:
		return body + sizeof(struct fuse_rename_in);
	default:
		return in->nodeid < NODES ? nodes[in->nodeid].name : "";
	}
}

static const char *operation_name(uint32_t opcode)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (operations[i].opcode == opcode)
			return operations[i].name;
	return NULL;
}

static bool is_hung(const struct fuse_in_header *in)
{
	return hung_opcode == in->opcode &&
	       (!hung_name[0] || strcmp(hung_name, subject(in)) == 0);
}

static void hold(const struct fuse_in_header *in, size_t size)
{
	char *copy = malloc(size);
	char line[128];

	if (!copy || held_count == HELD)
		die("hungfs: too many requests");
	memcpy(copy, in, size);
	held[held_count++] = (struct held){ copy, size };
	snprintf(line, sizeof(line), "hung %s %.60s",
		 operation_name(in->opcode), subject(in));
	say(line);
}

static void read_request(void)
{
	static _Alignas(8) char request[REQUEST];
	const struct fuse_in_header *in = (const void *)request;
	ssize_t n = read(fuse, request, sizeof(request));

	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT))
		return;
	if (n < 0)
		exit(0); /* ENODEV: it was unmounted. */
	if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET ||
	    in->opcode == FUSE_INTERRUPT)
		return; /* No answer is expected. */
	if (is_hung(in))
		hold(in, (size_t)n);
	else
		answer(in);
}

static void answer_held(void)
{
	hung_opcode = 0;
	for (size_t i = 0; i < held_count; i++) {
		answer((const void *)held[i].request);
		free(held[i].request);
	}
	held_count = 0;
}

static void hang(const char *operation, const char *name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (strcmp(operations[i].name, operation) == 0)
			hung_opcode = operations[i].opcode;
	if (!hung_opcode) {
		fprintf(stderr, "hungfs: no operation %s\n", operation);
		exit(2);
	}
	snprintf(hung_name, NAME, "%s", name);
}

static void obey(char *line)
{
	char first[32] = "", second[32] = "", third[NAME] = "";

	(void)sscanf(line, "%31s %31s %63s", first, second, third);
	if (strcmp(first, "hang") == 0)
		hang(second, third);
	else if (strcmp(first, "answer") == 0)
		answer_held();
	else
		exit(0);
	say(line);
}

static void read_words(void)
{
	static char words[512];
	static size_t used;
	ssize_t n = read(STDIN_FILENO, words + used, sizeof(words) - used - 1);
	char *end;

	if (n <= 0)
		exit(0); /* The test has ended. */
	used += (size_t)n;
	words[used] = '\0';
	while ((end = strchr(words, '\n'))) {
		*end++ = '\0';
		obey(words);
		used -= (size_t)(end - words);
		memmove(words, end, used + 1);
	}
}

static void make_files(const char *program)
{
	uint64_t dir;

	(void)add(0, "", S_IFDIR | 0777);
	load(&nodes[add(1, "prog", S_IFREG | 0755)], program);
	if (!resize(&nodes[add(1, "data", S_IFREG | 0666)], 65536))
		die("data");
	dir = add(1, "dir", S_IFDIR | 0777);
	(void)add(dir, "file", S_IFREG | 0666);
	load(&nodes[add(dir, "prog", S_IFREG | 0755)], program);
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
	char options[128];

	if (argc != 3)
		return 2;
	/* Nothing may outlive the test: the file system least of all. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_files(argv[2]);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0)
		die("/dev/fuse");
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40777,user_id=0,group_id=0,allow_other,"
		 "default_permissions",
		 fuse);
	if (mount("hungfs", argv[1], "fuse.hungfs", MS_NOSUID, options) < 0)
		die("mount");
	say("ready");
	fds[0].fd = fuse;
	fds[1].fd = STDIN_FILENO;
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents)
			read_request();
		if (fds[1].revents)
			read_words();
	}
}
