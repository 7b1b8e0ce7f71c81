/* SPDX-License-Identifier: MIT */
/*
 * System calls that libc lacks, or wraps in a way that we cannot use.
 *
 * Each returns its result or a negative errno and does nothing else; fallbacks
 * belong to the callers. This is the only place with code for one architecture.
 */
#ifndef JIG_BASE_SYS_H
#define JIG_BASE_SYS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/**
 * Any system call of at most five arguments, without libc: no errno is written
 * and nothing of the thread is touched, so a child that has our memory and runs
 * beside us (sys_clone_call()) may make it.
 *
 * @return  what the kernel returns: -errno for a failure.
 */
#define SYS_CALL(number, ...) sys_call((number), (long[5]){ __VA_ARGS__ })
long sys_call(long number, const long arguments[5]);

/** pidfd_open(2), Linux 5.3. @return a descriptor with FD_CLOEXEC or -errno. */
int sys_pidfd_open(pid_t pid);

/** pidfd_send_signal(2), Linux 5.1. Signal 0 asks whether it exists. */
int sys_pidfd_kill(int pidfd, int signo);

/** The same with a value, as sigqueue(3) sends one. */
int sys_pidfd_queue(int pidfd, int signo, int value);

/**
 * A random number (getrandom(2)). Does not wait: @otherwise if the kernel has
 * no randomness yet, or forbids the call.
 */
uint64_t sys_random(uint64_t otherwise);

/** close_range(2), Linux 5.9, without flags. */
int sys_close_range(unsigned first, unsigned last);

struct sys_look {
	mode_t mode; /* the type of file */
	unsigned device_major; /* of its file system; 0: no block device */
	unsigned special_major; /* of the device that a special file is */
};

/**
 * The type of an open file (statx(2), Linux 4.11), as the kernel has it: the
 * server of a file system, which may not answer, is not asked.
 */
int sys_look(int fd, struct sys_look *ret);

/**
 * Open a directory, for its identity alone (O_PATH), if the kernel knows the
 * whole path already (openat2(2) with RESOLVE_CACHED, Linux 5.12): no file
 * system is asked. A symbolic link at its end is not followed.
 *
 * @return  a descriptor; -EAGAIN a file system would have to be asked; -ENOSYS
 *          or -EINVAL before 5.12; or -errno.
 */
int sys_open_cached(const char *path);

/**
 * The type of the file system where @fd is open (statmount(2), Linux 6.8). The
 * file system is not asked.
 * @return  0 or -errno (-ENOSYS).
 */
int sys_mount_type(int fd, char *ret, size_t size);

/**
 * Signals as the kernel counts them: bit n - 1 is signal n. libc's sets leave
 * out what libc keeps for itself, and musl and glibc keep different ones.
 */
#define SYS_SIGNAL(signo) (1ULL << ((signo)-1))
#define SYS_ALL_SIGNALS (~0ULL)

/** Signals that request the end of a program. */
#define SYS_STOP_SIGNALS                                                       \
	(SYS_SIGNAL(SIGTERM) | SYS_SIGNAL(SIGINT) | SYS_SIGNAL(SIGHUP) |       \
	 SYS_SIGNAL(SIGQUIT))

/** From the terminal, to a process group that may not use it now. */
#define SYS_TERMINAL_REFUSES (SYS_SIGNAL(SIGTTIN) | SYS_SIGNAL(SIGTTOU))

/** SIGRTMIN of shells, glibc and systemd; that of musl is 35. */
#define SYS_RTMIN 34
#define SYS_RTMAX 64

/** rt_sigprocmask(2) of this thread with SIG_SETMASK. @return the old mask. */
uint64_t sys_signal_mask(uint64_t mask);

/** rt_sigpending(2) of this thread: signals that are blocked and pending. */
uint64_t sys_signals_pending(void);

/** signalfd4(2), close-on-exec and non-blocking. @return it, or -errno. */
int sys_signalfd(uint64_t mask);

/** Change which signals a signalfd reads. @return @fd or -errno. */
int sys_signalfd_change(int fd, uint64_t mask);

/** Set one signal's disposition to SIG_DFL; libc refuses its own (32, 33). */
void sys_signal_default(int signo);

/**
 * End by this signal, so that our parent sees its wait status, but without a
 * core dump. Returns where that is not possible: as PID 1, which no signal from
 * its own pid namespace ends, and for signals that end no process.
 */
void sys_die_of(int signo);

/** Whether its disposition is SIG_IGN. */
bool sys_signal_is_ignored(int signo);

/** setresuid(2), setresgid(2), setgroups(2) for this one thread. */
int sys_setresuid(uid_t uid);
int sys_setresgid(gid_t gid);
int sys_setgroups(size_t count, const gid_t *groups);

/**
 * fork(2) with more flags (CLONE_NEWPID …).
 *
 * Only for a process with one thread: libc's fork handlers do not run.
 *
 * @ret_pidfd  the child's pidfd, or -1 where the kernel gives none (< 5.2).
 * @return  0 in the child, its pid in the parent, or -errno.
 */
pid_t sys_fork(unsigned long flags, int *ret_pidfd);

/** The same, but the child sends no SIGCHLD when it ends: only wait calls with
 * __WALL return it. */
pid_t sys_fork_quietly(unsigned long flags);

/**
 * Run @function in a child that shares our memory until it calls execve(2) or
 * _exit(2); we wait for that (CLONE_VM | CLONE_VFORK), as vfork(2) does.
 *
 * Nothing is copied, so the cost does not depend on our size. All signals must
 * be blocked: the child must not run our handlers.
 *
 * @cgroup_fd  the child is born in this cgroup directory (clone3 with
 *             CLONE_INTO_CGROUP, Linux 5.7); -1 for ours. -ENOSYS where this
 *             architecture has no stub, -EPERM or -ENOSYS under seccomp.
 * @return  the child's pid or -errno.
 */
pid_t sys_vfork_call(int cgroup_fd, int (*function)(void *), void *argument,
		     int *ret_pidfd);

/** A child that has our memory and a stack of its own. */
struct sys_child {
	int cgroup_fd; /* as above */
	char *stack; /* not to be touched before the child's execve(2) or exit
		      */
	size_t stack_size;
};

/**
 * The same without waiting (CLONE_VM alone): the child runs beside us, in our
 * memory and with our thread's errno, so @function makes SYS_CALL()s only.
 * Where this architecture has no SYS_CALL() without libc, it waits all the
 * same.
 */
pid_t sys_clone_call(const struct sys_child *child, int (*function)(void *),
		     void *argument, int *ret_pidfd);

/** The child has left this stack: remove a sanitizer's marks from it. */
void sys_stack_left(char *stack, size_t size);

/**
 * A procfs of our own pid namespace that is mounted nowhere (fsopen(2), Linux
 * 5.2; needs CAP_SYS_ADMIN): for containers without /proc.
 *
 * @return  a directory descriptor or -errno.
 */
int sys_fsopen_proc(void);

/**
 * Get the processor soon after each wake, for a short time: a small slice of
 * SCHED_OTHER (Linux 6.12), and a lower nice value where that is permitted.
 * Without either the caller runs as before.
 */
void sys_run_soon(int64_t slice_us, int nice);

/** The libc of this program, "glibc 2.36"; musl does not tell its version. */
const char *sys_libc(char *buffer, size_t size);

#endif
