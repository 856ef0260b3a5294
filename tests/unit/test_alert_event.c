/*
 * Alerts of events: what happened is told once, how often it happened is counted, and that it has
 * not happened again is news for nobody but services that keep a case open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/alert.c"

#include "tests/unit/alert_rig.h"

#define QUIET_MS (6 * RIG_STEP_MS)

/* A webhook for people, and a service that keeps cases; of the latter every other test is silent.
 */
static void
rig_init_cases(struct alert_rig *r)
{
	rig_init(r);
	r->channels[1] = (struct alert_channel){CHANNEL_PAGERDUTY, SEV_DEFAULT_MASK, {1, true}};
	rig_configure(r);
}

/* A cycle in which it happened. */
static const char *
happens(struct alert_rig *r, enum severity severity)
{
	rig_event(r, "oom_kill", "nginx", severity, QUIET_MS);
	return rig_apply(r);
}

/* n cycles in which it did not, silent but for the last. */
static const char *
quiet_for(struct alert_rig *r, int n)
{
	for (; n > 1; n--)
		assert_string_equal(rig_apply(r), "");
	return rig_apply(r);
}

static void
what_happened_is_told_once(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn");
	assert_true(r.out.items[0]->facts->event);
	assert_string_equal(r.out.items[0]->facts->subject.name, "oom_kill");
	for (int i = 0; i < 20; i++)
		assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(happens(&r, SEV_CRITICAL),
	    "webhook fire critical 22 times in 210s; discord fire critical 22 times in 210s");
	/* It falls silent: people hear nothing of that. */
	assert_string_equal(quiet_for(&r, 40), "");
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 0);
	assert_string_equal(
	    happens(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	rig_done(&r);
}

static void
cases_are_closed_after_the_quiet_time(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_cases(&r);
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn; pagerduty fire warn");
	assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(quiet_for(&r, 3), "");
	assert_string_equal(happens(&r, SEV_WARN), ""); /* the quiet time begins anew */
	assert_string_equal(quiet_for(&r, 5), "");
	assert_string_equal(rig_apply(&r), "pagerduty resolve warn 3 times in 110s");
	assert_false(r.out.items[0]->facts->gone);
	assert_string_equal(quiet_for(&r, 10), "");
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn; pagerduty fire warn");
	rig_done(&r);
}

/* Its quiet time is its own, not that of a series. */
static void
an_event_is_not_gone_after_three_intervals(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_cases(&r);
	happens(&r, SEV_WARN);
	assert_string_equal(quiet_for(&r, GONE_INTERVALS + 1), "");
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 1);
	rig_done(&r);
}

/* Over by then, it would never be told. */
static void
it_lasts_until_its_group_has_left(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_cases(&r);
	r.conf.group_window_secs = 120;
	rig_configure(&r);
	assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(quiet_for(&r, 10), "");
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 1);
	assert_string_equal(rig_apply(&r),
	    "webhook fire warn 2 times in 120s; pagerduty fire warn 2 times in 120s");
	/* Then it is over, and only the case's channel waits for that news. */
	assert_string_equal(quiet_for(&r, 13), "pagerduty resolve warn 2 times in 250s");
	rig_done(&r);
}

/* Held for its window, it is told at its end, however long ago it was by then. */
static void
what_happens_again_within_its_window_is_not_lost(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.dedup_secs[SEV_WARN] = 300;
	rig_configure(&r);
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn");
	assert_string_equal(quiet_for(&r, 9), "");
	assert_string_equal(happens(&r, SEV_WARN), "");
	rig_restart(&r);
	assert_string_equal(quiet_for(&r, 19), "");
	assert_string_equal(rig_apply(&r), "webhook fire warn 2 times in 300s");
	assert_string_equal(quiet_for(&r, 20), "");
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 0);
	rig_done(&r);
}

static void
an_event_without_a_quiet_time_is_told(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_cases(&r);
	rig_event(&r, "oom_kill", "nginx", SEV_WARN, 0);
	assert_string_equal(rig_apply(&r), "webhook fire warn; pagerduty fire warn");
	assert_string_equal(rig_apply(&r), "pagerduty resolve warn");
	rig_done(&r);
}

static void
an_event_in_a_silence_is_not_heard_of(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_cases(&r);
	rig_silence(&r, "oom_kill", 300000, false);
	assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(quiet_for(&r, 60), "");
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 0);
	rig_done(&r);
}

/* Its cause has named it: that is how it was told. */
static void
an_event_that_its_cause_names_may_end(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 80; i++) {
		if (i == 0) {
			struct finding *f =
			    rig_find_on(&r, METRIC_MEM_SWAP_USAGE, 0, FINDING_FIRING, SEV_WARN, 60);

			f->event = true;
			f->quiet_ms = QUIET_MS;
		}
		if (i < 10)
			rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
		rig_apply_places(&r);
		if (i == 0)
			assert_true(str_starts(r.text, "webhook fire critical: usage_percent (1: "
			                               "mem.swap_usage_percent); "));
		else if (i != 9 + GONE_INTERVALS)
			assert_string_equal(r.text, "");
	}
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 0);
	rig_done(&r);
}

static void
events_neither_escalate_nor_flap(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.escalate_warn_after = 3;
	r.conf.escalate_critical_mins = 1;
	rig_configure(&r);
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn");
	for (int i = 0; i < 20; i++)
		assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(quiet_for(&r, 10), "");
	/* Six more firings within half an hour: each is told as the first was. */
	for (int i = 0; i < 6; i++) {
		assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn");
		assert_string_equal(quiet_for(&r, 7), "");
	}
	assert_string_equal(
	    happens(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	for (int i = 0; i < 20; i++)
		assert_string_equal(happens(&r, SEV_CRITICAL), "");
	rig_done(&r);
}

/* What is counted goes on, and the quiet time is what it was. */
static void
an_event_survives_a_restart(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_cases(&r);
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn; pagerduty fire warn");
	rig_restart(&r);
	assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(happens(&r, SEV_WARN), "");
	rig_restart(&r);
	assert_string_equal(quiet_for(&r, 2), "");
	rig_restart(&r);
	/* The time without it is counted anew; the first cycle has nothing to count from. */
	assert_string_equal(quiet_for(&r, 7), "pagerduty resolve warn 3 times in 110s");
	rig_restart(&r);
	assert_string_equal(quiet_for(&r, 10), "");
	rig_save(&r);
	assert_int_equal(fake_disk_count(&r.disk, KEPT_ALERT), 0);
	rig_done(&r);
}

/* It is remembered for its window, and what it was before is not counted in. */
static void
what_happens_again_later_is_counted_anew(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.dedup_secs[SEV_WARN] = 300;
	rig_configure(&r);
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn");
	assert_string_equal(quiet_for(&r, 29), "");
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn");
	rig_done(&r);
}

/* Its case is to be closed in a moment: it stays open, and people hear of it. */
static void
what_happens_again_while_its_end_waits_is_news(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_cases(&r);
	r.conf.group_window_secs = 30;
	rig_configure(&r);
	assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(quiet_for(&r, 3), "webhook fire warn; pagerduty fire warn");
	assert_string_equal(quiet_for(&r, 4), "");
	assert_int_equal(alert_count(r.table, ALERT_FIRING), 0);
	assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(rig_apply(&r), "webhook fire warn; pagerduty fire warn");
	assert_string_equal(quiet_for(&r, 8), "pagerduty resolve warn");
	rig_done(&r);
}

static void
a_reminder_says_how_often_it_happened(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.repeat_secs = 60;
	rig_configure(&r);
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn");
	for (int i = 1; i < 6; i++)
		assert_string_equal(happens(&r, SEV_WARN), "");
	assert_string_equal(happens(&r, SEV_WARN), "webhook fire warn 7 times in 60s");
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_happened_is_told_once),
	    cmocka_unit_test(cases_are_closed_after_the_quiet_time),
	    cmocka_unit_test(an_event_is_not_gone_after_three_intervals),
	    cmocka_unit_test(it_lasts_until_its_group_has_left),
	    cmocka_unit_test(what_happens_again_within_its_window_is_not_lost),
	    cmocka_unit_test(an_event_without_a_quiet_time_is_told),
	    cmocka_unit_test(an_event_in_a_silence_is_not_heard_of),
	    cmocka_unit_test(an_event_that_its_cause_names_may_end),
	    cmocka_unit_test(events_neither_escalate_nor_flap),
	    cmocka_unit_test(an_event_survives_a_restart),
	    cmocka_unit_test(what_happens_again_later_is_counted_anew),
	    cmocka_unit_test(what_happens_again_while_its_end_waits_is_news),
	    cmocka_unit_test(a_reminder_says_how_often_it_happened),
	};

	return cmocka_run_group_tests_name("alert_event", tests, NULL, NULL);
}
