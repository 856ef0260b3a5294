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
	r.channels[1] = (struct alert_channel){CHANNEL_PAGERDUTY, SEV_DEFAULT_MASK, {1, true}};
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
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn still");
	assert_string_equal(rig_fires(&r, SEV_WARN), "");
	rig_done(&r);
}

/* Of two alerts one is new: each is told as what it is. */
static void
a_reminder_and_news_are_two_messages(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 10;
	r.conf.repeat_secs = 60;
	rig_configure(&r);
	for (int i = 0; i < 8; i++) {
		rig_usage(&r, 0, FINDING_FIRING, SEV_WARN, 85);
		if (i >= 6)
			rig_usage(&r, 1, FINDING_FIRING, SEV_WARN, 86);
		rig_apply_places(&r);
		if (i == 1)
			assert_string_equal(r.text, "webhook fire warn: usage_percent/0");
	}
	assert_string_equal(r.text, "webhook fire warn: usage_percent/1");
	rig_usage(&r, 0, FINDING_FIRING, SEV_WARN, 85);
	rig_usage(&r, 1, FINDING_FIRING, SEV_WARN, 86);
	assert_string_equal(rig_apply_places(&r), "webhook fire warn: usage_percent/0 still");
	rig_done(&r);
}

/* Who asks for one a minute gets it, however long the same is not told again by itself. */
static void
reminders_go_by_their_own_time(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init_windows(&r);
	r.conf.repeat_secs = 60;
	rig_configure(&r);
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn");
	for (int i = 0; i < 3; i++) {
		for (int k = 1; k < RIG_MINUTE; k++)
			assert_string_equal(rig_fires(&r, SEV_WARN), "");
		assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn still");
	}
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
	assert_string_equal(rig_fires(&r, SEV_WARN), "webhook fire warn still");
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
	alert_rename(r.table, "disk", "disks"); /* what waits of it has its older name */
	alert_again(r.table, fingerprint, CHANNEL_WEBHOOK, &r.now, &out);
	assert_int_equal(out.len, 2);
	rig_clears(&r);
	alert_again(r.table, fingerprint, CHANNEL_WEBHOOK, &r.now, &out);
	assert_int_equal(out.len, 2);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_on_transitions_only),
	    cmocka_unit_test(the_end_says_what_it_was),
	    cmocka_unit_test(its_notices_say_what_it_was_told_under_before),
	    cmocka_unit_test(a_pending_alert_that_clears_was_never_there),
	    cmocka_unit_test(only_those_who_were_told_hear_the_end),
	    cmocka_unit_test(no_recovery_notices_where_they_are_off),
	    cmocka_unit_test(cases_are_closed_all_the_same),
	    cmocka_unit_test(reminders_come_when_asked_for),
	    cmocka_unit_test(reminders_go_by_their_own_time),
	    cmocka_unit_test(a_reminder_and_news_are_two_messages),
	    cmocka_unit_test(a_fall_to_another_level_is_no_reminder),
	    cmocka_unit_test(the_lowest_is_worst_where_low_is_bad),
	    cmocka_unit_test(each_firing_has_its_own_worst),
	    cmocka_unit_test(between_cycles_findings_are_taken_and_told),
	    cmocka_unit_test(a_channel_that_is_no_more_is_not_told),
	    cmocka_unit_test(again_is_for_what_still_fires),
	    cmocka_unit_test(nothing_is_told_twice_and_every_end_is),
	};

	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
