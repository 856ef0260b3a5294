/*
 * Parts of a line that have room, and those that have not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/show/line.c"

static char text[1024];
static struct buf out;

static struct line
begin(int columns, bool colour)
{
	buf_init(&out, text, sizeof(text));
	return (struct line){.out = &out, .columns = columns, .colour = colour};
}

static void
what_has_no_room_is_left_out_whole(void **state)
{
	struct line l = begin(10, false);

	(void)state;
	assert_true(line_add(&l, "12345"));
	assert_false(line_addf(&l, "%s", "678901"));
	assert_true(line_addf(&l, "%d", 67890));
	assert_false(line_add(&l, "x"));
	assert_true(line_add(&l, ""));
	assert_int_equal(l.at, 10);
	line_end(&l);
	assert_int_equal(l.at, 0);
	assert_string_equal(text, "1234567890\n");
}

static void
colours_take_no_room(void **state)
{
	struct line l = begin(3, true);

	(void)state;
	line_paint(&l, "1;31", "abc");
	assert_string_equal(text, "\033[1;31mabc\033[0m");
	l = begin(3, true);
	assert_false(line_paint(&l, "1;31", "abcd"));
	assert_string_equal(text, "");
	l = begin(3, false);
	line_paint(&l, "1;31", "abc");
	assert_string_equal(text, "abc");
}

/* Korean is two columns wide, a bar's blocks are one. */
static void
columns_are_those_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(line_columns(""), 0);
	assert_int_equal(line_columns("abc"), 3);
	assert_int_equal(line_columns("\xea\xb0\x80\xea\xb0\x80"), 4);
	assert_int_equal(line_columns("█░…─"), 4);
	assert_int_equal(line_columns("\xc3\xbc"), 1);
}

static void
a_long_name_keeps_its_end(void **state)
{
	static const struct {
		const char *name;
		int columns;
		const char *shown;
	} cases[] = {
	    {"/mnt/backup", 11, "/mnt/backup"},
	    {"/mnt/backup", 10, "…nt/backup"},
	    {"/mnt/backup", 1, "…"},
	    {"/\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80", 7, "/\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80"},
	    {"/\xea\xb0\x80\xea\xb0\x80\xea\xb0\x80", 6, "…\xea\xb0\x80\xea\xb0\x80"},
	    {"a\x1b[2J\nb\xff", 40, "a\\x1b[2J\\x0ab\\xff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line l = begin(60, false);

		line_add_name(&l, cases[i].name, cases[i].columns, false);
		assert_string_equal(text, cases[i].shown);
		l = begin(60, false);
		line_add_name(&l, cases[i].name, cases[i].columns, true);
		assert_int_equal(l.at, cases[i].columns);
	}
}

static void
a_bar_is_as_wide_whatever_it_shows(void **state)
{
	static const double percents[] = {-5, 0, 0.6, 12.5, 61.2, 99.9, 100, 480};

	(void)state;
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		struct line l = begin(60, false);

		line_add_bar(&l, "", percents[i]);
		assert_int_equal(l.at, LINE_BAR_CELLS + 7);
		assert_int_equal(line_columns(text), l.at);
	}
	assert_string_equal(text, "██████████ 480.0%");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_has_no_room_is_left_out_whole),
	    cmocka_unit_test(colours_take_no_room),
	    cmocka_unit_test(columns_are_those_of_a_terminal),
	    cmocka_unit_test(a_long_name_keeps_its_end),
	    cmocka_unit_test(a_bar_is_as_wide_whatever_it_shows),
	};

	return cmocka_run_group_tests_name("line", tests, NULL, NULL);
}
