// SPDX-License-Identifier: MIT
/* Slurm: a script for sbatch(1), which runs `jig up` on the first node. */
#include <string.h>

#include "up/export/format/formats.h"
#include "up/export/text.h"

/* Above the longest stop: the signal before the time limit. */
static unsigned slurm_stop_seconds(const struct project *project)
{
	unsigned most = 10;

	for (size_t i = 0; i < project->services.count; i++) {
		unsigned seconds =
			export_stop_seconds(project_service(project, i));

		most = seconds > most ? seconds : most;
	}
	return most + 10;
}

/* sbatch reads a backslash before each character that means something. */
static void add_directive(struct buffer *out, const char *option,
			  const char *value)
{
	buffer_printf(out, "#SBATCH --%s=", option);
	for (; *value; value++) {
		if (strchr(" \t\"'\\#", *value))
			buffer_printf(out, "\\");
		buffer_add(out, value, 1);
	}
	buffer_printf(out, "\n");
}

static void add_directives(const struct export *export, struct buffer *out)
{
	const struct export_settings *settings = export->settings;
	CLEANUP(buffer_free) struct buffer directory = { 0 }, log = { 0 };

	export_place(export, NULL, NULL, &directory);
	if (settings->log_dir) {
		export_place(export, NULL, settings->log_dir, &log);
		buffer_printf(&log, "/");
	}
	buffer_printf(&log, "%s-%%j.log", export->application);
	add_directive(out, "job-name", export->application);
	buffer_printf(out, "#SBATCH --nodes=1\n#SBATCH --ntasks=1\n");
	add_directive(out, "chdir", directory.text ? directory.text : ".");
	add_directive(out, "output", log.text ? log.text : "");
	/* The script is jig, which then stops all before the time is over. */
	buffer_printf(out, "#SBATCH --signal=B:TERM@%u\n",
		      slurm_stop_seconds(export->project));
	if (directory.error || log.error)
		out->error = directory.error ? directory.error : log.error;
}

static void slurm_begin(struct export *export)
{
	const struct export_settings *settings = export->settings;
	struct buffer *out = &export->file;

	buffer_printf(out, "#!/bin/sh\n# Written by jig export.\n");
	add_directives(export, out);
	buffer_printf(out, "exec ");
	quote_sh(out, settings->jig ? settings->jig : "jig");
	buffer_printf(out, " up");
	for (size_t i = 0; settings->up_words && i < settings->up_words->count;
	     i++) {
		buffer_printf(out, " ");
		quote_sh(out, export_word(settings->up_words, i));
	}
	for (char *const *word = settings->command; word && *word; word++) {
		buffer_printf(out, word == settings->command ? " -- " : " ");
		quote_sh(out, *word);
	}
	buffer_printf(out, "\n");
}

static void slurm_note(const struct export *export,
		       const struct service *service)
{
	if (export->settings->user)
		export_note(export, NULL,
			    "slurm runs a job as the user that submits it, not "
			    "as %s",
			    export->settings->user);
	export_note(export, NULL,
		    "the first node runs '%s up': it must have jig, jig-up and "
		    "the project's files",
		    export->settings->jig ? export->settings->jig : "jig");
	if (export_stop_seconds(service) > 30)
		export_note(export, service,
			    "scancel sends KILL after KillWait (30 s unless "
			    "configured), before its stop is over");
}

static int slurm_write(struct export *export)
{
	return export_write_file(export, "sbatch");
}

const struct exporter export_slurm = {
	.name = "slurm",
	.summary = "a script for sbatch that runs jig up (Slurm)",
	.has_unused = true,
	.has_command = true,
	.runs_jig = true,
	.note = slurm_note,
	.begin = slurm_begin,
	.end = slurm_write,
};
