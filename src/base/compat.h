/* SPDX-License-Identifier: MIT */
/*
 * Names of the kernel that an older libc does not have (glibc 2.31: no
 * close_range, no P_PIDFD). The callers have to find out whether the kernel has
 * the call. Numbers of system calls from 424 on are the same on every
 * architecture that jig is built for.
 *
 * Not here: anything that jig adds to a call (base/sys.h).
 */
#ifndef JIG_BASE_COMPAT_H
#define JIG_BASE_COMPAT_H

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h> /* P_PIDFD is an enumerator, and a macro, too, in glibc */

/* <linux/wait.h>, Linux 5.4. musl has the enumerator alone, of this value. */
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* <linux/resource.h>. */
#ifndef RLIMIT_RTTIME
#define RLIMIT_RTTIME 15
#endif

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
#ifndef SYS_fsconfig
#define SYS_fsconfig 431
#endif
#ifndef SYS_fsmount
#define SYS_fsmount 432
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

#endif
