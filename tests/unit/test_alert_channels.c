/*
 * Channels that come and go while alerts fire: who takes an alert only now is told of it, once, and
 * nobody else hears anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/alert.c"

#include "tests/unit/alert_rig.h"

/* Only the first n channels of the rig are enabled. */
static void
enable(struct alert_rig *r, size_t n)
{
	r->channel_count = n;
	rig_configure(r);
}

static void
rig_init_one(struct alert_rig *r)
{
	rig_init_windows(r);
	enable(r, 1);
}

/* Ten minutes in which two mounts fire on; nobody hears anything of it. */
static void
fires_on_unheard(struct alert_rig *r)
{
	for (int i = 0; i < 60; i++) {
		rig_usage(r, 1, FINDING_FIRING, SEV_CRITICAL, 97);
		assert_string_equal(rig_fires(r, SEV_CRITICAL), "");
	}
}

static const char *
both(struct alert_rig *r, enum finding_state state)
{
	rig_usage(r, 1, state, SEV_CRITICAL, 97);
	return rig_step(r, state, SEV_CRITICAL, 97);
}

/* All at once, for nothing more is to be waited for. */
static void
who_is_enabled_is_told_what_fires(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_one(&r);
	both(&r, FINDING_FIRING);
	r.conf.group_window_secs = 30;
	enable(&r, 2);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_EMERGENCY, 99);
	assert_string_equal(both(&r, FINDING_FIRING),
	    "discord digest critical x2; webhook fire emergency; discord fire emergency");
	assert_int_equal(r.out.items[0]->reason, DIGEST_JOINED);
	assert_int_equal(r.out.items[0]->facts->since.wall_ms, 1790000000000);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_NONE, 20);
	both(&r, FINDING_FIRING);
	rig_apply(&r);
	both(&r, FINDING_FIRING);
	assert_string_equal(
	    both(&r, FINDING_FIRING), "webhook resolve emergency; discord resolve emergency");
	fires_on_unheard(&r);
	assert_string_equal(both(&r, FINDING_CLEAR), "");
	rig_apply(&r);
	rig_apply(&r);
	assert_string_equal(
	    rig_apply(&r), "webhook resolve critical x2; discord resolve critical x2");
	rig_done(&r);
}

static void
who_takes_a_severity_now_is_told_what_fires_at_it(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	r.channels[1].severities = SEV_DEFAULT_MASK;
	rig_configure(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "discord fire warn");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_clears(&r), "webhook resolve warn; discord resolve warn");
	rig_done(&r);
}

/* One that takes only warnings hears of a critical alert when it has become one. */
static void
who_takes_only_the_lower_level_is_told_of_it(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	r.channels[0].severities = SEV_BIT(SEV_WARN);
	rig_configure(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "discord fire critical");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_clears(&r), "webhook resolve warn; discord resolve warn");
	rig_done(&r);
}

/* What waited for it then was dropped. */
static void
who_was_disabled_is_told_anew(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	assert_string_equal(both(&r, FINDING_FIRING),
	    "webhook fire critical; discord fire critical; webhook fire critical; discord fire "
	    "critical");
	enable(&r, 1);
	fires_on_unheard(&r);
	rig_usage(&r, 1, FINDING_CLEAR, SEV_NONE, 40);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "webhook resolve critical");
	enable(&r, 2);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "discord fire critical");
	assert_string_equal(rig_clears(&r), "webhook resolve critical; discord resolve critical");
	rig_done(&r);
}

static void
a_restart_between_makes_no_difference(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	assert_string_equal(
	    rig_fires(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	rig_restart(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	r.channel_count = 1;
	rig_restart(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	r.channel_count = 2;
	rig_restart(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "discord fire critical");
	rig_restart(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	rig_done(&r);
}

static void
a_silence_holds_it_as_other_news(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_one(&r);
	both(&r, FINDING_FIRING);
	rig_silence(&r, "*", 25000, false);
	enable(&r, 2);
	for (int i = 0; i < 3; i++)
		assert_string_equal(both(&r, FINDING_FIRING), "");
	assert_string_equal(both(&r, FINDING_FIRING), "discord digest critical x2");
	assert_string_equal(both(&r, FINDING_FIRING), "");
	rig_done(&r);
}

static void
its_cause_holds_it_as_other_news(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_one(&r);
	rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_CRITICAL, 90);
	assert_string_equal(rig_apply(&r), "webhook fire critical");
	for (int i = 0; i < 3; i++) {
		rig_found(&r, METRIC_MEM_SWAP_USAGE, 0, SEV_CRITICAL, 90);
		rig_found(&r, METRIC_MEM_USAGE, 0, SEV_CRITICAL, 97);
		rig_apply_places(&r);
		assert_string_equal(r.text,
		    i == 0   ? "webhook fire critical: usage_percent"
		    : i == 1 ? "discord fire critical: usage_percent (1: mem.swap_usage_percent)"
		             : "");
		enable(&r, 2);
	}
	rig_done(&r);
}

/* Windows and reminders are those of the news that all heard. */
static void
others_hear_what_they_would_have_heard(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_one(&r);
	r.conf.repeat_secs = 600;
	rig_configure(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "webhook fire critical");
	for (int i = 1; i < 30; i++)
		assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	enable(&r, 2);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "discord fire critical");
	for (int i = 31; i < 60; i++)
		assert_string_equal(rig_fires(&r, SEV_CRITICAL), "");
	assert_string_equal(rig_fires(&r, SEV_CRITICAL),
	    "webhook fire critical still; discord fire critical still");
	rig_done(&r);
}

/* Its end waits behind its flapping, and who waited for it is disabled: the next one is news. */
static void
what_nobody_knows_of_any_more_begins_anew(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	r.conf.group_window_secs = 600;
	rig_configure(&r);
	assert_string_equal(
	    rig_fires(&r, SEV_EMERGENCY), "webhook fire emergency; discord fire emergency");
	assert_string_equal(rig_clears(&r), "");
	enable(&r, 0);
	enable(&r, 2);
	assert_string_equal(rig_clears(&r), "");
	r.conf.dedup_secs[SEV_EMERGENCY] = 60;
	rig_configure(&r);
	for (int i = 3; i < 6; i++)
		assert_string_equal(rig_fires(&r, SEV_EMERGENCY), "");
	assert_string_equal(rig_fires(&r, SEV_EMERGENCY),
	    "webhook fire emergency 2 times in 60s; discord fire emergency 2 times in 60s");
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_is_enabled_is_told_what_fires),
	    cmocka_unit_test(who_takes_a_severity_now_is_told_what_fires_at_it),
	    cmocka_unit_test(who_takes_only_the_lower_level_is_told_of_it),
	    cmocka_unit_test(who_was_disabled_is_told_anew),
	    cmocka_unit_test(a_restart_between_makes_no_difference),
	    cmocka_unit_test(a_silence_holds_it_as_other_news),
	    cmocka_unit_test(its_cause_holds_it_as_other_news),
	    cmocka_unit_test(others_hear_what_they_would_have_heard),
	    cmocka_unit_test(what_nobody_knows_of_any_more_begins_anew),
	};

	return cmocka_run_group_tests_name("alert_channels", tests, NULL, NULL);
}
