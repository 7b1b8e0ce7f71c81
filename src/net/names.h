/* SPDX-License-Identifier: MIT */
/*
 * Names of sockets and ports, and the braces that stand for them.
 *
 * In a word, {fd:NAME}, {addr:NAME}, {host:NAME} and {port:NAME} are replaced;
 * {NAME} is {addr:NAME}. Braces around anything else stay, for a program's own
 * language, and so does ${NAME}, the shell's.
 *
 * Not here: making sockets (net/sockets.h).
 */
#ifndef JIG_NET_NAMES_H
#define JIG_NET_NAMES_H

#include "base/file/id.h"
#include "base/list.h"

#define NAME_SIZE 32
#define NAME_ADDRESS_SIZE 128

struct name {
	char name[NAME_SIZE];
	char address[NAME_ADDRESS_SIZE]; /* "127.0.0.1:8080", or a path */
	int port; /* 0: the address is a path */
	struct file_id file; /* that the path stood for when it was bound */
	int fd; /* its number in the command; -1: a port without a socket */
};

/**
 * Whether it can be a name: a letter, then letters, digits, '_' and '-'.
 * @length  of the text's part that is looked at.
 */
int name_check(const char *text, size_t length);

/** The one of that name (@length bytes of it) in a list, or NULL. */
const struct name *name_find(const struct list *names, const char *text,
			     size_t length);

/**
 * @text with each brace replaced.
 * @ret     free() it.
 * @return  0 or -ENOMEM.
 */
int names_expand(const struct list *names, const char *text, char **ret);

/**
 * The first "{port:NAME}", "{host:NAME}", "{addr:NAME}" or "{fd:NAME}" in
 * @text.
 * @ret_length  of NAME.
 * @return      NAME, a part of @text; NULL: there is none.
 */
const char *names_next(const char *text, size_t *ret_length);

/**
 * Add the variables of a name: of "web-api" WEB_API_ADDR and WEB_API_PORT.
 * @port   0: without WEB_API_PORT.
 * @env    of char *: "NAME=value".
 * @texts  of char *: gets the texts; list_free_texts() it after @env.
 * @return 0 or -ENOMEM.
 */
int name_add_variables(const char *name, const char *address, int port,
		       struct list *env, struct list *texts);

#endif
