/*
 * Escaping for services and shortening, on random bytes and on what people try.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/notify/escape.c"

#include "base/clock.h"

static const char *
escaped(const char *text)
{
	static char storage[4096];
	struct buf b;

	buf_init(&b, storage, sizeof(storage));
	escape_discord(&b, text, strlen(text));
	return storage;
}

static void
test_markup_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(escaped("plain text, 95.2%"), "plain text, 95.2%");
	assert_string_equal(escaped("*_~`|>"), "\\*\\_\\~\\`\\|\\>");
	assert_string_equal(escaped("[x](y)"), "\\[x\\]\\(y\\)");
	assert_string_equal(escaped("a\\"), "a\\\\");
	assert_string_equal(escaped("# big"), "\\# big");
	assert_string_equal(escaped("nr # 3"), "nr # 3");
	assert_string_equal(escaped("https://x"), "https\\://x");
	assert_string_equal(escaped("sda: 3"), "sda: 3");
	assert_string_equal(
	    escaped("d\xc3\xa9j\xc3\xa0 \xf0\x9f\x98\x80"), "d\xc3\xa9j\xc3\xa0 \xf0\x9f\x98\x80");
}

static void
test_nobody_is_pinged(void **state)
{
	(void)state;
	assert_null(strstr(escaped("<@1234>"), "<@1234>"));
	assert_null(strstr(escaped("<@&1234>"), "<@&1234>"));
}

static void
test_what_cannot_be_seen_is_spelled(void **state)
{
	(void)state;
	assert_string_equal(escaped("\x1b[31m"), "\\\\x1b\\[31m");
	assert_string_equal(escaped("a\r\nb"), "a\\\\x0d\\\\x0ab");
	assert_string_equal(escaped("\xff\xfe"), "\\\\xff\\\\xfe");
	assert_string_equal(escaped("\xc2\x9b"), "\\\\x9b");
	assert_string_equal(escaped("a\xe2\x80\xae"
	                            "b"),
	    "a\\\\u202eb");
}

/* What Discord shows: a backslash before punctuation is eaten. */
static void
unescape(const char *text, char *out)
{
	while (*text != '\0') {
		if (*text == '\\')
			text++;
		*out++ = *text++;
	}
	*out = '\0';
}

static void
test_printable_text_survives(void **state)
{
	char text[64], back[256];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)(rand() % 60);

		for (size_t i = 0; i < len; i++)
			text[i] = (char)(0x20 + rand() % 95);
		text[len] = '\0';
		unescape(escaped(text), back);
		assert_string_equal(back, text);
	}
}

/* Backslashes come in pairs with what they escape, up to the end. */
static bool
is_whole(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' && *++text == '\0')
			return false;
	}
	return true;
}

static void
test_shortening_tears_nothing(void **state)
{
	static const char pieces[][5] = {
	    "*", "\\", "@", "a", "\xf0\x9f\x98\x80", "\xc3\xa9", "\xff", "\x01"};
	char text[512], storage[8192];
	struct buf b;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t max = 1 + (size_t)(rand() % 40), count = (size_t)(rand() % 60);
		bool cut;
		size_t whole;

		text[0] = '\0';
		for (size_t i = 0; i < count; i++)
			memcpy(text + strlen(text), pieces[rand() % 8], 5);
		buf_init(&b, storage, sizeof(storage));
		buf_adds(&b, "before");
		escape_discord(&b, text, strlen(text));
		whole = escape_units(storage + 6, b.len - 6);
		cut = escape_shorten(&b, 6, max);
		assert_int_equal(cut, whole > max);
		assert_true(escape_units(storage + 6, b.len - 6) <= max);
		assert_true(str_utf8_valid(storage, b.len));
		assert_true(is_whole(storage));
		assert_int_equal(strlen(storage), b.len);
		assert_memory_equal(storage, "before", 6);
		if (cut)
			assert_true(str_ends(storage, ELLIPSIS));
	}
}

static const char *
cut(escape_fn *escape, const char *text, size_t max, bool bytes)
{
	static char storage[256];
	struct buf b;

	buf_init(&b, storage, sizeof(storage));
	escape(&b, text, strlen(text));
	if (bytes)
		escape_shorten_bytes(&b, 0, max);
	else
		escape_shorten(&b, 0, max);
	return storage;
}

static void
test_entities_stay_whole(void **state)
{
	(void)state;
	assert_string_equal(cut(escape_slack, "a<b", 64, false), "a&lt;b");
	assert_string_equal(cut(escape_slack, "a<b", 5, false), "a\xe2\x80\xa6");
	assert_string_equal(cut(escape_slack, "\\&x", 5, false), "\xe2\x80\xa6");
	assert_string_equal(cut(escape_telegram, "&&&", 12, false), "&amp;&amp;\xe2\x80\xa6");
	assert_string_equal(cut(escape_plain, "a & b; c", 6, false), "a & b\xe2\x80\xa6");
	assert_string_equal(cut(escape_plain, "abcdef", 5, true), "ab\xe2\x80\xa6");
	assert_string_equal(
	    cut(escape_plain, "\xc3\xbc\xc3\xbc\xc3\xbc", 6, true), "\xc3\xbc\xc3\xbc\xc3\xbc");
	assert_string_equal(cut(escape_plain,
	                        "\xc3\xbc\xc3\xbc\xc3\xbc"
	                        "a",
	                        6, true),
	    "\xc3\xbc\xe2\x80\xa6");
}

/* The marks as letters. */
static const char *
spans(escape_fn *fn, const char *text, size_t units)
{
	static char shown[512];
	const char *marked = cut(fn, text, units, false);
	size_t n = 0;

	for (; marked[n] != '\0'; n++)
		shown[n] = marked[n];
	shown[n] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (shown[i] == ESCAPE_CODE_OPEN)
			shown[i] = '{';
		else if (shown[i] == ESCAPE_CODE_CLOSE)
			shown[i] = '}';
	}
	return shown;
}

static void
test_telegram_links_nothing(void **state)
{
	(void)state;
	assert_string_equal(spans(escape_telegram, "/var", 64), "{/var}");
	assert_string_equal(spans(escape_telegram, "/mnt/my disk", 64), "{/mnt/my disk}");
	assert_string_equal(spans(escape_telegram, "ask @me <b>", 64), "ask {@me} &lt;b&gt;");
	assert_string_equal(
	    spans(escape_telegram, "see (/a/b), /c. d", 64), "see ({/a/b}), {/c}. d");
	assert_string_equal(spans(escape_telegram_plain, "<a/b> =/x&", 64), "<a/b> ={/x&}");
	assert_string_equal(spans(escape_telegram, "12 MiB/s of /", 64), "12 MiB/s of /");
	assert_string_equal(
	    spans(escape_telegram, "me@example.org a//b", 64), "me@example.org a//b");
	assert_string_equal(
	    spans(escape_telegram, "https://a.example/-/b", 64), "https://a.example/-/b");
	assert_string_equal(
	    spans(escape_telegram, "https://a/-/b@c/@me", 64), "https://a/-{/b@c/@me}");
	/* no text can bring marks, and a cut closes what it opens */
	assert_string_equal(spans(escape_telegram, "\x02 a \x03", 64), "\\x02 a \\x03");
	assert_string_equal(spans(escape_telegram, "/var/lib", 5), "{/var}\xe2\x80\xa6");
	assert_string_equal(spans(escape_telegram, "ab /var", 4), "ab \xe2\x80\xa6");
	assert_int_equal(escape_units("\x02/var\x03", 6), 4);
}

/* What is copied from the screen is what was there: nothing is put in between. */
static void
test_no_hidden_character_is_added(void **state)
{
	static escape_fn *const all[] = {
	    escape_discord, escape_slack, escape_telegram, escape_telegram_plain, escape_plain};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *out =
		    cut(all[i], "/var/lib/@x user@host \"q\" 'q' -- ... @all", 200, false);

		for (; *out != '\0'; out++)
			assert_true((unsigned char)*out < 0x80);
	}
}

static void
test_units_are_utf16(void **state)
{
	(void)state;
	assert_int_equal(escape_units("abc", 3), 3);
	assert_int_equal(escape_units("\xc3\xa9", 2), 1);
	assert_int_equal(escape_units("\xf0\x9f\x98\x80", 4), 2);
	assert_int_equal(escape_units("\xff\xff", 2), 2);
}

static void
test_long_input_is_cut_to_its_share(void **state)
{
	static char text[100001];
	char storage[8192];
	struct buf b;

	(void)state;
	memset(text, '*', sizeof(text) - 1);
	buf_init(&b, storage, sizeof(storage));
	escape_add(&b, escape_discord, text, 100);
	assert_false(b.full);
	assert_true(escape_units(storage, b.len) <= 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_markup_is_shown_as_it_is),
	    cmocka_unit_test(test_nobody_is_pinged),
	    cmocka_unit_test(test_what_cannot_be_seen_is_spelled),
	    cmocka_unit_test(test_printable_text_survives),
	    cmocka_unit_test(test_shortening_tears_nothing),
	    cmocka_unit_test(test_entities_stay_whole),
	    cmocka_unit_test(test_telegram_links_nothing),
	    cmocka_unit_test(test_no_hidden_character_is_added),
	    cmocka_unit_test(test_units_are_utf16),
	    cmocka_unit_test(test_long_input_is_cut_to_its_share),
	};
	unsigned seed = (unsigned)clock_seed();

	printf("seed %u\n", seed);
	srand(seed);
	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
