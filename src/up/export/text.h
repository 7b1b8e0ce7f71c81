/* SPDX-License-Identifier: MIT */
/*
 * What all export formats share: instances (instance.c: its variables are in
 * variables.c, its directories in place.c), sockets (listen.c), notes (note.c),
 * probes (probe.c, ready.c), quoting (quote.c), scripts (script.c), files
 * (file.c).
 *
 * Files are written below a directory's descriptor, completely or not at all
 * (rename(2)), and no symbolic link is followed. An existing file is replaced,
 * as Foreman does; if its content differs, a note says so.
 *
 * Invariant: the reader of each format reads a quoted text as exactly the bytes
 * that were passed in. Only YAML replaces bytes that are not UTF-8, by U+FFFD.
 *
 * What does not belong here: the syntax of one format.
 */
#ifndef JIG_UP_EXPORT_TEXT_H
#define JIG_UP_EXPORT_TEXT_H

#include <sys/types.h>

#include "up/export/export.h"
#include "up/project/replica.h"

/** In double quotes for Exec lines and Environment=; \ and % are escaped.
 *  @exec  escape $, too: only Exec lines expand it. */
void quote_systemd(struct buffer *out, const char *text, bool exec);

/** For a setting that takes the rest of the line: only % is escaped. */
void quote_percent(struct buffer *out, const char *text);

/** In single quotes, for sh. */
void quote_sh(struct buffer *out, const char *text);

/** As quote_sh(), and safe in supervisord's file: % and " ;" are escaped. */
void quote_supervisor(struct buffer *out, const char *text);

enum yaml_dollars {
	DOLLARS_PLAIN, /* as they are */
	DOLLARS_COMPOSE, /* each twice */
	DOLLARS_KUBERNETES, /* twice before ( and $ */
};

/** In double quotes for YAML (and JSON). */
void quote_yaml(struct buffer *out, const char *text,
		enum yaml_dollars dollars);

/** One export that is being made. */
struct export
{
	const struct exporter *exporter;
	const char *format; /* its name */
	const struct project *project;
	const struct export_settings *settings;
	struct buffer *notes;
	struct fault *fault;
	const char *application;
	int count; /* files written */
	struct buffer file; /* of the whole project, if the format has one */
	struct buffer members; /* names for a list at the end of this file */
};

/** Add the note "web: runit has no …", printf's format, unless it stands in
 * the notes already. @service  NULL: about the project. */
void export_note(const struct export *export, const struct service *service,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Write a file and free @text. @return 0; @text's error; or -errno with the
 * reason. */
int export_write(struct export *export, const char *path, mode_t mode,
		 struct buffer *text);

/** The same for a file in a directory of its own, export_mkdir(). */
int export_put(struct export *export, const char *directory, const char *name,
	       mode_t mode, struct buffer *text);

/** Write export->file as APPLICATION.@suffix. */
int export_write_file(struct export *export, const char *suffix);

/** Create a directory below @dirfd. An existing one is no error; a link is. */
int export_mkdir(struct export *export, const char *path);

/** One process that the other engine will run. */
struct export_instance {
	struct replica replica; /* the service, with the instance's number */
	const struct service *service; /* of `replica` */
	unsigned number;
	int port;
	struct list texts; /* of char *: owned, for @env */
	struct list names; /* of struct name: the sockets of `listen` */
	struct list env; /* of char *; without a NULL at the end */
	struct list words; /* of const char *: an absolute path first */
	struct buffer name; /* "web-1" */
	struct buffer cwd, log; /* absolute; empty: the image's; none */
};

/** Whether a line of the file can contain @text without quotes. */
bool export_is_line(const struct export *export, const char *text);

/**
 * Make an instance. Variable names and lines that the format cannot express
 * are errors.
 *
 * @ret  zeroed on failure.
 */
int export_instance(struct export *export, const struct service *service,
		    unsigned number, struct export_instance *ret);
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

/** For a script of sh: its variables, and "cd … || exit 1". */
void export_sh_start(const struct export_instance *instance,
		     struct buffer *out);

/** " 'web' '-p' '80'": its words for sh, each after a blank. */
void export_sh_words(const struct export_instance *instance,
		     struct buffer *out);

/** Choose the variables of an instance: those of `jig up`, in its order.
 *  @return  0 or -ENOMEM. */
int export_variables(const struct export *export,
		     struct export_instance *instance);

/** A path of a service where it will run, relative to the project's directory;
 *  nothing if that is unknown. A path that is lost is noted. */
void export_place(const struct export *export, const struct service *service,
		  const char *path, struct buffer *ret);

/** Where the output of an instance goes; nothing: to the engine. */
void export_choose_log(const struct export *export,
		       struct export_instance *instance);

/** "NAME=ADDRESS" of `listen`. */
struct export_listen {
	char name[64];
	struct buffer stream; /* systemd's ListenStream */
	bool is_unix;
};

/** @return  0; -ENOTSUP for a free port; or -errno. */
int export_listen_parse(const struct export *export,
			const struct service *service, const char *spec,
			unsigned number, struct export_listen *ret);

/** Fill instance->names with the sockets whose address is fixed. @return 0 or
 *  -ENOMEM. */
int export_listen_names(const struct export *export,
			struct export_instance *instance);

/** How `jig ready` asks the probes of @check. */
struct export_ready {
	const struct check *check;
	int64_t timeout_us; /* of all; 0: 60 s; -1: none */
	bool once; /* the engine repeats it: for one attempt */
};

/**
 * The words of `jig ready` for all probes that it can ask; others are noted.
 *
 * @ret  of char *: list_free_texts().
 * @return  the number of probes, or -ENOMEM; 0: @ret is empty.
 */
int export_ready_words(const struct export *export,
		       const struct export_instance *instance,
		       const struct export_ready *how, struct list *ret);

/** As a line for sh; @more  NULL, or words after "jig ready". */
void export_ready_line(struct buffer *out, const struct list *words,
		       const char *more);

/** Whether a check is a single exec: probe. @ret  its command. */
bool export_exec_only(const struct export *export,
		      const struct service *service, const struct check *check,
		      struct buffer *ret);

/** Note what the machine of the services must have: jig. */
void export_note_jig(const struct export *export);

/** "90s", "1500ms", "10us". */
#define EXPORT_TIME_SIZE 32
const char *export_time(int64_t us, char buffer[EXPORT_TIME_SIZE]);

/** The interval of a check's attempts as its file has it; 0: none. */
static inline int64_t export_period_us(const struct check *check)
{
	return check->file_period_us ? check->file_period_us : check->period_us;
}

/** How long one attempt may last. */
int64_t export_attempt_us(const struct check *check);

/** How long a service may take to become ready; -1: without limit. */
int64_t export_patience_us(const struct service *service);

/** "tcp:[host:]port" and "http:[host:]port[/path]". */
struct export_address {
	bool http;
	char host[64]; /* "127.0.0.1" if the probe has none */
	unsigned port;
	const char *path; /* "/…", up to a blank; "/" */
	int path_length;
};

/** @return  0; -ENOTSUP if it is not a plain address ("expect=", unix:). */
int export_probe_address(const char *probe, struct export_address *ret);

/** The TCP ports on which an instance listens: PORT, and those of its probes.
 *  @return  how many, at most @size. */
#define EXPORT_PORTS 8
size_t export_ports(const struct export_instance *instance, unsigned *ret,
		    size_t size);

/** Whether a service has that probe. */
bool export_has_probe(const struct service *service, const char *probe);

/** Whether another service waits for the end of this one. */
bool export_awaited(const struct project *project,
		    const struct service *service);

/** The first signal, and the whole seconds from it to KILL. */
int export_stop_signal(const struct service *service);
unsigned export_stop_seconds(const struct service *service);
/** "TERM": without SIG. */
const char *export_signal(int signo, char *buffer, size_t size);
/** The same, but "35" for a real-time signal: few programs know RTMIN+1. */
const char *export_signal_word(int signo, char *buffer, size_t size);

/** How many services this one depends on, directly or not: a sort key. */
unsigned export_depth(const struct project *project,
		      const struct service *service);

static inline unsigned export_seconds(int64_t us, unsigned otherwise)
{
	return us > 0 ? (unsigned)((us + 999999) / 1000000) : otherwise;
}

#endif
