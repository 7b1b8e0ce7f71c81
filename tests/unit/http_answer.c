// SPDX-License-Identifier: MIT
#include "unit.h"

#include <string.h>

#include "net/http_answer.h"

struct expected {
	enum http_part part;
	int status;
	const char *body;
};

static void check_in_steps(const char *text, size_t size, size_t step,
			   const struct expected *expected)
{
	struct http_answer answer = { 0 };

	for (size_t i = 0; i < size; i += step)
		assert_int_equal(http_answer_take(&answer, text + i,
						  size - i < step ? size - i
								  : step),
				 0);
	assert_int_equal(answer.part, expected->part);
	assert_int_equal(answer.status, expected->status);
	assert_int_equal(answer.body.used, strlen(expected->body));
	assert_memory_equal(answer.body.text ? answer.body.text : "",
			    expected->body, answer.body.used);
	http_answer_clear(&answer);
}

/* However it is cut into segments. */
static void check(const char *text, struct expected expected)
{
	for (size_t step = 1; step <= strlen(text); step++)
		check_in_steps(text, strlen(text), step, &expected);
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void chunks_are_joined(void **state)
{
	(void)state;
	check(CHUNKED "3\r\nhea\r\n4\r\nlthy\r\n0\r\n\r\n",
	      (struct expected){ HTTP_DONE, 200, "healthy" });
	check(CHUNKED "3;a=\"b\"\r\nhea\r\n04 \r\nlthy\r\n0\r\nX: y\r\n\r\n",
	      (struct expected){ HTTP_DONE, 200, "healthy" });
	check(CHUNKED "A\r\n0123456789\r\n",
	      (struct expected){ HTTP_CHUNK_SIZE, 200, "0123456789" });
	check("HTTP/1.1 200\nTRANSFER-ENCODING: gzip, Chunked \n\n1\nx\n0\n\n",
	      (struct expected){ HTTP_DONE, 200, "x" });
}

static void broken_chunks_are_told(void **state)
{
	(void)state;
	check(CHUNKED "x\r\n", (struct expected){ HTTP_BROKEN, 200, "" });
	check(CHUNKED "\r\n", (struct expected){ HTTP_BROKEN, 200, "" });
	check(CHUNKED "-1\r\n", (struct expected){ HTTP_BROKEN, 200, "" });
	check(CHUNKED "10000000000000000\r\n",
	      (struct expected){ HTTP_BROKEN, 200, "" });
	check(CHUNKED "1\r\nab\r\n",
	      (struct expected){ HTTP_BROKEN, 200, "a" });
}

static void a_length_ends_the_body(void **state)
{
	(void)state;
	check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabc",
	      (struct expected){ HTTP_DONE, 200, "ab" });
	check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	      (struct expected){ HTTP_DONE, 200, "" });
	check("HTTP/1.0 200 OK\r\n\r\nabc",
	      (struct expected){ HTTP_BODY, 200, "abc" });
}

static void interim_answers_are_passed_over(void **state)
{
	(void)state;
	check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nLink: y\r\n\r\n"
	      "HTTP/1.1 204 No\r\n\r\n",
	      (struct expected){ HTTP_DONE, 204, "" });
	check("HTTP/1.1 100 Continue\r\n\r\n",
	      (struct expected){ HTTP_STATUS, 100, "" });
	check("HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n",
	      (struct expected){ HTTP_DONE, 304, "" });
}

static void what_is_not_http_is_told(void **state)
{
	(void)state;
	check("SSH-2.0", (struct expected){ HTTP_BROKEN, 0, "" });
	check("HTTP/2 200 OK\r\n", (struct expected){ HTTP_BROKEN, 0, "" });
	check("HTTP/1.1 2000\r\n", (struct expected){ HTTP_BROKEN, 0, "" });
	check("\n", (struct expected){ HTTP_BROKEN, 0, "" });
}

/* Endless heads, trailers, interim answers and bodies. */
static void everything_has_a_bound(void **state)
{
	static const char *const begin[] = { "HTTP/1.1 200 OK\r\n\r\n",
					     "HTTP/1.1 200 OK\r\n",
					     CHUNKED "0\r\n",
					     CHUNKED "ffffffffffffffff\r\n",
					     CHUNKED,
					     "" };
	static const char *const again[] = {
		"body",	 "Header: x\r\n", "Trailer: x\r\n",
		"chunk", "1\r\nx\r\n",	  "HTTP/1.1 100 x\r\n\r\n"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		struct http_answer answer = { 0 };
		size_t rounds = 0;

		assert_int_equal(http_answer_take(&answer, begin[i],
						  strlen(begin[i])),
				 0);
		while (answer.part < HTTP_DONE && rounds++ < HTTP_ANSWER_MAX)
			assert_int_equal(http_answer_take(&answer, again[i],
							  strlen(again[i])),
					 0);
		assert_int_equal(answer.part, HTTP_DONE);
		assert_true(answer.body.used <= HTTP_BODY_MAX);
		http_answer_clear(&answer);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_are_joined),
		cmocka_unit_test(broken_chunks_are_told),
		cmocka_unit_test(a_length_ends_the_body),
		cmocka_unit_test(interim_answers_are_passed_over),
		cmocka_unit_test(what_is_not_http_is_told),
		cmocka_unit_test(everything_has_a_bound),
	};

	return RUN(tests);
}
