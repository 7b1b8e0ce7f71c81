// SPDX-License-Identifier: MIT
/* A project with every field, written in a format into a directory:
 * export_sample FORMAT DIRECTORY WORKING-DIRECTORY. For up/test_export.py. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "up/export/export.h"
#include "up/export/format/formats.h"
#include "up/project/given.h"

static void text(struct list *list, const char *item)
{
	if (list_append(list, &item, sizeof(item)) < 0)
		abort();
}

static void depend(struct service *service, const char *name,
		   enum condition condition)
{
	struct dependency on = { name, condition, 0 };

	if (list_append(&service->depends, &on, sizeof(on)) < 0)
		abort();
}

static struct service web(void)
{
	struct service service = {
		.name = "web",
		.replicas = 3,
		.shell = "env >\"env.$PORT\" && echo 'a  b' 50% ; echo "
			 "\"$HOME\" # x\n"
			 "exec sleep 1000 | cat",
		.availability = { .restart = RESTART_ON_FAILURE,
				  .backoff_us = 2500000,
				  .max_restarts = 5 },
	};
	struct jig_step step = { SIGINT, 1500000 };
	int success = 143;

	text(&service.env, "QUOTES=a\"b'c `d`");
	text(&service.env, "DOLLAR=$HOME ${X} $(date) $$");
	text(&service.env, "PERCENT=%n %% %(here)s ; x # y");
	text(&service.env, "LINES=one\n  two\n\n#three\n");
	text(&service.env, "BACK=\\n\\\\ \\");
	text(&service.env, "UNICODE=žluťoučký 🐎");
	text(&service.env, "EMPTY=");
	text(&service.ready.probes, "exec:test -e \"$HOME\" && echo 100%");
	text(&service.live.probes, "http:127.0.0.1:5000/health?a=b");
	if (list_append(&service.shutdown.steps, &step, sizeof(step)) < 0 ||
	    list_append(&service.success, &success, sizeof(success)) < 0)
		abort();
	depend(&service, "db", CONDITION_HEALTHY);
	depend(&service, "migrate", CONDITION_SUCCEEDED);
	service.shutdown.command = "echo '$bye' 1%";
	service.log = (struct log_file){ .path = "web.log", .max_bytes = 4096 };
	return service;
}

static void fill(struct project *project)
{
	struct service one = web();
	struct service db = { .name = "db",
			      .replicas = 1,
			      .port_index = 1,
			      .availability.restart = RESTART_ALWAYS };
	struct service migrate = { .name = "migrate",
				   .replicas = 1,
				   .port_index = 2,
				   .shell = "true" };
	struct service off = { .name = "off",
			       .replicas = 1,
			       .port_index = 3,
			       .disabled = true,
			       .is_daemon = true,
			       .shell = "sleep 1 &" };

	text(&db.argv, "sleep");
	text(&db.argv, "1000");
	text(&db.argv, NULL);
	text(&db.ready.probes, "exec:test -d .");
	text(&off.ready.probes, "tcp:5300");
	text(&project->env, "COMMON=of all");
	if (project_add(project, &one) < 0 || project_add(project, &db) < 0 ||
	    project_add(project, &migrate) < 0 ||
	    project_add(project, &off) < 0)
		abort();
}

int main(int argc, char **argv)
{
	CLEANUP(project_free) struct project project = { .name = "shop" };
	CLEANUP(buffer_free) struct buffer notes = { 0 };
	struct fault fault = { "" };
	struct export_settings settings = { 0 };
	const struct exporter *exporter;
	int r;

	if (argc < 4 || !(exporter = export_find(argv[1])))
		return 2;
	project.directory = argv[3];
	settings.jig = getenv("EXPORT_JIG");
	project.has_ports = true;
	fill(&project);
	if (project_give(&project, "5000", &fault) < 0)
		return 2;
	if (argc > 4)
		project_service(&project, 0)->name = argv[4];
	settings.dirfd = open(argv[2], O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	r = export_project(exporter, &project, &settings, &notes, &fault);
	fputs(notes.text ? notes.text : "", stderr);
	if (r < 0)
		fprintf(stderr, "fault: %s\n", fault.text);
	else
		printf("%d\n", r);
	cleanup_close(&settings.dirfd);
	return r < 0;
}
