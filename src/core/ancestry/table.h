/* SPDX-License-Identifier: MIT */
/*
 * The processes of a fixture, living and dead, with their parents and commands:
 * what ancestry is read from at the end.
 *
 * It has a fixed size. When it is full, the process is forgotten that has been
 * dead for the longest time and that has no descendant here. If there is none
 * of these, a new process is not noted, and counted as lost.
 *
 * Invariant: a plain value without pointers. It lies in memory that a child
 * writes and its parent reads after the child's end, or after it was killed in
 * the middle of a change: so a reader checks each index.
 */
#ifndef JIG_CORE_ANCESTRY_TABLE_H
#define JIG_CORE_ANCESTRY_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TABLE_SIZE 4096

/** Numbers of births are indices into `births`; 0 is none. */
struct birth {
	pid_t pid;
	uint32_t parent;
	uint32_t children; /* that are noted here, dead ones too */
	uint32_t next; /* alive: of its bucket; dead and childless: in the
			  queue of those to forget */
	bool dead;
	bool forked; /* it has not executed a program: command is its parent's
		      */
	int64_t began_us; /* on clock_us() */
	char command[176]; /* "": not known */
};

struct table {
	uint32_t used; /* births[1] to births[used] */
	uint32_t lost; /* how often anything was lost */
	uint32_t oldest, newest; /* queue of those to forget */
	uint32_t buckets[TABLE_SIZE]; /* the living, by pid */
	struct birth births[TABLE_SIZE + 1];
};

/** Note the process whose descendants are noted. The table is zeroed. */
void table_begin(struct table *table, pid_t root);

/** A process was created. Ignored if @parent is not noted. */
void table_fork(struct table *table, pid_t parent, pid_t pid, int64_t at_us);

/** It has ended. */
void table_exit(struct table *table, pid_t pid);

/** A living process. @return its birth, or NULL. */
struct birth *table_living(struct table *table, pid_t pid);

/**
 * The process that had a number at a time at which it was alive.
 * @return  its number; 0: it is not noted.
 */
uint32_t table_find(const struct table *table, pid_t pid, int64_t at_us);

/** @return a birth, or NULL if this is none. */
const struct birth *table_at(const struct table *table, uint32_t number);

#endif
