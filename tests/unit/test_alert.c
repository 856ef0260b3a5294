/*
 * The state machine of alerts on a fake clock: who is told what, and when not. Random runs check
 * that nothing is told twice and everybody who was told hears the end.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/alert.c"

#include "tests/unit/alert_rig.h"
#include "tests/unit/random_mounts.h"

static void
tells_on_transitions_only(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	assert_string_equal(rig_pends(&r, SEV_WARN), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	for (int i = 0; i < 100; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(
	    rig_fires(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_clears(&r), "webhook resolve warn; discord resolve warn");
	assert_string_equal(rig_apply(&r), "");
	rig_done(&r);
}

static void
the_end_says_what_it_was(void **state)
{
	struct alert_rig r;
	const struct alert_facts *f;
	char line[FACTS_LINE_MAX];

	(void)state;
	rig_init_windows(&r);
	rig_step(&r, FINDING_FIRING, SEV_CRITICAL, 91);
	rig_step(&r, FINDING_FIRING, SEV_CRITICAL, 95.2);
	for (int i = 0; i < 70; i++)
		rig_step(&r, FINDING_FIRING, SEV_CRITICAL, 93);
	rig_clears(&r);
	f = r.out.items[0]->facts;
	assert_true(f->value == 45.2 && f->worst == 95.2);
	assert_string_equal(facts_line(f, line), "disk.usage_percent of /0 (device=/0,fstype=ext4) "
	                                         "normalized: 45.2% (was 95.2%, for 12 min)");
	rig_done(&r);
}

/* What it was told under ends with it, at services that know an alert by its level. */
static void
its_notices_say_what_it_was_told_under_before(void **state)
{
	const unsigned warn = SEV_BIT(SEV_WARN), critical = SEV_BIT(SEV_CRITICAL);
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_WARN);
	assert_int_equal(r.out.items[0]->facts->told_levels, 0);
	rig_fires(&r, SEV_CRITICAL);
	assert_int_equal(r.out.items[0]->facts->told_levels, warn);
	rig_restart(&r);
	rig_fires(&r, SEV_EMERGENCY);
	assert_int_equal(r.out.items[0]->facts->told_levels, warn | critical);
	rig_clears(&r);
	assert_int_equal(
	    r.out.items[0]->facts->told_levels, warn | critical | SEV_BIT(SEV_EMERGENCY));
	rig_fires(&r, SEV_CRITICAL); /* another firing */
	assert_int_equal(r.out.items[0]->facts->told_levels, 0);
	rig_done(&r);
}

static void
a_pending_alert_that_clears_was_never_there(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_pends(&r, SEV_WARN);
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 1);
	assert_string_equal(rig_clears(&r), "");
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 0);
	rig_pends(&r, SEV_WARN);
	for (int i = 0; i < 4; i++)
		assert_string_equal(rig_apply(&r), "");
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 0);
	rig_save(&r);
	assert_int_equal(fake_disk_count(&r.disk, KEPT_ALERT), 0);
	rig_done(&r);
}

static void
only_those_who_were_told_hear_the_end(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	assert_string_equal(rig_clears(&r), "webhook resolve warn");
	assert_string_equal(rig_fires(&r, SEV_INFO), "");
	assert_string_equal(rig_clears(&r), "");
	rig_done(&r);
}

static void
no_recovery_notices_where_they_are_off(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	r.conf.recovery_enabled = false;
	rig_configure(&r);
	rig_fires(&r, SEV_CRITICAL);
	assert_string_equal(rig_clears(&r), "");
	rig_done(&r);
}

/* Else the next firing would go into the case of the last one, and page nobody. */
static void
cases_are_closed_all_the_same(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	r.conf.recovery_enabled = false;
	r.channels[1] = (struct alert_channel){CHANNEL_PAGERDUTY, SEV_DEFAULT_MASK, 1, true};
	rig_configure(&r);
	assert_string_equal(
	    rig_fires(&r, SEV_CRITICAL), "webhook fire critical; pagerduty fire critical");
	assert_string_equal(rig_clears(&r), "pagerduty resolve critical");
	rig_done(&r);
}

static void
reminders_come_when_asked_for(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	r.conf.repeat_secs = 3600;
	rig_configure(&r);
	rig_fires(&r, SEV_WARN);
	for (int i = 1; i < 360; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_done(&r);
}

/* A level that was never told is no reason for a reminder. */
static void
a_fall_to_another_level_is_no_reminder(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.repeat_secs = 3600;
	rig_configure(&r);
	assert_string_equal(
	    rig_fires(&r, SEV_CRITICAL), "webhook fire critical; discord fire critical");
	for (int i = 1; i < 360; i++)
		assert_string_equal(rig_fires(&r, SEV_WARN), "");
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	rig_done(&r);
}

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

/* Where low is bad, the lowest value was the worst, also of one that began as pending. */
static void
the_lowest_is_worst_where_low_is_bad(void **state)
{
	static const double values[] = {30, 20, 25};
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 3; i++) {
		rig_find_on(&r, METRIC_DISK_AVAILABLE, 0, i == 0 ? FINDING_PENDING : FINDING_FIRING,
		    SEV_WARN, values[i])
		    ->op = OP_LT;
		rig_apply(&r);
	}
	rig_found(&r, METRIC_DISK_AVAILABLE, 0, SEV_NONE, 90);
	assert_string_equal(rig_apply(&r), "webhook resolve warn");
	assert_true(r.out.items[0]->facts->worst == 20);
	rig_done(&r);
}

/* What it was is told of this firing alone, also while the last one is remembered. */
static void
each_firing_has_its_own_worst(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int value = 95; value >= 90; value -= 5) {
		rig_step(&r, FINDING_FIRING, SEV_WARN, value);
		assert_string_equal(rig_clears(&r), "webhook resolve warn");
		assert_true(r.out.items[0]->facts->worst == value);
	}
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

static void
between_cycles_findings_are_taken_and_told(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	rig_event(&r, "oom_kill", "nginx", SEV_CRITICAL, 60000);
	assert_string_equal(rig_apply_between(&r), "webhook fire critical; discord fire critical");
	rig_usage(&r, 0, FINDING_CLEAR, SEV_NONE, 45);
	assert_string_equal(rig_apply_between(&r), "webhook resolve warn");
	rig_usage(&r, 1, FINDING_PENDING, SEV_WARN, 85);
	assert_string_equal(rig_apply_between(&r), "");
	assert_int_equal(alert_count(r.table, ALERT_PENDING), 1);
	rig_done(&r);
}

/* After a reload without a channel nothing is made for it. */
static void
a_channel_that_is_no_more_is_not_told(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	r.channel_count = 1;
	rig_configure(&r);
	assert_string_equal(rig_fires(&r, SEV_CRITICAL), "webhook fire critical");
	assert_string_equal(rig_clears(&r), "webhook resolve critical");
	rig_done(&r);
}

static void
again_is_for_what_still_fires(void **state)
{
	struct alert_rig r;
	struct notices out = {.items = NULL};
	uint64_t fingerprint;

	(void)state;
	rig_init_windows(&r);
	rig_fires(&r, SEV_WARN);
	fingerprint = r.out.items[0]->facts->fingerprint;
	alert_again(r.table, fingerprint, CHANNEL_DISCORD, &r.now, &out);
	alert_again(r.table, fingerprint + 1, CHANNEL_WEBHOOK, &r.now, &out);
	assert_int_equal(out.len, 0);
	alert_again(r.table, fingerprint, CHANNEL_WEBHOOK, &r.now, &out);
	assert_int_equal(out.len, 1);
	rig_clears(&r);
	alert_again(r.table, fingerprint, CHANNEL_WEBHOOK, &r.now, &out);
	assert_int_equal(out.len, 1);
	notices_done(&out);
	rig_done(&r);
}

/* What one channel has heard of one mount. */
struct heard {
	enum severity level; /* of the firing it knows of; SEV_NONE: none */
	int64_t last_ns[SEV_COUNT];
};

static void
listen(struct heard *h, const struct notice *n, const struct conf_alert *conf, int64_t boot_ns)
{
	if (n->kind == NOTICE_RESOLVE) {
		assert_int_not_equal(h->level, SEV_NONE);
		h->level = SEV_NONE;
		return;
	}
	if (h->last_ns[n->severity] != 0 && n->facts->flap == FLAP_NONE)
		assert_true(boot_ns - h->last_ns[n->severity] >=
		            conf->dedup_secs[n->severity] * NS_PER_SEC);
	h->level = n->severity;
	h->last_ns[n->severity] = boot_ns;
}

static void
nothing_is_told_twice_and_every_end_is(void **state)
{
	(void)state;
	random_start();
	for (int run = 0; run < 20; run++) {
		struct heard heard[CHANNEL_COUNT][RIG_PLACES] = {{{SEV_NONE, {0}}}};
		struct mounts host = {.state = {FINDING_CLEAR}};
		struct alert_rig r;

		rig_init_windows(&r);
		for (int i = 0; i < 600; i++) {
			int64_t at = r.now.boot_ns;

			if (i < 490)
				mounts_step(&host, &r, NULL);
			rig_apply(&r);
			for (size_t n = 0; n < r.out.len; n++) {
				const struct notice *notice = r.out.items[n];
				int mount =
				    label_set_value(&notice->facts->subject.labels, 0)[1] - '0';

				/* "/10" and "/11" share a digit with "/1". */
				if (strlen(label_set_value(&notice->facts->subject.labels, 0)) == 2)
					listen(&heard[notice->channel][mount], notice, &r.conf, at);
			}
		}
		for (int c = 0; c < CHANNEL_COUNT; c++) {
			for (int m = 0; m < RIG_PLACES; m++)
				assert_int_equal(heard[c][m].level, SEV_NONE);
		}
		rig_done(&r);
	}
}

static void
note_cause(void *arg, const struct alert_view *view)
{
	str_copy(arg, NOTICE_CAUSE_MAX, view->cause);
}

static const char *
cause_of_all(struct alert_rig *r)
{
	static char cause[NOTICE_CAUSE_MAX];

	alert_each(r->table, note_cause, cause);
	return cause;
}

/* The words that its message has, as another module puts them there. */
static void
explain(struct alert_rig *r, const char *cause)
{
	str_copy(r->out.items[0]->facts[0].cause, NOTICE_CAUSE_MAX, cause);
	alert_note_causes(r->table, &r->out);
}

/* Who asks hours later is told what the message said; but not of another firing. */
static void
the_cause_that_was_told_stays_with_the_alert(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_WARN);
	assert_string_equal(cause_of_all(&r), "");
	explain(&r, "rsyslogd (pid 812)");
	assert_string_equal(cause_of_all(&r), "rsyslogd (pid 812)");
	rig_fires(&r, SEV_CRITICAL);
	explain(&r, ""); /* nobody stands out now: that takes nothing back */
	rig_restart(&r);
	assert_string_equal(cause_of_all(&r), "rsyslogd (pid 812)");
	rig_restart_blind(&r);
	rig_fires(&r, SEV_CRITICAL);
	rig_load(&r);
	assert_string_equal(cause_of_all(&r), "rsyslogd (pid 812)");
	rig_clears(&r);
	explain(&r, "the end has none");
	rig_fires(&r, SEV_WARN);
	assert_string_equal(cause_of_all(&r), "");
	rig_done(&r);
}

static void
note_refusers(void *arg, const struct alert_view *view)
{
	*(unsigned *)arg = view->refused;
}

/* Channels whose service refused the words of the only alert. */
static unsigned
refusers(struct alert_rig *r)
{
	unsigned refused = 0;

	alert_each(r->table, note_refusers, &refused);
	return refused;
}

/* Known until the channel is told anew: of that, nothing is known yet. */
static void
who_refused_its_words_is_remembered(void **state)
{
	struct alert_rig r;
	uint64_t fingerprint;

	(void)state;
	rig_init(&r);
	rig_fires(&r, SEV_WARN);
	fingerprint = r.out.items[0]->facts[0].fingerprint;
	alert_note_refused(r.table, fingerprint + 1, CHANNEL_WEBHOOK);
	alert_note_refused(r.table, fingerprint, CHANNEL_DISCORD); /* it takes no warnings */
	assert_int_equal(refusers(&r), 0);
	alert_note_refused(r.table, fingerprint, CHANNEL_WEBHOOK);
	assert_int_equal(refusers(&r), 1u << CHANNEL_WEBHOOK);
	rig_restart(&r);
	assert_int_equal(refusers(&r), 1u << CHANNEL_WEBHOOK);
	rig_fires(&r, SEV_CRITICAL);
	assert_int_equal(refusers(&r), 0);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_refused_its_words_is_remembered),
	    cmocka_unit_test(the_cause_that_was_told_stays_with_the_alert),
	    cmocka_unit_test(tells_on_transitions_only),
	    cmocka_unit_test(the_end_says_what_it_was),
	    cmocka_unit_test(its_notices_say_what_it_was_told_under_before),
	    cmocka_unit_test(a_pending_alert_that_clears_was_never_there),
	    cmocka_unit_test(only_those_who_were_told_hear_the_end),
	    cmocka_unit_test(no_recovery_notices_where_they_are_off),
	    cmocka_unit_test(cases_are_closed_all_the_same),
	    cmocka_unit_test(reminders_come_when_asked_for),
	    cmocka_unit_test(a_fall_to_another_level_is_no_reminder),
	    cmocka_unit_test(what_vanishes_is_gone_after_three_intervals),
	    cmocka_unit_test(what_comes_back_is_not_gone),
	    cmocka_unit_test(the_lowest_is_worst_where_low_is_bad),
	    cmocka_unit_test(each_firing_has_its_own_worst),
	    cmocka_unit_test(a_suspend_makes_nothing_gone),
	    cmocka_unit_test(a_mount_that_does_not_answer_is_not_gone),
	    cmocka_unit_test(between_cycles_nothing_ages),
	    cmocka_unit_test(between_cycles_findings_are_taken_and_told),
	    cmocka_unit_test(a_channel_that_is_no_more_is_not_told),
	    cmocka_unit_test(again_is_for_what_still_fires),
	    cmocka_unit_test(nothing_is_told_twice_and_every_end_is),
	};

	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
