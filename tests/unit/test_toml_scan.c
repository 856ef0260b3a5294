/*
 * Where the TOML parser says that things are: keys and values of random documents, and the errors.
 */
#include "src/toml/toml_scan.c"

#include <stdio.h>

#include "tests/unit/toml_help.h"

#define TEXT_MAX 65536

struct writer {
	struct buf b;
	int line, col;
};

static void
put(struct writer *w, const char *text)
{
	buf_adds(&w->b, text);
	for (const char *p = text; *p != '\0'; p++) {
		w->col += (*p & 0xc0) != 0x80;
		if (*p == '\n') {
			w->line++;
			w->col = 1;
		}
	}
}

static void
put_blank(struct writer *w)
{
	static const char *const BLANKS[] = {"", "", " ", "\t", "  \t "};

	put(w, BLANKS[below(5)]);
}

static void
put_line_end(struct writer *w)
{
	static const char *const ENDS[] = {
	    "\n", "\r\n", " # caf\xc3\xa9 \xf0\x9f\x8c\xa1\n", "\n\n"};

	put(w, ENDS[below(4)]);
}

struct sample {
	const char *text;
	enum toml_type type;
};

static const struct sample SAMPLES[] = {
    {"1_000", TOML_INTEGER},
    {"0xfF", TOML_INTEGER},
    {"-0.5e-3", TOML_FLOAT},
    {"true", TOML_BOOL},
    {"\"caf\xc3\xa9 \\u00e9\"", TOML_STRING},
    {"'\xe2\x82\xac'", TOML_STRING},
    {"\"\"\"\na\r\n \\\n  b\"\"\"", TOML_STRING},
    {"'''\n\n'''", TOML_STRING},
    {"2024-02-29", TOML_LOCAL_DATE},
    {"2024-02-29 23:59:60.5z", TOML_DATETIME},
    {"2024-02-29T01:02:03", TOML_LOCAL_DATETIME},
    {"01:02:03.25", TOML_LOCAL_TIME},
    {"[\n1, # x\n 2,]", TOML_ARRAY},
    {"{ a.b = 1, c = [] }", TOML_TABLE},
};

struct expected {
	int key_line, key_col, line, col;
	enum toml_type type;
};

enum { ENTRIES = 40 };

static void
write_entry(struct writer *w, int i, struct expected *e)
{
	static const char *const QUOTES[][2] = {
	    {"k", ""}, {"\"k", "\""}, {"'k", "'"}, {"\"\\u006b", "\""}};
	const struct sample *sample = &SAMPLES[below(sizeof SAMPLES / sizeof SAMPLES[0])];
	unsigned kind = below(4);
	char number[12];

	put_blank(w);
	e->key_line = w->line;
	e->key_col = w->col;
	snprintf(number, sizeof number, "%d", i);
	put(w, QUOTES[kind][0]);
	put(w, number);
	put(w, QUOTES[kind][1]);
	put_blank(w);
	put(w, "=");
	put_blank(w);
	e->line = w->line;
	e->col = w->col;
	e->type = sample->type;
	put(w, sample->text);
	put_line_end(w);
}

static void
positions_are_where_it_was_written(void **state)
{
	static char text[TEXT_MAX];

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct writer w = {.line = 1, .col = 1};
		struct expected e[ENTRIES];
		struct toml *doc;
		const struct toml_value *v;
		int i = 0;

		buf_init(&w.b, text, sizeof text);
		while (below(3) == 0)
			put_line_end(&w);
		for (i = 0; i < ENTRIES; i++)
			write_entry(&w, i, &e[i]);
		doc = parse(text);
		assert_int_equal(toml_root(doc)->u.list.count, ENTRIES);
		v = toml_root(doc)->u.list.first;
		for (i = 0; i < ENTRIES; i++, v = v->next) {
			assert_int_equal(v->key_line, e[i].key_line);
			assert_int_equal(v->key_col, e[i].key_col);
			assert_int_equal(v->line, e[i].line);
			assert_int_equal(v->col, e[i].col);
			assert_int_equal(v->type, e[i].type);
		}
		toml_free(doc);
	}
}

static void
assert_at(const struct toml_value *v, int key_line, int key_col, int line, int col)
{
	assert_non_null(v);
	assert_int_equal(v->key_line, key_line);
	assert_int_equal(v->key_col, key_col);
	assert_int_equal(v->line, line);
	assert_int_equal(v->col, col);
}

static void
headers_dotted_keys_and_items_have_positions(void **state)
{
	struct toml *doc = parse("[ a . b ]\nc.\"d\" = [10,\n  {x = 1, 'y' = 2}]\n"
	                         " [[t]]\n [[ t ]]\nk=1\n[a]\n");
	const struct toml_value *root = toml_root(doc), *a = entry(root, "a");
	const struct toml_value *b = entry(a, "b"), *c = entry(b, "c"), *d = entry(c, "d");
	const struct toml_value *t = entry(root, "t"), *second = d->u.list.last;

	(void)state;
	assert_at(root, 1, 1, 1, 1);
	assert_at(a, 7, 2, 7, 1); /* its own header, not the mention on the way */
	assert_at(b, 1, 7, 1, 1);
	assert_at(c, 2, 1, 2, 1);
	assert_at(d, 2, 3, 2, 9);
	assert_at(d->u.list.first, 2, 10, 2, 10);
	assert_at(second, 3, 3, 3, 3);
	assert_at(entry(second, "y"), 3, 11, 3, 17);
	assert_at(t, 4, 4, 4, 2);
	assert_at(t->u.list.last, 5, 2, 5, 2);
	assert_at(entry(t->u.list.last, "k"), 6, 1, 6, 3);
	assert_null(second->key);
	assert_null(entry(root, "b"));
	assert_null(entry(d, "x"));
	toml_free(doc);
}

static struct toml_error
refuse(const char *text, size_t len)
{
	struct toml_error err = {0};
	struct toml *doc = toml_parse(text, len, &err);

	if (doc != NULL)
		fail_msg("was accepted: %s", text);
	assert_true(err.line >= 1 && err.col >= 1);
	assert_true(strlen(err.text) > 0);
	return err;
}

static const struct fault {
	const char *text;
	int line, col;
	const char *says; /* a part of the error text */
} FAULTS[] = {
    {"a = 1\n\nb = 2\n a = 3", 4, 2, "key 'a' is already defined at line 1"},
    {"[x]\n[y]\n[x]", 3, 2, "'x' is already defined at line 1 as a table"},
    {"x.y = 1\n[x]", 2, 2, "line 1 as a table of dotted keys"},
    {"x = {}\n[x.y]", 2, 2, "line 1 as an inline table, which cannot be extended"},
    {"x = {}\nx.y = 1", 2, 1, "inline table"},
    {"x = 5\n[x.y]", 2, 2, "line 1 as an integer"},
    {"x = []\n[[x]]", 2, 3, "line 1 as an array"},
    {"[[x]]\n[x]", 2, 2, "line 1 as an array of tables"},
    {"[x]\n[[x]]", 2, 3, "line 1 as a table"},
    {"[x]\nb.c = 1\n[x.b]", 3, 4, "table of dotted keys"},
    {"[x.b]\n[x]\nb.c = 1", 3, 1, "line 1 as a table"},
    {"[x.b.c]\n[x]\nb.d = 1\n[x.b]", 4, 4, "line 1 as a table of dotted keys"},
    {"[a\nb = 1", 1, 3, "expected ']' in the table header that starts at line 1, column 1"},
    {"[[a]\n", 1, 5, "expected ']]'"},
    {"[[a] ]", 1, 5, "expected ']]'"},
    {"[]", 1, 2, "expected a key, found ']'"},
    {"[a.]", 1, 4, "expected a key, found ']'"},
    {"[a] b", 1, 5, "expected the end of the line, found 'b'"},
    {"a = 1 b = 2", 1, 7, "expected the end of the line, found 'b'"},
    {"key", 1, 4, "expected '=' after the key, found the end of the file"},
    {"key: 1", 1, 4, "expected '=' after the key, found ':'"},
    {"a b = 1", 1, 3, "expected '='"},
    {"= 1", 1, 1, "expected a key, found '='"},
    {"caf\xc3\xa9 = 1", 1, 4, "found '\xc3\xa9'"},
    {"\xc3\xa9 = 1", 1, 1, "keys need quotes"},
    {"\"\"\"a\"\"\" = 1", 1, 1, "several lines"},
    {"k =", 1, 4, "expected a value, found the end of the file"},
    {"k = # none", 1, 5, "expected a value, found '#'"},
    {"k = = 1", 1, 5, "expected a value, found '='"},
    {"k = abc", 1, 5, "strings need quotes"},
    {"k = True", 1, 5, "true or false"},
    {"k = null", 1, 5, "leave the key out"},
    {"k = 90%", 1, 7, "if this is text, put it in quotes"},
    {"k = 10s", 1, 7, "if this is text, put it in quotes"},
    {"k = 127.0.0.1", 1, 10, "if this is text, put it in quotes"},
    {"k = 012", 1, 5, "cannot start with 0"},
    {"k = .5", 1, 5, "write 0 before it"},
    {"k = 5.", 1, 7, "expected a digit"},
    {"k = 1__0", 1, 7, "'_' may only stand between two digits"},
    {"k = 1_", 1, 7, "'_' may only stand between two digits"},
    {"k = 0x", 1, 7, "expected a digit"},
    {"k = 9223372036854775808", 1, 5, "does not fit in 64 bits"},
    {"k = -9223372036854775809", 1, 5, "does not fit in 64 bits"},
    {"k = 0x8000000000000000", 1, 5, "does not fit in 64 bits"},
    {"k = 1e999", 1, 5, "too large"},
    {"k = 2023-02-29", 1, 13, "a day that this month has"},
    {"k = 2023-13-01", 1, 10, "expected a month"},
    {"k = 24:00:00", 1, 5, "expected an hour"},
    {"k = 12:30", 1, 10, "hh:mm:ss"},
    {"k = 2023-01-01T10:00:00+5:00", 1, 25, "an offset is written"},
    {"k = 2023-01-01x", 1, 15, "no part of a date"},
    {"k = \"abc\nl = 1", 1, 5, "no closing \" on its line"},
    {"k = 'abc", 1, 5, "no closing ' on its line"},
    {"k = \"\"\"abc\n\n\"\"", 1, 5, "never closed by \"\"\""},
    {"k = \"\xe2\x82\xac \\d\"", 1, 8, "'\\' before 'd' is not an escape"},
    {"k = \"a\\", 1, 7, "before the end of the file"},
    {"k = \"\\u12g4\"", 1, 6, "\\u needs 4 hexadecimal digits"},
    {"k = \"\\ud800\"", 1, 6, "U+D800 is not a Unicode character"},
    {"k = \"\\U00110000\"", 1, 6, "U+110000 is not"},
    {"k = \"a\x01\"", 1, 7, "control character 0x01 is not allowed in a string"},
    {"# a\x7f", 1, 4, "control character 0x7f is not allowed in a comment"},
    {"a = 1\r", 1, 6, "found control character 0x0d"},
    {"\n\nk = [1, 2\n[x]\n", 4, 1, "',' or ']' in the array that starts at line 3, column 5"},
    {"k = [1,\n", 2, 1, "found the end of the file"},
    {"k = [1,,2]", 1, 8, "expected a value, found ','"},
    {"k = {a = 1", 1, 11, "',' or '}' in the inline table that starts at line 1, column 5"},
    {"k = {a = 1,}", 1, 12, "expected a key, found '}'"},
    {"k = {a = 1\n}", 1, 11, "from column 5 must be closed by '}' on this line"},
    {"k = {\n}", 1, 6, "must be closed"},
    {"k = {a = 1, \nb = 2}", 1, 13, "must be closed"},
    {"k =\xc2\xa0'x'", 1, 4, "found '\xc2\xa0' (U+00A0): strings need quotes"},
    {"k\xc2\xa0= 1", 1, 2, "found '\xc2\xa0' (U+00A0)"},
    {"k = {a = 1, a = 2}", 1, 13, "already defined at line 1"},
    {"ok = 1\n# \xc3\xa9\xff", 2, 4, "byte 0xff is not valid UTF-8"},
    {"k = '\xed\xa0\x80'", 1, 6, "not valid UTF-8"},
    {"\xff\xfek", 1, 1, "UTF-16"},
    {"\xfe\xff\x4e\x00", 1, 1, "UTF-16"},
    {"\xff\xff", 1, 1, "byte 0xff is not valid UTF-8"},
    {"k = [1,\x01", 1, 8, "control character 0x01"},
    {"\xef\xbb\xbf!", 1, 1, "expected a key, found '!'"},
};

static void
errors_name_the_place_and_the_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
		const struct fault *f = &FAULTS[i];
		struct toml_error err = refuse(f->text, strlen(f->text));

		if (err.line != f->line || err.col != f->col || strstr(err.text, f->says) == NULL)
			fail_msg("in: %s\n%d:%d: %s\nexpected %d:%d: %s", f->text, err.line,
			    err.col, err.text, f->line, f->col, f->says);
		assert_true(strlen(err.text) < sizeof err.text - 1); /* nothing was cut */
	}
}

static void
errors_never_repeat_a_value(void **state)
{
	static const char *const SHAPES[] = {
	    "password = %s",
	    "password = %s # c",
	    "password = \"%s",
	    "password = '%s",
	    "password = \"%s\" x",
	    "password = \"%s\\q\"",
	    "password = [%s]",
	    "password = {a = %s}",
	    "password = 2%s",
	    "password = 2024-01-01%s",
	    "password = \"\"\"%s",
	    "password = -%s",
	};

	(void)state;
	for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++) {
		const char *hole = strchr(SHAPES[i], '%');
		char text[128];
		struct buf b;
		struct toml_error err;

		buf_init(&b, text, sizeof text);
		buf_add(&b, SHAPES[i], (size_t)(hole - SHAPES[i]));
		buf_adds(&b, "hunter2");
		buf_adds(&b, hole + 2);
		err = refuse(text, b.len);
		assert_null(strstr(err.text, "hunter"));
		assert_null(strstr(err.text, "unter2"));
	}
}

static void
keys_in_errors_are_cut_and_escaped(void **state)
{
	char text[512];
	struct toml_error err;
	struct buf b;

	(void)state;
	buf_init(&b, text, sizeof text);
	for (int i = 0; i < 2; i++) {
		buf_adds(&b, "\"\\u001b\\u0000\\n");
		for (int n = 0; n < 60; n++)
			buf_adds(&b, "\xe2\x82\xac");
		buf_adds(&b, "\" = 1\n");
	}
	err = refuse(text, b.len);
	assert_true(str_utf8_valid(err.text, strlen(err.text)));
	assert_null(strchr(err.text, '\x1b'));
	assert_null(strchr(err.text, '\n'));
	assert_non_null(strstr(err.text, "\\x1b\\x00"));
	assert_non_null(strstr(err.text, "...' is already defined at line 1"));
}

static void
every_prefix_is_a_document_or_an_error_inside_it(void **state)
{
	static char text[TEXT_MAX];
	struct writer w = {.line = 1, .col = 1};
	struct expected e;

	(void)state;
	buf_init(&w.b, text, sizeof text);
	for (int i = 0; i < ENTRIES; i++)
		write_entry(&w, i, &e);
	put(&w, "[x]\n[[y.z]]\n");
	for (size_t len = 0; len <= w.b.len; len++) {
		struct toml_error err = {0};
		struct toml *doc = toml_parse(text, len, &err);
		int lines = 1;

		for (size_t i = 0; i < len; i++)
			lines += text[i] == '\n';
		assert_true(doc != NULL || (err.line >= 1 && err.line <= lines));
		assert_true(doc != NULL || (err.col >= 1 && err.col <= (int)len + 1));
		toml_free(doc);
	}
}

/* A NUL is a character like other control characters, and no end. */
static void
a_nul_is_named(void **state)
{
	static const char *const TEXTS[] = {"k = [!", "k = !", "!", "k!= 1", "k = {!", "# a!"};

	(void)state;
	for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
		char text[16];
		size_t len = strlen(TEXTS[i]);
		struct toml_error err;

		memcpy(text, TEXTS[i], len + 1);
		*strchr(text, '!') = '\0';
		/* Two bytes of which one is NUL look like UTF-16. */
		if (len < 2 || text[0] == '\0' || text[1] == '\0')
			continue;
		err = refuse(text, len);
		if (strstr(err.text, "control character 0x00") == NULL)
			fail_msg("%s: %s", TEXTS[i], err.text);
		assert_null(strstr(err.text, "end of the file"));
		assert_null(strstr(err.text, "',' or ']'"));
	}
}

/* Two bytes are enough to look like UTF-16; one is what it is. */
static void
the_shortest_documents(void **state)
{
	struct toml_error err;

	(void)state;
	toml_free(parse(""));
	toml_free(parse("\n"));
	toml_free(parse(" "));
	toml_free(parse("#"));
	err = refuse("a\0", 2);
	assert_non_null(strstr(err.text, "UTF-16"));
	err = refuse("\0a", 2);
	assert_non_null(strstr(err.text, "UTF-16"));
	err = refuse("\0", 1);
	assert_non_null(strstr(err.text, "control character 0x00"));
	err = refuse("\0\0", 2);
	assert_null(strstr(err.text, "UTF-16"));
	err = refuse("\xff\xfe", 2);
	assert_non_null(strstr(err.text, "UTF-16"));
	err = refuse("\xfe\xff", 2);
	assert_non_null(strstr(err.text, "UTF-16"));
	toml_free(parse("\xef\xbb\xbf"));
	err = refuse("\xef\xbb", 2);
	assert_non_null(strstr(err.text, "not valid UTF-8"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(positions_are_where_it_was_written),
	    cmocka_unit_test(headers_dotted_keys_and_items_have_positions),
	    cmocka_unit_test(errors_name_the_place_and_the_reason),
	    cmocka_unit_test(errors_never_repeat_a_value),
	    cmocka_unit_test(keys_in_errors_are_cut_and_escaped),
	    cmocka_unit_test(every_prefix_is_a_document_or_an_error_inside_it),
	    cmocka_unit_test(a_nul_is_named),
	    cmocka_unit_test(the_shortest_documents),
	};

	return cmocka_run_group_tests_name("toml_scan", tests, seed_random, NULL);
}
