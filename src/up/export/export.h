/* SPDX-License-Identifier: MIT */
/*
 * `jig export FORMAT DIRECTORY`: a project as the files of another engine.
 *
 * Invariant: the only effect is the files that it writes below @dirfd. What a
 * format cannot express stands in @notes; nothing is omitted silently.
 *
 * What does not belong here: one format (format.h).
 */
#ifndef JIG_UP_EXPORT_EXPORT_H
#define JIG_UP_EXPORT_EXPORT_H

#include "up/export/format.h"

struct export_settings {
	const char *application; /* names the files; NULL: the project's name */
	const char *user; /* that runs it; NULL: the engine's default */
	const char *image; /* of containers; NULL: the application's name */
	const char *log_dir; /* NULL: the engine's default */
	const char *workdir; /* the project's directory where the services run;
			      * NULL: as here, in a container the image's */
	const char *jig; /* the program there; NULL: "jig", from PATH */
	char *const *command; /* beside the services, or NULL; NULL at the end
			       */
	const struct list *up_words; /* of const char *: options of `jig up` for
				      * this project */
	bool restarts; /* since a Procfile says nothing about restarts */
	int dirfd; /* where files are written */
};

/**
 * Write all files of a project.
 *
 * @project  after project_give().
 * @notes   gets lines about what the format cannot express.
 * @return  the number of files written, or -errno with the reason.
 */
int export_project(const struct exporter *exporter,
		   const struct project *project,
		   const struct export_settings *settings, struct buffer *notes,
		   struct fault *fault);

#endif
