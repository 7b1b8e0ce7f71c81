// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/environment.h"
#include "base/list.h"

static void items_stay_as_the_list_grows(void **state)
{
	struct list list = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list_append(&list, &i, sizeof(i)), 0);
	assert_int_equal(list.count, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(*(int *)list_at(&list, (size_t)i, sizeof(i)),
				 i);
	list_free(&list);
	assert_null(list.items);
	assert_int_equal(list.count, 0);
	list_free(&list);
}

static void a_failed_append_leaves_the_list_as_it_was(void **state)
{
	struct list list = { 0 };
	int one = 1;

	(void)state;
	assert_int_equal(list_append(&list, &one, sizeof(one)), 0);

	struct list before = list;

	list.count = list.room; /* Full: the next one has to grow it. */
	assert_int_equal(list_append(&list, &one, SIZE_MAX / 2), -ENOMEM);
	assert_ptr_equal(list.items, before.items);
	assert_int_equal(list.room, before.room);
	list_free(&list);
}

static void a_buffer_is_text_at_any_time(void **state)
{
	struct buffer buffer = { 0 };

	(void)state;
	buffer_add(&buffer, "ab", 2);
	assert_string_equal(buffer.text, "ab");
	buffer_printf(&buffer, "%s-%d", "c", 5);
	assert_string_equal(buffer.text, "abc-5");
	assert_int_equal(buffer.used, 5);
	for (int i = 0; i < 10000; i++)
		buffer_add(&buffer, "x", 1);
	assert_int_equal(strlen(buffer.text), 10005);
	buffer_free(&buffer);
	assert_null(buffer.text);
}

static void a_buffer_remembers_its_first_error(void **state)
{
	struct buffer buffer = { 0 };

	(void)state;
	buffer_add(&buffer, "ab", 2);
	buffer.error = -ENOMEM;
	buffer_add(&buffer, "cd", 2);
	buffer_printf(&buffer, "%d", 1);
	assert_string_equal(buffer.text, "ab");
	buffer_free(&buffer);
}

static void the_front_of_a_buffer_is_dropped(void **state)
{
	struct buffer buffer = { 0 };

	(void)state;
	buffer_drop(&buffer, 0);
	assert_null(buffer.text);
	buffer_add(&buffer, "abcde", 5);
	buffer_drop(&buffer, 2);
	assert_string_equal(buffer.text, "cde");
	assert_int_equal(buffer.used, 3);
	buffer_drop(&buffer, 3);
	assert_string_equal(buffer.text, "");
	assert_int_equal(buffer.used, 0);
	buffer_free(&buffer);
}

static const char *variable(const struct list *list, size_t index)
{
	return *(const char **)list_at(list, index, sizeof(char *));
}

static void a_variable_stands_there_once(void **state)
{
	char *envp[] = { "A=1", "AB=2", NULL };
	struct list list = { 0 };

	(void)state;
	assert_int_equal(environment_inherit(&list, envp), 0);
	assert_int_equal(environment_set(&list, "A=3"), 0);
	assert_int_equal(environment_set(&list, "C="), 0);
	assert_int_equal(list_end(&list), 0);
	assert_int_equal(list.count, 4);
	assert_string_equal(variable(&list, 0), "A=3");
	assert_string_equal(variable(&list, 1), "AB=2");
	assert_string_equal(variable(&list, 2), "C=");
	assert_null(variable(&list, 3));
	list_free(&list);
}

static void what_is_no_variable_is_einval(void **state)
{
	struct list list = { 0 };

	(void)state;
	assert_int_equal(environment_inherit(&list, NULL), 0);
	assert_int_equal(environment_set(&list, "NAME"), -EINVAL);
	assert_int_equal(environment_set(&list, "=x"), -EINVAL);
	assert_int_equal(environment_set(&list, ""), -EINVAL);
	assert_int_equal(list.count, 0);
	list_free(&list);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_stay_as_the_list_grows),
		cmocka_unit_test(a_failed_append_leaves_the_list_as_it_was),
		cmocka_unit_test(a_buffer_is_text_at_any_time),
		cmocka_unit_test(a_buffer_remembers_its_first_error),
		cmocka_unit_test(the_front_of_a_buffer_is_dropped),
		cmocka_unit_test(a_variable_stands_there_once),
		cmocka_unit_test(what_is_no_variable_is_einval),
	};

	return RUN(tests);
}
