/*
 * Alerts to a service that keeps cases: each is opened and closed by its own name, however late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "outbox/queue.h"
#include "tests/unit/outbox_rig.h"

static const struct channel_traits cases[CHANNEL_COUNT] = {[CHANNEL_WEBHOOK] = {1, true}};

static void
must_not_expire(void *arg, uint64_t fingerprint, int channel, const struct now *now)
{
	(void)arg;
	(void)fingerprint;
	(void)channel;
	(void)now;
	fail();
}

/* A case is opened and closed by its own name, however late. */
static void
where_alerts_have_cases_each_is_told_by_itself(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	outbox_configure(r.ob, &r.conf, r.channels, cases);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 202, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	put(&r, CHANNEL_WEBHOOK, 3, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	pass(&r, 3 * 24LL * HOUR_MS);
	outbox_take_expired(r.ob, must_not_expire, NULL, &r.now);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	assert_int_equal(webhook(&r)->queued, 3);
	answer(&r, DELIVERY_DELIVERED, 202, 0);
	assert_true(next(&r)); /* a service knows what to do with the end of nothing */
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	answer(&r, DELIVERY_DELIVERED, 202, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 3);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	assert_in_range(wait_ms(&r), 100, 2000);
	rig_done(&r);
}

/* Past the bound, too: what has no case goes first, then others' notices, and no case ever. */
static void
cases_are_not_summed_up_past_the_bound(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	outbox_configure(r.ob, &r.conf, r.channels, cases);
	for (uint64_t i = 0; i < QUEUE_MAX - 1; i++)
		put_unkept(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 7, NOTICE_RESOLVE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_DISCORD, 2, NOTICE_FIRE, SEV_WARN, 0);
	assert_int_equal(outbox_channel(r.ob, CHANNEL_DISCORD)->folded, 0);
	assert_int_equal(webhook(&r)->queued, QUEUE_MAX - 2);
	put_unkept(&r, CHANNEL_DISCORD, 3, NOTICE_FIRE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, QUEUE_MAX, NOTICE_FIRE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, QUEUE_MAX + 1, NOTICE_FIRE, SEV_WARN, 0);
	assert_int_equal(outbox_channel(r.ob, CHANNEL_DISCORD)->queued, 1);
	assert_int_equal(webhook(&r)->queued, QUEUE_MAX);
	rig_done(&r);
}

static void
put_fact(struct rig *r, enum notice_kind kind, struct alert_facts facts)
{
	struct notice *n = notice_new(kind, CHANNEL_WEBHOOK, 1);

	n->facts[0] = facts;
	put_notice_unkept(r, n);
	save_and_confirm(r);
}

/*
 * It was told that it fires; that it got worse waits, and then it ends: the end closes a case, and
 * is none that nobody heard of, however late.
 */
static void
an_end_knows_that_its_beginning_was_told(void **state)
{
	(void)state;
	for (int again = 0; again < 2; again++) {
		struct alert_facts worse = facts_on(1, false, 1790000000000);
		struct rig r;

		rig_init(&r, 0, 0);
		if (again) /* it ended, and fires anew */
			put_fact(&r, NOTICE_RESOLVE, facts_on(1, true, 1790000000000));
		worse.again = !again;
		put_fact(&r, NOTICE_FIRE, worse);
		put_fact(&r, NOTICE_RESOLVE, facts_on(1, true, 1790000000000));
		restart(&r);
		outbox_configure(r.ob, &r.conf, r.channels, cases);
		pass(&r, 25LL * HOUR_MS);
		assert_true(next(&r));
		assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
		assert_false(told_of(&r, 1)->unheard);
		rig_done(&r);
	}
}

/* The end of a case is not the beginning of the next: under another key, or of another host. */
static void
another_case_does_not_swallow_an_end(void **state)
{
	(void)state;
	for (int by_host = 0; by_host < 2; by_host++) {
		struct alert_facts end = facts_on(1, true, 1790000000000);
		struct alert_facts fire = facts_on(1, false, 1790000000000);
		struct rig r;

		rig_init(&r, 0, 0);
		str_copy(end.case_host, sizeof(end.case_host), "web-01");
		str_copy(fire.case_host, sizeof(fire.case_host), by_host ? "web-02" : "web-01");
		end.case_key = by_host ? 0 : 77;
		put_fact(&r, NOTICE_RESOLVE, end);
		put_fact(&r, NOTICE_FIRE, fire);
		assert_int_equal(webhook(&r)->queued, 2);
		assert_true(next(&r));
		assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
		rig_done(&r);
	}
}

/* Its rule has another name by the time it ends: what waits of it is of the same alert. */
static void
a_renamed_rule_is_the_same_case(void **state)
{
	struct alert_facts end = facts_on(2, true, 1790000000000);
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_fact(&r, NOTICE_FIRE, facts_on(1, false, 1790000000000));
	end.case_key = 1;
	put_fact(&r, NOTICE_RESOLVE, end);
	assert_int_equal(webhook(&r)->queued, 1);
	assert_true(next(&r));
	assert_true(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

/*
 * The host got another name, and fires under it before the rows of its earlier life come: the case
 * that is open under the old name is closed all the same. For people it is one host, and older
 * news.
 */
static void
a_late_end_closes_the_case_of_the_older_name(void **state)
{
	(void)state;
	for (int keeps = 0; keeps < 2; keeps++) {
		struct alert_facts end = facts_on(1, true, 1790000000000);
		struct alert_facts fire = facts_on(1, false, 1790000000000);
		struct fake_disk early;
		struct rig r;

		rig_init(&r, 0, 0);
		str_copy(end.case_host, sizeof(end.case_host), "web-01");
		str_copy(fire.case_host, sizeof(fire.case_host), "web-02");
		put_fact(&r, NOTICE_RESOLVE, end);
		early = r.disk;
		r.disk = (struct fake_disk){.used = 0};
		forget(&r);
		outbox_configure(r.ob, &r.conf, r.channels, keeps ? cases : NULL);
		pass(&r, 3000);
		put_fact(&r, NOTICE_FIRE, fire);
		assert_true(next(&r));
		answer(&r, DELIVERY_DELIVERED, 202, 0);
		fake_disk_done(&r.disk);
		r.disk = early;
		load_all(&r);
		assert_int_equal(webhook(&r)->queued, keeps);
		rig_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(where_alerts_have_cases_each_is_told_by_itself),
	    cmocka_unit_test(cases_are_not_summed_up_past_the_bound),
	    cmocka_unit_test(an_end_knows_that_its_beginning_was_told),
	    cmocka_unit_test(another_case_does_not_swallow_an_end),
	    cmocka_unit_test(a_renamed_rule_is_the_same_case),
	    cmocka_unit_test(a_late_end_closes_the_case_of_the_older_name),
	};

	return cmocka_run_group_tests_name("outbox_cases", tests, NULL, NULL);
}
