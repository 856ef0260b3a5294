/*
 * Days of the week and times of day, as silences name them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/conf/weekly.c"

static void
test_days(void **state)
{
	static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	static const char *const bad[] = {"", "s", "su", "sund", "Sun", "sunday", "xyz"};

	(void)state;
	for (int i = 0; i < WEEKLY_DAYS; i++) {
		assert_int_equal(weekly_day(names[i]), i);
		assert_null(weekly_check_day(names[i]));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(weekly_day(bad[i]), -1);
		assert_non_null(weekly_check_day(bad[i]));
	}
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int minute;
	} good[] = {{"00:00", 0}, {"00:01", 1}, {"00:59", 59}, {"01:00", 60}, {"09:09", 549},
	    {"10:50", 650}, {"19:30", 1170}, {"20:00", 1200}, {"22:30", 1350}, {"23:59", 1439},
	    {"24:00", 1440}};
	static const char *const bad[] = {"24:01", "25:00", "29:59", "30:00", "/0:00", ":0:00",
	    "0/:00", "0::00", "00;00", "00 00", "00:/0", "00:60", "00::0", "00:0/", "00:0:", "0",
	    "00", "00:", "00:0", "0:00", "00:000", "00:00 ", " 00:00", "-1:00", "+1:00"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(weekly_minute(good[i].text), good[i].minute);
		assert_null(weekly_check_time(good[i].text));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(weekly_minute(bad[i]), -1);
		assert_non_null(weekly_check_time(bad[i]));
	}
	assert_int_equal(weekly_minute(""), -1);
	assert_null(weekly_check_time("")); /* not given */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_days),
	    cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests_name("weekly", tests, NULL, NULL);
}
