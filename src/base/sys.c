// SPDX-License-Identifier: MIT
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "base/cleanup.h"
#include "base/compat.h"

#if defined(__x86_64__)
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
	/* For a process that is not dumpable, the kernel does not start the
	 * program that cores are piped to, see core(5). */
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

void sys_run_soon(int64_t slice_us, int nice)
{
	/* sched_setattr(2) in its first version. The kernel's header and those
	 * of some C libraries exclude each other. */
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime_ns, deadline_ns, period_ns;
	} attributes = {
		.size = sizeof(attributes),
		.policy = SCHED_OTHER,
		.runtime_ns = (uint64_t)slice_us * 1000,
	};

	(void)setpriority(PRIO_PROCESS, 0, nice);
	attributes.nice = getpriority(PRIO_PROCESS, 0);
	(void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

const char *sys_libc(char *buffer, size_t size)
{
#ifdef __GLIBC__
	(void)snprintf(buffer, size, "glibc %s", gnu_get_libc_version());
#else
	(void)snprintf(buffer, size, "musl");
#endif
	return buffer;
}
