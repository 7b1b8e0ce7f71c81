// SPDX-License-Identifier: MIT
#include "base/sys.h"

#include <errno.h>
#include <linux/sched.h>
#include <stddef.h>
#include <unistd.h>

#include "base/compat.h"

/* sched.h of libc and of the kernel cannot be included together. */
extern int clone(int (*)(void *), void *, int, void *, ...);

/* The caller's thread may have little itself. */
#define STACK_SIZE (32 * 1024)

/* Whether sys_call() makes its call without libc, see sys.c. */
#if defined(__x86_64__) || defined(__aarch64__)
#define HAS_RAW_CALLS true
#else
#define HAS_RAW_CALLS false
#endif

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
