/*
 * What becomes a digest: what a limit holds, what is a day old, and the oldest past the bound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "src/outbox/digest_policy.c"

#include "tests/unit/outbox_rig.h"

#define TRIES_MS 3

/* Fails three times, which takes as many ms and uses up nothing, and arrives. */
static void
deliver_at_last(struct rig *r)
{
	for (int k = 0; k < TRIES_MS; k++) {
		answer(r, DELIVERY_RATE_LIMITED, 429, 1);
		pass(r, 1);
		assert_true(next(r));
	}
	answer(r, DELIVERY_DELIVERED, 204, 0);
}

static void
what_a_limit_holds_leaves_as_one_digest(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 10, 11);
	for (uint64_t i = 0; i < 20; i++)
		put(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE);
	for (uint64_t i = 0; i < 10; i++) {
		assert_true(next(&r));
		assert_int_equal(r.job.notice->facts[0].fingerprint, i);
		deliver_at_last(&r);
	}
	assert_false(next(&r));
	/* A minute after the first left; nine more did since. */
	assert_int_equal(wait_ms(&r), 60000 - 9 * TRIES_MS);
	pass(&r, 30000);
	put(&r, CHANNEL_WEBHOOK, 12, NOTICE_RESOLVE);
	assert_false(next(&r));
	assert_int_equal(webhook(&r)->queued, 1);
	save_and_confirm(&r);
	assert_int_equal(kept(&r), 1);
	pass(&r, wait_ms(&r));
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.notice->reason, DIGEST_LIMIT);
	assert_int_equal(r.job.notice->fact_count, 10);
	assert_int_equal(r.job.notice->facts[9].fingerprint, 12);
	assert_true(r.job.notice->facts[9].unheard);
	assert_int_equal(r.now.wall_ms - r.job.notice->created.wall_ms, 60000 + TRIES_MS);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	/* The hour's tokens are gone; one alone stays what it is. */
	put(&r, CHANNEL_WEBHOOK, 3, NOTICE_RESOLVE);
	assert_false(next(&r));
	assert_int_equal(wait_ms(&r), HOUR_MS - 60000);
	pass(&r, wait_ms(&r));
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	rig_done(&r);
}

/* As many as six channels may send; whoever waits for it has a digest as well. */
static void
all_channels_together_have_a_limit(void **state)
{
	struct rig r;
	int sent = 0, digests = 0;

	(void)state;
	rig_init(&r, 2, 0);
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		for (uint64_t i = 0; i < 2; i++)
			put(&r, channel, 10 + i, NOTICE_FIRE);
	}
	while (next(&r)) {
		answer(&r, DELIVERY_DELIVERED, 204, 0);
		sent++;
	}
	assert_int_equal(sent, 2 * QUOTA_ALL_FACTOR);
	assert_true(CHANNEL_COUNT > QUOTA_ALL_FACTOR);
	pass(&r, 60001);
	save_and_confirm(&r);
	while (next(&r)) {
		digests += r.job.notice->kind == NOTICE_DIGEST;
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	}
	assert_true(digests > 0);
	assert_int_equal(outbox_count(r.ob), 0);
	rig_done(&r);
}

static int
count_sent(struct rig *r)
{
	int sent = 0;

	while (next(r)) {
		answer(r, DELIVERY_DELIVERED, 204, 0);
		sent++;
	}
	return sent;
}

/* A reload begins no minute anew, for one channel or for all; another limit counts from then on. */
static void
a_reload_frees_no_tokens(void **state)
{
	struct rig r;
	uint64_t fingerprint = 1;
	int sent = 0;

	(void)state;
	rig_init(&r, 2, 0);
	for (int reload = 0; reload < 5; reload++) {
		for (int channel = 0; channel < CHANNEL_COUNT; channel++)
			put(&r, channel, fingerprint++, NOTICE_FIRE);
		sent += count_sent(&r);
		pass(&r, 1000);
		outbox_configure(r.ob, &r.conf, r.channels, NULL);
		assert_true(webhook(&r)->sent <= 2);
	}
	assert_int_equal(sent, 2 * QUOTA_ALL_FACTOR);
	r.conf.rate_limit_per_minute = 3;
	outbox_configure(r.ob, &r.conf, r.channels, NULL);
	save_and_confirm(&r);
	assert_int_equal(count_sent(&r), QUOTA_ALL_FACTOR);
	rig_done(&r);
}

static void
collect(void *arg, uint64_t fingerprint, int channel, const struct now *now)
{
	(void)now;
	uint64_t *sum = arg;

	*sum = *sum * 100 + fingerprint * 10 + (uint64_t)channel;
}

static void
after_a_day_the_undelivered_become_a_digest(void **state)
{
	uint64_t expired = 0;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	pass(&r, 12 * HOUR_MS);
	put(&r, CHANNEL_WEBHOOK, 3, NOTICE_FIRE);
	r.now.wall_ms += 100LL * HOUR_MS; /* a step of the wall clock expires nothing */
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	answer(&r, DELIVERY_REJECTED, 0, 0);
	r.now.wall_ms -= 100LL * HOUR_MS;
	pass(&r, 12 * HOUR_MS);
	assert_false(next(&r)); /* the digest is kept first */
	assert_int_equal(webhook(&r)->queued, 2);
	save_and_confirm(&r);
	assert_int_equal(kept(&r), 2);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.form, NOTICE_FULL); /* the digest was not refused yet */
	assert_int_equal(r.job.notice->fact_count, 2);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	assert_int_equal(r.job.notice->facts[1].fingerprint, 1);
	assert_int_not_equal(r.job.notice->facts[1].resolved.wall_ms, 0);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	outbox_take_expired(r.ob, collect, &expired, &r.now);
	assert_int_equal(expired, 20 + CHANNEL_WEBHOOK);
	/* It does not expire itself, takes in what does, and survives restarts at its place. */
	pass(&r, 300LL * 24 * HOUR_MS);
	next(&r);
	save(&r);
	restart(&r);
	assert_int_equal(webhook(&r)->queued, 1);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.notice->total, 3);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(outbox_count(r.ob), 0);
	rig_done(&r);
}

/* Of a group each may still fire, but for one whose end waits as well. */
static void
all_of_a_group_may_have_expired(void **state)
{
	uint64_t expired = 0;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_group_unkept(&r, 1);
	pass(&r, HOUR_MS);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	pass(&r, 23LL * HOUR_MS);
	next(&r);
	outbox_take_expired(r.ob, collect, &expired, &r.now);
	assert_int_equal(expired, (10 + CHANNEL_WEBHOOK) * 100 + 30 + CHANNEL_WEBHOOK);
	rig_done(&r);
}

/* For programs as many digests as name each alert; what is in one is brought up to date there. */
static void
programs_have_digests_that_name_each(void **state)
{
	const struct channel_traits traits[CHANNEL_COUNT] = {[CHANNEL_WEBHOOK] = {20, false}};
	const size_t count = 50;
	unsigned char told[50] = {0};
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	outbox_configure(r.ob, &r.conf, r.channels, traits);
	for (uint64_t i = 0; i < count; i++)
		put(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE);
	pass(&r, 24LL * HOUR_MS);
	next(&r);
	assert_int_equal(webhook(&r)->queued, 3);
	put(&r, CHANNEL_WEBHOOK, 0, NOTICE_RESOLVE);
	put(&r, CHANNEL_WEBHOOK, count - 1, NOTICE_RESOLVE);
	assert_int_equal(webhook(&r)->queued, 3);
	save_and_confirm(&r);
	for (int i = 0; i < 3; i++) {
		assert_true(next(&r));
		assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
		assert_int_equal(r.job.notice->total, r.job.notice->fact_count);
		assert_true(r.job.notice->fact_count <= 20);
		for (size_t f = 0; f < r.job.notice->fact_count; f++)
			told[r.job.notice->facts[f].fingerprint] +=
			    facts_is_resolved(&r.job.notice->facts[f]) ? 10 : 1;
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	}
	for (uint64_t i = 0; i < count; i++)
		assert_int_equal(told[i], i == 0 || i == count - 1 ? 10 : 1);
	rig_done(&r);
}

static void
a_digest_on_its_way_is_not_written_to(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	r.channels[CHANNEL_WEBHOOK].timeout_secs = 2 * HOUR_MS / 1000;
	restart(&r);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	pass(&r, HOUR_MS);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	pass(&r, 23LL * HOUR_MS);
	next(&r);
	save_and_confirm(&r);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	r.now.boot_ns += HOUR_MS * NS_PER_MS;
	r.now.wall_ms += 5000;
	assert_false(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	save_and_confirm(&r);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	rig_done(&r);
}

static void
past_the_bound_the_oldest_of_the_fullest_are_summed_up(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	put_unkept(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE, SEV_WARN, 0);
	log = catch_log(LOGL_WARN);
	for (uint64_t i = 0; i < QUEUE_MAX + 100; i++)
		put_unkept(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE, SEV_WARN, 0);
	assert_int_equal(count_logged(log, "the oldest to webhook are summed up"), 1);
	release_log(log);
	assert_int_equal(outbox_count(r.ob), QUEUE_MAX);
	assert_int_equal(outbox_channel(r.ob, CHANNEL_DISCORD)->queued, 1);
	save_and_confirm(&r);
	assert_int_equal(kept(&r), QUEUE_MAX);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.notice->total, 102);
	assert_int_equal(webhook(&r)->folded, 102);
	rig_done(&r);
}

/* Of a channel that is switched off what waits is dropped, and a later overflow is said again. */
static void
each_overflow_is_said(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_WARN);
	for (int times = 1; times <= 2; times++) {
		for (uint64_t i = 0; i < QUEUE_MAX + 2; i++)
			put_unkept(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE, SEV_WARN, 0);
		assert_int_equal(count_logged(log, "are summed up"), times);
		r.channels[CHANNEL_WEBHOOK].enabled = false;
		r.channels[CHANNEL_DISCORD].enabled = false; /* nothing waits for it */
		outbox_configure(r.ob, &r.conf, r.channels, NULL);
		assert_int_equal(outbox_count(r.ob), 0);
		assert_int_equal(count_logged(log, "are dropped"), times);
		r.channels[CHANNEL_WEBHOOK].enabled = true;
		outbox_configure(r.ob, &r.conf, r.channels, NULL);
	}
	release_log(log);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_limit_holds_leaves_as_one_digest),
	    cmocka_unit_test(all_channels_together_have_a_limit),
	    cmocka_unit_test(a_reload_frees_no_tokens),
	    cmocka_unit_test(after_a_day_the_undelivered_become_a_digest),
	    cmocka_unit_test(all_of_a_group_may_have_expired),
	    cmocka_unit_test(programs_have_digests_that_name_each),
	    cmocka_unit_test(a_digest_on_its_way_is_not_written_to),
	    cmocka_unit_test(past_the_bound_the_oldest_of_the_fullest_are_summed_up),
	    cmocka_unit_test(each_overflow_is_said),
	};

	return cmocka_run_group_tests_name("digest_policy", tests, NULL, NULL);
}
