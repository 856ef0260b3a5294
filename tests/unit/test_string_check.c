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

/* A check and texts that it takes, and that it does not; each list ends with NULL. */
static const struct shape {
	const char *(*check)(const char *);
	const char *good[16], *bad[24];
} shapes[] = {
    {string_check_filled, {"a", " "}, {""}},
    {string_check_user, {"a", "z", "A", "Z", "0", "9", "_-.$"},
        {"", "a b", "a/b", "a:", "@", "[", "`", "{", "\xc3\xa9"}},
    {string_check_hostname, {"", "web1", "\xc3\xa9"}, {" ", "a b", "a "}},
    {string_check_label_key, {"a", "_", "a0", "_0"}, {"", "0", "9a", "a-b", "a.b"}},
    {string_check_token, {"", "a-._~+/=:0"}, {" ", "a b", "a,b", "a\"", "\xc3\xa9"}},
    {string_check_bot_token, {"", "1:a", "0:-", "123456789:AAF-x_y"},
        {":a", "1", "1:", "a:b", "1a:b", "1:a.b", "bot1:a", "1:a:b"}},
    {string_check_chat, {"", "1", "-1", "0", "-100123", "@a", "@a_1"},
        {"-", "@", "a", "1a", "-1a", "--1", "@a-b", "+1", "1 "}},
    {string_check_method, {"POST", "PUT", "PATCH"}, {"", "post", "POS", "POSTS", "GET"}},
    {string_check_header_key, {"a", "X-Y", "!#$%&'*+-.^_`|~"},
        {"", "a b", "a:", "a(", "a\"", "\xc3\xa9"}},
    {string_check_path, {"/", "/a"}, {"", "a", "./a"}},
    {string_check_collector, {"cpu", "memory", "disk", "network", "process", "fd", "kernel"},
        {"", "log", "cp", "cpus", "CPU"}},
    {string_check_channel, {"default", "console", "email", "syslog"}, {"", "defaul", "mail"}},
    {string_check_base_url, {"", "https://a", "http://a/b"},
        {"https://a?b", "https://a#b", "https://a/b?", "a"}},
    {string_check_secure_base_url, {"", "https://a", "http://localhost/b", "http://[::1]"},
        {"http://a", "https://a?b", "http://[::2]", "http://[::1"}},
    {string_check_topic_url, {"", "https://a/b", "http://a:1/b/c-_9"},
        {"https://a", "https://a/", "https://a/b/", "https://a/b.c", "https://a/b?c"}},
    {string_check_proxy, {"", "http://a", "https://a", "socks5://a:1", "socks5h://a"},
        {"socks4://a", "socks5:/a", "a"}},
    {string_check_url,
        {"", "http://a", "HTTPS://a", "http://a:0", "http://a:9/", "http://u@a", "http://u:p@a:1",
            "http://[::1]:2/", "http://a?b", "http://a#b", "http://a~"},
        {"http:/a", "http://", "http:///", "http://?", "http://:1", "http://a:", "http://a:/",
            "http://a:x", "http://a b", "http://a\x7f", "http://[a", "http://[a]b", "http://u@",
            "http://\xc3\xa9", "://a"}},
};

static void
test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		for (const char *const *text = shapes[i].good; *text != NULL; text++)
			if (shapes[i].check(*text) != NULL)
				fail_msg(
				    "%zu: %s is refused: %s", i, *text, shapes[i].check(*text));
		for (const char *const *text = shapes[i].bad; *text != NULL; text++)
			if (shapes[i].check(*text) == NULL)
				fail_msg("%zu: %s is taken", i, *text);
	}
}

static void
test_control_characters(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		const char text[] = {'a', (char)c, 'b', '\0'};
		bool control = c < 0x20 || c == 0x7f;

		assert_int_equal(string_check_is_plain(text), !control);
		assert_int_equal(string_check_is_lines(text), !control || c == '\n' || c == '\t');
	}
	assert_true(string_check_is_plain("") && string_check_is_lines(""));
}

static void
test_longest(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "https://a/", 10);
	text[74] = '\0';
	assert_null(string_check_topic_url(text));
	text[74] = 'x';
	text[75] = '\0';
	assert_non_null(string_check_topic_url(text));
	memset(text, 'x', sizeof(text));
	memcpy(text, "ab@", 3);
	text[3 + DOMAIN_MAX] = '\0';
	assert_null(string_check_address(text));
	text[3 + DOMAIN_MAX] = 'x';
	text[4 + DOMAIN_MAX] = '\0';
	assert_non_null(string_check_address(text));
}

static void
test_names_before_addresses(void **state)
{
	(void)state;
	expect_parts("x <a@b>", "x", "a@b");
	expect_parts("\"x\" <a@b>", "x", "a@b");
	expect_parts("x<a@b>", "x", "a@b");
	expect_parts(" <a@b>", "", "a@b");
	expect_parts("\" \"<a@b>", "", "a@b");
	assert_false(string_check_is_local_host(""));
	assert_false(string_check_is_local_host("127."));
	assert_true(string_check_is_local_host("127.1"));
	assert_false(string_check_is_local_host("127.1x"));
	assert_false(string_check_is_local_host("::2"));
	assert_false(string_check_is_local_host("localhos"));
	assert_false(string_check_is_local_host("localhost1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_what_is_no_address),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_control_characters),
	    cmocka_unit_test(test_longest),
	    cmocka_unit_test(test_names_before_addresses),
	};

	return cmocka_run_group_tests_name("string_check", tests, NULL, NULL);
}
