// SPDX-License-Identifier: MIT
#include "up/files/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "core/probe/kind/kinds.h"
#include "up/files/compose.h"
#include "up/files/procfile.h"
#include "up/project/formation.h"
#include "up/project/order.h"

#define PROCFILE "Procfile"
#define PROCFILE_MAX (1 << 20)

/* ---------------------------------------------------------------- the files */

static bool is_yaml(const char *path)
{
	const char *dot = strrchr(path, '.');

	/* JSON is YAML, too. */
	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 ||
		       strcmp(dot, ".json") == 0);
}

static int add_real(struct project *project, const char *path,
		    struct list *ret_files, struct fault *fault)
{
	const char *real = project_take(project, realpath(path, NULL));

	if (!real)
		return fault_set(fault, -errno, "cannot open %s: %s", path,
				 strerror(errno));
	return list_append(ret_files, &real, sizeof(real));
}

static int find_default(const struct up_settings *settings,
			struct project *project, struct list *ret_files,
			struct fault *fault)
{
	const char *directory = settings->directory ? settings->directory : ".";
	const char *path = project_print(project, "%s/" PROCFILE, directory);
	int r;

	if (!path)
		return -ENOMEM;
	if (access(path, F_OK) == 0)
		return add_real(project, path, ret_files, fault);
	r = compose_discover(project, directory, ret_files, fault);
	if (r < 0 || ret_files->count > 0)
		return r;
	return fault_set(fault, -ENOENT,
			 "no " PROCFILE ", jig.yaml or process-compose.yaml in "
			 "%s: name a file with -f",
			 directory);
}

static int find_named(const struct up_settings *settings,
		      struct project *project, struct list *ret_files,
		      struct fault *fault)
{
	const struct list *files = &settings->files;
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++)
		r = add_real(project,
			     *(const char **)list_at(files, i, sizeof(char *)),
			     ret_files, fault);
	return r;
}

/* The directory of services: -d; else the caller's, as in process-compose and
 * Honcho; else, for a Procfile as in Foreman and for jig.yaml, the file's. */
static int find_directory(const struct up_settings *settings,
			  struct project *project)
{
	bool is_foreign =
		is_yaml(project->file) && !compose_is_own(project->file);
	char *slash, *path;

	if (settings->directory || settings->honcho || is_foreign) {
		path = realpath(settings->directory ? settings->directory : ".",
				NULL);
	} else {
		path = strdup(project->file);
		slash = path ? strrchr(path, '/') : NULL;
		if (slash)
			slash[slash == path] = '\0';
	}
	project->directory = project_take(project, path);
	return project->directory ? 0 : -errno;
}

static int find_name(struct project *project)
{
	const char *slash = strrchr(project->directory, '/');

	project->name = project_copy(project,
				     slash && slash[1] ? slash + 1 : "project");
	return project->name ? 0 : -ENOMEM;
}

int load_find(const struct up_settings *settings, struct project *ret,
	      struct list *ret_files, struct fault *fault)
{
	int r = settings->files.count
			? find_named(settings, ret, ret_files, fault)
			: find_default(settings, ret, ret_files, fault);

	if (r < 0)
		return r;
	ret->file = *(const char **)list_at(ret_files, 0, sizeof(char *));
	r = find_directory(settings, ret);
	if (r < 0)
		return fault_set(fault, r, "cannot enter %s: %s",
				 settings->directory ? settings->directory
						     : ".",
				 strerror(-r));
	return find_name(ret);
}

/* --------------------------------------------------------------- a Procfile */

static int add_entry(struct project *project,
		     const struct procfile_entry *entry)
{
	struct service service = {
		.name = project_copy(project, entry->name),
		.shell = project_copy(project, entry->command),
		.line = entry->line,
		.replicas = 1,
		.port_index = (int)project->services.count,
	};

	return service.name && service.shell ? project_add(project, &service)
					     : -ENOMEM;
}

static int add_note(struct project *project,
		    const struct procfile_ignored *ignored)
{
	const char *note =
		project_print(project, "%s:%d: %s; the line is ignored",
			      project->file, ignored->line, ignored->why);

	return note ? list_append(&project->notes, &note, sizeof(note))
		    : -ENOMEM;
}

/* It has no entry: name the first line that could be meant as one. */
static int refuse_procfile(const struct project *project,
			   const struct procfile *procfile, struct fault *fault)
{
	const struct procfile_ignored *first = procfile->ignored.items;

	if (procfile->ignored.count == 0)
		return fault_set(fault, -EINVAL,
				 "%s has no entry of the form NAME: COMMAND",
				 project->file);
	return fault_set(fault, -EINVAL,
			 "%s:%d: %s; the file has no entry of the form "
			 "NAME: COMMAND",
			 project->file, first->line, first->why);
}

static int add_entries(struct project *project, struct procfile *procfile,
		       struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < procfile->entries.count; i++)
		r = add_entry(project, list_at(&procfile->entries, i,
					       sizeof(struct procfile_entry)));
	for (size_t i = 0; r == 0 && i < procfile->ignored.count; i++)
		r = add_note(project, list_at(&procfile->ignored, i,
					      sizeof(struct procfile_ignored)));
	if (r == 0 && procfile->entries.count == 0)
		r = refuse_procfile(project, procfile, fault);
	return r;
}

static int read_procfile(struct project *project, struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP(procfile_free) struct procfile procfile = { 0 };
	struct fault why = { "" };
	ssize_t length =
		fd_read_whole(AT_FDCWD, project->file, PROCFILE_MAX, &text);

	if (length < 0)
		return fault_set(fault, (int)length, "cannot read %s: %s",
				 project->file, strerror((int)-length));
	int r = procfile_parse(text, (size_t)length, &procfile, &why);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", project->file, why.text);
	project->has_ports = true;
	if (project->ending == ENDING_DEFAULT)
		project->ending = ENDING_FIRST;
	return add_entries(project, &procfile, fault);
}

/* ---------------------------------------------------------------- the rest */

static int read_environment(const struct up_settings *settings,
			    struct project *project, struct list *ret,
			    struct fault *fault)
{
	CLEANUP_CLOSE int directory = RETRY(
		open(project->directory, O_PATH | O_DIRECTORY | O_CLOEXEC));

	/* Named files are relative to the caller's directory, .env to the
	 * project's. */
	if (settings->env_files)
		return env_file_read(settings->dialect, AT_FDCWD,
				     settings->env_files, false, ret, fault);
	return env_file_read(settings->dialect, directory, ".env", true, ret,
			     fault);
}

static int take_environment(struct project *project, struct list *env)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < env->count; i++) {
		const char *variable =
			project_copy(project,
				     *(char **)list_at(env, i, sizeof(char *)));

		r = variable ? list_append(&project->env, &variable,
					   sizeof(variable))
			     : -ENOMEM;
		if (r == 0)
			r = list_append(&project->dotenv, &variable,
					sizeof(variable));
	}
	return r;
}

static int apply_formation(const struct up_settings *settings,
			   const char *const *names, struct project *project,
			   struct fault *fault)
{
	static const char *const all[] = { NULL };
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->formations.count; i++) {
		const struct up_formation *one =
			list_at(&settings->formations, i, sizeof(*one));

		r = formation_apply(project, one->text, one->exclusive, fault);
	}
	/* Then select: a number does not bring back a service left out. */
	if (r == 0)
		r = formation_select(project, names ? names : all,
				     settings->no_deps, fault);
	if (r == 0)
		r = formation_namespaces(project, &settings->namespaces, fault);
	for (size_t i = 0; r == 0 && i < settings->left_out.count; i++)
		r = formation_leave_out(project,
					*(const char **)
						list_at(&settings->left_out, i,
							sizeof(char *)),
					fault);
	return r;
}

/* Report a wrong probe now, and not at the start. Words with {NAME} are
 * complete only then. */
static int check_words(const struct service *service, const struct list *words,
		       struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < words->count; i++) {
		const char *word = *(char **)list_at(words, i, sizeof(char *));
		struct probe probe = { 0 };
		struct fault why = { "" };

		if (strchr(word, '{'))
			continue;
		r = probe_parse(&probe, word + (*word == '|'), &why);
		if (r < 0)
			r = fault_set(fault, r, "%s: %s", service->name,
				      why.text);
		probe_close(&probe);
	}
	return r;
}

static int check_probes(const struct project *project, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < project->services.count; i++) {
		const struct service *service = project_service(project, i);

		r = check_words(service, &service->ready.probes, fault);
		if (r == 0)
			r = check_words(service, &service->live.probes, fault);
	}
	return r;
}

/* One that is disabled needs none, until it is named. */
static int check_commands(const struct project *project, struct fault *fault)
{
	for (size_t i = 0; i < project->services.count; i++) {
		const struct service *service = project_service(project, i);

		if (service->replicas && !service->disabled &&
		    !service->shell && service->argv.count == 0)
			return fault_set(fault, -EINVAL,
					 "%s:%d: process '%s' has no command",
					 project->file, service->line,
					 service->name);
	}
	return 0;
}

static void apply_ending(const struct up_settings *settings,
			 struct project *project)
{
	static const enum ending endings[] = {
		[UP_ENDING_FILE] = ENDING_DEFAULT,
		[UP_ENDING_FIRST] = ENDING_FIRST,
		[UP_ENDING_ANY_CAN_DIE] = ENDING_ANY_CAN_DIE,
		[UP_ENDING_ON_FAILURE] = ENDING_ON_FAILURE,
		[UP_ENDING_KEEP_GOING] = ENDING_KEEP_GOING,
	};

	if (settings->ending != UP_ENDING_FILE)
		project->ending = endings[settings->ending];
}

int load_project(const struct up_settings *settings, const char *const *names,
		 struct project *ret, struct fault *fault)
{
	CLEANUP(list_free) struct list files = { 0 };
	CLEANUP(env_file_free) struct list env = { 0 };
	int r = load_find(settings, ret, &files, fault);

	if (r == 0)
		r = read_environment(settings, ret, &env, fault);
	if (r == 0)
		r = take_environment(ret, &env);
	if (r == 0)
		r = is_yaml(ret->file) ? compose_read(ret, &files, &env, fault)
				       : read_procfile(ret, fault);
	for (size_t i = 0; r == 0 && i < ret->notes.count; i++)
		complain("%s",
			 *(char **)list_at(&ret->notes, i, sizeof(char *)));
	if (r == 0)
		r = order_check(ret, fault);
	if (r == 0)
		r = check_probes(ret, fault);
	if (r == 0)
		r = apply_formation(settings, names, ret, fault);
	if (r == 0)
		r = check_commands(ret, fault);
	if (r == 0)
		apply_ending(settings, ret);
	ret->has_ports |= settings->port != NULL;
	ret->ordered_shutdown |= settings->ordered;
	if (r == -ENOMEM)
		fault_set(fault, r, "out of memory");
	return r;
}
