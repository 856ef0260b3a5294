/*
 * Spans between moments of one boot and of two, and dates and times in a zone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "src/base/clock.c"

#define SEC 1000LL
#define AT(secs, wall, boot_)                                                        \
	{                                                                            \
		.boot_ns = (secs)*NS_PER_SEC, .wall_ms = (wall)*SEC, .boot = (boot_) \
	}

static void
test_spans(void **state)
{
	static const struct {
		struct now from, to;
		int64_t ms;
		bool sure;
	} rows[] = {
	    {AT(10, 5000, 7), AT(70, 5060, 7), 60000, true},
	    {AT(10, 5000, 7), AT(70, 9999, 7), 60000, true},
	    {AT(10, 5000, 7), AT(70, 1, 7), 60000, true},
	    {AT(900, 5000, 7), AT(70, 5060, 8), 60000, false},
	    {AT(900, 5000, 7), AT(70, 1, 8), 0, false},
	    {AT(900, 1, 7), AT(70, 20LL * 366 * 86400, 8), 0, false},
	    {AT(0, 5000, 0), AT(70, 5060, 8), 60000, false}, /* a row of an older version */
	    {AT(0, 5000, 0), AT(70, 5060, 0), 60000, true},
	    {AT(900, 5000, 7), AT(70, 5060, 7), 60000, true}, /* a time namespace that is another */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(clock_span_ms(&rows[i].from, &rows[i].to), rows[i].ms);
		assert_int_equal(clock_span_is_sure(&rows[i].from, &rows[i].to), rows[i].sure);
		assert_int_equal(clock_boot_ns(&rows[i].from, &rows[i].to),
		    rows[i].to.boot_ns - rows[i].ms * NS_PER_MS);
	}
}

static void
test_the_boot_is_the_same_each_time(void **state)
{
	struct now a = clock_now(), b = clock_now();

	(void)state;
	assert_true(a.boot > 0 && a.boot == b.boot);
	assert_true(clock_compare(&a, &b) <= 0);
}

/* Drifting apart is not being set. */
static void
test_times_are_shown_by_the_clock_as_it_goes_now(void **state)
{
	static const struct now then = AT(10, 5000, 7), drifted = AT(70, 5063, 7),
	                        set = AT(70, 9060, 7), other = AT(70, 9060, 8);

	(void)state;
	assert_int_equal(clock_shown_ms(&then, &drifted), 5000 * SEC);
	assert_int_equal(clock_shown_ms(&then, &set), 9000 * SEC);
	assert_int_equal(clock_shown_ms(&then, &other), 5000 * SEC);
}

/* Central Europe in 2026: from 02:00 to 03:00 on 29 March, and back from 03:00 on 25 October. */
static void
test_hours_that_come_twice_or_never(void **state)
{
	static const struct {
		int month, day, hour, minute;
		const char *means;
	} rows[] = {
	    {3, 29, 1, 59, "2026-03-29T00:59:00.000Z"},
	    {3, 29, 2, 0, "2026-03-29T01:00:00.000Z"},  /* skipped: 03:00 */
	    {3, 29, 2, 30, "2026-03-29T01:30:00.000Z"}, /* 03:30 */
	    {3, 29, 3, 0, "2026-03-29T01:00:00.000Z"},
	    {10, 25, 1, 59, "2026-10-24T23:59:00.000Z"},
	    {10, 25, 2, 0, "2026-10-25T00:00:00.000Z"}, /* the first of two */
	    {10, 25, 2, 30, "2026-10-25T00:30:00.000Z"},
	    {10, 25, 3, 0, "2026-10-25T02:00:00.000Z"},
	};
	char text[CLOCK_ISO8601_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct clock_date date = clock_date_of(
		    2026, rows[i].month, rows[i].day, rows[i].hour, rows[i].minute, 0, true);

		assert_string_equal(clock_iso8601(clock_date_ms(&date), text), rows[i].means);
	}
}

static void
test_people_are_told_the_offset(void **state)
{
	const int64_t summer_ms = 1782864000000 + 123, winter_ms = 1795377600000;
	char text[CLOCK_ISO8601_MAX];

	(void)state;
	assert_string_equal(clock_local_rfc3339(summer_ms, text), "2026-07-01T02:00:00.123+02:00");
	assert_string_equal(clock_local_text(winter_ms, text), "2026-11-22 21:00:00 +01:00");
	assert_string_equal(clock_local_date(winter_ms, text), "2026-11-22 21:00 +01:00");
	assert_string_equal(clock_local_hms(winter_ms, text), "21:00:00 +01:00");
	assert_string_equal(clock_iso8601(winter_ms, text), "2026-11-22T20:00:00.000Z");
}

static void
test_a_zone_by_its_name(void **state)
{
	char text[CLOCK_ISO8601_MAX], name[CLOCK_ZONE_MAX];

	(void)state;
	if (!clock_has_zone("Asia/Seoul")) {
		print_message("skip: this host has no tz database\n");
		skip();
	}
	clock_set_zone("Asia/Seoul");
	assert_string_equal(clock_local_date(1795377600000, text), "2026-11-23 05:00 +09:00");
	assert_string_equal(clock_zone_name(name), "Asia/Seoul");
	clock_set_zone("America/St_Johns");
	assert_string_equal(clock_local_date(1795377600000, text), "2026-11-22 16:30 -03:30");
	clock_set_zone("UTC");
	assert_string_equal(clock_local_date(1795377600000, text), "2026-11-22 20:00 UTC");
	assert_string_equal(
	    clock_local_rfc3339(1795377600000, text), "2026-11-22T20:00:00.000Z");
	clock_set_zone("");
	assert_string_equal(clock_local_date(1795377600000, text), "2026-11-22 21:00 +01:00");
	assert_null(clock_zone_trouble());
}

static void
test_what_is_no_zone(void **state)
{
	static const char *const bad[] = {"", "Asia/Soul", "/etc/localtime", "../zoneinfo/UTC",
	    "Asia", "zone.tab", "Asia//Seoul", "Asia/", ":UTC", "UTC0",
	    "A/very/long/name/that/no/zone/has/and/that/fits/in/no/buffer/of/ours"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (clock_has_zone(bad[i]))
			fail_msg("%s is taken for a zone", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spans),
	    cmocka_unit_test(test_the_boot_is_the_same_each_time),
	    cmocka_unit_test(test_times_are_shown_by_the_clock_as_it_goes_now),
	    cmocka_unit_test(test_hours_that_come_twice_or_never),
	    cmocka_unit_test(test_people_are_told_the_offset),
	    cmocka_unit_test(test_a_zone_by_its_name),
	    cmocka_unit_test(test_what_is_no_zone),
	};

	if (setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1) != 0)
		return 1;
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
