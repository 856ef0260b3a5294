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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_flapping_alert_says_so_twice),
	    cmocka_unit_test(flapping_ends_in_the_state_it_is_in_and_never_hides_a_higher_level),
	    cmocka_unit_test(slow_changes_are_no_flapping),
	};

	return cmocka_run_group_tests_name("flap", tests, NULL, NULL);
}
