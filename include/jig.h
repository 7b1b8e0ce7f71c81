/* SPDX-License-Identifier: MIT */
/**
 * libjig: start a command as a fixture, and when you leave it nothing that the
 * command started is left.
 *
 * A *fixture* is a command with all that it starts, from start to verified end.
 * Its processes live in a *cage*; a small helper process, the guard, ends them
 * when you ask for it, when the main process ends, and when your process dies,
 * by SIGKILL too. See jig(1) for the words and GUARANTEES.md for what is
 * promised under which cage.
 *
 *     const char *argv[] = { "srv", NULL };
 *     struct jig_command command = { .size = sizeof(command), .argv = argv };
 *     struct jig *fixture;
 *     int r = jig_start(&command, &fixture);
 *     if (r < 0)
 *             return r;
 *     …
 *     jig_free(fixture);                    // stops it; nothing is left
 *
 * Rules of the whole API
 *   - Functions return 0 (or a count) or a negative errno; outputs are written
 *     on success only.
 *   - The library never prints, exits, installs a signal handler, changes a
 *     signal mask, reaps a child that is not its own, or makes your process a
 *     subreaper. The guard is a child of your process; a host that reaps it
 *     with waitpid(-1) or ignores SIGCHLD does no harm.
 *   - Your signal handlers may interrupt any call, also without SA_RESTART: it
 *     goes on, and keeps to its time limit.
 *   - A fixture may be used by one thread at a time; different fixtures by
 *     different threads at once. It outlives the thread that started it.
 *   - Every descriptor that the library opens has FD_CLOEXEC, and nothing of
 *     yours but what you name is inherited by the command.
 *   - Fields that are zero mean the default. A negative time is as zero where
 *     nothing else is said.
 *
 * Sizes
 *   A struct that can grow begins with its size, which you set:
 *
 *     struct jig_job job = { .size = sizeof(job) };  // C, and C++20
 *     jig_job job = {}; job.size = sizeof(job);      // C++
 *
 *   So a program that was built with an older jig.h runs with a newer library
 *   of the same SONAME, and the other way round, as with clone3(2):
 *
 *   - Fields that your struct does not have are as if they were zero.
 *   - Fields that the library does not know must be zero, else the function
 *     fails with -E2BIG. Those of a struct that it writes become zero.
 *   - A size of 0, below that of the first version, or that is not a multiple
 *     of sizeof(size_t), is -EINVAL. A size above 65536 is -E2BIG: a later
 *     library may know such a struct, this one reads and writes none.
 *   - jig_jobs() and jig_list() make arrays of your size: use them with [].
 *
 *   Bytes that are `reserved` are zero; fields may take their place. Structs
 *   without a size (jig_stdio, jig_fd, jig_limit, jig_step) stay as they are
 *   for as long as the SONAME does.
 *
 * The library runs the `jig` program as the guard: the one named in
 * jig_command.program, else in the environment variable JIG_PROGRAM, else the
 * one that was installed with the library, else `jig` in PATH.
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

/** What happened, complete once the fixture has ended. */
struct jig_report;

/* ------------------------------------------------------------ the command */

enum jig_stdio_kind {
	JIG_STDIO_INHERIT, /* yours */
	JIG_STDIO_NULL, /* /dev/null */
	JIG_STDIO_PIPE, /* a pipe whose other end jig_take_pipe() gives */
	JIG_STDIO_FILE, /* `path`; output is appended, created 0666 & ~umask */
	JIG_STDIO_FD, /* a duplicate of your `fd` */
	JIG_STDIO_OUTPUT, /* for stderr: where stdout goes */
	JIG_STDIO_CAPTURE, /* for stdout, stderr: kept, see jig_tail() */
};

/** Fixed for the lifetime of the SONAME. */
struct jig_stdio {
	enum jig_stdio_kind kind;
	int fd;
	const char *path;
};

/** Your descriptor `from` is the command's `to`. Fixed, as jig_stdio. */
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

/** One step of a stop policy: send a signal, then wait for emptiness. Fixed, as
 * jig_stdio. */
struct jig_step {
	int signal;
	int64_t wait_us; /* microseconds */
};

enum jig_cage {
	JIG_CAGE_AUTO, /* the strongest that the command cannot notice */
	JIG_CAGE_CGROUP,
	JIG_CAGE_PIDNS,
	JIG_CAGE_SUBREAPER,
	JIG_CAGE_PGROUP,
};

enum jig_group {
	JIG_GROUP_AUTO, /* foreground if stdin is our terminal, else session */
	JIG_GROUP_SESSION, /* own session, no controlling terminal */
	JIG_GROUP_PGROUP, /* own process group in your session */
	JIG_GROUP_FOREGROUND, /* that, in the foreground of your terminal */
	/** Own session with stdin as its controlling terminal: a pty's slave,
	 * or another terminal without a session. Else jig_start() fails with
	 * -ENOTTY (no terminal) or -EPERM (it is another session's). When the
	 * pty's master is closed the kernel hangs up: SIGHUP. */
	JIG_GROUP_TERMINAL,
	/** As a job of a shell: own process group in a session that the
	 * supervisor leads, in the foreground of stdin if that is a terminal
	 * without a session (another session's: -EPERM). So Ctrl-Z and SIGTSTP
	 * stop it, which does nothing to a group without a parent in its
	 * session (POSIX: an orphaned process group). */
	JIG_GROUP_JOB,
	/** Your own session and process group, as a child of fork(2) has it:
	 * it may use your terminal, and the keys of that (Ctrl-C, Ctrl-Z) are
	 * for both of you. With JIG_CAGE_PGROUP: -EINVAL. */
	JIG_GROUP_INHERIT,
};

enum jig_stop_mode {
	JIG_STOP_ALL, /* each process of the cage gets the first signal */
	JIG_STOP_MAIN, /* the main process first, the rest when it has ended */
};

/** jig_command.owner: none; the fixture ends only with its main process. */
#define JIG_OWNER_NONE ((pid_t)-1)

/**
 * What to run and how. Everything is copied by jig_start().
 *
 * In the words of argv, shell, env, ready, live and log_prefix, {fd:NAME},
 * {addr:NAME} and {port:NAME} stand for a socket of `listen` or a port of
 * `ports`; {NAME} is {addr:NAME}. Other braces stay as they are.
 */
struct jig_command {
	size_t size; /* sizeof(struct jig_command) */

	const char *const
		*argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *shell; /* or a line for /bin/sh -c */
	const char *path; /* what to execute, if it is not argv[0] */

	const char *cwd;
	const char *const *env; /* NULL-terminated "NAME=value", added */

	struct jig_stdio in, out, err;
	const struct jig_fd *fds;
	size_t fd_count;

	bool clear_env; /* start from an empty environment */
	bool set_user; /* uid, gid and groups below; needs privilege */
	bool set_umask; /* umask below */
	/** The main process goes into the background: its end with status 0,
	 * while others are in the cage, does not end the fixture. That ends
	 * when the cage is empty, by a stop, or by the owner's death. Its code
	 * is 0 then, and the others are no leftovers. Not in a pgroup cage. */
	bool daemon;
	int nice; /* added to yours */

	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* supplementary */
	size_t group_count;

	mode_t umask;
	enum jig_group group;
	const struct jig_limit *limits;
	size_t limit_count;

	enum jig_cage cage;
	uint32_t cpu_permille; /* 1000: one whole processor; 0: no limit */
	uint64_t memory_max; /* bytes, of the whole cage; 0: no limit */
	uint64_t pids_max; /* processes and threads; 0: no limit */

	pid_t owner; /* 0: your process; a pid; JIG_OWNER_NONE */
	enum jig_stop_mode stop_mode;
	const struct jig_step *steps; /* default: SIGTERM, 10 s, SIGKILL */
	size_t step_count;
	int64_t timeout_us; /* stop it after so long; 0: never */

	/** What says that it is ready, NULL-terminated: see jig-ready(7), as
	 * "tcp:8080", "http:{http}/health", "log:listening on (.*)", "notify".
	 * All must say so; one that begins with '|' is an alternative to the
	 * one before it. None: it is ready once it has started. Relative paths
	 * begin at the host's directory at the start, not at `cwd`. */
	const char *const *ready;
	int64_t start_timeout_us; /* until all have; 0: 60 s; -1: for ever */
	int64_t probe_interval_us; /* between two looks; 0: it adapts */
	int64_t ready_delay_us; /* before the first look */
	int64_t ready_timeout_us; /* of one look; 0: http 1 s, exec 10 s */
	unsigned ready_successes; /* looks in a row that say so; 0: 1 */
	unsigned live_failures; /* of `live`, in a row; 0: 3 */

	/** What says that it still serves, asked from "ready" on: words as in
	 * `ready`, of the kinds that can be asked again (tcp, unix, http, exec,
	 * file); all must hold. When live_failures looks in a row have failed
	 * it is stopped by its policy, with JIG_REASON_UNHEALTHY. */
	const char *const *live;
	int64_t live_interval_us; /* from a look to the next; 0: 10 s */
	int64_t live_timeout_us; /* of one look; 0: 1 s */
	int64_t live_delay_us; /* from ready to the first look */

	/** Sockets that jig binds and the command inherits from descriptor 3
	 * on, as systemd's LISTEN_FDS, NULL-terminated "NAME=ADDRESS":
	 * "http=127.0.0.1:0", "api=[::1]:8080", "db=unix:/run/db.sock".
	 * The file of a unix socket is removed at the end, if it is still the
	 * one that jig has made. A relative path: as for `ready`. */
	const char *const *listen;
	/** Names of TCP ports that no other jig on this machine picks while the
	 * fixture lives, NULL-terminated; the command finds them in PORT (the
	 * first) and NAME_PORT. "NAME=PORT" asks for that one. */
	const char *const *ports;

	size_t ring_size; /* of captured output, bytes; 0: 256 KiB */
	const char *log; /* captured output is appended to this file, too */
	const char *log_prefix; /* before each line of it, "web | " */
	bool log_times; /* the time before each line of it, UTC */
	unsigned char reserved[7];

	const char *program; /* the jig program, see above */
	char *error; /* where jig_start() explains a failure; may be NULL */
	size_t error_size;
};

/**
 * Start a command as a fixture.
 *
 * Returns once execve(2) has succeeded or failed, so a wrong program name is an
 * error here and not a strange exit status later. Costs do not depend on the
 * size of your process (vfork(2), never a plain fork).
 *
 * @command  what to run and how; copied.
 * @ret      the new fixture; jig_free() it.
 * @return   0, or
 *           -EINVAL   a field makes no sense, or `size` is not set
 *           -E2BIG    a field that this library does not know is set, or
 *                     `size` is above 65536
 *           -ENOENT   no such program or directory
 *           -EACCES, -ENOEXEC, -EISDIR  it cannot be executed
 *           -ELIBBAD  the interpreter that it names is missing
 *           -ENOTSUP  no cage of that kind, or not with these limits
 *           -ENOPKG   the jig program was not found, is of another version, or
 *                     gave no answer for 10 s (then it is killed)
 *           -EPROTO   the guard died before it could answer
 *           and what fork, pipe and open may give (-EMFILE, -ENOMEM, …).
 *           command->error holds a sentence for a person.
 */
JIG_API int jig_start(const struct jig_command *command, struct jig **ret);

/**
 * Stop the fixture if it has not ended, wait until it has, free everything.
 *
 * Takes as long as its stop policy and 5 s at most. If the guard does not act
 * (it is stopped again and again, or traced), it is killed 30 s later, and its
 * supervisor ends the fixture. NULL is allowed.
 */
JIG_API void jig_free(struct jig *fixture);

/* ------------------------------------------------------- a running fixture */

/** The main process's pid, as your pid namespace numbers it. */
JIG_API pid_t jig_pid(const struct jig *fixture);

/**
 * A pidfd of the main process, or -1 on kernels without (before 5.3).
 * Owned by the fixture; valid until jig_free().
 */
JIG_API int jig_pidfd(const struct jig *fixture);

/**
 * One descriptor for your event loop: readable (POLLIN) when jig_wait() or
 * jig_wait_ready() with time 0 has something new to see, also if another
 * function has read it before. Owned by the fixture.
 *
 * After jig_stop() or jig_hurry() also call jig_wait() with time 0 by a timer,
 * every 100 ms to 1 s, until it does not return -ETIMEDOUT. A guard that
 * another process stops (SIGSTOP) makes nothing readable; these calls continue
 * it, and kill one that does not act. Without a stop no timer is needed.
 */
JIG_API int jig_fd(const struct jig *fixture);

/**
 * Take our end of a JIG_STDIO_PIPE: 0 to write stdin, 1 and 2 to read stdout
 * and stderr.
 *
 * @return  a descriptor that is yours to close from now on; -ENOENT when there
 *          is none, or it was taken.
 */
JIG_API int jig_take_pipe(struct jig *fixture, int number);

/**
 * Wait until the fixture has ended: the main process and everything that it
 * started are gone and proved to be gone (survivors are in the report).
 *
 * @timeout_ms  milliseconds; 0 does not wait, -1 waits for ever.
 * @ret_code    as a shell has it: main's exit status, 128 + n when signal n
 *              ended it; may be NULL.
 * @return      0; -ETIMEDOUT when it has not ended yet; -EPROTO when the guard
 *              was killed (its supervisor then ends the fixture).
 */
JIG_API int jig_wait(struct jig *fixture, int timeout_ms, int *ret_code);

/**
 * Wait until the fixture is ready: all of jig_command.ready say so.
 *
 * @timeout_ms  milliseconds; 0 does not wait, -1 waits for ever (the fixture's
 *              own start_timeout_us ends that, too).
 * @return  0; -ETIMEDOUT when it is not ready yet, and may become it; else it
 *          never will, and jig_problem() says why:
 *          -ECHILD      it ended before (jig_wait() gives the status)
 *          -ETIME       start_timeout_us has passed; it is being stopped
 *          -EADDRINUSE  a process that is none of the fixture listens there
 *          -EPROTO      the guard was killed
 *          and what else a probe may find.
 */
JIG_API int jig_wait_ready(struct jig *fixture, int timeout_ms);

/**
 * While it is not ready: what it waits for, as "http:8080/: connection
 * refused". When it never will be, or when jig_command.live has failed (and a
 * stop has begun): why, in a sentence. "" otherwise. Owned by
 * the fixture; valid until the next call with it.
 */
JIG_API const char *jig_problem(struct jig *fixture);

/** From start to ready, microseconds; -1 before. */
JIG_API int64_t jig_ready_us(const struct jig *fixture);

/**
 * What a group of a "log:" probe has matched: "1" for the first, or its name,
 * (?P<name>…). Owned by the fixture; NULL when there is none.
 */
JIG_API const char *jig_match(const struct jig *fixture, const char *group);

/**
 * A socket of jig_command.listen as the command's clients reach it,
 * "127.0.0.1:40123" or a path; of a port in jig_command.ports "127.0.0.1:PORT".
 * Owned by the fixture; NULL for an unknown name.
 */
JIG_API const char *jig_address(const struct jig *fixture, const char *name);

/** Its port; -ENOENT for an unknown name, or one of a path. */
JIG_API int jig_port(const struct jig *fixture, const char *name);

/**
 * The last lines of captured output, stdout and stderr as they came.
 *
 * @lines   how many at most; 0: all that is kept.
 * @ret     NUL-terminated, may hold any byte; free() it.
 * @return  its length, -ENOENT when nothing is captured, -ENOMEM.
 */
JIG_API ssize_t jig_tail(const struct jig *fixture, unsigned lines, char **ret);

/** Captured bytes in all, of which jig_tail() keeps the last. */
JIG_API uint64_t jig_output_bytes(const struct jig *fixture);
/** Those that could not be written to jig_command.log (a full disk). */
JIG_API uint64_t jig_output_lost(const struct jig *fixture);

enum jig_target {
	JIG_TARGET_MAIN, /* the main process */
	JIG_TARGET_ALL, /* each process of the cage */
};

/**
 * Send a signal. As in the kernel, a standard signal that is pending already is
 * not sent twice, and real-time signals are counted.
 * @return  0; -EINVAL no such signal; -ESRCH it has ended; -EAGAIN a million of
 *          this real-time signal are pending.
 */
JIG_API int jig_signal(struct jig *fixture, int signo, enum jig_target target);

/**
 * Begin to stop it by its policy; returns at once, jig_wait() for the end. It
 * has no effect while a stop goes on, whatever has begun that (a call of this,
 * a time limit, the end of the main process): the stop takes its time.
 *
 * A guard that was stopped (SIGSTOP) is continued. If it is stopped again, or
 * traced, each call of jig_wait() continues it, at most every 100 ms; if it has
 * not acted 30 s after the request, and the time of the stop's steps, it is
 * killed, and its supervisor ends the fixture. A host that does not wait in
 * jig_wait() needs a timer for that: see jig_fd().
 *
 * @return  0; -ESRCH it has ended.
 */
JIG_API int jig_stop(struct jig *fixture);

/**
 * Hurry: the next step of the stop begins now. Without a stop, begin one as
 * jig_stop(). After the last step, which is SIGKILL, it has no effect.
 *
 * @return  0; -ESRCH it has ended.
 */
JIG_API int jig_hurry(struct jig *fixture);

/* ------------------------------------------------------------- the report */

/**
 * The report: complete after jig_wait() has returned 0.
 * @return  owned by the fixture; NULL before the end.
 */
JIG_API const struct jig_report *jig_report(const struct jig *fixture);

enum jig_reason {
	JIG_REASON_EXIT, /* the main process ended by itself */
	JIG_REASON_STOP, /* a stop was requested */
	JIG_REASON_TIMEOUT, /* jig_command.timeout_us */
	JIG_REASON_OWNER, /* the owner died */
	JIG_REASON_GUARD, /* the guard was killed */
	JIG_REASON_FAILURE, /* the supervisor was killed; see survivors */
	JIG_REASON_UNREADY, /* it did not become ready: jig_problem() */
	JIG_REASON_UNHEALTHY, /* jig_command.live failed: jig_problem() */
};

/** How a process had got away, or why it outlived main. Bits. */
enum jig_how {
	JIG_HOW_SESSION = 1, /* own session: setsid() */
	JIG_HOW_GROUP = 2, /* own process group */
	JIG_HOW_DAEMON = 4, /* its parent and its session's leader had gone */
	JIG_HOW_IGNORES_TERM = 8, /* ignores SIGTERM */
	JIG_HOW_STOPPED = 16, /* was stopped */
	JIG_HOW_USER = 32, /* runs as another user */
};

enum jig_fate {
	JIG_FATE_UNKNOWN, /* its end was not seen: another process reaped it */
	JIG_FATE_EXITED, /* `value` is its exit status */
	JIG_FATE_SIGNALED, /* `value` is the signal */
	JIG_FATE_SURVIVED, /* it could not be ended */
};

/** A leftover, or (with JIG_FATE_SURVIVED) a survivor. */
struct jig_leftover {
	size_t size; /* sizeof(struct jig_leftover) */
	pid_t pid; /* as the cage numbers processes */
	pid_t ppid;
	pid_t pgid;
	pid_t sid;
	uid_t uid;
	char state; /* when it was found; see proc_pid_stat(5) */
	unsigned char reserved[7];
	uint32_t how; /* bits of enum jig_how */
	uint32_t fate; /* enum jig_fate */
	int32_t value;
	int64_t after_us; /* from main's end to its own, microseconds; -1: not
			   known */
	char comm[16];
	char command[176]; /* arguments, blanks between; cut if longer */
};

/** wait(2)'s status of the main process; -1 if it never was seen to end. */
JIG_API int jig_report_status(const struct jig_report *report);
/** As jig_wait() gives it. */
JIG_API int jig_report_code(const struct jig_report *report);
JIG_API enum jig_reason jig_report_reason(const struct jig_report *report);
/** Whether it went on after main's end, see jig_command.daemon. */
JIG_API bool jig_report_daemon(const struct jig_report *report);
/** Which cage it was ("cgroup"), and why that one. */
JIG_API const char *jig_report_cage(const struct jig_report *report);
JIG_API const char *jig_report_cage_reason(const struct jig_report *report);
/** From start to verified end, microseconds. */
JIG_API int64_t jig_report_wall_us(const struct jig_report *report);
/** CPU time of everything that was reaped, microseconds. */
JIG_API int64_t jig_report_user_us(const struct jig_report *report);
JIG_API int64_t jig_report_system_us(const struct jig_report *report);
/** Largest resident size of one process, bytes. */
JIG_API uint64_t jig_report_peak_bytes(const struct jig_report *report);

/** How many leftovers there were; at most 64 of them are described. */
JIG_API size_t jig_report_leftovers(const struct jig_report *report);
/**
 * The @index-th.
 * @ret     its `size` is set by you.
 * @return  0, -ENOENT past those that are described; -EINVAL, -E2BIG, see
 *          "Sizes".
 */
JIG_API int jig_report_leftover(const struct jig_report *report, size_t index,
				struct jig_leftover *ret);
/** How many survivors there were, at most 16 of them described; the same. */
JIG_API size_t jig_report_survivors(const struct jig_report *report);
JIG_API int jig_report_survivor(const struct jig_report *report, size_t index,
				struct jig_leftover *ret);

/**
 * The report as JSON (docs/report.schema.json).
 * @ret     NUL-terminated; free() it.
 * @return  its length or -ENOMEM.
 */
JIG_API ssize_t jig_report_json(const struct jig_report *report, char **ret);

/* ------------------------------------------------- processes of the machine */

/** One process, see proc_pid_stat(5). */
struct jig_process {
	size_t size; /* sizeof(struct jig_process) */
	pid_t pid;
	pid_t ppid;
	pid_t pgid;
	pid_t sid;
	pid_t tpgid; /* foreground group of its terminal; -1: none */
	int32_t tty; /* device number of its terminal; 0: none */
	char state; /* R S D T t Z X I */
	unsigned char reserved[3];
	int32_t threads;
	uint64_t start_ticks; /* since boot; sysconf(_SC_CLK_TCK) a second */
	char comm[64];
};

/**
 * Every process that we may see, in order of pids. A snapshot, not atomic.
 *
 * @ret     an array; free() it.
 * @size    of one of its elements: sizeof(struct jig_process).
 * @return  0, -ENOENT without /proc, or -errno.
 */
JIG_API int jig_list(struct jig_process **ret, size_t *ret_count, size_t size);

/**
 * Order processes as job control sees them: by session, in it by process group,
 * in that by pid; leaders first. Processes without a session (the kernel's own)
 * stand in front. Pure.
 *
 * @processes  all have the same `size`.
 * @return     0, or -EINVAL: they have not.
 */
JIG_API int jig_sort_sessions(struct jig_process *processes, size_t count);

/**
 * Order processes as a tree is printed: each before its children, and those
 * before its next sibling; siblings by pid. Pure.
 *
 * A process without a parent in the list is a root. A snapshot is not atomic:
 * when there are parents in a circle, a process below no root becomes one, by
 * pid.
 *
 * @processes   all have the same `size`.
 * @ret_depths  how many of its ancestors are in the list, for each in the new
 *              order; room for @count; may be NULL.
 * @return      0; -EINVAL sizes differ; or -ENOMEM with the list as it was.
 */
JIG_API int jig_sort_tree(struct jig_process *processes, size_t count,
			  unsigned *ret_depths);

/**
 * End a process that jig did not start, with everything that descends from it.
 *
 * All of them are pinned (pidfd) and stopped until none is new, then get
 * SIGKILL; this repeats until none is left. What had already left the tree
 * (a daemon that init has adopted) cannot be found.
 *
 * @timeout_ms  how long to try.
 * @ret_count   how many got SIGKILL; may be NULL.
 * @return      0 all of them are gone (or zombies of a foreign parent);
 *              -ESRCH no such process; -EPERM not ours to end; -EINVAL it is
 *              init, or we are in the tree; -ETIMEDOUT.
 */
JIG_API int jig_end_tree(pid_t pid, int timeout_ms, size_t *ret_count);

/* ----------------------------------------------------------------- jobs */

/*
 * A *job* is a fixture in the background that belongs to no process: it goes on
 * when its starter has ended, and every process of the same user can look at
 * it, attach a terminal, stop, continue and end it. `jig start`, `jig jobs`,
 * `jig fg` and their kin are made of these functions; see jig-start(1).
 *
 * Each job has a keeper, which is its guard: it holds the job's terminal and
 * the last of its output. There is no daemon. A job's number is the smallest
 * that is free; it is taken until the job has ended and jig_job_forget() was
 * called.
 */

enum jig_job_state {
	JIG_JOB_STARTING = 1,
	JIG_JOB_RUNNING,
	JIG_JOB_STOPPED, /* by stop_signal */
	JIG_JOB_ENDED, /* and nothing is left of it */
	JIG_JOB_LOST, /* its keeper was killed; so its processes were ended */
};

/** A job as it was when it was looked at. */
struct jig_job {
	size_t size; /* sizeof(struct jig_job) */
	unsigned number;
	char name[64]; /* "" without one */
	enum jig_job_state state;
	char mark; /* '+' the current job, '-' the previous one, else ' ' */
	bool is_session; /* begun by `jig session` */
	unsigned char reserved[2];
	pid_t pid; /* of the main process; its process group's number */
	pid_t sid; /* session */
	pid_t keeper;
	int stop_signal; /* when stopped */
	int status; /* when ended: as wait(2) has it; -1: not known */
	int code; /* when ended: as a shell has it */
	unsigned clients; /* attached terminals */
	int64_t started_us; /* wall clock, microseconds since 1970 */
	int64_t ended_us;
	int64_t recent_us; /* when it last was started, stopped or continued */
	char terminal[32]; /* "/dev/pts/3"; "" without one */
	char directory[1024]; /* where it was started */
	char command[1024]; /* its words; cut if longer */
};

/** How to start a job; zero means the default. */
struct jig_job_options {
	size_t size; /* sizeof(struct jig_job_options) */
	const char *name; /* letters, digits and _ . -, not digits alone */
	unsigned short rows, columns; /* of its terminal; 0: 24 and 80 */
	bool no_terminal; /* stdin is /dev/null, output is kept */
	unsigned char reserved[3];
};

/**
 * Start a command as a job; returns once execve(2) has succeeded or failed.
 *
 * @command  as for jig_start(), but in, out, err, fds and group are the job's
 *           own affair and must be zero, and an owner of 0 is none.
 * @options  NULL: all of the default.
 * @ret      its `size` is set by you.
 * @return   0; as jig_start(); -EEXIST a job has this name; -EINVAL.
 *           command->error holds a sentence for a person.
 */
JIG_API int jig_job_start(const struct jig_command *command,
			  const struct jig_job_options *options,
			  struct jig_job *ret);

/**
 * All jobs of this user, in order of their numbers. Neither this nor
 * jig_job_look() waits for a keeper or for another jig.
 * @ret     an array; free() it.
 * @size    of one of its elements: sizeof(struct jig_job).
 * @return  0 or -errno.
 */
JIG_API int jig_jobs(struct jig_job **ret, size_t *ret_count, size_t size);

/**
 * Which of @jobs a jobspec means: "%2", "%%", "%+", "%", "%-", "%name",
 * "%string" (its command begins so), "%?string" (its command has that),
 * a name or a number alone. Pure.
 *
 * @jobs    all have the same `size`.
 * @return  0; -ESRCH no such job; -ENOTUNIQ ambiguous; -EINVAL sizes differ.
 */
JIG_API int jig_job_find(const struct jig_job *jobs, size_t count,
			 const char *spec, size_t *ret_index);

/**
 * One job as it is now: jig_jobs() and jig_job_find() in one.
 *
 * @spec    a jobspec; of a job whose number is known, "%7" or "7".
 * @ret     its `size` is set by you.
 * @return  0; -ESRCH no such job; -ENOTUNIQ ambiguous; or -errno.
 */
JIG_API int jig_job_look(const char *spec, struct jig_job *ret);

/** What jig_job_format() writes; bits. */
enum jig_job_style {
	JIG_JOB_SHORT = 0, /* "[1]+  Running                 sleep 50 &" */
	JIG_JOB_LONG = 1, /* the pid, too, as `jobs -l` */
};

/**
 * A job's line as a shell writes it, without a newline. What a terminal could
 * take for orders, and broken UTF-8, is shown as '?'.
 * @return  its length as snprintf(3), or -EINVAL: job->size is not set.
 */
JIG_API int jig_job_format(const struct jig_job *job, enum jig_job_style style,
			   char *buffer, size_t size);

/** How to attach to a job; zero means the default. */
struct jig_attach {
	size_t size; /* sizeof(struct jig_attach) */
	unsigned short rows, columns; /* of our terminal; 0: not known */
	bool read_only;
	bool newest_size; /* its terminal takes our size, not the smallest */
	/** As in a shell's foreground: end of file says that the job has been
	 * stopped, too (at once where it already is), and jig_jobs() which. */
	bool foreground;
	bool resume; /* continue it first, where it is stopped */
	/** Begin with all of its output that is kept, not with a screenful; so
	 * that nothing is missed of a job that was just started. Of one that
	 * has ended already that is all that is read. */
	bool whole;
	unsigned char reserved[7];
};

/**
 * Attach to a job's terminal: a blocking descriptor that is yours to close.
 *
 * What is read is the last screenful, drawn anew with a terminal's sequences
 * (or with `whole` the bytes), and then what the job writes, raw; what is
 * written is typed at its terminal: ^C, ^Z and ^D are what they are at any
 * terminal. A stream socket, so write with send(2) and MSG_NOSIGNAL; with
 * `whole`, of a job that has ended, a file to be read. End of file says that
 * the job has ended (or its keeper was killed). A reader that takes nothing
 * does not stop the job: it misses output. Closing it detaches.
 *
 * @how     NULL: all of the default.
 * @return  a descriptor; -ESRCH no such job, or it has ended; -ETIMEDOUT and
 *          -EAGAIN, see jig_job_signal(); -EINVAL, -E2BIG, see "Sizes"; or
 *          -errno.
 */
JIG_API int jig_job_attach(unsigned number, const struct jig_attach *how);

/**
 * A job in the foreground of your terminal, until it ends or is stopped: what
 * is typed goes to it, what it says comes here, as a shell's `fg` does it. Its
 * terminal gets the size of yours; install a handler for SIGWINCH, which may do
 * nothing, and it follows. Yours is raw meanwhile, and then as it was: what the
 * job has not undone, its colours or an alternate screen, is undone. Signals
 * that would end your process are to be handled or ignored. If its keeper is
 * stopped meanwhile, it is continued.
 *
 * @how  as for jig_job_attach(), with `foreground`; the size is of @in.
 * @in   a terminal, or anything else: then nothing is typed.
 * @out  where output is written; blocking.
 * @ret  the job as it is then: stopped (by stop_signal), or ended (jig_job_
 *       forget() it); if it was just continued, running. Its `size` is set
 *       by you.
 * @return  0; as jig_job_attach(); -errno of a write to @out.
 */
JIG_API int jig_job_foreground(unsigned number, const struct jig_attach *how,
			       int in, int out, struct jig_job *ret);

/**
 * Set the size of its terminal; where others are attached, as the size of those
 * that jig_job_attach() has attached, of all of which the smallest counts.
 * @return  0, -ENOTTY it has none, or -errno.
 */
JIG_API int jig_job_resize(unsigned number, unsigned short rows,
			   unsigned short columns);

/** Continue it where it is stopped; its state follows. @return 0, -ESRCH, or
 * -errno. */
JIG_API int jig_job_continue(unsigned number);

/** Stop it as Ctrl-Z does: SIGTSTP to its foreground process group. */
JIG_API int jig_job_suspend(unsigned number);

enum jig_job_target {
	/* Its terminal's foreground process group, which may be another than
	 * main's; where it is empty, and without a terminal, main's. */
	JIG_JOB_FOREGROUND,
	JIG_JOB_ALL, /* each process of its cage */
};

/**
 * Send it a signal. SIGCONT continues the job, and so do SIGTERM and SIGHUP if
 * it is stopped.
 *
 * This and the other requests, attaching and waiting, too, continue a keeper
 * that is stopped. All but a wait fail with -ETIMEDOUT if it does not answer
 * for 10 s, and with -EAGAIN if the job's start takes longer than 1 s (its file
 * system may not answer). SIGKILL then ends the keeper, and with it the whole
 * job.
 * @return  0, -EINVAL, -ESRCH, -EPERM (to none of them), or -errno.
 */
JIG_API int jig_job_signal(unsigned number, int signo,
			   enum jig_job_target target);

/** End it by its stop policy; returns at once. As jig_stop(). */
JIG_API int jig_job_stop(unsigned number);

/** Hurry that, or begin it: as jig_hurry(). */
JIG_API int jig_job_hurry(unsigned number);

/**
 * Wait until it has ended, and nothing is left of it.
 * @timeout_ms  milliseconds; -1 waits for ever.
 * @ret_code    as jig_wait() has it; 125 when its keeper was killed.
 * @return      0; -ETIMEDOUT; -ESRCH no such job; or -errno.
 */
JIG_API int jig_job_wait(unsigned number, int timeout_ms, int *ret_code);

/** Forget a job that has ended. @return 0, -EBUSY it has not, -ESRCH, or
 * -ETIMEDOUT: a jig that changes the jobs has been suspended for 10 s. */
JIG_API int jig_job_forget(unsigned number);

/** "1.2.3". */
JIG_API const char *jig_version(void);

#ifdef __cplusplus
}
#endif

#endif
