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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strings_come_back),
	    cmocka_unit_test(quotes_and_folds),
	};

	return cmocka_run_group_tests_name("toml_string", tests, seed_random, NULL);
}
