// SPDX-License-Identifier: MIT
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/compat.h"

/* sched.h of libc and of the kernel cannot be included together. */
extern int clone(int (*)(void *), void *, int, void *, ...);

/* The caller's thread may have little itself. */
#define STACK_SIZE (32 * 1024)

#if defined(__x86_64__)
#define HAS_RAW_CALLS true

long sys_call(long number, const long arguments[5])
{
	register long r10 __asm__("r10") = arguments[3];
	register long r8 __asm__("r8") = arguments[4];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(arguments[0]), "S"(arguments[1]),
			   "d"(arguments[2]), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
#define HAS_RAW_CALLS true

long sys_call(long number, const long arguments[5])
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = arguments[0];
	register long x1 __asm__("x1") = arguments[1];
	register long x2 __asm__("x2") = arguments[2];
	register long x3 __asm__("x3") = arguments[3];
	register long x4 __asm__("x4") = arguments[4];

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}
#else
#define HAS_RAW_CALLS false

long sys_call(long number, const long arguments[5])
{
	int saved = errno;
	long result = syscall(number, arguments[0], arguments[1], arguments[2],
			      arguments[3], arguments[4]);

	if (result < 0)
		result = -errno;
	errno = saved;
	return result;
}
#endif

int sys_pidfd_open(pid_t pid)
{
	return (int)SYS_CALL(SYS_pidfd_open, pid, 0);
}

int sys_pidfd_kill(int pidfd, int signo)
{
	return (int)SYS_CALL(SYS_pidfd_send_signal, pidfd, signo, 0, 0);
}

int sys_pidfd_queue(int pidfd, int signo, int value)
{
	siginfo_t info = { .si_signo = signo, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = value;
	if (syscall(SYS_pidfd_send_signal, pidfd, signo, &info, 0) < 0)
		return -errno;
	return 0;
}

uint64_t sys_random(uint64_t otherwise)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		return otherwise;
	return number;
}

int sys_close_range(unsigned first, unsigned last)
{
	return (int)SYS_CALL(SYS_close_range, first, last, 0);
}

/* From the kernel's fcntl.h; musl does not have all of it. */
#define EMPTY_PATH 0x1000 /* AT_EMPTY_PATH */
#define DONT_SYNC 0x4000 /* AT_STATX_DONT_SYNC */

int sys_look(int fd, struct sys_look *ret)
{
	struct statx look;

	if (syscall(SYS_statx, fd, "", EMPTY_PATH | DONT_SYNC, STATX_TYPE,
		    &look) < 0)
		return -errno;
	*ret = (struct sys_look){
		.mode = look.stx_mode,
		.device_major = look.stx_dev_major,
		.special_major = look.stx_rdev_major,
	};
	return 0;
}

int sys_open_cached(const char *path)
{
	/* struct open_how: flags, mode, resolve. */
	const uint64_t how[3] = {
		O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0,
		0x20, /* RESOLVE_CACHED */
	};

	return (int)SYS_CALL(SYS_openat2, AT_FDCWD, (long)path, (long)how,
			     sizeof(how));
}

#define STATX_UNIQUE_ID 0x4000U /* STATX_MNT_ID_UNIQUE, Linux 6.8 */
#define STATMOUNT_TYPE 0x20U /* STATMOUNT_FS_TYPE */

/* The kernel's struct statmount, as far as we read it. */
struct mount_answer {
	uint32_t size, options;
	uint64_t mask;
	uint32_t device[2];
	uint64_t magic;
	uint32_t flags;
	uint32_t type; /* offset in `texts` */
	uint8_t rest[472];
	char texts[64];
};

static int mount_number(int fd, uint64_t *ret)
{
	/* struct statx: stx_mask is first, stx_mnt_id is at 144. */
	union {
		uint32_t mask;
		uint64_t words[32];
	} look = { .words = { 0 } };

	if (syscall(SYS_statx, fd, "", EMPTY_PATH | DONT_SYNC, STATX_UNIQUE_ID,
		    &look) < 0)
		return -errno;
	if (!(look.mask & STATX_UNIQUE_ID))
		return -ENOSYS;
	*ret = look.words[18];
	return 0;
}

int sys_mount_type(int fd, char *ret, size_t size)
{
	/* struct mnt_id_req: size and a spare, id, what is asked for. */
	uint64_t request[3] = { 0, 0, STATMOUNT_TYPE };
	const uint32_t request_size = sizeof(request);
	struct mount_answer answer = { .type = 0 };
	int r = mount_number(fd, &request[1]);

	if (r < 0)
		return r;
	memcpy(request, &request_size, sizeof(request_size));
	r = (int)SYS_CALL(457 /* statmount */, (long)request, (long)&answer,
			  sizeof(answer), 0);
	if (r < 0)
		return r;
	if (!(answer.mask & STATMOUNT_TYPE) ||
	    answer.type >= sizeof(answer.texts))
		return -ENOSYS;
	answer.texts[sizeof(answer.texts) - 1] = '\0';
	(void)snprintf(ret, size, "%s", answer.texts + answer.type);
	return 0;
}

/* The kernel's sigset_t is 64 bits on every architecture but MIPS. */
#define MASK_SIZE 8

uint64_t sys_signal_mask(uint64_t mask)
{
	uint64_t before = 0;

	/* Valid arguments: cannot fail. */
	(void)SYS_CALL(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask,
		       (long)&before, MASK_SIZE);
	return before;
}

uint64_t sys_signals_pending(void)
{
	uint64_t pending = 0;

	(void)SYS_CALL(SYS_rt_sigpending, (long)&pending, MASK_SIZE);
	return pending;
}

int sys_signalfd(uint64_t mask)
{
	return sys_signalfd_change(-1, mask);
}

int sys_signalfd_change(int fd, uint64_t mask)
{
	return (int)SYS_CALL(SYS_signalfd4, fd, (long)&mask, MASK_SIZE,
			     SFD_CLOEXEC | SFD_NONBLOCK);
}

void sys_signal_default(int signo)
{
	/* The kernel's struct sigaction is at most this large and all zeros
	 * means SIG_DFL, no flags, empty mask. Fails for KILL and STOP only,
	 * whose disposition cannot be anything else. */
	unsigned long zero[8] = { 0 };

	(void)SYS_CALL(SYS_rt_sigaction, signo, (long)zero, 0, MASK_SIZE);
}

void sys_die_of(int signo)
{
	/* A program that cores are piped to, see core(5), is not asked for a
	 * process that is not dumpable. */
	(void)SYS_CALL(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	sys_signal_default(signo);
	(void)SYS_CALL(SYS_kill, SYS_CALL(SYS_getpid), signo);
	(void)sys_signal_mask(0);
}

bool sys_signal_is_ignored(int signo)
{
	/* As above; the handler is its first word. */
	unsigned long action[8] = { 0 };

	return SYS_CALL(SYS_rt_sigaction, signo, 0, (long)action, MASK_SIZE) ==
		       0 &&
	       action[0] == (unsigned long)SIG_IGN;
}

int sys_setresuid(uid_t uid)
{
	return (int)SYS_CALL(SYS_setresuid, uid, uid, uid);
}

int sys_setresgid(gid_t gid)
{
	return (int)SYS_CALL(SYS_setresgid, gid, gid, gid);
}

int sys_setgroups(size_t count, const gid_t *groups)
{
	return (int)SYS_CALL(SYS_setgroups, (long)count, (long)groups);
}

pid_t sys_fork(unsigned long flags, int *ret_pidfd)
{
	int pidfd = -1;
	long pid = syscall(SYS_clone, flags | CLONE_PIDFD | SIGCHLD, NULL,
			   &pidfd, NULL, NULL);

	if (pid < 0)
		return -errno;
	if (pid > 0)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

pid_t sys_fork_quietly(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);

	return pid < 0 ? -errno : (pid_t)pid;
}

/*
 * clone3 onto another stack. libc has no wrapper, and C cannot return into a
 * frame that the child has overwritten, so the child's side is all assembly:
 * call function(argument) on the new stack, then exit. Both are pinned to
 * registers: the child clears the frame pointer, which without a frame is a
 * register as any other, and a compiler may have put one of them into it.
 */
#if defined(__x86_64__)
static long clone3_call(struct clone_args *args, int (*function)(void *),
			void *argument)
{
	register int (*run)(void *) __asm__("r8") = function;
	register void *with __asm__("rdx") = argument;
	long result;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%rdx, %%rdi\n\t"
			 "call *%%r8\n\t"
			 "mov %%eax, %%edi\n\t"
			 "mov $60, %%eax\n\t"
			 "syscall\n\t"
			 "1:\n\t"
			 : "=a"(result)
			 : "a"(SYS_clone3), "D"(args), "S"(sizeof(*args)),
			   "r"(run), "r"(with)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
static long clone3_call(struct clone_args *args, int (*function)(void *),
			void *argument)
{
	register long x8 __asm__("x8") = SYS_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);
	register void *x2 __asm__("x2") = argument;
	register int (*x3)(void *) __asm__("x3") = function;

	__asm__ volatile("svc #0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, #0\n\t"
			 "mov x0, x2\n\t"
			 "blr x3\n\t"
			 "mov x8, #93\n\t"
			 "svc #0\n\t"
			 "1:\n\t"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
			 : "x30", "memory");
	return x0;
}
#else
static long clone3_call(struct clone_args *args, int (*function)(void *),
			void *argument)
{
	(void)args;
	(void)function;
	(void)argument;
	return -ENOSYS;
}
#endif

/*
 * AddressSanitizer marks a function's frame in memory that parent and child
 * share, and unmarks it when the function returns; the child's never do.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(WITH_ASAN)
void __asan_unpoison_memory_region(void const volatile *at, size_t size);

void sys_stack_left(char *stack, size_t size)
{
	__asan_unpoison_memory_region(stack, size);
}
#else
void sys_stack_left(char *stack, size_t size)
{
	(void)stack;
	(void)size;
}
#endif

static pid_t clone_call(const struct sys_child *child, uint64_t flags,
			int (*function)(void *), void *argument, int *ret_pidfd)
{
	int pidfd = -1;
	long pid;

	flags |= CLONE_VM | CLONE_PIDFD;
	if (child->cgroup_fd < 0) {
		pid = clone(function, child->stack + child->stack_size,
			    (int)flags | SIGCHLD, argument, &pidfd, NULL, NULL);
		if (pid < 0)
			pid = -errno;
	} else {
		struct clone_args args = {
			.flags = flags | CLONE_INTO_CGROUP,
			.exit_signal = SIGCHLD,
			.stack = (uintptr_t)child->stack,
			.stack_size = child->stack_size,
			.pidfd = (uintptr_t)&pidfd,
			.cgroup = (uint64_t)child->cgroup_fd,
		};

		pid = clone3_call(&args, function, argument);
	}
	if (pid > 0)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}

pid_t sys_vfork_call(int cgroup_fd, int (*function)(void *), void *argument,
		     int *ret_pidfd)
{
	/* Ours until the child has gone on to execve: CLONE_VFORK waits. */
	_Alignas(16) char stack[STACK_SIZE];
	struct sys_child child = { cgroup_fd, stack, sizeof(stack) };
	pid_t pid =
		clone_call(&child, CLONE_VFORK, function, argument, ret_pidfd);

	sys_stack_left(stack, sizeof(stack));
	return pid;
}

pid_t sys_clone_call(const struct sys_child *child, int (*function)(void *),
		     void *argument, int *ret_pidfd)
{
	return clone_call(child, HAS_RAW_CALLS ? 0 : CLONE_VFORK, function,
			  argument, ret_pidfd);
}

int sys_fsopen_proc(void)
{
	CLEANUP_CLOSE int context =
		(int)syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) <
	    0)
		return -errno;

	long mount = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);

	return mount < 0 ? -errno : (int)mount;
}
