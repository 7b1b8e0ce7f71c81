/* SPDX-License-Identifier: MIT */
/*
 * A job's keeper as a process, for a client that asks it to stop or kill the
 * job: a keeper that was stopped (SIGSTOP) answers nothing, and the job's own
 * command can stop it.
 *
 * Invariant: no other process gets a signal. The keeper is pinned by a pidfd
 * first, and then confirmed: it is the parent of the supervisor that leads the
 * job's session. Without pidfds (Linux < 5.3) there is no signal.
 */
#ifndef JIG_JOB_KEEPER_PIN_H
#define JIG_JOB_KEEPER_PIN_H

/** Continue the keeper if it is stopped. */
void keeper_continue(unsigned number);

/**
 * SIGKILL to the keeper: the supervisor then ends the job by its policy.
 * @return  0; -ESRCH there is no such keeper; or -errno.
 */
int keeper_kill(unsigned number);

/**
 * Wait for the end of a job that was asked to end. A keeper that is stopped
 * meanwhile is continued.
 * @return  as jig_job_wait().
 */
int keeper_await_end(unsigned number, int *ret_code);

#endif
