// SPDX-License-Identifier: MIT
/*
 * The options --listen and --port of `jig run`: sockets and ports that the
 * command gets, and the names under which its words find them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run/option/option.h"
#include "net/sockets.h"

/* The first descriptor of systemd's protocol, sd_listen_fds(3). */
#define LISTEN_FDS_START 3
/* LISTEN_PID until the child writes its pid over the digits. */
#define LISTEN_PID "LISTEN_PID="
#define NO_PID "0000000000"

int run_take_listen(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return list_append(&((struct run_settings *)data)->listens, &value,
			   sizeof(value));
}

int run_take_port(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return list_append(&((struct run_settings *)data)->ports, &value,
			   sizeof(value));
}

/* After --env, which does not override them. */
static int append_variables(struct run_settings *settings,
			    const struct name *name)
{
	CLEANUP(list_free) struct list own = { 0 };
	int r = name_add_variables(name->name, name->address, name->port, &own,
				   &settings->texts);

	for (size_t i = 0; r == 0 && i < own.count; i++)
		r = list_append(&settings->env,
				list_at(&own, i, sizeof(char *)),
				sizeof(char *));
	return r;
}

int run_add_name(struct run_settings *settings, const struct name *name,
		 struct fault *fault)
{
	int r;

	if (name_find(&settings->names, name->name, strlen(name->name)))
		return fault_set(fault, -EINVAL,
				 "the name '%s' was given twice", name->name);
	r = list_append(&settings->names, name, sizeof(*name));
	return r < 0 ? r : append_variables(settings, name);
}

/* Sockets that a service manager has passed to us, sd_listen_fds(3), are the
 * command's: it inherits the descriptors, and takes them if the pid is its own.
 * LISTEN_PIDFDID is ours as well. */
static int inherit_sockets(struct run_settings *settings)
{
	const char *pid = getenv("LISTEN_PID");
	char ours[16];

	(void)snprintf(ours, sizeof(ours), "%d", (int)getpid());
	if (settings->clear_env || settings->via.text || !pid ||
	    strcmp(pid, ours) != 0)
		return 0;
	(void)unsetenv("LISTEN_PIDFDID"); /* A valid name. */
	return run_settings_add_env(settings, "LISTEN_PID", NO_PID);
}

int run_listens_open(struct run_settings *settings, struct fault *fault)
{
	struct buffer all = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->listens.count; i++) {
		const char *spec = *(const char **)list_at(&settings->listens,
							   i, sizeof(char *));
		struct name name;
		int fd;

		r = socket_listen(spec, &name, &fd, fault);
		if (r < 0)
			break;
		name.fd = LISTEN_FDS_START + (int)i;
		r = run_settings_pass_fd(settings, fd, name.fd, fault);
		if (r == 0)
			r = run_add_name(settings, &name, fault);
		buffer_printf(&all, "%s%s", i ? ":" : "", name.name);
	}
	if (r == 0 && settings->listens.count == 0)
		r = inherit_sockets(settings);
	if (r == 0 && settings->listens.count > 0) {
		char count[24];

		(void)snprintf(count, sizeof(count), "%zu",
			       settings->listens.count);
		r = run_settings_add_env(settings, "LISTEN_FDS", count);
		if (r == 0)
			r = run_settings_add_env(settings, "LISTEN_FDNAMES",
						 all.text);
		if (r == 0)
			r = run_settings_add_env(settings, "LISTEN_PID",
						 NO_PID);
	}
	buffer_free(&all);
	return r;
}

int run_ports_reserve(struct run_settings *settings, struct fault *fault)
{
	struct plan *plan = &settings->plan;
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->ports.count; i++) {
		struct name name;
		char port[16];

		if (plan->port_count == PLAN_PORTS)
			return fault_set(fault, -E2BIG, "more than %d ports",
					 PLAN_PORTS);
		r = socket_reserve_port(
			*(const char **)list_at(&settings->ports, i,
						sizeof(char *)),
			&name, &plan->port_sockets[plan->port_count], fault);
		if (r < 0)
			break;
		plan->port_count++;
		r = run_add_name(settings, &name, fault);
		(void)snprintf(port, sizeof(port), "%d", name.port);
		if (r == 0 && i == 0)
			r = run_settings_add_env(settings, "PORT", port);
	}
	return r;
}

void run_sockets_env(struct run_settings *settings)
{
	for (char **p = settings->plan.envp; *p; p++)
		if (strncmp(*p, LISTEN_PID NO_PID, strlen(LISTEN_PID NO_PID)) ==
		    0)
			settings->plan.pid_text = *p + strlen(LISTEN_PID);
}

void run_sockets_remove(struct run_settings *settings)
{
	for (size_t i = 0; i < settings->names.count; i++) {
		struct name *name = list_at(&settings->names, i, sizeof(*name));

		if (name->fd >= 0)
			socket_remove(name);
		name->file.inode = 0; /* Do not remove it twice. */
	}
}

int run_sockets_check(const struct run_settings *settings, struct fault *fault)
{
	const char **listens = settings->listens.items;
	const char **ports = settings->ports.items;
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->listens.count; i++)
		if (run_word_is_known(listens[i]))
			r = socket_check(listens[i], fault);
	for (size_t i = 0; r == 0 && i < settings->ports.count; i++)
		if (run_word_is_known(ports[i]))
			r = socket_check_port(ports[i], fault);
	return r;
}
