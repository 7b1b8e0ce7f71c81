/* SPDX-License-Identifier: MIT */
/*
 * The files of this folder, each with the options of one subject: a function
 * run_take_… for each option, for the table in cli/run/options.c, and what
 * checks, opens and frees the values that they take.
 *
 * Order: all options are parsed, then everything is checked, then everything is
 * opened. A value with a name in braces ("tcp:{db}") can be checked only when
 * the name is known, so only once it is opened.
 */
#ifndef JIG_CLI_RUN_OPTION_OPTION_H
#define JIG_CLI_RUN_OPTION_OPTION_H

#include "cli/run/option/settings.h"

#define RUN_TAKES(name)                                                        \
	int run_take_##name(void *settings, const char *value,                 \
			    struct fault *fault)

/* stop.c */
RUN_TAKES(stop);
RUN_TAKES(stop_signal);
RUN_TAKES(grace);
RUN_TAKES(stop_mode);
RUN_TAKES(timeout);
RUN_TAKES(daemon);
RUN_TAKES(leftovers);
RUN_TAKES(ancestry);
RUN_TAKES(owner);

/* init.c */
RUN_TAKES(forward);
RUN_TAKES(rewrite);
RUN_TAKES(map_status);

/* process.c */
RUN_TAKES(chdir);
RUN_TAKES(path);
RUN_TAKES(user);
RUN_TAKES(groups);
RUN_TAKES(keep_ignored);
RUN_TAKES(umask);
RUN_TAKES(nice);
RUN_TAKES(group);
/** Whether --user is known here. @return 0 or -EINVAL with the reason. */
int run_user_check(const struct run_settings *settings, struct fault *fault);

/* limits.c */
RUN_TAKES(limit);
RUN_TAKES(memory);
RUN_TAKES(pids);
RUN_TAKES(cpu);

/* env.c */
RUN_TAKES(env);
RUN_TAKES(env_file);
RUN_TAKES(env_dialect);
RUN_TAKES(clear_env);
/** Read the files of --env-file. @return 0 or -errno with the reason. */
int run_env_read(struct run_settings *settings, struct fault *fault);
/** Those of --env-file and --env. @ret  of const char *, list_free() it.
 * @return 0 or -ENOMEM. */
int run_env_collect(const struct run_settings *settings, struct list *ret);
/** Make plan.envp. @return 0 or -errno. */
int run_env_make(struct run_settings *settings);
void run_env_free(struct run_settings *settings);

/* ready.c */
RUN_TAKES(ready);
RUN_TAKES(or);
RUN_TAKES(start_timeout);
RUN_TAKES(interval);
RUN_TAKES(ready_delay);
RUN_TAKES(ready_timeout);
RUN_TAKES(ready_successes);
/** Whether a value holds no name in braces. */
bool run_word_is_known(const char *text);
/** Before any start: reject probes that cannot be right. */
int run_ready_check(const struct run_settings *settings, struct fault *fault);
/** Open sockets, probes and captures; replace names in @words. */
int run_ready_open(struct run_settings *settings, char **words,
		   struct fault *fault);
void run_ready_free(struct run_settings *settings);

/* live.c */
RUN_TAKES(live);
RUN_TAKES(live_interval);
RUN_TAKES(live_timeout);
RUN_TAKES(live_delay);
RUN_TAKES(live_failures);
/** Before any start: reject probes that cannot be right. */
int run_live_check(const struct run_settings *settings, struct fault *fault);
/** Make plan.liveness, after the names in --live were replaced. */
int run_live_open(struct run_settings *settings, struct fault *fault);
void run_live_free(struct run_settings *settings);

/* sockets.c */
RUN_TAKES(listen);
RUN_TAKES(port);
/** Before any start: reject sockets and ports that cannot be right. */
int run_sockets_check(const struct run_settings *settings, struct fault *fault);
int run_listens_open(struct run_settings *settings, struct fault *fault);
int run_ports_reserve(struct run_settings *settings, struct fault *fault);
/** Add a name of ours, or of a fixture of --with. @return 0 or -errno. */
int run_add_name(struct run_settings *settings, const struct name *name,
		 struct fault *fault);
/** Once plan.envp is complete: find where the child writes LISTEN_PID. */
void run_sockets_env(struct run_settings *settings);
/** Remove the files of unix sockets that --listen has made. */
void run_sockets_remove(struct run_settings *settings);

/* output.c */
RUN_TAKES(capture);
RUN_TAKES(ring_size);
RUN_TAKES(log);
RUN_TAKES(log_prefix);
RUN_TAKES(log_times);
RUN_TAKES(pass_on);
/** Open what is captured. @fds  gets what the command needs: struct spawn_fd.
 * @return 0 or -errno with the reason. */
int run_output_open(struct run_settings *settings, struct list *fds,
		    struct fault *fault);

/* with.c */
RUN_TAKES(with);
RUN_TAKES(name);
RUN_TAKES(if_dies);
RUN_TAKES(parallel);
RUN_TAKES(log_dir);
void run_with_free(struct run_settings *settings);

/* via.c */
RUN_TAKES(via);
RUN_TAKES(via_jig);
RUN_TAKES(via_address);
RUN_TAKES(via_timeout);
RUN_TAKES(via_push);
RUN_TAKES(via_env);
/** With --via: make the plan of this side, when all options are checked. */
int run_via_complete(struct run_settings *settings, struct fault *fault);
/** With --via: make the relay's order, and the socket to it. */
int run_via_open(struct run_settings *settings, char **words,
		 struct fault *fault);
/** The words of main: those of the relay, or @words. */
char *const *run_via_words(const struct run_settings *settings, char **words);
void run_via_free(struct run_settings *settings);

/* via_start.c */
/** For command->note: keep a use of an option that is for the other machine.
 * @return 0 or -ENOMEM. */
int run_via_note(void *settings, const char *option, const char *value);
/** Members of the parameters of `start`, as JSON. @ret  free() it.
 * @return 0 or -errno with the reason. */
int run_via_start(struct run_settings *settings, char **words, char **ret,
		  struct fault *fault);

#endif
