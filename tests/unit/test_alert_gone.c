/*
 * Alerts that no finding is about any more: gone after three intervals, and for nothing else, be it
 * a suspend, a mount that hangs or log lines between two cycles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/alert.c"

#include "tests/unit/alert_rig.h"

static void
what_vanishes_is_gone_after_three_intervals(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	assert_string_equal(rig_apply(&r), "");
	assert_string_equal(rig_apply(&r), "");
	assert_string_equal(rig_apply(&r), "webhook resolve warn gone");
	assert_true(isnan(r.out.items[0]->facts->value)); /* nobody has measured it */
	assert_true(r.out.items[0]->facts->worst > 90);
	assert_string_equal(rig_apply(&r), "");
	rig_done(&r);
}

static void
what_comes_back_is_not_gone(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_WARN);
	for (int i = 0; i < GONE_INTERVALS; i++)
		rig_apply(&r);
	assert_string_equal(rig_told(&r, false), "webhook resolve warn gone");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	assert_false(r.out.items[0]->facts->gone);
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	rig_done(&r);
}

static void
a_suspend_makes_nothing_gone(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	assert_string_equal(rig_apply_for(&r, 8 * 3600 * 1000), "");
	assert_string_equal(rig_apply(&r), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_done(&r);
}

/* The mount is there and does not answer. */
static void
hold_usage(struct alert_rig *r, int mount)
{
	const char *const values[] = {"/0", "/0", "ext4"};

	assert_int_equal(mount, 0);
	series_hold(r->series, &r->refs[METRIC_DISK_USAGE][mount], METRIC_DISK_USAGE, values,
	    r->now.boot_ns, RIG_STEP_MS);
}

static void
a_mount_that_does_not_answer_is_not_gone(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_usage(&r, 1, FINDING_FIRING, SEV_WARN, 85);
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn; webhook fire warn");
	rig_find_on(&r, METRIC_DISK_STALE, 0, FINDING_FIRING, SEV_CRITICAL, 1);
	hold_usage(&r, 0);
	assert_string_equal(rig_apply(&r), "webhook fire critical; discord fire critical");
	for (int i = 0; i < 50; i++) {
		rig_find_on(&r, METRIC_DISK_STALE, 0, FINDING_FIRING, SEV_CRITICAL, 1);
		hold_usage(&r, 0);
		assert_string_equal(rig_apply(&r), i == 1 ? "webhook resolve warn gone" : "");
	}
	rig_find_on(&r, METRIC_DISK_STALE, 0, FINDING_CLEAR, SEV_NONE, 0);
	assert_string_equal(
	    rig_fires(&r, SEV_WARN), "webhook resolve critical; discord resolve critical");
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	rig_done(&r);
}

/* Log lines come between cycles: what a cycle finds does not grow older by them. */
static void
between_cycles_nothing_ages(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_usage(&r, 1, FINDING_PENDING, SEV_WARN, 95);
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	for (int i = 0; i < 100; i++) {
		assert_string_equal(rig_apply_between(&r), "");
		rig_pass(&r, RIG_STEP_MS);
	}
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 1);
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 1);
	/* The next cycle is one cycle, however many calls lie between. */
	for (int i = 0; i < GONE_INTERVALS - 1; i++) {
		assert_string_equal(rig_apply(&r), "");
		assert_string_equal(rig_apply_between(&r), "");
		assert_int_equal(alert_count(r.table, ALERT_PENDING), 1);
	}
	assert_string_equal(rig_apply(&r), "webhook resolve warn gone");
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 0);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_vanishes_is_gone_after_three_intervals),
	    cmocka_unit_test(what_comes_back_is_not_gone),
	    cmocka_unit_test(a_suspend_makes_nothing_gone),
	    cmocka_unit_test(a_mount_that_does_not_answer_is_not_gone),
	    cmocka_unit_test(between_cycles_nothing_ages),
	};

	return cmocka_run_group_tests_name("alert_gone", tests, NULL, NULL);
}
