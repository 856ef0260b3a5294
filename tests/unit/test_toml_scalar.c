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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_come_back),
	    cmocka_unit_test(floats_come_back),
	    cmocka_unit_test(every_day_of_the_calendar_is_a_date_and_no_other),
	    cmocka_unit_test(dates_are_normalised),
	};

	return cmocka_run_group_tests_name("toml_scalar", tests, seed_random, NULL);
}
