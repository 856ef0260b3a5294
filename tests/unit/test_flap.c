/*
 * An alert that fires and clears again and again is told at both ends of that, and not between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/flap.c"

#include "tests/unit/alert_rig.h"

static void
a_flapping_alert_says_so_twice(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.dedup_secs[SEV_WARN] = 300;
	rig_configure(&r);
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	assert_string_equal(rig_cpu(&r, SEV_NONE), "webhook resolve warn: usage_percent");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	assert_string_equal(rig_cpu(&r, SEV_NONE), "");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent flapping");
	assert_int_equal(r.out.items[0]->facts->count, 5);
	assert_int_equal(r.out.items[0]->facts->count_secs, 40);
	for (int i = 0; i < 100; i++) {
		assert_string_equal(rig_cpu_for(&r, i % 2 == 0 ? SEV_NONE : SEV_WARN, 5), "");
		if (i % 7 == 0)
			rig_restart(&r);
	}
	assert_string_equal(rig_cpu(&r, SEV_NONE), "");
	assert_string_equal(rig_cpu_for(&r, SEV_NONE, 15 * RIG_MINUTE - 1), "");
	assert_string_equal(rig_cpu(&r, SEV_NONE), "webhook resolve warn: usage_percent settled");
	assert_int_equal(r.out.items[0]->facts->count, 106);
	assert_string_equal(rig_cpu_for(&r, SEV_NONE, 100), "");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	rig_done(&r);
}

static void
flapping_ends_in_the_state_it_is_in_and_never_hides_a_higher_level(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 4; i++)
		rig_cpu(&r, i % 2 == 0 ? SEV_WARN : SEV_NONE);
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent flapping");
	assert_string_equal(rig_cpu(&r, SEV_NONE), "");
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL), "");
	assert_string_equal(rig_cpu_for(&r, SEV_CRITICAL, 15 * RIG_MINUTE), "");
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent settled; discord fire critical: usage_percent "
	    "settled");
	assert_string_equal(rig_cpu(&r, SEV_NONE),
	    "webhook resolve critical: usage_percent; discord resolve critical: usage_percent");
	rig_done(&r);
}

/* Told critical, then only warn for an hour, then up to critical again and again: no news. */
static void
a_reminder_of_what_flaps_makes_no_level_news(void **state)
{
	struct alert_rig r;
	size_t fired = 0, reminded = 0;

	(void)state;
	rig_init(&r);
	r.conf.repeat_secs = 3600;
	rig_configure(&r);
	for (int i = 0; i < 6 * 60 * 3; i++) {
		bool high = (i < 50 || i > 420) && i % 18 >= 6;
		enum severity severity = high ? SEV_CRITICAL : SEV_WARN;
		const char *told;

		if (high ? i % 18 >= 12 : i % 12 >= 6)
			severity = SEV_NONE;
		told = rig_cpu(&r, severity);
		reminded += strstr(told, "still") != NULL;
		fired +=
		    i > 420 && strstr(told, "critical") != NULL && strstr(told, "still") == NULL;
	}
	assert_true(reminded > 1);
	assert_int_equal(fired, 0);
	rig_done(&r);
}

static void
slow_changes_are_no_flapping(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 10; i++) {
		assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
		assert_string_equal(rig_cpu_for(&r, SEV_WARN, 8 * RIG_MINUTE), "");
		assert_string_equal(rig_cpu(&r, SEV_NONE), "webhook resolve warn: usage_percent");
		assert_string_equal(rig_cpu_for(&r, SEV_NONE, 8 * RIG_MINUTE), "");
	}
	rig_done(&r);
}

/* Five changes of level in half an hour, the last of them within it, are flapping. */
static void
half_an_hour_is_the_bound(void **state)
{
	(void)state;
	for (int late = 0; late < 2; late++) {
		struct alert_rig r;

		rig_init(&r);
		for (int i = 0; i < 4; i++) {
			int steps = 30 * RIG_MINUTE / 4 + (i == 0 ? late : 0);

			for (; steps > 0; steps--)
				rig_cpu(&r, i % 2 == 0 ? SEV_WARN : SEV_NONE);
		}
		assert_string_equal(
		    rig_cpu(&r, SEV_WARN), late ? "webhook fire warn: usage_percent"
		                                : "webhook fire warn: usage_percent flapping");
		rig_done(&r);
	}
}

/* It warns on its way up and on its way down: that is one turn each. */
static void
a_disk_that_fills_is_cleaned_and_fills_again_does_not_flap(void **state)
{
	static const enum severity day[] = {
	    SEV_WARN, SEV_CRITICAL, SEV_WARN, SEV_NONE, SEV_WARN, SEV_CRITICAL};
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (size_t i = 0; i < sizeof(day) / sizeof(day[0]); i++) {
		rig_cpu(&r, day[i]);
		assert_null(strstr(r.text, "flapping"));
		rig_restart(&r);
	}
	assert_string_equal(rig_cpu(&r, SEV_NONE),
	    "webhook resolve critical: usage_percent; discord resolve critical: usage_percent");
	assert_string_equal(
	    rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent flapping"); /* a third time */
	rig_done(&r);
}

/* Twice up and down, a rest, and once more: no rhythm. */
static void
a_rest_between_firings_is_no_flapping(void **state)
{
	(void)state;
	for (int rest = 0; rest < 2; rest++) {
		struct alert_rig r;

		rig_init(&r);
		for (int i = 0; i < 4; i++)
			rig_cpu(&r, i % 2 == 0 ? SEV_WARN : SEV_NONE);
		rig_cpu_for(&r, SEV_NONE, 15 * RIG_MINUTE - 2 + rest);
		assert_string_equal(
		    rig_cpu(&r, SEV_WARN), rest ? "webhook fire warn: usage_percent"
		                                : "webhook fire warn: usage_percent flapping");
		rig_done(&r);
	}
}

/* Up and down all the time, and nobody has mended it: whoever asked for reminders gets them. */
static void
what_flaps_is_told_again_where_reminders_are_asked_for(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.repeat_secs = 3600;
	rig_configure(&r);
	for (int i = 0; i < 5; i++)
		rig_cpu(&r, i % 2 == 0 ? SEV_WARN : SEV_NONE);
	for (int i = 1; i < 360; i++)
		assert_string_equal(rig_cpu(&r, i % 2 == 0 ? SEV_WARN : SEV_NONE), "");
	assert_string_equal(
	    rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent flapping still");
	assert_int_equal(r.out.items[0]->facts->count, 365);
	assert_string_equal(rig_cpu(&r, SEV_NONE), "");
	rig_done(&r);
}

/* What goes up and down below the level that it was raised to flaps as well, through restarts. */
static void
a_raised_alert_flaps_by_its_findings(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.escalate_warn_after = 1;
	rig_configure(&r);
	for (int i = 0; i < 4; i++) {
		rig_cpu(&r, i % 2 == 0 ? SEV_WARN : SEV_CRITICAL);
		rig_restart(&r);
	}
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	rig_restart(&r);
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent flapping; "
	    "discord fire critical: usage_percent flapping");
	rig_done(&r);
}

static void
count_flapping(void *arg, const struct alert_view *view)
{
	*(int *)arg += view->flapping;
}

/* The status says that it flaps from when it does until it has settled. */
static void
what_flaps_is_shown(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int step = 1; step <= 5 + 15 * RIG_MINUTE; step++) {
		int flapping = 0;

		rig_cpu(&r, step >= 5 || step % 2 == 1 ? SEV_WARN : SEV_NONE);
		alert_each(r.table, count_flapping, &flapping);
		assert_int_equal(flapping, step >= 5 && step < 5 + 15 * RIG_MINUTE);
	}
	rig_done(&r);
}

/* Whoever was not told that it flaps is not told that it has stopped. */
static void
flapping_that_nobody_heard_of_ends_without_a_word(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 6; i++)
		assert_string_equal(rig_cpu(&r, i % 2 == 0 ? SEV_INFO : SEV_NONE), "");
	assert_int_not_equal(rig_silence(&r, "cpu.usage_percent", 20 * 60000, true), 0);
	assert_string_equal(rig_cpu_for(&r, SEV_WARN, 20 * RIG_MINUTE), "");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	assert_string_equal(rig_cpu(&r, SEV_NONE), "webhook resolve warn: usage_percent");
	rig_done(&r);
}

/* Steady again, but under a silence; it flaps on before that could be told: it is not over. */
static void
a_silent_pause_is_no_end_of_it(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 5; i++)
		rig_cpu(&r, i % 2 == 0 ? SEV_WARN : SEV_NONE);
	assert_int_not_equal(rig_silence(&r, "cpu.usage_percent", 20 * 60000, true), 0);
	assert_string_equal(rig_cpu_for(&r, SEV_WARN, 16 * RIG_MINUTE), "");
	assert_string_equal(rig_cpu(&r, SEV_NONE), "");
	assert_string_equal(rig_cpu_for(&r, SEV_NONE, 15 * RIG_MINUTE - 1), "");
	assert_string_equal(rig_cpu(&r, SEV_NONE), "webhook resolve warn: usage_percent settled");
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_flapping_alert_says_so_twice),
	    cmocka_unit_test(flapping_ends_in_the_state_it_is_in_and_never_hides_a_higher_level),
	    cmocka_unit_test(a_reminder_of_what_flaps_makes_no_level_news),
	    cmocka_unit_test(slow_changes_are_no_flapping),
	    cmocka_unit_test(half_an_hour_is_the_bound),
	    cmocka_unit_test(a_disk_that_fills_is_cleaned_and_fills_again_does_not_flap),
	    cmocka_unit_test(a_rest_between_firings_is_no_flapping),
	    cmocka_unit_test(what_flaps_is_told_again_where_reminders_are_asked_for),
	    cmocka_unit_test(a_raised_alert_flaps_by_its_findings),
	    cmocka_unit_test(what_flaps_is_shown),
	    cmocka_unit_test(a_silent_pause_is_no_end_of_it),
	    cmocka_unit_test(flapping_that_nobody_heard_of_ends_without_a_word),
	};

	return cmocka_run_group_tests_name("flap", tests, NULL, NULL);
}
