/*
 * Silences by name, by hour and by date: what they hold, and what leaves when they end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/silence.c"

#include <time.h>

#include "tests/unit/alert_rig.h"

static void
what_goes_on_after_a_silence_is_one_digest(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_int_equal(rig_silence(&r, "*", 600000, false), 1);
	for (int step = 0; step < 60; step++) {
		rig_found(&r, METRIC_DISK_USAGE, 1, step < 30 ? SEV_WARN : SEV_NONE, 85);
		rig_found(&r, METRIC_DISK_USAGE, 2, SEV_WARN, 86);
		rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
		assert_string_equal(rig_cpu(&r, step < 40 ? SEV_CRITICAL : SEV_NONE), "");
		if (step % 9 == 0)
			rig_restart(&r);
	}
	rig_found(&r, METRIC_DISK_USAGE, 2, SEV_WARN, 86);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	assert_string_equal(rig_apply_places(&r),
	    "webhook digest critical: usage_percent usage_percent/2 usage_percent over; discord "
	    "digest critical: usage_percent usage_percent over");
	assert_int_equal(r.out.items[0]->reason, DIGEST_SILENCE);
	assert_null(alert_silence_at(r.table, 0));
	assert_string_equal(rig_apply_places(&r), "");
	rig_done(&r);
}

static void
a_silence_may_let_critical_ones_pass_and_be_removed(void **state)
{
	struct alert_silence past = {.match = "*", .until_wall_ms = 1};
	struct alert_rig r;
	uint32_t id;

	(void)state;
	rig_init(&r);
	id = rig_silence(&r, "cpu.*", 86400000, true);
	assert_int_not_equal(id, 0);
	assert_int_equal(rig_silence(&r, "a{", 1000, false), 0);
	assert_int_equal(alert_silence_add(r.table, &past, &r.now), 0);
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_string_equal(rig_cpu(&r, SEV_NONE),
	    "webhook resolve critical: usage_percent; discord resolve critical: usage_percent");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	assert_string_equal(alert_silence_at(r.table, 0)->match, "cpu.*");
	assert_true(alert_silence_remove(r.table, id));
	assert_false(alert_silence_remove(r.table, id));
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	rig_done(&r);
}

/* Nights from 22:00 to 07:00 and all of Sunday, through a change of the clocks. */
static void
weekly_silences_go_by_local_time(void **state)
{
	char all[] = "*";
	struct conf_silence silences[] = {
	    {.match = all, .weekdays = 127, .start_minute = 22 * 60, .end_minute = 7 * 60},
	    {.match = all, .weekdays = 1},
	};
	static const struct {
		int day, hour, minute;
		bool silent;
	} cases[] = {
	    {23, 21, 59, false}, /* a Friday in October 2026 */
	    {23, 22, 0, true},
	    {24, 6, 59, true},
	    {24, 7, 0, false},
	    {25, 12, 0, true}, /* the Sunday on which summer time ends */
	    {26, 6, 59, true},
	    {26, 7, 0, false},
	    {26, 12, 0, false},
	};
	struct alert_rig r;

	(void)state;
	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
	tzset();
	rig_init(&r);
	r.conf.silences = silences;
	r.conf.silence_count = 2;
	rig_configure(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.now.wall_ms =
		    clock_from_local(2026, 10, cases[i].day, cases[i].hour, cases[i].minute, 0);
		rig_found(&r, METRIC_DISK_USAGE, 0, SEV_EMERGENCY, 1);
		assert_int_equal(rig_apply_places(&r)[0] == '\0', cases[i].silent);
		/* Forgotten again for the next one. */
		alert_free(r.table);
		r.table = rig_new_table(&r);
	}
	rig_done(&r);
	unsetenv("TZ");
	tzset();
}

static void
dated_silences_begin_and_end(void **state)
{
	char memory[] = "mem.*";
	struct conf_silence one = {.match = memory};
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	one.from_wall_ms = r.now.wall_ms + 2 * RIG_STEP_MS;
	one.until_wall_ms = r.now.wall_ms + 5 * RIG_STEP_MS;
	r.conf.silences = &one;
	r.conf.silence_count = 1;
	rig_configure(&r);
	for (int step = 0; step < 7; step++) {
		rig_found(&r, METRIC_MEM_USAGE, 0, step == 1 ? SEV_NONE : SEV_WARN, 85);
		assert_string_equal(rig_apply_places(&r),
		    step == 0 || step == 5 ? "webhook fire warn: usage_percent"
		    : step == 1            ? "webhook resolve warn: usage_percent"
		                           : "");
	}
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_goes_on_after_a_silence_is_one_digest),
	    cmocka_unit_test(a_silence_may_let_critical_ones_pass_and_be_removed),
	    cmocka_unit_test(weekly_silences_go_by_local_time),
	    cmocka_unit_test(dated_silences_begin_and_end),
	};

	return cmocka_run_group_tests_name("silence", tests, NULL, NULL);
}
