/* SPDX-License-Identifier: MIT */
/*
 * A job's keeper as a process, for a client that asks it for something: a
 * keeper that was stopped (SIGSTOP) answers nothing, and the job's own command
 * can stop it.
 *
 * Invariant: no other process gets a signal. The keeper is pinned by a pidfd
 * first, and then confirmed: it is the parent of the supervisor that leads the
 * job's session. Without pidfds (Linux < 5.3) there is no signal.
 */
#ifndef JIG_JOB_KEEPER_PIN_H
#define JIG_JOB_KEEPER_PIN_H

/** Interval at which a client that waits for long, an attached terminal for
 * instance, looks whether the keeper is stopped. */
#define KEEPER_LOOK_MS 1000

/** Continue the keeper if it is stopped. */
void keeper_continue(unsigned number);

/**
 * SIGKILL to the keeper: the supervisor then ends the job by its policy.
 * @return  0; -ESRCH there is no such keeper; or -errno.
 */
int keeper_kill(unsigned number);

#endif
