/* SPDX-License-Identifier: MIT */
/*
 * One export format: a `struct exporter` in a file of its own (format/).
 * export.c calls it for each service or instance, and prints and frees.
 *
 * Invariant: an exporter only reads the project. Where its format cannot
 * express a field, it calls export_note(); it never omits a field silently.
 *
 * What does not belong here: what all formats share (text.h), and the loop over
 * services (export.c).
 */
#ifndef JIG_UP_EXPORT_FORMAT_H
#define JIG_UP_EXPORT_FORMAT_H

#include "up/project/project.h"

struct export;
struct export_instance;
struct export_settings;

struct exporter {
	const char *name; /* "systemd" */
	const char *summary; /* one line for the help */
	bool is_by_service; /* one entry for all instances of a service */
	bool has_unused; /* a service with 0 instances has an entry, too */
	bool has_lines; /* a value is the rest of a line, without quotes */
	bool has_late_comments; /* " ;" and " #" begin a comment in a line */
	bool has_start_timeout; /* it can express a service's start timeout */
	bool has_listen; /* it makes the sockets of a service */
	bool is_container; /* the services run in an image */
	bool has_command; /* it runs a command beside the services */
	bool runs_jig; /* it starts `jig up`, which keeps every property */
	const char *own_probe; /* a probe that needs no `jig ready`, or NULL */

	/** Note what the format cannot express of a service. */
	void (*note)(const struct export *export,
		     const struct service *service);

	/** Before the first service; may be NULL. */
	void (*begin)(struct export *export);

	/**
	 * May be NULL: end() does all. Add an instance, or a service by its
	 * first instance, to export->file, or write files.
	 * @return  0 or -errno with the reason.
	 */
	int (*add)(struct export *export, struct export_instance *instance);

	/** Complete and write export->file; may be NULL. As add(). */
	int (*end)(struct export *export);
};

#endif
