// SPDX-License-Identifier: MIT
#include "up/load/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"
#include "core/probe/kind/kinds.h"
#include "up/files/compose.h"
#include "up/files/procfile.h"
#include "up/project/formation.h"
#include "up/project/order.h"
#include "up/settings/defaults.h"
#include "up/settings/named.h"

#define PROCFILE_MAX (1 << 20)

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

static int read_procfile(struct project *project, const char *file,
			 enum named_by by, struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP(procfile_free) struct procfile procfile = { 0 };
	struct fault why = { "" };
	ssize_t length =
		named_read(AT_FDCWD, file, by, PROCFILE_MAX, &text, fault);

	if (length < 0)
		return (int)length;
	int r = procfile_parse(text, (size_t)length, &procfile, &why);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", project->file, why.text);
	project->has_ports = project->is_procfile = true;
	if (project->ending == ENDING_DEFAULT)
		project->ending = ENDING_FIRST;
	return add_entries(project, &procfile, fault);
}

/* ---------------------------------------------------------------- the files */

/* One Procfile, which YAML files may add to; or YAML files. */
static int read_files(struct project *project, const struct list *files,
		      enum named_by by, const struct list *env,
		      struct fault *fault)
{
	const char **paths = files->items;
	struct list rest = { .items = paths + 1, .count = files->count - 1 };

	for (size_t i = 1; i < files->count; i++)
		if (!load_file_is_yaml(paths[i]))
			return fault_set(fault, -EINVAL,
					 "%s: only one Procfile can be read; "
					 "files after the first must be YAML",
					 paths[i]);
	if (load_file_is_yaml(paths[0]))
		return compose_read(project, files, by, env, fault);
	int r = read_procfile(project, paths[0], by, fault);

	return r < 0 || rest.count == 0
		       ? r
		       : compose_read(project, &rest, by, env, fault);
}

/* ---------------------------------------------------------------- the rest */

/* Where .env is: in the project's directory. For a Procfile elsewhere that of
 * the caller's directory counts, as in Foreman and Overmind, if it is there. */
static int env_directory(const struct up_settings *settings,
			 const struct project *project, int directory)
{
	return !settings->directory && !load_file_is_yaml(project->file) &&
			       access(".env", F_OK) == 0
		       ? AT_FDCWD
		       : directory;
}

/* @notes  NULL: not wanted. */
static int read_env_files(const struct up_settings *settings, int directory,
			  struct list *notes, struct list *ret,
			  struct fault *fault)
{
	/* Named files are relative to the caller's directory. */
	struct env_files files = {
		.dialect = settings->dialect,
		.dirfd = settings->env_files ? AT_FDCWD : directory,
		.paths = settings->env_files ? settings->env_files : ".env",
		.named_by = settings->env_files && !settings->has_default_env
				    ? NAMED_BY_USER
				    : NAMED_BY_FILE,
		.is_optional = !settings->env_files,
		.notes = notes,
	};
	int r = 0;

	if (settings->env_files)
		return env_files_read(&files, ret, fault);
	r = defaults_environment(settings, ret, fault);
	if (r == 0 && !settings->no_dotenv)
		r = env_files_read(&files, ret, fault);
	if (r == 0 && settings->more_env_files)
		r = env_file_read(ENV_DOCKER, AT_FDCWD,
				  settings->more_env_files, true, ret, fault);
	return r;
}

static int read_environment(const struct up_settings *settings,
			    struct project *project, struct list *ret,
			    struct fault *fault)
{
	CLEANUP(list_free_texts) struct list notes = { 0 };
	CLEANUP_CLOSE int directory = RETRY(
		open(project->directory, O_PATH | O_DIRECTORY | O_CLOEXEC));
	int r = read_env_files(settings,
			       env_directory(settings, project, directory),
			       settings->reviews ? &notes : NULL, ret, fault);

	for (size_t i = 0; i < notes.count; i++)
		complain("%s", *(char **)list_at(&notes, i, sizeof(char *)));
	return r;
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

/* Honcho counts the services that were named, in their order. */
static void number_ports(struct project *project, const char *const *names)
{
	for (int i = 0; names[i]; i++) {
		struct service *service = project_find(project, names[i]);

		if (service)
			service->port_index = i;
	}
}

/* @is_chosen  the command line names services: they run, whatever a file says
 * about all. */
static int apply_number(const struct up_formation *one, bool is_chosen,
			struct project *project, struct fault *fault)
{
	const char *text = one->text;

	if (!one->is_default)
		return formation_apply(project, text, one->exclusive, fault);
	text = defaults_known(project, text);
	if (!text)
		return -ENOMEM;
	if (one->exclusive ? is_chosen : !*text)
		return 0;
	return formation_apply(project, *text ? text : "all=0", one->exclusive,
			       fault);
}

static int apply_left_out(const struct up_settings *settings, bool is_chosen,
			  struct project *project, struct fault *fault)
{
	const char *text =
		settings->not_names && !is_chosen
			? defaults_known(project, settings->not_names)
			: "";
	int r = !text	? -ENOMEM
		: *text ? formation_leave_out(project, text, fault)
			: 0;

	for (size_t i = 0; r == 0 && i < settings->left_out.count; i++)
		r = formation_leave_out(project,
					*(const char **)
						list_at(&settings->left_out, i,
							sizeof(char *)),
					fault);
	return r;
}

static int apply_formation(const struct up_settings *settings,
			   const char *const *names, struct project *project,
			   struct fault *fault)
{
	static const char *const all[] = { NULL };
	CLEANUP(list_free) struct list others = { 0 };
	bool is_chosen = names && names[0];
	int r = 0;

	if (names && !names[0] && settings->names) {
		r = defaults_names(settings, project, &others);
		names = (const char *const *)others.items;
	}
	for (size_t i = 0; r == 0 && i < settings->formations.count; i++)
		r = apply_number(list_at(&settings->formations, i,
					 sizeof(struct up_formation)),
				 is_chosen, project, fault);
	/* Then select: a number does not bring back a service left out. */
	if (r == 0)
		r = formation_select(project, names ? names : all,
				     settings->no_deps, fault);
	if (r == 0)
		r = formation_namespaces(project, &settings->namespaces, fault);
	if (r == 0)
		r = apply_left_out(settings, is_chosen, project, fault);
	if (r == 0 && settings->honcho && names)
		number_ports(project, names);
	if (r == 0 && settings->port_step)
		r = formation_space(project, settings->port_step, fault);
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

int load_environment(const struct up_settings *settings, struct project *ret,
		     struct fault *fault)
{
	CLEANUP(list_free) struct list files = { 0 };
	CLEANUP(list_free_texts) struct list env = { 0 };
	int r = load_find(settings, ret, &files, fault);

	if (r != -ENOENT || settings->files.count > 0)
		return r < 0 ? r : load_project(settings, NULL, ret, fault);
	r = read_environment(settings, ret, &env, fault);
	return r < 0 ? r : take_environment(ret, &env);
}

int load_project(const struct up_settings *settings, const char *const *names,
		 struct project *ret, struct fault *fault)
{
	CLEANUP(list_free) struct list files = { 0 };
	CLEANUP(list_free_texts) struct list env = { 0 };
	int r = load_find(settings, ret, &files, fault);

	if (r == 0)
		r = read_environment(settings, ret, &env, fault);
	if (r == 0)
		r = take_environment(ret, &env);
	if (r == 0)
		r = read_files(ret, &files, load_named_by(settings), &env,
			       fault);
	if (r == 0 && settings->shell && !ret->shell)
		ret->shell = settings->shell;
	if (r == 0)
		r = named_apply(settings, ret, fault);
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
	ret->has_ports &= !settings->no_port;
	ret->ordered_shutdown |= settings->ordered;
	if (r == -ENOMEM)
		fault_set(fault, r, "out of memory");
	return r;
}
