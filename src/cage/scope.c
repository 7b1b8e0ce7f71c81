// SPDX-License-Identifier: MIT
#include "cage/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/retry.h"
#include "cage/cgroup_dir.h"
#include "cage/cgroup_path.h"
#include "proc/spawn.h"

#define MANAGER                                                                \
	"org.freedesktop.systemd1", "/org/freedesktop/systemd1",               \
		"org.freedesktop.systemd1.Manager"

/* systemd answers in 5 to 30 ms; a hung manager must not hang us. */
#define DEADLINE_US 5000000

/* It dies by SIGKILL at once, or not at all: in state D it is abandoned. */
#define KILL_US 100000

/* @return 1 with its status; 0 it runs on; or -errno. */
static int wait_until(pid_t pid, int64_t deadline, int *ret_status)
{
	for (;;) {
		pid_t r = waitpid(pid, ret_status, WNOHANG);

		if (r != 0)
			return r < 0 ? -errno : 1;
		if (clock_us() >= deadline)
			return 0;
		clock_sleep_us(2000);
	}
}

static int wait_exit(pid_t pid)
{
	int status;
	int r = wait_until(pid, clock_in_us(DEADLINE_US), &status);

	if (r > 0)
		return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0
								     : -EPROTO;
	if (r < 0)
		return r;
	/* An unreaped child of ours: the number is its. */
	(void)kill(pid, SIGKILL);
	(void)wait_until(pid, clock_in_us(KILL_US), &status);
	return -ETIMEDOUT;
}

/* @out  gets what it prints; -1: nothing does. */
static int run_busctl(char *const *argv, int out)
{
	char runtime[64];
	char *const envp[] = { "PATH=/usr/local/bin:/usr/bin:/bin", runtime,
			       NULL };
	CLEANUP_CLOSE int null = RETRY(open("/dev/null", O_RDWR | O_CLOEXEC));
	const struct spawn_fd fds[] = { { null, 0 },
					{ out < 0 ? null : out, 1 },
					{ null, 2 } };
	struct spawn spawn = {
		.argv = argv,
		.envp = envp,
		.fds = fds,
		.fd_count = null < 0 ? 0 : 3,
		.close_others = true,
	};
	struct spawned spawned;

	(void)snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=/run/user/%u",
		       (unsigned)geteuid());

	int r = spawn_program(&spawn, &spawned, NULL, NULL);

	if (r < 0)
		return r;
	cleanup_close(&spawned.pidfd);
	return wait_exit(spawned.pid);
}

static char *manager_flag(void)
{
	return geteuid() == 0 ? "--system" : "--user";
}

int scope_probe(struct fault *fault)
{
	char *argv[] = { "busctl", manager_flag(), "--quiet", "get-property",
			 MANAGER,  "Version",	   NULL };
	int r = run_busctl(argv, -1);

	if (r == 0)
		return 0;
	return fault_set(fault, -ENOTSUP, "systemd's %s manager %s",
			 geteuid() == 0 ? "system" : "user",
			 r == -ENOENT ? "cannot be asked: there is no busctl"
				      : "does not answer");
}

/* ---------------------------------------------------------------- logind */

/* A property of logind that is a boolean. @return whether it is true. */
static bool logind_says(char *object, char *interface, char *property)
{
	char *argv[] = { "busctl",	 "--system",
			 "get-property", "org.freedesktop.login1",
			 object,	 interface,
			 property,	 NULL };
	char text[64];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	CLEANUP_CLOSE int in = ends[0], out = ends[1];
	int r = run_busctl(argv, out);

	cleanup_close(&out);
	if (r < 0)
		return false;
	/* It has ended, and what it prints fits into a pipe. */
	ssize_t n = RETRY(read(in, text, sizeof(text)));

	return n == (ssize_t)strlen("b true\n") &&
	       strncmp(text, "b true\n", (size_t)n) == 0;
}

/* "…/session-3.scope". In a control group below it another process, such as an
 * outer jig, has put us. */
static bool is_in_session(int procfd)
{
	char text[8192], own[4096];
	const char *last;

	if (fd_read_file(procfd, "self/cgroup", text, sizeof(text)) <= 0 ||
	    cgroup_parse_own(text, own, sizeof(own)) < 0)
		return false;
	last = strrchr(own, '/');
	return last && strncmp(last, "/session-", strlen("/session-")) == 0 &&
	       strcmp(own + strlen(own) - strlen(".scope"), ".scope") == 0;
}

int scope_outlive_session(int procfd, struct fault *fault)
{
	char user[64];

	if (geteuid() == 0 || !is_in_session(procfd) ||
	    !logind_says("/org/freedesktop/login1",
			 "org.freedesktop.login1.Manager", "KillUserProcesses"))
		return 0;
	(void)snprintf(user, sizeof(user), "/org/freedesktop/login1/user/_%u",
		       (unsigned)geteuid());
	if (!logind_says(user, "org.freedesktop.login1.User", "Linger"))
		return fault_set(fault, -ENOTSUP,
				 "your systemd user manager ends then, too; "
				 "`loginctl enable-linger` lets it stay");

	CLEANUP_CLOSE int scope = scope_make(procfd, fault);

	return scope < 0 ? scope : 0;
}

/* The manager moves us some time after it has answered. */
static int wait_moved(int procfd, const char *unit)
{
	int64_t deadline = clock_in_us(DEADLINE_US);

	do {
		char text[8192], own[4096];
		const char *last;

		if (fd_read_file(procfd, "self/cgroup", text, sizeof(text)) >
			    0 &&
		    cgroup_parse_own(text, own, sizeof(own)) == 0 &&
		    (last = strrchr(own, '/')) && strcmp(last + 1, unit) == 0)
			return 0;
		clock_sleep_us(1000);
	} while (clock_us() < deadline);
	return -ETIMEDOUT;
}

static int enter_leaf(int scope)
{
	if (mkdirat(scope, "jig", 0755) < 0 && errno != EEXIST)
		return -errno;
	return fd_write_file(scope, "jig/cgroup.procs", "0");
}

int scope_make(int procfd, struct fault *fault)
{
	char unit[64], pid[16];
	char *argv[] = { "busctl",
			 manager_flag(),
			 "--quiet",
			 "call",
			 MANAGER,
			 "StartTransientUnit",
			 "ssa(sv)a(sa(sv))",
			 unit,
			 "fail",
			 "4",
			 "Description",
			 "s",
			 "jig fixture",
			 "PIDs",
			 "au",
			 "1",
			 pid,
			 "Delegate",
			 "b",
			 "true",
			 "CollectMode",
			 "s",
			 "inactive-or-failed",
			 "0",
			 NULL };

	(void)snprintf(unit, sizeof(unit), "jig-%d-%lld.scope", getpid(),
		       (long long)clock_us());
	(void)snprintf(pid, sizeof(pid), "%d", getpid());

	int r = run_busctl(argv, -1);

	if (r < 0)
		return scope_probe(fault) < 0
			       ? -ENOTSUP
			       : fault_set(fault, -ENOTSUP,
					   "systemd refused a scope");
	r = wait_moved(procfd, unit);
	if (r < 0)
		return fault_set(fault, r, "systemd did not move us to %s",
				 unit);

	CLEANUP_CLOSE int scope = cgroup_open_own(procfd, fault);
	if (scope < 0)
		return scope;
	r = enter_leaf(scope);
	if (r < 0)
		return fault_set(fault, r, "cannot make a cgroup in %s: %s",
				 unit, strerror(-r));
	return take_fd(&scope);
}
