/*
 * A re-fire within the window of its severity waits, and leaves with its count or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/dedup.c"

#include "tests/unit/alert_rig.h"

static void
a_refire_still_firing_when_its_window_ends_says_how_often(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn"); /* 0 s */
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	for (int i = 2; i < 30; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn 2 times in 300s");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	rig_done(&r);
}

static void
a_refire_cleared_in_its_window_vanishes(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	rig_clears(&r);
	for (int i = 2; i < 15; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	for (int i = 15; i < 300; i++)
		assert_string_equal(rig_clears(&r), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	rig_done(&r);
}

static void
each_severity_has_its_own_window(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	assert_string_equal(
	    rig_fires(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), ""); /* up again inside 60 s */
	for (int i = 0; i < 3; i++)
		assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	assert_string_equal(rig_fires(&r, SEV_CRITICAL),
	    "webhook fire critical 2 times in 60s; discord fire critical 2 times in 60s");
	rig_done(&r);
	rig_init_windows(&r);
	rig_fires(&r, SEV_EMERGENCY);
	rig_clears(&r);
	assert_string_equal(
	    rig_fires(&r, SEV_EMERGENCY), "webhook fire emergency; discord fire emergency");
	rig_done(&r);
}

static void
a_step_of_the_wall_clock_changes_nothing(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	r.now.wall_ms += 86400000;
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_clears(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	r.now.wall_ms -= 3 * 86400000LL;
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_done(&r);
}

/* An end that was undone before it left was none: what fires on is no re-fire. */
static void
a_firing_that_goes_on_is_not_counted(void **state)
{
	const int64_t pause_ms = 720000; /* so far apart that it does not flap */
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.dedup_secs[SEV_WARN] = 7200;
	r.conf.group_window_secs = 10;
	rig_configure(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	rig_pass(&r, pause_ms);
	assert_string_equal(rig_clears(&r), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_pass(&r, pause_ms);
	assert_string_equal(rig_clears(&r), "");
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	rig_pass(&r, pause_ms);
	for (int i = 0; i < 5; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_pass(&r, 7200000);
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn 2 times in 7200s");
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_refire_still_firing_when_its_window_ends_says_how_often),
	    cmocka_unit_test(a_refire_cleared_in_its_window_vanishes),
	    cmocka_unit_test(each_severity_has_its_own_window),
	    cmocka_unit_test(a_firing_that_goes_on_is_not_counted),
	    cmocka_unit_test(a_step_of_the_wall_clock_changes_nothing),
	};

	return cmocka_run_group_tests_name("dedup", tests, NULL, NULL);
}
