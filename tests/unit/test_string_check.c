/*
 * Mail addresses and hosts that may be configured. test_value.c has the other shapes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "src/conf/string_check.c"

static void
expect_parts(const char *text, const char *name, const char *mailbox)
{
	const struct string_check_address a = string_check_split_address(text);
	char got[256];

	if (string_check_address(text) != NULL)
		fail_msg("%s: %s", text, string_check_address(text));
	snprintf(got, sizeof(got), "%.*s", (int)a.name_len, a.name == NULL ? "" : a.name);
	assert_string_equal(got, name);
	snprintf(got, sizeof(got), "%.*s", (int)a.mailbox_len, a.mailbox);
	assert_string_equal(got, mailbox);
}

static void
test_addresses(void **state)
{
	(void)state;
	expect_parts("a@b", "", "a@b");
	expect_parts("first.last+tag@mail.example.org", "", "first.last+tag@mail.example.org");
	expect_parts("<a@b.example>", "", "a@b.example");
	expect_parts("On Call <a@b.example>", "On Call", "a@b.example");
	expect_parts("\"On, Call\" <a@b.example>", "On, Call", "a@b.example");
	expect_parts("< <a@b.example>", "<", "a@b.example");
	assert_null(string_check_address("")); /* not given */
}

static void
test_what_is_no_address(void **state)
{
	static const char *const texts[] = {"a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", ".a@b",
	    "a.@b", "a..b@c", "a@.b", "a@b.", "a@b..c", "a@b,c@d", "a@b>, <c@d", "a@b <c@d",
	    "a@b\r\nBcc: c@d", "\xc3\xa9@b.example", "a@\xc3\xa9.example", "\"a\"@b",
	    "a@[127.0.0.1]", "a@b_c", "<>", "Name <>", "Name <a@b> x", "a@b>"};
	char local[80];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (string_check_address(texts[i]) == NULL)
			fail_msg("%s is taken for an address", texts[i]);
	}
	memset(local, 'x', sizeof(local));
	memcpy(local + 64, "@b", 3);
	assert_null(string_check_address(local));
	memcpy(local + 64, "x@b", 4);
	assert_non_null(string_check_address(local));
}

static void
test_hosts(void **state)
{
	static const char *const good[] = {
	    "", "mx", "mx.example.org", "127.0.0.1", "::1", "2001:db8::25"};
	static const char *const bad[] = {
	    "smtp://mx", "mx:25", "mx/x", "a b", ".mx", "mx.", "[::1]", "\xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(string_check_host(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (string_check_host(bad[i]) == NULL)
			fail_msg("%s is taken for a host", bad[i]);
	}
	assert_true(string_check_is_local_host("localhost"));
	assert_true(string_check_is_local_host("LOCALHOST"));
	assert_true(string_check_is_local_host("127.0.0.53"));
	assert_true(string_check_is_local_host("::1"));
	assert_false(string_check_is_local_host("127.example.org"));
	assert_false(string_check_is_local_host("localhost.example.org"));
	assert_false(string_check_is_local_host("10.0.0.1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_what_is_no_address),
	    cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests_name("string_check", tests, NULL, NULL);
}
