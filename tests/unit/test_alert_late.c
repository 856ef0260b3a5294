/*
 * Kept alerts that come after findings have: what either life knows of an alert is told once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/alert_kept.c"

#include "tests/unit/alert_rig.h"

/* What was kept comes late: it is neither repeated nor lost, whatever has become of the alert. */
static void
a_late_memory_is_merged(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_usage(&r, 1, FINDING_FIRING, SEV_CRITICAL, 95);
	rig_fires(&r, SEV_CRITICAL);
	/* Not seen yet, and pending. */
	rig_restart_blind(&r);
	assert_string_equal(rig_pends(&r, SEV_CRITICAL), "");
	rig_load(&r);
	rig_usage(&r, 1, FINDING_FIRING, SEV_CRITICAL, 95);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	/* One repeated for want of memory, at a lower level; its further ends are known again. */
	rig_restart_blind(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	rig_load(&r);
	rig_save(&r);
	assert_int_equal(fake_disk_count(&r.disk, KEPT_ALERT), 2);
	rig_usage(&r, 1, FINDING_CLEAR, SEV_NONE, 45);
	assert_string_equal(rig_clears(&r), "webhook resolve critical; discord resolve critical; "
	                                    "webhook resolve warn; discord resolve warn");
	/* It is over, and fires again within the window that is not known of yet. */
	rig_restart_blind(&r);
	rig_load(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	rig_save(&r);
	assert_int_equal(fake_disk_count(&r.disk, KEPT_ALERT), 2);
	rig_done(&r);
}

/* The host was renamed, and the rows come when the alert fires anew: one case, under the old name.
 */
static void
a_case_of_late_rows_keeps_its_name(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	rig_save(&r);
	rig_restart_blind(&r);
	r.hostname = "db-07";
	rig_configure(&r);
	rig_fires(&r, SEV_WARN);
	rig_load(&r);
	rig_clears(&r);
	assert_string_equal(r.out.items[0]->facts->case_host, "web-01");
	rig_done(&r);
}

/* Both lives opened a case at a service that keeps them: both are closed, and people hear one end.
 */
static void
two_cases_are_closed(void **state)
{
	for (int again = 0; again < 2; again++) {
		struct alert_rig r;

		(void)state;
		rig_init_windows(&r);
		r.channels[1] =
		    (struct alert_channel){CHANNEL_PAGERDUTY, SEV_DEFAULT_MASK, {1, true}};
		rig_configure(&r);
		rig_fires(&r, SEV_WARN);
		rig_save(&r);
		rig_restart_blind(&r);
		r.hostname = "db-07";
		rig_configure(&r);
		rig_fires(&r, SEV_WARN);
		for (int times = 0; times <= again; times++)
			rig_load(&r);
		assert_string_equal(rig_fires(&r, SEV_WARN), "pagerduty resolve warn");
		assert_string_equal(r.out.items[0]->facts->case_host, "web-01");
		if (again)
			rig_restart(&r);
		assert_string_equal(rig_clears(&r), "webhook resolve warn; pagerduty resolve warn");
		assert_string_equal(r.out.items[1]->facts->case_host, "db-07");
		assert_string_equal(rig_clears(&r), "");
		rig_done(&r);
	}
}

/* The window of what an earlier life told goes on; that of another level does not begin. */
static void
a_window_goes_on_under_a_late_memory(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_restart_blind(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	rig_load(&r);
	for (int i = 0; i < 4; i++)
		assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	/* 60 s after it was told in the earlier life. */
	assert_string_equal(rig_fires(&r, SEV_CRITICAL),
	    "webhook fire critical 2 times in 60s; discord fire critical 2 times in 60s");
	rig_done(&r);
}

/* Its end says since when it fired and how bad it was, in either life. */
static void
a_late_memory_says_since_when_and_how_bad(void **state)
{
	static const double values[][2] = {{95, 91}, {91, 95}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct alert_facts *f;
		struct fake_disk early = {.used = 0};
		struct alert_rig r;
		int64_t since_ms;

		rig_init_windows(&r);
		since_ms = r.now.wall_ms;
		rig_step(&r, FINDING_FIRING, SEV_WARN, values[i][0]);
		rig_restart_blind(&r);
		rig_step(&r, FINDING_FIRING, SEV_WARN, values[i][1]);
		alert_take_changes(r.table, fake_disk_put_alert, &early);
		rig_load(&r);
		rig_restart(&r); /* what is known of both lives is kept */
		fake_disk_done(&early);
		assert_string_equal(rig_clears(&r), "webhook resolve warn");
		f = r.out.items[0]->facts;
		assert_int_equal(f->since.wall_ms, since_ms);
		assert_true(f->worst == 95);
		rig_done(&r);
	}
}

/* It waits for its group, and was told before the restart: no more is said of it. */
static void
a_late_memory_knows_what_was_told(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_WARN);
	rig_restart_blind(&r);
	r.conf.group_window_secs = 30;
	rig_configure(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_load(&r);
	for (int i = 0; i < 10; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_done(&r);
}

/* It fires anew after an end that was told when the process died: a firing of its own. */
static void
a_late_end_does_not_join_a_new_firing(void **state)
{
	struct alert_rig r;
	int64_t since_ms;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_clears(&r);
	rig_restart_blind(&r);
	since_ms = r.now.wall_ms;
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	rig_load(&r);
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	assert_int_equal(r.out.items[0]->facts->since.wall_ms, since_ms);
	rig_done(&r);
}

/* In this life it was silenced, or told at another level, and is over when the row comes. */
static void
who_was_told_before_hears_an_end_that_came_first(void **state)
{
	struct alert_rig r;

	(void)state;
	for (int silenced = 0; silenced < 2; silenced++) {
		rig_init(&r);
		assert_string_equal(
		    rig_fires(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
		rig_restart_blind(&r);
		if (silenced)
			rig_silence(&r, "*", 2 * RIG_STEP_MS, false);
		assert_string_equal(rig_fires(&r, SEV_WARN), silenced ? "" : "webhook fire warn");
		assert_string_equal(rig_clears(&r), silenced ? "" : "webhook resolve warn");
		assert_string_equal(rig_apply(&r), "");
		rig_load(&r);
		assert_string_equal(
		    rig_apply(&r), silenced ? "webhook resolve warn; discord resolve warn"
		                            : "discord resolve warn");
		assert_string_equal(rig_apply(&r), "");
		rig_done(&r);
	}
}

/* Down through a lower level: who was told the end in this life is not told it once more. */
static void
an_end_that_was_told_at_a_lower_level_is_not_told_again(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_restart_blind(&r);
	assert_string_equal(
	    rig_fires(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_clears(&r), "webhook resolve warn; discord resolve warn");
	rig_load(&r);
	assert_string_equal(rig_apply(&r), "");
	rig_done(&r);
}

/* Told as warn, risen under a silence, and over: who takes critical only was not told of it. */
static void
who_was_not_told_in_this_life_hears_the_end(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_restart_blind(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	rig_silence(&r, "*", 2 * RIG_STEP_MS, false);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	assert_string_equal(rig_clears(&r), "");
	rig_apply(&r);
	rig_load(&r);
	assert_string_equal(rig_apply(&r), "discord resolve critical");
	rig_done(&r);
}

/* Fired, over and fired again before the row: the second firing is one of its own. */
static void
a_second_firing_is_told_for_itself(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_restart_blind(&r);
	rig_fires(&r, SEV_CRITICAL);
	assert_string_equal(rig_clears(&r), "webhook resolve critical; discord resolve critical");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	rig_load(&r);
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	rig_done(&r);
	/* Held for its window when the row comes: it is told when that is over. */
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	rig_restart_blind(&r);
	r.now.boot_ns += 400 * NS_PER_SEC;
	rig_fires(&r, SEV_WARN);
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_load(&r);
	for (int i = 3; i < 30; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn 2 times in 300s");
	rig_done(&r);
}

/* The end of the earlier life still waited for its group; the host has another name since. */
static void
an_end_that_waited_is_told_under_its_name(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_CRITICAL);
	r.conf.group_window_secs = 600;
	rig_configure(&r);
	assert_string_equal(rig_clears(&r), "");
	rig_restart_blind(&r);
	r.conf.group_window_secs = 0;
	r.hostname = "web-02";
	rig_configure(&r);
	rig_silence(&r, "*", 2 * RIG_STEP_MS, false);
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_clears(&r), "");
	rig_apply(&r);
	rig_load(&r);
	assert_string_equal(rig_apply(&r), "webhook resolve warn; discord resolve warn");
	assert_string_equal(r.out.items[0]->facts->case_host, "web-01");
	assert_true((r.out.items[0]->facts->told_levels & SEV_BIT(SEV_CRITICAL)) != 0);
	rig_done(&r);
}

/* Alertmanager knows it under each of them. */
static void
a_late_memory_knows_the_levels_that_were_told(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_restart_blind(&r);
	rig_fires(&r, SEV_WARN);
	rig_load(&r);
	rig_clears(&r);
	assert_int_equal(
	    r.out.items[0]->facts->told_levels, SEV_BIT(SEV_WARN) | SEV_BIT(SEV_CRITICAL));
	rig_done(&r);
}

/* Events of the log that fire, until so many alerts are there. */
static void
fill_table(struct alert_rig *r, size_t alerts)
{
	static struct subject many[ALERTS_MAX];

	for (size_t i = HASH_COUNT(r->table->entries); i < alerts; i++) {
		struct finding *f = findings_add(&r->findings);

		many[i] = (struct subject){.hash = 1000 + i, .group = GROUP_LOG};
		*f = (struct finding){.rule = "x",
		    .subject = subject_as_is(&many[i]),
		    .state = FINDING_FIRING,
		    .severity = SEV_WARN,
		    .value = 1,
		    .interval_ms = 10000,
		    .since_ns = r->now.boot_ns};
	}
	rig_round(r, true);
	notices_done(&r->out);
}

/* The one that lives is over, and its place is the only one for what is to be told of the old. */
static void
two_cases_are_closed_in_a_full_table_too(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	r.channels[1] = (struct alert_channel){CHANNEL_PAGERDUTY, SEV_DEFAULT_MASK, {1, true}};
	rig_configure(&r);
	rig_fires(&r, SEV_WARN);
	rig_save(&r);
	rig_restart_blind(&r);
	r.hostname = "db-07";
	rig_configure(&r);
	rig_fires(&r, SEV_WARN);
	rig_clears(&r);
	fill_table(&r, ALERTS_MAX);
	rig_load(&r);
	assert_string_equal(rig_apply_for(&r, 10000), "pagerduty resolve warn");
	assert_string_equal(r.out.items[0]->facts[0].case_host, "web-01");
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_late_memory_is_merged),
	    cmocka_unit_test(who_was_told_before_hears_an_end_that_came_first),
	    cmocka_unit_test(an_end_that_was_told_at_a_lower_level_is_not_told_again),
	    cmocka_unit_test(who_was_not_told_in_this_life_hears_the_end),
	    cmocka_unit_test(a_second_firing_is_told_for_itself),
	    cmocka_unit_test(an_end_that_waited_is_told_under_its_name),
	    cmocka_unit_test(a_late_memory_knows_the_levels_that_were_told),
	    cmocka_unit_test(a_case_of_late_rows_keeps_its_name),
	    cmocka_unit_test(two_cases_are_closed),
	    cmocka_unit_test(two_cases_are_closed_in_a_full_table_too),
	    cmocka_unit_test(a_window_goes_on_under_a_late_memory),
	    cmocka_unit_test(a_late_memory_knows_what_was_told),
	    cmocka_unit_test(a_late_end_does_not_join_a_new_firing),
	    cmocka_unit_test(a_late_memory_says_since_when_and_how_bad),
	};

	return cmocka_run_group_tests_name("alert_late", tests, NULL, NULL);
}
