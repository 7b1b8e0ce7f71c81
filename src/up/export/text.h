/* SPDX-License-Identifier: MIT */
/*
 * What all exporters share: instances, words, probes, quoting, files.
 *
 * Files are written below a directory's descriptor, whole or not at all
 * (rename), and no symbolic link is followed. A file that was there is
 * replaced, as Foreman does; a note says so when its content was another.
 *
 * Invariant: each quoting function gives back, when its reader has read it,
 * the very bytes that it was given. Bytes that are no UTF-8 become U+FFFD in
 * YAML alone.
 */
#ifndef JIG_UP_EXPORT_TEXT_H
#define JIG_UP_EXPORT_TEXT_H

#include <sys/types.h>

#include "up/export/export.h"

/** In double quotes for Exec lines and Environment=, with \, % kept.
 *  @exec  $ is kept, too: only Exec lines expand it. */
void quote_systemd(struct buffer *out, const char *text, bool exec);

/** For a setting that takes the rest of the line: % alone. */
void quote_systemd_rest(struct buffer *out, const char *text);

/** In single quotes, for sh. */
void quote_sh(struct buffer *out, const char *text);

/** As sh, but fit for supervisord's file: % and " ;" are kept. */
void quote_supervisor(struct buffer *out, const char *text);

/** Double quotes of YAML (and JSON). @dollars  each $ is written twice. */
void quote_yaml(struct buffer *out, const char *text, bool dollars);

/** Everything that one export needs. */
struct export
{
	const struct project *project;
	const struct export_settings *settings;
	struct buffer *notes;
	struct fault *fault;
	const char *format;
	const char *application;
	int count; /* files written */
};

/** Check names and dependencies, and tell what no format can say. */
int export_begin(struct export *export, const char *format);

/** "web: runit has no …"; printf's format. Said once, however often asked. */
void export_note(const struct export *export, const struct service *service,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Write a file and free @text; its error becomes ours. */
int export_write(struct export *export, const char *path, mode_t mode,
		 struct buffer *text);

/** Make a directory below ours. It may be there, but not as a link. */
int export_mkdir(struct export *export, const char *path);

/** One process to be: service, number, and what it is given. */
struct export_instance {
	const struct service *service;
	unsigned number;
	int port;
	char port_text[16]; /* "PORT=5000": @env points at it, if there is a
			       port */
	struct list env; /* of char *; not ended */
	struct list words; /* of const char *: an absolute path first */
	struct buffer name; /* "web-1" */
	struct buffer cwd, log; /* absolute; log empty: none */
};

/** @ret  filled in place (its environment points into it); zero on failure. */
int export_instance(struct export *export, const struct service *service,
		    unsigned number, struct export_instance *ret);
/** Refuse names of variables and lines that the format cannot say. */
int export_instance_check(const struct export *export,
			  const struct export_instance *instance);
void export_instance_free(struct export_instance *instance);

static inline const char *export_word(const struct list *list, size_t index)
{
	return *(char **)list_at(list, index, sizeof(char *));
}

static inline const struct dependency *export_dependency(
	const struct service *service, size_t index)
{
	return list_at(&service->depends, index, sizeof(struct dependency));
}

/** The line of a shell that asks a probe once: status 0 means yes.
 *  @return  0; -ENOTSUP when it cannot be asked from outside. */
int export_probe_line(const char *probe, struct buffer *ret);

/** All of @check's probes in one line; the others are noted.
 *  @return  whether there is one. */
bool export_check_line(const struct export *export,
		       const struct service *service, const struct check *check,
		       struct buffer *ret);

/** "tcp:[host:]port" and "http:[host:]port[/path]". */
struct export_address {
	bool http;
	char host[64]; /* "127.0.0.1" when none is given */
	unsigned port;
	const char *path; /* "/…", up to a blank; "/" */
	int path_length;
};

/** @return  0; -ENOTSUP when it is no plain address ("expect=", unix:). */
int export_probe_address(const char *probe, struct export_address *ret);

/** Whether a service has that probe. */
bool export_has_probe(const struct service *service, const char *probe);

/** Whether someone waits for its end. */
bool export_awaited(const struct project *project,
		    const struct service *service);

/** The first signal, and how long all steps take, in whole seconds. */
int export_stop_signal(const struct service *service);
unsigned export_stop_seconds(const struct service *service);
/** "TERM": without SIG. */
const char *export_signal(int signo, char *buffer, size_t size);

/** How many others come before it at least: a number to sort by. */
unsigned export_depth(const struct project *project,
		      const struct service *service);

static inline unsigned export_seconds(int64_t us, unsigned otherwise)
{
	return us > 0 ? (unsigned)((us + 999999) / 1000000) : otherwise;
}

#endif
