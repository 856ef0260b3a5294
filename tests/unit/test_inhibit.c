/*
 * Consequences are named by their cause, and told when it is over and they are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/inhibit.c"

#include "tests/unit/alert_rig.h"

static void
consequences_are_named_by_their_cause(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
	rig_found(&r, METRIC_PROC_RSS, 1, SEV_WARN, 1e9);
	rig_found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	assert_string_equal(rig_apply_places(&r), "webhook fire critical: usage_percent (2: "
	                                          "mem.swap_usage_percent, proc.rss_bytes of /1); "
	                                          "discord fire critical: usage_percent (2: "
	                                          "mem.swap_usage_percent, proc.rss_bytes of /1); "
	                                          "webhook fire warn: usage_percent/1");
	rig_restart(&r);
	rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
	rig_found(&r, METRIC_PROC_RSS, 1, SEV_NONE, 1);
	rig_found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	assert_string_equal(rig_apply_places(&r), "");
	/* The cause ends: what still fires a little later is told. */
	rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
	rig_found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_NONE, 50);
	assert_string_equal(rig_apply_places(&r),
	    "webhook resolve critical: usage_percent (2: "
	    "mem.swap_usage_percent, proc.rss_bytes of /1); discord resolve critical: "
	    "usage_percent "
	    "(2: mem.swap_usage_percent, proc.rss_bytes of /1)");
	for (int step = 1; step <= 60; step++) {
		rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
		rig_found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
		assert_string_equal(rig_apply_places(&r),
		    step == 60 ? "webhook fire warn: swap_usage_percent" : "");
		if (step == 20)
			rig_restart(&r);
	}
	/* What is worse than its cause is told at once. */
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
	rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_CRITICAL, 90);
	rig_found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	assert_string_equal(rig_apply_places(&r),
	    "webhook fire critical: swap_usage_percent; discord fire critical: swap_usage_percent; "
	    "webhook fire warn: usage_percent");
	rig_done(&r);
}

/* As many as there is room for are named, each whole; the others are counted. */
static void
consequences_past_the_room_are_counted(void **state)
{
	static const char name[] = "proc.rss_bytes of /";
	const struct alert_facts *f;
	struct alert_rig r;
	const char *at;
	int named = 0;

	(void)state;
	rig_init(&r);
	for (int place = 0; place < RIG_PLACES; place++)
		rig_found(&r, METRIC_PROC_RSS, place, SEV_WARN, 1e9);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	rig_apply(&r);
	f = r.out.items[0]->facts;
	assert_int_equal(f->also_count, RIG_PLACES);
	for (at = f->also; str_starts(at, name); named++) {
		at += strlen(name);
		assert_true(strspn(at, "0123456789") > 0);
		at += strspn(at, "0123456789");
		at += str_starts(at, ", ") ? 2 : 0;
	}
	assert_string_equal(at, "");
	assert_int_equal(named, RIG_PLACES - 1); /* 22 bytes each, of 256 */
	rig_done(&r);
}

static void
only_the_same_device_is_a_consequence(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_found(&r, METRIC_DISK_READ_ONLY, 1, SEV_CRITICAL, 1);
	rig_found(&r, METRIC_KERNEL_FS_ERRORS, 0, SEV_WARN, 3);
	rig_found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	rig_found(&r, METRIC_DISK_USAGE, 2, SEV_WARN, 84);
	assert_string_equal(rig_apply_places(&r),
	    "webhook fire critical: read_only/1 (2: disk.usage_percent of /1, kernel.fs_errors); "
	    "discord fire critical: read_only/1 (2: disk.usage_percent of /1, kernel.fs_errors); "
	    "webhook fire warn: usage_percent/2");
	rig_done(&r);
}

/* Mild as it is, a full memory would hold the swap; the swap is worse than its cause. */
static void
what_is_worse_than_its_cause_is_told(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_EMERGENCY, 99);
	assert_string_equal(rig_apply_places(&r),
	    "webhook fire emergency: swap_usage_percent; discord fire emergency: "
	    "swap_usage_percent; webhook fire critical: usage_percent; discord fire critical: "
	    "usage_percent");
	rig_done(&r);
}

/* It ended within a silence: what it would explain must be told, for nobody heard of it. */
static void
a_cause_that_nobody_heard_of_holds_nothing_after_its_end(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_silence(&r, "mem.usage_percent", 3 * RIG_STEP_MS, false);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
	assert_string_equal(rig_apply_places(&r), "");
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_NONE, 50);
	assert_string_equal(rig_apply_places(&r), "");
	rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
	assert_string_equal(rig_apply_places(&r), "webhook fire warn: swap_usage_percent");
	rig_done(&r);
}

/* The chain of causes: what is held itself, and ends so, explains nothing either. */
static void
a_consequence_holds_nothing_after_its_end(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_found(&r, METRIC_DISK_READ_ONLY, 1, SEV_CRITICAL, 1);
	rig_found(&r, METRIC_DISK_IO_TIME, 1, SEV_CRITICAL, 99);
	rig_apply_places(&r);
	assert_non_null(strstr(r.text, "read_only/1 (1: disk.io_time_percent of /1)"));
	rig_found(&r, METRIC_DISK_READ_ONLY, 1, SEV_CRITICAL, 1);
	rig_found(&r, METRIC_DISK_IO_TIME, 1, SEV_NONE, 5);
	assert_string_equal(rig_apply_places(&r), "");
	rig_found(&r, METRIC_DISK_READ_ONLY, 1, SEV_NONE, 0);
	rig_apply_places(&r);
	for (int step = 0; step < 60; step++) { /* as long as the first cause is felt */
		rig_found(&r, METRIC_DISK_AWAIT, 1, SEV_CRITICAL, 900);
		assert_string_equal(rig_apply_places(&r),
		    step == 59
		        ? "webhook fire critical: await_ms/1; discord fire critical: await_ms/1"
		        : "");
	}
	rig_done(&r);
}

/* What changes nothing is not written again. */
static void
what_is_held_is_kept_once(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 60;
	rig_configure(&r);
	for (int step = 0; step < 5; step++) {
		rig_found(&r, METRIC_MEM_USAGE, 0, SEV_EMERGENCY, 97);
		rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_WARN, 60);
		rig_found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85); /* waits for its group */
		rig_apply_places(&r);
		r.disk.writes = 0;
		rig_save(&r);
		assert_int_equal(r.disk.writes, step == 0 ? 3 : 0);
	}
	rig_done(&r);
}

/* A name or a label that is mistyped would be no error, and never match. */
static void
every_row_names_metrics_and_their_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		enum metric_id source = metric_find(rows[i].source);
		enum metric_id target = metric_find(rows[i].target);

		if (source == METRIC_COUNT || target == METRIC_COUNT || source == target)
			fail_msg("%s, %s", rows[i].source, rows[i].target);
		for (size_t k = 0; k < LABELS_MAX && rows[i].labels[k] != NULL; k++) {
			if (metric_label_index(source, rows[i].labels[k]) < 0 ||
			    metric_label_index(target, rows[i].labels[k]) < 0)
				fail_msg("%s, %s: %s", rows[i].source, rows[i].target,
				    rows[i].labels[k]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_names_metrics_and_their_labels),
	    cmocka_unit_test(consequences_are_named_by_their_cause),
	    cmocka_unit_test(what_is_worse_than_its_cause_is_told),
	    cmocka_unit_test(a_cause_that_nobody_heard_of_holds_nothing_after_its_end),
	    cmocka_unit_test(a_consequence_holds_nothing_after_its_end),
	    cmocka_unit_test(what_is_held_is_kept_once),
	    cmocka_unit_test(consequences_past_the_room_are_counted),
	    cmocka_unit_test(only_the_same_device_is_a_consequence),
	};

	return cmocka_run_group_tests_name("inhibit", tests, NULL, NULL);
}
