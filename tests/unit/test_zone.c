/*
 * Dates and times in a zone: hours that come twice or never, and zones that are changed or missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/zone.h"

/* A file of this test stands for the host's. */
#undef ZONE_SYSTEM
static char system_zone[] = "/tmp/test_zone.XXXXXX";
#define ZONE_SYSTEM system_zone
#include "src/base/zone.c"

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
		struct zone_date date = zone_date_of(
		    2026, rows[i].month, rows[i].day, rows[i].hour, rows[i].minute, 0, true);

		assert_string_equal(clock_iso8601(zone_date_ms(&date), text), rows[i].means);
	}
}

static void
test_people_are_told_the_offset(void **state)
{
	const int64_t summer_ms = 1782864000000 + 123, winter_ms = 1795377600000;
	char text[CLOCK_ISO8601_MAX];

	(void)state;
	assert_string_equal(zone_rfc3339(summer_ms, text), "2026-07-01T02:00:00.123+02:00");
	assert_string_equal(zone_text(winter_ms, text), "2026-11-22 21:00:00 +01:00");
	assert_string_equal(zone_short(winter_ms, text), "2026-11-22 21:00 +01:00");
	assert_string_equal(zone_hms(winter_ms, text), "21:00:00 +01:00");
	assert_string_equal(clock_iso8601(winter_ms, text), "2026-11-22T20:00:00.000Z");
}

static void
test_a_zone_by_its_name(void **state)
{
	char text[CLOCK_ISO8601_MAX], name[ZONE_NAME_MAX];

	(void)state;
	if (!zone_exists("Asia/Seoul")) {
		print_message("skip: this host has no tz database\n");
		skip();
	}
	zone_set("Asia/Seoul");
	assert_string_equal(zone_short(1795377600000, text), "2026-11-23 05:00 +09:00");
	assert_string_equal(zone_name(name), "Asia/Seoul");
	zone_set("America/St_Johns");
	assert_string_equal(zone_short(1795377600000, text), "2026-11-22 16:30 -03:30");
	zone_set("UTC");
	assert_string_equal(zone_short(1795377600000, text), "2026-11-22 20:00 UTC");
	assert_string_equal(zone_rfc3339(1795377600000, text), "2026-11-22T20:00:00.000Z");
	zone_set("");
	assert_string_equal(zone_short(1795377600000, text), "2026-11-22 21:00 +01:00");
	assert_null(zone_trouble());
}

static void
lead_to(const char *name)
{
	char path[128];

	unlink(ZONE_SYSTEM);
	snprintf(path, sizeof(path), ZONE_FILES "/%s", name);
	assert_int_equal(symlink(path, ZONE_SYSTEM), 0);
	zone.looked_ns = 0; /* some seconds later */
}

/* timedatectl set-timezone: what is silenced and shown goes by the new zone, without a restart. */
static void
test_a_system_zone_that_changes_is_followed(void **state)
{
	char text[CLOCK_ISO8601_MAX], name[ZONE_NAME_MAX];
	int weekday;

	(void)state;
	if (!zone_exists("Asia/Seoul")) {
		print_message("skip: this host has no tz database\n");
		skip();
	}
	lead_to("Europe/Berlin");
	unsetenv("TZ");
	begin_zone();
	assert_string_equal(zone_short(1795377600000, text), "2026-11-22 21:00 +01:00");
	lead_to("Asia/Seoul");
	assert_int_equal(zone_minute(1795377600000, &weekday), 5 * 60);
	assert_int_equal(weekday, 1);
	assert_string_equal(zone_name(name), "Asia/Seoul");
	unlink(ZONE_SYSTEM);
	zone.looked_ns = 0;
	assert_string_equal(zone_short(1795377600000, text), "2026-11-22 20:00 UTC");
	assert_non_null(zone_trouble());
	assert_string_equal(zone_name(name), "UTC");
	lead_to("Asia/Seoul");
	assert_string_equal(zone_short(1795377600000, text), "2026-11-23 05:00 +09:00");
	assert_null(zone_trouble());
	unlink(ZONE_SYSTEM);
}

static void
test_what_is_no_zone(void **state)
{
	static const char *const bad[] = {"", "Asia/Soul", "/etc/localtime", "../zoneinfo/UTC",
	    "Asia", "zone.tab", "Asia//Seoul", "Asia/", ":UTC", "UTC0",
	    "A/very/long/name/that/no/zone/has/and/that/fits/in/no/buffer/of/ours"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (zone_exists(bad[i]))
			fail_msg("%s is taken for a zone", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hours_that_come_twice_or_never),
	    cmocka_unit_test(test_people_are_told_the_offset),
	    cmocka_unit_test(test_a_zone_by_its_name),
	    cmocka_unit_test(test_a_system_zone_that_changes_is_followed),
	    cmocka_unit_test(test_what_is_no_zone),
	};

	close(mkstemp(system_zone));
	if (setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1) != 0)
		return 1;
	return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
