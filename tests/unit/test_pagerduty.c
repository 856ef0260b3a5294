/*
 * PagerDuty's documented limits held by code, and the keys of its incidents.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/notify/pagerduty.c"

#include "payload_help.h"

static bool
is_one_of(const char *text, const char *a, const char *b, const char *c, const char *d)
{
	return str_eq(text, a) || str_eq(text, b) || str_eq(text, c) || str_eq(text, d);
}

static void
check_pagerduty(const struct payload_case *c)
{
	json_t *root = payload(c, CHANNEL_PAGERDUTY);
	const json_t *event = json_object_get(root, "payload");
	bool resolve = str_eq(text_of(root, "event_action", 1, 20), "resolve");

	assert_true(strlen(body_storage) < 512 * 1024);
	assert_string_equal(text_of(root, "routing_key", 1, 64), SLOT_SHOWN);
	check_no_control(text_of(root, "dedup_key", 1, 255), "");
	check_no_control(text_of(event, "summary", 1, 1024), "");
	check_no_control(text_of(event, "source", 1, 255), "");
	assert_true(
	    is_one_of(text_of(event, "severity", 1, 20), "critical", "error", "warning", "info"));
	if (c->make == make_resolve || c->make == make_gone)
		assert_true(resolve);
	if (c->make == make_fire || c->make == make_digest)
		assert_false(resolve);
	json_decref(root);
}

static void
test_pagerduty_limits(void **state)
{
	(void)state;
	check_all(check_pagerduty);
}

/* What triggers and what resolves name the same incident, other alerts and hosts another. */
static void
test_pagerduty_keys(void **state)
{
	const struct payload_case fire = {"", make_fire, 0, false, false};
	const struct payload_case resolve = {"", make_resolve, 9000, false, false};
	const struct payload_case hostile = {"", make_hostile, 0, false, false};
	json_t *a = payload(&fire, CHANNEL_PAGERDUTY), *b = payload(&resolve, CHANNEL_PAGERDUTY);
	json_t *c = payload(&hostile, CHANNEL_PAGERDUTY);
	const char *key = text_of(a, "dedup_key", 1, 255);

	(void)state;
	assert_string_equal(key, text_of(b, "dedup_key", 1, 255));
	assert_string_not_equal(key, text_of(c, "dedup_key", 1, 255));
	json_decref(a);
	json_decref(b);
	json_decref(c);
}

/* A rule has another name by the end: the incident is that of the first one. */
static void
test_pagerduty_key_of_a_renamed_rule(void **state)
{
	const struct notify_context ctx = {.hostname = "web-01", .version = "1"};
	struct alert_facts facts = disk_facts("/", 95, SEV_CRITICAL);
	struct buf body;

	(void)state;
	facts.case_key = facts.fingerprint;
	facts.fingerprint = 77;
	buf_init(&body, body_storage, sizeof(body_storage));
	for (int end = 0; end < 2; end++) {
		struct notice *n = notice_of(end ? NOTICE_RESOLVE : NOTICE_FIRE, &facts, 1);

		n->channel = CHANNEL_PAGERDUTY;
		assert_true(notify_render(n, &ctx, &body));
		assert_non_null(strstr(body.data, "\"dedup_key\":\"web-01/0123456789abcdef\""));
		notice_free(n);
		buf_init(&body, body_storage, sizeof(body_storage));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pagerduty_limits),
	    cmocka_unit_test(test_pagerduty_keys),
	    cmocka_unit_test(test_pagerduty_key_of_a_renamed_rule),
	};

	return cmocka_run_group_tests_name("pagerduty", tests, NULL, NULL);
}
