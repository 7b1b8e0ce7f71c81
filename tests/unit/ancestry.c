// SPDX-License-Identifier: MIT
/* The table of births, and the events that fill it. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "core/ancestry/event.h"
#include "core/ancestry/table.h"

#define ROOT 100

static struct table *table;

static int make_table(void **state)
{
	(void)state;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -1;
	table_begin(table, ROOT);
	return 0;
}

static int free_table(void **state)
{
	(void)state;
	free(table);
	return 0;
}

static pid_t parent_of(pid_t pid, int64_t at_us)
{
	const struct birth *birth =
		table_at(table, table_find(table, pid, at_us));
	const struct birth *parent =
		birth ? table_at(table, birth->parent) : NULL;

	return parent ? parent->pid : 0;
}

static void dead_ancestors_are_known(void **state)
{
	(void)state;
	table_fork(table, ROOT, 200, 10);
	table_fork(table, 200, 300, 20);
	table_fork(table, 300, 400, 30);
	table_exit(table, 300);
	table_exit(table, 200);
	assert_int_equal(parent_of(400, 99), 300);
	assert_int_equal(parent_of(300, 99), 200);
	assert_int_equal(parent_of(200, 99), ROOT);
	assert_null(table_living(table, 300));
	assert_non_null(table_living(table, 400));
}

static void a_stranger_is_not_noted(void **state)
{
	(void)state;
	table_fork(table, 77, 200, 10);
	table_exit(table, 77);
	assert_int_equal(table_find(table, 200, 99), 0);
	assert_int_equal(table->used, 1);
	assert_int_equal(table->lost, 0);
}

static void a_fork_has_its_parents_command(void **state)
{
	(void)state;
	table_fork(table, ROOT, 200, 10);
	(void)snprintf(table_living(table, 200)->command, 16, "make");
	table_fork(table, 200, 300, 20);
	assert_string_equal(table_living(table, 300)->command, "make");
	assert_true(table_living(table, 300)->forked);
}

static void a_pid_that_is_used_again_is_told_by_its_time(void **state)
{
	(void)state;
	table_fork(table, ROOT, 200, 10);
	table_fork(table, 200, 300, 20);
	table_exit(table, 300);
	table_fork(table, ROOT, 300, 40);
	assert_int_equal(table_find(table, 300, 5), 0);
	assert_int_equal(parent_of(300, 30), 200);
	assert_int_equal(parent_of(300, 40), ROOT);
	/* Without the event of its end. */
	table_fork(table, 200, 300, 60);
	assert_int_equal(parent_of(300, 50), ROOT);
	assert_int_equal(parent_of(300, 99), 200);
}

static void the_dead_without_descendants_are_forgotten_first(void **state)
{
	(void)state;
	table_fork(table, ROOT, 200, 10);
	table_fork(table, 200, 300, 20);
	table_exit(table, 200); /* 300 lives. */
	for (int i = 0; i < 3 * TABLE_SIZE; i++) {
		table_fork(table, ROOT, 1000 + i, 100 + i);
		table_exit(table, 1000 + i);
	}
	assert_int_equal(table->used, TABLE_SIZE);
	assert_int_equal(table->lost, 0);
	assert_int_equal(parent_of(300, 20), 200);
	assert_int_equal(parent_of(200, 20), ROOT);
	assert_int_equal(table_find(table, 1000, 1000000), 0);
	assert_int_equal(parent_of(999 + 3 * TABLE_SIZE, 1000000), ROOT);
	/* Its last descendant dies: both can go, and no other one. */
	table_exit(table, 300);
	for (int i = 0; i < 2 * TABLE_SIZE; i++) {
		table_fork(table, ROOT, 50000 + i, 100000 + i);
		table_exit(table, 50000 + i);
	}
	assert_int_equal(table_find(table, 300, 1000000), 0);
	assert_int_equal(table_find(table, 200, 1000000), 0);
	assert_non_null(table_living(table, ROOT));
}

static void a_full_table_counts_what_it_does_not_note(void **state)
{
	(void)state;
	for (int i = 0; i < TABLE_SIZE + 9; i++)
		table_fork(table, ROOT, 1000 + i, i);
	assert_int_equal(table->lost, 10);
	table_exit(table, 1000);
	table_fork(table, 1001, 9999, 99999);
	assert_int_equal(table->lost, 10);
	assert_int_equal(parent_of(9999, 99999), 1001);
}

/* ------------------------------------------------------------------- events */

static size_t make_event(char *ret, uint32_t what, uint32_t a, uint32_t b,
			 uint32_t c, uint32_t d)
{
	const uint32_t words[] = { a, b, c, d };
	const struct cn_msg head = { .id = { CN_IDX_PROC, CN_VAL_PROC } };
	const uint64_t at_ns = 5000;
	char *body = ret + NLMSG_HDRLEN + sizeof(head);

	memset(ret, 0, 256);
	memcpy(ret + NLMSG_HDRLEN, &head, sizeof(head));
	memcpy(body, &what, sizeof(what));
	memcpy(body + offsetof(struct proc_event, timestamp_ns), &at_ns,
	       sizeof(at_ns));
	memcpy(body + offsetof(struct proc_event, event_data), words,
	       sizeof(words));
	return NLMSG_HDRLEN + sizeof(head) + sizeof(struct proc_event);
}

static void an_event_is_read_as_the_kernel_writes_it(void **state)
{
	char data[256];
	struct birth_event event;

	(void)state;
	size_t size = make_event(data, 1, 10, 11, 20, 21);

	assert_int_equal(event_parse(data, size, &event), 0);
	assert_int_equal(event.kind, BIRTH_FORK);
	assert_int_equal(event.parent, 11);
	assert_int_equal(event.pid, 21);
	assert_int_equal(event.at_us, 5);
	(void)make_event(data, 2, 30, 31, 0, 0);
	assert_int_equal(event_parse(data, size, &event), 0);
	assert_int_equal(event.kind, BIRTH_EXEC);
	assert_int_equal(event.pid, 31);
	(void)make_event(data, 0x80000000, 40, 41, 0, 0);
	assert_int_equal(event_parse(data, size, &event), 0);
	assert_int_equal(event.kind, BIRTH_EXIT);
	assert_int_equal(event.pid, 41);
	(void)make_event(data, 0, EPERM, 0, 0, 0);
	assert_int_equal(event_parse(data, size, &event), 0);
	assert_int_equal(event.kind, BIRTH_ACK);
	assert_int_equal(event.error, -EPERM);
	(void)make_event(data, 0x200, 1, 1, 0, 0);
	assert_int_equal(event_parse(data, size, &event), 0);
	assert_int_equal(event.kind, BIRTH_NONE);
}

static void what_is_no_event_is_refused(void **state)
{
	char data[256];
	struct birth_event event = { .pid = 4711 };
	size_t size = make_event(data, 1, 10, 11, 20, 21);

	(void)state;
	for (size_t i = 0; i < size; i++)
		assert_int_equal(event_parse(data, i, &event), -EBADMSG);
	(void)make_event(data, 1, 10, UINT32_MAX, 20, 21);
	assert_int_equal(event_parse(data, size, &event), -EBADMSG);
	(void)make_event(data, 1, 10, 11, 20, 21);
	data[NLMSG_HDRLEN] ^= 1; /* Another connector. */
	assert_int_equal(event_parse(data, size, &event), -EBADMSG);
	assert_int_equal(event.pid, 4711);
}

#define WITH_TABLE(test)                                                       \
	cmocka_unit_test_setup_teardown(test, make_table, free_table)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		WITH_TABLE(dead_ancestors_are_known),
		WITH_TABLE(a_stranger_is_not_noted),
		WITH_TABLE(a_fork_has_its_parents_command),
		WITH_TABLE(a_pid_that_is_used_again_is_told_by_its_time),
		WITH_TABLE(the_dead_without_descendants_are_forgotten_first),
		WITH_TABLE(a_full_table_counts_what_it_does_not_note),
		cmocka_unit_test(an_event_is_read_as_the_kernel_writes_it),
		cmocka_unit_test(what_is_no_event_is_refused),
	};

	return RUN(tests);
}
