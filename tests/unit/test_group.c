/*
 * What comes within a window leaves together; what ends or goes on meanwhile is told as it is then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/group.c"

#include "tests/unit/alert_rig.h"

static void
alerts_of_one_kind_leave_together(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	rig_configure(&r);
	for (int step = 0; step < 3; step++) {
		for (int place = 0; place <= step; place++)
			rig_found(&r, METRIC_DISK_USAGE, place, SEV_WARN, 85 + 3 * place);
		assert_string_equal(rig_apply_places(&r), "");
		rig_restart(&r);
	}
	for (int place = 0; place < 3; place++)
		rig_found(&r, METRIC_DISK_USAGE, place, SEV_WARN, 85 + 3 * place);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
	assert_string_equal(rig_apply_places(&r),
	    "webhook fire warn: usage_percent/2 usage_percent/1 usage_percent/0");
	for (int step = 0; step < 3; step++) {
		for (int place = 0; place < 3; place++)
			rig_found(&r, METRIC_DISK_USAGE, place, SEV_WARN, 85);
		rig_found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
		assert_string_equal(
		    rig_apply_places(&r), step == 2 ? "webhook fire warn: usage_percent" : "");
	}
	for (int place = 0; place < 3; place++)
		rig_found(&r, METRIC_DISK_USAGE, place, SEV_NONE, 60 + place);
	for (int step = 0; step < 4; step++) {
		rig_found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
		assert_string_equal(rig_apply_places(&r),
		    step == 3 ? "webhook resolve warn: usage_percent/2 usage_percent/1 "
		                "usage_percent/0"
		              : "");
	}
	rig_done(&r);
}

/* Each severity has a window of its own; ends have one together. */
static void
a_severity_does_not_shorten_anothers_window(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	rig_configure(&r);
	for (int secs = 0; secs <= 30; secs += 10) {
		rig_found(&r, METRIC_DISK_USAGE, 0, SEV_WARN, 85);
		if (secs >= 20)
			rig_found(&r, METRIC_DISK_USAGE, 1, SEV_CRITICAL, 99);
		assert_string_equal(
		    rig_apply_places(&r), secs < 30 ? ""
		                                    : "webhook fire critical: usage_percent/1; "
		                                      "discord fire critical: usage_percent/1; "
		                                      "webhook fire warn: usage_percent/0");
	}
	for (int secs = 0; secs <= 30; secs += 10) {
		rig_found(&r, METRIC_DISK_USAGE, 0, SEV_NONE, 50);
		if (secs >= 10)
			rig_found(&r, METRIC_DISK_USAGE, 1, SEV_NONE, 50);
		else
			rig_found(&r, METRIC_DISK_USAGE, 1, SEV_CRITICAL, 99);
		assert_string_equal(rig_apply_places(&r),
		    secs < 30 ? ""
		              : "webhook resolve critical: usage_percent/1 usage_percent/0; "
		                "discord resolve critical: usage_percent/1");
	}
	rig_done(&r);
}

static void
the_worse_it_is_the_less_it_waits(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	rig_configure(&r);
	assert_string_equal(rig_cpu(&r, SEV_EMERGENCY),
	    "webhook fire emergency: usage_percent; discord fire emergency: usage_percent");
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 99);
	assert_string_equal(rig_cpu(&r, SEV_EMERGENCY), "");
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 99);
	assert_string_equal(rig_cpu(&r, SEV_EMERGENCY),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	rig_done(&r);
}

static void
what_ends_while_it_waits_for_its_group_is_told_once(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	r.conf.dedup_secs[SEV_WARN] = 300;
	rig_configure(&r);
	assert_string_equal(rig_cpu(&r, SEV_WARN), "");
	assert_string_equal(rig_cpu(&r, SEV_NONE), "");
	rig_restart(&r);
	assert_string_equal(rig_apply_places(&r), "");
	assert_string_equal(rig_apply_places(&r), "webhook resolve warn: usage_percent unheard");
	assert_string_equal(rig_cpu_for(&r, SEV_WARN, 10), ""); /* its window counts all the same */
	rig_done(&r);
}

static void
an_end_that_is_undone_while_it_waits_was_none(void **state)
{
	struct alert_rig r;
	int64_t since;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 30;
	rig_configure(&r);
	assert_string_equal(rig_cpu_for(&r, SEV_WARN, 4), "webhook fire warn: usage_percent");
	since = r.out.items[0]->facts->since.wall_ms;
	assert_string_equal(rig_cpu(&r, SEV_NONE), "");
	assert_string_equal(rig_cpu_for(&r, SEV_WARN, 50), "");
	assert_string_equal(rig_cpu_for(&r, SEV_NONE, 4), "webhook resolve warn: usage_percent");
	assert_true(r.out.items[0]->facts->since.wall_ms == since);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(alerts_of_one_kind_leave_together),
	    cmocka_unit_test(a_severity_does_not_shorten_anothers_window),
	    cmocka_unit_test(the_worse_it_is_the_less_it_waits),
	    cmocka_unit_test(what_ends_while_it_waits_for_its_group_is_told_once),
	    cmocka_unit_test(an_end_that_is_undone_while_it_waits_was_none),
	};

	return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
