// SPDX-License-Identifier: MIT
#include "core/ancestry/table.h"

#include <stddef.h>
#include <string.h>

static uint32_t *bucket_of(struct table *table, pid_t pid)
{
	return &table->buckets[(uint32_t)pid % TABLE_SIZE];
}

static void insert_living(struct table *table, uint32_t number)
{
	uint32_t *bucket = bucket_of(table, table->births[number].pid);

	table->births[number].next = *bucket;
	*bucket = number;
}

static uint32_t remove_living(struct table *table, pid_t pid)
{
	uint32_t *at = bucket_of(table, pid);

	while (*at && table->births[*at].pid != pid)
		at = &table->births[*at].next;
	uint32_t number = *at;

	if (number)
		*at = table->births[number].next;
	return number;
}

static void queue_to_forget(struct table *table, uint32_t number)
{
	table->births[number].next = 0;
	if (table->newest)
		table->births[table->newest].next = number;
	else
		table->oldest = number;
	table->newest = number;
}

/* @return  its place, or 0: all that are noted live or have descendants. */
static uint32_t forget_oldest(struct table *table)
{
	uint32_t number = table->oldest, parent;

	if (!number)
		return 0;
	table->oldest = table->births[number].next;
	if (!table->oldest)
		table->newest = 0;
	parent = table->births[number].parent;
	if (parent && --table->births[parent].children == 0 &&
	    table->births[parent].dead)
		queue_to_forget(table, parent);
	return number;
}

static uint32_t new_place(struct table *table)
{
	if (table->used < TABLE_SIZE)
		return ++table->used;
	return forget_oldest(table);
}

void table_begin(struct table *table, pid_t root)
{
	uint32_t number = new_place(table);

	table->births[number] = (struct birth){ .pid = root };
	insert_living(table, number);
}

void table_fork(struct table *table, pid_t parent, pid_t pid, int64_t at_us)
{
	struct birth *from = table_living(table, parent);
	uint32_t number;

	if (!from)
		return;
	table_exit(table, pid); /* Its exit was lost. */
	number = new_place(table);
	if (!number) {
		table->lost++;
		return;
	}

	struct birth *birth = &table->births[number];

	*birth = (struct birth){
		.pid = pid,
		.parent = (uint32_t)(from - table->births),
		.forked = true,
		.began_us = at_us,
	};
	memcpy(birth->command, from->command, sizeof(birth->command));
	from->children++;
	insert_living(table, number);
}

void table_exit(struct table *table, pid_t pid)
{
	uint32_t number = remove_living(table, pid);

	if (!number)
		return;
	table->births[number].dead = true;
	if (table->births[number].children == 0)
		queue_to_forget(table, number);
}

struct birth *table_living(struct table *table, pid_t pid)
{
	uint32_t number = *bucket_of(table, pid);

	while (number && table->births[number].pid != pid)
		number = table->births[number].next;
	return number ? &table->births[number] : NULL;
}

const struct birth *table_at(const struct table *table, uint32_t number)
{
	return number > 0 && number <= TABLE_SIZE ? &table->births[number]
						  : NULL;
}

uint32_t table_find(const struct table *table, pid_t pid, int64_t at_us)
{
	uint32_t found = 0;

	for (uint32_t i = 1; i <= table->used && i <= TABLE_SIZE; i++)
		if (table->births[i].pid == pid &&
		    table->births[i].began_us <= at_us &&
		    (!found ||
		     table->births[i].began_us > table->births[found].began_us))
			found = i;
	return found;
}
