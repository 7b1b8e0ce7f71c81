// SPDX-License-Identifier: MIT
/* runit: a directory for each instance: APP-web-1/run, finish, control/…. */

#include "up/export/format/formats.h"
#include "up/export/text.h"

static void add_statuses(const struct service *service, struct buffer *out)
{
	buffer_printf(out, "0");
	for (size_t i = 0; i < service->success.count; i++)
		buffer_printf(out, "|%d",
			      *(int *)list_at(&service->success, i,
					      sizeof(int)));
}

/* A service that has ended is "down" and not wanted "up", and its finish has
 * written its status into `done`. A new runsv wants it up at once, so an old
 * `done` is not used. */
static void add_end(const struct service *other, bool succeeded,
		    const char *directory, struct buffer *out)
{
	buffer_printf(out,
		      "case $(sv status ../%s) in\n"
		      "down:*want\\ up*) exit 1 ;;\ndown:*) ;;\n"
		      "*) exit 1 ;;\nesac\n"
		      "if [ ! -f ../%s/done ]; then sv up ../%s; exit 1; fi\n",
		      directory, directory, directory);
	if (!succeeded)
		return;
	buffer_printf(out, "case $(cat ../%s/done) in ", directory);
	add_statuses(other, out);
	buffer_printf(out, ") ;; *) exit 1 ;; esac\n");
}

/* sv waits until `check` succeeds. */
static void export_runit_add_start(const struct service *other,
				   const char *directory, struct buffer *out)
{
	buffer_printf(out, "sv -w %u start ../%s >/dev/null || exit 1\n",
		      export_seconds(export_patience_us(other), 2147483),
		      directory);
}

/* If a dependency is not met yet, runsv tries again after a second. */
static void export_runit_add_dependencies(const struct export *export,
					  const struct service *service,
					  struct buffer *out)
{
	for (size_t i = 0; i < service->depends.count; i++) {
		const struct dependency *on = export_dependency(service, i);
		const struct service *other =
			project_find(export->project, on->name);
		bool end = on->condition == CONDITION_COMPLETED ||
			   on->condition == CONDITION_SUCCEEDED;

		for (unsigned k = 1; k <= other->replicas; k++) {
			CLEANUP(buffer_free) struct buffer name = { 0 };

			buffer_printf(&name, "%s-%s-%u", export->application,
				      on->name, k);
			if (end)
				add_end(other,
					on->condition == CONDITION_SUCCEEDED,
					name.text ? name.text : "", out);
			else
				export_runit_add_start(other,
						       name.text ? name.text
								 : "",
						       out);
		}
	}
}

/* `began` contains the process group; it exists once the command has begun. */
static void add_run(const struct export *export,
		    const struct export_instance *instance, struct buffer *out)
{
	buffer_printf(out, "#!/bin/sh\nexec 2>&1\nrm -f began done\n");
	export_runit_add_dependencies(export, instance->service, out);
	buffer_printf(out, "echo $$ >began\n");
	export_sh_start(instance, out);
	buffer_printf(out, "exec chpst -P");
	if (export->settings->user) {
		buffer_printf(out, " -u ");
		quote_sh(out, export->settings->user);
	}
	export_sh_words(instance, out);
	buffer_printf(out, "\n");
}

/* $1 is the exit status, -1 after a signal. If the command has not begun,
 * because a dependency is not met, runsv tries again. "sv down" in finish tells
 * runsv not to start again. */
static void add_finish(const struct service *service, struct buffer *out)
{
	enum restart restart = service->availability.restart;

	buffer_printf(out, "#!/bin/sh\n[ -f began ] || exit 0\n"
			   "kill -s KILL -- \"-$(cat began)\" 2>/dev/null\n"
			   "echo \"$1\" >done.new && mv done.new done\n");
	if (restart != RESTART_ON_FAILURE && restart != RESTART_ALWAYS) {
		buffer_printf(out, "exec sv -w 0 down .\n");
		return;
	}
	if (restart == RESTART_ON_FAILURE) {
		buffer_printf(out, "case $1 in ");
		add_statuses(service, out);
		buffer_printf(out, ") exec sv -w 0 down . ;; esac\n");
	}
	buffer_printf(out, "exec sleep %u\n",
		      export_seconds(service->availability.backoff_us, 1));
}

/* If this fails, runsv signals the main process itself. */
static void add_kill(struct buffer *out, const char *name, const char *group)
{
	buffer_printf(out,
		      "[ -f began ] || exit 1\n"
		      "exec kill -s %s -- \"%s$(cat began)\" 2>/dev/null\n",
		      name, group);
}

static int write_control(struct export *export, const char *directory,
			 const struct service *service)
{
	struct buffer out = { 0 }, path = { 0 };
	char name[32];
	int signo = export_stop_signal(service), r;

	buffer_printf(&path, "%s/control", directory);
	r = export_mkdir(export, path.text ? path.text : "");
	buffer_free(&path);
	if (r < 0)
		return r;
	buffer_printf(&out, "#!/bin/sh\n");
	if (service->shutdown.command) {
		buffer_printf(
			&out, "timeout %u /bin/sh -c ",
			export_seconds(service->shutdown.command_timeout_us,
				       10));
		quote_sh(&out, service->shutdown.command);
		buffer_printf(&out, "\n");
	}
	add_kill(&out, export_signal_word(signo, name, sizeof(name)),
		 service->shutdown.main_only ? "" : "-");
	r = export_put(export, directory, "control/t", 0777, &out);
	buffer_free(&out);
	buffer_printf(&out, "#!/bin/sh\n");
	add_kill(&out, "KILL", "-");
	return r < 0 ? (buffer_free(&out), r)
		     : export_put(export, directory, "control/k", 0777, &out);
}

static int write_log(struct export *export, const char *directory,
		     const struct export_instance *instance)
{
	struct buffer out = { 0 }, path = { 0 };
	int r;

	if (!instance->log.used)
		return 0;
	buffer_printf(&path, "%s/log", directory);
	r = export_mkdir(export, path.text ? path.text : "");
	buffer_free(&path);
	if (r < 0)
		return r;
	/* svlogd needs a directory for each instance. */
	buffer_printf(&out, "#!/bin/sh\nlog=");
	quote_sh(&out, instance->log.text);
	buffer_printf(&out,
		      ".d/%s\nmkdir -p -- \"$log\" || exit 1\n"
		      "printf 's%%s\\nn%%s\\n' %llu %u >\"$log/config\"\n"
		      "exec svlogd -tt \"$log\"\n",
		      instance->name.text,
		      (unsigned long long)instance->service->log.max_bytes,
		      instance->service->log.max_files + 1);
	return export_put(export, directory, "log/run", 0777, &out);
}

static void export_runit_note(const struct export *export,
			      const struct service *service)
{
	if (service->ready.probes.count)
		export_note(export, service,
			    "runit runs its probe (check) when another service "
			    "needs it, once a second, until one success; if it "
			    "never holds, the service goes on");
	if (service->live.probes.count)
		export_note(export, service, "runit has no liveness probes");
	if (service->availability.max_restarts)
		export_note(export, service, "runit restarts without limit");
	if (service->availability.backoff_max_us)
		export_note(export, service,
			    "runit waits the same time before each restart");
	if (service->is_daemon)
		export_note(export, service,
			    "runit cannot watch a daemon; make it stay in the "
			    "foreground");
	export_note(export, service,
		    "runit's sv waits 7 s and never sends KILL by itself: "
		    "sv -w %u force-stop",
		    export_stop_seconds(service));
}

static int write_down(struct export *export, const char *directory)
{
	struct buffer out = { 0 };

	buffer_printf(&out, "disabled\n");
	return export_put(export, directory, "down", 0666, &out);
}

/* sv runs it in another directory and environment: set those of the service. */
static int write_check(struct export *export, const char *directory,
		       const struct export_instance *instance)
{
	struct buffer out = { 0 };
	const struct export_ready how = { .check = &instance->service->ready,
					  .once = true };
	CLEANUP(list_free_texts) struct list words = { 0 };
	int r = export_ready_words(export, instance, &how, &words);

	if (r <= 0)
		return r < 0 ? fault_set(export->fault, r, "out of memory") : 0;
	buffer_printf(&out, "#!/bin/sh\n");
	export_sh_start(instance, &out);
	buffer_printf(&out, "exec ");
	export_ready_line(&out, &words, NULL);
	buffer_printf(&out, "\n");
	return export_put(export, directory, "check", 0777, &out);
}

static int write_directory(struct export *export, const char *directory,
			   const struct export_instance *instance)
{
	struct buffer run = { 0 }, finish = { 0 };
	int r = export_mkdir(export, directory);

	if (r < 0)
		return r;
	add_run(export, instance, &run);
	add_finish(instance->service, &finish);
	r = export_put(export, directory, "run", 0777, &run);
	if (r == 0)
		r = export_put(export, directory, "finish", 0777, &finish);
	buffer_free(&finish);
	if (r == 0)
		r = write_control(export, directory, instance->service);
	if (r == 0)
		r = write_check(export, directory, instance);
	if (r == 0)
		r = write_log(export, directory, instance);
	if (r == 0 && instance->service->disabled)
		r = write_down(export, directory);
	return r;
}

static int write_service(struct export *export,
			 struct export_instance *instance)
{
	CLEANUP(buffer_free) struct buffer directory = { 0 };

	buffer_printf(&directory, "%s-%s", export->application,
		      instance->name.text);
	return write_directory(export, directory.text ? directory.text : "",
			       instance);
}

const struct exporter export_runit = {
	.name = "runit",
	.summary = "a service directory for each process (runsvdir)",
	.note = export_runit_note,
	.add = write_service,
};
