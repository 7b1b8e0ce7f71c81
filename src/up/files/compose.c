// SPDX-License-Identifier: MIT
#include "up/files/compose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "up/files/compose_reader.h"
#include "up/yaml/document.h"

#define FILE_MAX (5 << 20)
/* Limit of nested `extends`: a deeper one is a circle. */
#define EXTENDS_MAX 16

/* --------------------------------------------------------------- discovery */

static const char *const names[] = { "jig", "process-compose", "compose" };
static const char *const endings[] = { "yaml", "yml" };

/* @return 1: there is one, and it was appended to @ret. */
static int compose_search(struct project *project, const char *directory,
			  const char *name, const char *more, struct list *ret)
{
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		CLEANUP_FREE char *real = NULL;
		const char *path =
			project_print(project, "%s/%s%s.%s", directory, name,
				      more, endings[i]);

		if (!path)
			return -ENOMEM;
		if (access(path, F_OK) < 0)
			continue;
		real = realpath(path, NULL);
		if (!real)
			return -errno;
		path = project_copy(project, real);
		return path ? list_append(ret, &path, sizeof(path)) ?: 1
			    : -ENOMEM;
	}
	return 0;
}

int compose_discover(struct project *project, const char *directory,
		     struct list *ret, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(names) / sizeof(names[0]);
	     i++) {
		r = compose_search(project, directory, names[i], "", ret);
		if (r > 0)
			r = compose_search(project, directory, names[i],
					   ".override", ret);
		else
			continue;
		break;
	}
	return r < 0 ? fault_set(fault, r, "cannot look for files in %s: %s",
				 directory, strerror(-r))
		     : 0;
}

/* ----------------------------------------------------------------- a file */

int compose_open(struct compose *compose, yaml_document_t *document,
		 yaml_node_t **ret_root)
{
	*ret_root = yaml_document_get_root_node(document);
	if (!*ret_root)
		return fault_set(compose->fault, -EINVAL, "%s is empty",
				 compose->place.file);
	compose->place.document = document;
	return compose_merge(compose, document);
}

static int take_document(struct compose *compose, yaml_document_t *document)
{
	yaml_node_t *root;
	int r = compose_open(compose, document, &root);

	return r < 0 ? r : compose_project(compose, root);
}

/* The document lives until the services are read from all files. */
static int load_document(struct compose *compose, const char *text,
			 size_t length, yaml_document_t **ret)
{
	yaml_document_t *document = calloc(1, sizeof(*document));
	int r = document ? document_read(text, length, compose->place.file,
					 document, compose->fault)
			 : -ENOMEM;

	if (r == 0) {
		r = list_append(&compose->documents, (void *)&document,
				sizeof(yaml_document_t *));
		if (r < 0)
			yaml_document_delete(document);
	}
	if (r < 0)
		free(document);
	else
		*ret = document;
	return r;
}

static int compose_parse(struct compose *compose, const char *text,
			 size_t length)
{
	yaml_document_t *document = NULL;
	int r = load_document(compose, text, length, &document);

	return r < 0 ? r : take_document(compose, document);
}

static const char *directory_of(struct project *project, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? project_print(project, "%.*s",
				     (int)(slash - path + (slash == path)),
				     path)
		     : project_copy(project, ".");
}

bool compose_is_own(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, "jig.", 4) == 0;
}

static int read_bytes(struct compose *compose, const char *path,
		      const char *text, size_t length)
{
	struct compose_place outer = compose->place;
	bool own = compose_is_own(path);
	int r;

	if (compose->depth == EXTENDS_MAX)
		return fault_set(compose->fault, -ELOOP,
				 "%s: files extend each other", path);
	compose->place = (struct compose_place){
		.file = path,
		.directory = directory_of(compose->project, path),
		.is_own = own,
		.is_strict = own,
		.is_base = compose->depth > 0,
	};
	compose->depth++;
	r = compose->place.directory ? compose_parse(compose, text, length)
				     : -ENOMEM;
	compose->depth--;
	compose->place = outer;
	return r;
}

static int compose_file(struct compose *compose, const char *path,
			enum named_by by)
{
	CLEANUP_FREE char *text = NULL;
	ssize_t length =
		named_read(AT_FDCWD, path, by, FILE_MAX, &text, compose->fault);

	return length < 0 ? (int)length
			  : read_bytes(compose, path, text, (size_t)length);
}

int compose_extend(struct compose *compose, const yaml_node_t *extends,
		   const char *path)
{
	CLEANUP_FREE char *text = NULL;
	struct fault why = { "" };
	ssize_t length = named_read(AT_FDCWD, path, NAMED_BY_FILE, FILE_MAX,
				    &text, &why);

	return length < 0 ? compose_wrong(compose, extends, "%s", why.text)
			  : read_bytes(compose, path, text, (size_t)length);
}

/* process-compose calls the first instance of a service with replicas "web-0".
 * jig waits for all instances of it. */
static void name_services(struct project *project, struct dependency *on)
{
	size_t length = strlen(on->name);

	while (length > 0 && strchr("0123456789", on->name[length - 1]))
		length--;
	if (project_find(project, on->name) || length < 2 ||
	    on->name[length - 1] != '-')
		return;
	const char *name =
		project_print(project, "%.*s", (int)length - 1, on->name);
	const struct service *service =
		name ? project_find(project, name) : NULL;

	if (service && service->replicas > 1)
		on->name = name;
}

static void name_all_services(struct project *project)
{
	for (size_t i = 0; i < project->services.count; i++) {
		const struct list *depends =
			&project_service(project, i)->depends;

		for (size_t d = 0; d < depends->count; d++)
			name_services(project,
				      list_at(depends, d,
					      sizeof(struct dependency)));
	}
}

static void free_documents(struct compose *compose)
{
	for (size_t i = 0; i < compose->documents.count; i++) {
		yaml_document_t *one =
			*(yaml_document_t **)list_at(&compose->documents, i,
						     sizeof(yaml_document_t *));

		yaml_document_delete(one);
		free(one);
	}
	list_free(&compose->documents);
	list_free(&compose->entries);
	list_free(&compose->vars);
	compose_begin(compose); /* also frees what belongs to one service */
}

/* Services, checks and defaults, after all files. */
static int compose_finish(struct compose *compose, int r)
{
	struct project *project = compose->project;

	if (r == 0 && project->services.count == 0)
		r = fault_set(compose->fault, -EINVAL, "%s lists no process",
			      project->file);
	if (r == 0)
		r = compose_shell(compose);
	if (r == 0)
		r = compose_resolve(compose);
	if (r == 0) {
		name_all_services(project);
		r = compose_check(compose);
	}
	if (r == 0 && project->ending == ENDING_DEFAULT)
		project->ending = ENDING_ANY_CAN_DIE;
	free_documents(compose);
	return r;
}

int compose_read(struct project *project, const struct list *files,
		 enum named_by by, const struct list *env, struct fault *fault)
{
	struct compose compose = { .project = project,
				   .env = env,
				   .fault = fault };
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++)
		r = compose_file(&compose,
				 *(const char **)list_at(files, i,
							 sizeof(char *)),
				 by);
	return compose_finish(&compose, r);
}

int compose_read_bytes(struct project *project, const char *text, size_t length,
		       const struct list *env, struct fault *fault)
{
	struct compose compose = {
		.project = project, .env = env, .is_alone = true, .fault = fault
	};

	return compose_finish(&compose, read_bytes(&compose, project->file,
						   text, length));
}
