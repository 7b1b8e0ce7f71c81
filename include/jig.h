/* SPDX-License-Identifier: MIT */
/**
 * libjig: run a command as a fixture, and end every process that it started.
 *
 * A *fixture* is a command with all processes that it starts, from its start to
 * its verified end. A *cage* holds these processes together. A small helper
 * process, the *guard*, ends them when you ask for it, when the main process
 * ends, and when your process dies, also by SIGKILL. jig(1) defines these
 * words, and supervisor, leftover and survivor; docs/GUARANTEES.md lists what
 * each cage guarantees.
 *
 *     const char *argv[] = { "srv", NULL };
 *     struct jig_command command = { .size = sizeof(command), .argv = argv };
 *     struct jig *fixture;
 *     int r = jig_start(&command, &fixture);
 *     if (r < 0)
 *             return r;
 *     …
 *     jig_free(fixture);            // stops it; no process is left
 *
 * Rules of the whole API
 *   - Functions return 0 (or a count) on success and a negative errno on
 *     failure. They write their outputs only on success.
 *   - The library never prints, exits, installs a signal handler, changes a
 *     signal mask, reaps a child that is not its own, or makes your process a
 *     subreaper. The guard is a child of your process. Your process may reap it
 *     with waitpid(-1), or ignore SIGCHLD.
 *   - Your signal handlers may interrupt any call, also without SA_RESTART. The
 *     call goes on afterwards, and keeps to its time limit.
 *   - Only one thread at a time may use a fixture. Several threads may use
 *     different fixtures at the same time. A fixture goes on when the thread
 *     that started it ends.
 *   - Every descriptor that the library opens has FD_CLOEXEC. The command
 *     inherits only the descriptors that you name.
 *   - A field that is zero means the default, and so does a negative time,
 *     unless its comment says something else.
 *
 * Sizes
 *   A struct that can grow begins with its size. You set it:
 *
 *     struct jig_job job = { .size = sizeof(job) };  // C, and C++20
 *     jig_job job = {}; job.size = sizeof(job);      // C++
 *
 *   So a program that was built with an older jig.h runs with a newer library
 *   of the same SONAME, and the reverse. The rules are those of clone3(2):
 *
 *   - A field that your struct does not have counts as zero.
 *   - A field that the library does not know must be zero, otherwise the
 *     function returns -E2BIG. In a struct that the library writes, it sets
 *     such a field to zero.
 *   - A size of 0, a size below that of the first version, and a size that is
 *     not a multiple of sizeof(size_t) are -EINVAL. A size above 65536 is
 *     -E2BIG, because this version of the library supports no such struct.
 *   - jig_jobs() and jig_list() return arrays whose elements have your size, so
 *     that you can index them with [].
 *
 *   `reserved` bytes must be zero; later versions may put fields there. The
 *   structs without a size (jig_stdio, jig_fd, jig_limit, jig_step) never
 *   change under the same SONAME.
 *
 * The library runs the `jig` program as the guard: the program in
 * jig_command.program, else the one in the environment variable JIG_PROGRAM,
 * else the one that was installed with the library, else `jig` in PATH. A
 * shared library looks from its own folder first, so that an installation may
 * be moved or copied as a whole.
 */
#ifndef JIG_H
#define JIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JIG_API __attribute__((visibility("default")))

/** A fixture. */
struct jig;

/** What happened in a fixture; complete when the fixture has ended. */
struct jig_report;

/* ------------------------------------------------------------ the command */

/** Where a standard stream of the command goes. */
enum jig_stdio_kind {
	JIG_STDIO_INHERIT, /* your own */
	JIG_STDIO_NULL, /* /dev/null */
	JIG_STDIO_PIPE, /* a pipe; jig_take_pipe() returns its other end */
	JIG_STDIO_FILE, /* `path`; appended to, created 0666 & ~umask */
	JIG_STDIO_FD, /* a duplicate of your `fd` */
	JIG_STDIO_OUTPUT, /* for stderr: the same as stdout */
	JIG_STDIO_CAPTURE, /* for stdout, stderr: keep it, see jig_tail() */
};

/** A standard stream. Fixed: this struct never changes under the same SONAME.
 */
struct jig_stdio {
	enum jig_stdio_kind kind;
	int fd;
	const char *path;
};

/** Your descriptor `from` becomes `to` in the command. Fixed, as jig_stdio. */
struct jig_fd {
	int from;
	int to; /* 3 to 1023 */
};

/** A resource limit, see setrlimit(2); UINT64_MAX is "unlimited". Fixed, as
 * jig_stdio. */
struct jig_limit {
	int resource; /* RLIMIT_NOFILE … */
	uint64_t soft;
	uint64_t hard;
};

/** One step of a stop policy: send a signal, then wait until the cage is empty.
 * Fixed, as jig_stdio. */
struct jig_step {
	int signal;
	int64_t wait_us; /* microseconds, at most; negative: -EINVAL */
};

/** What holds the processes of a fixture together, see CAGES in jig-run(1). */
enum jig_cage {
	JIG_CAGE_AUTO, /* the strongest one that the command cannot notice */
	JIG_CAGE_CGROUP,
	JIG_CAGE_PIDNS,
	JIG_CAGE_SUBREAPER,
	JIG_CAGE_PGROUP,
};

/** The session and process group of the command. */
enum jig_group {
	/* FOREGROUND if stdin is your controlling terminal, else SESSION */
	JIG_GROUP_AUTO,
	JIG_GROUP_SESSION, /* own session, no controlling terminal */
	JIG_GROUP_PGROUP, /* own process group in your session */
	JIG_GROUP_FOREGROUND, /* PGROUP, in your terminal's foreground */
	/** Own session with stdin as its controlling terminal: the slave of a
	 * pty, or another terminal that has no session. Otherwise jig_start()
	 * returns -ENOTTY (stdin is not a terminal) or -EPERM (it belongs to
	 * another session). When the master of the pty is closed, the kernel
	 * sends SIGHUP. */
	JIG_GROUP_TERMINAL,
	/** Like a job of a shell: own process group in a session that the
	 * supervisor leads. If stdin is a terminal without a session, the
	 * group is in its foreground. -EPERM if the terminal belongs to another
	 * session. Ctrl-Z and SIGTSTP suspend the command. With
	 * JIG_GROUP_TERMINAL they have no effect, because the command's group
	 * is orphaned (POSIX): the supervisor is in another session. */
	JIG_GROUP_JOB,
	/** Your session and process group, like a child of fork(2). The command
	 * may use your terminal, and the terminal's keys (Ctrl-C, Ctrl-Z) send
	 * their signals to the command and to your process. -EINVAL with
	 * JIG_CAGE_PGROUP. */
	JIG_GROUP_INHERIT,
};

/** Which processes the signals of a stop policy go to. */
enum jig_stop_mode {
	JIG_STOP_ALL, /* each step signals every process of the cage */
	JIG_STOP_MAIN, /* only the main process, and after its end the rest */
};

/** For jig_command.owner: no process's death ends the fixture. */
#define JIG_OWNER_NONE ((pid_t)-1)

/**
 * What to run, and how. jig_start() copies everything.
 *
 * In argv, shell, env, ready, live and log_prefix, jig replaces {fd:NAME},
 * {addr:NAME} and {port:NAME}, where NAME is a socket of `listen` or a port of
 * `ports`. {NAME} means {addr:NAME}. Braces with any other content, or after
 * a '$', stay unchanged. See jig-ready(7).
 */
struct jig_command {
	size_t size; /* sizeof(struct jig_command) */

	const char *const
		*argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *shell; /* instead of argv: a line for /bin/sh -c */
	const char *path; /* the file to execute, if it is not argv[0] */

	const char *cwd; /* its working directory; NULL: yours */
	const char *const *env; /* NULL-terminated "NAME=value"; added */

	struct jig_stdio in, out, err;
	const struct jig_fd *fds; /* further descriptors to inherit */
	size_t fd_count;

	bool clear_env; /* start from an empty environment */
	bool set_user; /* use uid, gid and groups; needs privilege */
	bool set_umask; /* use umask */
	/** The main process goes into the background: if it ends with status 0
	 * and other processes are in the cage, the fixture goes on. It ends
	 * when the cage is empty, by a stop, by timeout_us, or by the owner's
	 * death. In these cases jig_wait() returns the code 0, and there are no
	 * leftovers. -EINVAL with JIG_CAGE_PGROUP. */
	bool daemon;
	int nice; /* added to your nice value */

	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* supplementary */
	size_t group_count;

	mode_t umask;
	enum jig_group group;
	const struct jig_limit *limits;
	size_t limit_count;

	enum jig_cage cage;
	uint32_t cpu_permille; /* 1000: one processor; 0: no limit */
	uint64_t memory_max; /* bytes, of the whole cage; 0: no limit */
	uint64_t pids_max; /* processes and threads of it; 0: no limit */

	/** The process whose death ends the fixture; JIG_OWNER_NONE: none.
	 * 0: your process. */
	pid_t owner;
	enum jig_stop_mode stop_mode;
	const struct jig_step *steps; /* default: SIGTERM, 10 s, SIGKILL */
	size_t step_count;
	int64_t timeout_us; /* stop the fixture after this time; 0: never */

	/** Probes of readiness, NULL-terminated, see jig-ready(7): "tcp:8080",
	 * "http:{http}/health", "log:listening on (.*)", "notify". All must
	 * succeed; a probe that begins with '|' is an alternative to the one
	 * before it. Without probes the fixture is ready when it has started.
	 * A relative path begins at your directory at the start, not at `cwd`.
	 */
	const char *const *ready;
	int64_t start_timeout_us; /* time limit; 0: 60 s; -1: none */
	int64_t probe_interval_us; /* between two attempts; 0: adaptive */
	int64_t ready_delay_us; /* before the first attempt */
	int64_t ready_timeout_us; /* of one attempt; 0: 1 s, exec 10 s */
	unsigned ready_successes; /* successes in a row; 0: 1 */
	unsigned live_failures; /* failures in a row, of `live`; 0: 3 */

	/** Probes of liveness, NULL-terminated, repeated after the fixture has
	 * become ready: the kinds tcp, unix, http, exec and file of `ready`.
	 * All must succeed. After live_failures failed attempts in a row the
	 * fixture is stopped by its policy, with JIG_REASON_UNHEALTHY. */
	const char *const *live;
	int64_t live_interval_us; /* from one attempt to the next; 0: 10 s */
	int64_t live_timeout_us; /* of one attempt; 0: 1 s */
	int64_t live_delay_us; /* from ready to the first attempt */

	/** Sockets, NULL-terminated "NAME=ADDRESS": "http=127.0.0.1:0",
	 * "api=[::1]:8080", "db=unix:/run/db.sock". jig binds them, and the
	 * command inherits them as descriptors 3 and up, with LISTEN_FDS, see
	 * sd_listen_fds(3). At the end jig removes the file of a unix socket,
	 * if it is still the one that jig has created. Relative paths are as
	 * for `ready`. */
	const char *const *listen;
	/** Names of TCP ports, NULL-terminated. No other jig in this network
	 * namespace picks them while the fixture lives. The command finds them
	 * in PORT (the first one) and NAME_PORT. "NAME=PORT" requests a port.
	 */
	const char *const *ports;

	size_t ring_size; /* bytes of captured output to keep; 0: 256 KiB */
	const char *log; /* also append captured output to this file */
	const char *log_prefix; /* before each line of `log`: "web | " */
	bool log_times; /* UTC time before each line of `log` */
	unsigned char reserved[7];

	const char *program; /* the jig program, see above */
	char *error; /* buffer for jig_start()'s explanation; may be NULL */
	size_t error_size;

	/** Signals that the command ignores if your process ignores them: bit
	 * n - 1 is signal n; UINT64_MAX is all. Every other signal gets its
	 * default disposition, and so does SIGCHLD. With JIG_GROUP_INHERIT,
	 * SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN and SIGTTOU are always
	 * among them. */
	uint64_t keep_ignored;

	/** Run it on the machine or in the container that this command leads
	 * to, for example "ssh host"; NULL: here. See OTHER MACHINES in
	 * jig-run(1). Paths, users, ports and limits are those there. `env` is
	 * sent, your environment is not. `in`, `out`, `err`, `log`, `group` and
	 * `owner` are of this side; `fds` must be empty. jig_pid() is a process
	 * of jig here, the addresses are those by which this side reaches that
	 * machine, and the report is that of jig there. If that is not known,
	 * jig_report_status() is -1, and jig_problem() says why. */
	const char *via;
	const char *via_jig; /* jig there; NULL: "jig" */
	const char *via_address; /* of that machine; NULL: ssh's host */
	int64_t via_timeout_us; /* until jig there answers; 0: 30 s */
	bool via_push; /* copy jig there, if it is missing */
	unsigned char via_reserved[7];
};

/**
 * Start a command as a fixture.
 *
 * Returns when execve(2) has succeeded or failed. So a wrong program name is an
 * error of this call, not an exit status later. The cost does not depend on the
 * size of your process, because the library uses vfork(2), never fork(2).
 *
 * @command  what to run, and how; copied.
 * @ret      the new fixture; release it with jig_free().
 * @return   0, or
 *           -EINVAL   a field has a wrong value, or `size` is not set
 *           -E2BIG    a field that this library does not know is set, or
 *                     `size` is above 65536
 *           -ENOENT   no such program or directory
 *           -EACCES, -ENOEXEC, -EISDIR  the program cannot be executed, see
 *                     execve(2)
 *           -ELIBBAD  the program's interpreter is missing
 *           -ENOTTY, -EPERM  see JIG_GROUP_TERMINAL and JIG_GROUP_JOB
 *           -ENOTSUP  this kind of cage, or these limits, are not available
 *           -ENOPKG   the jig program was not found, has another version, or
 *                     did not answer for 10 s (the library then kills it)
 *           -EPROTO   the guard died before it answered
 *           or an error of vfork(2), pipe(2) or open(2) (-EMFILE, -ENOMEM, …).
 *           On failure command->error explains the error in one sentence.
 */
JIG_API int jig_start(const struct jig_command *command, struct jig **ret);

/**
 * Stop the fixture if it has not ended, wait until it has ended, and free it.
 *
 * Takes at most the time of the stop policy, unless processes survive SIGKILL:
 * then it waits up to 5 s after the last death, and up to 60 s in all. If the
 * guard does not act (it is suspended again and again, or traced), the library
 * kills it 30 s after that time, and the supervisor ends the fixture.
 *
 * @fixture  may be NULL; invalid afterwards.
 */
JIG_API void jig_free(struct jig *fixture);

/* ------------------------------------------------------- a running fixture */

/** The pid of the main process, in your pid namespace. */
JIG_API pid_t jig_pid(const struct jig *fixture);

/**
 * A pidfd of the main process, see pidfd_open(2).
 *
 * @return  a descriptor that the fixture owns, valid until jig_free(); -1 on
 *          kernels before Linux 5.3.
 */
JIG_API int jig_pidfd(const struct jig *fixture);

/**
 * A descriptor for your event loop. When it is readable (POLLIN), the state of
 * the fixture may have changed: call jig_wait() or jig_wait_ready() with a time
 * of 0. It is readable even if another function has already read the change.
 * Only this is not announced: without `ready` the fixture is ready when
 * jig_start() returns.
 *
 * After jig_stop() or jig_hurry() also call jig_wait() with a time of 0 from a
 * timer, every 100 ms to 1 s, until it no longer returns -ETIMEDOUT. The
 * reason: if another process suspends the guard (SIGSTOP), nothing becomes
 * readable. These calls continue the guard, and kill it if it does not act.
 * Without a stop no timer is needed: while the guard is suspended there is no
 * news.
 *
 * @return  a descriptor that the fixture owns, valid until jig_free().
 */
JIG_API int jig_fd(const struct jig *fixture);

/**
 * Take your end of a JIG_STDIO_PIPE.
 *
 * @number  0: to write to stdin; 1, 2: to read from stdout or stderr.
 * @return  a descriptor, which you must close; -ENOENT if there is no such
 *          pipe, or you have already taken it.
 */
JIG_API int jig_take_pipe(struct jig *fixture, int number);

/**
 * Wait until the fixture has ended: jig has proof that the main process and
 * every process that it started have ended, or the report names the survivors.
 *
 * @timeout_ms  milliseconds; 0 does not wait, -1 waits without a limit.
 * @ret_code    the status in the form of a shell: the main process's exit
 *              status, or 128 + n if signal n ended it; -1 if jig did not see
 *              its end; may be NULL.
 * @return      0; -ETIMEDOUT if it has not ended yet; -EPROTO if the guard was
 *              killed (its supervisor then ends the fixture).
 */
JIG_API int jig_wait(struct jig *fixture, int timeout_ms, int *ret_code);

/**
 * Wait until the fixture is ready: all probes of jig_command.ready have
 * succeeded. See jig-ready(7).
 *
 * @timeout_ms  milliseconds; 0 does not wait; -1 waits without a limit of its
 *              own (start_timeout_us still applies).
 * @return  0; -ETIMEDOUT if it is not ready yet, and can become ready. With any
 *          other error it cannot become ready, and jig_problem() gives the
 *          reason:
 *          -ECHILD      it ended before (jig_wait() returns the status)
 *          -ETIME       start_timeout_us is over; the fixture is being stopped
 *          -EADDRINUSE  a process outside of the fixture listens at the address
 *          -EPROTO      the guard was killed
 *          or another error of a probe.
 */
JIG_API int jig_wait_ready(struct jig *fixture, int timeout_ms);

/**
 * Why the fixture is not ready, or is no longer live.
 *
 * @return  While it is not ready: the probe that jig waits for, for example
 *          "http:8080/: connection refused". If it cannot become ready, or
 *          jig_command.live has failed (and a stop has begun): the reason, in
 *          one sentence. Otherwise "". Owned by the fixture; valid until the
 *          next call with it.
 */
JIG_API const char *jig_problem(struct jig *fixture);

/** The time from start to ready, in microseconds; -1 before it is ready. */
JIG_API int64_t jig_ready_us(const struct jig *fixture);

/**
 * The text that a group of a "log:" probe has matched.
 *
 * @group   "1" for the first group, or the name of a group (?P<name>…).
 * @return  the text, which the fixture owns, valid until jig_free(); NULL if
 *          there is no such group, or it has not matched.
 */
JIG_API const char *jig_match(const struct jig *fixture, const char *group);

/**
 * The address at which clients reach the command.
 *
 * @name    of a socket in jig_command.listen or a port in jig_command.ports.
 * @return  "127.0.0.1:40123", or the path of a unix socket; owned by the
 *          fixture, valid until jig_free(); NULL for an unknown name.
 */
JIG_API const char *jig_address(const struct jig *fixture, const char *name);

/**
 * The port number of such an address.
 *
 * @return  the port; -ENOENT for an unknown name, and for a unix socket.
 */
JIG_API int jig_port(const struct jig *fixture, const char *name);

/**
 * The last lines of captured output: stdout and stderr, in order of arrival.
 *
 * @lines   the number of lines, at most; 0: all that are kept.
 * @ret     NUL-terminated, may contain any byte; free() it.
 * @return  the length in bytes; -ENOENT if no output is captured; -ENOMEM.
 */
JIG_API ssize_t jig_tail(const struct jig *fixture, unsigned lines, char **ret);

/** The number of captured bytes so far; jig_tail() has the last of them. */
JIG_API uint64_t jig_output_bytes(const struct jig *fixture);
/** The number of bytes that jig could not write to jig_command.log, for example
 * because the disk is full. */
JIG_API uint64_t jig_output_lost(const struct jig *fixture);

/** Which processes jig_signal() signals. */
enum jig_target {
	JIG_TARGET_MAIN, /* the main process */
	JIG_TARGET_ALL, /* every process in the cage */
};

/**
 * Send a signal to the main process or to every process in the cage.
 *
 * A standard signal that is already pending is not queued again; every instance
 * of a real-time signal is delivered, see signal(7).
 *
 * @return  0; -EINVAL no such signal; -ESRCH the fixture has ended; -EAGAIN a
 *          million instances of this real-time signal are pending.
 */
JIG_API int jig_signal(struct jig *fixture, int signo, enum jig_target target);

/**
 * Begin to stop the fixture by its policy. Returns at once; jig_wait() waits
 * for the end. It has no effect during a stop, whatever began that stop: an
 * earlier call, a time limit, or the end of the main process.
 *
 * If the guard is suspended (SIGSTOP), this call continues it. If it is
 * suspended again, or traced, each call of jig_wait() continues it, at most
 * every 100 ms. If it has not acted 30 s after the time of the stop's steps,
 * jig_wait() kills it, and the supervisor ends the fixture. If you do not wait
 * in jig_wait(), you need a timer for this: see jig_fd().
 *
 * @return  0; -ESRCH the fixture has ended.
 */
JIG_API int jig_stop(struct jig *fixture);

/**
 * Begin the next step of the stop now. Without a stop it begins one, as
 * jig_stop() does. It has no effect after the last step, which is SIGKILL.
 *
 * @return  0; -ESRCH the fixture has ended.
 */
JIG_API int jig_hurry(struct jig *fixture);

/* ------------------------------------------------------------- the report */

/**
 * The report. It exists when jig_wait() has returned 0.
 *
 * @return  a report that the fixture owns, valid until jig_free(); NULL before
 *          the end.
 */
JIG_API const struct jig_report *jig_report(const struct jig *fixture);

/** Why a fixture ended. */
enum jig_reason {
	JIG_REASON_EXIT, /* the main process ended by itself */
	JIG_REASON_STOP, /* a stop was requested */
	JIG_REASON_TIMEOUT, /* jig_command.timeout_us was over */
	JIG_REASON_OWNER, /* the owner died */
	JIG_REASON_GUARD, /* the guard was killed; see jig_wait() */
	JIG_REASON_FAILURE, /* the supervisor was killed; see the survivors */
	JIG_REASON_UNREADY, /* it did not become ready: jig_problem() */
	JIG_REASON_UNHEALTHY, /* jig_command.live failed: jig_problem() */
};

/** How a process detached itself, or why it outlived the main process. Bits. */
enum jig_how {
	JIG_HOW_SESSION = 1, /* own session: setsid() */
	JIG_HOW_GROUP = 2, /* own process group */
	JIG_HOW_DAEMON = 4, /* its parent and its session leader had ended */
	JIG_HOW_IGNORES_TERM = 8, /* ignores SIGTERM */
	JIG_HOW_STOPPED = 16, /* was suspended */
	JIG_HOW_USER = 32, /* runs as another user */
};

/** How a process ended. */
enum jig_fate {
	JIG_FATE_UNKNOWN, /* not seen, because another process reaped it */
	JIG_FATE_EXITED, /* `value` is its exit status */
	JIG_FATE_SIGNALED, /* `value` is the signal */
	JIG_FATE_SURVIVED, /* it could not be ended */
};

/** A process that outlived the main process: a leftover, or, with
 * JIG_FATE_SURVIVED, a survivor. */
struct jig_leftover {
	size_t size; /* sizeof(struct jig_leftover) */
	pid_t pid; /* in the cage's pid namespace */
	pid_t ppid;
	pid_t pgid;
	pid_t sid;
	uid_t uid;
	char state; /* when jig found it; see proc_pid_stat(5) */
	unsigned char reserved[7];
	uint32_t how; /* bits of enum jig_how */
	uint32_t fate; /* enum jig_fate */
	int32_t value; /* see enum jig_fate */
	int64_t after_us; /* from the main process's end to its own end, in
			   microseconds; -1: not known */
	char comm[16];
	char command[176]; /* arguments, separated by blanks; may be cut */
};

/** The main process's status, as of wait(2); -1 if jig did not see its end. */
JIG_API int jig_report_status(const struct jig_report *report);
/** The same as @ret_code of jig_wait(). */
JIG_API int jig_report_code(const struct jig_report *report);
/** Why the fixture ended. */
JIG_API enum jig_reason jig_report_reason(const struct jig_report *report);
/** Whether the fixture went on after the main process's end, see
 * jig_command.daemon. */
JIG_API bool jig_report_daemon(const struct jig_report *report);
/** The kind of cage ("cgroup"); owned by the report. */
JIG_API const char *jig_report_cage(const struct jig_report *report);
/** Why it was this kind, in words; owned by the report. */
JIG_API const char *jig_report_cage_reason(const struct jig_report *report);
/** The time from start to verified end, in microseconds. */
JIG_API int64_t jig_report_wall_us(const struct jig_report *report);
/** User time of all reaped processes, in microseconds. */
JIG_API int64_t jig_report_user_us(const struct jig_report *report);
/** System time of all reaped processes, in microseconds. */
JIG_API int64_t jig_report_system_us(const struct jig_report *report);
/** The largest resident size of one process, in bytes. */
JIG_API uint64_t jig_report_peak_bytes(const struct jig_report *report);

/** The number of leftovers; jig_report_leftover() describes at most 64. */
JIG_API size_t jig_report_leftovers(const struct jig_report *report);
/**
 * Describe a leftover.
 *
 * @index   from 0 on.
 * @ret     filled in; set its `size` before the call.
 * @return  0; -ENOENT if there is no description with this index; -EINVAL,
 *          -E2BIG: see "Sizes".
 */
JIG_API int jig_report_leftover(const struct jig_report *report, size_t index,
				struct jig_leftover *ret);
/** The number of survivors; jig_report_survivor() describes at most 16. */
JIG_API size_t jig_report_survivors(const struct jig_report *report);
/** Describe a survivor: as jig_report_leftover(). */
JIG_API int jig_report_survivor(const struct jig_report *report, size_t index,
				struct jig_leftover *ret);

/**
 * The report as JSON, see docs/report.schema.json.
 *
 * @ret     NUL-terminated; free() it.
 * @return  the length in bytes, or -ENOMEM.
 */
JIG_API ssize_t jig_report_json(const struct jig_report *report, char **ret);

/* ------------------------------------------------- processes of the machine */

/** One process; the fields are those of proc_pid_stat(5). */
struct jig_process {
	size_t size; /* sizeof(struct jig_process) */
	pid_t pid;
	pid_t ppid;
	pid_t pgid;
	pid_t sid;
	pid_t tpgid; /* foreground process group of its terminal; -1: none */
	int32_t tty; /* device number of its terminal; 0: none */
	char state; /* R S D T t Z X I */
	unsigned char reserved[3];
	int32_t threads;
	uint64_t start_ticks; /* since boot; sysconf(_SC_CLK_TCK) per second */
	char comm[64];
};

/**
 * List every process that your process may see, in order of pids. The snapshot
 * is not atomic.
 *
 * @ret        an array of @ret_count elements; free() it.
 * @ret_count  the number of processes.
 * @size       of one element: sizeof(struct jig_process).
 * @return     0; -ENOENT without /proc; -EINVAL, -E2BIG: see "Sizes"; or
 *             another negative errno.
 */
JIG_API int jig_list(struct jig_process **ret, size_t *ret_count, size_t size);

/**
 * Sort processes for job control: by session, then by process group, then by
 * pid, with leaders first. Processes without a session (kernel threads) come
 * first. Makes no system calls.
 *
 * @processes  @count elements, sorted in place; all have the same `size`.
 * @return     0; -EINVAL if the sizes differ.
 */
JIG_API int jig_sort_sessions(struct jig_process *processes, size_t count);

/**
 * Sort processes for a tree: each process, then its children with their
 * descendants, then its next sibling; siblings by pid. Makes no system calls.
 *
 * A process whose parent is not in the list is a root. Because a snapshot is
 * not atomic, parents may form a circle. Then, of the processes below no root,
 * the one with the lowest pid becomes a root.
 *
 * @processes   @count elements, sorted in place; all have the same `size`.
 * @ret_depths  an array of @count elements, or NULL: for each process, in the
 *              new order, the number of its ancestors in the list.
 * @return      0; -EINVAL if the sizes differ; -ENOMEM, and the list is
 *              unchanged.
 */
JIG_API int jig_sort_tree(struct jig_process *processes, size_t count,
			  unsigned *ret_depths);

/**
 * End a process that jig did not start, and all its descendants.
 *
 * Suspends each process, through a pidfd, until there are no new processes;
 * then sends SIGKILL to all of them; and repeats this until no process is left.
 * It cannot find a process that left the tree earlier, for example a daemon
 * that init has adopted.
 *
 * @timeout_ms  milliseconds; the time limit.
 * @ret_count   the number of processes that got SIGKILL; may be NULL.
 * @return      0 if all have ended (some may be zombies that their parent has
 *              not reaped); -ESRCH no such process; -EPERM you may not signal
 *              it; -EINVAL it is init, or your process is in the tree;
 *              -ETIMEDOUT.
 */
JIG_API int jig_end_tree(pid_t pid, int timeout_ms, size_t *ret_count);

/* ----------------------------------------------------------------- jobs */

/*
 * A *job* is a fixture in the background, by default without an owner: it goes
 * on when the process that started it ends. Every process of the same user can
 * inspect, suspend, continue and end it, and attach a terminal to it. `jig
 * start`, `jig jobs`, `jig fg` and others use these functions; see
 * jig-start(1).
 *
 * Each job has a *keeper*. It is the job's guard, and holds the job's terminal
 * and its last output. There is no daemon. A new job gets the smallest free
 * number. A number is free again when its job has ended and was forgotten, see
 * jig_job_forget().
 */

/** The state of a job. */
enum jig_job_state {
	JIG_JOB_STARTING = 1,
	JIG_JOB_RUNNING,
	JIG_JOB_STOPPED, /* suspended by stop_signal */
	JIG_JOB_ENDED, /* no process of it is left */
	JIG_JOB_LOST, /* its keeper was killed, and its processes were ended */
};

/** A job at the time of the call. */
struct jig_job {
	size_t size; /* sizeof(struct jig_job) */
	unsigned number;
	char name[64]; /* "": none */
	enum jig_job_state state;
	char mark; /* '+' the current job, '-' the previous one, else ' ' */
	bool is_session; /* started by `jig session` */
	unsigned char reserved[2];
	pid_t pid; /* of the main process, and of its process group */
	pid_t sid; /* session */
	pid_t keeper; /* pid of the keeper */
	int stop_signal; /* if suspended */
	int status; /* if ended: as of wait(2); -1: not known */
	int code; /* if ended: as jig_wait() returns it */
	unsigned clients; /* number of attached terminals */
	int64_t started_us; /* wall clock, microseconds since 1970 */
	int64_t ended_us; /* the same */
	int64_t recent_us; /* the last start, suspension or continuation */
	char terminal[32]; /* "/dev/pts/3"; "": none */
	char directory[1024]; /* of its start */
	char command[1024]; /* arguments, separated by blanks; may be cut */
};

/** How to start a job; zero means the default. */
struct jig_job_options {
	size_t size; /* sizeof(struct jig_job_options) */
	const char *name; /* letters, digits and _ . -, not digits alone */
	unsigned short rows, columns; /* of its terminal; 0: 24 and 80 */
	bool no_terminal; /* stdin is /dev/null; output is kept */
	unsigned char reserved[3];
};

/**
 * Start a command as a job. Returns when execve(2) has succeeded or failed.
 *
 * @command  as for jig_start(), but in, out, err, fds and group must be zero,
 *           and an owner of 0 means JIG_OWNER_NONE; copied.
 * @options  NULL: the defaults; copied.
 * @ret      the new job; set its `size` before the call.
 * @return   0; -EEXIST if a job has this name; or an error of jig_start(). On
 *           failure command->error explains the error in one sentence.
 */
JIG_API int jig_job_start(const struct jig_command *command,
			  const struct jig_job_options *options,
			  struct jig_job *ret);

/**
 * List all jobs of this user, in order of their numbers. This function and
 * jig_job_look() never wait for a keeper or for another jig.
 *
 * @ret        an array of @ret_count elements; free() it.
 * @ret_count  the number of jobs.
 * @size       of one element: sizeof(struct jig_job).
 * @return     0; -EINVAL, -E2BIG: see "Sizes"; or another negative errno.
 */
JIG_API int jig_jobs(struct jig_job **ret, size_t *ret_count, size_t size);

/**
 * Find the job of a jobspec. Makes no system calls.
 *
 * @jobs       @count elements of the same `size`.
 * @spec       "%2", "%%", "%+", "%", "%-", "%name", "%string" (the command
 *             begins with it), "%?string" (the command contains it), a name,
 *             or a number. See POSIX, "Job Control Job ID".
 * @ret_index  the index of the job in @jobs.
 * @return     0; -ESRCH no such job; -ENOTUNIQ several jobs match; -EINVAL the
 *             sizes differ.
 */
JIG_API int jig_job_find(const struct jig_job *jobs, size_t count,
			 const char *spec, size_t *ret_index);

/**
 * Look up one job: jig_jobs() and jig_job_find() in one call.
 *
 * @spec    a jobspec; "%7" or "7" for a job whose number you know.
 * @ret     the job; set its `size` before the call.
 * @return  0; -ESRCH no such job; -ENOTUNIQ several jobs match; -EINVAL,
 *          -E2BIG: see "Sizes"; or another negative errno.
 */
JIG_API int jig_job_look(const char *spec, struct jig_job *ret);

/** The format of jig_job_format(); bits. */
enum jig_job_style {
	JIG_JOB_SHORT = 0, /* "[1]+  Running                 sleep 50 &" */
	JIG_JOB_LONG = 1, /* with the pid, like `jobs -l` */
};

/**
 * Format a job's line like a shell, without a newline. Control characters and
 * invalid UTF-8 become '?'.
 *
 * @buffer  gets at most @size bytes with the NUL.
 * @return  the length of the whole line, as of snprintf(3); -EINVAL if
 *          job->size is not set.
 */
JIG_API int jig_job_format(const struct jig_job *job, enum jig_job_style style,
			   char *buffer, size_t size);

/** How to attach to a job; zero means the default. */
struct jig_attach {
	size_t size; /* sizeof(struct jig_attach) */
	unsigned short rows, columns; /* of your terminal; 0: not known */
	bool read_only; /* your input does not reach the job */
	bool newest_size; /* your size, not the smallest one, applies */
	/** Like a shell's foreground: the descriptor also gives an end of file
	 * when the job is suspended (at once if it already is). jig_job_look()
	 * tells whether it was suspended or has ended. */
	bool foreground;
	bool resume; /* first continue the job if it is suspended */
	/** Begin with all output that is kept, not with the last screenful. So
	 * you get all output of a job that you have just started. If the job
	 * has already ended, you get this output and then the end of file. */
	bool whole;
	unsigned char reserved[7];
};

/**
 * Attach to a job's terminal.
 *
 * From the descriptor you read the last screenful, drawn with control sequences
 * (with `whole`: the original bytes), and then the job's output, unchanged. The
 * bytes that you write are typed into the job's terminal, where ^C, ^Z and ^D
 * have their usual meaning. The descriptor is a stream socket, so write with
 * send(2) and MSG_NOSIGNAL. (With `whole` and a job that has ended, it is a
 * file for reading.) The end of file means that the job has ended, or that its
 * keeper was killed. If you do not read, the job goes on, and you miss output.
 * Closing the descriptor detaches.
 *
 * @how     NULL: the defaults.
 * @return  a blocking descriptor, which you must close; -ESRCH no such job, or
 *          it has ended (but see `whole`); -ETIMEDOUT, -EAGAIN: see
 *          jig_job_signal(); -EINVAL, -E2BIG: see "Sizes"; or another negative
 *          errno.
 */
JIG_API int jig_job_attach(unsigned number, const struct jig_attach *how);

/**
 * Run a job in the foreground of your terminal, like a shell's `fg`, until it
 * ends or is suspended.
 *
 * Passes your input to the job, and its output to @out. The job's terminal gets
 * the size of yours. To pass on later changes of the size, install a handler
 * for SIGWINCH; it may be empty. Your terminal is in raw mode during the call.
 * At the end the call restores its modes, and resets the state of the screen,
 * such as colours and the alternate screen. Handle or ignore signals that would
 * end your process: nothing would restore the terminal. The call continues the
 * keeper if it is suspended.
 *
 * @how     as for jig_job_attach(), with `foreground`; the size is that of @in.
 * @in      a terminal; if it is not a terminal, no input is passed.
 * @out     a blocking descriptor for the output.
 * @ret     the job afterwards: suspended (by stop_signal); or ended, then call
 *          jig_job_forget(); or running, if another process has just continued
 *          it. Set its `size` before the call.
 * @return  0; an error of jig_job_attach(); the negative errno of a write to
 *          @out.
 */
JIG_API int jig_job_foreground(unsigned number, const struct jig_attach *how,
			       int in, int out, struct jig_job *ret);

/**
 * Set the size of a job's terminal. Every descriptor of jig_job_attach() then
 * counts as a terminal of this size. If several terminals are attached, the
 * smallest of their sizes applies (but see jig_attach.newest_size).
 *
 * @rows, @columns  above 0.
 * @return  0; -ENOTTY the job has no terminal; an error of jig_job_signal().
 */
JIG_API int jig_job_resize(unsigned number, unsigned short rows,
			   unsigned short columns);

/**
 * Continue a suspended job. Its state changes shortly afterwards.
 *
 * @return  0; -ESRCH no such job, or it has ended; an error of
 *          jig_job_signal().
 */
JIG_API int jig_job_continue(unsigned number);

/** Suspend a job as Ctrl-Z does: send SIGTSTP to its foreground process group.
 * Returns as jig_job_continue(). */
JIG_API int jig_job_suspend(unsigned number);

/** Which processes jig_job_signal() signals. */
enum jig_job_target {
	/* The foreground process group of its terminal. If this is empty, or
	 * there is no terminal: the main process's group. */
	JIG_JOB_FOREGROUND,
	JIG_JOB_ALL, /* every process in its cage */
};

/**
 * Send a signal to a job. SIGCONT continues the job. SIGTERM and SIGHUP also
 * continue it if it is suspended.
 *
 * This function and all others that contact the keeper, also to attach or to
 * wait, continue a keeper that is suspended. All except jig_job_wait() return
 * -ETIMEDOUT if the keeper does not answer for 10 s, and -EAGAIN if the job's
 * start takes longer than 1 s (its file system may not answer). If @signo is
 * SIGKILL and the keeper does not answer, the function kills the keeper, and
 * with it the whole job.
 *
 * @return  0; -EINVAL no such signal; -ESRCH no such job, or it has ended;
 *          -EPERM none of the processes may be signalled; -ETIMEDOUT, -EAGAIN;
 *          or another negative errno.
 */
JIG_API int jig_job_signal(unsigned number, int signo,
			   enum jig_job_target target);

/** Begin to stop a job by its policy, as jig_stop(). Returns as
 * jig_job_continue(). */
JIG_API int jig_job_stop(unsigned number);

/** Begin the next step of a job's stop, or a stop, as jig_hurry(). Returns as
 * jig_job_continue(). */
JIG_API int jig_job_hurry(unsigned number);

/**
 * Wait until a job has ended, and no process of it is left.
 *
 * @timeout_ms  milliseconds; 0 does not wait, -1 waits without a limit.
 * @ret_code    as of jig_wait(); 125 if the job's keeper was killed;
 *              may be NULL.
 * @return      0; -ETIMEDOUT if it has not ended yet; -ESRCH no such job; or
 *              another negative errno.
 */
JIG_API int jig_job_wait(unsigned number, int timeout_ms, int *ret_code);

/**
 * Forget a job that has ended: remove its record, and free its number and name.
 *
 * @return  0; -EBUSY it has not ended; -ESRCH no such job; -ETIMEDOUT another
 *          jig that changes the jobs has been suspended for 10 s.
 */
JIG_API int jig_job_forget(unsigned number);

/** The version of the library, for example "1.2.3"; static. */
JIG_API const char *jig_version(void);

#ifdef __cplusplus
}
#endif

#endif
