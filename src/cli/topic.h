/* SPDX-License-Identifier: MIT */
/*
 * What `jig help TOPIC` explains: subjects that several commands share.
 *
 * The whole text is in the manual; a topic is the part of it that a user needs
 * at once, and the place of the rest. Help of commands does not belong here.
 */
#ifndef JIG_CLI_TOPIC_H
#define JIG_CLI_TOPIC_H

#include <stddef.h>

struct topic {
	const char *name;
	const char *summary; /* one line */
	const char *volume, *page; /* "7", "jig-ready" */
	const char *section; /* a heading of this page; NULL: its beginning */
	const struct page_pair *pairs; /* ends with a NULL */
	const char *text; /* after them; NULL: none */
};

/** All topics, a NULL name at the end. */
extern const struct topic topics[];

const struct topic *topic_find(const char *name);

/**
 * Open the manual at this topic, if stdout is a terminal and man(1) finds the
 * page; else print the topic.
 * @return  the exit status.
 */
int topic_show(const struct topic *topic);

#endif
