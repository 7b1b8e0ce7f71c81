// SPDX-License-Identifier: MIT
#include "unit.h"

#include "net/listener.h"
#include "probe.h"

static const char tcp_table[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
	"retrnsmt   uid  timeout inode\n"
	"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 "
	"00000000  1000        0 51234 1 00000000fe48b3c4 100 0 0 10 0\n"
	"   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 "
	"00000000     0        0 1618 1 00000000fe48b3c4 100 0 0 10 0\n"
	"   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 "
	"00000000  1000        0 51240 1 0000000012345678 20 4 30 10 -1\n"
	"   3: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 "
	"00000000    33        0 51300 1 0000000012345678 100 0 0 10 0\n";

static const char tcp6_table[] =
	"  sl  local_address                         remote_address\n"
	"   0: 00000000000000000000000001000000:1F90 "
	"00000000000000000000000000000000:0000 0A 00000000:00000000 "
	"00:00000000 00000000     0        0 777 1 0000000000000000 100\n"
	"   1: 0000000000000000FFFF00000100007F:1F90 "
	"00000000000000000000000000000000:0000 0A 00000000:00000000 "
	"00:00000000 00000000     0        0 778 1 0000000000000000 100\n";

static const char unix_table[] =
	"Num       RefCount Protocol Flags    Type St Inode Path\n"
	"00000000a115a1f7: 00000003 00000000 00000000 0001 03    78\n"
	"0000000000000001: 00000002 00000000 00010000 0001 01  9001 /run/a b\n"
	"0000000000000002: 00000002 00000000 00010000 0001 01  9002 /run/a\n"
	"0000000000000003: 00000003 00000000 00000000 0001 03  9003 /run/a\n"
	"0000000000000004: 00000002 00000000 00010000 0005 01  9004 /run/s\n"
	"0000000000000005: 00000002 00000000 00010000 0001 01  9005 @name\n"
	"0000000000000006: 00000002 00000000 00010000 0001 01 19006  x\n";

static const struct listener *row(const struct list *list, size_t i)
{
	return list_at(list, i, sizeof(struct listener));
}

static void tables_of_tcp_are_read(void **state)
{
	CLEANUP(list_free) struct list found = { 0 };

	(void)state;
	if (htonl(1) == 1)
		skip(); /* The text above is of a little-endian machine. */
	assert_int_equal(listener_parse_tcp(tcp_table, false, 8080, &found), 0);
	assert_int_equal(found.count, 2);
	assert_int_equal(row(&found, 0)->inode, 51234);
	assert_int_equal(row(&found, 0)->uid, 1000);
	assert_int_equal(row(&found, 0)->port, 8080);
	assert_memory_equal(row(&found, 0)->address, "\x7f\0\0\1", 4);
	assert_int_equal(row(&found, 1)->inode, 51300);
	assert_memory_equal(row(&found, 1)->address, "\0\0\0\0", 4);
}

static void tables_of_tcp6_are_read(void **state)
{
	CLEANUP(list_free) struct list found = { 0 };
	struct in6_addr mapped;

	(void)state;
	if (htonl(1) == 1)
		skip(); /* As above. */
	assert_int_equal(listener_parse_tcp(tcp6_table, true, 8080, &found), 0);
	assert_int_equal(found.count, 2);
	assert_true(row(&found, 0)->v6);
	assert_memory_equal(row(&found, 0)->address, &in6addr_loopback, 16);
	assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped), 1);
	assert_memory_equal(row(&found, 1)->address, &mapped, 16);
}

static void only_streams_at_just_that_path_are_found(void **state)
{
	static const struct {
		const char *path;
		uint64_t inode; /* 0: none */
	} cases[] = {
		{ "/run/a", 9002 }, { "/run/a b", 9001 }, { "/run/s", 0 },
		{ "@name", 9005 },  { " x", 19006 },	  { "x", 0 },
		{ "", 0 },	    { "/run", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(list_free) struct list found = { 0 };

		assert_int_equal(listener_parse_unix(unix_table, cases[i].path,
						     &found),
				 0);
		assert_int_equal(found.count, cases[i].inode != 0);
		if (cases[i].inode == 0)
			continue;
		assert_int_equal(row(&found, 0)->inode, cases[i].inode);
		assert_string_equal(row(&found, 0)->path, cases[i].path);
	}
}

static void what_is_no_table_has_no_rows(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"   0: ",
		"   0: 0100007F:1F90",
		"   0: 0100007F1F90 0:0 0A 0:0 0:0 0 0 0 5\n",
		"   0: 0100007G:1F90 0:0 0A 0:0 0:0 0 0 0 5\n",
		"   0: 0100007F:1F90 0:0 1FF 0:0 0:0 0 0 0 5\n",
		("   0: 0100007F:1F90 0:0 0A 0:0 0:0 0 0 0 "
		 "99999999999999999999\n"),
		"   0: 0100007F:1F90 0:0 0A 0:0 0:0 0 0 0 \n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct list found = { 0 };

		assert_int_equal(listener_parse_tcp(texts[i], false, 8080,
						    &found),
				 0);
		assert_int_equal(listener_parse_unix(texts[i], "x", &found), 0);
		assert_int_equal(found.count, 0);
	}
}

static void a_real_listener_is_found_and_held(void **state)
{
	CLEANUP(list_free) struct list found = { 0 };
	CLEANUP_CLOSE int procfd = procfs_open();
	uint16_t port = 0;
	pid_t pid = 0, other = child_sleeper();
	CLEANUP_CLOSE int fd = listen_on("::1", &port);
	char comm[16] = "";

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(listener_find_tcp(procfd, other, port, &found), 0);
	assert_int_equal(found.count, 1);
	assert_memory_equal(row(&found, 0)->address, &in6addr_loopback, 16);

	uint64_t inode = row(&found, 0)->inode;

	assert_int_equal(listener_is_held(procfd, getpid(), inode), 1);
	assert_int_equal(listener_is_held(procfd, other, inode), 0);
	assert_int_equal(listener_find_holder(procfd, inode, &pid, comm), 0);
	assert_int_equal(pid, getpid());
	assert_true(strlen(comm) > 0);
	assert_int_equal(listener_find_holder(procfd, 1, &pid, comm), -ESRCH);
	child_end(other);
	assert_int_equal(listener_is_held(procfd, other, inode), -ENOENT);
	assert_true(listener_find_tcp(procfd, other, port, &found) < 0);
}

static void a_connection_is_no_listener(void **state)
{
	CLEANUP(list_free) struct list found = { 0 };
	CLEANUP_CLOSE int procfd = procfs_open();
	uint16_t port = 0;
	int fd = listen_on("127.0.0.1", &port);
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	CLEANUP_CLOSE int one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(connect(one, (struct sockaddr *)&in, sizeof(in)), 0);
	CLEANUP_CLOSE int two = accept(fd, NULL, NULL);
	assert_true(two >= 0);
	(void)close(fd);
	assert_int_equal(listener_find_tcp(procfd, getpid(), port, &found), 0);
	assert_int_equal(found.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_tcp_are_read),
		cmocka_unit_test(tables_of_tcp6_are_read),
		cmocka_unit_test(only_streams_at_just_that_path_are_found),
		cmocka_unit_test(what_is_no_table_has_no_rows),
		cmocka_unit_test(a_real_listener_is_found_and_held),
		cmocka_unit_test(a_connection_is_no_listener),
	};

	return RUN(tests);
}
