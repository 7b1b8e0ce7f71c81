/* SPDX-License-Identifier: MIT */
/*
 * `jig export FORMAT DIRECTORY`: a project as another engine's files. One
 * constant struct and one file a format: systemd.c, compose.c,
 * kubernetes.c, supervisord.c, runit.c.
 *
 * Invariant: pure but for the files that it writes below @dirfd; what a format
 * cannot say is told in @notes, never left out in silence.
 */
#ifndef JIG_UP_EXPORT_EXPORT_H
#define JIG_UP_EXPORT_EXPORT_H

#include "up/project/project.h"

struct export_settings {
	const char *application; /* names the files; NULL: the project's name */
	const char *user; /* who runs it; NULL: the engine's default */
	const char *image; /* of containers; NULL: the application's name */
	const char *log_dir; /* NULL: the engine's default */
	unsigned base_port; /* as up/project/formation.h gives it */
	int dirfd; /* where files are written */
};

struct exporter {
	const char *name; /* "systemd" */
	const char *summary; /* one line for the help */
	/**
	 * @notes   lines that tell what the format cannot say.
	 * @return  how many files were written, or -errno with the reason.
	 */
	int (*write)(const struct project *project,
		     const struct export_settings *settings,
		     struct buffer *notes, struct fault *fault);
};

extern const struct exporter export_systemd, export_compose, export_kubernetes,
	export_supervisord, export_runit;

/** All of them, NULL at the end. */
extern const struct exporter *const exporters[];

/** @return  the exporter, or NULL. */
const struct exporter *export_find(const char *name);

#endif
