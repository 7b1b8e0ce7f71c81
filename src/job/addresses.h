/* SPDX-License-Identifier: MIT */
/*
 * The addresses of a job (--listen, --port), in the file `addresses` of its
 * directory: a line "NAME PORT ADDRESS" for each name.
 *
 * Invariant: the file is written once, before the job counts as running. If
 * that fails, the addresses are not shown; the job runs.
 *
 * What does not belong here: how an address is chosen (net/sockets.h).
 */
#ifndef JIG_JOB_ADDRESSES_H
#define JIG_JOB_ADDRESSES_H

#include "net/names.h"

/** For the keeper. @directory  the job's. @names  of struct name; or NULL. */
void addresses_write(int directory, const struct list *names);

/**
 * Call @take for each name.
 * @port  0: the address is a path.
 */
void addresses_read(int directory,
		    void (*take)(void *context, const char *name, int port,
				 const char *address),
		    void *context);

#endif
