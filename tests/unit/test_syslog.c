/*
 * Syslog messages of every kind of notice, hostile and largest ones too. The system tests hold the
 * golden ones against the grammar of RFC 5424.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/notify/syslog.c"

#include "tests/unit/payload_cases.h"

static void
test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASE_COUNT; i++) {
		const char *text = render_case(&cases[i], CHANNEL_SYSLOG);
		long pri = strtol(text + 1, NULL, 10);

		assert_null(load_payload());
		assert_true(strlen(text) <= 8192);
		assert_int_equal(pri / 8, 3);
		assert_true(pri % 8 >= LEVEL_CRIT);
		for (const char *p = text; *p != '\0'; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
}

/* The largest labels that can be configured, of characters that grow most. */
static void
test_many_labels(void **state)
{
	static char value[4096], keys[64][16];
	struct string_pair many[64];
	struct notify_context ctx = context_of(&cases[0], CHANNEL_SYSLOG);
	struct notice *n = make_largest();
	struct buf body;

	(void)state;
	memset(value, '"', sizeof(value) - 1);
	for (int i = 0; i < 64; i++) {
		snprintf(keys[i], sizeof(keys[i]), "key%d", i);
		many[i] = (struct string_pair){keys[i], value};
	}
	ctx.labels = (struct string_pairs){many, 64};
	n->channel = CHANNEL_SYSLOG;
	buf_init(&body, body_storage, sizeof(body_storage));
	assert_true(notify_render(n, &ctx, &body));
	assert_true(body.len <= 8192 && body.len > 2000);
	notice_free(n);
}

static void
expect_param(const char *text, const char *written)
{
	struct buf b;

	buf_init(&b, body_storage, sizeof(body_storage));
	add_param(&b, "k", text);
	assert_string_equal(body_storage, written);
}

static void
test_values(void **state)
{
	(void)state;
	expect_param("plain", " k=\"plain\"");
	expect_param("a\"b]c\\d[e=f", " k=\"a\\\"b\\]c\\\\d[e=f\"");
	expect_param("a\r\nb", " k=\"a\\\\x0d\\\\x0ab\"");
	expect_param("\xc3\xa9", " k=\"\xc3\xa9\"");
	expect_param("", "");
}

static void
test_names(void **state)
{
	(void)state;
	assert_true(is_param_name("mountpoint"));
	assert_false(is_param_name(""));
	assert_false(is_param_name("a b"));
	assert_false(is_param_name("a=b"));
	assert_false(is_param_name("a]"));
	assert_false(is_param_name("a\""));
	assert_false(is_param_name("\xc3\xa9"));
	assert_true(is_param_name("a23456789012345678901234567890xx"));
	assert_false(is_param_name("a23456789012345678901234567890xxx"));
}

static int
level_of(enum notice_kind kind, enum severity severity)
{
	const struct notice n = {.kind = kind, .severity = severity};
	const struct conf_channel channel = {.facility = FACILITY_local0};
	const struct notify_context ctx = {.channel = &channel};

	assert_int_equal(priority(&n, &ctx) / 8, 16);
	return priority(&n, &ctx) % 8;
}

static void
test_priorities(void **state)
{
	(void)state;
	assert_int_equal(level_of(NOTICE_FIRE, SEV_EMERGENCY), 2);
	assert_int_equal(level_of(NOTICE_FIRE, SEV_CRITICAL), 2);
	assert_int_equal(level_of(NOTICE_FIRE, SEV_WARN), 4);
	assert_int_equal(level_of(NOTICE_FIRE, SEV_INFO), 6);
	assert_int_equal(level_of(NOTICE_DIGEST, SEV_CRITICAL), 2);
	assert_int_equal(level_of(NOTICE_RESOLVE, SEV_CRITICAL), 5);
	assert_int_equal(level_of(NOTICE_TEST, SEV_CRITICAL), 5);
	assert_int_equal(level_of(NOTICE_FIRE, (enum severity)99), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_many_labels),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_priorities),
	};

	return cmocka_run_group_tests_name("syslog", tests, NULL, NULL);
}
