// SPDX-License-Identifier: MIT
#include "proc/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/sys.h"
#include "proc/spawn_child.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
/* With the child behind it, whole pages. */
#define SPAWN_STACK (32UL * 1024 - sizeof(struct spawn_child) / 16 * 16 - 16)

static const char *path_of(char *const *envp)
{
	for (; *envp; envp++)
		if (strncmp(*envp, "PATH=", 5) == 0)
			return *envp + 5;
	return DEFAULT_PATH;
}

static pid_t clone_in(struct spawn_child *child, char *stack, int cgroup,
		      int *ret_pidfd)
{
	struct sys_child place = { cgroup, stack, SPAWN_STACK };

	return stack ? sys_clone_call(&place, spawn_child_main, child,
				      ret_pidfd)
		     : sys_vfork_call(cgroup, spawn_child_main, child,
				      ret_pidfd);
}

/* @stack  the child runs on it in parallel; NULL: we wait for execve(2). */
static pid_t clone_child(struct spawn_child *child, char *stack, int *ret_pidfd)
{
	bool blocked = child->spawn->blocks_all;
	uint64_t before = blocked ? 0 : sys_signal_mask(SYS_ALL_SIGNALS);
	int cgroup = child->spawn->cgroup;
	pid_t pid = -ENOSYS;

	if (cgroup)
		pid = clone_in(child, stack, cgroup, ret_pidfd);
	/* No clone3, or a filter that refuses it: join by hand. EACCES: we are
	 * outside of a subtree that was delegated to us. */
	if (cgroup && (pid == -ENOSYS || pid == -EPERM || pid == -EACCES ||
		       pid == -EINVAL || pid == -E2BIG))
		child->join = true;
	if (!cgroup || child->join)
		pid = clone_in(child, stack, -1, ret_pidfd);
	if (!blocked)
		(void)sys_signal_mask(before);
	return pid;
}

static int describe_terminal(const struct spawn_child *child, const char *file,
			     struct fault *fault)
{
	const char *why = child->error == -ENOTTY ? "it is not a terminal"
			  : child->error == -EPERM
				  ? "it already belongs to another session"
				  : strerror(-child->error);

	return fault_set(fault, child->error,
			 "cannot make standard input the controlling terminal "
			 "of %s: %s",
			 file, why);
}

static int spawn_describe(const struct spawn_child *child, struct fault *fault)
{
	static const char *const stages[] = {
		[SPAWN_CLONE] = "cannot start a process",
		[SPAWN_CGROUP] = "cannot enter the cgroup",
		[SPAWN_SESSION] = "cannot make a session or process group",
		[SPAWN_FOREGROUND] = "cannot take the terminal's foreground",
		[SPAWN_FDS] = "cannot pass the file descriptors",
		[SPAWN_LIMITS] = "cannot set the resource limits",
		[SPAWN_NICE] = "cannot change the nice value",
		[SPAWN_USER] = "cannot become the user",
	};
	const struct spawn *spawn = child->spawn;
	const char *file = spawn->path ? spawn->path : spawn->argv[0];
	const char *why = strerror(-child->error);

	if (child->stage == SPAWN_TERMINAL)
		return describe_terminal(child, file, fault);
	if (child->stage == SPAWN_CWD)
		return fault_set(fault, child->error,
				 "cannot change to directory %s: %s",
				 spawn->cwd, why);
	if (child->stage != SPAWN_EXEC)
		return fault_set(fault, child->error, "%s for %s: %s",
				 stages[child->stage], file, why);
	if (child->error == -ENOENT && child->search)
		return fault_set(fault, -ENOENT,
				 "%s: command not found in PATH%s", file,
				 strchr(file, ' ') ? "; a shell's line is the "
						     "argument of sh -c"
						   : "");
	if (child->error == -ELIBBAD)
		return fault_set(fault, -ELIBBAD,
				 "cannot execute %s: the file is there, but "
				 "not the interpreter that it names",
				 file);
	if (child->error == -EISDIR)
		return fault_set(fault, -EISDIR,
				 "cannot execute %s: it is a directory", file);
	if (child->error == -ENOEXEC)
		return fault_set(fault, -ENOEXEC,
				 "cannot execute %s: neither a program "
				 "nor a script that begins with #!",
				 file);
	return fault_set(fault, child->error, "cannot execute %s: %s", file,
			 why);
}

static struct spawn_child child_of(const struct spawn *spawn)
{
	const char *file = spawn->path ? spawn->path : spawn->argv[0];
	char *const *envp = spawn->envp ? spawn->envp : environ;

	return (struct spawn_child){
		.spawn = spawn,
		.search = strchr(file, '/') || !*file ? NULL : path_of(envp),
		.report = -1,
	};
}

static int spawn_tell_failure(const struct spawn_child *child,
			      enum spawn_stage *ret_stage, struct fault *fault)
{
	if (ret_stage)
		*ret_stage = child->stage;
	return spawn_describe(child, fault);
}

int spawn_program(const struct spawn *spawn, struct spawned *ret,
		  enum spawn_stage *ret_stage, struct fault *fault)
{
	struct spawn_child child = child_of(spawn);
	CLEANUP_CLOSE int pidfd = -1;
	pid_t pid = clone_child(&child, NULL, &pidfd);

	if (pid < 0)
		child.error = pid; /* The stage is SPAWN_CLONE still. */
	if (child.error < 0) {
		/* It has called _exit. ECHILD: SIGCHLD is ignored. */
		if (pid > 0)
			(void)RETRY(waitpid(pid, NULL, 0));
		return spawn_tell_failure(&child, ret_stage, fault);
	}
	*ret = (struct spawned){ .pid = pid, .pidfd = take_fd(&pidfd) };
	return 0;
}

/* Memory of the child until its execve(2), in separate pages, which are not
 * used again when it is abandoned. */
struct start {
	_Alignas(16) char stack[SPAWN_STACK];
	struct spawn_child child; /* beside the stack's beginning: one page */
};

/* Most processes start one program at a time. */
static _Alignas(4096) struct start first;
static atomic_flag first_in_use = ATOMIC_FLAG_INIT;

static struct start *start_new(const struct spawn *spawn)
{
	struct start *start = &first;

	if (atomic_flag_test_and_set(&first_in_use))
		start = mmap(NULL, sizeof(*start), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return NULL;
	start->child = child_of(spawn);
	return start;
}

/* The child has left it. */
static void start_free(struct start *start)
{
	sys_stack_left(start->stack, sizeof(start->stack));
	if (start == &first)
		atomic_flag_clear(&first_in_use);
	else
		(void)munmap(start, sizeof(*start));
}

/* As spawn_begin(), which has made the pages and the pipe. */
static int spawn_clone(struct start *start, int report, struct spawning *ret,
		       enum spawn_stage *ret_stage, struct fault *fault)
{
	struct spawn_child *child = &start->child;

	child->report = report;
	ret->pid = clone_child(child, start->stack, &ret->pidfd);
	if (ret->pid > 0)
		return 0;
	child->error = ret->pid;
	ret->pid = 0;
	return spawn_tell_failure(child, ret_stage, fault);
}

int spawn_begin(const struct spawn *spawn, struct spawning *ret,
		enum spawn_stage *ret_stage, struct fault *fault)
{
	struct start *start = start_new(spawn);
	int ends[2], r;

	if (ret_stage)
		*ret_stage = SPAWN_CLONE;
	if (!start)
		return fault_set(fault, -ENOMEM, "cannot start a process: %s",
				 strerror(ENOMEM));
	if (pipe2(ends, O_CLOEXEC) < 0) {
		r = -errno;
		start_free(start);
		return fault_set(fault, r, "cannot start a process: %s",
				 strerror(-r));
	}
	*ret = (struct spawning){ .pidfd = -1, .fd = ends[0], .start = start };
	r = spawn_clone(start, ends[1], ret, ret_stage, fault);
	(void)close(ends[1]); /* From here on only the child holds it. */
	if (r == 0)
		return 0;
	(void)close(ends[0]);
	start_free(start);
	*ret = SPAWNING_NONE;
	return r;
}

int spawn_poll(struct spawning *spawning, struct spawned *ret,
	       enum spawn_stage *ret_stage, struct fault *fault)
{
	struct pollfd over = { .fd = spawning->fd, .events = POLLIN };

	/* End of file: execve or the child's exit closed it. In both cases the
	 * child has left our memory before. */
	return poll_fds(&over, 1, 0) == 1
		       ? spawn_ended(spawning, ret, ret_stage, fault)
		       : 0;
}

int spawn_ended(struct spawning *spawning, struct spawned *ret,
		enum spawn_stage *ret_stage, struct fault *fault)
{
	struct start *start = spawning->start;
	int r = 1;

	*ret = (struct spawned){ spawning->pid, spawning->pidfd };
	if (start->child.error < 0)
		r = spawn_tell_failure(&start->child, ret_stage, fault);
	start_free(start);
	(void)close(spawning->fd); /* Read only. */
	*spawning = SPAWNING_NONE;
	return r;
}

void spawn_abandon(struct spawning *spawning)
{
	if (!spawning->start)
		return;
	(void)kill(spawning->pid, SIGKILL); /* Ours, and not reaped. */
	cleanup_close(&spawning->fd);
	cleanup_close(&spawning->pidfd);
	*spawning = SPAWNING_NONE;
}
