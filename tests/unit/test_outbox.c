/*
 * The outbox on a fake clock, against a courier that does everything wrong: nothing is lost, no
 * alert is told backwards, nobody is hurried, no channel has two jobs or delays another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/outbox/outbox.c"

#include "base/str.h"

#define HOUR_MS (3600 * 1000)
#define KEPT_MAX 4096

struct disk {
	char *keys[KEPT_MAX], *json[KEPT_MAX];
	size_t count;
};

struct rig {
	struct conf_alert conf;
	struct conf_channel channels[CHANNEL_COUNT];
	struct outbox *ob;
	struct now now;
	struct disk disk;
	struct outbox_job job;
	uint64_t txn;
};

static void
rig_init(struct rig *r, int64_t per_minute, int64_t per_hour)
{
	*r = (struct rig){
	    .conf = {.rate_limit_per_minute = per_minute, .rate_limit_per_hour = per_hour}};
	for (int id = 0; id < CHANNEL_COUNT; id++)
		r->channels[id] = (struct conf_channel){.enabled = true, .timeout_secs = 10};
	r->now = (struct now){.boot_ns = 5 * NS_PER_SEC, .wall_ms = 1790000000000};
	r->ob = outbox_new(&r->conf, r->channels, 0, 42);
}

static void
disk_drop(struct disk *d, size_t i)
{
	mem_free(d->keys[i]);
	mem_free(d->json[i]);
	d->keys[i] = d->keys[--d->count];
	d->json[i] = d->json[d->count];
}

static void
rig_done(struct rig *r)
{
	outbox_free(r->ob);
	while (r->disk.count > 0)
		disk_drop(&r->disk, 0);
}

static void
pass(struct rig *r, int64_t ms)
{
	r->now.boot_ns += ms * NS_PER_MS;
	r->now.wall_ms += ms;
}

static void
keep(void *arg, const char *key, char *json)
{
	struct disk *d = arg;

	for (size_t i = 0; i < d->count; i++) {
		if (str_eq(d->keys[i], key)) {
			disk_drop(d, i);
			break;
		}
	}
	if (json == NULL)
		return;
	assert_true(d->count < KEPT_MAX);
	d->keys[d->count] = mem_strdup(key);
	d->json[d->count++] = mem_strdup(json);
}

static void
save(struct rig *r)
{
	outbox_take_changes(r->ob, keep, &r->disk);
	outbox_written(r->ob, ++r->txn);
}

static void
save_and_confirm(struct rig *r)
{
	save(r);
	outbox_confirmed(r->ob, r->txn);
}

/* Another process on another boot. */
static void
restart(struct rig *r)
{
	outbox_free(r->ob);
	r->ob = outbox_new(&r->conf, r->channels, 0, 43);
	r->now.boot_ns += 12345 * NS_PER_SEC;
	for (size_t i = 0; i < r->disk.count; i++)
		assert_int_equal(JSON_READ_OK,
		    outbox_load(r->ob, r->disk.json[i], strlen(r->disk.json[i]), &r->now));
}

static void
put_unkept(struct rig *r, int channel, uint64_t fingerprint, enum notice_kind kind,
    enum severity severity, int64_t seq)
{
	struct notice *n = notice_new(kind, channel, 1);
	struct notices list = {.items = NULL};

	n->severity = severity;
	n->created_wall_ms = r->now.wall_ms;
	n->created_boot_ns = r->now.boot_ns;
	n->facts[0] = (struct alert_facts){.fingerprint = fingerprint,
	    .severity = severity,
	    .since_wall_ms = r->now.wall_ms,
	    .resolved_wall_ms = kind == NOTICE_RESOLVE ? r->now.wall_ms : 0,
	    .value = (double)seq};
	notices_add(&list, n);
	outbox_put(r->ob, &list, &r->now);
	assert_int_equal(list.len, 0);
	notices_done(&list);
}

static void
put(struct rig *r, int channel, uint64_t fingerprint, enum notice_kind kind)
{
	put_unkept(r, channel, fingerprint, kind, SEV_WARN, 0);
	save_and_confirm(r);
}

static bool
next(struct rig *r)
{
	return outbox_next(r->ob, &r->now, &r->job);
}

static void
answer(struct rig *r, enum delivery_outcome outcome, uint32_t status, uint32_t retry_after_ms)
{
	outbox_receipt(r->ob, r->job.channel,
	    &(struct delivery_receipt){
	        r->job.id, r->job.attempt, outcome, status, retry_after_ms, "text"},
	    &r->now);
}

/* How long until there is something to do, in ms; -1: nothing ever. */
static int64_t
wait_ms(const struct rig *r)
{
	int64_t at = outbox_deadline(r->ob, &r->now);

	return at == INT64_MAX ? -1 : (at - r->now.boot_ns) / NS_PER_MS;
}

static const struct outbox_channel *
webhook(const struct rig *r)
{
	return outbox_channel(r->ob, CHANNEL_WEBHOOK);
}

static void
leaves_when_it_is_on_disk(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE, SEV_WARN, 0);
	assert_false(next(&r));
	save(&r);
	assert_false(next(&r));
	outbox_confirmed(r.ob, r.txn - 1);
	assert_false(next(&r));
	outbox_confirmed(r.ob, r.txn);
	assert_true(next(&r));
	assert_false(outbox_degraded(r.ob));
	assert_int_equal(r.job.attempt, 1);
	assert_int_equal(r.job.timeout_ms, 10000);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	save(&r);
	assert_int_equal(r.disk.count, 0);
	assert_int_equal(webhook(&r)->sent, 1);
	assert_int_equal(wait_ms(&r), -1);
	rig_done(&r);
}

static void
leaves_from_memory_when_the_disk_is_silent_or_full(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE, SEV_WARN, 0);
	save(&r);
	assert_int_equal(wait_ms(&r), 2000);
	pass(&r, 1999);
	assert_false(next(&r));
	pass(&r, 1);
	assert_true(next(&r));
	assert_true(outbox_degraded(r.ob));
	answer(&r, DELIVERY_DELIVERED, 0, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE, SEV_WARN, 0);
	save(&r);
	outbox_unkept(r.ob);
	assert_true(next(&r));
	outbox_confirmed(r.ob, r.txn);
	assert_false(outbox_degraded(r.ob));
	rig_done(&r);
}

static void
one_at_a_time_in_order_and_channels_apart(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	put(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.notice->channel, CHANNEL_WEBHOOK);
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->channel, CHANNEL_DISCORD);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_false(next(&r));
	assert_string_equal(webhook(&r)->last_error, "503 text");
	pass(&r, 1000);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.attempt, 2);
	assert_false(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_string_equal(webhook(&r)->last_error, "");
	rig_done(&r);
}

static void
backs_off_with_full_jitter_up_to_five_minutes(void **state)
{
	int64_t longest = 0, shortest = INT64_MAX;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int i = 0; i < 200; i++) {
		int64_t wait;

		assert_true(next(&r));
		answer(&r, DELIVERY_TEMPORARY, 0, 0);
		wait = wait_ms(&r);
		assert_in_range(wait, 100, i < 8 ? 1000 << i : 300000);
		if (i >= 9) {
			longest = wait > longest ? wait : longest;
			shortest = wait < shortest ? wait : shortest;
		}
		pass(&r, wait);
	}
	assert_true(longest > 250000 && shortest < 50000);
	assert_int_equal(webhook(&r)->failures, 200);
	rig_done(&r);
}

static void
a_service_that_says_when_is_obeyed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int i = 0; i < 20; i++) {
		assert_true(next(&r));
		answer(&r, DELIVERY_RATE_LIMITED, 429, 1500);
		assert_int_equal(wait_ms(&r), 1500);
		pass(&r, 1499);
		assert_false(next(&r));
		pass(&r, 1);
	}
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 503, 30000);
	assert_int_equal(wait_ms(&r), 30000); /* and the back-off did not grow */
	pass(&r, 30000);
	assert_true(next(&r));
	answer(&r, DELIVERY_RATE_LIMITED, 429, UINT32_MAX);
	assert_int_equal(wait_ms(&r), HOUR_MS);
	pass(&r, HOUR_MS);
	assert_true(next(&r));
	answer(&r, DELIVERY_RATE_LIMITED, 429, 0);
	assert_in_range(wait_ms(&r), 100, 2000);
	rig_done(&r);
}

static void
a_refused_notice_is_tried_as_plain_text_then_set_aside(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r));
	assert_false(r.job.minimal);
	answer(&r, DELIVERY_REJECTED, 400, 0);
	assert_true(next(&r));
	assert_true(r.job.minimal);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	answer(&r, DELIVERY_REJECTED, 400, 0);
	assert_true(next(&r));
	assert_false(r.job.minimal);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	assert_int_equal(webhook(&r)->set_aside, 1);
	outbox_unsendable(r.ob, r.job.id, &r.now);
	assert_true(next(&r));
	assert_true(r.job.minimal);
	rig_done(&r);
}

static void
a_closed_channel_pauses_and_is_probed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_DENIED, 401, 0);
	assert_true(webhook(&r)->paused);
	assert_int_equal(wait_ms(&r), 15 * 60 * 1000);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_false(next(&r));
	pass(&r, 15 * 60 * 1000);
	assert_true(next(&r));
	answer(&r, DELIVERY_DENIED, 401, 0);
	assert_false(next(&r));
	outbox_probe(r.ob);
	assert_true(next(&r));
	answer(&r, DELIVERY_DENIED, 401, 0);
	restart(&r);
	assert_true(next(&r));
	answer(&r, DELIVERY_DENIED, 401, 0);
	pass(&r, 15 * 60 * 1000);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_false(webhook(&r)->paused);
	assert_true(next(&r));
	rig_done(&r);
}

static void
a_lost_job_leaves_again_and_old_receipts_are_not_believed(void **state)
{
	struct outbox_job first;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r));
	first = r.job;
	assert_int_equal(wait_ms(&r), 15000);
	pass(&r, 15000);
	assert_false(next(&r));
	pass(&r, 1000);
	assert_true(next(&r));
	assert_int_equal(r.job.id, first.id);
	assert_int_equal(r.job.attempt, 2);
	r.job = first;
	answer(&r, DELIVERY_REJECTED, 400, 0);
	assert_int_equal(webhook(&r)->queued, 2);
	answer(&r, (enum delivery_outcome)99, 0, 0);
	r.job.attempt = 2;
	outbox_hello(r.ob);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.attempt, 3);
	assert_int_equal(webhook(&r)->failures, 1);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	r.job = first;
	answer(&r, DELIVERY_DELIVERED, 204, 0); /* late, but it arrived */
	assert_int_equal(webhook(&r)->queued, 1);
	rig_done(&r);
}

/* Fails three times, which uses up nothing, and arrives. */
static void
deliver_at_last(struct rig *r)
{
	for (int k = 0; k < 3; k++) {
		answer(r, DELIVERY_RATE_LIMITED, 429, 1);
		r->now.boot_ns += NS_PER_MS;
		assert_true(next(r));
		r->now.boot_ns -= NS_PER_MS;
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
	assert_in_range(wait_ms(&r), 59999, 60001);
	pass(&r, 30000);
	put(&r, CHANNEL_WEBHOOK, 12, NOTICE_RESOLVE);
	assert_false(next(&r));
	assert_int_equal(webhook(&r)->queued, 1);
	save_and_confirm(&r);
	assert_int_equal(r.disk.count, 1);
	pass(&r, wait_ms(&r));
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.notice->reason, DIGEST_LIMIT);
	assert_int_equal(r.job.notice->fact_count, 10);
	assert_int_equal(r.job.notice->facts[9].fingerprint, 12);
	assert_true(r.job.notice->facts[9].unheard);
	assert_in_range(r.now.wall_ms - r.job.notice->created_wall_ms, 60000, 60001);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	/* The hour's tokens are gone; one alone stays what it is. */
	put(&r, CHANNEL_WEBHOOK, 3, NOTICE_RESOLVE);
	assert_false(next(&r));
	assert_in_range(wait_ms(&r), HOUR_MS - 60001, HOUR_MS - 59999);
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
	assert_int_equal(outbox_queued(r.ob), 0);
	rig_done(&r);
}

static void
an_emergency_passes_the_rate_limit(void **state)
{
	static const uint64_t order[] = {1, 7, 8, 2};
	struct rig r;

	(void)state;
	rig_init(&r, 1, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 7, NOTICE_FIRE);
	put_unkept(&r, CHANNEL_WEBHOOK, 7, NOTICE_FIRE, SEV_EMERGENCY, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 8, NOTICE_FIRE, SEV_EMERGENCY, 0);
	save_and_confirm(&r);
	for (size_t i = 0; i < 4; i++) {
		if (i == 3) {
			assert_false(next(&r));
			assert_int_equal(wait_ms(&r), 60000);
			pass(&r, 60000);
		}
		assert_true(next(&r));
		assert_int_equal(r.job.notice->facts[0].fingerprint, order[i]);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	}
	rig_done(&r);
}

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
	assert_true(r.job.notice->created_wall_ms == fired_ms);
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
	assert_int_equal(r.disk.count, 0);
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
	struct notices list = {.items = NULL};
	struct notice *n = notice_new(NOTICE_FIRE, CHANNEL_WEBHOOK, 3);
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	for (uint64_t i = 0; i < 3; i++)
		n->facts[i] = (struct alert_facts){
		    .fingerprint = i + 1, .severity = i == 1 ? SEV_CRITICAL : SEV_WARN};
	n->severity = SEV_CRITICAL;
	n->created_wall_ms = r.now.wall_ms;
	notices_add(&list, n);
	outbox_put(r.ob, &list, &r.now);
	notices_done(&list);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->fact_count, 2);
	assert_int_equal(r.job.notice->total, 2);
	assert_int_equal(r.job.notice->severity, SEV_WARN);
	assert_int_equal(r.job.notice->facts[1].fingerprint, 3);
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
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	r.now.wall_ms -= 100LL * HOUR_MS;
	pass(&r, 12 * HOUR_MS);
	assert_false(next(&r)); /* the digest is kept first */
	assert_int_equal(webhook(&r)->queued, 2);
	save_and_confirm(&r);
	assert_int_equal(r.disk.count, 2);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.notice->fact_count, 2);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	assert_int_equal(r.job.notice->facts[1].fingerprint, 1);
	assert_int_not_equal(r.job.notice->facts[1].resolved_wall_ms, 0);
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
	assert_int_equal(outbox_queued(r.ob), 0);
	rig_done(&r);
}

static void
a_digest_on_its_way_is_not_written_to(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	pass(&r, HOUR_MS);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	pass(&r, 23LL * HOUR_MS);
	next(&r);
	save_and_confirm(&r);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	pass(&r, 5000);
	r.now.boot_ns += HOUR_MS * NS_PER_MS - 5000 * NS_PER_MS;
	r.ob->queues[CHANNEL_WEBHOOK].lease_ns = INT64_MAX;
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

	(void)state;
	rig_init(&r, 0, 0);
	put_unkept(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE, SEV_WARN, 0);
	for (uint64_t i = 0; i < OUTBOX_MAX + 100; i++)
		put_unkept(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE, SEV_WARN, 0);
	assert_int_equal(outbox_queued(r.ob), OUTBOX_MAX);
	assert_int_equal(outbox_channel(r.ob, CHANNEL_DISCORD)->queued, 1);
	save_and_confirm(&r);
	assert_int_equal(r.disk.count, OUTBOX_MAX);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_DIGEST);
	assert_int_equal(r.job.notice->total, 102);
	assert_int_equal(webhook(&r)->folded, 102);
	rig_done(&r);
}

static void
a_channel_that_is_no_more_takes_its_notices_along(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE);
	r.channels[CHANNEL_WEBHOOK].enabled = false;
	restart(&r);
	assert_int_equal(outbox_queued(r.ob), 1);
	save(&r);
	assert_int_equal(r.disk.count, 1);
	assert_int_equal(
	    JSON_READ_OK, outbox_load(r.ob, r.disk.json[0], strlen(r.disk.json[0]), &r.now));
	assert_int_equal(outbox_queued(r.ob), 1); /* a row that comes twice */
	assert_int_not_equal(JSON_READ_OK, outbox_load(r.ob, "{}", 2, &r.now));
	rig_done(&r);
}

/* What an earlier life sent is told as delivered to this one, before or after it is loaded. */
static void
a_receipt_outlives_its_sender(void **state)
{
	struct outbox_job first, second;
	struct rig r;

	(void)state;
	for (int early = 0; early < 2; early++) {
		rig_init(&r, 0, 0);
		put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
		put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
		assert_true(next(&r));
		first = r.job;
		outbox_free(r.ob);
		r.ob = outbox_new(&r.conf, r.channels, 0, 43);
		if (early)
			answer(&r, DELIVERY_DELIVERED, 204, 0);
		for (size_t i = 0; i < r.disk.count; i++)
			assert_int_equal(JSON_READ_OK,
			    outbox_load(r.ob, r.disk.json[i], strlen(r.disk.json[i]), &r.now));
		if (!early)
			answer(&r, DELIVERY_DELIVERED, 204, 0);
		assert_int_equal(outbox_queued(r.ob), 1);
		assert_int_equal(webhook(&r)->sent, 1);
		save(&r);
		assert_int_equal(r.disk.count, 1);
		assert_true(next(&r));
		assert_true(r.job.id > first.id);
		rig_done(&r);
	}
	/* One that left again meanwhile need not leave a third time. */
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	pass(&r, 300000);
	assert_true(next(&r));
	first = r.job;
	assert_int_equal(first.attempt, 2);
	restart(&r);
	assert_true(next(&r));
	second = r.job;
	r.job = first;
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	r.job = second;
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	assert_int_equal(outbox_queued(r.ob), 0);
	save(&r);
	assert_int_equal(r.disk.count, 0);
	rig_done(&r);
}

/* Kept ones that come late keep their place before the new ones. */
static void
a_late_load_queues_in_order(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	outbox_free(r.ob);
	r.ob = outbox_new(&r.conf, r.channels, 0, 43);
	pass(&r, 5000);
	put_unkept(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE, SEV_WARN, 0);
	assert_int_equal(
	    JSON_READ_OK, outbox_load(r.ob, r.disk.json[0], strlen(r.disk.json[0]), &r.now));
	save_and_confirm(&r);
	assert_int_equal(r.disk.count, 2);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	rig_done(&r);
}

static void
ids_grow_through_restarts(void **state)
{
	uint64_t before;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	before = r.job.id;
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	save(&r);
	pass(&r, 1);
	restart(&r);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r));
	assert_true(r.job.id > before);
	rig_done(&r);
}

/* The world against which random runs are checked. */
#define ALERTS 40

struct flying {
	bool up;
	struct outbox_job job;
	enum severity severity;
	int64_t left_ns;
};

struct world {
	struct rig r;
	int64_t put_seq[CHANNEL_COUNT][ALERTS];  /* newest that was put */
	int64_t got_seq[CHANNEL_COUNT][ALERTS];  /* newest that arrived */
	int64_t told_seq[CHANNEL_COUNT][ALERTS]; /* the same, in this life */
	struct flying flying[CHANNEL_COUNT];
	int64_t not_before_ns[CHANNEL_COUNT];
	int64_t delivered_ns[CHANNEL_COUNT][64]; /* departures of the last delivered, a ring */
	size_t delivered[CHANNEL_COUNT];
	int64_t seq;
};

#define PER_MINUTE 10

static uint64_t rng;

static uint64_t
chance(uint64_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rng >> 33) % below;
}

static void
raise(struct world *w)
{
	int channel = (int)chance(CHANNEL_COUNT);
	uint64_t alert = chance(ALERTS);
	enum notice_kind kind = chance(2) == 0 ? NOTICE_FIRE : NOTICE_RESOLVE;

	put_unkept(
	    &w->r, channel, alert, kind, chance(15) == 0 ? SEV_EMERGENCY : SEV_WARN, ++w->seq);
	w->put_seq[channel][alert] = w->seq;
	save(&w->r);
}

static void
arrive(struct world *w, int channel)
{
	const struct notice *n = w->flying[channel].job.notice;

	for (size_t i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];

		assert_true((int64_t)f->value >= w->told_seq[channel][f->fingerprint]);
		w->told_seq[channel][f->fingerprint] = (int64_t)f->value;
		w->got_seq[channel][f->fingerprint] = (int64_t)f->value;
	}
	w->delivered_ns[channel][w->delivered[channel]++ % 64] = w->flying[channel].left_ns;
}

static void
check_rate(const struct world *w, int channel)
{
	size_t n = w->delivered[channel], recent = 0;

	for (size_t i = n > 64 ? n - 64 : 0; i < n; i++)
		recent += w->r.now.boot_ns - w->delivered_ns[channel][i % 64] < 60 * NS_PER_SEC;
	assert_true(recent < PER_MINUTE);
}

static bool
goes_with_an_emergency(const struct channel_queue *queue, const struct notice *n)
{
	const struct outbox_item *item;

	DL_FOREACH(queue->items, item)
	{
		for (size_t i = 0; i < n->fact_count; i++) {
			if (item->notice->severity == SEV_EMERGENCY &&
			    (item->notice == n ||
			        item->notice->facts[0].fingerprint == n->facts[i].fingerprint))
				return true;
		}
	}
	return false;
}

static void
depart(struct world *w)
{
	while (next(&w->r)) {
		const struct notice *n = w->r.job.notice;
		struct flying *f = &w->flying[n->channel];

		assert_false(f->up);
		assert_true(w->r.now.boot_ns >= w->not_before_ns[n->channel]);
		*f = (struct flying){true, w->r.job, n->severity, w->r.now.boot_ns};
		if (!goes_with_an_emergency(&w->r.ob->queues[n->channel], n))
			check_rate(w, n->channel);
	}
}

static void
land(struct world *w, int channel, enum delivery_outcome outcome)
{
	struct flying *f = &w->flying[channel];
	uint32_t wait = chance(2) == 0 ? 0 : (uint32_t)chance(100000);

	if (!f->up)
		return;
	w->r.job = f->job;
	/* The notice of the job lives on in the outbox until its receipt. */
	w->flying[channel].job.notice = w->r.ob->queues[channel].flight->notice;
	if (outcome == DELIVERY_DELIVERED)
		arrive(w, channel);
	f->up = false;
	answer(&w->r, outcome, 500, wait);
	if (outcome == DELIVERY_RATE_LIMITED || outcome == DELIVERY_TEMPORARY)
		w->not_before_ns[channel] = w->r.now.boot_ns + wait * NS_PER_MS;
}

/* Jobs whose lease ran out are lost to the world, too. */
static void
forget_lost(struct world *w)
{
	for (int c = 0; c < CHANNEL_COUNT; c++) {
		if (w->r.now.boot_ns - w->flying[c].left_ns >= 15 * NS_PER_SEC)
			w->flying[c].up = false;
	}
}

static void
new_life(struct world *w)
{
	restart(&w->r);
	memset(w->flying, 0, sizeof(w->flying));
	memset(w->told_seq, 0, sizeof(w->told_seq));
	memset(w->not_before_ns, 0, sizeof(w->not_before_ns));
	memset(w->delivered, 0, sizeof(w->delivered));
}

static void
live(struct world *w)
{
	/* No refusals here: what is set aside is lost on purpose. */
	static const enum delivery_outcome outcomes[] = {DELIVERY_DELIVERED, DELIVERY_DELIVERED,
	    DELIVERY_DELIVERED, DELIVERY_TEMPORARY, DELIVERY_RATE_LIMITED, DELIVERY_DENIED};

	switch (chance(12)) {
	case 0:
	case 1:
	case 2:
		raise(w);
		break;
	case 3:
		outbox_confirmed(w->r.ob, w->r.txn - chance(2));
		break;
	case 4:
		if (chance(20) == 0)
			new_life(w);
		break;
	case 5:
		if (chance(10) == 0) {
			outbox_hello(w->r.ob);
			memset(w->flying, 0, sizeof(w->flying));
		}
		break;
	case 6:
		if (chance(60) == 0)
			pass(&w->r, 25LL * HOUR_MS);
		break;
	case 7:
		save(&w->r);
		break;
	default:
		land(w, (int)chance(CHANNEL_COUNT), outcomes[chance(6)]);
	}
	pass(&w->r, (int64_t)chance(3000));
	forget_lost(w);
	depart(w);
	assert_true(outbox_deadline(w->r.ob, &w->r.now) > w->r.now.boot_ns);
}

static void
drain(struct world *w)
{
	for (int i = 0; i < 100000 && outbox_queued(w->r.ob) > 0; i++) {
		int64_t wait;

		for (int c = 0; c < CHANNEL_COUNT; c++)
			land(w, c, DELIVERY_DELIVERED);
		save_and_confirm(&w->r);
		depart(w);
		wait = wait_ms(&w->r);
		if (wait > 0 && !w->flying[0].up && !w->flying[1].up && !w->flying[2].up)
			pass(&w->r, wait + 1);
	}
	save(&w->r);
	assert_int_equal(outbox_queued(w->r.ob), 0);
	assert_int_equal(w->r.disk.count, 0);
}

static void
nothing_is_lost_or_told_backwards_or_hurried(void **state)
{
	(void)state;
	rng = clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	for (int run = 0; run < 12; run++) {
		struct world w = {.seq = 0};

		rig_init(&w.r, PER_MINUTE, 0);
		for (int i = 0; i < 4000; i++)
			live(&w);
		drain(&w);
		for (int c = 0; c < CHANNEL_COUNT; c++)
			assert_memory_equal(w.got_seq[c], w.put_seq[c], sizeof(w.got_seq[c]));
		rig_done(&w.r);
	}
}

/* A renewal leaves at once whatever the limits and the disk say, and is never owed. */
static void
put_transient(struct rig *r, uint64_t fingerprint)
{
	struct notice *n = notice_new(NOTICE_FIRE, CHANNEL_ALERTMANAGER, 1);
	struct notices list = {.items = NULL};

	n->transient = true;
	n->severity = SEV_WARN;
	n->created_wall_ms = r->now.wall_ms;
	n->created_boot_ns = r->now.boot_ns;
	n->facts[0] = (struct alert_facts){.fingerprint = fingerprint, .severity = SEV_WARN};
	notices_add(&list, n);
	outbox_put(r->ob, &list, &r->now);
	notices_done(&list);
}

static void
a_renewal_is_never_owed(void **state)
{
	const enum delivery_outcome outcomes[] = {DELIVERY_DELIVERED, DELIVERY_TEMPORARY,
	    DELIVERY_RATE_LIMITED, DELIVERY_REJECTED, DELIVERY_DENIED};
	const struct outbox_channel *queue;
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		rig_init(&r, 1, 1);
		queue = outbox_channel(r.ob, CHANNEL_ALERTMANAGER);
		put(&r, CHANNEL_ALERTMANAGER, 1, NOTICE_FIRE);
		assert_true(next(&r));
		answer(&r, DELIVERY_DELIVERED, 200, 0);
		save(&r);
		for (int k = 0; k < 3; k++) {
			pass(&r, 1000);
			put_transient(&r, 1);
			outbox_mark_all(r.ob);
			save(&r);
			assert_int_equal(r.disk.count, 0);
			assert_true(next(&r));
			assert_true(r.job.notice->transient);
			answer(&r, k < 2 ? DELIVERY_DELIVERED : outcomes[i], 0, 1000);
			assert_int_equal(queue->queued, 0);
		}
		assert_int_equal(queue->sent, 1);
		assert_int_equal(queue->folded, 0);
		/* the token of the minute is still that of the first one */
		put(&r, CHANNEL_ALERTMANAGER, 2, NOTICE_FIRE);
		assert_false(next(&r));
		/* and a renewal does not wait for it */
		pass(&r, 2000);
		put_transient(&r, 1);
		assert_int_equal(next(&r), outcomes[i] != DELIVERY_DENIED);
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
	outbox_hello(r.ob); /* the courier died with it: it leaves once more */
	assert_true(next(&r));
	assert_true(r.job.notice->transient);
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_false(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_renewal_is_never_owed),
	    cmocka_unit_test(a_renewal_does_not_merge),
	    cmocka_unit_test(leaves_when_it_is_on_disk),
	    cmocka_unit_test(leaves_from_memory_when_the_disk_is_silent_or_full),
	    cmocka_unit_test(one_at_a_time_in_order_and_channels_apart),
	    cmocka_unit_test(backs_off_with_full_jitter_up_to_five_minutes),
	    cmocka_unit_test(a_service_that_says_when_is_obeyed),
	    cmocka_unit_test(a_refused_notice_is_tried_as_plain_text_then_set_aside),
	    cmocka_unit_test(a_closed_channel_pauses_and_is_probed),
	    cmocka_unit_test(a_lost_job_leaves_again_and_old_receipts_are_not_believed),
	    cmocka_unit_test(what_a_limit_holds_leaves_as_one_digest),
	    cmocka_unit_test(all_channels_together_have_a_limit),
	    cmocka_unit_test(an_emergency_passes_the_rate_limit),
	    cmocka_unit_test(what_fired_and_ended_in_an_outage_is_one_message),
	    cmocka_unit_test(what_is_on_its_way_is_not_merged),
	    cmocka_unit_test(a_group_loses_those_that_ended),
	    cmocka_unit_test(after_a_day_the_undelivered_become_a_digest),
	    cmocka_unit_test(a_digest_on_its_way_is_not_written_to),
	    cmocka_unit_test(past_the_bound_the_oldest_of_the_fullest_are_summed_up),
	    cmocka_unit_test(a_channel_that_is_no_more_takes_its_notices_along),
	    cmocka_unit_test(a_receipt_outlives_its_sender),
	    cmocka_unit_test(a_late_load_queues_in_order),
	    cmocka_unit_test(ids_grow_through_restarts),
	    cmocka_unit_test(nothing_is_lost_or_told_backwards_or_hurried),
	};

	log_set_level((enum log_level)(LOGL_ERROR + 1));
	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
