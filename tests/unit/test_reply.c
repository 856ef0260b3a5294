/*
 * Answers of HTTP services and what becomes of the message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/courier/reply.c"

#define NOW_MS 1795380901000 /* Sun, 22 Nov 2026 20:55:01 GMT */

static char url[] = "https://example.org/hooks/very-secret-token";
static const struct conf_channel channel = {.url = url};

static struct reply reply;

/* head: header lines, each ended by a newline; the empty one is added. */
static void
read_answer(const char *head, const char *body)
{
	reply_init(&reply);
	while (*head != '\0') {
		size_t len = strcspn(head, "\n") + 1;

		assert_true(reply_header(&reply, head, len, NOW_MS));
		head += len;
	}
	assert_true(reply_header(&reply, "\r\n", 2, NOW_MS));
	reply_body(&reply, body, strlen(body));
}

static struct delivery
judge(const char *head, const char *body)
{
	struct delivery d;
	struct mask mask;

	read_answer(head, body);
	assert_true(reply.complete);
	mask_init(&mask, &channel);
	reply_judge(&reply, &mask, &d);
	mask_done(&mask);
	return d;
}

static void
test_each_status_has_an_outcome(void **state)
{
	static const struct {
		int status;
		enum delivery_outcome outcome;
	} rows[] = {{200, DELIVERY_DELIVERED}, {204, DELIVERY_DELIVERED}, {301, DELIVERY_DENIED},
	    {304, DELIVERY_DENIED}, {400, DELIVERY_REJECTED}, {401, DELIVERY_DENIED},
	    {403, DELIVERY_DENIED}, {404, DELIVERY_DENIED}, {405, DELIVERY_DENIED},
	    {408, DELIVERY_TEMPORARY}, {410, DELIVERY_DENIED}, {413, DELIVERY_REJECTED},
	    {422, DELIVERY_REJECTED}, {425, DELIVERY_TEMPORARY}, {429, DELIVERY_RATE_LIMITED},
	    {451, DELIVERY_DENIED}, {500, DELIVERY_TEMPORARY}, {503, DELIVERY_TEMPORARY},
	    {599, DELIVERY_TEMPORARY}, {999, DELIVERY_TEMPORARY}};
	char head[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct delivery d;

		snprintf(head, sizeof(head), "HTTP/1.1 %d Word\r\n", rows[i].status);
		d = judge(head, "");
		assert_int_equal(d.outcome, rows[i].outcome);
		assert_int_equal(d.status, rows[i].status);
	}
}

static void
test_waits_of_a_rate_limit(void **state)
{
	(void)state;
	assert_int_equal(judge("HTTP/1.1 429 x\nRetry-After: 7\n", "").retry_after_ms, 7000);
	assert_int_equal(judge("HTTP/2 429\nretry-after:0.5\r\n", "").retry_after_ms, 500);
	assert_int_equal(judge("HTTP/1.1 429 x\nRetry-After: Sun, 22 Nov 2026 20:55:31 GMT\n", "")
	                     .retry_after_ms,
	    30000);
	assert_int_equal(
	    judge("HTTP/1.1 429 x\n", "{\"retry_after\": 1.25, \"global\": true}").retry_after_ms,
	    1250);
	assert_int_equal(judge("HTTP/1.1 429 x\nX-RateLimit-Reset-After: 2.5\nRetry-After: 1\n",
	                     "{\"retry_after\": 0.3}")
	                     .retry_after_ms,
	    2500);
	assert_int_equal(judge("HTTP/1.1 429 x\n", "").retry_after_ms, WAIT_DEFAULT_MS);
	assert_int_equal(judge("HTTP/1.1 503 x\nRetry-After: 120\n", "").retry_after_ms, 120000);
	assert_int_equal(judge("HTTP/1.1 500 x\n", "").retry_after_ms, 0);
}

static void
test_waits_that_make_no_sense(void **state)
{
	(void)state;
	assert_int_equal(judge("HTTP/1.1 429 x\nRetry-After: -7\n", "").retry_after_ms, 5000);
	assert_int_equal(
	    judge("HTTP/1.1 429 x\nRetry-After: 7 bananas\n", "").retry_after_ms, 5000);
	assert_int_equal(
	    judge("HTTP/1.1 429 x\nRetry-After: 1e99\n", "").retry_after_ms, REPLY_WAIT_MAX_MS);
	assert_int_equal(judge("HTTP/1.1 429 x\nRetry-After: Sun, 22 Nov 2020 20:55:31 GMT\n", "")
	                     .retry_after_ms,
	    0);
	assert_int_equal(
	    judge("HTTP/1.1 429 x\n", "{\"retry_after\": \"soon\"}").retry_after_ms, 5000);
}

static void
test_a_used_up_budget_is_told(void **state)
{
	struct delivery d =
	    judge("HTTP/1.1 204 x\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset-After: 1.5\n", "");

	(void)state;
	assert_int_equal(d.outcome, DELIVERY_DELIVERED);
	assert_int_equal(d.retry_after_ms, 1500);
	d = judge("HTTP/1.1 204 x\nX-RateLimit-Remaining: 3\nX-RateLimit-Reset-After: 1.5\n", "");
	assert_int_equal(d.retry_after_ms, 0);
}

/* One text says all: the number, its name, what it means, and what the service adds to that. */
static void
test_the_text_for_people(void **state)
{
	static const char nothing_here[] = "HTTP 404 Not Found: there is nothing at this address "
	                                   "that takes messages: check the URL";
	static const char no_login[] =
	    "HTTP 401 Unauthorized: the token, key or password is not accepted: check it";
	static const struct {
		const char *head, *body, *before, *after;
	} rows[] = {
	    {"HTTP/1.1 404 x\n", "", nothing_here, ""},
	    {"HTTP/2 404\n", " \r\n", nothing_here, ""},
	    {"HTTP/1.1 404 x\n", "{\"message\": \"Unknown Webhook\", \"code\": 10015}",
	        nothing_here, ": Unknown Webhook"},
	    {"HTTP/1.1 404 x\n", "404 page not found\n", nothing_here, ": page not found"},
	    {"HTTP/1.1 401 x\n", "{\"message\": \"401: Unauthorized\", \"code\": 0}", no_login, ""},
	    {"HTTP/1.1 401 x\n", "401 Unauthorized\n", no_login, ""},
	    {"HTTP/1.1 401 x\n", "{\"error\": \"unauthorized.\"}", no_login, ""},
	    {"HTTP/1.1 401 x\n", "Unauthorized: token expired", no_login, ": token expired"},
	    {"HTTP/1.1 401 x\n", "4010 of them", no_login, ": 4010 of them"},
	    {"HTTP/1.1 501 x\n", "\n <!DOCTYPE html><html><b>oops</b></html>\n",
	        "HTTP 501 Not Implemented: the service does not know such a request: check the URL",
	        ""},
	    {"HTTP/1.1 500 x\n", "\x1f\x8b\x08",
	        "HTTP 500 Internal Server Error: a fault of the service", ""},
	    {"HTTP/1.1 400 x\n", "{\"error\": {\"message\": \"no\\u001b\"}}",
	        "HTTP 400 Bad Request: the service does not take the message as it is",
	        ": no\\x1b"},
	    {"HTTP/1.1 403 x\n", "not for very-secret-token\n",
	        "HTTP 403 Forbidden: the service does not allow us this: check the token and its "
	        "rights",
	        ": not for ***"},
	    {"HTTP/1.1 302 x\nLocation: https://example.org/hooks/very-secret-token\n", "",
	        "HTTP 302 Found: redirects to ***", ", where nothing is sent: check the URL"},
	    {"HTTP/1.1 302 x\nLocation: http://elsewhere/\n", "", "HTTP 302 Found: redirects to ",
	        "http://elsewhere/, where nothing is sent: check the URL"},
	    {"HTTP/1.1 304 x\n", "", "HTTP 304: redirects to an unknown place",
	        ", where nothing is sent: check the URL"},
	    {"HTTP/1.1 418 x\n", "short and stout", "HTTP 418: the service refuses it",
	        ": short and stout"},
	    {"HTTP/1.1 599 x\n", "", "HTTP 599: a fault of the service", ""},
	    {"HTTP/1.1 999 x\n", "", "HTTP 999", ""},
	    {"HTTP/1.1 200 x\n", "ok", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char expected[DELIVERY_TEXT_MAX];

		snprintf(expected, sizeof(expected), "%s%s", rows[i].before, rows[i].after);
		assert_string_equal(judge(rows[i].head, rows[i].body).text, expected);
	}
}

/* The most that a person may be told fits with what we say of it. */
static void
test_no_text_is_cut_but_the_services(void **state)
{
	static char body[REPLY_BODY_MAX];

	(void)state;
	memset(body, 'x', sizeof(body) - 1);
	for (uint32_t status = 100; status < 1000; status++) {
		const struct http_status *row = http_status_find(status);
		size_t name = row->name == NULL ? 0 : strlen(row->name) + 1;
		size_t meaning = row->meaning == NULL ? 0 : strlen(row->meaning) + 2;

		assert_true(strlen("HTTP 999: ") + name + meaning + WORDS_MAX < DELIVERY_TEXT_MAX);
	}
	assert_int_equal(strlen(strrchr(judge("HTTP/1.1 403 x\n", body).text, ' ') + 1), 200);
}

static void
test_the_services_clock_is_compared_with_ours(void **state)
{
	const char *const quiet[] = {"HTTP/1.1 204 x\n", "HTTP/1.1 204 x\nDate: yesterday\n",
	    "HTTP/1.1 204 x\nDate: Fri, 01 Jan 9999 00:00:00 GMT\n"};

	(void)state;
	assert_int_equal(
	    judge("HTTP/1.1 204 x\nDate: Sun, 22 Nov 2026 20:54:01 GMT\n", "").ahead_ms, 60000);
	assert_int_equal(
	    judge("HTTP/1.1 400 x\nDate: Sun, 22 Nov 2026 21:05:01 GMT\n", "").ahead_ms, -600000);
	assert_int_equal(
	    judge("HTTP/1.1 204 x\nDate: Sun, 22 Nov 2026 20:55:01 GMT\n", "").ahead_ms, 1);
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		assert_int_equal(judge(quiet[i], "").ahead_ms, 0);
}

static void
test_interim_answers_do_not_count(void **state)
{
	(void)state;
	reply_init(&reply);
	assert_true(reply_header(&reply, "HTTP/1.1 103 Early\r\n", 20, NOW_MS));
	assert_true(reply_header(&reply, "Retry-After: 9\r\n", 16, NOW_MS));
	assert_true(reply_header(&reply, "\r\n", 2, NOW_MS));
	assert_false(reply.complete);
	assert_true(reply_header(&reply, "HTTP/1.1 429 No\r\n", 17, NOW_MS));
	assert_int_equal(reply.retry_after_ms, -1);
	assert_false(reply.complete);
	assert_true(reply_header(&reply, "\r\n", 2, NOW_MS));
	assert_true(reply.complete);
}

static void
test_trailers_change_nothing(void **state)
{
	struct delivery d;
	struct mask mask = {.count = 0};

	(void)state;
	read_answer("HTTP/1.1 429 x\nRetry-After: 3\n", "");
	assert_true(reply_header(&reply, "Retry-After: 900\r\n", 18, NOW_MS));
	reply_judge(&reply, &mask, &d);
	assert_int_equal(d.retry_after_ms, 3000);
}

static void
test_too_much_is_stopped(void **state)
{
	static char large[REPLY_HEADERS_MAX + 1];
	struct delivery d;
	struct mask mask = {.count = 0};

	(void)state;
	memset(large, 'x', sizeof(large));
	reply_init(&reply);
	assert_false(reply_header(&reply, large, sizeof(large), NOW_MS));
	read_answer("HTTP/1.1 500 x\n", "");
	assert_true(reply_body(&reply, large, REPLY_BODY_MAX));
	assert_false(reply_body(&reply, large, 1));
	reply_judge(&reply, &mask, &d);
	assert_int_equal(d.outcome, DELIVERY_TEMPORARY);
	assert_non_null(strstr(d.text, "HTTP 500 Internal Server Error: "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_status_has_an_outcome),
	    cmocka_unit_test(test_waits_of_a_rate_limit),
	    cmocka_unit_test(test_waits_that_make_no_sense),
	    cmocka_unit_test(test_a_used_up_budget_is_told),
	    cmocka_unit_test(test_the_text_for_people),
	    cmocka_unit_test(test_no_text_is_cut_but_the_services),
	    cmocka_unit_test(test_the_services_clock_is_compared_with_ours),
	    cmocka_unit_test(test_interim_answers_do_not_count),
	    cmocka_unit_test(test_trailers_change_nothing),
	    cmocka_unit_test(test_too_much_is_stopped),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
