/*
 * Where each service is asked, how a secret gets into a payload, and answers that mean something
 * else than their status says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/courier/service.c"

#include "base/str.h"

static char token[] = "123456789:AAF-x_y";
static char bot_api[] = "https://api.telegram.org/";
static char topic[] = "https://ntfy.example/web-01-k3Xw9a";
static char manager[] = "http://10.0.0.1:9093/am/";
static char events[] = "https://events.pagerduty.com/v2/enqueue";

static char hook[] = "https://discord.com/api/webhooks/1/x";
static char hook_waits[] = "https://discord.com/api/webhooks/1/x?wait=true";

static const struct conf_channel discord = {.id = CHANNEL_DISCORD, .url = hook};
static const struct conf_channel thread = {
    .id = CHANNEL_DISCORD, .url = hook, .thread = 1234567890123456789};
static const struct conf_channel thread_too = {
    .id = CHANNEL_DISCORD, .url = hook_waits, .thread = 7};
static const struct conf_channel telegram = {
    .id = CHANNEL_TELEGRAM, .url = bot_api, .token = token};
static const struct conf_channel ntfy = {.id = CHANNEL_NTFY, .url = topic, .token = token};
static const struct conf_channel alertmanager = {
    .id = CHANNEL_ALERTMANAGER, .url = manager, .token = token};
static const struct conf_channel pagerduty = {
    .id = CHANNEL_PAGERDUTY, .url = events, .token = token};

static const char *
address(const struct conf_channel *channel)
{
	static char storage[256];
	struct buf b;

	buf_init(&b, storage, sizeof(storage));
	service_of(channel->id)->add_address(channel, &b);
	return storage;
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_string_equal(address(&discord), "https://discord.com/api/webhooks/1/x");
	assert_string_equal(
	    address(&thread), "https://discord.com/api/webhooks/1/x?thread_id=1234567890123456789");
	assert_string_equal(
	    address(&thread_too), "https://discord.com/api/webhooks/1/x?wait=true&thread_id=7");
	assert_string_equal(
	    address(&telegram), "https://api.telegram.org/bot123456789:AAF-x_y/sendMessage");
	assert_string_equal(address(&ntfy), "https://ntfy.example/");
	assert_string_equal(address(&alertmanager), "http://10.0.0.1:9093/am/api/v2/alerts");
	assert_null(service_of(CHANNEL_PAGERDUTY)->add_address);
	assert_null(service_of(CHANNEL_WEBHOOK)->add_secret);
	assert_non_null(service_of(CHANNEL_COUNT));
}

static void
check_filled(const struct conf_channel *channel, const char *body, const char *wanted)
{
	size_t len = 0;
	char *filled = service_fill(channel, body, strlen(body), &len);

	if (wanted == NULL) {
		assert_null(filled);
		return;
	}
	assert_int_equal(len, strlen(wanted));
	assert_string_equal(filled, wanted);
	mem_free(filled);
}

static void
test_slots(void **state)
{
	char odd[] = "a\"b\\c";
	const struct conf_channel quoted = {.id = CHANNEL_PAGERDUTY, .url = events, .token = odd};

	(void)state;
	check_filled(&pagerduty, "{\"routing_key\":\"" CHANNEL_SLOT "\"}",
	    "{\"routing_key\":\"123456789:AAF-x_y\"}");
	check_filled(
	    &ntfy, "\"" CHANNEL_SLOT "\" and " CHANNEL_SLOT, "\"web-01-k3Xw9a\" and web-01-k3Xw9a");
	check_filled(&pagerduty, "{}", "{}");
	check_filled(&pagerduty, "", "");
	check_filled(&quoted, CHANNEL_SLOT, "a\\\"b\\\\c");
	check_filled(&telegram, CHANNEL_SLOT, NULL);
}

static struct delivery
judge(enum channel_id id, int status, const char *body)
{
	const struct conf_channel channel = {.id = id, .url = topic, .token = token};
	static struct reply reply;
	char line[64];
	struct delivery d;
	struct mask mask;

	snprintf(line, sizeof(line), "HTTP/1.1 %d x\r\n", status);
	reply_init(&reply);
	reply.verdicts = service_of(id)->verdicts;
	assert_true(reply_header(&reply, line, strlen(line), 0));
	assert_true(reply_header(&reply, "\r\n", 2, 0));
	assert_true(reply_body(&reply, body, strlen(body)));
	mask_init(&mask, &channel);
	reply_judge(&reply, &mask, &d);
	mask_done(&mask);
	return d;
}

static void
test_verdicts(void **state)
{
	static const struct {
		enum channel_id id;
		int status;
		const char *body;
		enum delivery_outcome outcome;
		int64_t wait_ms;
		const char *text;
	} rows[] = {
	    {CHANNEL_TELEGRAM, 400,
	        "{\"ok\":false,\"description\":\"Bad Request: can't parse entities: x\"}",
	        DELIVERY_REJECTED, 0, "can't parse entities"},
	    {CHANNEL_TELEGRAM, 400, "{\"description\":\"Bad Request: chat not found\"}",
	        DELIVERY_DENIED, 0, "chat not found"},
	    {CHANNEL_TELEGRAM, 400,
	        "{\"description\":\"Bad Request: group chat was upgraded to a supergroup chat\","
	        "\"parameters\":{\"migrate_to_chat_id\":-1001234567890}}",
	        DELIVERY_DENIED, 0, "its chat_id is -1001234567890 now"},
	    {CHANNEL_TELEGRAM, 429,
	        "{\"description\":\"Too Many Requests: retry after 7\",\"parameters\":"
	        "{\"retry_after\":7}}",
	        DELIVERY_RATE_LIMITED, 7000, "retry after 7"},
	    {CHANNEL_TELEGRAM, 401, "{\"description\":\"Unauthorized\"}", DELIVERY_DENIED, 0,
	        "Unauthorized"},
	    {CHANNEL_SLACK, 400, "invalid_blocks", DELIVERY_REJECTED, 0, "invalid_blocks"},
	    {CHANNEL_SLACK, 404, "no_service", DELIVERY_DENIED, 0, "no_service"},
	    {CHANNEL_PAGERDUTY, 400,
	        "{\"message\":\"Event object is invalid\",\"errors\":[\"'routing_key' is "
	        "invalid\",3]}",
	        DELIVERY_DENIED, 0, "Event object is invalid: 'routing_key' is invalid"},
	    {CHANNEL_PAGERDUTY, 400,
	        "{\"message\":\"Event object is invalid\",\"errors\":[\"'summary' is missing\"]}",
	        DELIVERY_REJECTED, 0, "'summary' is missing"},
	    {CHANNEL_PAGERDUTY, 202, "{\"status\":\"success\"}", DELIVERY_DELIVERED, 0, ""},
	    {CHANNEL_NTFY, 429,
	        "{\"code\":42908,\"error\":\"limit reached: daily message quota reached\"}",
	        DELIVERY_RATE_LIMITED, 3600 * 1000, "daily message quota"},
	    {CHANNEL_NTFY, 429, "{\"code\":42901,\"error\":\"limit reached: too many requests\"}",
	        DELIVERY_RATE_LIMITED, 5000, "too many requests"},
	    {CHANNEL_NTFY, 403, "{\"error\":\"forbidden\"}", DELIVERY_DENIED, 0, "Forbidden"},
	    {CHANNEL_WEBHOOK, 400, "{\"error\":\"chat not found\"}", DELIVERY_REJECTED, 0, "chat"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct delivery d = judge(rows[i].id, rows[i].status, rows[i].body);

		if (d.outcome != rows[i].outcome || d.retry_after_ms != rows[i].wait_ms ||
		    strstr(d.text, rows[i].text) == NULL)
			fail_msg("row %zu: outcome %d, wait %lld, %s", i, (int)d.outcome,
			    (long long)d.retry_after_ms, d.text);
	}
}

/* A token comes back as stars, whole, in part and in an address. */
static void
test_tokens_are_masked(void **state)
{
	struct delivery d = judge(CHANNEL_TELEGRAM, 500,
	    "no https://api.telegram.org/bot123456789:AAF-x_y/sendMessage for 123456789");

	(void)state;
	assert_null(strstr(d.text, "AAF-x_y"));
	assert_null(strstr(d.text, "123456789"));
	assert_non_null(strstr(d.text, "api.telegram.org"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_slots),
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_tokens_are_masked),
	};

	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
