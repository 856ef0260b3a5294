/*
 * Dates with times, as people write them, to Unix time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "src/conf/datetime.c"

static void
test_with_an_offset(void **state)
{
	static const struct {
		const char *text;
		int64_t secs;
	} cases[] = {{"1970-01-01T00:00:01Z", 1}, {"2026-11-22T20:00:00Z", 1795377600},
	    {"2026-11-22t20:00:00z", 1795377600}, {"2026-11-22 20:00:00.999Z", 1795377600},
	    {"2026-11-22T20:00:59Z", 1795377659}, {"2026-11-22T20:59:00Z", 1795377600 + 59 * 60},
	    {"2026-11-22T22:00:00+02:00", 1795377600}, {"2026-11-23T01:30:00+05:30", 1795377600},
	    {"2026-11-22T10:30:00-09:30", 1795377600}, {"2026-11-22T20:00:00.5-00:00", 1795377600},
	    {"2024-02-29T00:00:00Z", 1709164800}};
	struct zone_date date;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(datetime_read(cases[i].text, &date));
		assert_false(date.local);
		assert_int_equal(zone_date_ms(&date), cases[i].secs * 1000);
	}
}

/* In the zone of this machine, as it was at that time of the year. */
static void
test_local(void **state)
{
	struct zone_date date;

	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	assert_true(datetime_read("2026-11-22T20:00:00", &date));
	assert_true(date.local);
	assert_int_equal(zone_date_ms(&date), (1795377600LL - 3600) * 1000);
	assert_true(datetime_read("2026-07-01 00:00:00.25", &date));
	assert_true(date.local);
	assert_int_equal(zone_date_ms(&date), (1782864000LL - 7200) * 1000);
}

static void
test_what_is_none(void **state)
{
	static const char *const bad[] = {"", "2026-11-22", "20:00:00", "2026-11-22T20:00",
	    "2026-11-22T20:00:00 ", "2026-11-22T20:00:00Zx", "2026-11-22T20:00:00+25:00",
	    "2026-02-29T00:00:00Z", "tomorrow", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
	    "1970-01-01T01:00:00+01:00"};
	struct zone_date date;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (datetime_read(bad[i], &date))
			fail_msg("%s is read", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_with_an_offset),
	    cmocka_unit_test(test_local),
	    cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests_name("datetime", tests, NULL, NULL);
}
