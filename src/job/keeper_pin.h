/* SPDX-License-Identifier: MIT */
/*
 * A job's keeper as a process, for its clients: a suspended keeper (SIGSTOP)
 * does not answer, and the job's own command can suspend it.
 *
 * Invariant: no other process gets a signal. The keeper is pinned by a pidfd
 * first, and then confirmed: it is the parent of the supervisor that leads the
 * job's session. Without pidfds (Linux < 5.3) there is no signal.
 */
#ifndef JIG_JOB_KEEPER_PIN_H
#define JIG_JOB_KEEPER_PIN_H

/** Interval at which a client that waits long, such as an attached terminal,
 * checks whether the keeper is suspended. */
#define KEEPER_LOOK_MS 1000

/** Continue the keeper if it is suspended. */
void keeper_continue(unsigned number);

/**
 * Send SIGKILL to the keeper: the supervisor then ends the job by its policy.
 * @return  0; -ESRCH no such keeper; or -errno.
 */
int keeper_kill(unsigned number);

#endif
