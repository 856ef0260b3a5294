/*
 * Newer and older notices of one alert become one, unless the older is on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/merge.c"

#include "tests/unit/outbox_rig.h"

static void
what_fired_and_ended_in_an_outage_is_one_message(void **state)
{
	int64_t fired_ms;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	fired_ms = r.now.wall_ms;
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	pass(&r, 2LL * HOUR_MS);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	assert_int_equal(webhook(&r)->queued, 1);
	restart(&r);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_true(r.job.notice->facts[0].unheard);
	assert_true(r.job.notice->created.wall_ms == fired_ms);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	/* It fires again before that got out. */
	pass(&r, HOUR_MS);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_int_equal(webhook(&r)->queued, 1);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.notice->facts[0].count, 1);
	assert_int_equal(r.job.notice->facts[0].count_secs, 3600);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	save(&r);
	assert_int_equal(kept(&r), 0);
	rig_done(&r);
}

static void
put_digest(struct rig *r, uint64_t first, bool first_over, uint64_t second)
{
	struct notice *n = notice_new(NOTICE_DIGEST, CHANNEL_WEBHOOK, 2);

	n->reason = DIGEST_SILENCE;
	n->severity = SEV_WARN;
	n->facts[0] = facts_on(first, first_over, r->now.wall_ms);
	n->facts[1] = facts_on(second, false, r->now.wall_ms);
	n->total = 2;
	put_notice_unkept(r, n);
	save_and_confirm(r);
}

/* After two silences: the last word of an alert is in one of them, and is the last told. */
static void
a_digest_takes_over_from_an_older_one(void **state)
{
	for (int again = 0; again < 2; again++) {
		unsigned fires = 0, over = 0;
		struct rig r;

		(void)state;
		rig_init(&r, 0, 0);
		put_digest(&r, 1, false, 2);
		put_digest(&r, 1, true, 3);
		if (again)
			put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
		save_and_confirm(&r);
		while (next(&r)) {
			const struct alert_facts *f = told_of(&r, 1);

			fires += f != NULL && !facts_is_resolved(f);
			over += f != NULL && facts_is_resolved(f) && f->unheard;
			answer(&r, DELIVERY_DELIVERED, 204, 0);
		}
		assert_int_equal(fires, again);
		assert_int_equal(over, !again);
		assert_int_equal(outbox_count(r.ob), 0);
		rig_done(&r);
	}
}

static void
put_fire(struct rig *r, struct alert_facts facts)
{
	struct notice *n = notice_new(NOTICE_FIRE, CHANNEL_WEBHOOK, 1);

	n->facts[0] = facts;
	put_notice_unkept(r, n);
	save_and_confirm(r);
}

/* A reminder of what the channel has not heard of is the news itself. */
static void
nobody_is_reminded_of_what_never_arrived(void **state)
{
	(void)state;
	for (int heard = 0; heard < 2; heard++) {
		struct rig r;
		struct alert_facts f;

		rig_init(&r, 0, 0);
		f = facts_on(1, false, r.now.wall_ms);
		put_fire(&r, f);
		if (heard) {
			assert_true(next(&r));
			answer(&r, DELIVERY_DELIVERED, 204, 0);
		}
		f.again = f.still = true;
		put_fire(&r, f);
		restart(&r);
		assert_true(next(&r));
		assert_int_equal(r.job.notice->facts[0].still, heard);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
		rig_done(&r);
	}
}

/* That it has begun to flap is told when it is fine, too: who does not hear it knows of nothing. */
static void
an_end_knows_that_its_flapping_was_not_told(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	for (int ended = 0; ended < 2; ended++) {
		struct notice *n =
		    notice_new(ended ? NOTICE_RESOLVE : NOTICE_FIRE, CHANNEL_WEBHOOK, 1);

		n->facts[0] = facts_on(1, true, r.now.wall_ms);
		n->facts[0].flap = ended ? FLAP_ENDED : FLAP_STARTED;
		put_notice_unkept(&r, n);
	}
	save_and_confirm(&r);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->facts[0].flap, FLAP_ENDED);
	assert_true(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

static void
what_is_on_its_way_is_not_merged(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	assert_int_equal(webhook(&r)->queued, 2);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_true(next(&r));
	assert_false(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

static void
a_group_loses_those_that_ended(void **state)
{
	static const struct {
		uint64_t critical, ended, left[2];
		enum severity severity;
	} cases[] = {
	    {2, 2, {1, 3}, SEV_WARN},
	    {3, 3, {1, 2}, SEV_WARN},
	    {1, 1, {2, 3}, SEV_WARN},
	    {3, 1, {2, 3}, SEV_CRITICAL},
	    {1, 3, {1, 2}, SEV_CRITICAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		rig_init(&r, 0, 0);
		put_group_unkept(&r, cases[i].critical);
		put(&r, CHANNEL_WEBHOOK, cases[i].ended, NOTICE_RESOLVE);
		assert_true(next(&r));
		assert_int_equal(r.job.notice->fact_count, 2);
		assert_int_equal(r.job.notice->total, 2);
		assert_int_equal(r.job.notice->severity, cases[i].severity);
		for (size_t k = 0; k < 2; k++)
			assert_int_equal(r.job.notice->facts[k].fingerprint, cases[i].left[k]);
		rig_done(&r);
	}
}

/* One that left its group is not in it any more: it is told by itself, whatever comes of it. */
static void
what_left_its_group_goes_its_own_way(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_group_unkept(&r, 2);
	put(&r, CHANNEL_WEBHOOK, 3, NOTICE_RESOLVE);
	put(&r, CHANNEL_WEBHOOK, 3, NOTICE_FIRE);
	assert_int_equal(webhook(&r)->queued, 2);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->fact_count, 2);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 3);
	assert_int_equal(r.job.notice->facts[0].count, 1);
	rig_done(&r);
}

/* A notice that has changed waits for the disk anew: for its transaction, or for 2 s from then. */
static void
what_was_merged_is_kept_before_it_leaves(void **state)
{
	for (int silent = 0; silent < 2; silent++) {
		struct rig r;

		(void)state;
		rig_init(&r, 0, 0);
		put_group_unkept(&r, 2);
		save(&r);
		pass(&r, 1500);
		put_unkept(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE, SEV_WARN, 0);
		save(&r);
		outbox_confirmed(r.ob, r.txn - 1); /* as it was before */
		pass(&r, 1999);
		assert_false(next(&r));
		if (silent)
			pass(&r, 1);
		else
			outbox_confirmed(r.ob, r.txn);
		assert_true(next(&r));
		assert_int_equal(r.job.notice->fact_count, 2);
		rig_done(&r);
	}
}

/* The end of an alert is not taken for one with its renewal: both leave, in this order. */
static void
a_renewal_does_not_merge(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_transient(&r, 1);
	put(&r, CHANNEL_ALERTMANAGER, 1, NOTICE_RESOLVE);
	assert_true(next(&r));
	assert_true(r.job.notice->transient);
	outbox_new_courier(r.ob); /* the courier died with it: it leaves once more */
	assert_true(next(&r));
	assert_true(r.job.notice->transient);
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_false(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

/* The older was on its way and did not arrive: the newer says it for both. */
static void
what_comes_back_is_merged_into_what_waits(void **state)
{
	for (int lost = 0; lost < 2; lost++) {
		struct rig r;

		(void)state;
		rig_init(&r, 0, 0);
		put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
		assert_true(next(&r));
		put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
		assert_int_equal(webhook(&r)->queued, 2);
		if (lost) /* with its courier */
			outbox_new_courier(r.ob);
		else
			answer(&r, DELIVERY_TEMPORARY, 503, 0);
		assert_false(next(&r)); /* it is another now, and to be kept */
		save_and_confirm(&r);
		pass(&r, 10000);
		assert_true(next(&r));
		assert_int_equal(webhook(&r)->queued, 1);
		assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
		assert_true(r.job.notice->facts[0].unheard);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
		save(&r);
		assert_int_equal(kept(&r), 0);
		rig_done(&r);
	}
}

/* Of a group that comes back, those that newer news are about are not told twice. */
static void
a_group_that_comes_back_loses_what_is_newer(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_group_unkept(&r, 2);
	save_and_confirm(&r);
	assert_true(next(&r));
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	put(&r, CHANNEL_WEBHOOK, 9, NOTICE_FIRE);
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	assert_int_equal(webhook(&r)->queued, 3);
	pass(&r, 10000);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->fact_count, 2);
	assert_int_equal(r.job.notice->total, 2);
	assert_int_equal(r.job.notice->severity, SEV_WARN);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_true(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

static struct alert_facts
facts_of(int64_t since_secs, int64_t resolved_secs, bool unheard, uint32_t count)
{
	return (struct alert_facts){.fingerprint = 1,
	    .severity = SEV_WARN,
	    .since.wall_ms = since_secs * 1000,
	    .resolved.wall_ms = resolved_secs * 1000,
	    .unheard = unheard,
	    .count = count};
}

/* What the newer says of the older, by which of them have ended and were heard of. */
static void
the_newer_says_what_the_older_would_have(void **state)
{
	static const struct {
		int64_t older_resolved, newer_resolved;
		bool older_unheard, told_unheard;
		uint32_t older_count, count;
		int64_t secs;
	} cases[] = {
	    {0, 0, false, false, 1, 1, 0},   /* a level more of the same firing */
	    {0, 90, false, true, 1, 1, 0},   /* fired and ended: one message */
	    {60, 90, false, false, 1, 1, 0}, /* told twice that it is over */
	    {60, 90, true, true, 1, 1, 0},
	    {60, 0, false, false, 1, 1, 0},  /* its end was known to be told */
	    {60, 0, true, false, 1, 2, 100}, /* fired, ended, fires: none of it was told */
	    {60, 0, true, false, 0, 2, 100},
	    {60, 0, true, false, 3, 4, 100},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct alert_facts older = facts_of(
		    10, cases[i].older_resolved, cases[i].older_unheard, cases[i].older_count);
		struct alert_facts newer = facts_of(110, cases[i].newer_resolved, false, 1);

		inherit(&newer, &older);
		if (newer.unheard != cases[i].told_unheard || newer.count != cases[i].count ||
		    newer.count_secs != cases[i].secs)
			fail_msg("case %zu", i);
	}
	/* A longer count of its own stays; one that flaps counts by itself. */
	for (int flaps = 0; flaps < 2; flaps++) {
		struct alert_facts older = facts_of(10, 60, true, 1);
		struct alert_facts newer = facts_of(110, 0, false, 5);

		newer.count_secs = 300;
		newer.flap = flaps ? FLAP_STARTED : FLAP_NONE;
		inherit(&newer, &older);
		assert_int_equal(newer.count, flaps ? 5 : 6);
		assert_int_equal(newer.count_secs, 300);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_fired_and_ended_in_an_outage_is_one_message),
	    cmocka_unit_test(a_digest_takes_over_from_an_older_one),
	    cmocka_unit_test(nobody_is_reminded_of_what_never_arrived),
	    cmocka_unit_test(an_end_knows_that_its_flapping_was_not_told),
	    cmocka_unit_test(what_is_on_its_way_is_not_merged),
	    cmocka_unit_test(a_group_loses_those_that_ended),
	    cmocka_unit_test(what_left_its_group_goes_its_own_way),
	    cmocka_unit_test(what_was_merged_is_kept_before_it_leaves),
	    cmocka_unit_test(a_renewal_does_not_merge),
	    cmocka_unit_test(what_comes_back_is_merged_into_what_waits),
	    cmocka_unit_test(a_group_that_comes_back_loses_what_is_newer),
	    cmocka_unit_test(the_newer_says_what_the_older_would_have),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
