/* SPDX-License-Identifier: MIT */
/*
 * Names of errors in the protocol of `jig agent`: "ENOENT". Their numbers
 * differ between machines.
 */
#ifndef JIG_AGENT_WIRE_ERROR_NAME_H
#define JIG_AGENT_WIRE_ERROR_NAME_H

/** "ENOENT"; "E99" for what has no name here. @buffer  for that. */
const char *error_name(int error, char buffer[16]);

/** Of a name; -EPROTO if it is none. */
int error_number(const char *name);

#endif
