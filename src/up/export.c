// SPDX-License-Identifier: MIT
#include "up/export.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/environment.h"
#include "base/fd.h"
#include "base/text.h"
#include "up/export_text.h"
#include "up/formation.h"
#include "up/order.h"

const struct exporter *const exporters[] = {
	&export_systemd,     &export_compose, &export_kubernetes,
	&export_supervisord, &export_runit,   NULL,
};

const struct exporter *export_find(const char *name)
{
	for (size_t i = 0; exporters[i]; i++)
		if (strcmp(exporters[i]->name, name) == 0)
			return exporters[i];
	return NULL;
}

/* What is part of a file's name: no way out of the directory. */
static bool is_name(const char *name)
{
	if (!isalnum((unsigned char)*name) && *name != '_')
		return false;
	return strlen(name) <= 100 &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.-")] == '\0';
}

void export_note(const struct export *export, const struct service *service,
		 const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* One line each, whatever names stand in it. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	buffer_printf(export->notes, "%s: %s\n",
		      service ? service->name : export->application, text);
}

static void note_service(const struct export *export,
			 const struct service *service)
{
	const struct availability *when = &service->availability;

	if (service->listen.count || service->ports.count)
		export_note(export, service,
			    "jig's sockets and ports (listen, ports) are not "
			    "made by %s",
			    export->format);
	if (when->exit_on_end || when->exit_on_skipped ||
	    when->restart == RESTART_EXIT_ON_FAILURE)
		export_note(export, service,
			    "%s does not stop the others at its end",
			    export->format);
	if (service->is_tty || service->is_foreground)
		export_note(export, service, "%s gives it no terminal",
			    export->format);
	if (service->shutdown.steps.count > 1)
		export_note(export, service,
			    "%s sends the first signal, then KILL; the signals "
			    "between are left out",
			    export->format);
	if (service->replicas == 0)
		export_note(export, service, "0 instances: not written");
	if (service->log.path &&
	    (service->log.max_bytes || service->log.max_days))
		export_note(export, service,
			    "rotation of its log is not as it was");
}

int export_begin(struct export *export, const char *format)
{
	export->format = format;
	export->application = export->settings->application
				      ? export->settings->application
				      : export->project->name;
	if (!export->application || !is_name(export->application))
		return fault_set(export->fault, -EINVAL,
				 "'%s' cannot name files; give another name "
				 "(letters, digits, '_', '-', '.')",
				 export->application ? export->application
						     : "");
	for (size_t i = 0; i < export->project->services.count; i++) {
		const struct service *service =
			project_service(export->project, i);

		if (!is_name(service->name))
			return fault_set(export->fault, -EINVAL,
					 "the service '%s' cannot name a file "
					 "(letters, digits, '_', '-', '.')",
					 service->name);
		note_service(export, service);
	}
	return order_check(export->project, export->fault);
}

static int failed(struct export *export, int r, const char *path)
{
	return fault_set(export->fault, r, "cannot write %s: %s", path,
			 strerror(-r));
}

/* Whether the file is there with other content: @ret_same tells. */
static bool exists(int dirfd, const char *path, const struct buffer *text,
		   bool *ret_same)
{
	CLEANUP_FREE char *old = NULL;
	struct stat st;
	ssize_t size;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*ret_same = false;
	if (!S_ISREG(st.st_mode))
		return true;
	size = fd_read_whole(dirfd, path, 64 << 20, &old);
	*ret_same = size >= 0 && (size_t)size == text->used &&
		    memcmp(old, text->text, text->used) == 0;
	return true;
}

static int write_new(int dirfd, const char *path, mode_t mode,
		     const struct buffer *text)
{
	char new[300];
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (snprintf(new, sizeof(new), "%s.new", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	if (unlinkat(dirfd, new, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dirfd, new,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, text->text, text->used);
	if (r == 0 && renameat(dirfd, new, dirfd, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dirfd, new, 0); /* what we could not finish */
	return r;
}

int export_write(struct export *export, const char *path, mode_t mode,
		 struct buffer *text)
{
	int dirfd = export->settings->dirfd, r = text->error;
	bool same = false;

	if (r == 0 && exists(dirfd, path, text, &same) && !same)
		export_note(export, NULL, "%s was there and is replaced", path);
	if (r == 0)
		r = write_new(dirfd, path, mode, text);
	buffer_free(text);
	if (r < 0)
		return failed(export, r, path);
	export->count++;
	return 0;
}

int export_mkdir(struct export *export, const char *path)
{
	struct stat st;
	int dirfd = export->settings->dirfd;

	if (mkdirat(dirfd, path, 0777) < 0 && errno != EEXIST)
		return failed(export, -errno, path);
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return failed(export, -errno, path);
	return S_ISDIR(st.st_mode) ? 0 : failed(export, -ENOTDIR, path);
}

/* A path as the service has it, from the project's directory. */
static void place(const struct project *project, const char *path,
		  struct buffer *ret)
{
	if (path && *path == '/')
		buffer_printf(ret, "%s", path);
	else if (path && *path)
		buffer_printf(ret, "%s/%s", project->directory, path);
	else
		buffer_printf(ret, "%s", project->directory);
}

static int choose_words(const struct project *project,
			const struct service *service, struct list *ret)
{
	const char *words[] = { "/bin/sh", "-c", service->shell, "sh" };
	size_t count = 3;
	int r = 0;

	if (!service->shell && service->argv.count == 0)
		return -EINVAL;
	if (service->shell && project->shell)
		words[0] = project->shell;
	if (!service->shell) {
		/* The PATH of the environment is looked through by a shell:
		 * engines have their own. */
		words[2] = "exec \"$@\"";
		count = *export_word(&service->argv, 0) == '/' ? 0 : 4;
	}
	for (size_t i = 0; r == 0 && i < count; i++)
		r = list_append(ret, &words[i], sizeof(char *));
	for (size_t i = 0; !service->shell && r == 0 && i < service->argv.count;
	     i++)
		if (export_word(&service->argv, i))
			r = list_append(ret,
					list_at(&service->argv, i,
						sizeof(char *)),
					sizeof(char *));
	return r;
}

static int choose_env(const struct project *project,
		      struct export_instance *instance, char *port)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < project->env.count; i++)
		if (strncmp(export_word(&project->env, i), "PORT=", 5) != 0)
			r = environment_set(&instance->env,
					    (char *)export_word(&project->env,
								i));
	if (r == 0)
		r = environment_set(&instance->env, port);
	for (size_t i = 0; r == 0 && i < instance->service->env.count; i++)
		r = environment_set(&instance->env,
				    (char *)export_word(&instance->service->env,
							i));
	return r;
}

static void choose_log(const struct export *export,
		       struct export_instance *instance)
{
	const struct project *project = export->project;

	if (instance->service->log.path)
		place(project, instance->service->log.path, &instance->log);
	else if (export->settings->log_dir)
		buffer_printf(&instance->log, "%s/%s.log",
			      export->settings->log_dir, instance->name.text);
	else if (project->log.path)
		place(project, project->log.path, &instance->log);
}

int export_instance(struct export *export, const struct service *service,
		    unsigned number, struct export_instance *ret)
{
	struct export_instance instance = { .service = service,
					    .number = number };
	int port = formation_port(export->settings->base_port, service, number);
	const char *text;
	int r;

	if (port < 0)
		return fault_set(export->fault, port,
				 "%s.%u: its port is past 65535", service->name,
				 number);
	/* Owned by the project's list of texts, as all others. */
	text = project_print((struct project *)export->project, "PORT=%d",
			     port);
	instance.port = port;
	buffer_printf(&instance.name, "%s-%u", service->name, number);
	place(export->project, service->cwd, &instance.cwd);
	r = choose_words(export->project, service, &instance.words);
	if (r == 0)
		r = text ? choose_env(export->project, &instance, (char *)text)
			 : -ENOMEM;
	if (r == 0)
		choose_log(export, &instance);
	if (r == 0 &&
	    (instance.name.error || instance.cwd.error || instance.log.error))
		r = -ENOMEM;
	if (r < 0) {
		export_instance_free(&instance);
		return fault_set(export->fault, r, "%s: %s", service->name,
				 r == -EINVAL ? "it has no command"
					      : strerror(-r));
	}
	*ret = instance;
	return 0;
}

void export_instance_free(struct export_instance *instance)
{
	list_free(&instance->env);
	list_free(&instance->words);
	buffer_free(&instance->name);
	buffer_free(&instance->cwd);
	buffer_free(&instance->log);
}

bool export_awaited(const struct project *project,
		    const struct service *service)
{
	for (size_t i = 0; i < project->services.count; i++) {
		const struct service *other = project_service(project, i);

		for (size_t k = 0; k < other->depends.count; k++) {
			const struct dependency *on =
				export_dependency(other, k);

			if (strcmp(on->name, service->name) == 0 &&
			    (on->condition == CONDITION_COMPLETED ||
			     on->condition == CONDITION_SUCCEEDED))
				return true;
		}
	}
	return false;
}

int export_stop_signal(const struct service *service)
{
	const struct jig_step *steps = service->shutdown.steps.items;

	return service->shutdown.steps.count ? steps[0].signal : SIGTERM;
}

unsigned export_stop_seconds(const struct service *service)
{
	const struct jig_step *steps = service->shutdown.steps.items;
	int64_t all = 0;

	if (service->shutdown.steps.count == 0)
		return 10;
	for (size_t i = 0; i < service->shutdown.steps.count; i++)
		all += steps[i].wait_us;
	return export_seconds(all, 1);
}

const char *export_signal(int signo, char *buffer, size_t size)
{
	const char *name = text_signal_name(signo, buffer, size);

	return strncmp(name, "SIG", 3) == 0 ? name + 3 : name;
}

unsigned export_depth(const struct project *project,
		      const struct service *service)
{
	unsigned depth = 0;

	for (size_t i = 0; i < project->services.count; i++)
		if (order_needs(project, service->name,
				project_service(project, i)->name))
			depth++;
	return depth;
}
