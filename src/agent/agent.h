/* SPDX-License-Identifier: MIT */
/*
 * `jig agent`: fixtures for a program that speaks JSON-RPC over a pair of
 * pipes. jig-agent(7) is the protocol.
 *
 * Invariants:
 *   1. When standard input has ended, or standard output has no reader, every
 *      fixture is stopped, and the agent exits when all have ended.
 *   2. Requests wait while the queue to the client is full.
 *
 * Each file calls only those that stand before it here:
 *
 *   methods.c     requests about one fixture; look.c: those that only look
 *   session.c     requests about the session
 *   tools.c       the same for --mcp
 *   request.c     a line from the client, and the tables of methods
 *   agent.c       the loop, and the end of all
 *
 * except that session.c ends the agent (agent_end()), and tools.c calls
 * methods (call_method()).
 *
 * Not here: the command (cli/agent.c), the fixtures (agent/fixture), the bytes
 * (agent/wire).
 */
#ifndef JIG_AGENT_AGENT_H
#define JIG_AGENT_AGENT_H

#include "agent/fixture/served.h"

/** The version of the protocol; jig-agent(7) has the rule. */
#define AGENT_PROTOCOL 1

struct call {
	struct reply reply;
	struct params params;
	struct refusal refusal;
};

struct method {
	const char *name;
	void (*run)(struct agent *agent, struct call *call);
	const char *const *fields; /* that it knows; NULL: none */
};

/** Each ends with a NULL name. */
extern const struct method fixture_methods[], look_methods[], session_methods[];
extern const struct method stream_methods[];
/** For `fields`: the method checks them itself. */
extern const char *const method_checks[];
/** All three, with a NULL at the end. */
extern const struct method *const method_tables[];

/**
 * The fixture that a request names.
 * @read    of its other parameters: 0 or more; or -EINVAL, with the refusal.
 * @return  NULL after an answer.
 */
struct served *call_fixture(struct agent *agent, struct call *call, int read);
/** Answer with call->refusal. */
void call_refuse(struct agent *agent, struct call *call);
/** Answer with -errno. @text  NULL: that of the errno. */
void call_failed(struct agent *agent, struct call *call, int error,
		 const char *text);
/** Call a method of these tables; its fields are checked. */
bool call_method(struct agent *agent, struct call *call, const char *name);

/** tools.c: a request of --mcp. @return false: there is no such method. */
bool tools_call(struct agent *agent, struct call *call, const char *name);

/* request.c */

/** Act on a line. */
void request_take_line(struct agent *agent, char *line, size_t size);
void request_skip_line(struct agent *agent);

/* agent.c */

/** Stop all, and exit when all have ended. */
void agent_end(struct agent *agent, const char *why);
/** Serve until the end. @return the exit status, or -errno with the reason. */
int agent_run(struct agent *agent, struct fault *fault);

#endif
