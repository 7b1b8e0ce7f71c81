// SPDX-License-Identifier: MIT
/* Slurm: a script for sbatch(1), which runs `jig up` on the first node. */
#include <ctype.h>
#include <errno.h>
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

/* sbatch reads a backslash before each character that means something. It has
 * none for the end of a line, behind which the script goes on. */
static int add_directive(struct export *export, const char *option,
			 const char *value)
{
	struct buffer *out = &export->file;

	for (const char *c = value; *c; c++)
		if (iscntrl((unsigned char)*c))
			return fault_set(export->fault, -EINVAL,
					 "slurm cannot express this path: '%s'",
					 value);
	buffer_printf(out, "#SBATCH --%s=", option);
	for (; *value; value++) {
		if (strchr(" \t\"'\\#", *value))
			buffer_printf(out, "\\");
		buffer_add(out, value, 1);
	}
	buffer_printf(out, "\n");
	return out->error;
}

/* The log's directory; sbatch replaces %u and others in it. */
static void add_log_directory(const struct export *export, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer path = { 0 };

	export_place(export, NULL, export->settings->log_dir, &path);
	quote_percent(out, path.text ? path.text : "");
	buffer_printf(out, "/");
	if (path.error)
		out->error = path.error;
}

static int add_directives(struct export *export)
{
	const struct export_settings *settings = export->settings;
	struct buffer *out = &export->file;
	CLEANUP(buffer_free) struct buffer directory = { 0 }, log = { 0 };

	export_place(export, NULL, NULL, &directory);
	if (settings->log_dir)
		add_log_directory(export, &log);
	buffer_printf(&log, "%s-%%j.log", export->application);
	if (directory.error || log.error)
		return directory.error ? directory.error : log.error;

	int r = add_directive(export, "job-name", export->application);

	buffer_printf(out, "#SBATCH --nodes=1\n#SBATCH --ntasks=1\n");
	if (r == 0)
		r = add_directive(export, "chdir",
				  directory.text ? directory.text : ".");
	if (r == 0)
		r = add_directive(export, "output", log.text);
	/* The script is jig, which then stops all before the time is over. */
	buffer_printf(out, "#SBATCH --signal=B:TERM@%u\n",
		      slurm_stop_seconds(export->project));
	return r;
}

static void add_command(const struct export_settings *settings,
			struct buffer *out)
{
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
	buffer_printf(&export->file, "#!/bin/sh\n# Written by jig export.\n");

	int r = add_directives(export);

	add_command(export->settings, &export->file);
	return r < 0 ? r : export_write_file(export, "sbatch");
}

const struct exporter export_slurm = {
	.name = "slurm",
	.summary = "a script for sbatch that runs jig up (Slurm)",
	.has_unused = true,
	.has_command = true,
	.runs_jig = true,
	.note = slurm_note,
	.end = slurm_write,
};
