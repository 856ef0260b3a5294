/*
 * TOML numbers, dates and times: what is written comes back, what does not exist is refused.
 */
#include "src/toml/toml_scalar.c"

#include <stdio.h>

#include "base/buf.h"
#include "tests/unit/toml_help.h"

static void
integers_come_back(void **state)
{
	static const struct {
		const char *name;
		unsigned base;
	} BASES[] = {{"", 10}, {"0x", 16}, {"0o", 8}, {"0b", 2}};

	(void)state;
	for (int round = 0; round < 4000; round++) {
		unsigned kind = below(4);
		int64_t number = (int64_t)(next_random() >> below(64));
		uint64_t rest;
		char digits[160], text[200];
		size_t at = sizeof digits;
		struct toml *doc;
		struct buf b;

		if (kind > 0 && number < 0)
			number = INT64_MAX;
		rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
		digits[--at] = '\0';
		do {
			if (digits[at] != '\0' && below(3) == 0)
				digits[--at] = '_';
			digits[--at] = "0123456789abcdef"[rest % BASES[kind].base];
			rest /= BASES[kind].base;
		} while (rest > 0);
		buf_init(&b, text, sizeof text);
		buf_addf(&b, "k = %s%s%s", number < 0 ? "-" : "", BASES[kind].name, digits + at);
		doc = parse(text);
		assert_int_equal(entry(toml_root(doc), "k")->type, TOML_INTEGER);
		assert_true(entry(toml_root(doc), "k")->u.integer == number);
		toml_free(doc);
	}
}

static void
floats_come_back(void **state)
{
	(void)state;
	for (int round = 0; round < 4000; round++) {
		union {
			uint64_t bits;
			double real;
		} u = {.bits = next_random()};
		char text[64];
		struct toml *doc;

		if (!isfinite(u.real))
			continue;
		snprintf(text, sizeof text, "k = %.17e", u.real);
		doc = parse(text);
		assert_int_equal(entry(toml_root(doc), "k")->type, TOML_FLOAT);
		assert_true(entry(toml_root(doc), "k")->u.real == u.real);
		toml_free(doc);
	}
}

static void
every_day_of_the_calendar_is_a_date_and_no_other(void **state)
{
	static const int YEARS[] = {0, 1, 1900, 2000, 2023, 2024, 2100, 9999};
	static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	(void)state;
	for (size_t y = 0; y < sizeof YEARS / sizeof YEARS[0]; y++) {
		int leap = YEARS[y] == 0 || YEARS[y] == 2000 || YEARS[y] == 2024;

		for (int month = 0; month <= 13; month++) {
			for (int day = 0; day <= 32; day++) {
				bool real = month >= 1 && month <= 12 && day >= 1 &&
				            day <= DAYS[(month + 11) % 12] + (month == 2 && leap);
				char text[64];
				struct toml_error err;
				struct toml *doc;

				snprintf(
				    text, sizeof text, "d=%04d-%02d-%02d", YEARS[y], month, day);
				doc = toml_parse(text, strlen(text), &err);
				assert_int_equal(doc != NULL, real);
				if (doc != NULL)
					assert_string_equal(
					    entry(toml_root(doc), "d")->u.str.text, text + 2);
				toml_free(doc);
			}
		}
	}
}

static void
dates_are_normalised(void **state)
{
	static const char *const PAIRS[][2] = {
	    {"1987-07-05t17:45:00z", "1987-07-05T17:45:00Z"},
	    {"1987-07-05 17:45:00.120000", "1987-07-05T17:45:00.12"},
	    {"1987-07-05 17:45:60.000-00:00", "1987-07-05T17:45:60Z"},
	    {"1987-07-05 17:45:00.1234567899+05:30", "1987-07-05T17:45:00.123456789+05:30"},
	    {"17:45:00.0", "17:45:00"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
		char text[96];
		struct toml *doc;

		snprintf(text, sizeof text, "d = %s # x", PAIRS[i][0]);
		doc = parse(text);
		assert_string_equal(entry(toml_root(doc), "d")->u.str.text, PAIRS[i][1]);
		toml_free(doc);
	}
}

/* Whether "k = text" is read, and as what. */
static bool
is_read(const char *text, enum toml_type *type)
{
	struct toml_error err;
	struct toml *doc;
	char line[128];
	int n = snprintf(line, sizeof line, "k = %s", text);

	doc = try_parse(line, (size_t)n, &err);
	if (doc != NULL)
		*type = entry(toml_root(doc), "k")->type;
	toml_free(doc);
	return doc != NULL;
}

static void
times_and_offsets_at_their_bounds(void **state)
{
	static const char *const GOOD[] = {"00:00:00", "23:59:60", "09:09:09", "00:00:00.1",
	    "2024-02-29T00:00:00Z", "2024-02-29T23:59:59+23:59", "2024-02-29t00:00:00-00:01",
	    "2024-02-29 00:00:00", "2024-02-29T00:00:00.999999999z"};
	static const char *const BAD[] = {"24:00:00", "23:60:00", "23:59:61", "2:00:00", "00:0:00",
	    "00:00:0", "00:00", "00:00:00.", "00:00:00.x", "00:00:00Z", "00-00:00", "0a:00:00",
	    "00:00:000", "2024-02-29T", "2024-02-29Tx", "2024-02-29  00:00:00", "2024-02-29 1",
	    "2024-02-29T24:00:00", "2024-02-29T00:00:00+24:00", "2024-02-29T00:00:00+00:60",
	    "2024-02-29T00:00:00+1:00", "2024-02-29T00:00:00+0100", "2024-02-29T00:00:00-",
	    "2024-02-29T00:00:00Zx", "2024-02-29x", "2024-2-29", "2024/02/29", "2024-02/29",
	    "02024-02-29", "20x4-02-29", "2024-02-2", "2024-02-", "2024-", "2024-02-2:"};
	enum toml_type type;

	(void)state;
	for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++)
		if (!is_read(GOOD[i], &type))
			fail_msg("%s is refused", GOOD[i]);
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		if (is_read(BAD[i], &type))
			fail_msg("%s is read", BAD[i]);
}

/* A blank belongs to a date only when a time follows it. */
static void
a_blank_after_a_date(void **state)
{
	static const char *const DATES[] = {
	    "2024-02-29", "2024-02-29 ", "2024-02-29 #1", "2024-02-29  ", "2024-02-29\n"};
	enum toml_type type;

	(void)state;
	for (size_t i = 0; i < sizeof DATES / sizeof DATES[0]; i++) {
		assert_true(is_read(DATES[i], &type));
		assert_int_equal(type, TOML_LOCAL_DATE);
	}
}

/* However much of a date there is, no more is looked at; a whole one is read to its end. */
static void
dates_that_are_cut(void **state)
{
	static const char TEXT[] = "2024-02-29T01:02:03.5+01:30";

	(void)state;
	for (size_t len = 0; len <= sizeof TEXT - 1; len++) {
		bool whole = len == 10 || len == 19 || len == 21 || len == 27;
		char *copy = malloc(len > 0 ? len : 1);
		struct toml_date date;

		memcpy(copy, TEXT, len);
		assert_int_equal(toml_date_read(copy, copy + len, &date), whole);
		if (whole)
			assert_ptr_equal(date.end, copy + len);
		assert_int_equal(toml_date_looks_like(copy, copy + len), len >= 5);
		free(copy);
	}
	for (size_t len = 0; len <= 10; len++) {
		char *copy = malloc(len > 0 ? len : 1);
		struct toml_date date;

		memcpy(copy, TEXT + 11, len);
		assert_int_equal(toml_date_read(copy, copy + len, &date), len == 8 || len == 10);
		assert_int_equal(toml_date_looks_like(copy, copy + len), len >= 3);
		free(copy);
	}
}

static void
numbers_at_their_bounds(void **state)
{
	static const struct {
		const char *text;
		enum toml_type type;
	} GOOD[] = {{"9223372036854775807", TOML_INTEGER}, {"-9223372036854775808", TOML_INTEGER},
	    {"+9223372036854775807", TOML_INTEGER}, {"0x7fffffffffffffff", TOML_INTEGER},
	    {"0xAf", TOML_INTEGER}, {"0o7", TOML_INTEGER}, {"0b1", TOML_INTEGER},
	    {"0", TOML_INTEGER}, {"-0", TOML_INTEGER}, {"+0", TOML_INTEGER}, {"1_0", TOML_INTEGER},
	    {"9", TOML_INTEGER}, {"0.0", TOML_FLOAT}, {"-0.5", TOML_FLOAT}, {"1e5", TOML_FLOAT},
	    {"1E+5", TOML_FLOAT}, {"1e-05", TOML_FLOAT}, {"1_0.0_1e1_0", TOML_FLOAT},
	    {"0e0", TOML_FLOAT}, {"+inf", TOML_FLOAT}, {"-nan", TOML_FLOAT}, {"true", TOML_BOOL}};
	static const char *const BAD[] = {"9223372036854775808", "-9223372036854775809",
	    "0x8000000000000000", "0xg", "0x", "0xA_", "0x_A", "0o8", "0b2", "0B1", "0X1", "-0x1",
	    "+0b1", "01", "-01", "+00", "00", "1__0", "1_", "_1", "1.", ".5", "-.5", "+.5", "1.e5",
	    "1._5", "1_.5", "1e", "1e+", "1e_5", "1e5.0", "1.5.5", "1e400", "-1e400", "+", "-",
	    "1x", "1-1", "+-1", "1/", "1:", "True", "truee", "tru", "NaN", "Inf", "nul",
	    "infinity"};
	enum toml_type type;

	(void)state;
	for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
		if (!is_read(GOOD[i].text, &type))
			fail_msg("%s is refused", GOOD[i].text);
		assert_int_equal(type, GOOD[i].type);
	}
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		if (is_read(BAD[i], &type))
			fail_msg("%s is read", BAD[i]);
}

/* What people write instead is told apart: booleans, nothing, and text without quotes. */
static void
what_was_probably_meant(void **state)
{
	static const struct {
		const char *text;
		int col;
		const char *words;
	} CASES[] = {{"TRUE", 5, "a boolean is written"}, {"False", 5, "a boolean is written"},
	    {"yes", 5, "a boolean is written"}, {"No", 5, "a boolean is written"},
	    {"on", 5, "a boolean is written"}, {"OFF", 5, "a boolean is written"},
	    {"null", 5, "no empty value"}, {"nil", 5, "no empty value"},
	    {"None", 5, "no empty value"}, {"offf", 5, "strings need quotes"},
	    {"-x", 5, "strings need quotes"}, {".5", 5, "cannot start with '.'"},
	    {".", 5, "strings need quotes"}, {"12ab", 7, "no part of a number"},
	    {"1__2", 7, "between two digits"}, {"1_", 7, "between two digits"},
	    {"1.x", 7, "expected a digit here"}, {"012", 5, "cannot start with 0"},
	    {"-012", 6, "cannot start with 0"}, {"1e999", 5, "too large for a float"},
	    {"99999999999999999999", 5, "64 bits"}, {"", 5, "the end of the file"},
	    {"=", 5, "found '='"}, {",", 5, "found ','"}, {"}", 5, "found '}'"},
	    {"]", 5, "found ']'"}, {"\xc3\xa9", 5, "(U+00E9): strings need quotes"},
	    {"1979-05-27T", 16, "expected an hour, 00 to 23"},
	    {"1979-13-27", 10, "expected a month"}, {"07:60:00", 8, "expected a minute, 00 to 59"}};

	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
		struct toml_error err = {0};
		char line[64];
		int n = snprintf(line, sizeof line, "k = %s", CASES[i].text);

		assert_null(try_parse(line, (size_t)n, &err));
		if (err.line != 1 || err.col != CASES[i].col ||
		    strstr(err.text, CASES[i].words) == NULL)
			fail_msg("%s: %d:%d: %s", line, err.line, err.col, err.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_come_back),
	    cmocka_unit_test(floats_come_back),
	    cmocka_unit_test(every_day_of_the_calendar_is_a_date_and_no_other),
	    cmocka_unit_test(dates_are_normalised),
	    cmocka_unit_test(times_and_offsets_at_their_bounds),
	    cmocka_unit_test(a_blank_after_a_date),
	    cmocka_unit_test(dates_that_are_cut),
	    cmocka_unit_test(numbers_at_their_bounds),
	    cmocka_unit_test(what_was_probably_meant),
	};

	return cmocka_run_group_tests_name("toml_scalar", tests, seed_random, NULL);
}
