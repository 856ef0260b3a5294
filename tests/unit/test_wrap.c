/*
 * wrap: any text in lines that fit, with nothing of it lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/show/wrap.c"

#include "random.h"

static char out[8192];

static const char *
wrap(const char *text, int at, int indent, int columns)
{
	struct buf b;

	buf_init(&b, out, sizeof(out));
	wrap_add(&b, text, at, indent, columns);
	assert_false(b.full);
	return out;
}

static void
lines_break_between_words(void **state)
{
	(void)state;
	assert_string_equal(wrap("", 0, 0, 20), "\n");
	assert_string_equal(wrap("one two", 0, 0, 7), "one two\n");
	assert_string_equal(wrap("one two", 0, 0, 6), "one\ntwo\n");
	assert_string_equal(wrap("one two three", 4, 2, 12), "one two\n  three\n");
	assert_string_equal(wrap("one", 10, 2, 12), "\n  one\n"); /* no room left behind a label */
}

static void
words_too_long_for_a_line_break_inside(void **state)
{
	(void)state;
	assert_string_equal(wrap("abcdefghij", 0, 0, 4), "abcd\nefgh\nij\n");
	assert_string_equal(wrap("a bcdefgh i", 2, 2, 6), "a\n  bcde\n  fgh\n  i\n");
}

/* Syllables of Korean are two columns wide and are not cut apart; control bytes are spelled. */
static void
wide_and_hostile_text(void **state)
{
	(void)state;
	assert_string_equal(wrap("\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80", 0, 0, 5),
	    "\xea\xb0\x80\xea\xb0\x80\n\xea\xb0\x80\n");
	assert_string_equal(wrap("a\x1b[2J\nb\xff", 0, 0, 40), "a\\x1b[2J\\x0ab\\xff\n");
}

/* Into joined: what was written, without blanks; no line is longer than it may be. */
static void
check_lines(int indent, int columns, char joined[sizeof(out)])
{
	int column = indent; /* the caller's, on the first line */
	size_t n = 0;

	for (const char *p = out; *p != '\0'; p++) {
		column = *p == '\n' ? 0 : column + 1;
		assert_true(column <= columns);
		if (*p != ' ' && *p != '\n')
			joined[n++] = *p;
	}
	joined[n] = '\0';
}

static void
nothing_is_lost_and_no_line_is_longer(void **state)
{
	(void)state;
	random_start();
	for (int i = 0; i < 2000; i++) {
		char text[300] = "", letters[300] = "", joined[sizeof(out)];
		int columns = 8 + (int)draw(60), indent = (int)draw(6);
		size_t len = draw(299), n = 0;

		for (size_t k = 0; k < len; k++) {
			text[k] = (char)(draw(6) == 0 ? ' ' : 'a' + (char)draw(26));
			if (text[k] != ' ')
				letters[n++] = text[k];
		}
		wrap(text, indent, indent, columns);
		check_lines(indent, columns, joined);
		assert_string_equal(joined, letters);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_break_between_words),
	    cmocka_unit_test(words_too_long_for_a_line_break_inside),
	    cmocka_unit_test(wide_and_hostile_text),
	    cmocka_unit_test(nothing_is_lost_and_no_line_is_longer),
	};

	return cmocka_run_group_tests_name("wrap", tests, NULL, NULL);
}
