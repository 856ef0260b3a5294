/*
 * TOML strings: any text comes back from any mix of escapes; the corners of quotes and folding.
 */
#include "src/toml/toml_string.c"

#include "base/buf.h"
#include "tests/unit/toml_help.h"

/* Any code points, written in a random mix of ways, as a value and as a key. */
static void
strings_come_back(void **state)
{
	static char text[2048];

	(void)state;
	for (int round = 0; round < 500; round++) {
		char want[512], literal[8], *w = want;
		struct toml *doc;
		const struct toml_value *v;
		struct buf b;

		buf_init(&b, text, sizeof text);
		buf_adds(&b, "k = \"");
		for (int i = (int)below(100); i > 0; i--) {
			uint32_t code = (uint32_t)next_random() >> (11 + below(21));

			if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
				continue;
			w = put_utf8(w, code);
			if (code < 0x10000 && below(3) == 0)
				buf_addf(&b, "\\u%04x", (unsigned)code);
			else if (code < 0x20 || code == 0x7f || code == '"' || code == '\\' ||
			         below(3) == 0)
				buf_addf(&b, "\\U%08X", (unsigned)code);
			else
				buf_add(&b, literal, (size_t)(put_utf8(literal, code) - literal));
		}
		buf_adds(&b, "\"");
		doc = parse(text);
		v = entry(toml_root(doc), "k");
		assert_int_equal(v->u.str.len, (size_t)(w - want));
		assert_memory_equal(v->u.str.text, want, v->u.str.len);
		assert_int_equal(v->u.str.text[v->u.str.len], '\0');
		toml_free(doc);
	}
}

static void
quotes_and_folds(void **state)
{
	static const struct {
		const char *text, *value;
	} CASES[] = {
	    {"''", ""},
	    {"\"\"", ""},
	    {"'a\\'", "a\\"},
	    {"\"\"\"\"a\"\"\"\"\"", "\"a\"\""},
	    {"'''''a'''''", "''a''"},
	    {"\"\"\"\"\"\"", ""},
	    {"\"\"\"\n\na\"\"\"", "\na"},
	    {"\"\"\"\r\na\r\nb\"\"\"", "a\nb"},
	    {"\"\"\"a \\ \t\r\n\n \tb\"\"\"", "a b"},
	    {"\"\"\"a\\\n\"\"\"", "a"},
	    {"\"\"\"a\\\\\nb\"\"\"", "a\\\nb"},
	    {"'''a\\\nb'''", "a\\\nb"},
	    {"\"\\u007F\\u0080\\u07ff\\u0800\\uFFFF\\U00010000\\U0010ffff\"",
	        "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
	    {"\"\\t\\b\\f\\r\\\"\"", "\t\b\f\r\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		char text[128];
		struct toml *doc;
		struct buf b;

		buf_init(&b, text, sizeof text);
		buf_addf(&b, "k = %s\nafter = 1\n", CASES[i].text);
		doc = parse(text);
		assert_string_equal(entry(toml_root(doc), "k")->u.str.text, CASES[i].value);
		assert_int_equal(entry(toml_root(doc), "after")->u.integer, 1);
		toml_free(doc);
	}
}

static void
what_is_no_string(void **state)
{
	static const struct {
		const char *text;
		int line, col;
		const char *words;
	} CASES[] = {{"\"a", 1, 5, "no closing \""}, {"'a", 1, 5, "no closing '"},
	    {"\"a\nb\"", 1, 5, "no closing"}, {"\"a\r\nb\"", 1, 5, "no closing"},
	    {"\"\\u12\"", 1, 6, "\\u needs 4"}, {"\"\\u123", 1, 6, "\\u needs 4"},
	    {"\"\\U0012345\"", 1, 6, "\\U needs 8"}, {"\"\\u12g4\"", 1, 6, "\\u needs 4"},
	    {"\"\\u00/0\"", 1, 6, "\\u needs 4"}, {"\"\\u00:0\"", 1, 6, "\\u needs 4"},
	    {"\"\\u00@0\"", 1, 6, "\\u needs 4"}, {"\"\\u00`0\"", 1, 6, "\\u needs 4"},
	    {"\"\\ud800\"", 1, 6, "U+D800 is not"}, {"\"\\udfff\"", 1, 6, "U+DFFF is not"},
	    {"\"\\U00110000\"", 1, 6, "U+110000 is not"}, {"\"\\x41\"", 1, 6, "is not an escape"},
	    {"\"a\\", 1, 7, "is not an escape"}, {"\"\\ \"", 1, 6, "is not an escape"},
	    {"\"a\x1f\"", 1, 7, "control character 0x1f"},
	    {"'a\x7f'", 1, 7, "control character 0x7f"}, {"'''a''", 1, 5, "never closed by '''"},
	    {"\"\"\"a\n\"\"", 1, 5, "never closed by \"\"\""},
	    {"'''a''''''", 1, 14, "expected the end of the line"},
	    {"\"\"\"a\n\\x\"\"\"", 2, 1, "is not an escape"},
	    {"\"\"\"a\\ b\"\"\"", 1, 9, "is not an escape"},
	    {"\"\"\"\x01\"\"\"", 1, 8, "control character 0x01"}};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct toml_error err = {0};
		struct buf b;
		char line[64];

		buf_init(&b, line, sizeof line);
		buf_addf(&b, "k = %s", CASES[i].text);
		assert_null(try_parse(line, b.len, &err));
		if (err.line != CASES[i].line || err.col != CASES[i].col ||
		    strstr(err.text, CASES[i].words) == NULL)
			fail_msg("%s: %d:%d: %s", line, err.line, err.col, err.text);
	}
}

static void
escapes_at_their_bounds(void **state)
{
	static const struct {
		const char *text, *value;
	} CASES[] = {{"\"\\u0009\\uD7ff\\uE000\"", "\t\xed\x9f\xbf\xee\x80\x80"},
	    {"\"\\U0010FFFF\"", "\xf4\x8f\xbf\xbf"}, {"\"\\u00aF\\u009a\"", "\xc2\xaf\xc2\x9a"},
	    {"\"a\tb\"", "a\tb"}, {"'~ '", "~ "}, {"'''a''b'''", "a''b"}, {"''''a'''", "'a"}};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct toml *doc;
		struct buf b;
		char line[64];

		buf_init(&b, line, sizeof line);
		buf_addf(&b, "k = %s", CASES[i].text);
		doc = parse(line);
		assert_string_equal(entry(toml_root(doc), "k")->u.str.text, CASES[i].value);
		toml_free(doc);
	}
}

static void
keys_are_letters_digits_and_dashes(void **state)
{
	static const char *const GOOD[] = {
	    "a", "z", "A", "Z", "0", "9", "_", "-", "''", "\"\"", "' '"};
	static const char *const BAD[] = {"@", "`", "[", "{", "/", ":", "+", "'''a'''",
	    "\"\"\"a\"\"\"", "\xc3\xa9", "", "a b", "a.", ".a", "a..b", "'a", "a\nb"};

	(void)state;
	for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
		struct buf b;
		char line[64];

		buf_init(&b, line, sizeof line);
		buf_addf(&b, "%s = 1", GOOD[i]);
		toml_free(parse(line));
	}
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		struct toml_error err = {0};
		struct buf b;
		char line[64];

		buf_init(&b, line, sizeof line);
		buf_addf(&b, "%s = 1", BAD[i]);
		if (try_parse(line, b.len, &err) != NULL)
			fail_msg("%s is a key", BAD[i]);
		assert_int_equal(strstr(err.text, "keys need quotes") != NULL, BAD[i][0] == '\xc3');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strings_come_back),
	    cmocka_unit_test(quotes_and_folds),
	    cmocka_unit_test(what_is_no_string),
	    cmocka_unit_test(escapes_at_their_bounds),
	    cmocka_unit_test(keys_are_letters_digits_and_dashes),
	};

	return cmocka_run_group_tests_name("toml_string", tests, seed_random, NULL);
}
