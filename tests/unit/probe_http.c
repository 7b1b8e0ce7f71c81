// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stddef.h>

#include "probe.h"

/* A server that gives each client one answer, byte for byte. */
static void serve(int listening, const char *answer, size_t length)
{
	for (;;) {
		char request[1024];
		int fd = accept(listening, NULL, NULL);
		ssize_t asked = read(fd, request, sizeof(request));

		for (size_t i = 0; asked >= 0 && i < length;) {
			ssize_t n = write(fd, answer + i, length - i);

			if (n <= 0)
				break;
			i += (size_t)n;
		}
		(void)close(fd);
	}
}

static pid_t server_of(int listening, const char *answer, size_t length)
{
	pid_t pid = child_fork();

	if (pid == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		serve(listening, answer, length);
	}
	(void)close(listening);
	return pid;
}

/* What a server on @host that answers so makes of "http:FORMAT". */
struct site {
	pid_t server;
	struct probe_view view;
	struct probe probe;
	char text[128];
};

static struct site *open_site(const char *host, const char *format,
			      const char *answer, size_t length)
{
	struct site *site = calloc(1, sizeof(*site));
	uint16_t port = 0;
	int fd = listen_on(host, &port);

	assert_non_null(site);
	(void)snprintf(site->text, sizeof(site->text), format, port);
	site->server = server_of(fd, answer, length);
	site->view = view_of(site->server);
	site->probe = probe_of(site->text);
	return site;
}

static void close_site(struct site *site)
{
	probe_close(&site->probe);
	view_close(&site->view);
	child_end(site->server);
	free(site);
}

static void check_ready(const char *host, const char *format,
			const char *answer)
{
	struct site *site = open_site(host, format, answer, strlen(answer));

	assert_ready(&site->probe, &site->view);
	close_site(site);
}

static void check_not_yet(const char *format, const char *answer,
			  const char *words)
{
	struct site *site =
		open_site("127.0.0.1", format, answer, strlen(answer));

	assert_not_yet(&site->probe, &site->view, words);
	assert_not_yet(&site->probe, &site->view, words);
	close_site(site);
}

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

static void two_and_three_hundreds_are_ready(void **state)
{
	(void)state;
	check_ready("127.0.0.1", "http:%u/health", ok);
	check_ready("127.0.0.1", "http://127.0.0.1:%u/", ok);
	check_ready("127.0.0.1", "http://localhost:%u", ok);
	check_ready("127.0.0.1", "http:%u/", "HTTP/1.0 204 No Content\r\n\r\n");
	check_ready("127.0.0.1", "http:%u/",
		    "HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n");
	check_ready("127.0.0.1", "http:%u/", "HTTP/1.1 399 \r\n\r\n");
}

/* EDGE_CASES 33. */
static void localhost_may_be_ipv6_only(void **state)
{
	(void)state;
	check_ready("::1", "http:localhost:%u/", ok);
	check_ready("::1", "http:%u/", ok);
	check_ready("::1", "http://[::1]:%u/", ok);
	check_ready("::", "http:127.0.0.1:%u/", ok);
	check_ready("0.0.0.0", "http:%u/", ok);
}

static void other_statuses_are_not_yet(void **state)
{
	(void)state;
	check_not_yet("http:%u/", "HTTP/1.1 404 Not Found\r\n\r\n", "HTTP 404");
	check_not_yet("http:%u/", "HTTP/1.1 503 Busy\r\n\r\n", "HTTP 503");
	check_not_yet("http:%u/", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP 100");
}

static void what_is_no_answer_is_not_yet(void **state)
{
	(void)state;
	check_not_yet("http:%u/", "", "no answer");
	check_not_yet("http:%u/", "HTTP/1.", "no answer");
	check_not_yet("http:%u/", "SSH-2.0-x\r\n", "not HTTP");
	check_not_yet("http:%u/", "HTTP/1.1 xx\r\n\r\n", "not HTTP");
}

static void a_status_may_be_expected(void **state)
{
	(void)state;
	check_ready("127.0.0.1", "http:%u/ expect=404",
		    "HTTP/1.1 404 Not Found\r\n\r\n");
	check_not_yet("http:%u/ expect=204", ok, "HTTP 200");
}

static void a_pattern_of_statuses_may_be_expected(void **state)
{
	static const char moved[] = "HTTP/1.1 302 Found\r\n\r\n";
	static const char missing[] = "HTTP/1.1 404 Not Found\r\n\r\n";

	(void)state;
	check_ready("127.0.0.1", "http:%u/ expect=2xx", ok);
	check_not_yet("http:%u/ expect=2xx", moved, "HTTP 302");
	check_ready("127.0.0.1", "http:%u/ expect=40x", missing);
	check_not_yet("http:%u/ expect=40x", "HTTP/1.1 410 Gone\r\n\r\n",
		      "HTTP 410");
	check_ready("127.0.0.1", "http:%u/ expect=2xx expect=404", missing);
	check_ready("127.0.0.1", "http:%u/ expect=404 expect=2xx", ok);
	check_not_yet("http:%u/ expect=404 expect=2xx", moved, "HTTP 302");
	check_not_yet("http:%u/\n\texpect=404\n\texpect=2xx  owner=any", moved,
		      "HTTP 302");
	check_not_yet("http:%u/ expect=4xx expect=up", missing, "without 'up'");
	/* These are texts. */
	check_not_yet("http:%u/ expect=2x4", ok, "without '2x4'");
	check_not_yet("http:%u/ expect=xxx", ok, "without 'xxx'");
	check_not_yet("http:%u/ expect=2xxx", ok, "without '2xxx'");
}

/* An answer to HEAD has the length of a body that does not come. */
static void a_head_is_enough(void **state)
{
	(void)state;
	check_ready("127.0.0.1", "http:%u/ method=HEAD",
		    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
	check_not_yet("http:%u/ method=HEAD",
		      "HTTP/1.1 501 No\r\nContent-Length: 5\r\n\r\n",
		      "HTTP 501");
}

static void a_text_may_be_expected(void **state)
{
	(void)state;
	check_ready("127.0.0.1", "http:%u/ expect=ell", ok);
	check_ready("127.0.0.1", "http:%u/   expect=a b",
		    "HTTP/1.1 200 OK\r\n\r\nx\na b");
	check_not_yet("http:%u/ expect=Content", ok, "without 'Content'");
	check_not_yet("http:%u/ expect=x", "HTTP/1.1 503 x\r\n\r\nx",
		      "HTTP 503");
}

static void a_body_counts_up_to_its_bound(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	enum { SIZE = 200000 };
	char *answer = malloc(SIZE);
	struct site *site;

	(void)state;
	assert_non_null(answer);
	memset(answer, 'x', SIZE);
	memcpy(answer, head, sizeof(head) - 1);
	memcpy(answer + 60000, "near", 4);
	memcpy(answer + SIZE - 4, "far!", 4);
	site = open_site("127.0.0.1", "http:%u/ expect=near", answer, SIZE);
	assert_ready(&site->probe, &site->view);
	close_site(site);
	site = open_site("127.0.0.1", "http:%u/ expect=far!", answer, SIZE);
	assert_not_yet(&site->probe, &site->view, "without 'far!'");
	close_site(site);
	free(answer);
}

/* EDGE_CASES 33: an accept that hangs, and one that never comes. */
static void what_hangs_is_given_up_and_tried_again(void **state)
{
	uint16_t port = 0;
	pid_t main = child_holder(listen_on("127.0.0.1", &port));
	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("http:%u/", port));
	short events;

	(void)state;
	assert_not_yet(&probe, &view, "no answer within 1 s");
	assert_int_equal(probe.ops->descriptor(&probe, &events), -1);
	await_next_look(&probe);
	assert_int_equal(probe.ops->look(&probe, &view, NULL), 0);
	probe_close(&probe);
	view_close(&view);
	child_end(main);
}

/* EDGE_CASES 32: it never sees a request of ours. */
static void a_foreign_server_is_named_and_not_asked(void **state)
{
	uint16_t port = 0;
	int fd = listen_on("127.0.0.1", &port);
	pid_t foreigner = child_sleeper(), main;
	struct pollfd asked = { .fd = fd, .events = POLLIN };
	struct fault fault = { "" };
	int closed[2];

	(void)state;
	assert_int_equal(pipe(closed), 0);
	main = child_fork();
	if (main == 0) {
		(void)close(fd);
		(void)close(closed[1]);
		for (;;)
			pause();
	}
	/* Until it has closed its copy, it is a server of ours. */
	(void)close(closed[1]);
	assert_int_equal(read(closed[0], &(char){ 0 }, 1), 0);
	(void)close(closed[0]);

	struct probe_view view = view_of(main);
	struct probe probe = probe_of(text_of("http:%u/", port));
	int r = 0;

	/* We have it open as well, or could not see requests. Our child may be
	 * found first or not: in both cases no request is sent. */
	for (int i = 0; i < 20 && r == 0; i++)
		r = probe.ops->look(&probe, &view, &fault);
	assert_true(r == 0 || r == -EADDRINUSE);
	assert_int_equal(poll(&asked, 1, 0), 0);
	(void)close(fd);
	assert_int_equal(look_until(&probe, &view, &fault), -EADDRINUSE);
	assert_non_null(strstr(fault.text,
			       text_of("process %u (", (unsigned)foreigner)));
	probe_close(&probe);
	view_close(&view);
	child_end(foreigner);
	child_end(main);
}

static void unix_sockets_are_asked_too(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char text[64];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	(void)snprintf(text, sizeof(text), "http:unix:@jig-unit-%d:/health",
		       getpid());
	(void)snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "jig-unit-%d",
		       getpid());
	assert_int_equal(bind(fd, (struct sockaddr *)&un,
			      (socklen_t)(offsetof(struct sockaddr_un,
						   sun_path) +
					  1 + strlen(un.sun_path + 1))),
			 0);
	assert_int_equal(listen(fd, 8), 0);

	pid_t server = server_of(fd, ok, strlen(ok));
	struct probe_view view = view_of(server);
	struct probe probe = probe_of(text);

	assert_ready(&probe, &view);
	probe_close(&probe);
	view_close(&view);
	child_end(server);
}

/* What a server reads that "http:FORMAT" asks. @return its port. */
static uint16_t request_of(const char *format, char request[1024])
{
	uint16_t port = 0;
	int fd = listen_on("127.0.0.1", &port), pipe_fds[2];
	char text[128];
	ssize_t n;

	assert_int_equal(pipe(pipe_fds), 0);
	pid_t server = child_fork();
	if (server == 0) {
		int one = accept(fd, NULL, NULL);
		n = read(one, request, 1024);
		(void)!write(pipe_fds[1], request, (size_t)n);
		(void)!write(one, ok, strlen(ok));
		for (;;)
			pause();
	}
	(void)close(fd);

	struct probe_view view = view_of(server);
	(void)snprintf(text, sizeof(text), format, port);
	struct probe probe = probe_of(text);

	assert_ready(&probe, &view);
	n = read(pipe_fds[0], request, 1023);
	assert_true(n > 0);
	request[n] = '\0';
	probe_close(&probe);
	view_close(&view);
	child_end(server);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	return port;
}

static void the_request_is_as_it_should_be(void **state)
{
	char request[1024] = "", host[64];
	uint16_t port = request_of("http:%u/a?b=c", request);

	(void)state;
	(void)snprintf(host, sizeof(host), "\r\nHost: localhost:%u\r\n", port);
	assert_ptr_equal(strstr(request, "GET /a?b=c HTTP/1.1\r\n"), request);
	assert_non_null(strstr(request, host));
	assert_non_null(strstr(request, "\r\nConnection: close\r\n"));
	assert_string_equal(request + strlen(request) - 4, "\r\n\r\n");
}

static void headers_are_added(void **state)
{
	char request[1024] = "";

	(void)state;
	(void)request_of("http:%u/ header=X-Key: a b  header=Host: example.org "
			 "owner=any header=Accept: text/html expect=hello",
			 request);
	assert_ptr_equal(strstr(request, "GET / HTTP/1.1\r\n"), request);
	assert_non_null(strstr(request, "\r\nX-Key: a b\r\n"));
	assert_non_null(strstr(request, "\r\nAccept: text/html\r\n"));
	assert_non_null(strstr(request, "\r\nHost: example.org\r\n"));
	assert_null(strstr(request, "localhost"));
	assert_string_equal(request + strlen(request) - 4, "\r\n\r\n");
}

static void check_request(const char *format, const char *begin,
			  const char *end)
{
	char request[1024] = "";

	(void)request_of(format, request);
	assert_ptr_equal(strstr(request, begin), request);
	assert_true(strlen(request) > strlen(end));
	assert_string_equal(request + strlen(request) - strlen(end), end);
	if (!strstr(end, "Content-Length"))
		assert_null(strstr(request, "Content-Length"));
}

static void a_method_and_a_body_may_be_sent(void **state)
{
	(void)state;
	check_request("http:%u/ method=HEAD", "HEAD / HTTP/1.1\r\n",
		      "\r\n\r\n");
	check_request("http:%u/ method=OPTIONS expect=hello",
		      "OPTIONS / HTTP/1.1\r\n", "\r\n\r\n");
	check_request("http:%u/ method=POST", "POST / HTTP/1.1\r\n",
		      "\r\nContent-Length: 0\r\n\r\n");
	check_request("http:%u/ body=a=b&c=d e  header=X: y", "POST / HTTP/1.1",
		      "\r\nContent-Length: 9\r\n\r\na=b&c=d e");
	check_request("http:%u/ body=x method=PUT expect=2xx", "PUT / HTTP/1.1",
		      "\r\nContent-Length: 1\r\n\r\nx");
	check_request("http:%u/ body=x method=GET", "GET / HTTP/1.1",
		      "\r\nContent-Length: 1\r\n\r\nx");
	check_request("http:%u/ body={\"a\":\n1}", "POST / HTTP/1.1",
		      "\r\nContent-Length: 8\r\n\r\n{\"a\":\n1}");
	/* Not twice. */
	check_request("http:%u/ header=content-length: 1 body=x",
		      "POST / HTTP/1.1",
		      "Connection: close\r\ncontent-length: 1\r\n\r\nx");
	check_request(
		"http:%u/ header=Transfer-Encoding: chunked body=0\r\n\r\n",
		"POST / HTTP/1.1",
		"close\r\nTransfer-Encoding: chunked\r\n\r\n"
		"0\r\n\r\n");
}

/* Each of them would be there twice. */
static void a_header_replaces_the_default_one(void **state)
{
	char request[1024] = "";

	(void)state;
	(void)request_of("http:%u/ header=accept: text/html "
			 "header=User-Agent: me header=Connection: x",
			 request);
	assert_non_null(strstr(request, "\r\naccept: text/html\r\n"));
	assert_non_null(strstr(request, "\r\nUser-Agent: me\r\n"));
	assert_non_null(strstr(request, "\r\nConnection: x\r\n"));
	assert_null(strstr(request, "Accept:"));
	assert_null(strstr(request, "jig/"));
	assert_null(strstr(request, "close"));
}

/* A server that is none of the fixture's, as a container's is. */
static void of_any_owner_a_foreign_server_will_do(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct site *site =
			open_site(hosts[i], "http:%u/ expect=hello owner=any",
				  ok, strlen(ok));
		pid_t main = child_sleeper();

		site->view.main = main;
		assert_ready(&site->probe, &site->view);
		close_site(site);
		child_end(main);
	}
}

static void bad_addresses_are_refused(void **state)
{
	(void)state;
	assert_refused("http:", "names no address");
	assert_refused("http: expect=200", "names no address");
	assert_refused("http:0/", "not a port: 1 to 65535");
	assert_refused("http:70000/", "not a port: 1 to 65535");
	assert_refused("http://example.org/", "neither an IP address");
	assert_refused("http:80/\r\nX:y", "control character");
	assert_refused("http:80/ foo=1", "expect=STATUS, expect=TEXT");
	assert_refused("http:80/ expect=", "expect=STATUS, expect=TEXT");
	assert_refused("http:80/ expect=a expect=b", "expects two texts");
	assert_refused("http:80/ owner=me", "'me' is not any");
	assert_refused("http:80/ header=X", "not a header");
	assert_refused("http:80/ header=X Y: z", "not a header");
	assert_refused("http:80/ header=: z", "not a header");
	assert_refused("http:80/ header=X: a\r\nY: b", "control character");
	assert_refused("http:80/ expect=999", "not a status");
	assert_refused("http:80/ expect=1xx", "not a status");
	assert_refused("http:80/ expect=6xx", "not a status");
	assert_refused("http:80/ expect=200 expect=201 expect=202 expect=203 "
		       "expect=204 expect=205 expect=206 expect=207 expect=208",
		       "more than 8 statuses");
	assert_refused("http:80/ method=head", "not a method such as HEAD");
	assert_refused("http:80/ method=A B", "not a method such as HEAD");
	assert_refused("http:80/ method=GET\r\nX:", "not a method");
	assert_refused("http:80/ method=GET method=PUT", "has two methods");
	assert_refused("http:80/ body=a body=b", "has two bodies");
	assert_refused("http:80/ body=", "none of");
	assert_refused("http:80/ method=HEAD expect=up", "HEAD has no body");
	assert_refused("http:unix:", "names no path");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_and_three_hundreds_are_ready),
		cmocka_unit_test(localhost_may_be_ipv6_only),
		cmocka_unit_test(other_statuses_are_not_yet),
		cmocka_unit_test(what_is_no_answer_is_not_yet),
		cmocka_unit_test(a_status_may_be_expected),
		cmocka_unit_test(a_pattern_of_statuses_may_be_expected),
		cmocka_unit_test(a_head_is_enough),
		cmocka_unit_test(a_text_may_be_expected),
		cmocka_unit_test(a_body_counts_up_to_its_bound),
		cmocka_unit_test(what_hangs_is_given_up_and_tried_again),
		cmocka_unit_test(a_foreign_server_is_named_and_not_asked),
		cmocka_unit_test(unix_sockets_are_asked_too),
		cmocka_unit_test(the_request_is_as_it_should_be),
		cmocka_unit_test(headers_are_added),
		cmocka_unit_test(a_method_and_a_body_may_be_sent),
		cmocka_unit_test(a_header_replaces_the_default_one),
		cmocka_unit_test(of_any_owner_a_foreign_server_will_do),
		cmocka_unit_test(bad_addresses_are_refused),
	};

	return RUN(tests);
}
